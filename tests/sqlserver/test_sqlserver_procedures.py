"""Writing through a school's own procedures, alone and beside its tables: all that holds for tables, and what one may spoil."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pyodbc
import pytest

from shared.synergetic.login import WRITER
from tests.integration.writeback_site import wanted
from tests.sqlserver.admin import run
from tests.sqlserver.conftest import on_servers, skip_unless_enforced, skip_unless_strict
from tests.sqlserver.school_procedures import EVERY, PLAIN, Habits, skip_unless_programmed, written_by_procedure
from tests.sqlserver.test_sqlserver_writing import (
    changed,
    numbers_a_refusal,
    refused,
    test_a_second_application_changes_nothing,
    test_an_undo_restores_exactly,
    test_numbers_are_those_of_our_own_rows,
    test_values_are_kept_as_they_were_said,
    test_what_a_family_says_is_written_and_nothing_else,
    test_what_does_not_fit_is_parked_and_the_rest_is_written,
)
from tests.sqlserver.writing_school import WritingRelay, WritingSchool

pytestmark = pytest.mark.parametrize("school", on_servers("68.24"), indirect=True)
# The same, through procedures: what these tests claim is claimed here too.
__all__ = [
    "test_a_second_application_changes_nothing",
    "test_an_undo_restores_exactly",
    "test_numbers_are_those_of_our_own_rows",
    "test_values_are_kept_as_they_were_said",
    "test_what_a_family_says_is_written_and_nothing_else",
    "test_what_does_not_fit_is_parked_and_the_rest_is_written",
]
SOME = ("MedicalCondition", "Consent")
_FAILS = "RAISERROR('The office says no', 16, 1);"
_WITHIN = "BEGIN TRANSACTION; {does} COMMIT TRANSACTION;"


class Made(Protocol):
    """Makes procedures for tables, and a relay that goes by them."""

    def __call__(self, *tables: str, habits: Habits = PLAIN) -> WritingRelay:
        """Return the relay; the procedures are dropped when the test is over."""
        ...


@pytest.fixture
def relay_by(school: WritingSchool, tmp_path: Path) -> Iterator[Made]:
    """Return what makes them."""
    skip_unless_programmed(school.made.server, school.made.database)
    with ExitStack() as over:

        def make(*tables: str, habits: Habits = PLAIN) -> WritingRelay:
            return WritingRelay(tmp_path, school.made, over.enter_context(written_by_procedure(school, *tables, habits=habits)))

        yield make


@pytest.fixture(
    params=[
        (EVERY, PLAIN),
        (SOME, Habits(bodies={"spiMedicalCondition": _WITHIN, "spuMedicalCondition": _WITHIN})),
        (EVERY, Habits(tell_number=False)),
    ],
    ids=["every", "some", "untold"],
)
def writer(request: pytest.FixtureRequest, relay_by: Made) -> WritingRelay:
    """Return a relay that writes every table that it may through procedures, or some so and others directly."""
    tables, habits = request.param
    return relay_by(*tables, habits=habits)


def test_a_login_that_may_only_execute_cannot_write_by_itself(school: WritingSchool, relay_by: Made) -> None:
    """The procedures are all that it has: the tables behind them are closed to it."""
    skip_unless_enforced(school.made)
    relay = relay_by(*EVERY)
    student = school.student()
    with school.made.reader() as login, pytest.raises(pyodbc.Error):
        run(login, f"INSERT INTO dbo.MedicalCondition (ID, MedicalConditionCode) VALUES ({student}, 'ALL')")
    assert changed(relay.write(student, wanted(student)))["MedicalCondition"] == {"insert": 1}


def test_what_the_login_may_no_longer_execute_is_not_written(school: WritingSchool, relay_by: Made) -> None:
    """It is known before anything is."""
    skip_unless_enforced(school.made)
    relay = relay_by(*EVERY)
    school.change(f"REVOKE EXECUTE ON dbo.spuConsent FROM {WRITER}")
    try:
        refused(school, relay, "procedure-missing")
    finally:
        school.change(f"GRANT EXECUTE ON dbo.spuConsent TO {WRITER}")


@pytest.mark.parametrize(
    "spoilt",
    [
        ("spiMedication", _FAILS, "write-rejected"),
        ("spiMedication", "{does} " + _FAILS, "write-rejected"),
        ("spiMedication", "SET @MedicationSeq = 5;", "write-differs"),
        ("spiMedication", "{does} DELETE FROM dbo.MedicalCondition WHERE ID = @ID;", "write-differs"),
        ("spiMedication", "{does} UPDATE dbo.MedicalDetails SET BloodGroup = 'B-' WHERE ID = @ID;", "write-differs"),
        ("spiMedication", "{does} {does}", "write-differs"),
        ("spiMedication", "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION; " + _FAILS, "write-rejected transaction-ended"),
        ("spiMedication", "ROLLBACK TRANSACTION;", "transaction-ended"),
        ("spuMedicalCondition", "SET @ID = @ID;", "write-differs"),
        (
            "spuMedicalCondition",
            "UPDATE dbo.MedicalCondition SET SeverityCode = @SeverityCode WHERE MedicalConditionSeq = @MedicalConditionSeq;",
            "write-differs",
        ),
    ],
    ids=["no", "no-afterwards", "nothing", "removes", "changes", "twice", "takes-back", "in-silence", "idle", "forgets"],
)
def test_what_a_procedure_spoils_undoes_the_whole_student(
    school: WritingSchool, relay_by: Made, spoilt: tuple[str, str, str]
) -> None:
    """Whether it says so or only does otherwise than it was asked: in every table stands what stood before."""
    name, body, codes = spoilt
    relay = relay_by("MedicalCondition", "Medication", habits=Habits(bodies={name: body}))
    student = school.student()
    columns = "ID, MedicalConditionCode, ActiveFlag, ConditionDetails"
    school.change(f"INSERT INTO dbo.MedicalCondition ({columns}) VALUES\n({student}, 'ALL', 1, 'Was')")
    before = school.everything()
    receipt = relay.write(student, wanted(student))
    if receipt is not None or numbers_a_refusal(school):
        assert receipt is not None
        assert receipt.outcome == "failed"
        assert receipt.code in codes.split()
    assert school.everything() == before


def test_a_procedure_that_commits_by_itself_is_told_and_the_rest_follows(school: WritingSchool, relay_by: Made) -> None:
    """What it made last cannot be undone; the next message finds it there and writes what is missing."""
    skip_unless_strict(school.made.server)
    relay = relay_by("Medication", habits=Habits(bodies={"spiMedication": "{does} COMMIT TRANSACTION;"}))
    student = school.student()
    receipt = relay.write(student, wanted(student))
    assert receipt is not None
    assert (receipt.outcome, receipt.code) == ("failed", "transaction-ended")
    again = changed(relay.write(student, wanted(student)))
    assert "Medication" not in again
    assert again["MedicalConditionMedication"] == {"insert": 1}
    assert len(school.of(student, school.everything())["Medication"]) == 1


def test_a_deadlock_within_a_procedure_is_tried_again(school: WritingSchool, relay_by: Made) -> None:
    """From the student's beginning."""
    if school.made.server.double is None:
        pytest.skip("a deadlock cannot be ordered from this server")
    relay = relay_by(*EVERY)
    student = school.student()
    school.made.server.double.fail(at=r"EXEC \S*spiMedication\b", number=1205)
    assert changed(relay.write(student, wanted(student)))["Medication"] == {"insert": 1}
    assert not any(fault.times for fault in school.made.server.double.faults)
    assert len(school.of(student, school.everything())["Medication"]) == 1
