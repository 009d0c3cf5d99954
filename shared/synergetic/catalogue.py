"""What a database says of the tables and columns that we name, and of others that an open name may stand for.

Statements go out and rows come in; nothing here connects. Names are compared as Synergetic compares them: case does not count.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.synergetic.access import accesses
from shared.synergetic.column_types import MAX
from shared.synergetic.dialect import Dialect
from shared.synergetic.layout import Layout, TableLocation
from shared.synergetic.quoting import bracketed
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.statements import Statement, physical_name
from shared.synergetic.table_model import Mode
from shared.synergetic.tables import TABLES
from shared.synergetic.values import clean_flag, clean_number
from shared.synergetic.version import Version

_SIZED = re.compile(r"^(\w+)\s*\(\s*(\d+)\s*(?:,\s*\d+\s*)?\)$")
_ENDLESS = frozenset({"text", "ntext", "image", "xml"})
_TWO_BYTES = frozenset({"nvarchar", "nchar"})
_MEASURED = frozenset({"varchar", "char", "varbinary", "binary"}) | _TWO_BYTES


@dataclass(frozen=True)
class FoundColumn:
    """A column as the database has it.

    Attributes:
        type: Its type's name, in lower case, without a length.
        length: How many characters, or bytes, it holds; `MAX` for any number, None for types that have no length.
        numbered: The database numbers it.
        computed: The database computes it.
    """

    name: str
    type: str
    length: int | None = None
    nullable: bool = True
    has_default: bool = False
    numbered: bool = False
    computed: bool = False


@dataclass(frozen=True)
class FoundTable:
    """A table as the database has it.

    Attributes:
        view: It is a view, behind which other tables stand.
    """

    name: str
    columns: tuple[FoundColumn, ...]
    view: bool = False

    def column(self, name: str) -> FoundColumn | None:
        """Return the column of this name, if there is one."""
        return next((column for column in self.columns if column.name.casefold() == name.casefold()), None)


@dataclass(frozen=True)
class Trigger:
    """A trigger that is switched on.

    Attributes:
        instead: It runs instead of the statement, which then changes nothing by itself.
    """

    table: str
    name: str
    instead: bool


@dataclass(frozen=True)
class Question:
    """A statement, and the spot whose tables it asks for."""

    spot: TableLocation
    statement: Statement


@dataclass(frozen=True)
class Catalogue:
    """The tables that were found, by spot and by name without regard to case."""

    tables: Mapping[tuple[TableLocation, str], FoundTable] = field(default_factory=dict)

    @classmethod
    def of(cls, answers: Iterable[tuple[Question, Iterable[Sequence[object]]]]) -> "Catalogue":
        """Return what the answers to `column_questions` and `unlisted_questions` say."""
        found = ((question.spot, table) for question, rows in answers for table in _tables(rows))
        return cls({(spot, table.name.casefold()): table for spot, table in found})

    def table(self, spot: TableLocation, name: str) -> FoundTable | None:
        """Return a table, if there is one of this name."""
        return self.tables.get((spot, name.casefold()))


def column_questions(mode: Mode, version: Version, settings: SynergeticSettings, dialect: Dialect) -> tuple[Question, ...]:
    """Return what to ask for the columns of all that a mode needs, and of what its open names may stand for: one per spot.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    layout = Layout.of(version, settings)
    names: dict[TableLocation, dict[str, None]] = {}
    for table in TABLES.values():
        if mode == "two-way" or table.mode == "one-way":
            wanted = (physical_name(table, settings), table.name, *table.candidates)
            names.setdefault(layout.spot(table.place), {}).update(dict.fromkeys(filter(None, wanted)))
    return tuple(question(dialect.catalogue.columns, spot, tuple(wanted)) for spot, wanted in names.items())


def unlisted_questions(asked: Iterable[Question], found: Catalogue, dialect: Dialect) -> Iterator[Question]:
    """Yield what to ask once more for tables that the answers to `column_questions` did not tell of."""
    template = dialect.catalogue.unlisted
    for one in asked:
        _, *names = map(str, one.statement.parameters)
        if template and (missing := [name for name in names if found.table(one.spot, name) is None]):
            yield question(template, one.spot, missing)


def trigger_questions(version: Version, settings: SynergeticSettings, dialect: Dialect) -> tuple[Question, ...]:
    """Return what to ask for the triggers of all tables that two-way mode writes: one per spot.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    names: dict[TableLocation, list[str]] = {}
    for access in accesses("two-way", version, settings):
        if access.writes:
            names.setdefault(access.spot, []).append(access.called)
    return tuple(question(dialect.catalogue.triggers, spot, wanted) for spot, wanted in names.items())


def found_triggers(rows: Iterable[Sequence[object]]) -> tuple[Trigger, ...]:
    """Return the triggers that an answer tells of, but for those that are switched off."""
    found = ((Trigger(str(table), str(name), clean_flag(instead)), clean_flag(off)) for table, name, instead, off in rows)
    return tuple(trigger for trigger, is_off in found if not is_off)


def snapshot_statement(version: Version, settings: SynergeticSettings, dialect: Dialect) -> Statement:
    """Return what to ask for the state of snapshots in each database that is read (name, 1 if allowed, 1 if read committed).

    Raises:
        ContractError: A configured database is a stale copy.
    """
    layout = Layout.of(version, settings)
    # What is connected is asked for by the statement itself.
    names = tuple(spot.database or "" for spot in (layout.main, layout.media))
    return Statement(dialect.catalogue.snapshots.format(marks=_marks(names)), names)


def clock_statement(dialect: Dialect) -> Statement:
    """Return what to ask for the server's time, in UTC and in its own zone."""
    return Statement(dialect.catalogue.clock)


def connected_statement(dialect: Dialect) -> Statement:
    """Return what to ask for the name of the connected database, which the login or the connection may have chosen."""
    return Statement(dialect.catalogue.connected)


def clock_time(row: Sequence[object]) -> tuple[datetime, timedelta]:
    """Return the time that the answer to `clock_statement` holds, and by how much its zone is ahead of UTC, in whole minutes.

    Raises:
        ValueError: It is not a time.
    """
    utc, local = (value if isinstance(value, datetime) else datetime.fromisoformat(str(value)) for value in row)
    return utc.replace(tzinfo=UTC), timedelta(minutes=round((local - utc) / timedelta(minutes=1)))


def question(template: str, spot: TableLocation, names: Sequence[str]) -> Question:
    """Return one of the catalogue's queries about what has one of these names in a spot."""
    in_database = f"{bracketed(spot.database)}." if spot.database else ""
    sql = template.format(in_database=in_database, marks=_marks(names))
    return Question(spot, Statement(sql, (spot.schema, *names)))


def _marks(names: Sequence[str]) -> str:
    return ", ".join("?" * len(names))


def _tables(rows: Iterable[Sequence[object]]) -> Iterator[FoundTable]:
    columns: dict[str, list[FoundColumn]] = {}
    views: set[str] = set()
    for table, column, kind, size, nullable, has_default, numbered, computed, view in rows:
        name, length = sized(str(kind or "").lower(), clean_number(size) or 0)
        found = FoundColumn(str(column), name, length, *map(clean_flag, (nullable, has_default, numbered, computed)))
        columns.setdefault(str(table), []).append(found)
        if clean_flag(view):
            views.add(str(table))
    return (FoundTable(name, tuple(found), view=name in views) for name, found in columns.items())


def sized(name: str, size: int) -> tuple[str, int | None]:
    """Return a type's name and its length in characters; one product gives bytes beside the name, the other says it in it."""
    if sized := _SIZED.match(name):
        return sized[1], int(sized[2])
    if name in _ENDLESS or (name in _MEASURED and size == MAX):
        return name, MAX
    if name not in _MEASURED:
        return name, None
    return name, size // 2 if name in _TWO_BYTES else size
