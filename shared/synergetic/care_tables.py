"""A student's doctors, dentist and emergency contacts as flat text, and the look-ups by which medical codes are matched.

Where the flat text stands is inferred from views that show it under these names with `Student` before them.
"""

from dataclasses import replace

from shared.synergetic.column_types import MAX, ColumnType, varchar
from shared.synergetic.columns import CODE, PHONE, code, described, flag, key, number, sample, text, written
from shared.synergetic.table_model import Certainty, Column, Table

_WHO = {"Name": varchar(100), "Phone": PHONE, "PhoneAlt": PHONE, "Address": varchar(255)}


def _open(column: Column) -> Column:
    return replace(column, certainty="D", optional=True, candidates=(f"Student{column.name}",))


def _block(who: str, **more: ColumnType) -> tuple[Column, ...]:
    kinds = {**_WHO, **more}
    return tuple(_open(written(text(f"{who}{what}", kind), least=10 if what != "Relat" else 1)) for what, kind in kinds.items())


STUDENTS = Table(
    "Students",
    (
        key("ID"),
        *_block("Doctor", Specialisation=varchar(50)),
        *_block("Doctor2", Specialisation=varchar(50)),
        *_block("Dentist"),
        *_block("Emergency", Relat=CODE),
        *_block("Emergency2", Relat=CODE),
        *_block("Emergency3", Relat=CODE),
        _open(flag("MedicalAlertFlag")),
        _open(text("MedicalAlert", varchar(MAX))),
    ),
    "C",
    "an integrating vendor asks for the table; its columns are inferred from views; one row a student",
    mode="two-way",
    purpose="Doctors, dentist and emergency contacts. The medical alert is read and stays as it is.",
    optional=True,
)


# Without it every code is in use.
_IN_USE = replace(flag("ActiveFlag"), optional=True)
_MEANING = replace(code("SynergyMeaning"), optional=True)
# Look-ups usually have both. Of which ones nobody says so, a school does.
_USUAL = tuple(replace(one, certainty="D", named=False) for one in (_MEANING, _IN_USE))


def _lookup(name: str, certainty: Certainty, source: str, purpose: str, *columns: Column) -> Table:
    return Table(
        name, (key("Code", CODE), described(), *columns), certainty, source, mode="two-way", purpose=purpose, optional=True
    )


def _with_usual(lookup: Table) -> Table:
    known = {column.name for column in lookup.columns}
    return replace(lookup, columns=(*lookup.columns, *(column for column in _USUAL if column.name not in known)))


_SEEN, _NAMED = "seen in use", "the columns that an integrating vendor reads"
_AS_LOOKUPS = "the table is named by the vendor; columns as look-ups have them"
_UNKNOWN = "not named anywhere; inferred from its neighbours"
_ORDER = sample(number("SortOrder"))

_CODES = (
    _lookup(
        "luMedicalConditionType",
        "B",
        _SEEN,
        "Codes of conditions.",
        _MEANING,
        _IN_USE,
        sample(flag("DefaultFlag")),
        _ORDER,
    ),
    _lookup("luMedicalConditionSeverity", "B", _SEEN, "Codes of severity.", _IN_USE, _ORDER),
    replace(
        _lookup("luMedicalAllergyType", "D", _UNKNOWN, "Codes of allergies."), candidates=("luAllergyType", "luMedicalAllergy")
    ),
    _lookup("luMedicalImmunisationType", "C", _NAMED, "Codes of immunisations.", _IN_USE, _ORDER),
    _lookup("luAsthmaCategory", "C", _NAMED, "Codes of kinds of asthma."),
    _lookup("luMedicationType", "A", _AS_LOOKUPS, "Codes of medications."),
    replace(
        _lookup("luMedicalEquipmentType", "D", _UNKNOWN, "Codes of equipment."),
        candidates=("luMedicalEquipment", "luEquipmentType"),
    ),
    _lookup("luConsentType", "C", _NAMED, "Codes of consents."),
    _lookup("luAbilityType", "C", _NAMED, "Codes of abilities.", sample(code("AbilityType")), _ORDER),
)
_VISIBILITY = replace(
    _lookup("luMedicalConditionVisibility", "D", _UNKNOWN, "What the codes of visibility mean."),
    named=False,
    candidates=("luMedicalVisibility", "luVisibility"),
)
MEDICAL_LOOKUPS = (*map(_with_usual, _CODES), _VISIBILITY)
