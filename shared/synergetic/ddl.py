"""Sample DDL: the contract's tables as a database of some version has them. For samples and tests, never for a school."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.synergetic.dialect import SQLITE, Dialect, named
from shared.synergetic.layout import Layout
from shared.synergetic.quoting import bracketed
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.statements import column_name, physical_name, table_name
from shared.synergetic.table_model import Column, Table
from shared.synergetic.tables import TABLES
from shared.synergetic.version import Version


@dataclass(frozen=True)
class Preparation:
    """A statement, a batch of its own, that makes a place for tables, and the database to run it in; None is any."""

    sql: str
    database: str | None = None


def preparations(version: Version, settings: SynergeticSettings, *, database: str) -> list[Preparation]:
    """Return what creates a layout's databases and schemas on SQL Server, in order.

    Args:
        version: The version, which decides the layout.
        settings: What the school calls things.
        database: What the one database of version 68 and later is to be called.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    layout = Layout.of(version, settings)
    spots = [(spot.database or database, spot.schema) for spot in (layout.main, layout.media)]
    made = [Preparation(f"CREATE DATABASE {bracketed(name)}") for name in dict.fromkeys(name for name, _ in spots)]
    schemas = [
        Preparation(f"CREATE SCHEMA {bracketed(schema)}", name)
        for name, schema in dict.fromkeys(spots)
        if schema.lower() != "dbo"
    ]
    return made + schemas


def create_statements(version: Version, settings: SynergeticSettings, dialect: Dialect) -> list[str]:
    """Return the statements that create every table, empty, in this version's layout; databases and schemas exist already.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    layout = Layout.of(version, settings)
    statements = []
    for table in TABLES.values():
        names = {column.name: column_name(table, column, settings, version) for column in table.columns}
        here = {of: named(name) if name else "" for of, name in names.items()}
        if physical_name(table, settings):
            name = table_name(table, settings, layout, dialect)
            statements.append(_table(table, name, here, dialect))
            statements.extend(_indexes(table, name, here))
    return statements


def _table(table: Table, name: str, here: Mapping[str, str], dialect: Dialect) -> str:
    there = [(here[column.name], column) for column in table.columns if here[column.name]]
    lines = [_column(called, column, dialect) for called, column in there]
    keys = [called for called, column in there if column.key and not (column.identity and dialect is SQLITE)]
    if keys:
        lines.append(f"PRIMARY KEY ({', '.join(keys)})")
    return f"CREATE TABLE {name} (\n    " + ",\n    ".join(lines) + "\n)"


def _column(called: str, column: Column, dialect: Dialect) -> str:
    if column.identity:
        # SQLite numbers a column only if it is declared with exactly these words.
        return f"{called} integer PRIMARY KEY" if dialect is SQLITE else f"{called} int IDENTITY(1, 1) NOT NULL"
    null = "NULL" if column.nullable else "NOT NULL"
    default = f" DEFAULT {column.default}" if column.default is not None else ""
    return f"{called} {dialect.column(column.type, column.code)} {null}{default}"


def _indexes(table: Table, name: str, here: Mapping[str, str]) -> Iterator[str]:
    for number, columns in enumerate(table.indexes, start=1):
        if all(here[column] for column in columns):
            yield f"CREATE INDEX IX_{table.name}_{number} ON {name} ({', '.join(here[column] for column in columns)})"
