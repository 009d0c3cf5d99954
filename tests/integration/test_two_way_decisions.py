"""What a person decides about medical changes holds: what they reject, edit or take back, and what somebody wrote meanwhile."""

import json
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest

from functions.pull_medical.handler import handle
from functions.pull_medical.sending import Sender
from functions.records.ledger import timeline
from functions.runtime.wiring import ledger_table, medical_queue
from functions.store.conflicts import ChangedMeanwhileError
from shared.messages import DecideCase
from shared.receipts import WriteOutcome, WriteReceipt
from tests.integration.cloud import forget_wiring
from tests.integration.two_way import TwoWay, allergic, reviewed

BLOOD = {"blood_group": "B-"}
NURSE = "update MedicalAllergy set AllergyDescription = 'The nurse knows' where ID = ? and ActiveFlag = 1"


def test_review_shows_the_change_and_writes_what_is_not_rejected(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case lists each row with old and new value; one is rejected, one edited; the rejected one is not asked again."""
    reviewed(monkeypatch)
    before = two_way.rows("MedicalAllergy", student)
    two_way.medical.profiles[student] = {
        "allergies": [{"id": "a1", "name": "Egg", "reaction": "Hives"}, {"id": "a2", "name": "Pollen", "reaction": "Sneezes"}]
    }
    two_way.pull()
    two_way.write()
    assert two_way.rows("MedicalAllergy", student) == before
    assert two_way.entry(student).state == "review"
    items = two_way.case(student).items
    by_code = {item.row.new.get("MedicalAllergyTypeCode"): item.number for item in items}
    assert {"EGG", "POL"} <= set(by_code)
    refused = two_way.decide(student, reject=[99])
    assert (refused["outcome"], refused["code"]) == ("refused", "review-invalid")
    edit = {"item": by_code["EGG"], "column": "AllergyDescription", "value": "Swelling"}
    answer = two_way.decide(student, reject=[by_code["POL"]], edit=[edit])
    assert answer["outcome"] == "accepted"
    decided = two_way.history(student)[-1]
    for by in (decided.by, "who was slower", "who was slower"):
        late = DecideCase(student=student, version=decided.version, by=by)
        medical_queue().send([late], group="medical")
        two_way.cloud.pump()
    (receipt,) = two_way.write()
    assert receipt.outcome == "applied"
    after = {row["MedicalAllergyTypeCode"]: row for row in two_way.rows("MedicalAllergy", student)}
    assert after["EGG"]["AllergyDescription"] == "Swelling"
    assert "POL" not in after or after["POL"] in before
    assert two_way.entry(student).state == "idle"
    told = timeline((), two_way.history(student))
    assert [event.event.rpartition(": ")[2] for event in told] == ["planned", "decided", "late", "applied"]
    assert "1 rejected, 1 edited" in told[1].detail


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("NotifiedStartDate", "2026-01-31 or so"),
        ("ConfidentialFlag", "perhaps"),
        ("ConditionDetails", True),
        ("NotifiedBy", "Sam"),
    ],
)
def test_an_edit_of_another_kind_is_refused_at_once(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch, column: str, value: object
) -> None:
    """The relay could only park it, and with it what the family said; the change goes on waiting."""
    reviewed(monkeypatch)
    two_way.says(student, {"safety_alerts": [{"id": "c1", "name": "Asthma", "start_date": "2026-01-31"}]})
    (number,) = [one.number for one in two_way.case(student).items if one.row.ref == "condition:c1"]
    answer = two_way.decide(student, edit=[{"item": number, "column": column, "value": value}])
    assert (answer["outcome"], answer["code"]) == ("refused", "review-invalid")
    assert str(value) not in answer["reason"] + answer["remedy"]
    assert two_way.entry(student).state == "review"


def test_what_the_relay_answered_before_takes_no_item_away(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its receipt comes late, or once more, after what is to be decided was shown: that is decided, and written."""
    outcomes: tuple[WriteOutcome, ...] = ("refused", "failed", "interrupted", "superseded")
    reviewed(monkeypatch)
    two_way.says(student, allergic("Egg"))
    shown, entry = two_way.case(student), two_way.entry(student)
    of: dict[str, Any] = {"request": entry.request, "student": student, "version": entry.version}
    for outcome in outcomes:
        late = WriteReceipt(**of, relay="r", relay_version="1", at=datetime(2026, 3, 2, tzinfo=UTC), outcome=outcome)
        two_way.cloud.sqs.send_message(QueueUrl=two_way.cloud.urls["receipt"], MessageBody=late.model_dump_json())
    two_way.cloud.pump()
    assert two_way.case(student) == shown
    two_way.decide(student)
    two_way.write()
    assert two_way.allergies(student)["EGG"] == "Hives"


def test_an_edit_is_cleaned_as_a_familys_word_is(two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be seen, such as came along when it was copied, no database would hold as it is: it is not sent."""
    reviewed(monkeypatch)
    two_way.says(student, allergic("Egg"))
    (number,) = [one.number for one in two_way.case(student).items if one.row.ref == "allergy:a1"]
    edit = {"item": number, "column": "AllergyDescription", "value": " Only\0 raw\u200b egg\nin cakes\x07 "}
    two_way.decide(student, edit=[edit])
    (receipt,) = two_way.write()
    assert (receipt.outcome, two_way.allergies(student)["EGG"]) == ("applied", "Only raw egg\r\nin cakes")


def test_what_goes_is_kept_by_rejecting_it_and_not_by_an_edit(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that is no longer stated has no value of the family's to edit, and nor has whose row a new one is."""
    two_way.says(student, allergic("Egg"))
    reviewed(monkeypatch)
    two_way.says(student, {"allergies": [{"id": "a2", "name": "Pollen"}]})
    items = two_way.case(student).items
    (gone,) = [item.number for item in items if item.row.old == {"ActiveFlag": True}]
    (new,) = [item.number for item in items if item.row.ref == "allergy:a2"]
    for number, column, value in ((gone, "ActiveFlag", False), (new, "ID", 1)):
        answer = two_way.decide(student, edit=[{"item": number, "column": column, "value": value}])
        assert (answer["outcome"], answer["code"]) == ("refused", "review-invalid")
    two_way.decide(student, reject=[gone])
    two_way.write()
    assert set(two_way.allergies(student)) >= {"EGG", "POL"}


def test_all_rejected_writes_nothing_and_is_not_asked_again(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even when another thing changes, only that is asked."""
    reviewed(monkeypatch)
    two_way.says(student, allergic("Egg"))
    assert two_way.decide(student, reject_all=True)["outcome"] == "accepted"
    assert (two_way.entry(student).state, two_way.entry(student).outcome) == ("idle", "rejected")
    assert two_way.write() == []
    two_way.pull(student)
    two_way.write()
    assert two_way.entry(student).state == "idle"
    assert all(item.rejected for item in two_way.case(student).items)


def test_what_was_written_can_be_taken_back(two_way: TwoWay, student: str) -> None:
    """The rows are as before, and the family's word is not sent again; what was never written cannot be taken back."""
    before = two_way.rows("MedicalAllergy", student)
    (receipt,) = two_way.says(student, allergic("Egg"))
    wrong = two_way.cloud.request("undo-wrong", {"kind": "undo", "student": student, "version": 7})
    assert (wrong["outcome"], wrong["code"]) == ("refused", "receipt-unknown")
    undo = {"kind": "undo", "student": student, "version": receipt.version}
    assert two_way.cloud.request("undo", undo)["outcome"] == "accepted"
    (undone,) = two_way.write()
    assert (undone.outcome, undone.undo) == ("applied", True)
    assert two_way.rows("MedicalAllergy", student) == before
    assert [one.undo for one in two_way.history(student)] == [False, True]
    two_way.pull()
    assert two_way.write() == []


def test_a_conflict_is_asked_about_where_the_school_wants_that(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first message only looks; then a nurse changes a row, which is not overwritten but shown for a decision."""
    monkeypatch.setenv("WRITE_BACK_POLICIES", '{"conflict": "ask"}')
    forget_wiring()
    two_way.medical.profiles[student] = allergic("Egg")
    two_way.pull()
    assert two_way.entry(student).purpose == "look"
    two_way.write()
    two_way.pull()
    (receipt,) = two_way.write()
    assert receipt.outcome == "applied"
    assert two_way.execute(NURSE, student)
    two_way.says(student, allergic("Egg", reaction="Swelling"))
    assert two_way.allergies(student) == {"EGG": "The nurse knows"}
    two_way.pull()
    two_way.write()
    assert two_way.entry(student).state == "review"
    (item,) = two_way.case(student).items
    assert (item.row.old["AllergyDescription"], item.row.new["AllergyDescription"]) == ("The nurse knows", "Swelling")
    two_way.decide(student)
    two_way.write()
    assert two_way.allergies(student) == {"EGG": "Swelling"}


def protected(two_way: TwoWay, student: str, patch: pytest.MonkeyPatch, *, conflict: str) -> None:
    """Under a policy let an allergy be written, a nurse change it, and the family state another word of it."""
    patch.setenv("WRITE_BACK_POLICIES", json.dumps({"conflict": conflict}))
    forget_wiring()
    two_way.medical.profiles[student] = allergic("Egg")
    for _ in range(2):  # the first message only looks
        two_way.pull()
        two_way.write()
    assert two_way.execute(NURSE, student)
    two_way.says(student, allergic("Egg", reaction="Swelling"))
    assert two_way.allergies(student) == {"EGG": "The nurse knows"}


def test_what_somebody_changed_stays_protected_whatever_else_a_family_says(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `refuse` a nurse's words stand, time after time, and what is not about them is written."""
    protected(two_way, student, monkeypatch, conflict="refuse")
    assert list(ledger_table().waiting("parked")) == [student]
    for reaction in ("Swelling", "Wheezing"):
        two_way.says(student, allergic("Egg", reaction=reaction) | BLOOD)
        assert two_way.allergies(student) == {"EGG": "The nurse knows"}
    assert [row["BloodGroup"].strip() for row in two_way.rows("MedicalDetails", student)] == ["B-"]


def test_what_was_rejected_is_neither_written_nor_asked_again(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `ask` the nurse's words are kept by a decision; another change is written without a word, another word is asked."""
    protected(two_way, student, monkeypatch, conflict="ask")
    two_way.pull()
    two_way.write()
    assert two_way.entry(student).state == "review"
    two_way.decide(student, reject_all=True)
    two_way.medical.profiles[student] = allergic("Egg", reaction="Swelling") | BLOOD
    for _ in range(2):
        two_way.pull()
        two_way.write()
        assert two_way.allergies(student) == {"EGG": "The nurse knows"}
        assert two_way.entry(student).state == "idle"
    assert [row["BloodGroup"].strip() for row in two_way.rows("MedicalDetails", student)] == ["B-"]
    two_way.medical.profiles[student] = allergic("Egg", reaction="Wheezing") | BLOOD
    for _ in range(2):
        two_way.pull()
        two_way.write()
    assert two_way.allergies(student) == {"EGG": "The nurse knows"}
    assert two_way.entry(student).state == "review"


def test_a_decision_makes_nothing_known_that_was_not_shown(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `ask` the nurse has changed two things. One is decided; about the other they are asked when the family says it."""
    protected(two_way, student, monkeypatch, conflict="ask")
    assert two_way.execute("update Students set DoctorPhone = '9' where ID = ?", student)
    for _ in range(2):
        two_way.pull()
        two_way.write()
    assert {item.row.table for item in two_way.case(student).items} == {"MedicalAllergy"}
    two_way.decide(student)
    two_way.write()
    assert two_way.allergies(student) == {"EGG": "Swelling"}
    (row,) = two_way.rows("Students", student)
    doctor = {"name": row["DoctorName"], "phone": "2"}
    two_way.medical.profiles[student] = allergic("Egg", reaction="Swelling") | {"doctors": [doctor]}
    for _ in range(2):
        two_way.pull()
        two_way.write()
    assert [row["DoctorPhone"] for row in two_way.rows("Students", student)] == ["9"]
    assert two_way.entry(student).state == "review"


def test_a_person_is_asked_once(two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One item rejected, one edited: neither is asked or written at the next pull, nor when something else changes."""
    reviewed(monkeypatch)
    said = {
        "allergies": [{"id": "a1", "name": "Egg", "reaction": "Hives"}, {"id": "a2", "name": "Pollen", "reaction": "Sneezes"}]
    }
    two_way.says(student, said)
    numbers = {item.row.new.get("MedicalAllergyTypeCode"): item.number for item in two_way.case(student).items}
    edit = {"item": numbers["EGG"], "column": "AllergyDescription", "value": "Only raw egg"}
    two_way.decide(student, reject=[numbers["POL"]], edit=[edit])
    two_way.write()
    entry = two_way.entry(student)
    assert (two_way.allergies(student).get("EGG"), entry.state) == ("Only raw egg", "idle")
    two_way.pull()
    assert two_way.entry(student).version == entry.version
    two_way.says(student, said | BLOOD)
    waiting = [item.row.table for item in two_way.case(student).items if not item.rejected]
    assert waiting == ["MedicalDetails"]
    two_way.decide(student)
    two_way.write()
    assert two_way.allergies(student).get("EGG") == "Only raw egg"
    assert [row["BloodGroup"].strip() for row in two_way.rows("MedicalDetails", student)] == ["B-"]


def test_what_was_taken_back_stays_so(two_way: TwoWay, student: str) -> None:
    """Another change is written without it; another word about it is written; and a person may want it anew."""
    (receipt,) = two_way.says(student, allergic("Egg"))
    two_way.cloud.request(f"undo-{student}", {"kind": "undo", "student": student, "version": receipt.version})
    two_way.write()
    before = two_way.allergies(student)
    assert "EGG" not in before
    two_way.says(student, allergic("Egg") | BLOOD)
    assert two_way.allergies(student) == before
    assert [row["BloodGroup"].strip() for row in two_way.rows("MedicalDetails", student)] == ["B-"]
    two_way.cloud.request(f"anew-{student}", {"kind": "medical", "students": [student], "anew": True})
    two_way.write()
    assert two_way.allergies(student)["EGG"] == "Hives"


def test_what_was_taken_back_twice_counts_again(two_way: TwoWay, student: str) -> None:
    """A person who takes back an undo wants the family's word: it is written over what somebody changes later, as ever."""
    two_way.medical.profiles[student] = allergic("Egg")
    two_way.pull()
    (written,) = two_way.write()
    two_way.cloud.request(f"undo-{student}", {"kind": "undo", "student": student, "version": written.version})
    (undone,) = two_way.write()
    assert two_way.entry(student).declined
    two_way.cloud.request(f"redo-{student}", {"kind": "undo", "student": student, "version": undone.version})
    two_way.write()
    assert two_way.allergies(student)["EGG"] == "Hives"
    two_way.execute("update MedicalAllergy set AllergyDescription = 'None' where ID = ? and ActiveFlag = 1", student)
    two_way.says(student, allergic("Egg") | BLOOD)
    assert two_way.allergies(student)["EGG"] == "Hives"


def test_taking_back_swallows_no_change(two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was still to be looked at is asked for anew after it."""
    (receipt,) = two_way.says(student, allergic("Egg"))
    reviewed(monkeypatch)
    two_way.medical.profiles[student] = allergic("Egg") | BLOOD
    two_way.pull()
    assert (two_way.entry(student).state, two_way.entry(student).purpose) == ("asked", "review")
    two_way.cloud.request(f"undo-{student}", {"kind": "undo", "student": student, "version": receipt.version})
    two_way.write()
    two_way.pull()
    two_way.write()
    assert two_way.entry(student).state == "review"
    assert "MedicalDetails" in {item.row.table for item in two_way.case(student).items}


def test_a_decision_that_is_cut_off_is_told_of_once(two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is carried out anew, as nothing was sent yet; the history has one line of it, with the hour of the first."""
    reviewed(monkeypatch)
    two_way.says(student, allergic("Egg"))
    decision = DecideCase(student=student, version=two_way.entry(student).version, by="nurse")
    with monkeypatch.context() as patch:
        patch.setattr(Sender, "send", Mock(side_effect=ChangedMeanwhileError("x")))
        with pytest.raises(ChangedMeanwhileError):
            handle(decision, lambda: True)
    handle(decision, lambda: True)
    assert [one.outcome for one in two_way.history(student)] == ["planned", "decided"]
    two_way.write()
    assert two_way.allergies(student)["EGG"] == "Hives"
