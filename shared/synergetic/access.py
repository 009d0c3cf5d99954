"""What a login needs of each table: the one answer from which grants, check and the administrator's page are made."""

from dataclasses import dataclass

from shared.synergetic.layout import Layout, Spot
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.statements import column_name, physical_name
from shared.synergetic.table_model import Column, Mode, Table
from shared.synergetic.tables import TABLES
from shared.synergetic.version import Version


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
    """

    table: Table
    spot: Spot
    called: str
    columns: tuple[NeededColumn, ...]

    @property
    def written(self) -> tuple[NeededColumn, ...]:
        """The columns that are written."""
        return tuple(column for column in self.columns if column.write)

    @property
    def writes(self) -> bool:
        """Whether rows of it are inserted, updated and deleted."""
        return bool(self.written)


def accesses(mode: Mode, version: Version, settings: SynergeticSettings) -> tuple[Access, ...]:
    """Return what a login needs in this mode, table by table, in the order of the contract.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    layout = Layout.of(version, settings)
    return tuple(
        _access(table, mode, layout, settings, version)
        for table in TABLES.values()
        if mode == "two-way" or table.mode == "one-way"
    )


def _access(table: Table, mode: Mode, layout: Layout, settings: SynergeticSettings, version: Version) -> Access:
    named = ((column_name(table, column, settings, version), column) for column in table.read)
    columns = tuple(NeededColumn(called, column, column.write and mode == "two-way") for called, column in named if called)
    return Access(table, layout.spot(table.place), physical_name(table, settings), columns)
