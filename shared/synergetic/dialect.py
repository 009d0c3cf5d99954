"""All that differs between SQL Server and the sample school's SQLite file."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from shared.synergetic.column_types import ColumnType
from shared.synergetic.layout import Spot

_PLAIN = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")


@dataclass(frozen=True)
class Dialect:
    """One database product's way of saying what the two say differently.

    Attributes:
        qualify: Names a table in its spot.
        length: Function that counts the bytes of a blob.
        day: Stands for the value of a day, which is given as ISO text and compared with a date and time.
        begin_snapshot: What to execute to read everything as of one moment; empty if the product needs nothing.
        column: Declares a column's type in the sample school's DDL; the flag says that it holds a code.
    """

    name: str
    qualify: Callable[[Spot, str], str]
    length: str
    day: str
    begin_snapshot: str
    column: Callable[[ColumnType, bool], str]


def _bracket(name: str) -> str:
    return name if _PLAIN.match(name) else f"[{name}]"


def _in_schema(spot: Spot, table: str) -> str:
    return ".".join(_bracket(part) for part in (spot.database, spot.schema, table) if part)


def _without_schema(_spot: Spot, table: str) -> str:
    return table


def _sql_server_type(kind: ColumnType, _code: bool) -> str:  # noqa: FBT001 - the shape of Dialect.column
    return kind.sql


def _sqlite_type(kind: ColumnType, code: bool) -> str:  # noqa: FBT001 - the shape of Dialect.column
    # The ODBC driver goes by the declared word. RTRIM compares codes as T-SQL does: without regard to trailing blanks.
    return "blob" if kind.is_bytes else f"{kind.sql} COLLATE RTRIM" if code else kind.sql


# As `date` the text means the same under every language setting; as `datetime` it would not.
TSQL = Dialect(
    "tsql", _in_schema, "DATALENGTH", "CAST(? AS date)", "SET TRANSACTION ISOLATION LEVEL SNAPSHOT", _sql_server_type
)
SQLITE = Dialect("sqlite", _without_schema, "LENGTH", "?", "", _sqlite_type)
