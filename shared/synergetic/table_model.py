"""What is declared of a table and of a column."""

from dataclasses import dataclass
from typing import Literal

from shared.synergetic.column_types import ColumnType
from shared.synergetic.version import OLDEST, Version

Certainty = Literal["A", "B", "C", "D"]
Place = Literal["main", "media"]
Mode = Literal["one-way", "two-way"]
Stamp = Literal["when", "who"]
_FIRST = Version(OLDEST)


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        default: What an empty one holds where it is not null, as a SQL literal.
        key: Belongs to the table's key.
        identity: The database numbers it.
        code: Holds a code, which Synergetic compares without regard to trailing blanks.
        sample: Not read; it is in the sample school only.
        since: The first version that has it.
        mode: The mode that needs it, if not the table's.
        write: Two-way mode may write it. Everything else is never named in a write.
        insert_only: It is written when a row is inserted, and never changed after.
        least: The fewest characters a written text must have room for. Real lengths are not public: longer texts are checked
            one by one.
        stamp: It says when, or by whom, a row was changed last. By whom is a Community ID where the database has a number, and
            a login where it has text.
        certainty: How far public facts bear it, if not as far as the table.
        optional: A school may have no such column, and says so by an empty name in `column_names`.
        named: Whether its name is trusted until the settings say otherwise; if not, there is none until they name one.
        candidates: Other names it may have.
        numeric: A text that is read as well where the database has a number instead.
    """

    name: str
    type: ColumnType
    nullable: bool = False
    default: str | None = None
    key: bool = False
    identity: bool = False
    code: bool = False
    sample: bool = False
    since: Version = _FIRST
    mode: Mode | None = None
    write: bool = False
    insert_only: bool = False
    least: int = 1
    stamp: Stamp | None = None
    certainty: Certainty | None = None
    optional: bool = False
    named: bool = True
    candidates: tuple[str, ...] = ()
    numeric: bool = False


@dataclass(frozen=True)
class Table:
    """A table, the place it stands in, and how we know.

    Attributes:
        mode: The mode that needs it; what one-way needs, two-way needs too.
        purpose: What it is read for, and in two-way mode written for, in words for a database administrator.
        inserts: Two-way mode inserts rows.
        deletes: Two-way mode deletes rows, of one student at a time.
        optional: A school may have no such table, and says so by an empty name in `table_names`: it is then read as empty and
            never written.
        named: Whether its name is trusted until the settings say otherwise; if not, there is none until they name one.
        candidates: Other names it may have.
        indexes: Column lists the sample school's file is indexed by, as the real one surely is.
    """

    name: str
    columns: tuple[Column, ...]
    certainty: Certainty
    source: str
    place: Place = "main"
    mode: Mode = "one-way"
    purpose: str = ""
    inserts: bool = False
    deletes: bool = False
    optional: bool = False
    named: bool = True
    candidates: tuple[str, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()

    def column(self, name: str) -> Column:
        """Return the column of this name.

        Raises:
            KeyError: There is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name}.{name}")

    def needed(self, mode: Mode) -> tuple[Column, ...]:
        """Return the columns that the statements of a mode name."""
        modes = {mode, "one-way"}
        return tuple(column for column in self.columns if not column.sample and (column.mode or self.mode) in modes)

    @property
    def read(self) -> tuple[Column, ...]:
        """The columns that SELECTs of the table's own mode name."""
        return self.needed(self.mode)

    @property
    def written(self) -> tuple[Column, ...]:
        """The columns that two-way mode may write."""
        return tuple(column for column in self.columns if column.write)
