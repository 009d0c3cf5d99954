"""The one place where pyodbc's errors become ours: by SQL Server's own number if there is one, else by the SQLSTATE.

A driver's own text is never passed on: it may quote values, and it says nothing a school could act on.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pyodbc

from relay.database.causes import (
    BY_FILE_NUMBER,
    BY_NUMBER,
    BY_STATE,
    CONSTRAINTS,
    TEXT_UNREADABLE,
    TIMEOUT,
    UNCLEAR,
    UNKNOWN,
    Cause,
)
from shared.errors import ContractError, IntegrationError

_STATE = re.compile(r"[0-9A-Z]{5}")
_OF_A_FILE = re.compile(r"\[\w{5}\] \[SQLite\]")
# pyodbc writes each of the driver's records as `[state] text (number)`, the first with the function's name behind it.
_NUMBER = re.compile(r"\((-?\d+)\)(?: \(SQL\w+\))?(?=; \[|$)")

# Of its own and of Azure's. A file says 1 of nearly everything; those of FreeTDS and of Babelfish are larger.
_OF_SQL_SERVER = range(100, 20_000), range(40_000, 50_000)


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn what the driver raises within into this project's errors.

    Args:
        doing: What is being done, as the beginning of a sentence: "Reading contacts".

    Raises:
        SettingsError: The login, the database's name or a permission is wrong.
        ContractError: A table or column is missing, or text cannot be read.
        SynergeticUnavailableError: The database does not answer, or ended the query.
    """
    try:
        yield
    except pyodbc.Error as error:
        raise said(error, doing, cause_of(error)) from error
    except TimeoutError as error:
        raise TIMEOUT.error(f"{doing} failed: {TIMEOUT.what}.", remedy=TIMEOUT.remedy, code=TIMEOUT.code) from error
    except UnicodeDecodeError as error:
        raise ContractError(
            f"{doing} failed: the database holds text that is not valid in its own encoding.",
            remedy="Have the database administrator look for damaged text in the tables of this row set.",
            code=TEXT_UNREADABLE,
        ) from error


def cause_of(error: pyodbc.Error) -> Cause:
    """Return what an error means."""
    numbers, known = numbers_of(error), BY_FILE_NUMBER if _OF_A_FILE.match(_text_of(error)) else BY_NUMBER
    return next((cause for number, cause in known.items() if number in numbers), BY_STATE.get(state_of(error), UNKNOWN))


def state_of(error: pyodbc.Error) -> str:
    """Return the SQLSTATE; pyodbc's own errors have it behind their text, or not at all."""
    return next((str(one) for one in error.args if _STATE.fullmatch(str(one))), "")


def numbers_of(error: pyodbc.Error) -> set[int]:
    """Return the server's or the driver's own error numbers."""
    return {int(number) for number in _NUMBER.findall(_text_of(error))} - {0}


def is_constraint(error: pyodbc.Error) -> bool:
    """Tell whether a constraint of the database's forbids it, and not a trigger, or anything that may pass."""
    of_a_file = _OF_A_FILE.match(_text_of(error)) is not None and "constraint failed" in _text_of(error)
    return of_a_file or state_of(error).startswith("23") or not CONSTRAINTS.isdisjoint(numbers_of(error))


def is_something_else(error: IntegrationError) -> bool:
    """Tell whether an error without an entry in our tables has a number of SQL Server's: what is lacking has one of few."""
    numbers = numbers_of(error.__cause__) if error.code == UNCLEAR and isinstance(error.__cause__, pyodbc.Error) else set()
    return any(number in span for number in numbers for span in _OF_SQL_SERVER)


def _text_of(error: pyodbc.Error) -> str:
    return str(error.args[1]) if len(error.args) > 1 else ""


def said(error: pyodbc.Error, doing: str, cause: Cause) -> IntegrationError:
    """Return our error, with the state and the number that an administrator can look up."""
    known = [number for number in BY_NUMBER if number in numbers_of(error)] or sorted(numbers_of(error))
    number = f", error {known[0]}" if known else ""
    text = f"{doing} failed: {cause.what} (SQLSTATE {state_of(error) or 'none'}{number})."
    return cause.error(text, remedy=cause.remedy, code=cause.code)
