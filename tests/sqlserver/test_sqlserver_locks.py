"""Writing back while others write: rows in use are waited for, nobody comes between, and who loses a deadlock begins again."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pyodbc
import pytest

from relay.database.errors import numbers_of
from tests.integration.writeback_site import wanted
from tests.sqlserver.admin import run
from tests.sqlserver.conftest import on_servers, skip_unless_strict
from tests.sqlserver.writing_school import HISTORY, WritingRelay, WritingSchool


@pytest.fixture(autouse=True)
def strict(school: WritingSchool) -> None:
    """Leave out servers that keep those who write apart in another way."""
    if school.made.server.double is None:
        skip_unless_strict(school.made.server)


HERE = pytest.mark.parametrize("school", on_servers("68.24"), indirect=True)
_SHORT_MS, _HELD_S, _DEADLY_S = 200, 0.3, 1.0
_LOCKED = 1222


@contextmanager
def using(school: WritingSchool, *statements: str) -> Iterator[pyodbc.Cursor]:
    """Do something as somebody else, and leave it uncommitted; what is not committed within counts for nothing."""
    with school.changing() as somebody:
        run(somebody, "BEGIN TRANSACTION")
        for sql in statements:
            run(somebody, sql)
        yield somebody


def held_off(school: WritingSchool, sql: str) -> bool:
    """Tell whether somebody who does not wait long is kept from a statement."""
    with school.changing() as somebody:
        run(somebody, f"SET LOCK_TIMEOUT {_SHORT_MS}")
        try:
            run(somebody, sql)
        except pyodbc.Error as error:
            if _LOCKED in numbers_of(error):
                return True
            raise
    return False


def details_of(student: int) -> str:
    """Return what somebody does to a student whose form is open."""
    return f"UPDATE dbo.MedicalDetails SET AmbulanceNo = 'In use' WHERE ID = {student}"


@HERE
def test_a_row_in_use_is_waited_for(school: WritingSchool, writer: WritingRelay) -> None:
    """Somebody saves a moment later: then it is our turn, with what they saved in the image before."""
    student = school.student()
    with using(school, details_of(student)) as somebody:
        saving = threading.Timer(_HELD_S, lambda: run(somebody, "COMMIT TRANSACTION"))
        saving.start()
        receipt = writer.write(student, wanted(student))
        saving.join()
    assert receipt is not None
    assert receipt.outcome == "applied"
    assert receipt.before is not None
    assert [one.values["AmbulanceNo"] for one in receipt.before.rows("MedicalDetails")] == ["In use"]


@HERE
def test_a_row_in_use_for_long_is_left_for_later(school: WritingSchool, writer: WritingRelay) -> None:
    """Nothing is written and nothing is answered; the message stays, and is carried out once the row is free."""
    student = school.student()
    before = school.everything()
    writer.lock_ms = _SHORT_MS
    with using(school, details_of(student)):
        assert writer.write(student, wanted(student)) is None
    assert (writer.box.sent, writer.box.taken) == ([], [])
    assert school.everything() == before
    receipt = writer.write(student, wanted(student))
    assert receipt is not None
    assert receipt.outcome == "applied"


@HERE
def test_nobody_comes_between_reading_and_writing(school: WritingSchool, writer: WritingRelay) -> None:
    """Until the commit nobody changes a student's rows, nor adds one; right after it they can."""
    with using(school, f"SELECT What FROM dbo.{HISTORY} WITH (UPDLOCK, HOLDLOCK) WHERE uHistorySeq = 1"):
        if not held_off(school, f"INSERT INTO dbo.{HISTORY} (What) VALUES\n('Between')"):
            pytest.skip("this server does not hold rows that are read")
    student = school.student()
    adds = f"INSERT INTO dbo.Consent (ID, ConsentCode, ActiveFlag) VALUES\n({student}, 'SWIM', 1)"
    found: list[bool] = []
    writer.meanwhile = lambda: found.extend(held_off(school, sql) for sql in (details_of(student), adds))
    receipt = writer.write(student, wanted(student))
    assert receipt is not None
    assert (receipt.outcome, found) == ("applied", [True, True])
    assert [held_off(school, sql) for sql in (details_of(student), adds)] == [False, False]


@pytest.mark.parametrize("school", on_servers("68.24", double=()), indirect=True)
def test_a_deadlock_is_begun_again(school: WritingSchool, writer: WritingRelay) -> None:
    """Two who wait for each other: whichever the server favours, what the family says is there in the end."""
    student = school.student()
    writer.write(student, wanted(student))
    with (
        using(school, f"UPDATE dbo.Medication SET MedicationDetails = 'Rival' WHERE ID = {student}") as rival,
        ThreadPoolExecutor(1) as pool,
    ):
        with suppress(pyodbc.Error):  # not every server lets one choose
            run(rival, "SET DEADLOCK_PRIORITY HIGH")
        writing = pool.submit(writer.write, student, wanted(student, details="Cashews"))
        time.sleep(_DEADLY_S)
        with suppress(pyodbc.Error):  # a server that favours us ends theirs
            run(rival, f"UPDATE dbo.MedicalCondition SET SeverityCode = 'L' WHERE ID = {student}")
            run(rival, "COMMIT TRANSACTION")
        receipt = writing.result()
    assert receipt is not None
    assert receipt.outcome == "applied"
    rows = school.of(student, school.everything())
    assert [(one["ConditionDetails"], one["SeverityCode"]) for one in rows["MedicalCondition"]] == [("Cashews", "H")]
    assert [one["MedicationDetails"] for one in rows["Medication"]] == ["Once"]


@pytest.mark.parametrize("school", on_servers(double=("68.24",)), indirect=True)
@pytest.mark.parametrize(("times", "outcomes"), [(2, ["applied"]), (3, [])])
def test_a_deadlock_late_in_a_write_leaves_no_half_of_it(
    school: WritingSchool, writer: WritingRelay, times: int, outcomes: list[str]
) -> None:
    """As the driver tells of it: begun again twice, then left for later, with nothing of it written."""
    student = school.student()
    before = school.everything()
    double = school.made.server.double
    assert double is not None
    double.fail(at=r"INSERT INTO \S*MedicalConditionMedication", number=1205, times=times)
    writer.write(student, wanted(student))
    assert [one.outcome for one in writer.box.sent] == outcomes
    assert (school.everything() == before) is (outcomes == [])
