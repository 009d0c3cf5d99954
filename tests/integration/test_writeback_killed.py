"""The process that writes back is killed at any of its calls: nothing is written twice, no receipt is lost, all ends well."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from pyodbc import OperationalError

from shared.errors import SynergeticUnavailableError
from shared.messages import Undo, WriteBack
from shared.receipts import WriteReceipt
from shared.writeback.rows import Desired, DesiredRow
from tests.integration.relay_school import build, execute
from tests.integration.relay_site import Killed
from tests.integration.writeback_site import OTHER, STUDENT, Aws, WriteSite, rows_of, wanted, with_history

TABLES = ("MedicalDetails", "MedicalCondition", "MedicalAllergy", "Medication", "Ability", "Consent")
_LOOKS = ("sql: SELECT", "journal: select", "journal: pragma")


def changed() -> Desired:
    """Return what a family says later: another detail, one more condition, no medication."""
    desired = wanted(details="Cashews")
    asthma = DesiredRow(ref="c2", values={"MedicalConditionCode": "AST", "ActiveFlag": True, "ConditionDetails": "At night"})
    consent = DesiredRow(ref="k1", values={"ConsentCode": "FAID", "ActiveFlag": True, "ConsentGivenDate": "2026-02-01"})
    tables = {
        **desired.tables,
        "MedicalCondition": (*desired.tables["MedicalCondition"], asthma),
        "Medication": (),
        "MedicalConditionMedication": (),
        "Ability": (),
        "Consent": (consent,),
    }
    return desired.model_copy(update={"tables": tables})


def state(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Return all that a write may touch, but for the moments of writing."""
    found = {table: rows_of(path, table, None) for table in (*TABLES, "MedicalConditionAllergy", "MedicalConditionMedication")}
    found["uHistory"] = rows_of(path, "uHistory", None)
    return {
        table: [{name: value for name, value in row.items() if name != "ModifiedDate"} for row in rows]
        for table, rows in found.items()
    }


def told(receipt: WriteReceipt) -> str:
    """Return what a receipt says, but for moments: when rows were written and how long it took."""
    return re.sub(r'"ModifiedDate":"[^"]*"', "", receipt.model_copy(update={"duration_ms": 0}).model_dump_json())


class Scene:
    """A school with a first message carried out, and what a second one makes of it where nothing goes wrong."""

    def __init__(self, folder: Path) -> None:
        self.aws = Aws()
        self.folder = folder / "first"
        self.folder.mkdir()
        site = WriteSite(self.folder, with_history(build(self.folder / "school.db")), self.aws)
        site.want()
        (self.first,) = site.run()
        site = self.copied(folder / "whole")
        (self.receipt,) = site.run()
        self.calls = list(site.calls)
        self.end = state(site.school)

    def copied(self, folder: Path) -> WriteSite:
        """Return the school as the first message left it, with the second one on the queue."""
        shutil.copytree(self.folder, folder)
        site = WriteSite(folder, folder / "school.db", self.aws)
        site.want(2, desired=changed(), seen=self.first.after)
        return site

    def kills(self) -> Iterator[int]:
        """Yield the numbers of the calls to die before: all but those that follow upon one that only looks."""
        for number, before in enumerate(("", *self.calls[:-1]), start=1):
            if not before.startswith(_LOOKS):
                yield number


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Return the scene."""
    with mock_aws():
        yield Scene(tmp_path_factory.mktemp("scene"))


def killed(scene: Scene, folder: Path, at: int, *, meanwhile: Callable[[WriteSite], object] = lambda _: None) -> WriteSite:
    """Live through a life that ends at a call, and through the next one, which does the rest."""
    site = scene.copied(folder)
    site.fail_at = at
    with pytest.raises(Killed):
        site.run()
    meanwhile(site)
    site.fail_at = 0
    site.run()
    assert site.waiting() == 0
    return site


def test_the_scene_changes_removes_and_inserts(scene: Scene) -> None:
    """The message that is cut off asks for everything there is to ask for."""
    kinds = {kind for counts in scene.receipt.counts.values() for kind, count in counts.items() if count}
    assert kinds == {"insert", "update", "delete"}
    assert sum(name.startswith("journal") for name in scene.calls) > 5
    assert {"SendMessage", "DeleteMessage", "ReceiveMessage"} <= set(scene.calls)


def test_killed_at_any_call_it_ends_as_if_nothing_had_happened(scene: Scene, tmp_path: Path) -> None:
    """Rows, the trigger's own and the receipt are those of an undisturbed life, whichever call was the last one."""
    for at in (*scene.kills(), -len(scene.calls)):
        site = killed(scene, tmp_path / str(at), at)
        name = scene.calls[abs(at) - 1]
        assert state(site.school) == scene.end, (at, name)
        receipts = site.receipts()
        assert receipts, (at, name)
        assert {told(one) for one in receipts} == {told(scene.receipt)}, (at, name)


def test_what_somebody_does_after_the_crash_is_seen(scene: Scene, tmp_path: Path) -> None:
    """If rows no longer tell whether the write counted, both is told: what was there before it, and what was done then."""
    commit = next(number for number, name in enumerate(scene.calls, start=1) if name.startswith("sql: COMMIT"))

    def nurse(site: WriteSite) -> None:
        execute(
            site.school, "update MedicalCondition set ConditionDetails = 'The nurse says' where MedicalConditionCode = 'ALL'"
        )

    site = killed(scene, tmp_path / "after", commit + 1, meanwhile=nurse)
    interrupted, done = site.receipts()
    assert (interrupted.outcome, done.outcome) == ("interrupted", "applied")
    assert interrupted.before == scene.receipt.before
    assert done.before is not None
    assert "The nurse says" in {row.values["ConditionDetails"] for row in done.before.rows("MedicalCondition")}
    assert state(site.school) == scene.end


def test_a_write_that_never_counted_is_not_told_of(scene: Scene, tmp_path: Path) -> None:
    """Killed right before the commit, with somebody's change elsewhere meanwhile: the message is carried out anew, once."""
    commit = next(number for number, name in enumerate(scene.calls, start=1) if name.startswith("sql: COMMIT"))
    site = killed(
        scene,
        tmp_path / "before",
        commit,
        meanwhile=lambda one: execute(one.school, "insert into Ability (ID, AbilityTypeCode) values (?, 'SW50')", STUDENT),
    )
    assert [one.outcome for one in site.receipts()] == ["applied"]
    assert state(site.school) == scene.end


def test_a_database_that_is_renamed_after_the_crash_keeps_its_receipt(scene: Scene, tmp_path: Path) -> None:
    """The stack is owed what was written, with the rows from before, under whatever name the database is reached now."""
    commit = next(number for number, name in enumerate(scene.calls, start=1) if name.startswith("sql: COMMIT"))

    def renamed(site: WriteSite) -> None:
        site.school = site.school.rename(site.school.with_name("renamed.db"))
        site.config.write_text(site.config.read_text().replace("/school.db", "/renamed.db"))

    for at in (commit + 1, len(scene.calls) - 1):
        site = killed(scene, tmp_path / str(at), at, meanwhile=renamed)
        assert {told(one) for one in site.receipts()} == {told(scene.receipt)}, at
        assert state(site.school) == scene.end


def test_a_receipt_is_owed_also_where_the_message_has_expired(scene: Scene, tmp_path: Path) -> None:
    """With nothing on the queue the next life finds out what became of the write, and tells."""

    def expired(site: WriteSite) -> None:
        site.sqs.purge_queue(QueueUrl=site.asked)

    for name in ("sql: COMMIT", "SendMessage"):
        at = next(number for number, called in enumerate(scene.calls, start=1) if called.startswith(name))
        site = killed(scene, tmp_path / name[:3], at + (name != "SendMessage"), meanwhile=expired)
        assert [told(one) for one in site.receipts()] == [told(scene.receipt)], name


def test_a_connection_that_breaks_at_the_commit_is_looked_into(scene: Scene, tmp_path: Path) -> None:
    """An error at the commit says nothing: the next pass looks whether it counted, and answers once."""
    site = scene.copied(tmp_path / "broken")
    site.break_at = "COMMIT"
    with pytest.raises(SynergeticUnavailableError):
        site.run()
    assert site.receipts() == []
    site.break_at = ""
    site.run()
    assert [told(one) for one in site.receipts()] == [told(scene.receipt)]
    assert state(site.school) == scene.end


def test_a_deadlock_costs_another_try(scene: Scene, tmp_path: Path) -> None:
    """A victim of a deadlock begins again at once; what the first try did is not there twice."""
    site = scene.copied(tmp_path / "deadlock")
    site.deadlock_at = "INSERT"
    site.run()
    assert [told(one) for one in site.receipts()] == [told(scene.receipt)]
    assert site.calls.count("sql: BEGIN IMMEDIATE TRANSACTION") == 2
    assert state(site.school) == scene.end


def test_a_student_in_use_does_not_hold_up_the_others(scene: Scene, tmp_path: Path) -> None:
    """Whose rows stay out of reach waits on the queue, without an answer; the next student is written."""
    site = scene.copied(tmp_path / "in-use")
    site.ask(WriteBack(request="o", student=str(OTHER), version=1, desired=wanted(OTHER)))
    site.deadlock_at, site.deadlocks = "INSERT", 3
    site.run()
    assert [(one.request, one.outcome) for one in site.receipts()] == [("o", "applied")]
    site.run()
    assert [(one.request, one.outcome, one.counts) for one in site.receipts()] == [("r2", "applied", scene.receipt.counts)]


def test_what_is_said_later_of_a_student_in_use_waits_with_what_was_said_before(scene: Scene, tmp_path: Path) -> None:
    """A person takes something back, and the family says something new: in this order, or the undo would count for old."""
    site = scene.copied(tmp_path / "in-order")
    (done,) = site.run()
    assert done.before is not None
    assert done.after is not None
    undo = site.want(3, undo=Undo(before=done.before, after=done.after))
    later = site.want(4, desired=wanted(details="Walnuts"), seen=done.after, seen_version=2)
    site.deadlock_at, site.deadlocks = "DELETE", 3
    assert site.run() == []
    site.sqs.purge_queue(QueueUrl=site.asked)  # moto hands out a group's later messages before those that came back
    for message in (undo, later):
        site.ask(message)
    assert [(one.request, one.outcome) for one in site.run()] == [("r3", "applied"), ("r4", "applied")]


def test_a_commit_that_takes_too_long_is_looked_into_before_anything_else_is_written(scene: Scene, tmp_path: Path) -> None:
    """Whether it counts tell only the rows as it left them, so what is said later of the student waits; no receipt is lost."""
    site = scene.copied(tmp_path / "slow-commit")
    site.want(3, desired=wanted(details="Walnuts"), seen=scene.first.after, seen_version=1)
    site.break_at, site.broken = "COMMIT", OperationalError("HYT00", "[HYT00] [x] query timeout expired (0) (SQLExecDirectW)")
    site.run()
    site.break_at = ""
    site.run()
    first, second = site.receipts()
    assert told(first) == told(scene.receipt)
    assert (second.request, second.outcome) == ("r3", "applied")


def test_a_student_in_use_after_a_crash_does_not_hold_up_the_others(scene: Scene, tmp_path: Path) -> None:
    """Whether the write counts is looked into once the rows are free; what is said of others is written meanwhile."""
    site = scene.copied(tmp_path / "in-use-after")
    site.break_at = "COMMIT"
    with pytest.raises(SynergeticUnavailableError):
        site.run()
    site.break_at = ""
    site.ask(WriteBack(request="o", student=str(OTHER), version=1, desired=wanted(OTHER)))
    site.deadlock_at = "SELECT r."
    site.run()
    assert [(one.request, one.outcome) for one in site.receipts()] == [("o", "applied")]
    site.run()
    assert [told(one) for one in site.receipts()] == [told(scene.receipt)]
    assert state(site.school)["MedicalCondition"][: len(scene.end["MedicalCondition"])] == scene.end["MedicalCondition"]
