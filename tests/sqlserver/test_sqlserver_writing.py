"""Writing back on a T-SQL server with the login of the two-way script: all that a family says, nothing else, and back again."""

from datetime import datetime

import pyodbc
import pytest

from relay.database.causes import UNNUMBERED
from relay.database.errors import numbers_of
from shared.errors import ContractError, SettingsError
from shared.messages import Undo
from shared.receipts import WriteReceipt
from shared.synergetic.grants import grants
from shared.synergetic.login import WRITER
from shared.writeback.plan import Policies
from shared.writeback.rows import Desired
from tests.integration.writeback_site import wanted
from tests.sqlserver.admin import run
from tests.sqlserver.conftest import on_servers, skip_unless_enforced, skip_unless_triggered
from tests.sqlserver.writing_school import (
    HISTORY,
    WritingRelay,
    WritingSchool,
    image_rows,
    named,
    row,
    seen_of,
)

# The layouts differ in where the tables are; the statements are the same.
pytestmark = pytest.mark.parametrize("school", on_servers("67", "68.24", double=("68.24",)), indirect=True)
moment = datetime.fromisoformat


def later(student: int) -> Desired:
    """Return what a family says later: another condition, to which the allergy belongs now; no medication, a better swimmer."""
    first = wanted(student, details="Cashews")
    asthma = row("c2", MedicalConditionCode="AST", ActiveFlag=True, ConditionDetails="At night")
    tables = {
        **first.tables,
        "MedicalCondition": (*first.tables["MedicalCondition"], asthma),
        "MedicalConditionAllergy": (row("a1+c2", {"MedicalAllergySeq": "a1", "MedicalConditionSeq": "c2"}),),
        "MedicalAdditionalAsthmaDetails": (row("c2+asthma", {"MedicalConditionSeq": "c2"}, AsthmaAction="Sit upright"),),
        "Medication": (),
        "MedicalConditionMedication": (),
        "MedicalEquipment": (row("e1", MedicalEquipmentTypeCode="EPIP", MedicalEquipmentFlag=True, MedicalConditionSeq=0),),
        "Ability": (row("swim", AbilityTypeCode="SW50"),),
        "Consent": (row("k1", ConsentCode="FAID", ActiveFlag=True, ConsentGivenDate="2026-02-01", ConsentGivenBy=7),),
        "Community": (row("dietary", DietaryRequirements="No nuts, and no sesame"),),
        "Students": (row("dentist", DentistName="Dr Zoë Müller"),),
    }
    return first.model_copy(update={"tables": tables})


def with_the_nurses_own(school: WritingSchool) -> int:
    """Return a student of whom the nurse knows something that families do not see."""
    student = school.student()
    columns = "ID, MedicalConditionCode, ActiveFlag, ConditionDetails, Visibility, MedicalConditionDocumentID"
    school.change(f"INSERT INTO dbo.MedicalCondition ({columns}) VALUES\n({student}, 'OTH', 1, 'From the nurse', 'NURSE', 7)")
    return student


def changed(receipt: WriteReceipt | None) -> dict[str, dict[str, int]]:
    """Return the counts of a message that was carried out."""
    assert receipt is not None
    assert receipt.outcome == "applied"
    return {table: {what: rows for what, rows in counts.items() if rows} for table, counts in receipt.counts.items()}


def test_what_a_family_says_is_written_and_nothing_else(school: WritingSchool, writer: WritingRelay) -> None:
    """Inserts, updates and deletions with their links; the receipt tells exactly that; all other rows and columns stay."""
    student = with_the_nurses_own(school)
    before = school.everything()
    first = writer.write(student, wanted(student))
    between = school.everything()
    second = writer.write(student, later(student), seen=seen_of(first))
    after = school.everything()
    assert image_rows(first.before) == school.image(student, before)
    assert image_rows(second.before) == image_rows(first.after) == school.image(student, between)
    assert image_rows(second.after) == school.image(student, after)
    assert school.others(student, before) == school.others(student, after)
    kept = school.kept(student, before)
    assert {place: columns for place, columns in school.kept(student, after).items() if place in kept} == kept
    assert changed(first)["MedicalCondition"] == {"insert": 1, "update": 1}
    assert changed(second) == {
        "MedicalCondition": {"update": 1, "insert": 1},
        "MedicalAllergy": {"update": 1},
        "MedicalConditionAllergy": {"delete": 1, "insert": 1},
        "MedicalAdditionalAsthmaDetails": {"insert": 1},
        "Medication": {"update": 1},
        "MedicalEquipment": {"insert": 1},
        "Ability": {"delete": 1, "insert": 1},
        "Community": {"update": 1},
        "Students": {"update": 1},
    } | {"Consent": changed(second)["Consent"]}
    assert [receipt.outcome for receipt in writer.box.sent] == ["applied", "applied"]
    assert writer.box.taken == ["r1", "r2"]


def test_numbers_are_those_of_our_own_rows(school: WritingSchool, writer: WritingRelay) -> None:
    """A trigger numbers rows of another table in the same moment: a link does not take its number for ours."""
    skip_unless_triggered(school)
    student = school.student()
    before = {str(one) for one in school.rows(HISTORY)}
    made = seen_of(writer.write(student, wanted(student)))
    history = [one for one in school.rows(HISTORY) if str(one) not in before]
    assert {str(one["What"]).strip() for one in history} == {"ALL", "Adrenaline"}
    condition, medication = named(made, "MedicalCondition")["c1"], named(made, "Medication")["m1"]
    numbers = {condition.values["MedicalConditionSeq"], medication.values["MedicationSeq"]}
    assert numbers != {one["uHistorySeq"] for one in history}
    (link,) = made.rows("MedicalConditionMedication")
    assert {link.values["MedicalConditionSeq"], link.values["MedicationSeq"]} == numbers


def test_a_second_application_changes_nothing(school: WritingSchool, writer: WritingRelay) -> None:
    """Not even a stamp, whatever the server makes of blanks, days and nothing."""
    student = with_the_nurses_own(school)
    first = writer.write(student, later(student))
    before = school.everything()
    second = writer.write(student, later(student), seen=seen_of(first))
    assert (second.outcome, second.counts) == ("unchanged", {})
    assert school.everything() == before


@pytest.mark.parametrize("remove", ["deactivate", "delete"])
def test_an_undo_restores_exactly(school: WritingSchool, writer: WritingRelay, remove: str) -> None:
    """One after the other, back to what was before: each row states what it stated, with its links."""
    student = with_the_nurses_own(school)
    policies = Policies(remove=remove)
    states, receipts = [school.stated(student, school.everything())], []
    for desired in (wanted(student), later(student)):
        receipts.append(writer.write(student, desired, seen=seen_of(receipts[-1]) if receipts else None, policies=policies))
        states.append(school.stated(student, school.everything()))
    others = school.others(student, school.everything())
    assert states[0] != states[1] != states[2]
    undone = writer.write(student, undo=Undo(before=receipts[1].before, after=receipts[1].after))
    assert (undone.outcome, undone.undo, school.stated(student, school.everything())) == ("applied", True, states[1])
    undone = writer.write(student, undo=Undo(before=receipts[0].before, after=undone.after))
    assert (undone.outcome, school.stated(student, school.everything())) == ("applied", states[0])
    assert school.others(student, school.everything()) == others


def test_values_are_kept_as_they_were_said(school: WritingSchool, writer: WritingRelay) -> None:
    """Padded codes, letters of every language, two kinds of moments, yes and no, an empty text; and stamps of the server's."""
    student = school.student()
    details = row(
        "all", BloodGroup="A+", MedicareExpiryDate="2027-05-31", HealthCareCardExpiryDate="2028-02-29", AmbulanceFlag=True
    )
    condition = {"MedicalConditionCode": "ALL", "ActiveFlag": True, "ConfidentialFlag": False, "SeverityCode": ""}
    words = {"ConditionDetails": "Zoë € naïve\r\ntwo lines  ", "NotifiedStartDate": "2026-03-01"}
    allergy = row("a1", MedicalAllergyTypeCode="NUT", AllergyDescription="🥜 Нгуен O'Brien 南", AllergyTreatment="")
    made = writer.write(
        student,
        Desired(
            student=str(student),
            tables={
                "MedicalDetails": (details,),
                "MedicalCondition": (row("c1", **condition, **words),),
                "MedicalAllergy": (allergy,),
            },
        ),
    )
    assert made.parked == ()
    rows = school.of(student, school.everything())
    (found,) = rows["MedicalDetails"]
    assert (found["BloodGroup"], found["AmbulanceFlag"]) == ("A+ ", True)
    assert (found["MedicareExpiryDate"], found["HealthCareCardExpiryDate"]) == (moment("2027-05-31"), moment("2028-02-29"))
    (found,) = rows["MedicalCondition"]
    assert (found["ConditionDetails"], found["NotifiedStartDate"]) == (words["ConditionDetails"], moment("2026-03-01"))
    assert (found["SeverityCode"], found["ConditionEndDate"], bool(found["ConfidentialFlag"])) == ("", None, False)
    assert (found["ActiveFlag"], found["ModifiedBy"]) == (True, 42)
    assert isinstance(found["ModifiedDate"], datetime)
    (found,) = rows["MedicalAllergy"]
    assert (found["AllergyDescription"], found["AllergyTreatment"]) == ("🥜 Нгуен O'Brien 南", "")


def test_nothing_in_other_words_is_not_written(school: WritingSchool, writer: WritingRelay) -> None:
    """What is NULL and ought to be empty, or the other way round, is left as it is."""
    student = school.student()
    columns = "ID, MedicalConditionCode, ActiveFlag, ConditionDetails, ConfidentialFlag, NotifiedStartDate"
    school.change(f"INSERT INTO dbo.MedicalCondition ({columns}) VALUES\n({student}, 'AST  ', 1, '', NULL, NULL)")
    before = school.everything()
    same = row(
        "c1", MedicalConditionCode="AST", ActiveFlag=True, ConditionDetails=None, ConfidentialFlag=False, SeverityCode=""
    )
    receipt = writer.write(student, Desired(student=str(student), tables={"MedicalCondition": (same,)}))
    assert receipt.outcome == "unchanged"
    assert school.everything() == before


def test_what_does_not_fit_is_parked_and_the_rest_is_written(school: WritingSchool, writer: WritingRelay) -> None:
    """Lengths, code pages and ranges of types as the server's catalogue tells them: nothing is cut, rounded or replaced."""
    student = school.student()
    allergies = {"fits": "🥜" * 127 + "x", "long": "🥜" * 128}
    made = writer.write(
        student,
        Desired(
            student=str(student),
            tables={
                "MedicalDetails": (
                    row("medicare", MedicareNo="1", MedicareExpiryDate="2080-01-01"),
                    row("blood", BloodGroup="O+"),
                ),
                "MedicalCondition": (row("c1", MedicalConditionCode="ALL", ActiveFlag=True, ConditionDetails="🥜"),),
                "MedicalAllergy": tuple(
                    row(ref, MedicalAllergyTypeCode=code, AllergyDescription=allergies[ref], ActiveFlag=True)
                    for ref, code in (("fits", "NUT"), ("long", "EGG"))
                ),
                "MedicalConditionAllergy": (row("x", {"MedicalAllergySeq": "long", "MedicalConditionSeq": "c1"}),),
            },
        ),
    )
    assert {(one.table, one.ref, one.code) for one in made.parked} == {
        ("MedicalDetails", "medicare", "value-out-of-range"),
        ("MedicalCondition", "c1", "text-not-storable"),
        ("MedicalAllergy", "long", "text-too-long"),
        ("MedicalConditionAllergy", "x", "parent-parked"),
    }
    rows = school.of(student, school.everything())
    assert [one["AllergyDescription"] for one in rows["MedicalAllergy"]] == [allergies["fits"]]
    assert [one["BloodGroup"] for one in rows["MedicalDetails"]] == ["O+ "]
    assert rows["MedicalCondition"] == []


def refused(school: WritingSchool, relay: WritingRelay, code: str) -> None:
    """Expect that nothing is written, that the receipt says why, and that the message stays."""
    student = school.student()
    before = school.everything()
    with pytest.raises((ContractError, SettingsError)) as caught:
        relay.write(student, wanted(student))
    assert caught.value.code == code
    assert [(one.outcome, one.code) for one in relay.box.sent] == [("refused", code)]
    assert (relay.box.taken, school.everything()) == ([], before)


def left_for_later(school: WritingSchool, relay: WritingRelay) -> None:
    """Expect that nothing is written and nothing answered, and that the message stays."""
    student = school.student()
    before = school.everything()
    assert relay.write(student, wanted(student)) is None
    assert (relay.box.sent, relay.box.taken, school.everything()) == ([], [], before)


def numbers_a_refusal(school: WritingSchool) -> bool:
    """Tell whether a missing permission has a number of its own: a server that only speaks T-SQL may have one for many."""
    with school.made.stranger() as nobody:
        try:
            run(nobody, "DELETE FROM dbo.Consent WHERE ID = 0")
        except pyodbc.Error as error:
            return UNNUMBERED not in numbers_of(error)
    return True


def test_a_trigger_that_nobody_allowed_refuses_everything(school: WritingSchool, writer: WritingRelay) -> None:
    """Even one on a table that this message does not touch."""
    skip_unless_triggered(school)
    then = f"INSERT INTO dbo.{HISTORY} (What) SELECT ConsentCode FROM inserted"
    school.change(f"CREATE TRIGGER dbo.trOther ON dbo.Consent AFTER UPDATE AS {then}")
    try:
        refused(school, writer, "trigger-found")
    finally:
        school.change("DROP TRIGGER dbo.trOther")


@pytest.mark.usefixtures("writer")
def test_a_missing_column_refuses_everything(school: WritingSchool, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The contract names one that the database does not have."""
    contract = '[synergetic.contract.column_names]\n"Consent.ConsentGivenBy" = "ConsentGivenByWhom"'
    folder = tmp_path_factory.mktemp("missing")
    refused(school, WritingRelay(folder, school.made, contract), "column-missing")


def test_a_one_way_login_cannot_write(school: WritingSchool, writer: WritingRelay) -> None:
    """It does not even see the tables, and the refusal says what to do."""
    skip_unless_enforced(school.made)
    school.made.ensure("one-way")
    refused(school, writer, "table-missing")
    assert "grants" in writer.box.sent[0].reason


def test_a_permission_that_is_missing_undoes_the_whole_student(school: WritingSchool, writer: WritingRelay) -> None:
    """What was written before it within the transaction is gone; the rest of the script's permissions are all it takes."""
    skip_unless_enforced(school.made)
    (permission,) = (
        one
        for one in grants("two-way", school.made.version, school.made.settings)
        if (one.table, one.permission, one.role) == ("MedicalConditionMedication", "INSERT", WRITER)
    )
    student = school.student()
    with school.changing() as office:
        run(office, permission.revoke)
        try:
            if numbers_a_refusal(school):
                refused(school, writer, "no-permission")
            else:
                left_for_later(school, writer)
        finally:
            run(office, permission.grant)
    assert changed(writer.write(student, wanted(student)))["MedicalConditionMedication"] == {"insert": 1}
