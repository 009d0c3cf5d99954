"""All that differs between SQL Server and the sample school's SQLite file."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.synergetic.catalogue_queries import FILE, SQL_SERVER, CatalogueQueries
from shared.synergetic.column_types import MAX, ColumnType
from shared.synergetic.layout import TableLocation
from shared.synergetic.quoting import bracketed
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.tables import TABLES
from shared.synergetic.write_dialect import FILE_WRITES, SQL_SERVER_WRITES, WriteDialect

_PLACES = (
    SynergeticSettings.model_fields[name].default for name in ("main_database", "media_database", "main_schema", "media_schema")
)
_COLUMNS = (column.name for table in TABLES.values() for column in table.columns)
# None of them is a word of the language.
_OURS = frozenset({*_PLACES, *TABLES, *_COLUMNS})


@dataclass(frozen=True)
class Dialect:
    """One database product's way of saying what the two say differently.

    Attributes:
        qualify: Names a table in its spot.
        length: Function that counts the bytes of a blob.
        beginning: Gives the first bytes of a blob, in hexadecimal digits where the driver would take them for a text.
        as_written: Gives a code without its column's collation. What SQLite makes by itself to find rows of a subquery by, an
            automatic index, takes no heed of one: of two spellings that are one code to the column it finds the rows of one.
        day: Stands for the value of a day, which is given as ISO text and compared with a date and time.
        begin_snapshot: What to execute, before a transaction begins, to read everything as of one moment; empty if the product
            needs nothing.
        begin: What begins a transaction.
        end: What ends it as if it had not been, also if the product has ended it already.
        narrow: How the driver hands over, as bytes, a text that is not UTF-16; empty if only the driver knows.
        inlines: Whether values stand in the statement itself, because what has any would be held in memory as a whole.
        column: Declares a column's type in the sample school's DDL; the flag says that it holds a code.
        catalogue: How it is asked about itself.
        writes: How it is told to write.
    """

    name: str
    qualify: Callable[[TableLocation, str], str]
    length: str
    beginning: str
    as_written: str
    day: str
    begin_snapshot: str
    begin: str
    end: str
    narrow: str
    inlines: bool
    column: Callable[[ColumnType, bool], str]
    catalogue: CatalogueQueries
    writes: WriteDialect


def named(name: str) -> str:
    """Return a name as a SELECT writes it: a school's own may be a word of the language, such as `Order` or `Index`."""
    return name if name in _OURS else bracketed(name)


def _in_schema(spot: TableLocation, table: str) -> str:
    return ".".join(named(part) for part in (spot.database, spot.schema, table) if part)


def _without_schema(_spot: TableLocation, table: str) -> str:
    return named(table) if table else ""


def _sql_server_type(kind: ColumnType, _code: bool) -> str:  # noqa: FBT001 - the shape of Dialect.column
    return kind.sql


def _sqlite_type(kind: ColumnType, code: bool) -> str:  # noqa: FBT001 - the shape of Dialect.column
    # The ODBC driver goes by the declared word. RTRIM compares codes as T-SQL does: without regard to trailing blanks.
    if kind.is_bytes:
        return "blob"
    plain = "datetime" if kind.name == "smalldatetime" else "text" if kind.is_text and kind.length == MAX else kind.sql
    return f"{plain} COLLATE RTRIM" if code else plain


TSQL = Dialect(
    name="tsql",
    qualify=_in_schema,
    length="DATALENGTH",
    beginning="CAST(SUBSTRING({}, 1, 8) AS varbinary(8))",
    as_written="{}",
    day="CAST(? AS date)",  # as `date` the text means the same under every language setting; as `datetime` it would not
    begin_snapshot="SET TRANSACTION ISOLATION LEVEL SNAPSHOT",
    begin="BEGIN TRANSACTION",
    end="IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION",
    narrow="",
    inlines=False,
    column=_sql_server_type,
    catalogue=SQL_SERVER,
    writes=SQL_SERVER_WRITES,
)
SQLITE = Dialect(
    name="sqlite",
    qualify=_without_schema,
    length="LENGTH",
    beginning="HEX(SUBSTRING({}, 1, 8))",
    as_written="CAST(COALESCE({}, NULL) AS text)",  # a cast alone keeps the collation
    day="?",
    begin_snapshot="",
    begin="BEGIN TRANSACTION",
    end="ROLLBACK TRANSACTION",
    narrow="utf-8",
    inlines=True,
    column=_sqlite_type,
    catalogue=FILE,
    writes=FILE_WRITES,
)
