"""What a login needs of each table: the one answer from which grants, check and the administrator's page are made."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from shared.synergetic.layout import Layout, TableLocation
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.statements import column_name, physical_name
from shared.synergetic.table_model import Column, Mode, Table
from shared.synergetic.tables import TABLES
from shared.synergetic.version import Version
from shared.writeback.plan import StepKind

_PREFIXES: dict[StepKind, str] = {"insert": "spi", "update": "spu", "delete": "spd"}


@dataclass(frozen=True)
class NeededColumn:
    """A column, what it is called here, and whether it is also written."""

    called: str
    column: Column
    write: bool


@dataclass(frozen=True)
class Access:
    """What is needed of one table.

    Attributes:
        table: The table, as the contract declares it.
        spot: Its database and schema.
        called: What it is called here, without its spot.
        columns: The columns that are read; some of them are written too.
        inserts: Whether rows of it are inserted.
        deletes: Whether rows of it are deleted.
        procedures: The procedures by which it is written, with what each does; none if it is written directly.
    """

    table: Table
    spot: TableLocation
    called: str
    columns: tuple[NeededColumn, ...]
    inserts: bool = False
    deletes: bool = False
    procedures: tuple[tuple[StepKind, str], ...] = ()

    @property
    def written(self) -> tuple[NeededColumn, ...]:
        """The columns that are written: when a row is inserted, and all but those of `insert_only` when it is updated."""
        return tuple(column for column in self.columns if column.write)

    @property
    def updated(self) -> tuple[NeededColumn, ...]:
        """The columns that are written in rows that are there already."""
        return tuple(column for column in self.written if not column.column.insert_only)

    @property
    def writes(self) -> bool:
        """Whether it is written at all."""
        return bool(self.written)


def accesses(mode: Mode, version: Version, settings: SynergeticSettings) -> tuple[Access, ...]:
    """Return what a login needs in this mode, table by table, in the order of the contract.

    Tables and columns that the settings say are not there are left out.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    layout = Layout.of(version, settings)
    return tuple(
        _access(table, mode, layout, settings, version)
        for table in TABLES.values()
        if (mode == "two-way" or table.mode == "one-way") and physical_name(table, settings)
    )


def _access(table: Table, mode: Mode, layout: Layout, settings: SynergeticSettings, version: Version) -> Access:
    named = [(column_name(table, column, settings, version), column) for column in table.needed(mode)]
    here = [(called, column) for called, column in named if called]
    writes = mode == "two-way" and _has_content(table, [column for _, column in here])
    columns = tuple(NeededColumn(called, column, column.write and writes) for called, column in here)
    place, called = layout.spot(table.place), physical_name(table, settings)
    access = Access(table, place, called, columns, table.inserts and writes, table.deletes and writes)
    return replace(access, procedures=tuple(_procedures(access, settings)))


def _procedures(access: Access, settings: SynergeticSettings) -> Iterator[tuple[StepKind, str]]:
    done = {"insert": access.inserts, "update": bool(access.updated), "delete": access.deletes}
    for kind, prefix in _PREFIXES.items():
        if done[kind] and access.table.name in settings.write_by_procedure:
            yield kind, settings.procedure_names.get(f"{access.table.name}.{kind}", f"{prefix}{access.called}")


def _has_content(table: Table, here: list[Column]) -> bool:
    """Say whether what a table is written for is there: a row of keys and dates alone would tell nobody anything."""
    content = [column for column in table.written if not (column.insert_only or column.stamp)]
    return any(column in here for column in content) if content else bool(table.written)
