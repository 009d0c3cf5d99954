"""Reading a database: a row set is whole or not read, as of one moment where that is offered, and always in time."""

from collections.abc import Callable, Iterator

import pyodbc
import pytest
from pydantic import SecretStr

from relay.database.connection import Database, Session
from relay.database.errors import translated
from relay.database.literals import inlined
from relay.database.settings import DatabaseSettings
from relay.database.timed_connection import TimedConnection
from relay.reading.extract import begun_again, read_whole
from relay.reading.school import Source
from shared.errors import ContractError, SynergeticUnavailableError
from shared.synergetic import TSQL, Statement

SELECT, COUNT = Statement("SELECT rows"), Statement("SELECT count")
SOURCE = Source("staff", ("ID",), (0,), SELECT, COUNT)


def test_damaged_text_is_a_matter_of_the_contract() -> None:
    """Text that is not valid in its own encoding is said to be that."""
    with pytest.raises(ContractError) as caught, translated("Reading staff"):
        b"\xff".decode()
    assert caught.value.code == "text-unreadable"


class Scripted:
    """A connection whose queries yield what is written for them, in order; an exception is raised."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.said: list[str] = []
        self.open = True
        self.timeout = 0
        self.converters: dict[int, Callable[[bytes], str]] = {}

    def cursor(self) -> "Scripted":
        """Be one's own cursor."""
        return self

    def execute(self, sql: str, *_: object) -> None:
        """Answer with what is next."""
        self.said.append(sql)
        if sql.startswith(("SET", "BEGIN", "IF")):
            return
        self.rows = self.answers.pop(0)
        if isinstance(self.rows, Exception):
            raise self.rows

    def fetchmany(self, _: int) -> list[tuple[object, ...]]:
        """Give all rows at once; an exception among them comes after those before it."""
        if self.rows and isinstance(self.rows[0], Exception):
            raise self.rows[0]
        rows, self.rows = self.rows, []
        if rows and isinstance(rows[-1], Exception):
            self.rows = [rows[-1]]
            return rows[:-1]
        return rows

    def fetchall(self) -> list[tuple[object, ...]]:
        """Give all rows."""
        return self.fetchmany(0)

    def add_output_converter(self, kind: int, converter: Callable[[bytes], str]) -> None:
        """Keep what reads a type."""
        self.converters[kind] = converter

    def close(self) -> None:
        """Close."""
        self.open = False


def line(connection: object) -> TimedConnection:
    """Return a line over a connection."""
    return TimedConnection(lambda: connection, login_s=10, query_s=10)


def read(connection: Scripted, *, consistent: bool) -> list[tuple[object, ...]]:
    """Read the row set."""

    def collect(batches: Iterator[list[tuple[object, ...]]]) -> list[tuple[object, ...]]:
        return [row for rows in batches for row in rows]

    session = Session(line(connection), fetch_size=10, consistent=consistent)
    return read_whole(session, SOURCE, collect, discard=list.clear)


ROWS = [(1,), (2,)]
DEADLOCK = pyodbc.Error("42000", "[42000] [FreeTDS][SQL Server]Transaction was deadlocked. (1205) (SQLFetch)")
BROKEN = [*ROWS, DEADLOCK]


@pytest.mark.parametrize(
    "answers",
    [
        [[(2,)], ROWS, [(2,)]],
        [[(3,)], ROWS, [(2,)], [(2,)], ROWS, [(2,)]],
        [[(2,)], ROWS, [(3,)], [(2,)], ROWS, [(2,)]],
        [[(2,)], DEADLOCK, [(2,)], ROWS, [(2,)]],
        [[(2,)], BROKEN, [(2,)], ROWS, [(2,)]],
        [[(2,)], ROWS, DEADLOCK, [(2,)], ROWS, [(2,)]],
        [DEADLOCK, DEADLOCK, DEADLOCK, [(2,)], ROWS, [(2,)]],
    ],
)
def test_without_a_snapshot_it_reads_until_the_counts_agree(answers: list[object]) -> None:
    """A change or a deadlock in between, and be it between two rows, costs another try from the beginning."""
    connection = Scripted(*answers)
    assert read(connection, consistent=False) == ROWS
    assert connection.answers == []


@pytest.mark.parametrize("number", [1205, 3960, 3961])
def test_within_a_snapshot_a_deadlock_costs_another_one(number: int) -> None:
    """The row set is read from its beginning, in a new transaction, never on from where the old one ended."""
    error = pyodbc.Error("42000", f"[42000] [x] ({number}) (SQLFetch)")
    connection = Scripted([(2,)], [*ROWS, error], [(2,)], ROWS)
    assert read(connection, consistent=True) == ROWS
    assert connection.said == ["SELECT count", "SELECT rows", TSQL.end, TSQL.begin, "SELECT count", "SELECT rows"]


def test_damaged_text_is_read_again_as_far_as_it_can_be() -> None:
    """As of the same moment, once: what is still not readable then never will be."""
    damaged = UnicodeDecodeError("utf-16-le", b"=\xd8", 0, 2, "unexpected end of data")
    connection = Scripted([(2,)], [(1,), damaged], [(2,)], ROWS)
    assert read(connection, consistent=True) == ROWS
    assert connection.said == ["SELECT count", "SELECT rows"] * 2
    mend = connection.converters[pyodbc.SQL_WVARCHAR]
    assert mend("a😀".encode("utf-16-le")[:-2]) == "a\ufffd"
    with pytest.raises(ContractError) as caught:
        read(Scripted([(2,)], damaged, [(2,)], damaged), consistent=True)
    assert caught.value.code == "text-unreadable"


def test_what_was_read_in_vain_is_let_go() -> None:
    """Also if the count after it fails."""
    gone: list[object] = []
    session = Session(line(Scripted([(2,)], ROWS, DEADLOCK, [(2,)], ROWS, [(2,)])), fetch_size=10, consistent=False)
    read_whole(session, SOURCE, lambda batches: [row for rows in batches for row in rows], discard=gone.append)
    assert gone == [ROWS]


def test_a_deadlock_that_stays_is_told_as_one() -> None:
    """Not as rows that change."""
    with pytest.raises(SynergeticUnavailableError) as caught:
        read(Scripted(*[DEADLOCK] * 4), consistent=True)
    assert caught.value.code == "database-deadlock"


def test_it_does_not_try_for_ever() -> None:
    """What keeps changing is left to the next run."""
    connection = Scripted(*([[(3,)], ROWS, [(3,)]] * 4))
    with pytest.raises(SynergeticUnavailableError) as caught:
        read(connection, consistent=False)
    assert caught.value.code == "rows-changing"


def test_within_a_snapshot_a_different_count_is_a_defect() -> None:
    """Nothing can have changed, so nothing is tried again."""
    with pytest.raises(ContractError) as caught:
        read(Scripted([(3,)], ROWS), consistent=True)
    assert caught.value.code == "count-differs"


def test_a_count_of_an_earlier_moment_is_no_defect() -> None:
    """A row set before this one was begun again, as of a later moment, after everybody had been counted."""
    session = Session(line(Scripted(ROWS, [(2,)], ROWS)), fetch_size=10, consistent=True)
    kept = read_whole(session, SOURCE, lambda batches: [row for rows in batches for row in rows], discard=list.clear, counted=1)
    assert kept == ROWS


def test_a_small_query_is_begun_again_after_a_deadlock() -> None:
    """In a transaction of its own each time, and not for ever."""
    connection = Scripted(DEADLOCK, DEADLOCK, [(2,)], *[DEADLOCK] * 4)
    session = Session(line(connection), fetch_size=10, consistent=True)
    assert begun_again(session, lambda: session.number(COUNT, doing="Counting")) == 2
    assert connection.said == [*["SELECT count", TSQL.end, TSQL.begin] * 2, "SELECT count"]
    with pytest.raises(SynergeticUnavailableError):
        begun_again(session, lambda: session.number(COUNT, doing="Counting"))
    assert connection.answers == []


def test_a_lost_connection_is_not_tried_again() -> None:
    """Only a deadlock is: the rest is for the next run."""
    with pytest.raises(SynergeticUnavailableError) as caught:
        read(Scripted([(2,)], pyodbc.Error("08S01", "")), consistent=False)
    assert caught.value.code == "connection-lost"


def session_of(connection: Scripted, connect: Callable[..., object] | None = None) -> list[object]:
    """Open a session on a SQL Server that is scripted, and return whether it is consistent."""
    settings = DatabaseSettings(server="s", database="d", user="u")
    made = Database(settings, lambda: SecretStr("x"), connect=connect or (lambda *_, **__: connection))
    with made.session() as session:
        return [session.consistent]


@pytest.mark.parametrize(("states", "consistent"), [([(1,)], True), ([(0,)], False), ([(1,), (0,)], False), ([], False)])
def test_a_snapshot_is_read_where_every_database_offers_it(states: list[tuple[int]], consistent: bool) -> None:  # noqa: FBT001
    """Else explicitly what is committed, and never what is not; and no long value is cut short."""
    connection = Scripted(states)
    assert session_of(connection) == [consistent]
    level = "SNAPSHOT" if consistent else "READ COMMITTED"
    settings = [f"SET TRANSACTION ISOLATION LEVEL {level}", "SET TEXTSIZE 2147483647"]
    assert connection.said[1:] == [*settings, TSQL.begin, TSQL.end]
    assert not connection.open


def test_a_server_that_knows_no_snapshots_is_read_without() -> None:
    """One that only speaks T-SQL may have no such column, and is no worse for that."""
    connection = Scripted(pyodbc.ProgrammingError("42S22", "[42S22] Invalid column name. (207) (SQLExecDirectW)"))
    assert session_of(connection) == [False]


def test_a_connection_only_reads_and_has_time_limits() -> None:
    """Read-only, each statement for itself until a transaction is begun, a login and a query time-out."""
    seen: dict[str, object] = {}
    connection = Scripted([(1,)])

    def connect(_text: str, **options: object) -> Scripted:
        seen.update(options)
        return connection

    session_of(connection, connect)
    assert seen == {"autocommit": True, "readonly": True, "timeout": 15}
    assert connection.timeout == 300


def test_values_that_must_stand_in_the_sql_are_quoted() -> None:
    """For the SQLite driver: numbers as they are, text with its quotes doubled."""
    assert inlined(Statement("a = ? AND b IN (?, ?)", (1, "x'; --", "y"))) == Statement("a = 1 AND b IN ('x''; --', 'y')")
