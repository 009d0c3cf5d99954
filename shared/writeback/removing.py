"""Which rows that are no longer stated go, and how.

A row goes only if its table was stated in full. It is deleted only if that could be undone: if the school keeps something in a
column that we never write, or something hangs on the row that may not be deleted, it is deactivated. What hangs on a row goes
with it, or stays with it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

from shared.writeback.case import Case, Place, holds, parents_of
from shared.writeback.comparing import is_nothing, key_of
from shared.writeback.pairing import Pairing
from shared.writeback.plan import Kept, Step
from shared.writeback.rows import Row
from shared.writeback.tables import WriteTable

_Fate = Literal["stays", "deactivated", "deleted"]


def removals(case: Case, pairing: Pairing) -> tuple[list[Step], list[Kept]]:
    """Return the steps that remove rows, those that hang on others first, and the rows that stay although they ought to go."""
    removing = _Removing(case, pairing)
    return [step for table in reversed(tuple(case.tables)) for step in removing.steps(table)], removing.kept


def deletions(table: WriteTable, rows: Iterable[Row]) -> Iterator[Step]:
    """Yield the steps that delete rows. Of a table without a key that we know of, one may be there several times."""
    counts = Counter(tuple(table.where(row).values()) for row in rows)
    for values, count in counts.items():
        yield Step("delete", table.name, dict(zip(table.key, values, strict=True)), rows=count)


class _Removing:
    """Decides table by table, those that others hang on first."""

    def __init__(self, case: Case, pairing: Pairing) -> None:
        self._case = case
        self._pairing = pairing
        self._fates: dict[Place, _Fate] = {}
        self.kept: list[Kept] = []
        for table in case.tables:
            for key, row in case.there[table.name].items():
                if key not in pairing.taken.get(table.name, ()):
                    self._fates[table.name, key] = self._fate(table, row)

    def steps(self, table: WriteTable) -> Iterator[Step]:
        """Yield the steps that remove rows of a table."""
        deleted = []
        for row in self._case.current.rows(table.name):
            match self._fates.get((table.name, key_of(table, row.values))):
                case "deleted":
                    deleted.append(row)
                case "deactivated":
                    yield Step("update", table.name, table.where(row), {table.active: False})
        yield from deletions(table, deleted)

    def _fate(self, table: WriteTable, row: Row) -> _Fate:
        above = {self._fates[parent] for parent in parents_of(table, row) if parent in self._fates}
        if "deleted" in above:
            return "deleted"
        if above or not self._may_go(table, row):
            return "stays"
        if table.name in self._pairing.incomplete:
            return self._keep(table, row, code="item-parked")
        key = key_of(table, row.values)
        deactivates = table.active and self._case.policies.removal(table.name) == "deactivate"
        if not deactivates and self._deletable((table.name, key)):
            return "deleted"
        if table.active and ("update", table.name, key) not in self._case.forbidden:
            return "deactivated"
        return self._keep(table, row, code="row-not-removable")

    def _may_go(self, table: WriteTable, row: Row) -> bool:
        """Say whether a row is of those that are removed once nobody states them."""
        place = (table.name, key_of(table, row.values))
        ours = not self._case.merges or (self._case.is_ours(*place) and not self._is_used(place))
        return table.deletes and table.name in self._pairing.targets and ours and holds(table, row)

    def _is_used(self, place: Place) -> bool:
        """Say whether a row of the school's, such as one that it kept from going, is linked with this one."""
        for name, key in self._case.children.get(place, ()):
            others = set(parents_of(self._case.tables[name], self._case.there[name][key])) - {place}
            if any(other[1] in self._case.there[other[0]] and not self._case.is_ours(*other) for other in others):
                return True
        return False

    def _keep(self, table: WriteTable, row: Row, *, code: str) -> _Fate:
        self.kept.append(Kept(table.name, table.where(row), code))
        return "stays"

    def _deletable(self, place: Place) -> bool:
        """Say whether a row, and all that hangs on it, may be deleted and could be brought back."""
        table = self._case.tables[place[0]]
        row = self._case.there[table.name][place[1]]
        if not table.deletes or ("delete", *place) in self._case.forbidden:
            return False
        if any(not is_nothing(column, row.values.get(column.name)) for column in table.others):
            return False
        below = self._case.children.get(place, ())
        return all(self._deletable(child) and (not self._case.merges or self._case.is_ours(*child)) for child in below)
