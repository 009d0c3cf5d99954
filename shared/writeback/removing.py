"""Which rows that are no longer stated go, and how.

A row goes only if its table was stated in full. It is deleted only if that could be undone: if the school keeps something in a
column that we never write, or something hangs on the row that may not be deleted, it is deactivated. What hangs on a row goes
with it, or stays with it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shared.writeback.case import Case, Place, holds, parents_of
from shared.writeback.comparing import is_nothing, key_of
from shared.writeback.pairing import Pairing
from shared.writeback.plan import Kept, Step
from shared.writeback.rows import Row
from shared.writeback.tables import WriteTable

_Fate = Literal["stays", "deactivated", "deleted"]


@dataclass
class Removing:
    """The steps that remove rows, and the rows that stay although they ought to go."""

    steps: list[Step]
    kept: list[Kept]


def removals(case: Case, pairing: Pairing) -> Removing:
    """Return what becomes of the rows that no item states, those that hang on others first."""
    found = Removing([], [])
    fates: dict[Place, _Fate] = {}
    for table in case.tables:
        for key, row in case.there[table.name].items():
            if key not in pairing.taken.get(table.name, ()):
                fates[table.name, key] = _fate(case, table, row, pairing, fates, found)
    found.steps = [step for table in reversed(tuple(case.tables)) for step in _steps(case, table, fates)]
    return found


def _fate(case: Case, table: WriteTable, row: Row, pairing: Pairing, fates: dict[Place, _Fate], found: Removing) -> _Fate:
    above = {fates[parent] for parent in parents_of(table, row) if parent in fates}
    if "deleted" in above:
        return "deleted"
    key = key_of(table, row.values)
    ours = not case.merges or case.is_ours(table.name, key)
    if above or table.name not in pairing.targets or not table.deletes or not ours or not holds(table, row):
        return "stays"
    if table.name in pairing.incomplete:
        found.kept.append(Kept(table.name, table.where(row), "item-parked"))
        return "stays"
    if case.policies.removal(table.name) == "delete" or not table.active:
        if _deletable(case, (table.name, key)):
            return "deleted"
        if not table.active:
            found.kept.append(Kept(table.name, table.where(row), "row-not-removable"))
            return "stays"
    return "deactivated"


def _deletable(case: Case, place: Place) -> bool:
    """Say whether a row, and all that hangs on it, may be deleted and could be brought back."""
    name, key = place
    table, row = case.tables[name], case.there[name][key]
    of_the_school = any(not is_nothing(column, row.values.get(column.name)) for column in table.others)
    return (
        table.deletes
        and not of_the_school
        and all(_deletable(case, child) and (not case.merges or case.is_ours(*child)) for child in case.children.get(place, ()))
    )


def _steps(case: Case, table: WriteTable, fates: dict[Place, _Fate]) -> Iterator[Step]:
    counts = Counter(key_of(table, row.values) for row in case.current.rows(table.name))
    for key, row in case.there[table.name].items():
        match fates.get((table.name, key)):
            case "deleted":
                yield Step("delete", table.name, table.where(row), rows=counts[key])
            case "deactivated":
                yield Step("update", table.name, table.where(row), {table.active: False})
