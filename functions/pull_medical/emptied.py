"""What families say that there is none of, although there is some: said of many children at once, sooner the source is wrong.

It is looked at by kind, such as allergies: a key that lost one right, or a field that was renamed, takes one kind from all.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import chain

from functions.records.ledger import Entry
from shared.digests import digest
from shared.receipts import WriteReceipt
from shared.synergetic.writing import contract_tables
from shared.writeback.case import holds
from shared.writeback.comparing import is_nothing
from shared.writeback.declined import is_declined
from shared.writeback.plan import Step
from shared.writeback.rows import Desired, DesiredRow, Image, Row
from shared.writeback.tables import WriteTable

# So many families may well take something back between two readings, or one after another; of more a person decides.
MOST_AT_ONCE, MOST_IN_A_DAY = 5, 20
# Of a single kind families take back more in a busy week: one in so many of those who had some.
_ONE_IN = 10
# And most children never had any: where nobody stated a kind before, it is a fault if hardly one in so many does now.
_HARDLY_ONE_IN = 20
_LENGTH = 6


@lru_cache(maxsize=64)
def _mark(kind: str) -> str:
    """Return what stands for a kind, where nothing medical may be kept of anybody."""
    return digest(kind)[:_LENGTH]


EVERYTHING = _mark("everything")
# Before a kind that was said to be none when nobody knew yet whether there is any: what goes is the school's own.
_UNSEEN = "?"


def said(desired: Desired) -> Mapping[str, bool]:
    """Return whether there is any of each kind that is stated, parked or not. That things belong together is no kind."""
    found: dict[str, bool] = {}
    for table in contract_tables():
        rows = desired.tables.get(table.name)
        if rows is None:
            continue
        if table.single:
            for row in rows:
                found[_part(row)] = found.get(_part(row), False) or any(row.values.values())
        elif not all(column.refers for column in table.content):
            found[_mark(table.name)] = bool(rows) or table.name in desired.incomplete
    return found


def says_something(desired: Desired) -> bool:
    """Say whether there is anything at all."""
    return any(said(desired).values())


def _part(row: DesiredRow) -> str:
    """Return the kind that a part of a table's only row is of: the second doctor is a doctor too."""
    return _mark(row.ref.partition(":")[0])


def emptied(desired: Desired, seen: WriteReceipt | None, entry: Entry, *, merges: bool) -> frozenset[str]:
    """Return the kinds that there would be none of any more, or might be, where nobody knows yet what there is.

    Args:
        desired: What is stated.
        seen: The receipt that shows the rows as they were seen last.
        entry: The student in the ledger. What a person does not want written does not go.
        merges: Only rows that came from Operoo go.
    """
    none = frozenset(kind for kind, some in said(desired).items() if not some)
    rows = seen.shown if seen else None
    found = none if rows is None else frozenset(_going(desired, rows, none, merges=merges, declined=entry.declined))
    if found and not says_something(desired):
        found |= {EVERYTHING}
    if rows is not None:
        return frozenset(unseen if (unseen := f"{_UNSEEN}{kind}") in entry.emptied else kind for kind in found)
    # Nothing is known to have come from Operoo.
    return frozenset() if merges else frozenset(f"{_UNSEEN}{kind}" for kind in found)


def _going(desired: Desired, seen: Image, none: Collection[str], *, merges: bool, declined: Collection[str]) -> Iterator[str]:
    for table in contract_tables():
        for row in seen.rows(table.name):
            for kind, step in _ends(table, row, desired, none, merges=merges):
                if not is_declined(step, step.values, declined):
                    yield kind


def _ends(table: WriteTable, row: Row, desired: Desired, none: Collection[str], *, merges: bool) -> Iterator[tuple[str, Step]]:
    where = table.where(row)
    if not table.single:
        if _mark(table.name) in none and (row.ref or not merges) and table.deletes and holds(table, row):
            yield _mark(table.name), Step("delete", table.name, where)
        return
    for part in desired.tables.get(table.name, ()):
        columns = ((name, value) for name, value in part.values.items() if _part(part) in none)
        for name, value in columns:
            # Where rows are merged, an empty field empties nothing.
            if (value is False or not merges) and not is_nothing(table.by_name[name], row.values.get(name)):
                yield _part(part), Step("update", table.name, where, {name: value}, ref=table.name)


def without(desired: Desired, some: Iterable[str]) -> Desired:
    """Return what is stated as if nothing had been said of some kinds."""
    kinds = {kind.removeprefix(_UNSEEN) for kind in some}
    tables = dict(desired.tables)
    for table in contract_tables():
        rows = tables.get(table.name)
        if rows is None:
            continue
        left = tuple(row for row in rows if _part(row) not in kinds) if table.single else rows
        if _mark(table.name) in kinds or (rows and not left):
            del tables[table.name]
        else:
            tables[table.name] = left
    return desired.model_copy(update={"tables": tables})


def too_many(students: Iterable[Collection[str]], before: Iterable[Collection[str]], some: Mapping[str, int]) -> frozenset[str]:
    """Return the kinds that too many students would have none of any more.

    Args:
        students: Of each student of this reading the kinds that are emptied.
        before: The same of others whose kinds were emptied lately, or wait to be.
        some: Of how many students there is some of a kind.
    """
    now, earlier = Counter(chain.from_iterable(students)), Counter(chain.from_iterable(before))
    found = ((kind, count, count + earlier[kind]) for kind, count in now.items())
    return frozenset(
        kind for kind, count, all_ in found if (count > MOST_AT_ONCE or all_ > MOST_IN_A_DAY) and _is_much(kind, all_, some)
    )


def _is_much(kind: str, count: int, some: Mapping[str, int]) -> bool:
    """Say whether many are too many of those of whom something is said; of what nobody had stated before, nearly all are."""
    named = kind.removeprefix(_UNSEEN)
    left = some.get(named, 0)
    return named == EVERYTHING or (count > left * _HARDLY_ONE_IN if named != kind else count * _ONE_IN > count + left)


def noting(entry: Entry, desired: Desired, kinds: Collection[str], *, at: datetime) -> Entry:
    """Return an entry that says since when there is none of some kinds, as far as that is still said."""
    kinds_said = said(desired)
    none = {kind for kind, some in kinds_said.items() if not some} | ({EVERYTHING} if not any(kinds_said.values()) else set())
    before = {kind: since for kind, since in entry.emptied.items() if kind.removeprefix(_UNSEEN) in none}
    return entry.but(emptied=dict.fromkeys(kinds, at.isoformat()) | before)
