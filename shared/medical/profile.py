"""The canonical medical profile of one student: complete, whatever part of it a source states and a database can hold."""

from typing import get_args

from pydantic import Field, JsonValue

from shared.digests import digest
from shared.medical.codes import CodeKind
from shared.medical.items import (
    Ability,
    Allergy,
    Ambulance,
    Blood,
    Condition,
    Confirmation,
    Consent,
    DietaryRequirement,
    EmergencyContact,
    Equipment,
    HealthCareCard,
    Immunisation,
    Item,
    Medicare,
    Medication,
    Practitioner,
    PrivateInsurance,
    Risk,
    Symptom,
)
from shared.private import Private

LINK_UNKNOWN = "link-unknown"


class ParkedItem(Private):
    """Something that a family stated and that cannot go on as it is.

    Attributes:
        field: The field of the profile that it stands in.
        ref: Which item; the field's name for a section.
        code: The anchor in `docs/troubleshooting.md`.
        reason: Why, in plain words and without the value.
        word: What the family said, where it is a code of the school's that is missing.
        kind: Of which kind that code would be.
        candidates: Codes of the school that may be meant.
    """

    field: str
    ref: str
    code: str
    reason: str
    word: str = ""
    kind: CodeKind | None = None
    candidates: tuple[str, ...] = ()


class MedicalProfile(Private):
    """What is known of a student's health. A field that is not set was not stated, and what a school has of it stays.

    Attributes:
        doctors: In the family's order, as emergency contacts are.
        confirmed: When, and by whom in the family, it was last confirmed.
        unmapped: What the source has beyond this: the values of each field, by its path.
        parked: What could not be read; what was in its field before must not be taken for gone.
        none: By list, the words of entries that say that there is none: such an entry is no item.
    """

    student: str
    medicare: Medicare = Medicare()
    ambulance: Ambulance = Ambulance()
    health_care_card: HealthCareCard = HealthCareCard()
    private_insurance: PrivateInsurance = PrivateInsurance()
    blood: Blood = Blood()
    doctors: tuple[Practitioner, ...] = ()
    dentist: Practitioner = Practitioner()
    emergency_contacts: tuple[EmergencyContact, ...] = ()
    conditions: tuple[Condition, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    medications: tuple[Medication, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    risks: tuple[Risk, ...] = ()
    immunisations: tuple[Immunisation, ...] = ()
    dietary: tuple[DietaryRequirement, ...] = ()
    abilities: tuple[Ability, ...] = ()
    consents: tuple[Consent, ...] = ()
    confirmed: Confirmation | None = None
    unmapped: dict[str, tuple[JsonValue, ...]] = Field(default_factory=dict)
    parked: tuple[ParkedItem, ...] = ()
    none: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @property
    def digest(self) -> str:
        """The digest of all that is stated, wherever it came from and in whatever order."""
        return digest(self.model_dump(mode="json", exclude_unset=True))

    @property
    def unmapped_counts(self) -> dict[str, int]:
        """How many values there are for each field that has no place in the profile."""
        return {path: len(values) for path, values in sorted(self.unmapped.items())}


_KEPT = frozenset({"student", "unmapped", "parked", "none"})
ORDERED = frozenset({"doctors", "emergency_contacts"})
LISTS: dict[str, type[Item]] = {
    name: get_args(field.annotation)[0]
    for name, field in MedicalProfile.model_fields.items()
    if name not in _KEPT and get_args(field.annotation)[1:] == (...,)
}
SECTIONS: dict[str, type[Private]] = {
    name: (get_args(field.annotation) or (field.annotation,))[0]
    for name, field in MedicalProfile.model_fields.items()
    if name not in _KEPT and name not in LISTS
}
