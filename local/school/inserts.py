"""A school's rows as INSERT statements with the values in them, for a server.

Many rows go in one statement, and no value is bound, so that no driver's ways with parameters matter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from local.school.book import Book
from shared.synergetic import TABLES, TSQL, Column, Layout, SynergeticSettings, Version
from shared.synergetic.layout import TableLocation
from shared.synergetic.quoting import literal
from shared.synergetic.statements import column_name, physical_name

# SQL Server takes a thousand rows in one statement.
_ROWS = 250


@dataclass(frozen=True)
class Insert:
    """A statement, and the place whose database it runs in; it names the schema alone."""

    spot: TableLocation
    sql: str


def insert_statements(book: Book, version: Version, settings: SynergeticSettings) -> Iterator[Insert]:
    """Yield the statements that write a book's rows, in order: so the server numbers them as the book does.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    layout = Layout.of(version, settings)
    for name, rows in book.rows.items():
        table = TABLES[name]
        spot = layout.spot(table.place)
        columns = [table.column(column) for column in book.columns(name)]
        here = [column_name(table, column, settings, version) for column in columns]
        kept = [number for number, column in enumerate(columns) if here[number] and not column.identity]
        into = TSQL.qualify(TableLocation(spot.schema), physical_name(table, settings))
        if not kept:
            yield from (Insert(spot, f"INSERT INTO {into} DEFAULT VALUES") for _ in rows)
            continue
        head = f"INSERT INTO {into} ({', '.join(here[number] for number in kept)}) VALUES\n"
        for start in range(0, len(rows), _ROWS):
            written = (
                _row([columns[number] for number in kept], [row[number] for number in kept])
                for row in rows[start : start + _ROWS]
            )
            yield Insert(spot, head + ",\n".join(written))


def _row(columns: Sequence[Column], values: Sequence[object]) -> str:
    return f"({', '.join(map(_literal, columns, values))})"


def _literal(column: Column, value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, int):
        return str(value)
    # With a T between them, day and time mean the same under every language setting.
    return literal(str(value).replace(" ", "T") if column.type.name in {"datetime", "smalldatetime"} else str(value))
