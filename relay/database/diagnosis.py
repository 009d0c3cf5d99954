"""Finds out which table or column is missing, when the driver only says that a query failed.

Drivers differ in how much they tell, and none of them may be quoted; so each table that the query needs is asked for nothing,
column by column, until one of them fails.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from relay.database.causes import COLUMN_MISSING, GRANTS, LACKING, NO_PERMISSION, TABLE_MISSING
from relay.database.connection import Session
from relay.database.errors import is_something_else
from shared.errors import ContractError, IntegrationError, SettingsError
from shared.synergetic import Statement
from shared.synergetic.dialect import named


@dataclass(frozen=True)
class Needed:
    """A table that a query needs, and its columns, by the names they have in this database."""

    table: str
    columns: tuple[str, ...]


@contextmanager
def explained(session: Session, needed: Iterable[Needed], *, doing: str) -> Iterator[None]:
    """Name what is missing if what is done within fails for want of it.

    Raises:
        ContractError: A table or column is missing; the message names it.
        SettingsError: The login may not read one; the message names it.
        IntegrationError: Whatever else was raised within, as it was.
    """
    try:
        yield
    except IntegrationError as error:
        lacking = error.code in LACKING and not is_something_else(error)
        found = _first_missing(session, needed, doing) if lacking else None
        if found is None:
            raise
        raise found from error


def _first_missing(session: Session, needed: Iterable[Needed], doing: str) -> IntegrationError | None:
    for one in needed:
        table = _fault(session, one.table, "1")
        if table is not None and table.code != NO_PERMISSION:
            return _explain(table, f"the table {one.table}", doing, TABLE_MISSING)
        # Whoever may read some columns may not be allowed the table, and whoever may read none is told of no single one.
        faults = [(column, fault) for column in one.columns if (fault := _fault(session, one.table, named(column))) is not None]
        if faults and len(faults) == len(one.columns):
            return _explain(faults[0][1], f"the table {one.table}", doing, TABLE_MISSING)
        for column, fault in faults:
            return _explain(fault, f"the column {column} of {one.table}", doing, COLUMN_MISSING)
    return None


def _fault(session: Session, table: str, what: str) -> IntegrationError | None:
    try:
        session.rows(Statement(f"SELECT {what} FROM {table} WHERE 1 = 0"), doing="Looking")  # noqa: S608 - names of the contract
    except IntegrationError as error:
        return error if error.code in LACKING else None
    return None


def _explain(fault: IntegrationError, what: str, doing: str, code: str) -> IntegrationError:
    if fault.code == NO_PERMISSION:
        return SettingsError(f"{doing} failed: this login may not read {what}.", remedy=GRANTS, code=NO_PERMISSION)
    return ContractError(
        f"{doing} failed: {what} does not exist, or this login may not see it.",
        remedy="Check that this is the live Synergetic database and that the grants were run (`operoo-relay check`); "
        "what the school calls otherwise is set in [synergetic.contract].",
        code=code,
    )
