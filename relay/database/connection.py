"""Reading Synergetic through pyodbc: connections that never write, statements with their values apart, rows in batches.

pyodbc's own context managers commit and do not close, so neither is used: cursors and connections are closed by name, and every
read ends in a rollback.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import ClassVar

import pyodbc
from pydantic import SecretStr

from relay.database.causes import LACKING
from relay.database.connecting import translated_connecting
from relay.database.drivers import prepared
from relay.database.errors import translated
from relay.database.literals import inlined
from relay.database.settings import DatabaseSettings
from relay.database.timed_connection import TimedConnection, nothing
from shared.errors import IntegrationError, SynergeticUnavailableError
from shared.synergetic import SQLITE, TSQL, Dialect, Statement

Values = tuple[object, ...]

# Never READ UNCOMMITTED: a dirty read can lose a row, and a lost row looks like a leaver.
_READ_COMMITTED = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
# A driver may have been told, in a file of its own, to cut long values short without a word.
_UNCUT = "SET TEXTSIZE 2147483647"
# Of the connected database, and of the two others that versions up to 67 have: a name that is not there does not count.
_SNAPSHOT_STATES = "SELECT snapshot_isolation_state FROM sys.databases WHERE name IN (DB_NAME(), ?, ?)"
_SNAPSHOT_ON = 1


class Session:
    """An open connection to Synergetic, within one transaction.

    Args:
        line: The connection.
        fetch_size: How many rows to take at a time.
        consistent: Whether everything is read as of one moment.
        dialect: The SQL it speaks.

    Attributes:
        consistent: As given.
        dialect: As given.
        forgiving: Whether damaged text is read as far as it can be.
    """

    def __init__(self, line: TimedConnection, *, fetch_size: int, consistent: bool, dialect: Dialect = TSQL) -> None:
        self._line = line
        self._fetch_size = fetch_size
        self.consistent = consistent
        self.dialect = dialect
        self.forgiving = False

    def batches(self, statement: Statement, *, doing: str) -> Iterator[list[pyodbc.Row]]:
        """Yield the rows of a query as the driver gives them, as many at a time as the fetch size says.

        Raises:
            SettingsError: The login may not read that.
            ContractError: A table or column is missing.
            SynergeticUnavailableError: The database does not answer, or ended the query.
        """
        stated = self._stated(statement)
        with ExitStack() as opened:
            with translated(doing):
                cursor = opened.enter_context(self._line.cursor())
                self._line.execute(cursor, stated.sql, *stated.parameters)
            while True:
                with translated(doing):
                    rows = self._line.fetch(cursor, self._fetch_size)
                if not rows:
                    return
                yield rows

    def rows(self, statement: Statement, *, doing: str) -> list[Values]:
        """Return all rows of a query that has few.

        Raises:
            SettingsError: The login may not read that.
            ContractError: A table or column is missing.
            SynergeticUnavailableError: The database does not answer, or ended the query.
        """
        stated = self._stated(statement)

        def take(cursor: pyodbc.Cursor) -> list[Values]:
            return [tuple(row) for batch in iter(lambda: cursor.fetchmany(self._fetch_size), []) for row in batch]

        with translated(doing):
            return self._line.whole(stated.sql, *stated.parameters, take=take)

    def _stated(self, statement: Statement) -> Statement:
        return inlined(statement) if self.dialect.inlines else statement

    def number(self, statement: Statement, *, doing: str) -> int:
        """Return the one number that a counting query yields.

        Raises:
            SettingsError: The login may not read that.
            ContractError: A table or column is missing.
            SynergeticUnavailableError: The database does not answer, or ended the query.
        """
        ((value,),) = self.rows(statement, doing=doing)
        return int(str(value))

    def product(self) -> dict[str, str]:
        """Return which driver and which server these are, and their versions."""
        return self._line.product()

    def forgive(self) -> None:
        """From the next query on, read damaged text as far as it can be."""
        self._line.forgive(self.dialect.narrow)
        self.forgiving = True

    def refresh(self) -> None:
        """End the transaction, so that the next query sees what is true then and nothing is held in between.

        Raises:
            SynergeticUnavailableError: The database does not answer.
        """
        self.end()
        self.begin()

    def begin(self) -> None:
        """Begin a transaction.

        Raises:
            SynergeticUnavailableError: The database does not answer.
        """
        self._execute(self.dialect.begin, "Beginning a read")

    def end(self) -> None:
        """End the transaction; nothing was written in it.

        Raises:
            SynergeticUnavailableError: The database does not answer.
        """
        self._execute(self.dialect.end, "Ending a read")

    def _execute(self, sql: str, doing: str) -> None:
        with translated(doing):
            self._line.whole(sql, take=nothing)


class Database:
    """Synergetic, as the configuration says where it is.

    Args:
        settings: `[synergetic]`.
        password: Looks up the login's password.
        fetch_size: How many rows to take at a time.
        connect: What makes a connection.

    Attributes:
        WRITES: Whether its connections may write; `relay.writeback.database` has the only one whose may.
    """

    WRITES: ClassVar[bool] = False

    def __init__(
        self,
        settings: DatabaseSettings,
        password: Callable[[], SecretStr],
        *,
        fetch_size: int = 1000,
        connect: Callable[..., pyodbc.Connection] = pyodbc.connect,
    ) -> None:
        self._settings = settings
        self._password = password
        self._fetch_size = fetch_size
        self._connect = connect

    @property
    def dialect(self) -> Dialect:
        """The SQL this database speaks."""
        return SQLITE if self._settings.is_sqlite else TSQL

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Connect, and read as of one moment where the server offers it.

        Raises:
            SettingsError: The login, the driver or the database's name is wrong.
            SynergeticUnavailableError: The database does not answer.
        """
        with closing(self._open()) as line:
            consistent = self._isolate(line)
            session = Session(line, fetch_size=self._fetch_size, consistent=consistent, dialect=self.dialect)
            session.begin()
            try:
                yield session
            finally:
                with suppress(SynergeticUnavailableError):  # a connection that broke has nothing left to end
                    session.end()

    def _open(self) -> TimedConnection:
        settings = self._settings
        text = settings.text(self._password(), writing=self.WRITES)

        def connect() -> pyodbc.Connection:
            # Transactions are begun by name: some drivers would begin one at once, before its isolation can be chosen.
            connection = self._connect(text, autocommit=True, readonly=not self.WRITES, timeout=settings.login_timeout_s)
            connection.timeout = settings.query_timeout_s
            return connection

        with translated_connecting(settings), prepared(settings.family, settings.place):
            return TimedConnection(connect, login_s=settings.login_timeout_s, query_s=settings.query_timeout_s)

    def _isolate(self, line: TimedConnection) -> bool:
        """Begin to read as of one moment if that is possible, and say whether."""
        begin = self.dialect.begin_snapshot
        if not begin:
            return True  # the product's transactions are that by nature
        with translated("Beginning to read Synergetic"):
            offered = self._settings.snapshot and self._snapshot_offered(line)
            line.whole(begin if offered else _READ_COMMITTED, take=nothing)
            line.whole(_UNCUT, take=nothing)
        return offered

    def _snapshot_offered(self, line: TimedConnection) -> bool:
        contract = self._settings.contract
        names = contract.main_database, contract.media_database
        try:
            with translated("Asking for snapshot isolation"):
                states = line.whole(_SNAPSHOT_STATES, *names, take=lambda cursor: cursor.fetchmany(self._fetch_size))
        except IntegrationError as error:
            if error.code not in LACKING:
                raise
            return False  # a server that only speaks T-SQL may know nothing of it
        return bool(states) and all(state == _SNAPSHOT_ON for (state,) in states)
