"""From a profile to rows: which field stands where, what is left alone, and what is parked for want of a code."""

from typing import Any

from shared.medical.codes import Code, CodeBook
from shared.medical.reading import read_profile
from shared.synergetic.medical_rows import Mapped, desired_rows
from shared.writeback.rows import DesiredRow, Value
from tests.property.medical_families import CODES


def _mapped(codes: CodeBook = CODES, **stated: Any) -> Mapped:
    return desired_rows(read_profile("7001", stated), codes)


def _only(mapped: Mapped, table: str) -> DesiredRow:
    (row,) = mapped.desired.tables[table]
    return row


def test_a_condition_is_a_row_with_its_forms_as_lines() -> None:
    """The school's codes, days in ISO form, each answer of a form on a line after its label, lines as Windows ends them."""
    condition = {
        "id": 5,
        "type": "Severe allergies",
        "name": "Peanut",
        "severity": "high",
        "details": "Since birth\nMild once",
        "emergency_treatment": "Call 000",
        "started": "2024-02-29",
        "notified_by": {"id": "501"},
        "anaphylaxis": {"triggers": "Peanuts", "action": "EpiPen first"},
    }
    mapped = _mapped(conditions=[condition])
    assert _only(mapped, "MedicalCondition").values == {
        "MedicalConditionCode": "ANA",
        "SeverityCode": "H",
        "NotifiedStartDate": "2024-02-29",
        "NotifiedBy": 501,
        "ConditionDetails": "Peanut\r\nSince birth\r\nMild once\r\nTriggers: Peanuts",
        "EmergencyTreatmentDetails": "Call 000\r\nEpiPen first",
        "ActiveFlag": True,
    }
    assert (mapped.desired.student, mapped.parked) == ("7001", ())


def test_links_are_rows_that_name_other_rows() -> None:
    """Joins have no values; equipment is a row for each condition, or one of its own; asthma hangs on its condition."""
    mapped = _mapped(
        conditions=[
            {"id": 1, "type": "Asthma", "asthma": {"triggers": "Cold", "category": "mild"}},
            {"id": 2, "type": "Other"},
        ],
        allergies=[{"id": 3, "type": "Nuts", "conditions": [1, 2]}],
        equipment=[{"id": 4, "type": "Spacer", "conditions": [1]}, {"id": 5, "type": "EpiPen", "conditions": []}],
    )
    joins = mapped.desired.tables["MedicalConditionAllergy"]
    assert [(one.ref, one.values, one.parents["MedicalConditionSeq"]) for one in joins] == [
        ("allergy:3+condition:1", {}, "condition:1"),
        ("allergy:3+condition:2", {}, "condition:2"),
    ]
    asthma = _only(mapped, "MedicalAdditionalAsthmaDetails")
    assert asthma.values == {"AsthmaTriggers": "Cold", "AsthmaCategoryCode": "MILD"}
    assert asthma.parents == {"MedicalConditionSeq": "condition:1"}
    linked, alone = mapped.desired.tables["MedicalEquipment"]
    assert (linked.parents, alone.parents) == ({"MedicalConditionSeq": "condition:1"}, {})
    assert alone.values["MedicalConditionSeq"] == 0
    assert mapped.desired.incomplete == ("MedicalAdditionalAsthmaDetails",)


def test_equipment_that_is_stated_is_there() -> None:
    """Where nobody asks whether the child has it, as by Operoo's default names, its row does not say that they lack it."""
    mapped = _mapped(equipment=[{"type": "Spacer"}, {"type": "EpiPen", "held": False}])
    rows = [row.values for row in mapped.desired.tables["MedicalEquipment"]]
    assert {row["MedicalEquipmentTypeCode"]: row["MedicalEquipmentFlag"] for row in rows} == {"SPAC": True, "EPI": False}


def test_what_was_not_stated_is_in_no_row() -> None:
    """A source that knows conditions only, such as a spreadsheet, touches nothing else; fields it lacks stay as they are."""
    mapped = _mapped(conditions=[{"type": "Asthma"}], medicare={"number": "1"})
    assert set(mapped.desired.tables) == {"MedicalCondition", "MedicalAdditionalAsthmaDetails", "MedicalDetails"}
    assert _only(mapped, "MedicalDetails").values == {"MedicareNo": "1"}
    assert _only(mapped, "MedicalCondition").values == {"MedicalConditionCode": "AST", "ActiveFlag": True}


def test_none_is_stated_as_none() -> None:
    """A table that ought to be empty is there without rows, and empty answers are empty values."""
    mapped = _mapped(immunisations=[], dietary=[], blood={"group": ""}, doctors=[])
    assert mapped.desired.tables["MedicalImmunisation"] == ()
    assert _only(mapped, "Community").values == {"DietaryRequirements": ""}
    assert _only(mapped, "MedicalDetails").values == {"BloodGroup": ""}
    assert all(value == "" for row in mapped.desired.tables["Students"] for value in row.values.values())


def test_places_are_filled_in_the_familys_order() -> None:
    """Two doctors and three contacts have a place, the others are told; a place without anybody is emptied."""
    contacts = [{"name": f"Person {number}", "relationship": "Grandma"} for number in range(4)]
    mapped = _mapped(doctors=[{"name": "Dr B"}], emergency_contacts=contacts)
    values: dict[str, Value] = {}
    for row in mapped.desired.tables["Students"]:
        values |= row.values
    assert (values["DoctorName"], values["Doctor2Name"], values["Doctor2Phone"]) == ("Dr B", "", "")
    assert (values["EmergencyName"], values["Emergency3Name"], values["Emergency2Relat"]) == ("Person 0", "Person 2", "GM")
    assert [one.code for one in mapped.parked] == ["no-place"]


def test_an_unread_doctor_or_diet_leaves_all_of_them_alone() -> None:
    """With one missing, the others would take the wrong places, and a diet would say too little."""
    mapped = _mapped(doctors=[{"name": "Dr A"}, {"name": []}], dietary=[{"text": "Halal"}, {"text": {}}])
    assert mapped.desired.tables == {}
    assert [one.code for one in mapped.parked] == ["item-unreadable"] * 2


def test_an_item_without_a_code_is_parked_and_the_rest_is_written() -> None:
    """Its table is not complete then, so that nothing is removed that may be what is parked; candidates are proposed."""
    allergies = [{"id": 1, "type": "Nuts"}, {"id": 2, "type": "Some nuts"}, {"id": 3, "type": "Egg", "severity": "Very"}]
    mapped = _mapped(allergies=allergies)
    assert [row.ref for row in mapped.desired.tables["MedicalAllergy"]] == ["allergy:1"]
    assert mapped.desired.incomplete == ("MedicalAllergy",)
    assert [(one.ref, one.code) for one in mapped.parked] == [("allergy:2", "code-unmatched"), ("allergy:3", "code-unmatched")]
    assert "Some nuts" not in str([one.reason for one in mapped.parked])


def test_a_school_without_codes_of_a_kind_leaves_that_column_alone() -> None:
    """Unless the item is nothing without its code."""
    few = CodeBook({"condition": (Code(code="AST", description="Asthma"),)})
    mapped = _mapped(few, conditions=[{"type": "Asthma", "severity": "High"}], allergies=[{"type": "Nuts"}])
    assert "SeverityCode" not in _only(mapped, "MedicalCondition").values
    assert [(one.field, one.code) for one in mapped.parked] == [("allergies", "code-unmatched")]


def test_what_belongs_to_a_parked_item_still_asks_for_its_row() -> None:
    """Whoever writes finds that the row it hangs on is not there, and parks it too."""
    mapped = _mapped(conditions=[{"id": 1, "type": "Unheard of"}], symptoms=[{"text": "Cough", "conditions": [1]}])
    assert _only(mapped, "MedicalSymptom").parents == {"MedicalConditionSeq": "condition:1"}
    assert mapped.desired.tables["MedicalCondition"] == ()


def test_a_refused_consent_is_no_consent() -> None:
    """There is no row for it, so one that is there goes."""
    consents = [{"type": "May swim", "given": False}, {"type": "Paracetamol", "by": {"id": "501"}, "on": "2026-02-01"}]
    row = _only(_mapped(consents=consents), "Consent")
    assert row.values == {"ConsentCode": "PARA", "ConsentGivenBy": 501, "ConsentGivenDate": "2026-02-01", "ActiveFlag": True}


def test_items_without_links_do_not_remove_links() -> None:
    """A source that does not say what belongs to what cannot say that nothing does."""
    mapped = _mapped(conditions=[{"type": "Asthma"}], allergies=[{"type": "Nuts"}])
    assert mapped.desired.tables["MedicalConditionAllergy"] == ()
    assert "MedicalConditionAllergy" in mapped.desired.incomplete
