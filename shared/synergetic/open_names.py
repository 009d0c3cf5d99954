"""Names that no public fact settles: what the database has that may be meant, and the setting that would say so."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from shared.synergetic.access import Access, accesses
from shared.synergetic.catalogue import Catalogue, FoundTable
from shared.synergetic.layout import Layout
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.table_model import Column, Mode, Table
from shared.synergetic.tables import TABLES
from shared.synergetic.version import Version


@dataclass(frozen=True)
class Proposal:
    """A setting that would put something right.

    Attributes:
        setting: The setting, in `[synergetic.contract]`.
        of: What the contract calls the table, or the column with its table.
        value: The name here; empty if there is none.
    """

    setting: Literal["table_names", "column_names"]
    of: str
    value: str

    @property
    def line(self) -> str:
        """The setting as a line of `relay.toml`, below `[synergetic.contract]`; others of its kind may stand beside it."""
        return f'{self.setting}."{self.of}" = "{self.value}"'


def table_proposal(access: Access, found: Catalogue) -> Proposal | None:
    """Propose the only candidate for a missing table that the database has, or that there is none.

    The second is proposed of a medical table alone, and only to a login that sees others: a table without a grant looks as if
    it were not there.
    """
    table = access.table
    there = [name for name in _others(table, access.called) if _serves(table, found.table(access.spot, name))]
    return _proposal("table_names", table.name, there, may_be_missing=_may_be_none(table, access, found))


def column_proposal(access: Access, column: Column, found: FoundTable) -> Proposal | None:
    """Propose the only candidate for a missing column that its table has, or that there is none."""
    called = next(one.called for one in access.columns if one.column is column)
    there = [name for name in _others(column, called) if found.column(name)]
    return _proposal("column_names", f"{access.table.name}.{column.name}", there, may_be_missing=column.optional)


def unused_names(mode: Mode, version: Version, settings: SynergeticSettings, found: Catalogue) -> Iterator[Proposal]:
    """Yield the only candidate for each name that nobody has given yet, where the database has one.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    layout = Layout.of(version, settings)
    for table in TABLES.values():
        if mode == "two-way" and not table.named and table.name not in settings.table_names:
            there = [name for name in (table.name, *table.candidates) if found.table(layout.spot(table.place), name)]
            yield from _only(_proposal("table_names", table.name, there))
    for access in accesses(mode, version, settings):
        if there_is := found.table(access.spot, access.called):
            yield from _unused_columns(access, settings, there_is)


def _unused_columns(access: Access, settings: SynergeticSettings, found: FoundTable) -> Iterator[Proposal]:
    for column in access.table.columns:
        key = f"{access.table.name}.{column.name}"
        if not column.named and key not in settings.column_names:
            there = [name for name in (column.name, *column.candidates) if found.column(name)]
            yield from _only(_proposal("column_names", key, there))


def _may_be_none(table: Table, access: Access, found: Catalogue) -> bool:
    sees_medical = any(found.table(access.spot, one.name) for one in TABLES.values() if one.mode == "two-way")
    return table.optional and table.mode == "two-way" and sees_medical


def _others(of: Table | Column, called: str) -> list[str]:
    return [name for name in (of.name, *of.candidates) if name.casefold() != called.casefold()]


def _serves(table: Table, found: FoundTable | None) -> bool:
    """Say whether a candidate has the columns without which it could not be the table."""
    return found is not None and all(column.optional or found.column(column.name) for column in table.read)


def _proposal(
    setting: Literal["table_names", "column_names"], of: str, there: list[str], *, may_be_missing: bool = False
) -> Proposal | None:
    if len(there) == 1:
        return Proposal(setting, of, there[0])
    return Proposal(setting, of, "") if not there and may_be_missing else None


def _only(proposal: Proposal | None) -> Iterable[Proposal]:
    return [] if proposal is None else [proposal]
