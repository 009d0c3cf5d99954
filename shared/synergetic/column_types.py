"""The types of SQL Server that Synergetic's columns have."""

from dataclasses import dataclass
from typing import Literal

TypeName = Literal[
    "int",
    "smallint",
    "tinyint",
    "bit",
    "varchar",
    "nvarchar",
    "char",
    "datetime",
    "smalldatetime",
    "varbinary",
    "image",
    "text",
]
_TEXT = frozenset({"varchar", "nvarchar", "char", "text"})
_BYTES = frozenset({"varbinary", "image"})
MAX = -1


@dataclass(frozen=True)
class ColumnType:
    """A type of SQL Server, with its length where it has one; `MAX` is `(max)`."""

    name: TypeName
    length: int | None = None

    @property
    def is_text(self) -> bool:
        """Whether it holds characters."""
        return self.name in _TEXT

    @property
    def is_bytes(self) -> bool:
        """Whether it holds bytes."""
        return self.name in _BYTES

    @property
    def sql(self) -> str:
        """The type as T-SQL writes it."""
        if self.length is None:
            return self.name
        return f"{self.name}({'max' if self.length == MAX else self.length})"


INT = ColumnType("int")
SMALLINT = ColumnType("smallint")
TINYINT = ColumnType("tinyint")
BIT = ColumnType("bit")
DATETIME = ColumnType("datetime")
SMALLDATETIME = ColumnType("smalldatetime")
TEXT = ColumnType("text")
BLOB = ColumnType("varbinary", MAX)


def varchar(length: int) -> ColumnType:
    """Return `varchar(length)`."""
    return ColumnType("varchar", length)
