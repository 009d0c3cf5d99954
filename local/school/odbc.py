"""How the sample school's file is reached through the SQLite ODBC driver.

Traps of that driver, each tried: it reads a whole result into memory unless `StepAPI` is on, the statement has no values and no
transaction is open that it knows of; it makes a new, empty database of a misspelt path unless `NoCreat` is on; a result column
that is not a table's own has the type of its first row's value; text ends at a NUL character; a `smalldatetime` is text to it,
and an empty text in a datetime column arrives as None; two letters of a path that are not ASCII it takes for Latin-1. Dates
before 1900, accents, bits and blobs arrive as SQL Server's driver gives them.
"""

import os
from pathlib import Path
from urllib.parse import quote

import pyodbc

from shared.errors import SettingsError

DRIVER = "SQLite3"


def require_driver() -> str:
    """Return the driver's name.

    Raises:
        SettingsError: It is not installed.
    """
    if DRIVER not in pyodbc.drivers():
        raise SettingsError(
            f"The ODBC driver {DRIVER} is not installed.",
            remedy="Debian and Ubuntu: sudo apt-get install unixodbc libsqliteodbc. macOS: brew install unixodbc sqliteodbc.",
            code="no-odbc-driver",
        )
    return DRIVER


def connection_string(path: Path) -> str:
    """Return the connection string of a school's file.

    Raises:
        SettingsError: The driver is not installed.
    """
    return f"Driver={require_driver()};Database={database_name(path)};StepAPI=1;NoCreat=1;Timeout=10000"


def database_name(path: Path) -> str:
    """Return what the driver calls a file: its path, or a URI where it would misread that."""
    whole = str(path.resolve())
    return whole if whole.isascii() and ";" not in whole else f"file:{quote(os.fsencode(whole))}"
