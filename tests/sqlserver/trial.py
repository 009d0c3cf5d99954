"""Whether the named server can be used at all: tried once, so that what is wrong with it is said once and in plain words."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import pyodbc

from tests.sqlserver.admin import Server, create, insist

VARIABLE = "SYNERGETIC_TEST_ADMIN_DSN"


@dataclass(frozen=True)
class Trial:
    """What came of it.

    Attributes:
        fault: Why no test can use the server; empty if they can.
        crowded: Why there cannot be two databases at a time; empty if there can.
    """

    fault: str = ""
    crowded: str = ""


def tried(server: Server) -> Trial:
    """Log in as the administrator, make two databases and a login, and drop them again."""
    try:
        with ExitStack() as steps:
            return _tried(server, steps)
    except pyodbc.Error as error:
        return Trial(fault=f"the administrator of {VARIABLE} cannot drop what was made: {_words(error)}")


def _tried(server: Server, steps: ExitStack) -> Trial:
    try:
        admin = steps.enter_context(server.administering())
    except pyodbc.Error as error:
        return Trial(fault=f"{VARIABLE} does not lead to a server, or not as its administrator: {_words(error)}")
    one, other = (_made(steps, admin, f"DATABASE operoo_{server.tag}_{number}") for number in (1, 2))
    login = _made(steps, admin, f"LOGIN operoo_{server.tag}_1", " WITH PASSWORD = N'Wattle7-Bird!'")
    if refusal := one or login:
        return Trial(fault=f"the administrator of {VARIABLE} cannot make a {'database' if one else 'login'}: {refusal}")
    return Trial(crowded=other and f"this server has room for one database: {other}")


def _made(steps: ExitStack, admin: pyodbc.Cursor, what: str, rest: str = "") -> str:
    """Make something for a moment, and return how the server refuses if it does."""
    try:
        create(admin, f"CREATE {what}{rest}")
    except pyodbc.Error as error:
        return _words(error)
    drop: Callable[[], None] = lambda: insist(admin, f"DROP {what}")  # noqa: E731 - to be called later
    steps.callback(drop)
    return ""


def _words(error: pyodbc.Error) -> str:
    return str(error.args[-1])
