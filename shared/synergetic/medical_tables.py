"""The medical tables of two-way mode, and which of their columns it may write.

A column without `write` is read, to compare with or to find a row by, and never named in a write: a condition's visibility and
document are the school's own. Types and lengths are inferred. Which columns tell when and by whom a row was changed is public
for some tables only, and so is whether the second holds a number or a login.
"""

from dataclasses import replace
from functools import partial

from shared.synergetic.column_types import INT, MAX, SMALLDATETIME, TEXT, ColumnType, varchar
from shared.synergetic.columns import code, flag, given_once, key, moment, number, person, sample, seq, stamp, text, written
from shared.synergetic.table_model import Column, Table

_SEEN = "seen in the vendor's interface and in use"
_READ = "the columns that an integrating vendor reads"
# Which of these tables an old version lacks is not public, so a school may say that there is none here.
_medical = partial(Table, mode="two-way", inserts=True, deletes=True, optional=True, indexes=(("ID",),))


def _code(name: str) -> Column:
    return written(code(name))


def _words(name: str, length: int) -> Column:
    return written(text(name, varchar(length)), least=min(length, 10))


def _note(name: str, kind: ColumnType | None = None) -> Column:
    return written(text(name, kind or varchar(MAX)), least=50)


def _flag(name: str) -> Column:
    return written(flag(name))


def _day(name: str, kind: ColumnType | None = None) -> Column:
    return written(Column(name, kind, nullable=True) if kind else moment(name))


def _student() -> Column:
    return given_once(person())


def _condition() -> Column:
    return given_once(person("MedicalConditionSeq"))


def _seen(column: Column) -> Column:
    return replace(column, certainty="B")


def _guess(column: Column, *candidates: str) -> Column:
    """Declare a column that no public fact names: there is none until the settings name it."""
    return replace(column, certainty="D", optional=True, named=False, candidates=candidates)


def _stamps(by: Column) -> tuple[Column, Column]:
    return stamp(moment("ModifiedDate"), "when"), stamp(by, "who")


def _joins(name: str, *columns: str, purpose: str) -> Table:
    keys = tuple(given_once(key(column)) for column in columns)
    return _medical(name, keys, "C", _READ, purpose=purpose, indexes=())


MEDICAL_DETAILS = _medical(
    "MedicalDetails",
    (
        seq("MedicalDetailsSeq"),
        _student(),
        _words("MedicareNo", 20),
        written(number("MedicareLineNo")),
        _day("MedicareExpiryDate", SMALLDATETIME),
        _flag("AmbulanceFlag"),
        _words("AmbulanceNo", 30),
        _flag("HealthCareCardFlag"),
        _words("HealthCareCardNo", 30),
        _day("HealthCareCardExpiryDate"),
        _flag("PrivateInsuranceFlag"),
        _words("PrivateInsuranceFund", 50),
        _words("PrivateInsuranceNo", 30),
        _words("PrivateInsuranceTable", 50),
        replace(_flag("PrivateInsuranceExtraCoverFlag"), optional=True, candidates=("ExtraCoverFlag",)),
        _day("PrivateHealthFundExpiryDate"),
        written(code("BloodGroup", ColumnType("char", 3)), least=3),
        *_stamps(text("ModifiedBy")),
        sample(code("DisabilityLevel")),
        sample(flag("ImmunisationFormFlag")),
        sample(moment("ImmunisationFormDate")),
        sample(code("ImmunisationFormStatus")),
        sample(text("ImmunisationOtherDetails", varchar(MAX))),
    ),
    "B",
    f"{_SEEN}; one row a person",
    purpose="Medicare, ambulance, health care card, private insurance and blood group.",
    deletes=False,
    optional=False,
)
MEDICAL_CONDITION = _medical(
    "MedicalCondition",
    (
        seq("MedicalConditionSeq"),
        _student(),
        _code("MedicalConditionCode"),
        _flag("ActiveFlag"),
        _note("ConditionDetails"),
        _code("SeverityCode"),
        written(replace(flag("ConfidentialFlag"), nullable=True, default=None)),
        _note("EmergencyTreatmentDetails"),
        _note("OtherTreatmentDetails"),
        _day("NotifiedStartDate"),
        _day("ConditionEndDate"),
        written(person("NotifiedBy")),
        code("Visibility"),
        number("MedicalConditionDocumentID"),
        *_stamps(person("ModifiedBy")),
    ),
    "B",
    f"{_SEEN}; which code a severity or a visibility has is the school's",
    purpose="Medical conditions: kind, severity, details, treatment. Visibility and document are read and stay as they are.",
    optional=False,
)
MEDICAL_ALLERGY = _medical(
    "MedicalAllergy",
    (
        seq("MedicalAllergySeq"),
        _student(),
        _code("MedicalAllergyTypeCode"),
        _code("SeverityCode"),
        _flag("ActiveFlag"),
        _note("AllergyDescription", ColumnType("nvarchar", 255)),
        _note("AllergyTreatment"),
    ),
    "B",
    f"{_SEEN}; no column tells when a row was changed",
    purpose="Allergies: kind, severity, description, treatment.",
)
MEDICATION = _medical(
    "Medication",
    (
        seq("MedicationSeq"),
        _student(),
        _code("MedicationTypeCode"),
        _words("Medication", 100),
        _note("MedicationDetails"),
        _flag("ActiveFlag"),
        _day("MedicationExpiryDate"),
    ),
    "C",
    f"{_READ}; columns for dose and frequency are not public, so both stand in the details",
    purpose="Medications: what, details with dose and frequency, expiry.",
)
MEDICAL_IMMUNISATION = _medical(
    "MedicalImmunisation",
    (
        _seen(seq("MedicalImmunisationSeq")),
        _student(),
        _code("ImmunisationCode"),
        _day("AdministeredDate"),
        _flag("ActiveFlag"),
        *(_seen(one) for one in _stamps(person("ModifiedBy"))),
        sample(number("ComboDrugSeq")),
        sample(code("VaccineBrandCode")),
        sample(text("BatchNo", varchar(30))),
        sample(text("AdministeredBy")),
        sample(moment("ImmunityEndDate")),
    ),
    "C",
    f"{_READ}; more of them {_SEEN}",
    purpose="Immunisations: which, and when.",
)
MEDICAL_ADDITIONAL_ASTHMA_DETAILS = _medical(
    "MedicalAdditionalAsthmaDetails",
    (
        _student(),
        replace(_condition(), key=True, default=None),
        _note("AsthmaTriggers"),
        _note("AsthmaAction", TEXT),
        _guess(_code("AsthmaCategoryCode"), "AsthmaCategory"),
    ),
    "C",
    f"{_READ}; that there is one row a condition is inferred",
    purpose="What triggers asthma and what to do.",
)
MEDICAL_EQUIPMENT = _medical(
    "MedicalEquipment",
    (
        # Of what belongs to no condition two students may have the same.
        given_once(key("ID", INT)),
        replace(_condition(), key=True, default=None),
        given_once(key("MedicalEquipmentTypeCode", varchar(15))),
        _flag("MedicalEquipmentFlag"),
    ),
    "C",
    f"{_READ}; the key is inferred",
    purpose="Equipment that a condition needs.",
)
MEDICAL_SYMPTOM = _medical(
    "MedicalSymptom",
    (
        sample(seq("MedicalSymptomSeq")),
        _student(),
        _condition(),
        _guess(_note("Symptom"), "SymptomDetails", "SymptomDescription"),
    ),
    "C",
    f"{_READ}; the column with the symptom is not public",
    purpose="Symptoms of a condition. Not written until the column with the symptom is named.",
)
MEDICAL_RISK = _medical(
    "MedicalRisk",
    (
        sample(seq("MedicalRiskSeq")),
        _student(),
        _condition(),
        _guess(_note("RiskIdentified"), "Risk", "RiskDescription"),
        _guess(_note("RiskRequiredAction"), "RequiredAction", "RiskAction"),
    ),
    "C",
    f"{_READ}; the columns with the risk are not public (the look-up of risks has columns of these names)",
    purpose="Risks of a condition and what to do. Not written until the column with the risk is named.",
)
MEDICAL_PLAN = _medical(
    "MedicalPlan",
    (seq("MedicalPlanSeq"),),
    "C",
    f"{_READ}; no other column is public",
    purpose="Which action plans exist, so that a medication can be linked to one. Never written.",
    inserts=False,
    deletes=False,
    indexes=(),
)
CONSENT = _medical(
    "Consent",
    (
        _seen(seq("ConsentSeq")),
        _student(),
        _code("ConsentCode"),
        _flag("ActiveFlag"),
        written(person("ConsentGivenBy")),
        _day("ConsentGivenDate"),
        *(_seen(one) for one in _stamps(person("ModifiedBy"))),
        sample(moment("ConsentExpiryDate")),
        sample(text("ConsentRefusalComment", varchar(MAX))),
    ),
    "C",
    f"{_READ}; more of them seen in use; who gives a consent is a contact or sibling of the student",
    purpose="Consents: to what, by whom, when.",
)
ABILITY = _medical(
    "Ability",
    (given_once(key("ID", INT)), given_once(key("AbilityTypeCode", varchar(15)))),
    "C",
    f"{_READ}; the key is inferred",
    purpose="Abilities, such as how well a student swims.",
    indexes=(),
)
MEDICAL_CONDITION_ALLERGY = _joins(
    "MedicalConditionAllergy", "MedicalAllergySeq", "MedicalConditionSeq", purpose="Which allergy belongs to which condition."
)
MEDICAL_CONDITION_MEDICATION = _joins(
    "MedicalConditionMedication", "MedicationSeq", "MedicalConditionSeq", purpose="Which medication is for which condition."
)
MEDICAL_PLAN_MEDICATION = _joins(
    "MedicalPlanMedication", "MedicationSeq", "MedicalPlanSeq", purpose="Which medication is in which action plan."
)

MEDICAL = (
    MEDICAL_DETAILS,
    MEDICAL_CONDITION,
    MEDICAL_ALLERGY,
    MEDICAL_CONDITION_ALLERGY,
    MEDICATION,
    MEDICAL_CONDITION_MEDICATION,
    MEDICAL_IMMUNISATION,
    MEDICAL_ADDITIONAL_ASTHMA_DETAILS,
    MEDICAL_EQUIPMENT,
    MEDICAL_SYMPTOM,
    MEDICAL_RISK,
    MEDICAL_PLAN,
    MEDICAL_PLAN_MEDICATION,
    CONSENT,
    ABILITY,
)
