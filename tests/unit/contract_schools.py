"""Databases for tests of the contract: exactly as it declares them, to be altered, and small ones of every version as files."""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

from local.school import create_school
from shared.manifests import Period
from shared.synergetic import ROW_SETS, SQLITE, Catalogue, Mode, Queries, SynergeticSettings, Version, accesses
from shared.synergetic.catalogue import FoundColumn, FoundTable, column_questions
from shared.synergetic.column_types import MAX, ColumnType
from shared.synergetic.parameters import FoundParameter, FoundProcedure

TODAY = date(2026, 9, 1)
PERIOD = Period(year=2026, semester=2)
PLAIN = SynergeticSettings()
VERSIONS = ("65", "65.19", "66", "66R2", "67", "68.24", "69", "70.16.1", "71.58")
Procedures = dict[str, FoundProcedure]
Alter = Callable[[FoundTable], FoundTable | None]


def as_declared(version: str = "68.24", settings: SynergeticSettings = PLAIN, mode: Mode = "two-way") -> Catalogue:
    """Return a database that has exactly what a mode needs, in the declared types."""
    found = {}
    for access in accesses(mode, Version.parse(version), settings):
        columns = tuple(_column(one.called, one.column.type, nullable=one.column.nullable) for one in access.columns)
        numbered = {one.called for one in access.columns if one.column.identity}
        columns = tuple(replace(column, numbered=column.name in numbered) for column in columns)
        found[access.spot, access.called.casefold()] = FoundTable(access.called, columns)
    return Catalogue(found)


def products(settings: SynergeticSettings, found: Catalogue, version: str = "68.24") -> Procedures:
    """Return the procedures that a product would have, as others of Synergetic's are."""
    made = {}
    for access in accesses("two-way", Version.parse(version), settings):
        table = found.table(access.spot, access.called) or FoundTable("", ())
        for kind, name in access.procedures:
            numbered = [column for column in table.columns if column.numbered]
            columns = numbered if kind == "delete" else table.columns
            parameters = (
                FoundParameter(f"@{one.name}", one.type, one.length, is_output=kind == "insert" and one.numbered)
                for one in columns
            )
            made[name] = FoundProcedure(name, tuple(parameters))
    return made


def _column(name: str, kind: ColumnType, *, nullable: bool) -> FoundColumn:
    length = MAX if kind.name in {"text", "image"} else kind.length
    return FoundColumn(name, kind.name, length, nullable, has_default=not nullable)


def altered(found: Catalogue, table: str, alter: Alter) -> Catalogue:
    """Return a database with one table altered; None drops it."""
    tables = {}
    for (spot, name), one in found.tables.items():
        new = alter(one) if one.name == table else one
        if new is not None:
            tables[spot, new.name.casefold() if new.name != one.name else name] = new
    return Catalogue(tables)


def with_column(name: str, **values: object) -> Alter:
    """Return what alters one column, or adds it."""

    def alter(table: FoundTable) -> FoundTable:
        found = table.column(name) or FoundColumn(name, "varchar", 50)
        others = tuple(column for column in table.columns if column.name != name)
        return replace(table, columns=(*others, replace(found, **values)))  # type: ignore[arg-type]

    return alter


def without_column(*names: str) -> Alter:
    """Return what drops columns."""
    return lambda table: replace(table, columns=tuple(column for column in table.columns if column.name not in names))


def small_school(path: Path, version: str) -> Path:
    """Make the file of a school with 15 students, the same people in every version."""
    create_school(path, students=15, photos=4, version=version, today=TODAY)
    return path


def rows_of(path: Path, version: str, settings: SynergeticSettings = PLAIN) -> dict[str, list[tuple[object, ...]]]:
    """Read every row set of a file, sorted."""
    queries = Queries.of(Version.parse(version), settings, SQLITE)
    with closing(sqlite3.connect(path)) as connection:
        statements = {name: queries.row_set(name, PERIOD, today=TODAY) for name in ROW_SETS}
        return {
            name: sorted(connection.execute(one.sql, one.parameters).fetchall(), key=repr) for name, one in statements.items()
        }


def catalogue_of(path: Path, version: str, mode: Mode = "two-way", settings: SynergeticSettings = PLAIN) -> Catalogue:
    """Ask a file what it has."""
    with closing(sqlite3.connect(path)) as connection:
        questions = column_questions(mode, Version.parse(version), settings, SQLITE)
        return Catalogue.of(
            [(ask, connection.execute(ask.statement.sql, ask.statement.parameters).fetchall()) for ask in questions]
        )


def codes(found: Iterable[object]) -> set[tuple[str, str, str]]:
    """Return code, severity and place of findings."""
    return {(one.code, one.severity, f"{one.table}.{one.column}".strip(".")) for one in found}  # type: ignore[attr-defined]
