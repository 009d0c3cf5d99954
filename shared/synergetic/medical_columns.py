"""Which field of a medical profile stands in which column of Synergetic. Only this says so; rows follow from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.medical.codes import CodeKind

CONDITION = "MedicalConditionSeq"


@dataclass(frozen=True)
class Coded:
    """A column with a code. A thing is nothing without a needed one; any other is left alone if a school has no such codes."""

    column: str
    kind: CodeKind
    needed: bool = True


@dataclass(frozen=True)
class Columns:
    """How a thing is a row, or a part of one. Fields of nested parts are named with dots.

    Attributes:
        plain: The column of each field.
        coded: The same for fields that are words of the family's and codes of the school's.
        people: The same for people, by their Community ID where it is known.
        texts: Columns that several fields stand in, each on a line of its own after a label.
        always: What columns hold in every row, unless a field that was stated says otherwise.
    """

    table: str
    plain: Mapping[str, str] = field(default_factory=dict)
    coded: Mapping[str, Coded] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    always: Mapping[str, bool] = field(default_factory=dict)


_ACTIVE = {"ActiveFlag": True}

SECTIONS: Mapping[str, Columns] = {
    "medicare": Columns("MedicalDetails", {"number": "MedicareNo", "line": "MedicareLineNo", "expiry": "MedicareExpiryDate"}),
    "ambulance": Columns("MedicalDetails", {"covered": "AmbulanceFlag", "number": "AmbulanceNo"}),
    "health_care_card": Columns(
        "MedicalDetails",
        {"held": "HealthCareCardFlag", "number": "HealthCareCardNo", "expiry": "HealthCareCardExpiryDate"},
    ),
    "private_insurance": Columns(
        "MedicalDetails",
        {
            "insured": "PrivateInsuranceFlag",
            "fund": "PrivateInsuranceFund",
            "number": "PrivateInsuranceNo",
            "table": "PrivateInsuranceTable",
            "extra_cover": "PrivateInsuranceExtraCoverFlag",
            "expiry": "PrivateHealthFundExpiryDate",
        },
    ),
    "blood": Columns("MedicalDetails", {"group": "BloodGroup"}),
    "dentist": Columns(
        "Students",
        {"name": "DentistName", "phone": "DentistPhone", "phone_alt": "DentistPhoneAlt", "address": "DentistAddress"},
    ),
}


def _doctor(who: str) -> Columns:
    fields = {
        "name": "Name",
        "phone": "Phone",
        "phone_alt": "PhoneAlt",
        "address": "Address",
        "specialisation": "Specialisation",
    }
    return Columns("Students", {name: f"{who}{column}" for name, column in fields.items()})


def _emergency(who: str) -> Columns:
    fields = {"name": "Name", "phone": "Phone", "phone_alt": "PhoneAlt", "address": "Address"}
    plain = {name: f"{who}{column}" for name, column in fields.items()}
    return Columns("Students", plain, {"relationship": Coded(f"{who}Relat", "relationship", needed=False)})


PLACES: Mapping[str, tuple[Columns, ...]] = {
    "doctors": (_doctor("Doctor"), _doctor("Doctor2")),
    "emergency_contacts": (_emergency("Emergency"), _emergency("Emergency2"), _emergency("Emergency3")),
}
"""Lists that stand in columns of one row, the first item in the first place."""

ONE_TEXT: Mapping[str, tuple[str, str, str]] = {"dietary": ("Community", "DietaryRequirements", "text")}
"""Lists that stand in one column: its table, the column, the field of an item."""

ITEMS: Mapping[str, Columns] = {
    "conditions": Columns(
        "MedicalCondition",
        {
            "confidential": "ConfidentialFlag",
            "treatment": "OtherTreatmentDetails",
            "started": "NotifiedStartDate",
            "ended": "ConditionEndDate",
        },
        {"type": Coded("MedicalConditionCode", "condition"), "severity": Coded("SeverityCode", "severity", needed=False)},
        {"notified_by.id": "NotifiedBy"},
        {
            "ConditionDetails": (
                ("", "name"),
                ("", "details"),
                ("Triggers", "anaphylaxis.triggers"),
                ("Last reaction", "anaphylaxis.last_reaction"),
                ("Auto-injector", "anaphylaxis.auto_injector"),
                ("Seizures", "epilepsy.seizures"),
                ("Triggers", "epilepsy.triggers"),
                ("Last seizure", "epilepsy.last_seizure"),
                ("Kind", "diabetes.kind"),
                ("Insulin", "diabetes.insulin"),
                ("Signs", "diabetes.signs"),
            ),
            "EmergencyTreatmentDetails": (
                ("", "emergency_treatment"),
                ("", "anaphylaxis.action"),
                ("", "epilepsy.action"),
                ("", "diabetes.action"),
            ),
        },
        _ACTIVE,
    ),
    "allergies": Columns(
        "MedicalAllergy",
        {"description": "AllergyDescription", "treatment": "AllergyTreatment"},
        {"type": Coded("MedicalAllergyTypeCode", "allergy"), "severity": Coded("SeverityCode", "severity", needed=False)},
        always=_ACTIVE,
    ),
    "medications": Columns(
        "Medication",
        {"name": "Medication", "expiry": "MedicationExpiryDate"},
        {"type": Coded("MedicationTypeCode", "medication_type", needed=False)},
        texts={"MedicationDetails": (("Dose", "dose"), ("Frequency", "frequency"), ("", "details"))},
        always=_ACTIVE,
    ),
    "immunisations": Columns(
        "MedicalImmunisation",
        {"given": "AdministeredDate"},
        {"type": Coded("ImmunisationCode", "immunisation")},
        always=_ACTIVE,
    ),
    "consents": Columns(
        "Consent",
        {"on": "ConsentGivenDate"},
        {"type": Coded("ConsentCode", "consent")},
        {"by.id": "ConsentGivenBy"},
        always=_ACTIVE,
    ),
    "abilities": Columns("Ability", coded={"type": Coded("AbilityTypeCode", "ability")}),
}
"""Lists of which each item is a row."""

PER_CONDITION: Mapping[str, Columns] = {
    "equipment": Columns(
        "MedicalEquipment",
        {"held": "MedicalEquipmentFlag"},
        {"type": Coded("MedicalEquipmentTypeCode", "equipment")},
        always={"MedicalEquipmentFlag": True},
    ),
    "symptoms": Columns("MedicalSymptom", {"text": "Symptom"}),
    "risks": Columns("MedicalRisk", {"text": "RiskIdentified", "action": "RiskRequiredAction"}),
}
"""Lists of which each item is a row for each of its conditions, or one without a condition."""

ASTHMA = Columns(
    "MedicalAdditionalAsthmaDetails",
    {"triggers": "AsthmaTriggers", "action": "AsthmaAction"},
    {"category": Coded("AsthmaCategoryCode", "asthma_category", needed=False)},
)

JOINS: Mapping[str, tuple[str, str]] = {
    "allergies": ("MedicalConditionAllergy", "MedicalAllergySeq"),
    "medications": ("MedicalConditionMedication", "MedicationSeq"),
}
"""Lists whose items belong to conditions by a table of its own, and its column with the item."""
