"""What an ODBC driver's SQLSTATE means for us, as a table, and the one place where pyodbc's errors become ours.

A driver's own text is never passed on: it may quote values, and it says nothing a school could act on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyodbc

from shared.errors import ContractError, IntegrationError, SettingsError, SynergeticUnavailableError

DEADLOCK = "database-deadlock"
UNCLEAR = "database-error"
TABLE_MISSING, COLUMN_MISSING, NO_PERMISSION = "table-missing", "column-missing", "no-permission"


@dataclass(frozen=True)
class _Cause:
    error: type[IntegrationError]
    code: str
    what: str
    remedy: str


_UNREACHABLE = _Cause(
    SynergeticUnavailableError,
    "database-unavailable",
    "the database server does not answer, or ended the connection",
    "Check the server's name and port, that it is running, and that a firewall lets this machine reach it.",
)
_TIMEOUT = _Cause(
    SynergeticUnavailableError,
    "database-timeout",
    "the database took longer than the time-out",
    "Try again at a quieter time, or raise login_timeout_s or query_timeout_s in [synergetic].",
)
_NO_DRIVER = _Cause(
    SettingsError,
    "driver-missing",
    "the ODBC driver is not installed on this machine",
    "Install Microsoft's “ODBC Driver 18 for SQL Server”, or name an installed one as `driver` in [synergetic].",
)
_NOT_OPENED = _Cause(
    SettingsError,
    "database-not-opened",
    "the driver cannot open the database",
    "Check `database` (or `connection`) in [synergetic]: the name or path, and that this account may read it.",
)
_CAUSES = {
    "28000": _Cause(
        SettingsError,
        "login-refused",
        "the database refuses the login",
        "Check `user` in [synergetic] and the password in OPEROO_RELAY_DB_PASSWORD.",
    ),
    "08001": _UNREACHABLE,
    "08003": _UNREACHABLE,
    "08004": _UNREACHABLE,
    "08007": _UNREACHABLE,
    "08S01": _UNREACHABLE,
    "HYT00": _TIMEOUT,
    "HYT01": _TIMEOUT,
    "HY008": _TIMEOUT,
    "IM002": _NO_DRIVER,
    "IM003": _NO_DRIVER,
    "IM004": _NO_DRIVER,
    "42S02": _Cause(
        ContractError,
        TABLE_MISSING,
        "a table or view that it needs does not exist, or this login may not see it",
        "Check that this is the live Synergetic database, that its version is supported, and that the grants were run.",
    ),
    "42S22": _Cause(
        ContractError,
        COLUMN_MISSING,
        "a column that it needs does not exist",
        "Check Synergetic's version; a column that the school names differently is set in [synergetic.contract].",
    ),
    "42000": _Cause(
        SettingsError,
        NO_PERMISSION,
        "the database does not let this login do that",
        "Have the database administrator run the grants for this login again.",
    ),
    "40001": _Cause(
        SynergeticUnavailableError,
        DEADLOCK,
        "the database ended the query in favour of another one (deadlock)",
        "It is tried again by itself; if it stays, have snapshot isolation allowed for the database.",
    ),
}
# While connecting these say something else than later: unixODBC reports a driver it cannot load as 01000, and HY000 is what a
# driver uses where it has no better state.
_WHILE_CONNECTING = {"01000": _NO_DRIVER, "HY000": _NOT_OPENED, "42000": _NOT_OPENED, "HY024": _NOT_OPENED}
_UNKNOWN = _Cause(
    SynergeticUnavailableError,
    UNCLEAR,
    "the database reports an error",
    "If it stays, look for this state in the documentation of the ODBC driver.",
)


@contextmanager
def translated(doing: str, *, connecting: bool = False) -> Iterator[None]:
    """Turn what the driver raises within into this project's errors.

    Args:
        doing: What is being done, as the beginning of a sentence: "Reading contacts".
        connecting: Whether the connection is just being made.

    Raises:
        SettingsError: The login, the driver, the database's name or a permission is wrong.
        ContractError: A table or column is missing, or text cannot be read.
        SynergeticUnavailableError: The database does not answer, or ended the query.
    """
    try:
        yield
    except pyodbc.Error as error:
        raise _error(error, doing, connecting=connecting) from error
    except UnicodeDecodeError as error:
        raise ContractError(
            f"{doing} failed: the database holds text that is not valid in its own encoding.",
            remedy="Have the database administrator look for damaged text in the tables of this row set.",
            code="text-unreadable",
        ) from error


def _error(error: pyodbc.Error, doing: str, *, connecting: bool) -> IntegrationError:
    state = str(error.args[0]) if error.args else ""
    cause = _CAUSES.get(state, _UNKNOWN)
    if connecting:
        cause = _WHILE_CONNECTING.get(state, cause)
    return cause.error(f"{doing} failed: {cause.what} (SQLSTATE {state or 'none'}).", remedy=cause.remedy, code=cause.code)
