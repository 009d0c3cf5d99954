"""What the connected database says of the tables and columns that a mode needs."""

from relay.database.causes import LACKING
from relay.database.connection import Session, Values
from shared.errors import IntegrationError
from shared.synergetic import Catalogue, Dialect, Mode, SynergeticSettings, Version
from shared.synergetic.catalogue import Question, column_questions, unlisted_questions


def found_catalogue(
    session: Session, mode: Mode, version: Version, contract: SynergeticSettings, dialect: Dialect
) -> Catalogue:
    """Ask for the columns of all that a mode needs, and once more for what the database does not list.

    Raises:
        ContractError: A configured database is a stale copy.
        IntegrationError: The catalogue cannot be read.
    """
    questions = column_questions(mode, version, contract, dialect)
    listed = [(ask, _asked(session, ask)) for ask in questions]
    unlisted = [(ask, _told(session, ask)) for ask in unlisted_questions(questions, Catalogue.of(listed), dialect)]
    return Catalogue.of([*listed, *unlisted])


def _asked(session: Session, ask: Question) -> list[Values]:
    return session.rows(ask.statement, doing="Reading the catalogue")


def _told(session: Session, ask: Question) -> list[Values]:
    try:
        return _asked(session, ask)
    except IntegrationError as error:
        if error.code not in LACKING:
            raise
        return []  # it is missing then, as the first answer has it
