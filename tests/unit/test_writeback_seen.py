"""With `refuse`, what the school's own people wrote stands, however the family's word comes and goes; all else is written."""

from typing import Any

import pytest

from relay.writeback.seen import seen_after
from shared.medical.reading import read_profile
from shared.messages import WriteBack
from shared.synergetic.medical_rows import desired_rows
from shared.writeback.applying import applied
from shared.writeback.case import Case
from shared.writeback.plan import Conflict, Policies, Rejected
from shared.writeback.planning import plan
from tests.property.medical_families import CODES
from tests.property.paper_tables import STUDENT, TABLES, PaperTables

TOO_LONG = "x" * 5000
UNCODED = {"allergies": [{"id": "a1", "type": "Unheard of"}]}
BLOOD = {"blood": {"group": "O+"}}


class School:
    """A student's rows, a family that says one thing after another, and what is seen of that."""

    def __init__(self, ownership: str) -> None:
        self.paper = PaperTables()
        for name in ("Community", "Students"):
            self.paper.add(TABLES[name], {"ID": STUDENT})
        self.seen = self.paper.read()
        self.policies = Policies.model_validate({"conflict": "refuse", "ownership": ownership})

    def says(self, profile: dict[str, Any], *rejected: Rejected, preview: bool = False) -> tuple[Conflict, ...]:
        """Have written what the family says, or looked at."""
        desired = desired_rows(read_profile(str(STUDENT), profile), CODES).desired
        policies = self.policies.model_copy(update={"conflict": "overwrite"}) if preview else self.policies
        made = plan(Case(TABLES, self.paper.read(), desired, self.seen, policies, rejected=rejected))
        asked = {"desired": desired, "seen": self.seen, "policies": policies, "preview": preview, "rejected": rejected}
        message = WriteBack(request="r", student=str(STUDENT), version=1, **asked)
        after = made.before if preview else applied(TABLES, made, self.paper.run(made))
        self.seen = seen_after(TABLES, message, made, after) or after
        return made.conflicts

    def row(self, table: str) -> dict[str, Any]:
        """Return the first row of a table."""
        return self.paper.rows[table][0]

    def nurse(self, table: str = "MedicalAllergy", **values: Any) -> None:
        """Let the nurse change a row."""
        self.row(table).update(values or {"AllergyDescription": "The nurse knows"})

    def egg(self) -> list[tuple[str, str]]:
        """Return what is active of the allergy: what it is like, and how severe."""
        rows = self.paper.rows["MedicalAllergy"]
        return [(row["AllergyDescription"], row["SeverityCode"]) for row in rows if row["ActiveFlag"]]


@pytest.fixture(params=["replace", "merge"])
def school(request: pytest.FixtureRequest) -> School:
    """Return a school whose rows are changed by families, or only theirs are."""
    return School(request.param)


def allergy(description: str = "Hives", severity: str = "Mild", **more: Any) -> dict[str, Any]:
    """Return what a family says of an allergy."""
    return {"allergies": [{"id": "a1", "type": "Egg", "severity": severity, "description": description, **more}]}


def doctor(phone: str) -> dict[str, Any]:
    """Return what a family says of its doctor."""
    return {"doctors": [{"name": "Dr A", "phone": phone}]}


def test_what_nobody_changed_is_no_conflict_afterwards(school: School) -> None:
    """The row was left because of one column. Once the family says that as the school has it, the other one is written."""
    school.says(allergy())
    school.nurse()
    assert [one.columns for one in school.says(allergy("Swelling", "Severe"))] == [("AllergyDescription",)]
    assert school.egg() == [("The nurse knows", "L")]
    assert school.says(allergy("The nurse knows", "Severe")) == ()
    assert school.egg() == [("The nurse knows", "H")]


@pytest.mark.parametrize("remove", ["deactivate", "delete"])
@pytest.mark.parametrize("between", [{"allergies": []}, UNCODED])
def test_what_was_kept_from_going_is_not_changed_either(school: School, between: dict[str, Any], remove: str) -> None:
    """The family takes its allergy away, or says it in a word that has no code, and back."""
    school.policies = school.policies.model_copy(update={"remove": remove})
    school.says(allergy())
    school.nurse()
    for profile in (between, allergy("Swelling"), between):
        school.says(profile)
        assert school.egg() == [("The nurse knows", "L")]


def test_what_could_not_be_stored_said_nothing(school: School) -> None:
    """What a message cannot write is no answer to what the nurse wrote meanwhile."""
    school.says(allergy() | doctor("1"))
    school.nurse()
    school.nurse("Students", DoctorPhone="9")
    school.says(allergy(TOO_LONG) | doctor(TOO_LONG))
    school.says(allergy("Swelling") | doctor("2"))
    assert (school.egg(), school.row("Students")["DoctorPhone"]) == ([("The nurse knows", "L")], "9")


def test_what_the_nurse_adds_stands_beside_an_empty_field(school: School) -> None:
    """The family leaves a number empty, and with `merge` that says nothing; then it gives one."""
    school.says(doctor(""))
    school.nurse("Students", DoctorPhone="9")
    for profile in (doctor("") | BLOOD, doctor("2") | BLOOD):
        school.says(profile)
        assert school.row("Students")["DoctorPhone"] == "9"


@pytest.mark.parametrize("before", [{"allergies": []}, UNCODED, {}])
def test_a_row_of_the_nurses_is_not_changed(school: School, before: dict[str, Any]) -> None:
    """She notes what no family says; it is asked to go, or cannot; then the family says it in other words."""
    school.says({"allergies": []})
    noted = {"MedicalAllergyTypeCode": "EGG", "SeverityCode": "H", "AllergyDescription": "The nurse knows"}
    school.paper.add(TABLES["MedicalAllergy"], {**noted, "ID": STUDENT, "ActiveFlag": True})
    school.says(before | BLOOD)
    school.says(allergy())
    assert school.egg() == [("The nurse knows", "H"), *([("Hives", "L")] if school.policies.ownership == "merge" else [])]


@pytest.mark.parametrize("between", [{}, BLOOD])
def test_of_a_row_of_the_nurses_only_what_the_family_says_too_is_known(between: dict[str, Any]) -> None:
    """She notes what the family then says as well, and what to do besides: that stays when the family says another thing."""
    school = School("replace")
    school.says({"allergies": []})
    noted = {"MedicalAllergyTypeCode": "EGG", "SeverityCode": "L", "AllergyDescription": "Hives", "AllergyTreatment": "Two"}
    school.paper.add(TABLES["MedicalAllergy"], {**noted, "ID": STUDENT, "ActiveFlag": True})
    assert school.says(allergy()) == ()
    school.says(allergy() | between)
    assert [one.columns for one in school.says(allergy("Swelling", treatment="None"))] == [("AllergyTreatment",)]
    assert (school.egg(), school.row("MedicalAllergy")["AllergyTreatment"]) == ([("Hives", "L")], "Two")


@pytest.mark.parametrize("between", [allergy(TOO_LONG), UNCODED, {}])
def test_what_somebody_removed_does_not_come_back(school: School, between: dict[str, Any]) -> None:
    """Nor after the family has said for once what cannot be written, or nothing."""
    school.says(allergy())
    school.paper.rows["MedicalAllergy"].clear()
    school.says(between)
    assert [one.how for one in school.says(allergy("Swelling"))] == ["removed"]
    assert school.egg() == []


def test_what_somebody_removed_does_not_come_back_under_another_name(school: School) -> None:
    """A profile that was made anew names the same thing otherwise. A second one of the kind is added."""
    school.says(allergy())
    school.paper.rows["MedicalAllergy"].clear()
    (egg,) = allergy("Swelling")["allergies"]
    for name in ("b7", "c9"):
        assert [one.how for one in school.says({"allergies": [{**egg, "id": name}]})] == ["removed"]
        assert school.egg() == []
    assert [one.how for one in school.says({"allergies": [{**egg, "id": "d1"}, {**egg, "id": "d2"}]})] == ["removed"]
    assert school.egg() == [("Swelling", "L")]


@pytest.mark.parametrize("remove", ["deactivate", "delete"])
def test_what_the_family_took_away_itself_comes_back_with_its_word(school: School, remove: str) -> None:
    """Nobody else removed it, so there is no conflict."""
    school.policies = school.policies.model_copy(update={"remove": remove})
    for _ in range(2):
        assert school.says(allergy("Swelling")) == ()
        assert school.egg() == [("Swelling", "L")]
        assert school.says({"allergies": []}) == ()
        assert school.egg() == []


def test_the_only_row_that_somebody_removed_does_not_come_back(school: School) -> None:
    """Nor after the family has said nothing for once that stands in it."""
    school.says(BLOOD)
    school.paper.rows["MedicalDetails"].clear()
    school.says(allergy())
    assert [one.how for one in school.says(BLOOD)] == ["removed"]
    assert school.paper.rows["MedicalDetails"] == []


def test_only_what_a_person_is_shown_is_known_to_them(school: School) -> None:
    """The nurse has changed two rows, of which the family would change one: what was not shown is a conflict later."""
    school.says(allergy() | doctor("1"))
    school.nurse()
    school.nurse("Students", DoctorPhone="9")
    school.says(allergy("Swelling"), preview=True)
    school.says(allergy("Swelling"))
    assert school.egg() == [("Swelling", "L")]
    assert [one.table for one in school.says(allergy("Swelling") | doctor("2"))] == ["Students"]


def test_what_a_person_did_not_want_is_a_conflict_when_the_family_says_something_else(school: School) -> None:
    """What they were shown and rejected is theirs; that it is known as well makes it nobody else's."""
    school.says(allergy())
    school.nurse()
    school.says(allergy("Swelling"), preview=True)
    assert school.says(allergy("Swelling"), Rejected(table="MedicalAllergy", ref="allergy:a1")) == ()
    assert [one.columns for one in school.says(allergy("Wheezing"))] == [("AllergyDescription",)]
    assert school.egg() == [("The nurse knows", "L")]


def test_so_is_a_part_of_a_row_that_a_person_did_not_want(school: School) -> None:
    """The rest of the row is written; the part is a conflict when the family says something else about it."""
    school.says(allergy())
    unwanted = Rejected(table="MedicalAllergy", ref="allergy:a1", columns=("AllergyDescription",))
    assert school.says(allergy("Swelling", "Severe"), unwanted) == ()
    assert [one.columns for one in school.says(allergy("Wheezing", "Mild"))] == [("AllergyDescription",)]
    assert school.egg() == [("Hives", "H")]
