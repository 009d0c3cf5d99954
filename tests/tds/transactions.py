"""Transactions as far as a client can tell: isolation levels, who may change rows now, and what is undone."""

import re
import sqlite3
import threading

from tests.tds.answers import Login, SqlError

_LEVEL = re.compile(r"(?i)^SET TRANSACTION ISOLATION LEVEL (SNAPSHOT|READ COMMITTED|READ UNCOMMITTED|SERIALIZABLE)$")
_PATIENCE = re.compile(r"(?i)^SET LOCK_TIMEOUT (-?\d+)$")
_ABORTS = re.compile(r"(?i)^SET XACT_ABORT (ON|OFF)$")
_BEGIN = re.compile(r"(?i)^BEGIN TRAN(SACTION)?$")
_END = re.compile(r"(?i)^(ROLLBACK|COMMIT)( TRAN(SACTION)?)?$")


class Transactions:
    """Keeps each login's level, and the one that its transaction began under.

    One writes at a time. Whoever changes a row, or reads one to change it, has its whole table until the transaction ends.

    Args:
        connection: SQLite.
        serializes: Whether the strictest level can be chosen.

    Attributes:
        turn: To be held while anything is done.
    """

    def __init__(self, connection: sqlite3.Connection, *, serializes: bool = True) -> None:
        self._sqlite = connection
        self._serializes = serializes
        self._holder: Login | None = None
        self._held: set[str] = set()
        self.turn = threading.Condition(threading.RLock())

    def change(self, login: Login, statement: str) -> bool:
        """Do a statement if it is about transactions, and tell whether it was.

        Raises:
            SqlError: There is no transaction to end, or the level cannot be chosen.
        """
        statement = statement.strip().rstrip(";")
        if found := _LEVEL.match(statement):
            self._choose(login, found[1].upper())
        elif found := _PATIENCE.match(statement):
            login.patience_s = None if found[1].startswith("-") else int(found[1]) / 1000
        elif found := _ABORTS.match(statement):
            login.aborts = found[1].upper() == "ON"
        elif _BEGIN.match(statement):
            self._begin(login)
        elif found := _END.match(statement):
            if login.began_under is None:
                raise SqlError(3903, f"The {found[1].upper()} TRANSACTION request has no corresponding BEGIN TRANSACTION.")
            self._leave(login, found[1].upper())
        else:
            return False
        return True

    def _choose(self, login: Login, level: str) -> None:
        if level == "SERIALIZABLE" and not self._serializes:
            raise SqlError(33557097, "Isolation level 'SERIALIZABLE' is not currently supported.")
        login.level = level

    @staticmethod
    def _begin(login: Login) -> None:
        if login.began_under is None:
            login.began_under = login.level
        else:
            login.nested += 1

    def _leave(self, login: Login, how: str) -> None:
        if how == "COMMIT" and login.nested:
            login.nested -= 1
        else:
            self._end(login, how)

    def read(self, login: Login) -> None:
        """Make sure that a statement may read.

        Raises:
            SqlError: Its transaction began under another level than snapshot isolation, which cannot be changed to.
        """
        if login.level == "SNAPSHOT" and login.began_under not in (None, "SNAPSHOT"):
            raise SqlError(3951)

    def wait(self, login: Login, tables: set[str], *, writes: bool) -> None:
        """Wait until nobody else writes, or, to read, has any of these tables; keep what is written from then on.

        Raises:
            SqlError: It took too long.
        """
        if not self.turn.wait_for(lambda: self._is_free(login, tables, writes=writes), login.patience_s):
            raise SqlError(1222)
        if writes and login.began_under is not None:
            self._hold(login, tables)

    def _is_free(self, login: Login, tables: set[str], *, writes: bool) -> bool:
        return self._holder in (None, login) or not (writes or tables & self._held)

    def _hold(self, login: Login, tables: set[str]) -> None:
        if self._holder is None:
            self._sqlite.execute("BEGIN")
            self._holder = login
            login.leave = lambda: self._end(login, "ROLLBACK")
        self._held |= tables

    def failed(self, login: Login) -> None:
        """Undo the transaction of a login that wants that after an error."""
        if login.aborts and login.began_under is not None:
            self._end(login, "ROLLBACK")

    def _end(self, login: Login, how: str) -> None:
        with self.turn:
            login.began_under, login.nested = None, 0
            if self._holder is login:
                self._sqlite.execute(how)
                self._holder = None
                self._held = set()
                self.turn.notify_all()
