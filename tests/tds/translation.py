"""T-SQL made into SQLite's: names in three parts become a table of an attached database, and every result keeps its type."""

import functools
import re
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from tests.tds.answers import SqlError
from tests.tds.kinds import Kind, kind_of

Schema = dict[str, dict[str, dict[str, dict[str, str]]]]
# What a server has once, every database shows.
_SERVER_WIDE = frozenset({"sys.databases", "sys.server_principals"})
_INSERT = re.compile(r"(?i)^INSERT INTO (?:\[?(\w+)\]?\.)?\[?(\w+)\]? ((?:\([^?@]*?\) )?VALUES\n)(.*)$", re.DOTALL)
_LITERAL = re.compile(r"N?('(?:[^']|'')*')|0x([0-9a-fA-F]*)")
_DATETIME = kind_of("datetime", None)
_NOW = ("GETUTCDATE", "CURRENT_TIMESTAMP")
_NAMES = {"integer": "int", "boolean": "bit", "utinyint": "tinyint", "datetime2": "datetime"}


@dataclass(frozen=True)
class Translated:
    """A query in SQLite's words, and its columns with their types; no type where it follows from the values."""

    sql: str
    columns: tuple[tuple[str, Kind | None], ...]


@functools.lru_cache(maxsize=1000)
def parse(sql: str) -> list[exp.Expression]:
    """Parse a batch of T-SQL; the expressions are not to be changed.

    Raises:
        SqlError: It is none.
    """
    try:
        return [one for one in sqlglot.parse(sql, dialect="tsql") if one is not None]
    except ParseError as error:
        raise SqlError(102, f"Incorrect syntax: {error}") from error


def placed(statement: exp.Expression, database: str) -> exp.Expression:
    """Give every table its database and schema."""
    common = {cte.alias.lower() for cte in statement.find_all(exp.CTE)}
    for table in statement.find_all(exp.Table):
        if not table.db and table.name.lower() in common:
            continue
        table.set("db", exp.to_identifier((table.db or "dbo").lower()))
        table.set("catalog", exp.to_identifier((table.catalog or database).lower()))
    return statement


def sqlite_insert(sql: str, database: str) -> str | None:
    """Return SQLite's words for an INSERT of nothing but literals, of which there are too many to parse them; else none."""
    if not (found := _INSERT.match(sql)):
        return None
    values = _LITERAL.sub(lambda one: one[1] or f"x'{one[2]}'", found[4])
    return f'INSERT INTO "{database.lower()}"."{(found[1] or "dbo").lower()}.{found[2].lower()}" {found[3]}{values}'


def in_sqlite(statement: exp.Expression) -> str:
    """Return SQLite's words for a statement whose tables have been placed."""
    for table in statement.find_all(exp.Table):
        if table.catalog:
            catalog = "main" if f"{table.db}.{table.name}".lower() in _SERVER_WIDE else table.catalog
            table.set("this", exp.to_identifier(f"{table.db}.{table.name}".lower(), quoted=True))
            table.set("db", exp.to_identifier(catalog, quoted=True))
            table.set("catalog", None)
    for text in list(statement.find_all(exp.National)):
        text.replace(exp.Literal.string(text.name))
    for cast in list(statement.find_all(exp.Cast)):
        if cast.to.this in (exp.DType.DATETIME2, exp.DType.NVARCHAR):
            moment = cast.to.this == exp.DType.DATETIME2
            cast.replace(exp.func("MOMENT", cast.this) if moment else exp.cast(cast.this, "text", dialect="sqlite"))
        elif any(size.name.upper() == "MAX" for size in cast.to.expressions):
            cast.to.set("expressions", [])
    # SQLite's own is in UTC.
    for now in list(statement.find_all(exp.CurrentTimestamp)):
        now.replace(exp.Anonymous(this="GETDATE"))
    for sum_ in list(statement.find_all(exp.Add)):
        if _is_text(sum_):
            sum_.replace(exp.DPipe(this=sum_.this, expression=sum_.expression))
    return statement.sql("sqlite")


def translate(query: exp.Expression, database: str, schema: Schema) -> Translated:
    """Translate a query, given the types of all columns."""
    whole = placed(query.copy(), database)
    known = MappingSchema(schema, dialect="tsql")
    qualified = qualify(
        whole.copy(), schema=known, dialect="tsql", validate_qualify_columns=False, quote_identifiers=False, identify=False
    )
    typed = annotate_types(qualified, schema=known, dialect="tsql")
    return Translated(
        in_sqlite(whole),
        tuple((one.alias_or_name, _kind_of_column(one)) for one in typed.selects),
    )


def _kind_of_column(column: exp.Expression) -> Kind | None:
    return _DATETIME if any(now in column.sql() for now in _NOW) else _kind(column.type)


def _is_text(expression: exp.Expression) -> bool:
    return any(one.is_string or one.name.upper() == "QUOTENAME" for one in expression.find_all(exp.Literal, exp.Anonymous))


def written(kind: exp.DataType) -> str:
    """Return a type as T-SQL's own tables have it, in lower case: `varchar(5)`, `int`."""
    name, point, length = kind.sql("tsql").lower().partition("(")
    return _NAMES.get(name, name) + point + length


def _kind(found: exp.DataType | None) -> Kind | None:
    if found is None:
        return None
    name, _, length = written(found).rstrip(")").partition("(")
    try:
        return kind_of(name, -1 if length == "max" else int(length) if length.isdigit() else None)
    except KeyError:
        return None


def kind_of_values(values: list[object]) -> Kind:
    """Return the type that values have which no table declares."""
    some = next((value for value in values if value is not None), 0)
    if isinstance(some, int):
        return kind_of("int", None)
    if isinstance(some, float):
        return kind_of("float", None)
    return kind_of("varbinary", -1) if isinstance(some, bytes) else kind_of("nvarchar", -1)
