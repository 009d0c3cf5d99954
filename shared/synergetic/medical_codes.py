"""Which of the school's look-ups hold the codes of which kind, and what the rows that are made of them say."""

from collections.abc import Iterable, Mapping

from shared.chunks import Row
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


def codes_of(rows: Iterable[Row]) -> dict[CodeKind, tuple[Code, ...]]:
    """Return the codes of each kind that has any, from rows of the row set `codes`.

    Kinds that nobody here knows are passed over: the relay may be newer.

    Raises:
        ValueError: A value cannot be read.
    """
    found: dict[CodeKind, list[Code]] = {kind: [] for kind in CODE_TABLES}
    for row in rows:
        if (kind := row["kind"]) in found:
            found[kind].append(_code(row))
    return {kind: tuple(codes) for kind, codes in found.items() if codes}


def _code(row: Row) -> Code:
    return Code(
        code=clean_text(row["code"]),
        description=clean_text(row["description"]),
        meaning=clean_text(row["meaning"]),
        active=clean_flag(row["active"]),
    )
