"""Which of the school's look-ups hold the codes of which kind, and how their rows are read."""

from collections.abc import Iterable, Mapping

from shared.medical.codes import Code, CodeKind
from shared.synergetic.values import clean_flag, clean_text

CODE_TABLES: Mapping[CodeKind, str] = {
    "condition": "luMedicalConditionType",
    "severity": "luMedicalConditionSeverity",
    "allergy": "luMedicalAllergyType",
    "immunisation": "luMedicalImmunisationType",
    "consent": "luConsentType",
    "ability": "luAbilityType",
    "asthma_category": "luAsthmaCategory",
    "medication_type": "luMedicationType",
    "equipment": "luMedicalEquipmentType",
    "relationship": "luRelationship",
}


def codes_of(rows: Iterable[Mapping[str, object]]) -> tuple[Code, ...]:
    """Return the codes in the rows of a look-up, by its column names. One that does not say whether it is in use, is.

    Raises:
        ValueError: A value cannot be read.
    """
    return tuple(
        Code(
            code=clean_text(row.get("Code")),
            description=clean_text(row.get("Description")),
            meaning=clean_text(row.get("SynergyMeaning")),
            active=row.get("ActiveFlag") is None or clean_flag(row["ActiveFlag"]),
        )
        for row in rows
    )
