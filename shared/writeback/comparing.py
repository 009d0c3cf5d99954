"""When two values are the same to Synergetic, and whether a column can hold one.

Synergetic says "nothing" in several ways: '' or NULL, 0 or NULL, no or NULL. Blanks after a code, or its case, mean nothing,
and a day with a time is that day.
"""

from collections.abc import Iterable
from datetime import MAXYEAR, date
from itertools import chain

from shared.errors import RejectedRecordError
from shared.writeback.rows import Image, Row, Value, Values
from shared.writeback.tables import Key, WriteColumn, WriteTable, WriteTables

_WIDE = frozenset({"nvarchar", "nchar", "ntext"})
_PADDED = frozenset({"char", "nchar"})
_BITS = {"tinyint": (0, 8), "smallint": (15, 15), "int": (31, 31), "bigint": (63, 63)}
_DAYS = {"smalldatetime": (date(1900, 1, 1), date(2079, 6, 6)), "datetime": (date(1753, 1, 1), date(MAXYEAR, 12, 31))}
_DAY = len("2026-01-31")
# What a column of one byte a character holds under the collations that Synergetic is installed with.
_NARROW = "cp1252"


def comparable(column: WriteColumn, value: Value) -> object:
    """Return what a value means; equal ones are the same to Synergetic. There is one for every value."""
    match column.kind:
        case "text":
            text = ("" if value is None else str(value)).replace("\r\n", "\n")
            text = text.rstrip(" ") if column.code or column.type in _PADDED else text
            return text.casefold() if column.code else text
        case "bit":
            return bool(value) if not isinstance(value, str) else value.strip().lower() not in {"", "0", "false"}
        case "whole":
            return _whole(column, value)
        case "moment":
            return _day(value)


def _whole(column: WriteColumn, value: Value) -> object:
    if value is None:
        return 0 if column.nought else None
    try:
        return int(value)
    except ValueError:
        return value


def _day(value: Value) -> object:
    if value is None or value == "":
        return None
    text = str(value)
    try:
        found = date.fromisoformat(text[:_DAY])
    except ValueError:
        return text
    return found if found.year > 1 else None


def nothing(column: WriteColumn) -> Value:
    """Return how Synergetic says "nothing" in a column."""
    match column.kind:
        case "text":
            return ""
        case "bit":
            return False
        case "whole":
            return 0 if column.nought or not column.nullable else None
        case "moment":
            return None


def is_nothing(column: WriteColumn, value: Value) -> bool:
    """Say whether a value means nothing."""
    return comparable(column, value) == comparable(column, nothing(column))


def check_fits(column: WriteColumn, value: Value) -> None:
    """Check that a column can hold a value as it is.

    Raises:
        RejectedRecordError: It cannot.
    """
    if value is None:
        if not column.nullable:
            raise RejectedRecordError(f"{column.name} cannot be left without a value.", code="value-missing")
        return
    if column.kind == "text" and not isinstance(value, bool):
        _check_text(column, str(value))
    elif not _within(column, value):
        raise RejectedRecordError(
            f"The value for {column.name} is outside what a {column.type} holds.", code="value-out-of-range"
        )


def _within(column: WriteColumn, value: Value) -> bool:
    if column.kind == "bit" or isinstance(value, bool):
        return column.kind == "bit" and isinstance(value, bool)
    if column.kind == "moment":
        # What is read may be a day with a time; what is written is a day, and nothing that a server could take otherwise.
        day = _day(value)
        first, last = _DAYS.get(column.type, (date.min, date.max))
        return isinstance(day, date) and first <= day <= last and value == day.isoformat()
    below, above = _BITS.get(column.type, _BITS["int"])
    return isinstance(value, int) and (-(2**below) if below else 0) <= value < 2**above


def _check_text(column: WriteColumn, text: str) -> None:
    try:
        size = len(text.encode("utf-16-le")) // 2 if column.type in _WIDE else len(text.encode(_NARROW))
    except UnicodeEncodeError:
        size = None
    if size is None or "\0" in text:  # where some drivers end a text
        raise RejectedRecordError(
            f"The text for {column.name} has characters that a {column.type} cannot hold.", code="text-not-storable"
        )
    if column.length is not None and size > column.length:
        raise RejectedRecordError(
            f"The text for {column.name} is longer than {column.length} characters.", code="text-too-long"
        )


def key_of(table: WriteTable, values: Values) -> Key:
    """Return what a row is known by."""
    return tuple(comparable(table.by_name[name], values.get(name)) for name in table.key)


def by_key(table: WriteTable, rows: Iterable[Row]) -> dict[Key, Row]:
    """Return rows by their keys, in their order; of two that cannot be told apart there is the first."""
    found: dict[Key, Row] = {}
    for row in rows:
        found.setdefault(key_of(table, row.values), row)
    return found


def differing(columns: Iterable[WriteColumn], one: Values, other: Values) -> tuple[str, ...]:
    """Return the names of the columns in which two rows are not the same to Synergetic."""
    return tuple(
        column.name
        for column in columns
        if comparable(column, one.get(column.name)) != comparable(column, other.get(column.name))
    )


def differences(tables: WriteTables, one: Image, other: Image) -> dict[str, int]:
    """Return, where there are any, how many rows of each table are in one image only or state something else in the other."""
    counts = {}
    for table in tables:
        mine, others = by_key(table, one.rows(table.name)), by_key(table, other.rows(table.name))
        both = mine.keys() & others.keys()
        changed = sum(bool(differing(table.content, mine[key].values, others[key].values)) for key in both)
        if found := len(mine.keys() ^ others.keys()) + changed:
            counts[table.name] = found
    return counts


def labelled(tables: WriteTables, image: Image, *sources: Image) -> Image:
    """Return an image whose rows bear the names of items that the same rows have in the sources, the first source first."""
    found = {}
    for table in tables:
        refs = {
            key_of(table, row.values): row.ref
            for row in chain.from_iterable(source.rows(table.name) for source in reversed(sources))
            if row.ref
        }
        rows = (Row(values=row.values, ref=refs.get(key_of(table, row.values), "")) for row in image.rows(table.name))
        found[table.name] = tuple(rows)
    return Image(tables=found)
