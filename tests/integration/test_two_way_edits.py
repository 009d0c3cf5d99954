"""What a person edited holds once it is written; where it cannot be, they are asked again: no edit is lost without a word."""

from typing import Any

import pytest

from tests.integration.two_way import TwoWay, reviewed

NURSE = "update MedicalAllergy set AllergyDescription = 'The nurse knows' where ID = ?"
EGG = {"id": "a1", "name": "Egg", "reaction": "Hives"}
LONG = {"id": "a2", "name": "Nuts", "reaction": "x" * 300}


@pytest.fixture(autouse=True)
def rash(two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the school know of one allergy, and a person look at all that families say."""
    reviewed(monkeypatch)
    columns = "ID, MedicalAllergyTypeCode, ActiveFlag, AllergyDescription"
    two_way.execute("delete from MedicalAllergy where ID = ?", student)
    two_way.execute(f"insert into MedicalAllergy ({columns}) values (?, 'EGG', 1, 'Rash')", student)


def edited(two_way: TwoWay, student: str, *said: dict[str, str], to: str, meanwhile: str = "") -> None:
    """Have a person edit what the family says of the one allergy, and the rest written; then all is read again."""
    two_way.says(student, {"allergies": list(said)})
    if meanwhile:
        two_way.execute(meanwhile, student)
    (number,) = (one.number for one in two_way.case(student).items if one.row.kind == "update")
    edit = {"item": number, "column": "AllergyDescription", "value": to}
    assert two_way.decide(student, edit=[edit])["outcome"] == "accepted"
    two_way.write()
    two_way.pull()
    two_way.write()


@pytest.mark.parametrize(("to", "meanwhile", "stays"), [("Only raw egg", NURSE, "The nurse knows"), ("x" * 300, "", "Rash")])
def test_an_edit_that_was_not_written_is_asked_about_again(
    two_way: TwoWay, student: str, to: str, meanwhile: str, stays: str
) -> None:
    """Somebody at the school wrote there meanwhile, or there is no room for it."""
    edited(two_way, student, EGG, to=to, meanwhile=meanwhile)
    assert two_way.allergies(student) == {"EGG": stays}
    (item,) = two_way.case(student).items
    assert (two_way.entry(student).state, item.rejected, item.row.new["AllergyDescription"]) == ("review", False, "Hives")


@pytest.mark.parametrize("to", ["Only raw egg", "Rash"])
def test_an_edit_that_holds_is_not_asked_about_again(two_way: TwoWay, student: str, to: str) -> None:
    """Nor one to what is there already; whatever else of the student's finds no room."""
    edited(two_way, student, EGG, LONG, to=to)
    assert two_way.allergies(student) == {"EGG": to}
    assert (two_way.entry(student).state, two_way.entry(student).left) == ("idle", 1)


@pytest.mark.parametrize(
    ("first", "second", "holds"),
    [
        ({"reject_columns": {"1": ["MedicareNo"]}}, {}, ""),
        ({"edit": [{"item": 1, "column": "MedicareNo", "value": "78"}]}, {}, "78"),
        ({"reject_columns": {"1": ["MedicareNo"]}}, {"accept": [1]}, "77"),
        ({"reject_columns": {"1": ["MedicareNo"]}}, {"edit": [{"item": 1, "column": "MedicareNo", "value": "79"}]}, "79"),
    ],
)
def test_a_column_that_was_declined_stays_so_beside_a_new_one(
    two_way: TwoWay, student: str, first: dict[str, Any], second: dict[str, Any], holds: str
) -> None:
    """A student has one row of numbers and cards: who accepts what is new in it does not accept what they declined before."""
    two_way.execute("update MedicalDetails set MedicareNo = '', AmbulanceNo = '', BloodGroup = '' where ID = ?", student)
    said = {"medicare_number": "77", "ambulance_number": "5"}
    for profile, decision in ((said, first), (said | {"blood_group": "AB-"}, second)):
        two_way.says(student, profile)
        assert two_way.decide(student, **decision)["outcome"] == "accepted"
        two_way.write()
    (row,) = two_way.rows("MedicalDetails", student)
    assert (row["BloodGroup"].strip(), row["AmbulanceNo"], row["MedicareNo"]) == ("AB-", "5", holds)
    two_way.pull()
    assert (two_way.write(), two_way.entry(student).state) == ([], "idle")
