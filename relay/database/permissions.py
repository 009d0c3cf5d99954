"""What the connected login may do, as the database itself answers."""

from collections.abc import Sequence

from relay.database.connection import Session
from shared.synergetic.grants import Grant
from shared.synergetic.permission_questions import Facts, narrow_questions, wide_question

_DOING = "Reading what the login may do"


def found_permissions(session: Session, expected: Sequence[Grant]) -> Facts:
    """Ask a SQL Server what the login may do with what it needs, and what else it may do.

    Raises:
        SettingsError: The login may not ask that.
        SynergeticUnavailableError: The database does not answer.
    """
    wide = session.rows(wide_question(expected), doing=_DOING)
    questions = narrow_questions(expected, Facts(wide))
    return Facts([*wide, *(row for question in questions for row in session.rows(question, doing=_DOING))])
