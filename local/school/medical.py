"""Medical data as a school's nurse has kept it: the school's own codes, and a modest amount of each kind of record.

It is drawn apart from everything else, so that a school is otherwise the same with it and without. The words are about nobody.
"""

from collections.abc import Iterator, Sequence
from random import Random

from local.school import names
from local.school.book import Book
from local.school.facts import Calendar, SchoolFacts
from shared.synergetic import TABLES

CONDITIONS = {
    "AST": "Asthma",
    "ALL": "Allergy",
    "ANA": "Anaphylaxis",
    "DIA": "Diabetes Type 1",
    "EPI": "Epilepsy",
    "OTH": "Other",
}
SEVERITIES = {"L": "Low", "M": "Medium", "H": "High"}
ALLERGIES = {
    "NUT": "Nuts",
    "PEA": "Peanuts",
    "EGG": "Egg",
    "BEE": "Insect stings",
    "PEN": "Penicillin",
    "POL": "Pollen",
}
IMMUNISATIONS = {"MMR": "Measles, mumps, rubella", "DTP": "Diphtheria, tetanus, pertussis", "HPV": "Human papillomavirus"}
MEDICATIONS = {"INH": "Inhaler", "INJ": "Auto-injector", "TAB": "Tablet"}
CONSENTS = {"PARA": "Paracetamol may be given", "FAID": "First aid may be given", "SWIM": "May swim"}
ABILITIES = {"SW0": ("Cannot swim", "SWIM"), "SW25": ("Swims 25 metres", "SWIM"), "SW50": ("Swims 50 metres", "SWIM")}
EQUIPMENT = {"SPAC": "Spacer", "EPIP": "Auto-injector kit", "GLUC": "Glucose meter"}
ASTHMA = {"MILD": "Mild", "MOD": "Moderate", "SEV": "Severe"}
_LOOKUPS = {
    "luMedicalConditionType": CONDITIONS,
    "luMedicalConditionSeverity": SEVERITIES,
    "luMedicalAllergyType": ALLERGIES,
    "luMedicalImmunisationType": IMMUNISATIONS,
    "luAsthmaCategory": ASTHMA,
    "luMedicationType": MEDICATIONS,
    "luMedicalEquipmentType": EQUIPMENT,
    "luConsentType": CONSENTS,
}
_DIETS = {0: "Vegetarian", 3: "Halal", 7: "No nuts", 11: "Gluten free"}
_OF_PEOPLE = 23
_BLOOD = ("", "", "O+ ", "A+ ", "AB-")
_NURSE = 10_001


def diet_of(person: int) -> str:
    """Return a student's dietary requirements, which most have none of."""
    return _DIETS.get(person % _OF_PEOPLE, "")


def add_medical(book: Book, seed: int, calendar: Calendar, facts: SchoolFacts) -> None:
    """Write the look-ups of medical codes, and what is known of each student, leavers included."""
    for table, codes in _LOOKUPS.items():
        active = {"ActiveFlag": 1} if any(one.named and one.name == "ActiveFlag" for one in TABLES[table].columns) else {}
        for code, description in codes.items():
            book.add(table, Code=code, Description=description, **active)
    for code, (description, kind) in ABILITIES.items():
        book.add("luAbilityType", Code=code, Description=description, AbilityType=kind)
    parents = dict(reversed(list(_first_contacts(book))))
    nurse = _Nurse(book, Random(f"medical {seed}"), calendar, facts)
    for student in sorted((*facts.students, *facts.leavers)):
        nurse.write(student, parents.get(student, 0))


def _first_contacts(book: Book) -> Iterator[tuple[int, int]]:
    columns = [column.name for column in TABLES["StudentContacts"].columns]
    student, contact = columns.index("ID"), columns.index("LinkedID")
    for row in book.rows["StudentContacts"]:
        yield int(str(row[student])), int(str(row[contact]))


class _Nurse:
    """Writes one student's records after another's."""

    def __init__(self, book: Book, rng: Random, calendar: Calendar, facts: SchoolFacts) -> None:
        self._book, self._rng, self._calendar, self._facts = book, rng, calendar, facts
        self._stamps = {"ModifiedDate": calendar.day(-100), "ModifiedBy": _NURSE}

    def write(self, student: int, parent: int) -> None:
        self._care(student)
        if names.chance(self._rng, 0.7):
            self._details(student)
        for code in self._some(IMMUNISATIONS, 0.6):
            self._record("MedicalImmunisation", student, ImmunisationCode=code, AdministeredDate=self._calendar.day(-900))
        for code in self._some(CONSENTS, 0.5):
            given = {"ConsentGivenBy": parent, "ConsentGivenDate": self._calendar.day(-200)}
            self._record("Consent", student, ConsentCode=code, **given)
        if names.chance(self._rng, 0.4):
            self._book.add("Ability", ID=student, AbilityTypeCode=self._rng.choice(tuple(ABILITIES)))
        if names.chance(self._rng, 0.12):
            self._asthma(student)
        if names.chance(self._rng, 0.08):
            self._allergy(student)
        if names.chance(self._rng, 0.02):
            self._confidential(student)

    def _some(self, codes: Sequence[str] | dict[str, str], share: float) -> list[str]:
        return [code for code in codes if names.chance(self._rng, share)]

    def _record(self, table: str, student: int, **values: object) -> int:
        """Write an active row of a table that is numbered, with stamps where it has them; return its number."""
        columns = {column.name for column in TABLES[table].columns}
        number = self._book.sequence(table)
        stamps = self._stamps if "ModifiedBy" in columns else {}
        self._book.add(table, ID=student, ActiveFlag=1, **{f"{table}Seq": number}, **stamps, **values)
        return number

    def _care(self, student: int) -> None:
        rng = self._rng
        doctor = (
            {"DoctorName": f"Dr {names.surname(rng)}", "DoctorPhone": names.landline(rng)} if names.chance(rng, 0.8) else {}
        )
        emergency = {"EmergencyName": names.surname(rng), "EmergencyPhone": names.mobile(rng), "EmergencyRelat": "GM"}
        self._book.add("Students", ID=student, **doctor, **(emergency if names.chance(rng, 0.5) else {}))

    def _details(self, student: int) -> None:
        rng = self._rng
        insured = names.chance(rng, 0.4)
        self._book.add(
            "MedicalDetails",
            MedicalDetailsSeq=self._book.sequence("MedicalDetails"),
            ID=student,
            MedicareNo=names.medicare(rng),
            MedicareLineNo=rng.randrange(1, 7),
            MedicareExpiryDate=self._calendar.day(400),
            AmbulanceFlag=int(names.chance(rng, 0.6)),
            PrivateInsuranceFlag=int(insured),
            PrivateInsuranceFund="Sample Health" if insured else "",
            BloodGroup=rng.choice(_BLOOD),
            ModifiedDate=self._calendar.day(-100),
            ModifiedBy="nurse",
        )

    def _condition(self, student: int, code: str, severity: str, details: str, **values: object) -> int:
        self._facts.example(f"condition_{code}", student)
        started = {"NotifiedStartDate": self._calendar.day(-700)}
        kind = {"MedicalConditionCode": code, "SeverityCode": severity, "ConditionDetails": details}
        return self._record("MedicalCondition", student, **kind, **started, **values)

    def _medication(self, student: int, condition: int, kind: str, what: str) -> int:
        expiry = {"MedicationExpiryDate": self._calendar.day(300)}
        number = self._record(
            "Medication", student, MedicationTypeCode=kind, Medication=what, MedicationDetails="2 puffs", **expiry
        )
        self._book.add("MedicalConditionMedication", MedicationSeq=number, MedicalConditionSeq=condition)
        return number

    def _asthma(self, student: int) -> None:
        severity = self._rng.choice(tuple(SEVERITIES))
        condition = self._condition(student, "AST", severity, "Exercise-induced", OtherTreatmentDetails="Inhaler before sport")
        about = {"AsthmaTriggers": "Cold air, exercise", "AsthmaAction": "Sit upright; 4 puffs; wait 4 minutes"}
        self._book.add("MedicalAdditionalAsthmaDetails", ID=student, MedicalConditionSeq=condition, **about)
        self._book.add(
            "MedicalEquipment",
            ID=student,
            MedicalConditionSeq=condition,
            MedicalEquipmentTypeCode="SPAC",
            MedicalEquipmentFlag=1,
        )
        self._medication(student, condition, "INH", "Salbutamol")

    def _allergy(self, student: int) -> None:
        code, severe = self._rng.choice(tuple(ALLERGIES)), names.chance(self._rng, 0.3)
        kind, severity = ("ANA", "H") if severe else ("ALL", "M")
        condition = self._condition(student, kind, severity, f"Reacts to {ALLERGIES[code].lower()}")
        words = {"AllergyDescription": ALLERGIES[code], "AllergyTreatment": "Antihistamine"}
        allergy = self._record("MedicalAllergy", student, MedicalAllergyTypeCode=code, SeverityCode=severity, **words)
        self._book.add("MedicalConditionAllergy", MedicalAllergySeq=allergy, MedicalConditionSeq=condition)
        if severe:
            medication = self._medication(student, condition, "INJ", "Adrenaline")
            plan = self._book.sequence("MedicalPlan")
            self._book.add("MedicalPlan", MedicalPlanSeq=plan)
            self._book.add("MedicalPlanMedication", MedicationSeq=medication, MedicalPlanSeq=plan)

    def _confidential(self, student: int) -> None:
        self._facts.example("confidential_condition", student)
        self._condition(student, "OTH", "L", "A note of the nurse's own", ConfidentialFlag=1, Visibility="NURSE")
