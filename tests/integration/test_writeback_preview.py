"""A preview over the real ODBC driver: it tells what would be written, writes nothing, and stands in no message's way."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from typer.testing import CliRunner

from relay.command_line import app
from relay.writeback.journal import Journal
from shared.errors import ContractError
from shared.messages import Undo, WriteBack
from shared.writeback.plan import Rejected
from tests.integration.relay_school import execute
from tests.integration.relay_site import Killed
from tests.integration.writeback_site import STUDENT, Aws, WriteSite, rows_of, wanted


def test_a_preview_tells_each_row_and_writes_none(write_site: WriteSite) -> None:
    """Old and new values, rows and counts as they would be; then the message itself does just that."""
    execute(write_site.school, "insert into MedicalDetails (ID, MedicareNo) values (?, '999')", STUDENT)
    execute(write_site.school, "insert into Ability (ID, AbilityTypeCode) values (?, 'SW0')", STUDENT)
    before = write_site.school.read_bytes()
    write_site.want(2, preview=True)
    (told,) = write_site.run()
    assert (told.outcome, write_site.receipts(), write_site.waiting()) == ("planned", [told], 0)
    assert write_site.school.read_bytes() == before
    rows = {(row.kind, row.table): row for row in told.rows}
    details = rows["update", "MedicalDetails"]
    assert (details.ref, details.where) == ("MedicalDetails", {"MedicalDetailsSeq": 1})
    assert (details.old["MedicareNo"], details.new["MedicareNo"]) == ("999", "1234")
    assert rows["delete", "Ability"].old == {"ID": STUDENT, "AbilityTypeCode": "SW0"}
    assert (rows["insert", "MedicalCondition"].ref, rows["insert", "MedicalCondition"].old) == ("c1", {})
    assert rows["insert", "MedicalConditionAllergy"].new == {}
    assert told.after is not None
    assert [row.ref for row in told.after.rows("MedicalCondition")] == ["c1"]
    write_site.want(3)
    (done,) = write_site.run()
    assert (done.outcome, done.counts, done.before, done.rows) == ("applied", told.counts, told.before, told.rows)
    write_site.want(4, preview=True)
    (nothing,) = write_site.run()
    assert (nothing.outcome, nothing.rows, nothing.counts) == ("planned", (), {})


def test_a_preview_stands_in_no_messages_way(write_site: WriteSite) -> None:
    """What was sent before it may come after it. One that is older than what was written is late itself."""
    write_site.want(5, preview=True)
    write_site.run()
    write_site.want(4)
    write_site.want(3, preview=True)
    assert [one.outcome for one in write_site.run()] == ["applied", "superseded"]
    assert len(rows_of(write_site.school, "MedicalCondition")) == 1


def test_a_preview_twice_is_answered_twice(write_site: WriteSite) -> None:
    """The second time from the journal, as it was then."""
    message = write_site.want(1, preview=True)
    write_site.run()
    execute(write_site.school, "insert into MedicalDetails (ID, MedicareNo) values (?, '999')", STUDENT)
    write_site.ask(message)
    assert write_site.run() == []
    first, second = write_site.receipts()
    assert first == second


def test_a_preview_is_refused_where_writing_is(write_site: WriteSite) -> None:
    """It goes through the same checks; and what is to be taken back can be looked at too."""
    write_site.want(1)
    (done,) = write_site.run()
    assert done.before is not None
    assert done.after is not None
    write_site.want(2, undo=Undo(before=done.before, after=done.after), preview=True)
    (back,) = write_site.run()
    assert (back.outcome, back.undo) == ("planned", True)
    assert {(row.kind, row.table) for row in back.rows} >= {("delete", "MedicalCondition"), ("delete", "Medication")}
    execute(write_site.school, "alter table MedicalCondition drop column EmergencyTreatmentDetails")
    write_site.receipts()
    write_site.want(3, preview=True)
    with pytest.raises(ContractError):
        write_site.run()
    assert [(one.outcome, one.code) for one in write_site.receipts()] == [("refused", "column-missing")]
    assert write_site.waiting() == 1


def test_a_preview_that_is_killed_is_answered_in_the_next_life(write_site: WriteSite) -> None:
    """Whichever call was the last one; no life writes."""
    before = write_site.school.read_bytes()
    write_site.want(1, preview=True)
    write_site.run()
    (whole,) = write_site.receipts()
    calls = list(write_site.calls)
    journal = write_site.settings.relay.state_dir / "writeback.db"
    for at, (before_it, name) in enumerate(pairwise(("", *calls)), start=1):
        if before_it.startswith(("sql: SELECT", "journal: select", "journal: pragma")):
            continue  # since the kill before that call nothing has happened
        journal.unlink()
        write_site.want(1, preview=True)
        write_site.fail_at = at
        with pytest.raises(Killed):
            write_site.run()
        write_site.fail_at = 0
        write_site.run()
        told = write_site.receipts()
        assert told, name
        assert all(one == whole.model_copy(update={"duration_ms": one.duration_ms}) for one in told), name
        assert write_site.waiting() == 0
    assert write_site.school.read_bytes() == before


def test_what_a_person_rejects_is_not_written(write_site: WriteSite) -> None:
    """It is counted, and the command tells of it as of a preview; where all is rejected, all is held back."""
    medicine = Rejected(table="Medication", ref="m1")
    write_site.want(1, rejected=(medicine, Rejected(table="MedicalCondition", ref="c1", columns=("SeverityCode",))))
    (done,) = write_site.run()
    assert (done.outcome, done.held) == ("applied", 2)
    assert rows_of(write_site.school, "Medication") == rows_of(write_site.school, "MedicalConditionMedication", None) == []
    (condition,) = rows_of(write_site.school, "MedicalCondition")
    assert (condition["ConditionDetails"], condition["SeverityCode"]) == ("Peanuts", "")
    severity = Rejected(table="MedicalCondition", where={"MedicalConditionSeq": 1}, columns=("SeverityCode",))
    write_site.want(2, rejected=(medicine, severity), seen=done.after)
    (held,) = write_site.run()
    assert (held.outcome, held.counts, held.held, held.conflicts) == ("conflicted", {}, 3, ())
    assert done.before is not None
    assert done.after is not None
    write_site.want(3, undo=Undo(before=done.before, after=done.after), rejected=(Rejected(table="MedicalAllergy", ref="a1"),))
    (back,) = write_site.run()
    assert (back.outcome, back.held, rows_of(write_site.school, "MedicalAllergy")) == ("applied", 0, [])


def test_the_command_tells_a_preview_from_a_write(write_site: WriteSite, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be stands in brackets; a dry run says what is only looked at, and what is left out."""
    monkeypatch.setattr("relay.wiring.exchange_of", lambda settings: aws.exchange_for(write_site, settings))
    monkeypatch.setenv("COLUMNS", "80")

    def told(*options: str) -> str:
        found = CliRunner().invoke(app, ["writeback", "--config", str(write_site.config), *options])
        assert found.exit_code == 0, found.exception
        return found.output

    write_site.want(
        1, preview=True, rejected=(Rejected(table="Medication", ref="m1"),), desired=wanted(details="Peanutsmarker")
    )
    dry = told("--dry-run")
    assert "what the family states, only to look" in dry
    assert "! left out insert Medication" in dry
    shown = told()
    assert {"planned", "(5)"} <= set(shown.split())
    assert "…" not in shown
    assert "nothing was written" in shown
    assert "Peanutsmarker" not in dry + shown
    write_site.ask(WriteBack(request="nobody", student="4711", version=1, desired=wanted(4711)), group="4711")
    write_site.want(2)
    dry = told("--dry-run")
    assert "(nobody): Synergetic has nobody of this number" in dry
    assert "+ insert   MedicalCondition" in dry
    write_site.run()
    write_site.want(1)
    assert "(r1): it was carried out before" in told("--dry-run")
    before = rows_of(write_site.school, "MedicalCondition")
    write_site.want(3, desired=wanted(details="Not now"))
    for slip in (["--show-values"], ["--student", "Zoe"], ["--student", "1000 "]):
        found = CliRunner().invoke(app, ["writeback", "--config", str(write_site.config), *slip])
        assert (found.exit_code, rows_of(write_site.school, "MedicalCondition")) == (2, before)


def test_what_is_asked_again_when_its_receipt_is_no_longer_kept_is_to_be_asked_anew(write_site: WriteSite) -> None:
    """It is not done again, and the stack, which waits for an answer, gets one."""
    message = write_site.want()
    write_site.run()
    write_site.receipts()
    journal = Journal(write_site.settings.relay.state_dir, about="other")
    journal.prune(datetime.now(UTC) + timedelta(days=15))
    journal.close()
    write_site.ask(message)
    assert write_site.run() == []
    assert [(one.request, one.outcome, one.after) for one in write_site.receipts()] == [("r1", "superseded", None)]
    assert write_site.waiting() == 0
