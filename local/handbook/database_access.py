"""The page for a school's database administrator, made from the contract: what is read and written, why, how sure we are."""

from collections.abc import Iterable, Iterator, Sequence

from shared.synergetic.layout import Layout, TableLocation
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.table_model import Certainty, Column, Mode, Table
from shared.synergetic.tables import TABLES
from shared.synergetic.version import FIRST_SINGLE_DATABASE, NEWEST, OLDEST, Version

_SURE: dict[Certainty, str] = {
    "A": "the vendor says so",
    "B": "seen in working integrations",
    "C": "another integrator's public page says so",
    "D": "inferred",
}
_PREFIX = "Student"
_STAMPS = {
    "when": "when the row was changed last",
    "who": "who changed it last: a Community ID if the column is a number, a login if it is text",
}
_INTRODUCTION = f"""\
# Access to Synergetic's database

For the school's database administrator. This page is made from the relay's own list of tables and columns, the same list that
its statements, its check and its grants are made from. `make database-access` writes it.

- **One-way** reads the columns of the first table below, and nothing else. It never writes.
- **Two-way** reads and writes medical details on top. It writes only where this page says *written*.
- Rows are selected for current students, their contacts and active staff. Nothing is ever read uncommitted.
- `operoo-relay grants` makes the script that grants exactly this. `operoo-relay check` compares this page with your database.

Versions {OLDEST} to {NEWEST} have all of it, unless a column says since when.
"""
_SURENESS = """\
## How sure we are

Nobody publishes Synergetic's tables. Each entry says how far public facts bear its name:

| Letter | What it rests on |
|---|---|
"""
_TWO_WAY = """\
## Two-way

In two-way mode the relay writes into what follows, one student in one transaction, and only while every table and column is as
this page says. What was there before and what is there now goes to the school's stack, so that a write can be taken back.

Everything above is needed too. A column that is only *read* is never named in a write. *New rows* means: written when a row is
inserted, and never changed after. Types are ours; the check says whether yours fit.
"""
_OPEN = """\
## Names that may differ here

`operoo-relay check` looks for these names too, and proposes the setting if it finds exactly one of them. What has no name yet
is not used until `table_names` or `column_names` names it. An empty name says that there is none here.

| What we call it | Until a setting says otherwise | Looked for |
|---|---|---|
"""


def database_access() -> str:
    """Return the page, as Markdown."""
    one_way = [table for table in TABLES.values() if table.mode == "one-way"]
    written = [table for table in TABLES.values() if table.written]
    read = [table for table in TABLES.values() if _more(table, "two-way") and not table.written]
    lines = [
        *(_INTRODUCTION, *_places(), _SURENESS + _joined(f"| {letter} | {what} |" for letter, what in _SURE.items())),
        *("## One-way", _read_table(one_way, "one-way"), _TWO_WAY, *(_chapter(table) for table in written)),
        *("### Only read", _read_table(read, "two-way"), _OPEN + _joined(_open_names())),
    ]
    return "\n\n".join(line.strip("\n") for line in lines) + "\n"


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _places() -> Iterator[str]:
    yield "## Where things are"
    yield _joined(
        (
            "| Version | Photos | Everything else |",
            "|---|---|---|",
            _place(f"up to {FIRST_SINGLE_DATABASE - 1}", Version(OLDEST)),
            _place(f"from {FIRST_SINGLE_DATABASE} on", Version(NEWEST)),
        )
    )
    yield "These are the defaults of settings. A database whose name begins with `zPre68` is a stale copy, and is refused."


def _place(when: str, version: Version) -> str:
    layout = Layout.of(version, SynergeticSettings())
    return f"| {when} | {_spot(layout.media)} | {_spot(layout.main)} |"


def _spot(spot: TableLocation) -> str:
    return f"database `{spot.database}`, schema `{spot.schema}`" if spot.database else f"schema `{spot.schema}`"


def _more(table: Table, mode: Mode) -> list[Column]:
    """Return the columns that a mode reads, and none of those that the other one reads."""
    return [column for column in table.needed("two-way") if (column.mode or table.mode) == mode]


def _read_table(tables: Iterable[Table], mode: Mode) -> str:
    head = ("| Table | Columns that are read | What for | Sure |", "|---|---|---|---|")
    return _joined((*head, *(_read_row(table, _more(table, mode)) for table in tables)))


def _read_row(table: Table, columns: Sequence[Column]) -> str:
    names = ", ".join(f"{column.name}{_since(column)}" for column in columns)
    return f"| `{table.name}` | {names} | {table.purpose} | {_sure(table, columns)} |"


def _sure(table: Table, columns: Sequence[Column]) -> str:
    less = ", ".join(f"{column.name}: {column.certainty}" for column in columns if column.certainty)
    return f"{table.certainty}: {table.source}{f'; {less}' if less else ''}"


def _since(column: Column) -> str:
    return f" (since {column.since})" if column.since > Version(OLDEST) else ""


def _chapter(table: Table) -> str:
    columns = _more(table, "two-way")
    return _joined(
        (
            f"### {table.name}\n",
            f"{table.purpose} {_rows(table)} Sure: {table.certainty}, {table.source}.\n",
            "| Column | Type | Use | Note |",
            "|---|---|---|---|",
            *(f"| `{column.name}` | {column.type.sql} | {_use(column)} | {_note(column)} |" for column in columns),
        )
    )


def _rows(table: Table) -> str:
    verbs = [verb for verb, does in (("inserted", table.inserts), ("deleted", table.deletes)) if does]
    if any(not column.insert_only for column in table.written):
        verbs.insert(1 if table.inserts else 0, "updated")
    return f"Rows are {' and '.join(filter(None, (', '.join(verbs[:-1]), verbs[-1])))}."


def _use(column: Column) -> str:
    if not column.write:
        return "read"
    return "new rows" if column.insert_only else "**written**"


def _note(column: Column) -> str:
    return "; ".join(
        filter(
            None,
            (
                "numbered by the database" if column.identity else "",
                _STAMPS[column.stamp] if column.stamp else "",
                "not used until a setting names it" if not column.named else "",
                f"{_SURE[column.certainty]} ({column.certainty})" if column.certainty else "",
                _since(column).strip(" ()"),
            ),
        )
    )


def _open_names() -> Iterator[str]:
    for table in TABLES.values():
        if table.candidates:
            yield _open_row(table.name, table)
        columns = [column for column in table.columns if column.candidates or not column.named]
        if prefixed := [column for column in columns if column.candidates == (f"{_PREFIX}{column.name}",)]:
            yield f"| {len(prefixed)} columns of `{table.name}` | as above | the same with `{_PREFIX}` before it |"
        yield from (_open_row(f"{table.name}.{column.name}", column) for column in columns if column not in prefixed)


def _open_row(name: str, of: Table | Column) -> str:
    looked_for = of.candidates if of.named else (of.name, *of.candidates)
    return f"| `{name}` | {f'`{of.name}`' if of.named else 'none'} | {', '.join(f'`{one}`' for one in looked_for)} |"
