"""T-SQL's CREATE TABLE made into SQLite's: types become affinities, text gets the server's way to compare, identity stays."""

from dataclasses import dataclass

from sqlglot import exp

from tests.tds.translation import written

_TEXT = ("varchar", "nvarchar", "char", "text")


@dataclass(frozen=True)
class Table:
    """A table to be made, by its name in lower case and as it is shown, and the types of its columns."""

    sql: str
    database: str
    schema: str
    name: str
    shown: str
    types: dict[str, str]


def created_table(create: exp.Expression) -> Table:
    """Translate a CREATE TABLE whose table has been placed."""
    table = create.find(exp.Table)
    defined = list(create.this.expressions)
    columns = [one for one in defined if isinstance(one, exp.ColumnDef)]
    types = {one.name.lower(): written(one.kind) for one in columns}
    lines = [_column(one, types[one.name.lower()]) for one in columns]
    if not any(one.find(exp.GeneratedAsIdentityColumnConstraint) for one in columns):
        lines += [one.sql("sqlite") for one in defined if isinstance(one, exp.PrimaryKey)]
    where = f'"{table.catalog}"."{table.db}.{table.name.lower()}"'
    return Table(f"CREATE TABLE {where} ({', '.join(lines)})", table.catalog, table.db, table.name.lower(), table.name, types)


def _column(column: exp.ColumnDef, kind: str) -> str:
    if column.find(exp.GeneratedAsIdentityColumnConstraint):
        return f"{column.name} INTEGER PRIMARY KEY"
    affinity = "TEXT COLLATE tsql" if kind.startswith(_TEXT) else "BLOB" if kind.startswith(("varbinary", "image")) else kind
    default = column.find(exp.DefaultColumnConstraint)
    null = column.find(exp.NotNullColumnConstraint)
    given = f" DEFAULT {default.this.sql('sqlite')}" if default else ""
    return f"{column.name} {affinity}{' NOT NULL' if null and not null.args.get('allow_null') else ''}{given}"
