"""The one place where a connection to Synergetic may write; in one-way mode there is none.

Transactions are begun and committed by name, as for reading: a driver that began one by itself would do so before its isolation
could be chosen. What is not committed by name is rolled back.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import ClassVar

import pyodbc
from pydantic import SecretStr

from relay.database.causes import CHANGED, UNCLEAR, UNNUMBERED
from relay.database.connection import Database, Session
from relay.database.errors import is_constraint, numbers_of, said, translated
from relay.database.settings import DatabaseSettings
from relay.database.timed_connection import answer, nothing
from shared.errors import IntegrationError, RejectedRecordError, SynergeticUnavailableError
from shared.synergetic.write_statements import Change


class ConstraintError(RejectedRecordError):
    """A constraint of the database's forbids this one statement."""

    code = "write-rejected"


class WriteSession(Session):
    """An open connection that may write, in transactions of its own."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Begin a transaction in which what is read stays as it is; it counts only if it is committed within.

        Raises:
            SynergeticUnavailableError: The database does not answer.
        """
        self._execute(self.dialect.writes.begin, "Beginning a write")
        try:
            yield
        finally:
            with suppress(SynergeticUnavailableError):  # of a transaction that is committed, or lost, there is nothing to end
                self.end()

    def commit(self) -> None:
        """Commit what was written.

        Raises:
            IntegrationError: It may be lost, or not: whoever comes back looks.
        """
        self._execute(self.dialect.writes.commit, "Committing a write")

    def change(self, change: Change, *, doing: str) -> int:
        """Change rows, and return how many, or how the new one is numbered.

        Raises:
            ConstraintError: A constraint forbids these values.
            RejectedRecordError: The database does not take these values.
            IntegrationError: The login may not do that, something is missing, or the database does not answer.
        """
        sql, values = change.statement.sql, change.statement.parameters
        try:
            with translated(doing):
                if change.answer is None:
                    return _number(self._line.whole(sql, *values, take=answer))
                self._line.whole(sql, *values, take=nothing)
            return _number(self.rows(change.answer, doing=doing))
        except IntegrationError as error:
            if error.code != UNCLEAR:
                raise
            cause = error.__cause__ if isinstance(error.__cause__, pyodbc.Error) else pyodbc.Error()
            if UNNUMBERED in numbers_of(cause):
                # It may well be that. What is not is left for later as well, and said if it stays.
                raise said(cause, doing, CHANGED) from error
            # What it has no better word for: a constraint, or what a trigger objects to. Its own words may quote values.
            raise (ConstraintError if is_constraint(cause) else RejectedRecordError)(
                f"{doing} failed: the database does not take it.",
                remedy="Nothing of this student was written. Look for a constraint or a trigger on that table.",
                code="write-rejected",
            ) from None

    def prepare(self) -> None:
        """Tell the product how transactions are to be.

        Raises:
            SynergeticUnavailableError: The database does not answer, or cannot keep transactions apart.
        """
        words, doing = self.dialect.writes, "Preparing to write"
        if words.isolation:
            self._choose(words.isolation, doing)
        for sql in words.before:
            self._execute(sql, doing)

    def _choose(self, offered: Sequence[str], doing: str) -> None:
        first, *rest = offered
        try:
            self._execute(first, doing)
        except SynergeticUnavailableError as error:
            if error.code != UNCLEAR or not rest:
                raise
            self._choose(rest, doing)


def _number(rows: "list[pyodbc.Row] | list[tuple[object, ...]]") -> int:
    return int(str(rows[0][0])) if rows and rows[0][0] is not None else 0


class WriteDatabase(Database):
    """Synergetic, as two-way mode may write to it.

    Args:
        settings: `[synergetic]`.
        password: Looks up the login's password.
        fetch_size: How many rows to take at a time.
        connect: What makes a connection.

    Raises:
        SettingsError: The mode is one-way.
    """

    WRITES: ClassVar[bool] = True

    def __init__(
        self,
        settings: DatabaseSettings,
        password: Callable[[], SecretStr],
        *,
        fetch_size: int = 1000,
        connect: Callable[..., pyodbc.Connection] = pyodbc.connect,
    ) -> None:
        settings.check_may_write()
        super().__init__(settings, password, fetch_size=fetch_size, connect=connect)

    @contextmanager
    def writing(self) -> Iterator[WriteSession]:
        """Connect, outside of any transaction.

        Raises:
            SettingsError: The login, the driver or the database's name is wrong.
            SynergeticUnavailableError: The database does not answer.
        """
        with closing(self._open()) as line:
            session = WriteSession(line, fetch_size=self._fetch_size, consistent=True, dialect=self.dialect)
            session.prepare()
            session.forgive()  # a damaged character that somebody else left must not keep a student from being written
            yield session
