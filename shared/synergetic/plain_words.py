"""What a person is told instead of the names of the tables and columns that two-way mode writes."""

import re
from collections.abc import Iterator, Mapping
from itertools import chain

from shared.medical.codes import CodeKind
from shared.synergetic.medical_columns import ASTHMA, ITEMS, PER_CONDITION, PLACES, SECTIONS, Columns

TABLE_WORDS: Mapping[str, str] = {
    "Community": "Dietary requirements",
    "Students": "Doctors, dentist and emergency contacts",
    "MedicalDetails": "Medicare, insurance and blood group",
    "MedicalCondition": "Medical condition",
    "MedicalAllergy": "Allergy",
    "Medication": "Medication",
    "MedicalImmunisation": "Immunisation",
    "Consent": "Consent",
    "Ability": "Ability",
    "MedicalConditionAllergy": "Allergy that belongs to a condition",
    "MedicalConditionMedication": "Medication for a condition",
    "MedicalAdditionalAsthmaDetails": "Asthma",
    "MedicalEquipment": "Equipment",
    "MedicalSymptom": "Symptom",
    "MedicalRisk": "Risk",
    "MedicalPlanMedication": "Medication in an action plan",
}
_COLUMN_WORDS: Mapping[str, str] = {
    "ActiveFlag": "Still holds",
    "MedicalConditionCode": "Condition",
    "MedicalAllergyTypeCode": "Allergy to",
    "MedicationTypeCode": "Kind of medication",
    "ImmunisationCode": "Immunisation",
    "ConsentCode": "Consent to",
    "AbilityTypeCode": "Able to",
    "AsthmaCategoryCode": "Kind of asthma",
    "MedicalEquipmentTypeCode": "Equipment",
    "MedicalEquipmentFlag": "Has it",
    "ConfidentialFlag": "Confidential",
    "ConditionDetails": "Details",
    "AllergyDescription": "Description",
    "AllergyTreatment": "Treatment",
    "MedicationDetails": "Dose, frequency and details",
    "Medication": "Name",
    "EmergencyTreatmentDetails": "Emergency treatment",
    "OtherTreatmentDetails": "Other treatment",
    "NotifiedStartDate": "Since",
    "ConditionEndDate": "Until",
    "NotifiedBy": "Told by (Synergetic ID)",
    "ConsentGivenBy": "Given by (Synergetic ID)",
    "ConsentGivenDate": "Given on",
    "AdministeredDate": "Given on",
    "MedicationExpiryDate": "Expires on",
    "AsthmaTriggers": "Triggers",
    "AsthmaAction": "What to do",
    "MedicareLineNo": "Medicare line",
    "PrivateHealthFundExpiryDate": "Private insurance expiry date",
    "RiskIdentified": "Risk",
    "RiskRequiredAction": "What to do",
}
PEOPLE = frozenset({"NotifiedBy", "ConsentGivenBy"})
"""Columns that hold somebody's number."""

_PART_WORDS = {"No": "number", "Alt": "(other)", "Relat": "relationship", "Flag": "", "Code": "", "Dentist": "Dentist:"}
_PERSON = re.compile(r"^(Doctor|Emergency|Dentist)(\d?)(?=[A-Z])")
_PART = re.compile(r"[A-Z][a-z]*|\d+")


def column_words(column: str) -> str:
    """Return what a column is called in plain words."""
    if known := _COLUMN_WORDS.get(column):
        return known
    person = _PERSON.match(column)
    who = ""
    if person:
        called = "Emergency contact" if person[1] == "Emergency" else person[1]
        who, column = f"{called} {person[2]}".strip() + ": ", column.removeprefix(person[0])
    words = " ".join(filter(None, (_PART_WORDS.get(part, part.lower()) for part in _PART.findall(column))))
    return who + (words if who else words[:1].upper() + words[1:])


def code_kinds() -> Mapping[tuple[str, str], CodeKind]:
    """Return which columns hold codes of which kind, by table and column."""
    return {(columns.table, coded.column): coded.kind for columns in _all() for coded in columns.coded.values()}


def _all() -> Iterator[Columns]:
    yield from chain(SECTIONS.values(), ITEMS.values(), PER_CONDITION.values(), *PLACES.values())
    yield ASTHMA
