"""What a constraint of the school's own forbids: that item waits for a person, and a nurse has all the others today."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from relay.writeback.database import ConstraintError, WriteSession
from shared.messages import Undo
from shared.receipts import WriteReceipt
from shared.synergetic.write_statements import Change
from shared.writeback.plan import Policies
from shared.writeback.rows import Desired, DesiredRow, Value
from tests.integration.relay_school import execute
from tests.integration.writeback_site import OTHER, STUDENT, Aws, WriteSite, rows_of, wanted

PARKED = [("MedicalAllergy", "item-forbidden"), ("MedicalConditionAllergy", "parent-parked")]


@pytest.fixture
def site(tmp_path: Path, path: Path, aws: Aws) -> WriteSite:
    """Return a relay at a school in which an allergy may be written down in one way only once."""
    with closing(sqlite3.connect(path)) as school, school:
        school.execute("create unique index each_once on MedicalAllergy (AllergyDescription)")
    execute(path, "insert into MedicalAllergy (ID, AllergyDescription) values (?, 'Peanuts')", OTHER)
    return WriteSite(tmp_path, path, aws)


def parked(receipt: WriteReceipt) -> list[tuple[str, str]]:
    """Return what was not written, and why."""
    return [(one.table, one.code) for one in receipt.parked]


def forbid(monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
    """Have a constraint forbid each statement with all of these words in it, and return a list of those that it met."""
    usual, met = WriteSession.change, list[str]()

    def change(session: WriteSession, change: Change, *, doing: str) -> int:
        if all(word in change.statement.sql for word in words):
            met.append(change.statement.sql)
            raise ConstraintError(f"{doing} failed.", remedy="")
        return usual(session, change, doing=doing)

    monkeypatch.setattr(WriteSession, "change", change)
    return met


def test_a_new_item_waits_and_the_rest_is_written(site: WriteSite) -> None:
    """A new one is tried again each time; once the school has made room for it, it is written."""
    site.want(1)
    (first,) = site.run()
    assert (first.outcome, parked(first)) == ("applied", PARKED)
    assert [len(rows_of(site.school, table)) for table in ("MedicalCondition", "Medication", "MedicalAllergy")] == [1, 1, 0]
    site.want(2)
    (second,) = site.run()
    assert (second.outcome, parked(second)) == ("unchanged", PARKED)
    execute(site.school, "delete from MedicalAllergy where ID = ?", OTHER)
    site.want(3)
    (third,) = site.run()
    assert (third.outcome, third.parked, len(rows_of(site.school, "MedicalAllergy"))) == ("applied", (), 1)
    assert site.waiting() == 0


def test_a_change_waits_and_the_row_stays_as_it_was(site: WriteSite) -> None:
    """What the school has is not removed for what cannot come."""
    site.want(1, desired=wanted(details="Walnuts"))
    site.want(2)
    _, receipt = site.run()
    assert parked(receipt)[0] == ("MedicalAllergy", "item-forbidden")
    assert [row["AllergyDescription"] for row in rows_of(site.school, "MedicalAllergy")] == ["Walnuts"]
    assert [row["ConditionDetails"] for row in rows_of(site.school, "MedicalCondition") if row["ActiveFlag"]] == ["Peanuts"]


def without_medication() -> Desired:
    """Return what a family says once there is no medication any more."""
    told = wanted(details="Walnuts")
    return told.model_copy(update={"tables": told.tables | {"Medication": (), "MedicalConditionMedication": ()}})


@pytest.mark.parametrize("remove", ["delete", "deactivate"])
def test_what_may_not_go_stays(site: WriteSite, monkeypatch: pytest.MonkeyPatch, remove: str) -> None:
    """A table that we know nothing of may refer to a row: it is ended where that can be done, else it stays, and is told."""
    site.want(1, desired=wanted(details="Walnuts"))
    site.run()
    met = forbid(monkeypatch, "DELETE" if remove == "delete" else "UPDATE", "Medication", "MedicationSeq")
    told = without_medication()
    blood = tuple(row.model_copy(update={"values": {"BloodGroup": "B+"}}) for row in told.tables["MedicalDetails"][:1])
    told = told.model_copy(update={"tables": told.tables | {"MedicalDetails": blood}})
    site.want(2, desired=told, policies=Policies(remove=remove))
    (receipt,) = site.run()
    assert met
    assert receipt.outcome == "applied"
    assert [row["BloodGroup"] for row in rows_of(site.school, "MedicalDetails")] == ["B+"]
    (left,) = rows_of(site.school, "Medication")
    if remove == "delete":
        assert (left["ActiveFlag"], receipt.kept) == (0, ())
    else:
        assert left["ActiveFlag"] == 1
        assert ("Medication", "row-not-removable") in [(one.table, one.code) for one in receipt.kept]


def with_people(*people: str) -> Desired:
    """Return what a family says of a doctor and whom to call, beside all else."""
    doctor = DesiredRow(ref="doctors:1", values={"DoctorName": "Dr Lee"})
    called = [
        DesiredRow(ref=f"emergency_contacts:{place}", values=_contact(place, name)) for place, name in enumerate(people, 1)
    ]
    told = wanted(details="Walnuts")
    return told.model_copy(update={"tables": told.tables | {"Students": (doctor, *called)}})


def _contact(place: int, name: str) -> dict[str, Value]:
    who = f"Emergency{place if place > 1 else ''}"
    return {f"{who}Name": name, f"{who}Phone": f"0491 570 00{place}"}


@pytest.mark.parametrize("is_there", [True, False])
def test_of_the_only_row_of_a_table_the_part_that_is_forbidden_waits(site: WriteSite, *, is_there: bool) -> None:
    """Whether the row is changed or added, its parts are one statement, and each is tried by itself."""
    for table, column in (("MedicalDetails", "MedicareNo"), ("Students", "Emergency2Phone")):
        execute(site.school, f"create unique index one_{table} on {table} ({column}) where {column} <> ''")
    execute(site.school, "insert into MedicalDetails (ID, MedicareNo) values (?, '1234')", OTHER)
    execute(site.school, "insert into Students (ID, Emergency2Phone) values (?, '0491 570 002')", OTHER)
    execute(site.school, "insert into Students (ID) values (?)", STUDENT)
    if is_there:
        execute(site.school, "insert into MedicalDetails (ID, MedicareNo) values (?, '1')", STUDENT)
    site.want(1, desired=with_people("Ann", "Bo"))
    (receipt,) = site.run()
    left = {(one.table, one.ref, one.code) for one in receipt.parked}
    assert left == {
        ("MedicalDetails", "medicare", "item-forbidden"),
        *(("Students", f"emergency_contacts:{place}", "item-forbidden") for place in (1, 2)),
    }
    (details,), (people,) = rows_of(site.school, "MedicalDetails"), rows_of(site.school, "Students")
    assert (details["BloodGroup"], details["MedicareNo"]) == ("A+", "1" if is_there else "")
    assert (people["DoctorName"], people["EmergencyName"], people["Emergency2Name"]) == ("Dr Lee", "", "")
    assert len(rows_of(site.school, "Medication")) == 1
    site.want(2, desired=with_people("Ann"))
    (receipt,) = site.run()
    (people,) = rows_of(site.school, "Students")
    assert ({one.ref for one in receipt.parked}, people["EmergencyName"]) == ({"medicare"}, "Ann")


def test_what_only_all_parts_together_offend_waits_as_a_whole(site: WriteSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nobody can tell which part it is."""
    execute(site.school, "insert into Students (ID) values (?)", STUDENT)
    met = forbid(monkeypatch, "Students", "DoctorName", "EmergencyName")
    site.want(1, desired=with_people("Ann"))
    (receipt,) = site.run()
    assert (len(met), {one.ref for one in receipt.parked}) == (1, {"doctors:1", "emergency_contacts:1"})
    assert len(rows_of(site.school, "Medication")) == 1


def test_an_undo_is_done_as_a_whole_or_not_at_all(site: WriteSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of what was is nothing that ever was."""
    site.want(1, desired=wanted(details="Walnuts"))
    (done,) = site.run()
    before = rows_of(site.school, "Medication"), rows_of(site.school, "MedicalAllergy")
    forbid(monkeypatch, "DELETE", "MedicalAllergy")
    site.want(2, undo=Undo(before=done.before, after=done.after))
    (told,) = site.run()
    assert (told.outcome, told.code) == ("failed", "write-rejected")
    assert (rows_of(site.school, "Medication"), rows_of(site.school, "MedicalAllergy")) == before


def test_where_all_is_forbidden_it_is_not_this_or_that_item(site: WriteSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some tries nothing is written, and the student is told as failed."""
    monkeypatch.setattr("relay.writeback.executor._FORBIDDEN_MOST", 2)
    met = forbid(monkeypatch, "INSERT")
    site.want(1)
    (told,) = site.run()
    # Each part of a table's only row counts.
    assert (told.outcome, told.code, len(met)) == ("failed", "write-rejected", 4)
    assert site.waiting() == 1
