"""The administrator's way into a T-SQL server, taken from one ODBC connection string, so that other logins go the same way."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import pyodbc

from relay.database.errors import numbers_of, state_of
from tests.tds.server import Double

_PART = re.compile(r"\s*([^=;]+?)\s*=\s*(\{(?:[^}]|\}\})*\}|[^;]*)\s*(?:;|$)")
_LOGIN = {"uid", "user", "user id", "pwd", "password", "database", "trusted_connection"}
_TRIES, _PAUSE_S = 20, 0.25
# Whoever waits longer for a server waits for ever.
_LONGEST_S, _TOO_LONG = 120, "HYT00"
_BUSY_MAKING = 1807


@dataclass(frozen=True)
class Server:
    """A T-SQL server.

    Attributes:
        admin: The administrator's connection string.
        tag: What every name made by these tests holds, so that tests may run beside each other.
        double: The double behind it, if it is one.
        crowded: Why there cannot be two databases at a time; empty if there can.
    """

    admin: str = field(repr=False)
    tag: str
    double: Double | None = field(default=None, repr=False)
    crowded: str = ""

    @property
    def way(self) -> str:
        """The connection string without login and database."""
        text = self.admin if "=" in self.admin else f"DSN={self.admin}"
        parts = [(name, value) for name, value in _PART.findall(text) if name.lower() not in _LOGIN]
        if re.search("(?i)freetds|tdsodbc", text) and not any(name.lower() == "tds_version" for name, _ in parts):
            parts.append(("TDS_Version", "7.4"))
        return "".join(f"{name}={value};" for name, value in parts)

    def way_for(self, login: str, database: str) -> str:
        """Return the connection string for a login, without its password."""
        return f"{self.way}UID={login};Database={database};"

    @contextmanager
    def administering(self, database: str = "master") -> Iterator[pyodbc.Cursor]:
        """Connect as the administrator, every statement for itself."""
        logins = [f"{name}={value};" for name, value in _PART.findall(self.admin) if name.lower() in _LOGIN - {"database"}]
        with (
            closing(_connected(f"{self.way}{''.join(logins)}Database={database};")) as connection,
            closing(connection.cursor()) as cursor,
        ):
            yield cursor

    @contextmanager
    def logged_in(self, login: str, password: str, database: str) -> Iterator[pyodbc.Cursor]:
        """Connect as a login, every statement for itself."""
        with (
            closing(_connected(f"{self.way_for(login, database)}PWD={password};")) as connection,
            closing(connection.cursor()) as cursor,
        ):
            yield cursor


def _connected(text: str) -> pyodbc.Connection:
    try:
        connection = pyodbc.connect(text, autocommit=True, timeout=30)
    except SystemError as error:  # what pyodbc makes of a Ctrl-C that comes while it connects
        raise error.__cause__ or error from None
    connection.timeout = _LONGEST_S
    return connection


def refused(do: Callable[[], object]) -> bool:
    """Tell whether the server refuses; other failures than a refusal count as failures."""
    try:
        do()
    except pyodbc.ProgrammingError as error:
        if error.args[0] == "42000":
            return True
        raise
    return False


def run(cursor: pyodbc.Cursor, sql: str) -> None:
    """Run a batch to its end: what fails in its last statement is said only when all before has been taken."""
    cursor.execute(sql)
    while cursor.nextset():
        pass


def insist(cursor: pyodbc.Cursor, sql: str, *, number: int = 0) -> None:
    """Run a statement that may have to wait for others: for a connection to be closed on the server too.

    Args:
        cursor: Where to run it.
        sql: The statement.
        number: The one error that passes; any if none is given.
    """
    for left in reversed(range(_TRIES)):
        try:
            run(cursor, sql)
        except pyodbc.Error as error:
            if not left or state_of(error) == _TOO_LONG or (number and number not in numbers_of(error)):
                raise
            time.sleep(_PAUSE_S)
        else:
            return


def create(cursor: pyodbc.Cursor, sql: str) -> None:
    """Run a statement that makes something; of databases SQL Server makes one at a time, whoever asks."""
    insist(cursor, sql, number=_BUSY_MAKING)
