"""What planning needs to know of a table: how its rows are known, whose they are, and what a column can hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from shared.writeback.rows import Row, Values

ValueKind = Literal["text", "whole", "bit", "moment"]
Key = tuple[object, ...]


@dataclass(frozen=True)
class WriteColumn:
    """A column as the school has it.

    Attributes:
        type: The name of its real type.
        length: How many characters it holds; None for any number.
        code: Holds a code, which is compared without regard to case and to blanks around it.
        nought: A number for which 0 means none.
        write: It may be written.
        insert_only: It is written when a row is inserted, and never changed after.
        stamp: It says when or by whom a row was changed; whoever writes fills it in.
        refers: The table whose rows its numbers name.
    """

    name: str
    kind: ValueKind
    type: str
    length: int | None = None
    nullable: bool = False
    code: bool = False
    nought: bool = False
    write: bool = False
    insert_only: bool = False
    stamp: bool = False
    refers: str = ""


@dataclass(frozen=True)
class WriteTable:
    """A table as the school has it.

    Attributes:
        key: The columns by which a row is known; all of them, if the table has no key that we know of.
        identity: The column that the database numbers; empty if there is none.
        owner: The column with the student; empty for a table whose rows belong to other rows of theirs.
        active: The column that says whether a row still holds; empty if there is none. A row that no longer holds is history:
            it is not removed, and holds again when its item comes back.
        single: There is one row a student.
        same: The columns that make two rows rows of one thing, where the table is numbered.
        inserts: Rows of it may be inserted.
        deletes: Rows of it may be deleted.
        people: Lists of people who stand in columns of a row: of each person the columns, the name first, and in the same order
            for everybody in a list.
    """

    name: str
    columns: tuple[WriteColumn, ...]
    key: tuple[str, ...]
    identity: str = ""
    owner: str = ""
    active: str = ""
    single: bool = False
    same: tuple[str, ...] = ()
    inserts: bool = False
    deletes: bool = False
    people: tuple[tuple[tuple[str, ...], ...], ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, WriteColumn]:
        """The columns by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def content(self) -> tuple[WriteColumn, ...]:
        """The columns that say what a row states: all that are written but the stamps."""
        return tuple(column for column in self.columns if column.write and not column.stamp)

    @cached_property
    def references(self) -> tuple[WriteColumn, ...]:
        """The columns that name rows of another table."""
        return tuple(column for column in self.columns if column.refers)

    @cached_property
    def others(self) -> tuple[WriteColumn, ...]:
        """The columns that are the school's own: no write could bring their values back."""
        known = {*self.key, self.owner}
        return tuple(one for one in self.columns if not (one.write or one.stamp or one.name in known))

    @cached_property
    def known_by(self) -> frozenset[str]:
        """The columns without which a new row would be no row of its thing, or nobody's."""
        return frozenset({*self.key, *self.same, self.owner, self.active})

    @property
    def writes(self) -> bool:
        """Whether it is written at all."""
        return bool(self.content)

    def where(self, row: Row) -> Values:
        """Return by what a row is found, in the values that it has."""
        return {name: row.values.get(name) for name in self.key}


class WriteTables:
    """The tables that are written, or whose rows hang on such: those that others refer to come first."""

    def __init__(self, tables: tuple[WriteTable, ...]) -> None:
        self._tables = {table.name: table for table in _in_order(tables)}

    def __iter__(self) -> Iterator[WriteTable]:
        """Yield the tables, those that others refer to first."""
        return iter(self._tables.values())

    def __getitem__(self, name: str) -> WriteTable:
        """Return the table of this name."""
        return self._tables[name]

    def __contains__(self, name: object) -> bool:
        """Say whether there is a table of this name."""
        return name in self._tables


def _in_order(tables: tuple[WriteTable, ...]) -> Iterator[WriteTable]:
    waiting, done = list(tables), set[str]()
    names = {table.name for table in tables}
    while waiting:
        ready = [one for one in waiting if {column.refers for column in one.references} & names <= done]
        if not ready:
            raise ValueError("tables refer to each other in a circle")
        yield from ready
        done |= {table.name for table in ready}
        waiting = [table for table in waiting if table not in ready]
