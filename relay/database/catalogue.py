"""What the connected database says of the tables and columns that a mode needs, and of what runs when they are written."""

from relay.database.causes import LACKING
from relay.database.connection import Session, Values
from shared.errors import IntegrationError
from shared.synergetic import Catalogue, Mode, SynergeticSettings, Version
from shared.synergetic.catalogue import (
    Question,
    Trigger,
    column_questions,
    found_triggers,
    trigger_questions,
    unlisted_questions,
)
from shared.synergetic.parameters import FoundProcedure
from shared.synergetic.procedures import found_procedures, procedure_questions


def found_catalogue(session: Session, mode: Mode, version: Version, contract: SynergeticSettings) -> Catalogue:
    """Ask for the columns of all that a mode needs, and once more for what the database does not list.

    Raises:
        ContractError: A configured database is a stale copy.
        IntegrationError: The catalogue cannot be read.
    """
    questions = column_questions(mode, version, contract, session.dialect)
    listed = [(ask, _asked(session, ask)) for ask in questions]
    unlisted = [(ask, _told(session, ask)) for ask in unlisted_questions(questions, Catalogue.of(listed), session.dialect)]
    return Catalogue.of([*listed, *unlisted])


def read_triggers(session: Session, version: Version, contract: SynergeticSettings) -> tuple[Trigger, ...]:
    """Return the triggers of the tables that two-way mode writes.

    Raises:
        IntegrationError: The catalogue cannot be read.
    """
    questions = trigger_questions(version, contract, session.dialect)
    return found_triggers(row for ask in questions for row in _asked(session, ask, "Looking for triggers"))


def read_procedures(session: Session, version: Version, contract: SynergeticSettings) -> tuple[FoundProcedure, ...]:
    """Return the procedures by which two-way mode writes, as far as they are there.

    Raises:
        IntegrationError: The catalogue cannot be read.
    """
    questions = procedure_questions(version, contract, session.dialect)
    return found_procedures(row for ask in questions for row in _asked(session, ask, "Looking for procedures"))


def _asked(session: Session, ask: Question, doing: str = "Reading the catalogue") -> list[Values]:
    return session.rows(ask.statement, doing=doing)


def _told(session: Session, ask: Question) -> list[Values]:
    try:
        return _asked(session, ask)
    except IntegrationError as error:
        if error.code not in LACKING:
            raise
        return []  # it is missing then, as the first answer has it
