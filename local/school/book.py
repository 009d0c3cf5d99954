"""The rows of a school being made: collected per table, with Synergetic's own way of saying "nothing", then written."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from shared.synergetic import SQLITE, TABLES, Column, SynergeticSettings, Version, create_statements

_ZERO_OR_EMPTY = {"0": 0, "''": ""}


class Book:
    """Rows by table. What is not given of a row is '' or 0 where Synergetic has that for empty, else NULL."""

    def __init__(self, first_person: int = 10_001, first_address: int = 501) -> None:
        self.rows: dict[str, list[tuple[object, ...]]] = defaultdict(list)
        self._blank = {
            table.name: {column.name: _empty(column) for column in table.columns if column.named}
            for table in TABLES.values()
            if table.named
        }
        self._next_person = first_person
        self._next_address = first_address
        self._sequences: dict[str, int] = defaultdict(int)

    def new_person(self) -> int:
        """Return the next Community ID."""
        self._next_person += 1
        return self._next_person - 1

    def new_address(self) -> int:
        """Return the next address's ID."""
        self._next_address += 1
        return self._next_address - 1

    def sequence(self, of: str) -> int:
        """Return the next number of a sequence."""
        self._sequences[of] += 1
        return self._sequences[of]

    def continue_after(self, of: str, last: int) -> None:
        """Let a sequence go on after its last number."""
        self._sequences[of] = last

    def add(self, table: str, **values: object) -> None:
        """Add a row.

        Raises:
            KeyError: The contract has no such table or column.
        """
        blank = self._blank[table]
        if unknown := values.keys() - blank.keys():
            raise KeyError(f"{table} has no {', '.join(sorted(unknown))}")
        self.rows[table].append(tuple({**blank, **values}.values()))

    def columns(self, table: str) -> list[str]:
        """Return the names of a table's columns, in the order of its rows' values."""
        return list(self._blank[table])

    def insert_statement(self, table: str) -> str:
        """Return the statement that inserts one of a table's rows."""
        columns = self._blank[table]
        return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608

    def write(self, path: Path, version: Version) -> None:
        """Write a new database file.

        Raises:
            FileExistsError: There is a file already.
        """
        if path.exists():
            raise FileExistsError(path)
        connection = sqlite3.connect(path)
        try:
            with connection:
                connection.execute("PRAGMA synchronous = OFF")
                _create(connection, create_statements(version, SynergeticSettings(), SQLITE))
                for name, rows in self.rows.items():
                    connection.executemany(self.insert_statement(name), rows)
            connection.execute("ANALYZE")
            connection.commit()
        finally:
            connection.close()


def _empty(column: Column) -> object:
    return _ZERO_OR_EMPTY.get(column.default or "")


def _create(connection: sqlite3.Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.execute(statement)
