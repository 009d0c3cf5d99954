"""What stands for a row that is to be written and for what it is to hold, so that what a person declined is known again.

A wish is a column of an item with the value that it shall hold, or the end of a row that nobody states. It stays the same
however the rows about it come and go, so who declines it is not asked again, until the family says something else.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

from shared.digests import digest
from shared.writeback.comparing import by_key, differing
from shared.writeback.plan import StepKind
from shared.writeback.rows import Desired, DesiredRow, Image, Row, Value, Values, former
from shared.writeback.tables import WriteTable, WriteTables

# Of each part: the table, the item, the column and the value.
_LENGTH = 6
# A new row, or a row's end, as a whole.
WHOLE = ""
_ENDS = "ends"
# A database keeps a day with a time, and may pad a code.
_NO_TIME = " 00:00:00"


class Writing(Protocol):
    """A row that is to be written: a step of a plan, or what a receipt tells of one."""

    @property
    def kind(self) -> StepKind:
        """What is done."""

    @property
    def table(self) -> str:
        """Its table."""

    @property
    def ref(self) -> str:
        """The item that it states."""

    @property
    def where(self) -> Values:
        """By what the row is found."""


def wishes(row: Writing, values: Values) -> Mapping[str, str]:
    """Return what stands for each column of a row that is to hold something, and for a row that comes or goes as a whole.

    Args:
        row: The row.
        values: What it is to hold.
    """
    if row.kind == "delete" or (row.kind == "update" and not row.ref and list(values.values()) == [False]):
        # However the school has it done, it is one wish.
        return dict.fromkeys(values or (WHOLE,), _end(row.table, row.where))
    item = row.ref or _found_by(row.where)
    # A new row holds nothing in most columns, and nobody wished for that.
    columns = {name: value for name, value in values.items() if row.kind == "update" or value}
    found = {name: _wish(row.table, item, name, value) for name, value in columns.items()}
    return found if row.kind == "update" else found | {WHOLE: _wish(row.table, item, WHOLE, row.kind)}


def is_declined(row: Writing, values: Values, declined: Collection[str]) -> bool:
    """Say whether a person declined all that a row is to hold."""
    return all(one in declined for one in wishes(row, values).values())


def declined_columns(table: WriteTable, row: Writing, values: Values, declined: Collection[str]) -> frozenset[str]:
    """Return the columns that a person declined, of a row that comes or is changed for others.

    A new row that they declined as a whole comes as a whole once the family says something else; and without what it is known
    by, it would be no row of that thing.
    """
    found = wishes(row, values)
    if row.kind == "delete" or found.get(WHOLE) in declined:
        return frozenset()
    some = frozenset(name for name, wish in found.items() if name and wish in declined)
    return some if row.kind == "update" else some - table.known_by


def is_end(wish: str) -> bool:
    """Say whether a wish is that a row ends."""
    return wish.endswith(f".{_digest(WHOLE)}.{_digest(_ENDS)}")


def place_of(wish: str) -> str:
    """Return what stands for the column of an item that a wish is about, whatever it shall hold."""
    return wish.rpartition(".")[0]


def ends_of_new_rows(tables: WriteTables, before: Image, after: Image) -> Iterator[str]:
    """Yield what stands for the end of each row that was not there before."""
    return (end for end, was, _ in _ends(tables, before, after) if was is None)


def ends_of_newly_stated(tables: WriteTables, before: Image, after: Image) -> Iterator[str]:
    """Yield what stands for the end of each row that states an item which it did not state before."""
    found = _ends(tables, before, after)
    return (end for end, was, now in found if now.ref and (was is None or now.ref not in {was.ref, former(was.ref)}))


def _ends(tables: WriteTables, before: Image, after: Image) -> Iterator[tuple[str, Row | None, Row]]:
    for table in tables:
        was = by_key(table, before.rows(table.name))
        for key, row in by_key(table, after.rows(table.name)).items():
            yield _end(table.name, table.where(row)), was.get(key), row


def still_wished(declined: Collection[str], desired: Desired, seen: Image | None, tables: WriteTables) -> tuple[str, ...]:
    """Return what was declined without what a family wishes no more: it says something else, or states an item anew or no more.

    Args:
        declined: What stands for what a person declined.
        desired: What the family states.
        seen: The rows as they were seen last, with the items that they state.
        tables: The tables.
    """
    rows, said = seen or Image(), _said(desired)
    restated = set(_ends_of_stated(desired, rows, tables))
    stated = {_digest(name) for name in desired.tables if name not in desired.incomplete}

    def holds(wish: str) -> bool:
        if is_end(wish):
            return wish not in restated
        place, _, value = wish.rpartition(".")
        item = place.rpartition(".")[0]
        if item in said:
            return said[item].get(place, value) == value
        return item.partition(".")[0] not in stated

    return tuple(one for one in _as_named_now(declined, said, desired, rows, tables) if holds(one))


def _as_named_now(
    declined: Collection[str], said: Collection[str], desired: Desired, seen: Image, tables: WriteTables
) -> Iterator[str]:
    """Yield what was declined, of what has another name now: a profile that is made anew, or a spreadsheet, names all anew."""
    held: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for wish in declined:
        item, column, value = wish.rsplit(".", 2)
        held[item] |= {} if is_end(wish) else {column: value}
    names: dict[str, str] = {}
    for table in tables:
        known = {_item(table.name, row.ref): row for row in seen.rows(table.name) if row.ref}
        named = {_item(table.name, row.ref): row for row in desired.tables.get(table.name, ())}
        free = {item: (row, _values(row)) for item, row in named.items() if item not in known.keys() | held.keys()}
        for item in sorted(one for one in held.keys() - said if one.startswith(f"{_digest(table.name)}.")):
            alike = [one for one, new in free.items() if _is_same(table, *new, held[item], known.get(item))]
            if alike:
                names[item] = max(alike, key=lambda one: len(free[one][1].items() & held[item].items()))
                del free[names[item]]
    for wish in declined:
        item, column, value = wish.rsplit(".", 2)
        yield ".".join((names.get(item, item), column, value))


def _is_same(table: WriteTable, row: DesiredRow, said: Mapping[str, str], held: Mapping[str, str], seen: Row | None) -> bool:
    """Say whether a row is of the same thing as what was declined, or as the row that was to be changed."""
    columns = table.same or [one.name for one in table.columns if one.name in {*table.key} - {table.owner} and not one.refers]
    was = seen.values if seen else {}
    return bool(columns) and all(
        held.get(_digest(name)) == said.get(_digest(name), "")
        or (name in was and not differing([table.by_name[name]], was, row.values))
        for name in columns
    )


def _values(row: DesiredRow) -> Mapping[str, str]:
    return {_digest(name): _digest(_as_said(value)) for name, value in row.values.items()}


def _item(table: str, ref: str) -> str:
    return f"{_digest(table)}.{_digest([table, ref])}"


def _said(desired: Desired) -> Mapping[str, dict[str, str]]:
    """Return what is said of each item: by item, what stands for the value by what stands for its place."""
    found: dict[str, dict[str, str]] = {}
    for name, rows in desired.tables.items():
        # A row that states several items is known by its table.
        for item, values in (named for row in rows for named in ((row.ref, row.values), (name, row.values))):
            said = found.setdefault(_item(name, item), {})
            for column, value in values.items():
                place, _, held = _wish(name, item, column, value).rpartition(".")
                said[place] = held
    return found


def _ends_of_stated(desired: Desired, seen: Image, tables: WriteTables) -> Iterator[str]:
    for table in tables:
        refs = {row.ref for row in desired.tables.get(table.name, ())}
        yield from (_end(table.name, table.where(row)) for row in seen.rows(table.name) if row.ref in refs)


def _end(table: str, where: Values) -> str:
    return _wish(table, _found_by(where), WHOLE, _ENDS)


def _found_by(where: Values) -> list[list[Value]]:
    return sorted([name, value] for name, value in where.items())


def _wish(table: str, item: str | list[list[Value]], column: str, value: Value) -> str:
    return ".".join(map(_digest, (table, [table, item], column, _as_said(value))))


def _as_said(value: Value) -> Value:
    """Return a value as a family says it, be it from them or read back."""
    return value.rstrip(" ").removesuffix(_NO_TIME) if isinstance(value, str) else value


def _digest(part: object) -> str:
    return digest(part)[:_LENGTH]
