"""Two-way over months: what expires, what is restored, and what has other names by then."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from functions.records.ledger import Entry
from functions.runtime.wiring import ledger_table
from functions.store.ledger import LedgerTable
from relay.writeback.journal import Journal
from shared.keys import case_key, receipt_key, write_back_key
from shared.receipts import WriteReceipt
from tests.integration.cloud import BUCKET, forget_wiring
from tests.integration.two_way import TwoWay, allergic, reviewed


def says(two_way: TwoWay, student: str, profile: dict[str, object]) -> WriteReceipt:
    """Let a family say something, and have it written."""
    (receipt,) = two_way.says(student, profile)
    return receipt


@pytest.mark.parametrize("is_answered", [True, False])
def test_what_was_taken_back_stays_so_in_a_profile_that_was_made_anew(
    two_way: TwoWay, student: str, *, is_answered: bool
) -> None:
    """Operoo gives all that the family says another identifier, after the undo or while it is on its way: that is no word."""
    written = says(two_way, student, allergic("Egg"))
    two_way.cloud.request(f"undo-{student}", {"kind": "undo", "student": student, "version": written.version})
    if is_answered:
        two_way.write()
    (egg,) = allergic("Egg")["allergies"]
    for name, blood in (("b7", "B-"), ("c9", "A+")):
        two_way.says(student, {"allergies": [{**egg, "id": name}], "blood_group": blood})
        assert "EGG" not in two_way.allergies(student)
    says(two_way, student, {"allergies": [{**egg, "id": "d1", "reaction": "Swelling"}]})
    assert two_way.allergies(student)["EGG"] == "Swelling"


def test_an_undo_that_nobody_answered_until_it_expired_waits_for_a_person(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Medical updates were off for longer than messages are kept: it cannot be made anew, and is not forgotten."""
    written = says(two_way, student, allergic("Egg"))
    two_way.cloud.request("undo-unheard", {"kind": "undo", "student": student, "version": written.version})
    two_way.lose_messages()
    two_way.cloud.s3.delete_object(Bucket=BUCKET, Key=write_back_key(two_way.entry(student).message))
    monkeypatch.setenv("RESEND_AFTER_HOURS", "0.0000001")
    forget_wiring()
    two_way.pull()
    entry = two_way.entry(student)
    assert (entry.state, entry.code, entry.purpose) == ("failed", "no-receipt", "undo")
    assert student in ledger_table().waiting("failed")


def test_a_relay_that_was_off_for_weeks_writes_all_when_it_is_back(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages live for 14 days: what was given up is sent once more before the last one is gone, and stays on the list."""
    two_way.medical.profiles[student] = allergic("Egg")
    monkeypatch.setenv("RESEND_AFTER_HOURS", "0.0000001")
    forget_wiring()
    for _ in range(5):
        two_way.pull()
    given_up = two_way.entry(student)
    assert (given_up.state, given_up.code, given_up.sendings) == ("failed", "no-receipt", 3)
    two_way.lose_messages()
    ledger_table().save(given_up.but(sent_at=(datetime.now(UTC) - timedelta(days=13)).isoformat()))
    for _ in range(2):
        two_way.pull()
    entry = two_way.entry(student)
    assert (entry.state, entry.code, entry.sendings) == ("failed", "no-receipt", 4)
    assert [one.outcome for one in two_way.write()] == ["applied"]
    assert two_way.allergies(student)["EGG"] == "Hives"
    assert two_way.entry(student).state == "idle"


def test_a_restored_relay_hides_nothing_that_was_written(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its backup is of the moment before a commit. That the rows no longer tell of it takes nothing from what was told then."""
    backups: dict[Path, bytes] = {}
    intend = Journal.intend

    def noted(journal: Journal, receipt: WriteReceipt) -> None:
        intend(journal, receipt)
        backups[journal.path] = journal.path.read_bytes()

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "intend", noted)
        written = says(two_way, student, allergic("Egg"))
    says(two_way, student, allergic("Egg", "Swelling"))
    for path, content in backups.items():
        path.write_bytes(content)
    says(two_way, student, allergic("Egg", "Wheezing"))
    told = [one.outcome for one in two_way.history(student) if one.version == written.version]
    assert sorted(told) == ["applied", "interrupted"]
    asked = two_way.cloud.request("undo-after-all", {"kind": "undo", "student": student, "version": written.version})
    assert asked["outcome"] == "accepted"
    two_way.write()


def test_a_change_is_asked_anew_before_its_case_expires(two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody decided for as long as half of what is kept: there is another case, which can be decided."""
    monkeypatch.setenv("MEDICAL_UPDATES", "review")
    monkeypatch.setenv("KEEP_MEDICAL_DAYS", "30")
    forget_wiring()
    two_way.says(student, allergic("Egg"))
    entry = two_way.entry(student)
    two_way.pull()
    assert two_way.entry(student) == entry
    ledger_table().save(entry.but(answered_at="2020-01-01T00:00:00+00:00"))
    two_way.cloud.s3.delete_object(Bucket=BUCKET, Key=case_key(entry.request))
    two_way.pull()
    two_way.write()
    assert two_way.entry(student).state == "review"
    assert two_way.decide(student)["outcome"] == "accepted"
    two_way.write()
    assert two_way.allergies(student)["EGG"] == "Hives"


@pytest.mark.parametrize("conflict", ["refuse", "ask"])
def test_who_was_not_heard_of_until_receipts_expired_is_looked_at_once(
    two_way: TwoWay, student: str, conflict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As who was deselected for a year: a look tells what is there now, and the next message writes."""
    monkeypatch.setenv("WRITE_BACK_POLICIES", json.dumps({"conflict": conflict}))
    forget_wiring()
    for reaction in ("Hives", "Swelling"):
        two_way.medical.profiles[student] = allergic("Egg", reaction)
        for outcome in ("planned", "applied"):
            two_way.pull()
            assert [one.outcome for one in two_way.write()] == [outcome]
        assert two_way.allergies(student)["EGG"] == reaction
        two_way.cloud.s3.delete_object(Bucket=BUCKET, Key=receipt_key(two_way.entry(student).seen))


def test_what_a_person_asks_for_is_asked_although_a_receipt_comes_in_just_then(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next pull would send on what has changed; that the rejected is to be written after all, nobody would say again."""
    reviewed(monkeypatch)
    two_way.says(student, allergic("Egg"))
    two_way.decide(student, reject_all=True)
    save, met = LedgerTable.save, list[str]()

    def meets(ledger: LedgerTable, entry: Entry) -> Entry:
        if not met:
            met.append(entry.student)
            save(ledger, ledger.entry(entry.student))
        return save(ledger, entry)

    monkeypatch.setattr(LedgerTable, "save", meets)
    two_way.cloud.request("anew-after-all", {"kind": "medical", "students": [student], "anew": True})
    two_way.write()
    assert met == [student]
    assert not any(item.rejected for item in two_way.case(student).items)
    assert two_way.entry(student).state == "review"
