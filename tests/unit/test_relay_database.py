"""Reading a database: what drivers report becomes ours by SQLSTATE, and a row set is whole or not read."""

from collections.abc import Callable, Iterator

import pyodbc
import pytest
from pydantic import SecretStr

from relay.database.connection import Database, Session
from relay.database.errors import translated
from relay.database.manners import Manners
from relay.reading.extract import read_whole
from relay.reading.school import Source
from relay.settings import DatabaseSettings
from shared.errors import ContractError, IntegrationError, SettingsError, SynergeticUnavailableError
from shared.synergetic import SQLITE, Statement

SELECT, COUNT = Statement("SELECT rows"), Statement("SELECT count")
SOURCE = Source("staff", ("ID",), (0,), SELECT, COUNT)


@pytest.mark.parametrize(
    ("state", "kind", "code"),
    [
        ("28000", SettingsError, "login-refused"),
        ("08001", SynergeticUnavailableError, "database-unavailable"),
        ("08S01", SynergeticUnavailableError, "database-unavailable"),
        ("HYT00", SynergeticUnavailableError, "database-timeout"),
        ("HYT01", SynergeticUnavailableError, "database-timeout"),
        ("42S02", ContractError, "table-missing"),
        ("42S22", ContractError, "column-missing"),
        ("42000", SettingsError, "no-permission"),
        ("40001", SynergeticUnavailableError, "database-deadlock"),
        ("IM002", SettingsError, "driver-missing"),
        ("XX999", SynergeticUnavailableError, "database-error"),
    ],
)
def test_a_state_says_what_to_do(state: str, kind: type[IntegrationError], code: str) -> None:
    """The class follows the state, there is a remedy, and the driver's text stays behind."""
    with pytest.raises(kind) as caught, translated("Reading staff"):
        raise pyodbc.Error(state, "Jane Citizen, PWD=hunter2")
    assert caught.value.code == code
    assert caught.value.remedy
    assert str(caught.value).startswith("Reading staff failed: ")
    assert state in str(caught.value)
    assert "Jane" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("state", "code"), [("01000", "driver-missing"), ("HY000", "database-not-opened"), ("42000", "database-not-opened")]
)
def test_while_connecting_some_states_say_something_else(state: str, code: str) -> None:
    """A driver that cannot be loaded, and a database that cannot be opened."""
    with pytest.raises(SettingsError) as caught, translated("Connecting", connecting=True):
        raise pyodbc.Error(state, "")
    assert caught.value.code == code


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

    def cursor(self) -> "Scripted":
        """Be one's own cursor."""
        return self

    def execute(self, sql: str, *_: object) -> None:
        """Answer with what is next."""
        self.said.append(sql)
        if sql.startswith("SET"):
            return
        self.rows = self.answers.pop(0)
        if isinstance(self.rows, Exception):
            raise self.rows

    def fetchmany(self, _: int) -> list[tuple[object, ...]]:
        """Give all rows at once."""
        rows, self.rows = self.rows, []
        return rows

    def fetchall(self) -> list[tuple[object, ...]]:
        """Give all rows."""
        return self.fetchmany(0)

    def rollback(self) -> None:
        """End the transaction."""
        self.said.append("rollback")

    def close(self) -> None:
        """Close."""
        self.open = False


def read(connection: Scripted, *, consistent: bool) -> list[tuple[object, ...]]:
    """Read the row set."""

    def collect(batches: Iterator[list[tuple[object, ...]]]) -> list[tuple[object, ...]]:
        return [row for rows in batches for row in rows]

    return read_whole(Session(connection, fetch_size=10, consistent=consistent), SOURCE, collect, discard=list.clear)


ROWS = [(1,), (2,)]
DEADLOCK = pyodbc.Error("40001", "")


@pytest.mark.parametrize(
    "answers",
    [
        [[(2,)], ROWS, [(2,)]],
        [[(3,)], ROWS, [(2,)], [(2,)], ROWS, [(2,)]],
        [[(2,)], ROWS, [(3,)], [(2,)], ROWS, [(2,)]],
        [[(2,)], DEADLOCK, [(2,)], ROWS, [(2,)]],
        [DEADLOCK, DEADLOCK, DEADLOCK, [(2,)], ROWS, [(2,)]],
    ],
)
def test_without_a_snapshot_it_reads_until_the_counts_agree(answers: list[object]) -> None:
    """A change or a deadlock in between costs another try from the beginning."""
    connection = Scripted(*answers)
    assert read(connection, consistent=False) == ROWS
    assert connection.answers == []


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


def test_a_lost_connection_is_not_tried_again() -> None:
    """Only a deadlock is: the rest is for the next run."""
    with pytest.raises(SynergeticUnavailableError) as caught:
        read(Scripted([(2,)], pyodbc.Error("08S01", "")), consistent=False)
    assert caught.value.code == "database-unavailable"


def session_of(connection: Scripted, connect: Callable[..., object] | None = None) -> list[object]:
    """Open a session on a SQL Server that is scripted, and return whether it is consistent."""
    settings = DatabaseSettings(server="s", database="d", user="u")
    made = Database(settings, SecretStr("x"), connect=connect or (lambda *_, **__: connection))
    with made.session() as session:
        return [session.consistent]


@pytest.mark.parametrize(("states", "consistent"), [([(1,)], True), ([(0,)], False), ([(1,), (0,)], False), ([], False)])
def test_a_snapshot_is_read_where_every_database_offers_it(states: list[tuple[int]], consistent: bool) -> None:  # noqa: FBT001
    """Else explicitly what is committed, and never what is not."""
    connection = Scripted(states)
    assert session_of(connection) == [consistent]
    level = "SNAPSHOT" if consistent else "READ COMMITTED"
    assert connection.said[1:3] == ["rollback", f"SET TRANSACTION ISOLATION LEVEL {level}"]
    assert connection.said[-1] == "rollback"
    assert not connection.open


def test_a_connection_only_reads_and_has_time_limits() -> None:
    """Read-only, no autocommit, a login and a query time-out."""
    seen: dict[str, object] = {}
    connection = Scripted([(1,)])

    def connect(_text: str, **options: object) -> Scripted:
        seen.update(options)
        return connection

    session_of(connection, connect)
    assert seen == {"autocommit": False, "readonly": True, "timeout": 15}
    assert connection.timeout == 300


def test_values_that_must_stand_in_the_sql_are_quoted() -> None:
    """For the SQLite driver: numbers as they are, text with its quotes doubled."""
    sql, values = Manners.of(SQLITE).prepared(Statement("a = ? AND b IN (?, ?)", (1, "x'; --", "y")))
    assert sql == "a = 1 AND b IN ('x''; --', 'y')"
    assert values == ()
