"""A connection whose every call ends in time, whatever its driver does.

A driver's own time-outs end most calls, but none of them ends all: what a driver asks a server while it connects, a fetch, a
rollback may wait for ever for a server that says nothing. Such a call is told to stop, then left behind with its connection.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import pyodbc

from relay.deadlines import DeadlineWorker

# A connection that is kept for later keeps what it was told, and what its login was allowed when it was made. It has to be said
# before anything is asked of the driver manager, which since unixODBC 2.3.12 keeps connections as it is told at first.
pyodbc.pooling = False

# How much longer than its own time-out a driver is waited for, and then how much longer after it was told to stop.
_MARGIN_S = 5.0

# The types whose texts are UTF-16 on the server, where one may hold half a character: an emoji that was cut in two.
_WIDE = (pyodbc.SQL_WCHAR, pyodbc.SQL_WVARCHAR, pyodbc.SQL_WLONGVARCHAR)
_NARROW = (pyodbc.SQL_CHAR, pyodbc.SQL_VARCHAR, pyodbc.SQL_LONGVARCHAR)

_Answer = TypeVar("_Answer")


def nothing(_: pyodbc.Cursor) -> None:
    """Take no answer."""


def answer(cursor: pyodbc.Cursor) -> list[pyodbc.Row]:
    """Take the row that a batch ends with, past the counts of statements before it, a trigger's own among them."""
    while cursor.description is None and cursor.nextset():
        pass
    return [] if cursor.description is None else cursor.fetchmany(1)


class TimedConnection:
    """One connection.

    Args:
        connect: Makes pyodbc's connection.
        login_s: How long that may take.
        query_s: How long any other call may take.

    Raises:
        TimeoutError: The driver does not come back.
        pyodbc.Error: What the driver says.
    """

    def __init__(self, connect: Callable[[], pyodbc.Connection], *, login_s: float, query_s: float) -> None:
        self._worker = DeadlineWorker()
        self._query_s = query_s
        try:
            self._connection = self._worker.call(connect, within_s=login_s + _MARGIN_S)
        except BaseException:
            # A relay that goes on for months must not keep a thread for each time that its server did not answer.
            self._worker.dismiss()
            raise

    def call(self, call: Callable[[], _Answer], *, cursor: pyodbc.Cursor | None = None) -> _Answer:
        """Do a call in time.

        Args:
            call: The call.
            cursor: What can be told to stop it.

        Raises:
            TimeoutError: The driver did not come back, or has not from an earlier call: nothing more can be done then.
            pyodbc.Error: What the driver says.
        """
        lost = self._worker.busy
        try:
            return self._worker.call(call, within_s=self._query_s + _MARGIN_S)
        except TimeoutError:
            if lost or cursor is None:
                raise
            cursor.cancel()
            answer: _Answer = self._worker.wait(_MARGIN_S)
            return answer

    @contextmanager
    def cursor(self) -> Iterator[pyodbc.Cursor]:
        """Give a cursor and close it.

        Raises:
            TimeoutError: The driver has not come back from an earlier call.
            pyodbc.Error: What the driver says.
        """
        cursor = self._new_cursor()
        try:
            yield cursor
        finally:
            with suppress(TimeoutError, pyodbc.Error):
                self.call(cursor.close)

    def _new_cursor(self) -> pyodbc.Cursor:
        if self._worker.busy:
            raise TimeoutError  # asked for one, a driver might wait for the call that has not come back, or crash over it
        return self._connection.cursor()

    def execute(self, cursor: pyodbc.Cursor, sql: str, *values: object) -> None:
        """Execute a statement.

        Raises:
            TimeoutError: The driver does not come back.
            pyodbc.Error: What the driver says.
        """
        self.call(lambda: cursor.execute(sql, *values), cursor=cursor)

    def fetch(self, cursor: pyodbc.Cursor, size: int) -> list[pyodbc.Row]:
        """Fetch the next rows.

        Raises:
            TimeoutError: The driver does not come back.
            pyodbc.Error: What the driver says.
        """
        return self.call(lambda: cursor.fetchmany(size), cursor=cursor)

    def whole(self, sql: str, *values: object, take: Callable[[pyodbc.Cursor], _Answer]) -> _Answer:
        """Execute a statement, take its answer and be done with it, all in one call: handing over costs more than small ones.

        Raises:
            TimeoutError: The driver does not come back.
            pyodbc.Error: What the driver says.
        """
        cursor = self._new_cursor()

        def call() -> _Answer:
            try:
                cursor.execute(sql, *values)
                return take(cursor)
            finally:
                with suppress(pyodbc.Error):
                    cursor.close()

        return self.call(call, cursor=cursor)

    def forgive(self, narrow: str) -> None:
        """From the next query on, read half a character as the mark for what cannot be read; it costs time.

        Args:
            narrow: How texts of the other types are encoded; empty if only the driver knows, which then reads them as before.
        """
        for kind in _WIDE:
            self._connection.add_output_converter(kind, lambda raw: raw.decode("utf-16-le", "replace"))
        for kind in _NARROW if narrow else ():
            self._connection.add_output_converter(kind, lambda raw: raw.decode(narrow, "replace"))

    def product(self) -> dict[str, str]:
        """Return the names and versions of the driver and of what it is connected to; the driver knows them from connecting."""
        asked = {
            "driver": pyodbc.SQL_DRIVER_NAME,
            "driver_version": pyodbc.SQL_DRIVER_VER,
            "server": pyodbc.SQL_DBMS_NAME,
            "server_version": pyodbc.SQL_DBMS_VER,
        }
        return {name: str(self._connection.getinfo(what)) for name, what in asked.items()}

    def close(self) -> None:
        """Close the connection; one that a call has not come back from stays as it is until the program ends."""
        with suppress(TimeoutError, pyodbc.Error):
            self.call(self._connection.close)
        self._worker.dismiss()
