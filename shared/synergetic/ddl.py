"""Sample DDL: the contract's tables as a database of some version has them. For samples and tests, never for a school."""

from collections.abc import Iterator

from shared.synergetic.dialect import SQLITE, Dialect
from shared.synergetic.layout import Layout
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.statements import column_name, table_name
from shared.synergetic.table_model import Column, Table
from shared.synergetic.tables import TABLES
from shared.synergetic.version import Version


def create_statements(version: Version, settings: SynergeticSettings, dialect: Dialect) -> list[str]:
    """Return the statements that create every table, empty, in this version's layout; databases and schemas exist already.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    layout = Layout.of(version, settings)
    statements = []
    for table in TABLES.values():
        name = table_name(table, settings, layout, dialect)
        columns = [(column_name(table, column, settings, version), column) for column in table.columns]
        there = [(called, column) for called, column in columns if called]
        lines = [_column(called, column, dialect) for called, column in there]
        keys = [called for called, column in there if column.key and not (column.identity and dialect is SQLITE)]
        if keys:
            lines.append(f"PRIMARY KEY ({', '.join(keys)})")
        statements.append(f"CREATE TABLE {name} (\n    " + ",\n    ".join(lines) + "\n)")
        statements.extend(_indexes(table, name))
    return statements


def _column(called: str, column: Column, dialect: Dialect) -> str:
    if column.identity:
        # SQLite numbers a column only if it is declared with exactly these words.
        return f"{called} integer PRIMARY KEY" if dialect is SQLITE else f"{called} int IDENTITY(1, 1) NOT NULL"
    null = "NULL" if column.nullable else "NOT NULL"
    default = f" DEFAULT {column.default}" if column.default is not None else ""
    return f"{called} {dialect.column(column.type, column.code)} {null}{default}"


def _indexes(table: Table, name: str) -> Iterator[str]:
    for number, columns in enumerate(table.indexes, start=1):
        yield f"CREATE INDEX IX_{table.name}_{number} ON {name} ({', '.join(columns)})"
