"""What a real driver says when a server refuses, hangs or breaks: FreeTDS, and a double of SQL Server."""

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pyodbc
import pytest
from pydantic import SecretStr

from relay.database.connection import Database, Session
from relay.database.settings import DatabaseSettings
from relay.reading.extract import read_whole
from relay.reading.school import Source
from shared.errors import IntegrationError
from shared.synergetic import Statement
from tests.tds.answers import Count, Login, Rows
from tests.tds.encryption import encrypting, self_signed
from tests.tds.kinds import kind_of
from tests.tds.server import Double, serving

pytestmark = pytest.mark.skipif("FreeTDS" not in pyodbc.drivers(), reason="FreeTDS's ODBC driver is not installed")

PASSWORD = "ge;heim={x ü"
SELECT, COUNT = Statement("SELECT numbers"), Statement("SELECT count")


class Numbers:
    """An engine that knows a few numbers, and how many they are."""

    def knows(self, _user: str, password: str) -> bool:
        """Tell whether the password is right."""
        return password == PASSWORD

    def opens(self, database: str, _user: str) -> bool:
        """Open any database but one."""
        return database != "Nowhere"

    def run(self, _login: Login, sql: str, _parameters: Mapping[str, object]) -> Iterator[Rows | Count]:
        """Answer."""
        if "snapshot_isolation_state" in sql:
            yield Rows([("state", kind_of("tinyint", None))], [(1,)])
        elif sql in {SELECT.sql, COUNT.sql}:
            rows = [(number,) for number in range(5)] if sql == SELECT.sql else [(5,)]
            yield Rows([("n", kind_of("int", None))], rows)


@pytest.fixture(scope="module")
def running() -> Iterator[Double]:
    """Run the server."""
    with serving(Numbers()) as double:
        yield double


@pytest.fixture
def server(running: Double) -> Double:
    """Return the server, in good health."""
    running.faults.clear()
    running.statements.clear()
    running.logins.clear()
    return running


def settings(port: int, **given: object) -> DatabaseSettings:
    """Return settings for a server on this machine that does not encrypt."""
    usual = {"driver": "FreeTDS", "server": "localhost", "port": port, "database": "Synergetic", "user": "reader"}
    return DatabaseSettings(**(usual | {"encrypt": False, "login_timeout_s": 1, "query_timeout_s": 1} | given))


@contextmanager
def session(port: int, *, password: str = PASSWORD, **given: object) -> Iterator[Session]:
    """Connect as the relay does, two rows at a time."""
    with Database(settings(port, **given), lambda: SecretStr(password), fetch_size=2).session() as opened:
        yield opened


def failed(port: int, *, password: str = PASSWORD, **given: object) -> str:
    """Read, fail within a few seconds, and return the code."""
    began = time.monotonic()
    with pytest.raises(IntegrationError) as caught, session(port, password=password, **given) as opened:
        opened.rows(SELECT, doing="Reading numbers")
    assert time.monotonic() - began < 5
    assert caught.value.remedy
    assert PASSWORD not in str(caught.value)
    return caught.value.code


def test_it_reads_as_of_one_moment_and_says_who_it_is(server: Double) -> None:
    """Through FreeTDS's own file, with a password that needs its braces."""
    with session(server.port, read_only_intent=True) as opened:
        assert opened.consistent
        assert opened.rows(SELECT, doing="Reading") == [(0,), (1,), (2,), (3,), (4,)]
    (login,) = server.logins
    assert (login.user, login.database) == ("reader", "Synergetic")
    assert login.options == {"program": "operoo-relay", "read_only": True}
    assert "SET TRANSACTION ISOLATION LEVEL SNAPSHOT" in server.statements
    assert not any("UNCOMMITTED" in sql.upper() for sql in server.statements)


@pytest.mark.parametrize(
    ("number", "code"),
    [(18456, "login-refused"), (18488, "password-expired"), (18486, "login-disabled"), (4060, "login-refused")],
)
def test_a_login_that_is_refused(server: Double, number: int, code: str) -> None:
    """By number; FreeTDS keeps the last of several, so a database that is not there looks like a login that is refused."""
    server.fail(number=number)
    assert failed(server.port) == code


def test_a_wrong_password_and_a_wrong_database(server: Double) -> None:
    """As a server itself finds out."""
    assert failed(server.port, password="wrong") == "login-refused"
    assert failed(server.port, database="Nowhere") == "login-refused"


def test_a_password_that_this_driver_cannot_be_given(server: Double) -> None:
    """It would read it as something else; the password is not shown."""
    with pytest.raises(IntegrationError) as caught, session(server.port, password="hunter}2"):
        pass
    assert caught.value.code == "password-unfit"
    assert "hunter" not in str(caught.value)
    assert not server.logins


def test_nobody_listens() -> None:
    """A host without a server, and a name without a host."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert failed(port) == "database-unavailable"
    assert failed(port, server="nowhere.invalid") == "database-unavailable"


def test_a_server_that_takes_the_call_and_says_nothing() -> None:
    """The login's time-out ends it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert failed(listener.getsockname()[1]) == "database-timeout"


@pytest.mark.parametrize("after", [0, 3])
def test_a_query_that_hangs(server: Double, after: int) -> None:
    """At its beginning, and in the midst of its rows."""
    server.fail(at="numbers", does="hang", after=after)
    assert failed(server.port) == "database-timeout"


def test_a_connection_that_breaks(server: Double) -> None:
    """In the midst of a query's rows."""
    server.fail(at="numbers", does="drop", after=3)
    assert failed(server.port) == "connection-lost"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (207, "column-missing"),
        (208, "table-missing"),
        (229, "no-permission"),
        (911, "database-not-found"),
        (916, "no-database-access"),
        (942, "database-offline"),
        (3952, "snapshot-not-allowed"),
        (9002, "database-full"),
    ],
)
def test_a_query_that_is_refused(server: Double, number: int, code: str) -> None:
    """By number, since the driver gives nearly all of them the same state."""
    server.fail(at="numbers", number=number)
    assert failed(server.port) == code


@pytest.mark.parametrize("number", [1205, 3960])
@pytest.mark.parametrize("snapshot", [True, False])
def test_a_deadlock_between_two_rows(server: Double, snapshot: bool, number: int) -> None:  # noqa: FBT001
    """The row set is read again from its beginning in a new transaction, never on from where it was."""
    server.fail(at="numbers", number=number, after=3, times=2)
    source = Source("staff", ("ID",), (0,), SELECT, COUNT)
    with session(server.port, snapshot=snapshot) as opened:
        kept = read_whole(opened, source, lambda batches: [row[0] for rows in batches for row in rows], discard=list.clear)
    assert kept == [0, 1, 2, 3, 4]
    said = [sql for sql in server.statements if sql in {SELECT.sql, COUNT.sql}]
    assert said == [COUNT.sql, SELECT.sql] * 3 + ([] if snapshot else [COUNT.sql])


def test_a_server_that_does_not_encrypt(server: Double) -> None:
    """It is not spoken to by default, not even to log in."""
    assert failed(server.port, encrypt=True) == "certificate-not-trusted"
    assert not server.logins


def test_a_certificate_is_checked(server: Double, tmp_path: Path) -> None:
    """One that nobody vouches for, and one of another name, are refused; given as trusted, or unchecked, it is read through."""
    certificate, other = self_signed(tmp_path, host="localhost"), self_signed(tmp_path, host="elsewhere")
    with encrypting(server.port, certificate) as port:
        assert failed(port, encrypt=True) == "certificate-not-trusted"
        assert failed(port, encrypt=True, ca_file=other) == "certificate-not-trusted"
        assert failed(port, encrypt=True, ca_file=certificate, server="127.0.0.1") == "certificate-not-trusted"
        assert not server.logins
        for trusted in ({"ca_file": certificate}, {"trust_server_certificate": True}):
            with session(port, encrypt=True, **trusted) as opened:
                assert len(opened.rows(SELECT, doing="Reading")) == 5
    assert len(server.logins) == 2


def test_the_driver_is_not_there(server: Double) -> None:
    """Those that are there are named."""
    with pytest.raises(IntegrationError) as caught, session(server.port, driver="FreeTDS of old"):
        pass
    assert caught.value.code == "driver-missing"
    assert "“FreeTDS”" in caught.value.remedy


def test_the_data_source_is_not_there() -> None:
    """It is told apart from a driver that is not there."""
    made = Database(DatabaseSettings(connection="DSN=Nowhere"), lambda: SecretStr(""))
    with pytest.raises(IntegrationError) as caught, made.session():
        pass
    assert caught.value.code == "dsn-missing"


def test_no_connection_is_kept_for_later(server: Double) -> None:
    """A new session is a new login."""
    for _ in range(2):
        with session(server.port):
            pass
    assert len(server.logins) == 2
    with closing(pyodbc.connect(f"Driver=FreeTDS;Server=127.0.0.1;Port={server.port};UID=a;PWD={{{PASSWORD}}};", timeout=2)):
        assert not pyodbc.pooling
