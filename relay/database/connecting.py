"""What can be said when no connection comes about: more than a driver's state tells, from what this machine itself knows."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pyodbc

from relay.database.causes import BY_NUMBER, LOST, NO_TICKET, TIMEOUT, UNENCRYPTED, UNREACHABLE, WHILE_CONNECTING, Cause
from relay.database.drivers import FREETDS, OTHER, SQLITE, family_of
from relay.database.errors import cause_of, numbers_of, said, state_of, translated
from relay.database.settings import DatabaseSettings
from shared.errors import SettingsError

_DOING = "Connecting to Synergetic"
# How unixODBC says that it cannot load a driver, and how both driver managers say that they do not know one.
_NO_DRIVER = {"01000", "IM002", "IM003", "IM004"}
_DSN = re.compile(r"(?i)(?:^|;)\s*dsn\s*=")
# In every language, and on every system, the layer of Microsoft's drivers that encrypts goes by this name in their messages.
_MICROSOFT_ENCRYPTS = "SSL Provider"
# And what logs in as a Windows account by this one.
_LOGS_IN_BY_WINDOWS = "SSPI"
_USUAL_PORT, _PATIENCE_S = 1433, 3.0


@contextmanager
def translated_connecting(settings: DatabaseSettings) -> Iterator[None]:
    """Turn what the driver raises while it connects into this project's errors.

    Raises:
        SettingsError: The login, the driver, the certificate or the database's name is wrong.
        SynergeticUnavailableError: The database does not answer.
    """
    with translated(_DOING):
        try:
            yield
        except pyodbc.Error as error:
            raise said(error, _DOING, _cause(error, settings)) from error
        except TimeoutError as error:
            raise UNREACHABLE.error(
                f"{_DOING} failed: {UNREACHABLE.what}.", remedy=UNREACHABLE.remedy, code=UNREACHABLE.code
            ) from error


def _cause(error: pyodbc.Error, settings: DatabaseSettings) -> Cause:
    state, numbers = state_of(error), numbers_of(error)
    known = numbers & BY_NUMBER.keys()
    if state in _NO_DRIVER and not known:
        return _no_driver(settings)
    if not known and (_MICROSOFT_ENCRYPTS in str(error.args[-1]) or (state == "08001" and _answers_plainly(settings))):
        return UNENCRYPTED
    if not known and _LOGS_IN_BY_WINDOWS in str(error.args[-1]):
        return NO_TICKET
    cause = cause_of(error) if known else WHILE_CONNECTING.get(state, cause_of(error))
    # Microsoft's drivers say of a server that is not there only that it took too long.
    return UNREACHABLE if cause in (LOST, TIMEOUT) else cause


def _answers_plainly(settings: DatabaseSettings) -> bool:
    """Tell whether FreeTDS, which says the same of both, failed at the encryption rather than at reaching the server."""
    if settings.family is not FREETDS or not settings.encrypt or not settings.server or "\\" in settings.server:
        return False
    try:
        socket.create_connection((settings.server, settings.port or _USUAL_PORT), timeout=_PATIENCE_S).close()
    except OSError:
        return False
    return True


def _no_driver(settings: DatabaseSettings) -> Cause:
    if _DSN.search(settings.connection):
        return Cause(
            SettingsError,
            "dsn-missing",
            "the data source (DSN) of `connection` is not set up on this machine for the relay's account",
            "Set it up as a system data source, or use `driver`, `server` and `database` in [synergetic] instead.",
        )
    # Others that are there, such as those of Windows itself, the relay does not know how to use.
    usable = sorted(f"“{name}”" for name in pyodbc.drivers() if family_of(name) not in {OTHER, SQLITE})
    instead = f", or name an installed one as `driver` in [synergetic]: {', '.join(usable)}" if usable else ""
    return Cause(
        SettingsError,
        "driver-missing",
        "the ODBC driver is not installed on this machine, or cannot be loaded",
        f"Install Microsoft's “ODBC Driver 18 for SQL Server”{instead}.",
    )
