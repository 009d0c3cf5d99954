"""A driver that never comes back: it is told to stop, then left behind, and nothing more is asked of its connection."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from typing import Any

import pyodbc
import pytest

from relay.database import timed_connection as line_module
from relay.database.connection import Session
from relay.database.timed_connection import TimedConnection
from relay.deadlines import DeadlineWorker
from shared.errors import SynergeticUnavailableError
from shared.synergetic import Statement


class Stuck:
    """A connection, and its own cursor; its first call of one name waits until it is let go."""

    def __init__(self, at: str = "", *, cancels: bool = False, gives: Sequence[object] = ()) -> None:
        self.at = at
        self.cancels = cancels
        self.gives = list(gives)
        self.let_go = threading.Event()
        self.called: list[str] = []

    def cursor(self) -> "Stuck":
        """Be one's own cursor."""
        self.called.append("cursor")
        return self

    def execute(self, *_: object) -> None:
        """Execute."""
        self._do("execute")

    def fetchmany(self, _: int) -> list[object]:
        """Fetch what it has."""
        self._do("fetch")
        return self.gives

    def close(self) -> None:
        """Close."""
        self._do("close")

    def cancel(self) -> None:
        """Let the call in progress end, if this driver can."""
        self.called.append("cancel")
        if self.cancels:
            self.let_go.set()

    def _do(self, name: str) -> None:
        self.called.append(name)
        if name == self.at:
            self.at = ""
            self.let_go.wait(5)
            if self.cancels:
                raise pyodbc.OperationalError("HY008", "[HY008] [FreeTDS]Operation was cancelled (0) (SQLFetch)")


@pytest.fixture(autouse=True)
def no_margin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for drivers only a moment longer than their own time-outs."""
    monkeypatch.setattr(line_module, "_MARGIN_S", 0.02)


@pytest.fixture
def stuck() -> Iterator[Callable[..., Stuck]]:
    """Make connections that are let go in the end."""
    made: list[Stuck] = []

    def make(at: str, **how: Any) -> Stuck:
        made.append(Stuck(at, **how))
        return made[-1]

    yield make
    for one in made:
        one.let_go.set()


def whole(session: Session) -> object:
    """Read all rows in one call."""
    return session.rows(Statement("SELECT"), doing="Reading staff")


def streamed(session: Session) -> object:
    """Read batch by batch."""
    return list(session.batches(Statement("SELECT"), doing="Reading staff"))


def read(connection: Stuck, how: Callable[[Session], object] = whole) -> str:
    """Read through a connection, as a run does, and return the code of the error."""
    with closing(TimedConnection(lambda: connection, login_s=1, query_s=0.02)) as line:
        session = Session(line, fetch_size=10, consistent=True)
        with pytest.raises(SynergeticUnavailableError) as caught:
            how(session)
        with suppress(SynergeticUnavailableError):
            session.end()
    return caught.value.code


@pytest.mark.parametrize("how", [whole, streamed])
@pytest.mark.parametrize("at", ["execute", "fetch"])
def test_a_call_that_does_not_end_is_told_to_stop(
    stuck: Callable[..., Stuck], at: str, how: Callable[[Session], object]
) -> None:
    """A driver that can is then done with it, and the connection is closed as usual."""
    connection = stuck(at, cancels=True)
    assert read(connection, how) == "database-timeout"
    assert connection.called[connection.called.index("cancel") :] == ["cancel", "close", "cursor", "execute", "close", "close"]


@pytest.mark.parametrize("how", [whole, streamed])
@pytest.mark.parametrize("at", ["execute", "fetch"])
def test_a_driver_that_does_not_listen_is_left_behind(
    stuck: Callable[..., Stuck], at: str, how: Callable[[Session], object]
) -> None:
    """Nothing is done with a connection that a call has not come back from: a driver may crash over it."""
    connection = stuck(at)
    assert read(connection, how) == "database-timeout"
    assert connection.called[-2:] == [at, "cancel"]


@pytest.mark.parametrize("how", [whole, streamed])
def test_a_connection_that_broke_before_a_query_is_told_plainly(
    stuck: Callable[..., Stuck], monkeypatch: pytest.MonkeyPatch, how: Callable[[Session], object]
) -> None:
    """A driver may say so as soon as it is asked for a cursor."""

    def refused(_: Stuck) -> Stuck:
        raise pyodbc.OperationalError("08S01", "[08S01] [Microsoft]Communication link failure (0) (SQLAllocHandle)")

    monkeypatch.setattr(Stuck, "cursor", refused)
    assert read(stuck("never"), how) == "connection-lost"


def test_a_connection_that_cannot_be_closed_is_left_behind(stuck: Callable[..., Stuck]) -> None:
    """It cannot be told to stop, and hides no other error."""
    connection = stuck("close")
    TimedConnection(lambda: connection, login_s=1, query_s=0.02).close()
    assert connection.called == ["close"]


def test_a_connection_that_does_not_come_about_is_left_behind(stuck: Callable[..., Stuck]) -> None:
    """Drivers ask the server this and that after the login, without a time-out."""
    with pytest.raises(TimeoutError):
        TimedConnection(stuck("close").close, login_s=0.02, query_s=1)


def test_a_server_that_is_not_there_leaves_no_thread_behind() -> None:
    """A relay goes on for months, and tries again and again."""
    before = set(threading.enumerate())

    def refused() -> pyodbc.Connection:
        raise pyodbc.OperationalError("08001", "[08001] no server")

    with pytest.raises(pyodbc.Error):
        TimedConnection(refused, login_s=1, query_s=1)
    for left in set(threading.enumerate()) - before:
        left.join(0.5)
        assert not left.is_alive()


def test_a_deputy_passes_on_what_was_raised_and_goes_on() -> None:
    """As if the call had been done here, one after the other in one thread."""
    worker = DeadlineWorker()
    with pytest.raises(ZeroDivisionError):
        worker.call(lambda: 1 // 0, within_s=1)
    threads = {worker.call(threading.get_ident, within_s=1) for _ in range(3)}
    assert len(threads) == 1
    assert threads != {threading.get_ident()}
    worker.dismiss()


def test_a_read_that_is_left_in_the_middle_keeps_nobody_waiting(stuck: Callable[..., Stuck]) -> None:
    """What was read could not be kept, so the rest is let go only after the connection was closed, as late as Python likes."""
    connection = stuck("never", gives=[(1,)])
    with closing(TimedConnection(lambda: connection, login_s=1, query_s=60)) as line:
        batches = Session(line, fetch_size=10, consistent=True).batches(Statement("SELECT"), doing="Reading staff")
        assert next(batches) == [(1,)]
    began = time.monotonic()
    del batches
    assert time.monotonic() - began < 30
