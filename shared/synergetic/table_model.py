"""What is declared of a table and of a column."""

from dataclasses import dataclass
from typing import Literal

from shared.synergetic.column_types import ColumnType
from shared.synergetic.version import OLDEST, Version

Certainty = Literal["A", "B", "C", "D"]
Place = Literal["main", "media"]
Mode = Literal["one-way", "two-way"]
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
        write: Two-way mode may write it. Everything else is never named in a write.
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
    write: bool = False


@dataclass(frozen=True)
class Table:
    """A table, the place it stands in, and how we know.

    Attributes:
        mode: The mode that needs it; what one-way needs, two-way needs too.
        purpose: What it is read for, and in two-way mode written for, in words for a database administrator.
        indexes: Column lists the sample school's file is indexed by, as the real one surely is.
    """

    name: str
    columns: tuple[Column, ...]
    certainty: Certainty
    source: str
    place: Place = "main"
    mode: Mode = "one-way"
    purpose: str = ""
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

    @property
    def read(self) -> tuple[Column, ...]:
        """The columns that SELECTs name."""
        return tuple(column for column in self.columns if not column.sample)

    @property
    def written(self) -> tuple[Column, ...]:
        """The columns that two-way mode may write."""
        return tuple(column for column in self.columns if column.write)
