"""What real drivers say when a server refuses, hangs or breaks: FreeTDS and Microsoft's, and a double of SQL Server."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyodbc
import pytest
from pydantic import SecretStr, ValidationError

from relay.database.connection import Database, Session
from relay.database.settings import DatabaseSettings
from relay.reading.extract import read_whole
from relay.reading.school import Source
from shared.errors import IntegrationError
from shared.synergetic import Statement
from tests.tds.answers import Count, Login, Rows
from tests.tds.drivers import EACH_DRIVER, FREETDS
from tests.tds.encryption import encrypting, self_signed
from tests.tds.kinds import kind_of
from tests.tds.server import Double, serving

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


@dataclass(frozen=True)
class Way:
    """The relay's way through a driver to a server on this machine that does not encrypt."""

    driver: str
    port: int

    @property
    def free(self) -> bool:
        """Whether the driver is FreeTDS."""
        return self.driver == FREETDS

    def settings(self, **given: object) -> DatabaseSettings:
        """Return the settings."""
        usual = {"driver": self.driver, "server": "localhost", "port": self.port, "database": "Synergetic", "user": "reader"}
        return DatabaseSettings(**(usual | {"encrypt": False, "login_timeout_s": 60, "query_timeout_s": 60} | given))

    @contextmanager
    def session(self, *, password: str = PASSWORD, **given: object) -> Iterator[Session]:
        """Connect as the relay does, two rows at a time."""
        with Database(self.settings(**given), lambda: SecretStr(password), fetch_size=2).session() as opened:
            yield opened

    def failed(self, *, password: str = PASSWORD, **given: object) -> str:
        """Read, fail, and return the code."""
        with pytest.raises(IntegrationError) as caught, self.session(password=password, **given) as opened:
            opened.rows(SELECT, doing="Reading numbers")
        assert caught.value.remedy
        assert PASSWORD not in str(caught.value)
        return caught.value.code


@pytest.fixture(params=EACH_DRIVER)
def way(server: Double, request: pytest.FixtureRequest) -> Way:
    """Return the way to the server, through each driver."""
    return Way(request.param, server.port)


def test_it_reads_as_of_one_moment_and_says_who_it_is(server: Double, way: Way) -> None:
    """Through FreeTDS's own file, with a password that needs its braces."""
    with way.session(read_only_intent=True) as opened:
        assert opened.consistent
        assert opened.rows(SELECT, doing="Reading") == [(0,), (1,), (2,), (3,), (4,)]
    (login,) = server.logins
    assert (login.user, login.database) == ("reader", "Synergetic")
    assert login.options == {"program": "operoo-relay", "read_only": True}
    assert "SET TRANSACTION ISOLATION LEVEL SNAPSHOT" in server.statements
    assert not any("UNCOMMITTED" in sql.upper() for sql in server.statements)


@pytest.mark.parametrize(("number", "code"), [(18456, "login-refused"), (18488, "password-expired"), (18486, "login-disabled")])
def test_a_login_that_is_refused(server: Double, number: int, code: str, way: Way) -> None:
    """By number."""
    server.fail(number=number)
    assert way.failed() == code


def test_a_wrong_password_and_a_wrong_database(way: Way) -> None:
    """As a server itself finds out. Of several errors FreeTDS keeps the last, which is that the login is refused."""
    assert way.failed(password="wrong") == "login-refused"
    assert way.failed(database="Nowhere") == ("login-refused" if way.free else "database-not-found")


def test_a_password_with_a_brace(server: Double, way: Way) -> None:
    """FreeTDS would read it as something else, so it is not given it; the password is not shown."""
    assert way.failed(password="hunter}2") == ("password-unfit" if way.free else "login-refused")
    assert not server.logins


def test_nobody_listens(way: Way) -> None:
    """A host without a server, and a name without a host."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert way.failed(port=port, login_timeout_s=1) == "database-unavailable"
    assert way.failed(port=port, server="nowhere.invalid", login_timeout_s=1) == "database-unavailable"


def test_a_server_that_takes_the_call_and_says_nothing(way: Way) -> None:
    """The login's time-out ends it; Microsoft's driver knows no difference from a server that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert way.failed(port=listener.getsockname()[1], login_timeout_s=1) == "database-unavailable"


@pytest.mark.parametrize("after", [0, 3])
def test_a_query_that_hangs(server: Double, after: int, way: Way) -> None:
    """At its beginning, and in the midst of its rows."""
    server.fail(at="numbers", does="hang", after=after)
    assert way.failed(query_timeout_s=1) == "database-timeout"


def test_a_connection_that_breaks(server: Double, way: Way) -> None:
    """In the midst of a query's rows."""
    server.fail(at="numbers", does="drop", after=3)
    assert way.failed() == "connection-lost"


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
def test_a_query_that_is_refused(server: Double, number: int, code: str, way: Way) -> None:
    """By number, since the driver gives nearly all of them the same state."""
    server.fail(at="numbers", number=number)
    assert way.failed() == code


@pytest.mark.parametrize("number", [1205, 3960])
@pytest.mark.parametrize("snapshot", [True, False])
def test_a_deadlock_between_two_rows(server: Double, snapshot: bool, number: int, way: Way) -> None:  # noqa: FBT001
    """The row set is read again from its beginning in a new transaction, never on from where it was."""
    server.fail(at="numbers", number=number, after=3, times=2)
    source = Source("staff", ("ID",), (0,), SELECT, COUNT)
    with way.session(snapshot=snapshot) as opened:
        kept = read_whole(opened, source, lambda batches: [row[0] for rows in batches for row in rows], discard=list.clear)
    assert kept == [0, 1, 2, 3, 4]
    said = [sql for sql in server.statements if sql in {SELECT.sql, COUNT.sql}]
    assert said == [COUNT.sql, SELECT.sql] * 3 + ([] if snapshot else [COUNT.sql])


def test_a_server_that_does_not_encrypt(server: Double, way: Way) -> None:
    """It is not spoken to by default, not even to log in."""
    assert way.failed(encrypt=True) == "certificate-not-trusted"
    assert not server.logins


def test_a_certificate_is_checked(server: Double, tmp_path: Path, way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that nobody vouches for, and one of another name, are refused; given as trusted, or unchecked, it is read through.

    FreeTDS is told of the authority, and Microsoft's driver believes those that this system does.
    """
    certificate, other = self_signed(tmp_path, host="localhost"), self_signed(tmp_path, host="elsewhere")
    with encrypting(server.port, certificate) as port:

        def refused(authority: Path | None = None, **given: object) -> bool:
            return way.failed(port=port, encrypt=True, **vouched(authority), **given) == "certificate-not-trusted"

        def vouched(authority: Path | None) -> dict[str, Path]:
            if authority and not way.free:
                monkeypatch.setenv("SSL_CERT_FILE", str(authority))
            return {"ca_file": authority} if authority and way.free else {}

        assert refused()
        assert refused(other)
        assert refused(certificate, server="127.0.0.1")
        assert not server.logins
        named = {} if way.free else {"server": "127.0.0.1", "certificate_host": "localhost"}
        for trusted in (vouched(certificate), vouched(certificate) | named, {"trust_server_certificate": True}):
            with way.session(port=port, encrypt=True, **trusted) as opened:
                assert len(opened.rows(SELECT, doing="Reading")) == 5
    assert len(server.logins) == 3


def test_the_server_s_own_certificate_is_compared(server: Double, tmp_path: Path, way: Way) -> None:
    """Strict encryption takes the one that is named, whoever vouches for it, and no other. FreeTDS has no word for that."""
    certificate, other = self_signed(tmp_path, host="localhost"), self_signed(tmp_path, host="elsewhere")
    if way.free:
        with pytest.raises(ValidationError, match="ca_file"):
            way.settings(encrypt=True, server_certificate=certificate)
        return
    with encrypting(server.port, certificate) as port:
        assert way.failed(port=port, encrypt=True, server_certificate=other) == "certificate-not-trusted"
        with way.session(port=port, encrypt=True, server_certificate=certificate) as opened:
            assert len(opened.rows(SELECT, doing="Reading")) == 5
    assert len(server.logins) == 1


@pytest.mark.parametrize("driver", ["FreeTDS of old", "/nowhere/libmsodbcsql-18.6.so.2.1"])
def test_the_driver_is_not_there(server: Double, driver: str) -> None:
    """Those that are there are named."""
    with pytest.raises(IntegrationError) as caught, Way(driver, server.port).session():
        pass
    assert caught.value.code == "driver-missing"
    assert "“FreeTDS”" in caught.value.remedy


def test_the_data_source_is_not_there() -> None:
    """It is told apart from a driver that is not there."""
    made = Database(DatabaseSettings(connection="DSN=Nowhere"), lambda: SecretStr(""))
    with pytest.raises(IntegrationError) as caught, made.session():
        pass
    assert caught.value.code == "dsn-missing"


def test_no_connection_is_kept_for_later(server: Double, way: Way) -> None:
    """A new session is a new login."""
    for _ in range(2):
        with way.session():
            pass
    assert len(server.logins) == 2
    assert not pyodbc.pooling


def test_it_says_which_driver_it_is(way: Way) -> None:
    """As `check` reports it."""
    with way.session() as opened:
        assert opened.product()["driver"].startswith("libtdsodbc" if way.free else "libmsodbcsql-18")
