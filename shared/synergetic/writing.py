"""The tables that two-way mode writes, as planning needs them: from the contract, and from what a database really has."""

from collections.abc import Iterator
from functools import cache

from shared.synergetic.access import Access, NeededColumn, accesses
from shared.synergetic.catalogue import Catalogue, FoundColumn
from shared.synergetic.column_types import MAX, ColumnType
from shared.synergetic.medical_columns import PLACES, SECTIONS, Columns
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.table_model import Column, Table
from shared.synergetic.tables import TABLES
from shared.synergetic.version import NEWEST, Version
from shared.writeback.tables import ValueKind, WriteColumn, WriteTable, WriteTables

_PEOPLE = (*PLACES.values(), (SECTIONS["dentist"],))
_OWNER = "ID"
_ACTIVE = "ActiveFlag"
# What makes two rows of a student rows of one thing, where the database numbers them: a condition of the same kind, a dose of
# the same immunisation on the same day. Of details there is one row a student.
_SAME: dict[str, tuple[str, ...]] = {
    "MedicalDetails": (),
    "MedicalCondition": ("MedicalConditionCode",),
    "MedicalAllergy": ("MedicalAllergyTypeCode",),
    "Medication": ("Medication",),
    "MedicalImmunisation": ("ImmunisationCode", "AdministeredDate"),
    "Consent": ("ConsentCode",),
}
_NUMBERED = {column.name: name for name in _SAME for column in TABLES[name].columns if column.identity}
_KINDS: dict[str, ValueKind] = {
    "bit": "bit",
    "datetime": "moment",
    "smalldatetime": "moment",
    "int": "whole",
    "smallint": "whole",
    "tinyint": "whole",
}


@cache
def contract_tables() -> WriteTables:
    """Return the tables as the contract has them, whatever a school lacks."""
    return write_tables(Version(NEWEST), SynergeticSettings())


def write_tables(version: Version, settings: SynergeticSettings, found: Catalogue | None = None) -> WriteTables:
    """Return the tables with a student's medical rows.

    Args:
        version: The version, which decides the layout.
        settings: What the school calls things, and what it lacks.
        found: What the database really has, if that is known; else types and lengths are those of the contract.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    wanted = [access for access in accesses("two-way", version, settings) if access.table.written]
    return WriteTables(tuple(_table(access, found or Catalogue()) for access in wanted))


def _table(access: Access, found: Catalogue) -> WriteTable:
    table = access.table
    columns = tuple(_columns(access, found))
    names = [column.name for column in columns]
    keys = tuple(one.column.name for one in access.columns if one.column.key and one.column.name in names)
    identity = next((one.name for one in table.columns if one.identity and one.name in names), "")
    owner = _OWNER if _OWNER in names else ""
    return WriteTable(
        name=table.name,
        columns=columns,
        key=keys or tuple(column.name for column in columns if not column.stamp),
        identity=identity,
        owner=owner,
        active=_ACTIVE if _ACTIVE in names else "",
        single=keys == (owner,) or _SAME.get(table.name) == (),
        same=_SAME.get(table.name, ()),
        inserts=access.inserts,
        deletes=access.deletes,
        people=tuple(tuple(map(_of_person, places)) for places in _PEOPLE if places[0].table == table.name),
    )


def _of_person(columns: Columns) -> tuple[str, ...]:
    """Return the columns about a person; the name comes first there."""
    return (*columns.plain.values(), *(one.column for one in columns.coded.values()))


def _columns(access: Access, found: Catalogue) -> Iterator[WriteColumn]:
    """Yield the medical columns of a table, and those by which a row is known; not what one-way reads of a person."""
    there = found.table(access.spot, access.called)
    for needed in access.columns:
        if needed.column.key or (needed.column.mode or access.table.mode) == "two-way":
            yield _column(access.table, needed, there.column(needed.called) if there else None)


def _column(table: Table, needed: NeededColumn, found: FoundColumn | None) -> WriteColumn:
    column = needed.column
    return WriteColumn(
        name=column.name,
        kind=_KINDS.get(column.type.name, "text"),
        type=found.type if found else column.type.name,
        length=_length(found.length if found else _declared(column.type)),
        nullable=found.nullable if found else column.nullable,
        code=column.code,
        nought=column.default == "0",
        write=needed.write,
        insert_only=column.insert_only,
        stamp=column.stamp is not None,
        refers=_refers(table, column),
    )


def _declared(kind: ColumnType) -> int | None:
    return kind.length if kind.is_text else None


def _length(length: int | None) -> int | None:
    return None if length == MAX else length


def _refers(table: Table, column: Column) -> str:
    """Return the table that numbers the rows which a column names: a number has one name wherever it stands."""
    refers = _NUMBERED.get(column.name, "")
    return "" if refers == table.name else refers
