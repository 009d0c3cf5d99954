"""What is on its way to the relay is not written once its student is deselected, or two-way is switched off."""

import pytest

from functions.runtime.wiring import medical_queue
from shared.keys import WITHDRAWN
from shared.messages import PullMedical
from tests.integration.cloud import BUCKET, forget_wiring
from tests.integration.two_way import TwoWay, allergic, reviewed


def _ask_twice(two_way: TwoWay, student: str) -> None:
    """Have two messages on the relay's queue, of which the ledger knows the later one."""
    for reaction in ("Hives", "Wheeze"):
        two_way.medical.profiles[student] = allergic("Egg", reaction)
        two_way.pull()


def _deselect(two_way: TwoWay, student: str) -> None:
    two_way.cloud.request("off", {"kind": "selection", "deselect": {"students": [student]}})


def _lose_word(two_way: TwoWay) -> None:
    """Lose what staging said of it, as where it was cut off."""
    for one in two_way.cloud.s3.list_objects_v2(Bucket=BUCKET, Prefix=WITHDRAWN)["Contents"]:
        two_way.cloud.s3.delete_object(Bucket=BUCKET, Key=one["Key"])


def test_who_is_deselected_is_written_nothing_of_any_more(two_way: TwoWay, student: str) -> None:
    """From that moment on; whoever is selected again is asked about anew."""
    before = two_way.rows("MedicalAllergy", student)
    two_way.medical.profiles[student] = allergic("Egg")
    two_way.pull()
    _deselect(two_way, student)
    assert [receipt.outcome for receipt in two_way.write()] == ["superseded"]
    assert two_way.rows("MedicalAllergy", student) == before
    two_way.cloud.request("on", {"kind": "selection", "select": {"students": [student]}})
    for _ in range(2):  # within the same second the first message could still be one of before
        two_way.pull()
        two_way.write()
    assert two_way.allergies(student) == {"EGG": "Hives"}


def test_a_pull_withdraws_all_messages_that_wait(two_way: TwoWay, student: str) -> None:
    """Where the word of it was lost, or a message was made in that very moment; also those that a later one overtook."""
    before = two_way.rows("MedicalAllergy", student)
    _ask_twice(two_way, student)
    _deselect(two_way, student)
    _lose_word(two_way)
    two_way.pull()
    assert (two_way.entry(student).state, two_way.entry(student).outcome) == ("idle", "closed")
    assert [receipt.outcome for receipt in two_way.write()] == ["superseded", "superseded"]
    assert two_way.rows("MedicalAllergy", student) == before


def test_nothing_is_written_where_two_way_was_switched_off(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The schedule withdraws it; once it is on again, what families say is asked anew."""
    before = two_way.rows("MedicalAllergy", student)
    _ask_twice(two_way, student)
    monkeypatch.setenv("MEDICAL_UPDATES", "off")
    forget_wiring()
    medical_queue().send([PullMedical(why="schedule")], group="medical")
    two_way.cloud.pump()
    assert [receipt.outcome for receipt in two_way.write()] == ["superseded", "superseded"]
    assert two_way.rows("MedicalAllergy", student) == before
    monkeypatch.setenv("MEDICAL_UPDATES", "automatic")
    forget_wiring()
    two_way.pull()
    assert {receipt.outcome for receipt in two_way.write()} == {"applied"}
    assert two_way.allergies(student) == {"EGG": "Wheeze"}


def test_what_a_person_takes_back_is_taken_back_whoever_is_selected(two_way: TwoWay, student: str) -> None:
    """A family's word that waits before it is withdrawn, and an undo is a person's."""
    before = two_way.allergies(student)
    (receipt,) = two_way.says(student, allergic("Egg"))
    two_way.medical.profiles[student] = allergic("Egg", "Wheeze")
    two_way.pull()
    two_way.cloud.request("back", {"kind": "undo", "student": student, "version": receipt.version})
    _deselect(two_way, student)
    _lose_word(two_way)
    two_way.pull()
    assert [receipt.outcome for receipt in two_way.write()] == ["superseded", "applied"]
    assert two_way.allergies(student) == before


def test_what_a_person_is_asked_about_is_not_written_by_an_older_message(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had failed for days and lay with the dead letters, from where somebody sends it again once all is decided."""
    before = two_way.rows("MedicalAllergy", student)
    two_way.medical.profiles[student] = allergic("Egg")
    two_way.pull()
    url = two_way.cloud.urls["return.fifo"]
    (dead,) = two_way.cloud.sqs.receive_message(QueueUrl=url)["Messages"]
    two_way.cloud.sqs.delete_message(QueueUrl=url, ReceiptHandle=dead["ReceiptHandle"])
    reviewed(monkeypatch)
    assert [receipt.outcome for receipt in two_way.says(student, allergic("Egg", "Wheeze"))] == ["planned"]
    two_way.decide(student, reject_all=True)
    two_way.cloud.sqs.send_message(
        QueueUrl=url, MessageBody=dead["Body"], MessageGroupId=student, MessageDeduplicationId="sent again"
    )
    assert [receipt.outcome for receipt in two_way.write()] == ["superseded"]
    assert two_way.rows("MedicalAllergy", student) == before
    assert two_way.entry(student).outcome == "rejected"


@pytest.mark.parametrize("is_deselected", [True, False])
def test_what_a_person_edited_and_was_not_written_is_not_lost(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch, *, is_deselected: bool
) -> None:
    """The student is deselected while it is on its way, and selected again: they are asked about it. Else it is written."""
    reviewed(monkeypatch)
    two_way.says(student, allergic("Egg"))
    (number,) = (item.number for item in two_way.case(student).items if item.row.table == "MedicalAllergy" and item.row.ref)
    edit = {"item": number, "column": "AllergyDescription", "value": "Hives, mild"}
    two_way.decide(student, edit=[edit])
    if is_deselected:
        _deselect(two_way, student)
        two_way.pull()
        two_way.cloud.request("on", {"kind": "selection", "select": {"students": [student]}})
    said = {**allergic("Egg"), "blood_group": "AB-"}
    assert [receipt.outcome for receipt in two_way.says(student, said)] == [
        "superseded" if is_deselected else "applied",
        "planned",
    ]
    assert two_way.allergies(student).get("EGG") == (None if is_deselected else "Hives, mild")
    asked = [item for item in two_way.case(student).items if item.row.table == "MedicalAllergy" and item.row.ref]
    assert [(item.rejected, item.rejected_columns) for item in asked] == [(not is_deselected, ())]
