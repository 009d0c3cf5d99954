"""Writing back over the real ODBC driver: what a family says is in Synergetic afterwards, once, and the receipt tells of it."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from shared import keys
from shared.digests import sha256
from shared.errors import SettingsError
from shared.messages import Undo, WriteBack, WriteBackClaim
from shared.writeback.case import Case
from shared.writeback.plan import Plan, Policies
from shared.writeback.planning import plan
from shared.writeback.rows import DesiredRow
from tests.integration.relay_school import execute
from tests.integration.relay_site import BUCKET
from tests.integration.writeback_site import (
    OTHER,
    STUDENT,
    TRIGGER,
    WriteSite,
    rows_of,
    wanted,
)


def test_what_a_family_says_is_written(write_site: WriteSite) -> None:
    """Rows come to be with their links and stamps, the receipt tells of it, and the message is gone."""
    write_site.want()
    (done,) = write_site.run()
    (condition,) = rows_of(write_site.school, "MedicalCondition")
    assert (condition["ConditionDetails"], condition["SeverityCode"], condition["ModifiedBy"]) == ("Peanuts", "H", 0)
    assert condition["ModifiedDate"]
    (link,) = rows_of(write_site.school, "MedicalConditionAllergy", None)
    assert link["MedicalConditionSeq"] == condition["MedicalConditionSeq"]
    (receipt,) = write_site.receipts()
    assert (receipt.outcome, receipt.request, receipt.student) == ("applied", "r1", str(STUDENT))
    assert receipt.after is not None
    assert {row.ref for row in receipt.after.rows("MedicalCondition")} == {"c1"}
    assert receipt == done
    assert write_site.waiting() == 0


def test_what_is_there_already_is_not_written_again(write_site: WriteSite) -> None:
    """A newer message that says what is there already changes nothing, not even a stamp, and names the rows' items again."""
    write_site.want()
    (first,) = write_site.run()
    before = write_site.school.read_bytes()
    write_site.want(2, seen=first.after)
    (second,) = write_site.run()
    assert (second.outcome, second.counts, second.after) == ("unchanged", {}, first.after)
    assert write_site.school.read_bytes() == before


def test_one_message_twice_is_carried_out_once_and_answered_twice(write_site: WriteSite) -> None:
    """SQS hands a message out again, or the cloud sends it again: the answer is the first one's."""
    message = write_site.want()
    write_site.run()
    before = write_site.school.read_bytes()
    write_site.ask(message)
    assert write_site.run() == []
    first, second = write_site.receipts()
    assert first == second
    assert write_site.waiting() == 0
    assert write_site.school.read_bytes() == before


def test_an_older_message_never_undoes_a_newer_one(write_site: WriteSite) -> None:
    """What comes late is answered as superseded, taken off the queue, and writes nothing."""
    write_site.want(2, desired=wanted(details="Newer"))
    write_site.run()
    write_site.want(1, desired=wanted(details="Older"))
    (late,) = write_site.run()
    assert (late.outcome, write_site.waiting()) == ("superseded", 0)
    assert [row["ConditionDetails"] for row in rows_of(write_site.school, "MedicalCondition")] == ["Newer"]


def test_rows_of_others_and_columns_of_the_schools_own_stay(write_site: WriteSite) -> None:
    """Another student's rows, and what a nurse keeps beside ours, are as they were, byte for byte."""
    execute(
        write_site.school,
        "insert into MedicalCondition (ID, MedicalConditionCode, ConditionDetails) values (?, 'AST', 'x')",
        OTHER,
    )
    write_site.want()
    write_site.run()
    execute(
        write_site.school,
        "update MedicalCondition set Visibility = 'NURSE', MedicalConditionDocumentID = 7 where ID = ?",
        STUDENT,
    )
    others = rows_of(write_site.school, "MedicalCondition", OTHER)
    write_site.want(2, desired=wanted(details="Peanuts and cashews"))
    write_site.run()
    (condition,) = rows_of(write_site.school, "MedicalCondition")
    assert (condition["Visibility"], condition["MedicalConditionDocumentID"]) == ("NURSE", 7)
    assert condition["ConditionDetails"] == "Peanuts and cashews"
    assert rows_of(write_site.school, "MedicalCondition", OTHER) == others


def test_what_somebody_changed_is_overwritten_or_left(write_site: WriteSite) -> None:
    """By default the family's word counts and the lost value is in the receipt; a school may have it the other way round."""
    write_site.want()
    (first,) = write_site.run()
    execute(write_site.school, "update MedicalCondition set ConditionDetails = 'The nurse says' where ID = ?", STUDENT)
    changed = wanted(details="The family says")
    write_site.want(2, desired=changed, seen=first.after, policies=Policies(conflict="refuse"))
    (left,) = write_site.run()
    assert [(one.table, one.code, one.columns) for one in left.conflicts] == [
        ("MedicalCondition", "changed", ("ConditionDetails",))
    ]
    assert left.held == 1
    assert [row["ConditionDetails"] for row in rows_of(write_site.school, "MedicalCondition")] == ["The nurse says"]
    write_site.want(3, desired=changed, seen=first.after)
    (over,) = write_site.run()
    assert [row["ConditionDetails"] for row in rows_of(write_site.school, "MedicalCondition")] == ["The family says"]
    assert over.before is not None
    assert [row.values["ConditionDetails"] for row in over.before.rows("MedicalCondition")] == ["The nurse says"]


def test_a_write_can_be_taken_back(write_site: WriteSite) -> None:
    """The inverse goes the same way, and the rows are as they were; it is refused if somebody changed one since."""
    execute(write_site.school, "insert into MedicalDetails (ID, MedicareNo, BloodGroup) values (?, '999', 'O+')", STUDENT)
    write_site.want(1)
    (first,) = write_site.run()
    assert first.before is not None
    assert first.after is not None
    undo = Undo(before=first.before, after=first.after)
    execute(write_site.school, "update MedicalCondition set ConditionDetails = 'Changed' where ID = ?", STUDENT)
    write_site.want(2, undo=undo)
    (refused,) = write_site.run()
    assert (refused.outcome, refused.undo, [one.code for one in refused.conflicts]) == ("conflicted", True, ["changed"])
    execute(write_site.school, "update MedicalCondition set ConditionDetails = 'Peanuts' where ID = ?", STUDENT)
    write_site.want(3, undo=undo)
    (done,) = write_site.run()
    assert done.outcome == "applied"
    assert rows_of(write_site.school, "MedicalCondition") == rows_of(write_site.school, "Medication") == []
    (details,) = rows_of(write_site.school, "MedicalDetails")
    assert (details["MedicareNo"], details["BloodGroup"].strip()) == ("999", "O+")


def test_rows_that_are_there_twice_go_and_come_back(write_site: WriteSite) -> None:
    """Where a table has no key, and a code's case means nothing: as it is on SQL Server."""
    with closing(sqlite3.connect(write_site.school)) as school, school:
        school.executescript(
            "drop table Ability; create table Ability (ID int not null, AbilityTypeCode varchar(15) collate nocase not null)"
        )
        school.executemany(f"insert into Ability values ({STUDENT}, ?)", [("SW0",), ("sw0",), ("SW50",), ("SW50",)])
    before = rows_of(write_site.school, "Ability")
    write_site.want(1)
    (first,) = write_site.run()
    assert [row["AbilityTypeCode"] for row in rows_of(write_site.school, "Ability")] == ["SW25"]
    write_site.want(2, undo=Undo(before=first.before, after=first.after))
    (back,) = write_site.run()
    assert rows_of(write_site.school, "Ability") == before
    write_site.want(3, undo=Undo(before=back.before, after=back.after))
    (again,) = write_site.run()
    assert [one.outcome for one in (first, back, again)] == ["applied"] * 3
    assert [row["AbilityTypeCode"] for row in rows_of(write_site.school, "Ability")] == ["SW25"]


def test_what_does_not_fit_is_parked_and_the_rest_is_written(write_site: WriteSite) -> None:
    """A text that is too long for its column is never cut."""
    write_site.want(desired=wanted(details="x" * 300))
    (receipt,) = write_site.run()
    assert [(one.table, one.code) for one in receipt.parked] == [
        ("MedicalAllergy", "text-too-long"),
        ("MedicalConditionAllergy", "parent-parked"),
    ]
    assert len(rows_of(write_site.school, "MedicalCondition")) == 1


def test_large_messages_and_receipts_go_by_the_bucket(write_site: WriteSite) -> None:
    """What is too large for a queue lies in the bucket, under the digest of its bytes."""
    message = WriteBack(request="r1", student=str(STUDENT), version=1, desired=wanted())
    big = message.desired.model_copy(update={"tables": {"MedicalCondition": _condition("y" * 300_000)}})
    content = message.model_copy(update={"desired": big}).model_dump_json().encode()
    digest = sha256(content)
    write_site.aws.bucket.s3.put_object(Bucket=BUCKET, Key=keys.write_back_key(digest), Body=content)
    write_site.ask(WriteBackClaim(request="r1", student=str(STUDENT), version=1, digest=digest))
    write_site.run()
    (receipt,) = write_site.receipts()
    assert receipt.after is not None
    assert len(str(receipt.after.rows("MedicalCondition")[0].values["ConditionDetails"])) == 300_000
    assert len(write_site.aws.bucket.keys(keys.RECEIPTS)) == 1
    assert write_site.waiting() == 0


def _condition(details: str) -> tuple[DesiredRow, ...]:
    return (DesiredRow(ref="c1", values={"MedicalConditionCode": "ALL", "ConditionDetails": details}),)


def test_a_claim_to_something_else_is_answered_as_failed(write_site: WriteSite) -> None:
    """What lies in the bucket must be what the message claims; the message stays."""
    write_site.aws.bucket.s3.put_object(Bucket=BUCKET, Key=keys.write_back_key(sha256(b"{}")), Body=b"{}")
    write_site.ask(WriteBackClaim(request="r1", student=str(STUDENT), version=1, digest=sha256(b"{}")))
    write_site.run()
    assert [(one.outcome, one.code) for one in write_site.receipts()] == [("failed", "write-back-invalid")]
    assert write_site.waiting() == 1


@pytest.mark.parametrize("there", [None, b"{}"])
def test_a_claim_to_nothing_does_not_hold_up_the_others(write_site: WriteSite, there: bytes | None) -> None:
    """What lies there no more, or is not what was put there, fails for that student alone."""
    digest = sha256(f"lost {there!r}".encode())
    if there is not None:
        write_site.aws.bucket.s3.put_object(Bucket=BUCKET, Key=keys.write_back_key(digest), Body=there)
    write_site.ask(WriteBackClaim(request="r1", student=str(STUDENT), version=1, digest=digest), group="lost")
    write_site.ask(WriteBack(request="r2", student=str(OTHER), version=1, desired=wanted(OTHER)), group="other")
    write_site.run()
    told = [(one.request, one.outcome, one.code) for one in write_site.receipts()]
    assert told == [("r1", "failed", "write-back-missing"), ("r2", "applied", "")]


@pytest.mark.parametrize("all_denied", [True, False])
def test_a_claim_that_may_not_be_read_is_told_from_one_that_is_gone(
    write_site: WriteSite,
    monkeypatch: pytest.MonkeyPatch,
    *,
    all_denied: bool,
) -> None:
    """AWS says the same of both. Who may read nothing any more stops, and fails no student after another."""
    bucket, manifest = write_site.aws.bucket, keys.snapshot_key(1)
    bucket.s3.put_object(Bucket=BUCKET, Key=manifest, Body=b"{}")
    read = write_site.aws.exchange._s3().get_object

    def denied(**asked: str) -> object:
        if all_denied or asked["Key"] != manifest:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")
        return read(**asked)

    monkeypatch.setattr(write_site.aws.exchange._s3(), "get_object", denied)
    for number, student in ((1, STUDENT), (2, OTHER)):
        claim = WriteBackClaim(request=f"r{number}", student=str(student), version=1, digest=sha256(b"denied"))
        write_site.ask(claim, group=str(student))
    if all_denied:
        with pytest.raises(SettingsError, match="AWS does not allow it"):
            write_site.run()
    else:
        write_site.run()
    bucket.s3.delete_object(Bucket=BUCKET, Key=manifest)
    told = {(one.outcome, one.code) for one in write_site.receipts()}
    assert told == {("refused", "exchange-denied") if all_denied else ("failed", "write-back-missing")}


def test_one_student_that_the_database_refuses_does_not_hold_up_the_others(write_site: WriteSite) -> None:
    """A constraint that nobody knew of fails one message, of which nothing is written; the next one is carried out."""
    execute(
        write_site.school,
        f"create trigger {TRIGGER}2 before insert on Medication when new.ID = {STUDENT} begin select raise(abort, 'no'); end",
    )
    write_site.allow(f"{TRIGGER}2")
    write_site.want()
    write_site.ask(WriteBack(request="o", student=str(OTHER), version=1, desired=wanted(OTHER)))
    write_site.run()
    assert [(one.request, one.outcome, one.code) for one in write_site.receipts()] == [
        ("r1", "failed", "write-rejected"),
        ("o", "applied", ""),
    ]
    assert rows_of(write_site.school, "MedicalCondition") == []
    assert len(rows_of(write_site.school, "Medication", OTHER)) == 1
    assert write_site.waiting() == 1


def test_a_defect_that_one_student_brings_out_does_not_hold_up_the_others(
    write_site: WriteSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told as failed, without what it may quote, and the message waits; the next one is carried out."""

    def broken(case: Case) -> Plan:
        if case.owner == STUDENT:
            raise KeyError("Peanuts")
        return plan(case)

    monkeypatch.setattr("relay.writeback.executor.plan", broken)
    write_site.want()
    write_site.ask(WriteBack(request="o", student=str(OTHER), version=1, desired=wanted(OTHER)))
    write_site.run()
    failed, done = write_site.receipts()
    assert (failed.outcome, failed.code, "KeyError" in failed.reason) == ("failed", "unexpected", True)
    assert "Peanuts" not in failed.model_dump_json()
    assert (done.request, done.outcome) == ("o", "applied")
    assert write_site.waiting() == 1


@pytest.mark.parametrize("student", ["9223372036854775808", "-5", "01000", "abc", "1000 "])
def test_what_is_no_number_of_anybody_is_not_asked_for(write_site: WriteSite, student: str) -> None:
    """A server or its driver would call it an error of its own, and all others would wait."""
    desired = wanted().model_copy(update={"student": student})
    write_site.ask(WriteBack(request="r", student=student, version=1, desired=desired))
    write_site.run()
    assert [(one.outcome, one.code) for one in write_site.receipts()] == [("failed", "student-unknown")]


def test_a_trigger_that_changes_what_was_written_undoes_all_of_it(write_site: WriteSite) -> None:
    """What is read back must be what was written."""
    execute(
        write_site.school,
        f"create trigger {TRIGGER}2 after insert on Medication "
        "begin update Medication set MedicationDetails = 'Other' where MedicationSeq = new.MedicationSeq; end",
    )
    write_site.allow(f"{TRIGGER}2")
    write_site.want()
    write_site.run()
    assert [(one.outcome, one.code) for one in write_site.receipts()] == [("failed", "write-differs")]
    assert rows_of(write_site.school, "Medication") == rows_of(write_site.school, "MedicalCondition") == []


def test_nothing_is_written_of_nobody(write_site: WriteSite) -> None:
    """A student who is not in Synergetic gets no rows that would be nobody's."""
    before = write_site.school.read_bytes()
    write_site.ask(WriteBack(request="r", student="4711", version=1, desired=wanted(4711)))
    write_site.run()
    assert [(one.outcome, one.code) for one in write_site.receipts()] == [("failed", "student-unknown")]
    assert write_site.school.read_bytes() == before


def test_without_a_queue_for_receipts_nothing_is_written(tmp_path: Path, write_site: WriteSite) -> None:
    """A write of which nobody would be told is not done."""
    write_site = WriteSite(tmp_path, write_site.school, write_site.aws, receipts=False)
    write_site.want()
    with pytest.raises(SettingsError) as caught:
        write_site.run()
    assert caught.value.code == "no-receipt-queue"
    assert write_site.sql == []


def test_nobody_else_may_read_the_journal(write_site: WriteSite) -> None:
    """It holds medical data: its file is the relay's account's alone, and lets go of receipts that were sent long ago."""
    write_site.want(desired=wanted(details="Peanutsmarker"))
    write_site.run()
    path = write_site.settings.relay.state_dir / "writeback.db"
    assert (path.stat().st_mode & 0o777) == 0o600
    assert b"Peanutsmarker" in path.read_bytes()
    path.chmod(0o644)
    write_site.run()
    assert (path.stat().st_mode & 0o777) == 0o600
    write_site.at += timedelta(days=15)
    write_site.run()  # nothing is asked in the holidays
    assert b"Peanutsmarker" not in path.read_bytes()


def test_a_clock_that_was_set_back_keeps_no_receipt_for_longer(write_site: WriteSite) -> None:
    """A process goes on for months: what it let go of while its clock was years ahead must not be the last for years."""
    right = write_site.at
    with write_site.lives() as live:
        write_site.at = right + timedelta(days=1000)
        live()
        write_site.at = right
        write_site.want(desired=wanted(details="Peanutsmarker"))
        live()
        path = write_site.settings.relay.state_dir / "writeback.db"
        assert b"Peanutsmarker" in path.read_bytes()
        write_site.at = right + timedelta(days=15)
        live()
    assert b"Peanutsmarker" not in path.read_bytes()
