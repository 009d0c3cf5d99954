"""Reading Synergetic through pyodbc: connections that never write, statements with their values apart, rows in batches.

pyodbc's own context managers commit and do not close, so neither is used: cursors and connections are closed by name, and every
read ends in a rollback.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import pyodbc
from pydantic import SecretStr

from relay.database.errors import translated
from relay.database.manners import Manners
from relay.settings import DatabaseSettings
from shared.errors import SynergeticUnavailableError
from shared.synergetic import SQLITE, TSQL, Dialect, Statement

Values = tuple[object, ...]

# Never READ UNCOMMITTED: a dirty read can lose a row, and a lost row looks like a leaver.
_READ_COMMITTED = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
# Of the connected database, and of the two others that versions up to 67 have: a name that is not there does not count.
_SNAPSHOT_STATES = "SELECT snapshot_isolation_state FROM sys.databases WHERE name IN (DB_NAME(), ?, ?)"
_SNAPSHOT_ON = 1


class Session:
    """An open connection to Synergetic, within one transaction.

    Args:
        connection: pyodbc's connection.
        fetch_size: How many rows to take at a time.
        consistent: Whether everything is read as of one moment.
        manners: How the driver wants to be treated.
    """

    def __init__(
        self, connection: pyodbc.Connection, *, fetch_size: int, consistent: bool, manners: Manners | None = None
    ) -> None:
        self._connection = connection
        self._manners = manners or Manners()
        self._fetch_size = fetch_size
        self.consistent = consistent

    def batches(self, statement: Statement, *, doing: str) -> Iterator[list[pyodbc.Row]]:
        """Yield the rows of a query as the driver gives them, as many at a time as the fetch size says.

        Raises:
            SettingsError: The login may not read that.
            ContractError: A table or column is missing.
            SynergeticUnavailableError: The database does not answer, or ended the query.
        """
        with closing(self._connection.cursor()) as cursor:
            sql, values = self._manners.prepared(statement)
            with translated(doing):
                cursor.execute(sql, *values)
            while True:
                with translated(doing):
                    rows = cursor.fetchmany(self._fetch_size)
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
        return [tuple(row) for batch in self.batches(statement, doing=doing) for row in batch]

    def number(self, statement: Statement, *, doing: str) -> int:
        """Return the one number that a counting query yields.

        Raises:
            SettingsError: The login may not read that.
            ContractError: A table or column is missing.
            SynergeticUnavailableError: The database does not answer, or ended the query.
        """
        ((value,),) = self.rows(statement, doing=doing)
        return int(str(value))

    def refresh(self) -> None:
        """End the transaction, so that the next query sees what is true then and nothing is held in between.

        Raises:
            SynergeticUnavailableError: The database does not answer.
        """
        self.end()
        self.begin()

    def begin(self) -> None:
        """Begin a transaction, where the driver does not do that by itself.

        Raises:
            SynergeticUnavailableError: The database does not answer.
        """
        if self._manners.begin:
            self._execute(self._manners.begin, "Beginning a read")

    def end(self) -> None:
        """End the transaction; nothing was written in it.

        Raises:
            SynergeticUnavailableError: The database does not answer.
        """
        if self._manners.end:
            self._execute(self._manners.end, "Ending a read")
        else:
            with translated("Ending a read"):
                self._connection.rollback()

    def _execute(self, sql: str, doing: str) -> None:
        with translated(doing), closing(self._connection.cursor()) as cursor:
            cursor.execute(sql)


class Database:
    """Synergetic, as the configuration says where it is.

    Args:
        settings: `[synergetic]`.
        password: The login's password.
        fetch_size: How many rows to take at a time.
        connect: What makes a connection.
    """

    def __init__(
        self,
        settings: DatabaseSettings,
        password: SecretStr,
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
        manners = Manners.of(self.dialect)
        connection = self._open(autocommit=manners.autocommit)
        with closing(connection):
            consistent = self._isolate(connection)
            session = Session(connection, fetch_size=self._fetch_size, consistent=consistent, manners=manners)
            session.begin()
            try:
                yield session
            finally:
                with suppress(SynergeticUnavailableError):  # a connection that broke has nothing left to end
                    session.end()

    def _open(self, *, autocommit: bool) -> pyodbc.Connection:
        with translated("Connecting to Synergetic", connecting=True):
            connection = self._connect(
                self._settings.connection_string(self._password),
                autocommit=autocommit,
                readonly=True,
                timeout=self._settings.login_timeout_s,
            )
            connection.timeout = self._settings.query_timeout_s
        return connection

    def _isolate(self, connection: pyodbc.Connection) -> bool:
        """Begin to read as of one moment if that is possible, and say whether."""
        begin = self.dialect.begin_snapshot
        if not begin:
            return True  # the product's transactions are that by nature
        with translated("Beginning to read Synergetic"), closing(connection.cursor()) as cursor:
            offered = self._settings.snapshot and self._snapshot_offered(cursor)
            # The level can only be chosen before the transaction has read anything.
            connection.rollback()
            cursor.execute(begin if offered else _READ_COMMITTED)
        return offered

    def _snapshot_offered(self, cursor: pyodbc.Cursor) -> bool:
        contract = self._settings.contract
        cursor.execute(_SNAPSHOT_STATES, contract.main_database, contract.media_database)
        states = [row[0] for row in cursor.fetchall()]
        return bool(states) and all(state == _SNAPSHOT_ON for state in states)
