"""The server that the environment names: what is wrong with it is said once, and it need not have room for two databases."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.sqlserver.admin import Server, run
from tests.sqlserver.conftest import NAMED, Installations, skip_unless_triggered
from tests.sqlserver.trial import VARIABLE, tried
from tests.tds.drivers import FREETDS, WITHOUT
from tests.tds.engine import SqliteEngine
from tests.tds.server import Double, serving

pytestmark = pytest.mark.skipif(bool(WITHOUT[FREETDS]), reason=WITHOUT[FREETDS])
SMALL, TWO = "68.24", "67"
EACH = pytest.mark.parametrize("room", [1, 9])


@pytest.fixture
def room() -> int:
    """Return for how many databases a server has room."""
    return 9


@pytest.fixture
def double(room: int) -> Iterator[Double]:
    """Return a server that has room for so many."""
    with serving(SqliteEngine(room=room)) as made:
        yield made


def at(double: Double, user: str = "sa", password: str = "x") -> Server:
    """Return it as a connection string names it."""
    return Server(double.connection(user, password=password), "trial")


def there(double: Double) -> list[str]:
    """Return the names of all databases and logins of ours."""
    with at(double).administering() as admin:
        sql = "SELECT name FROM sys.databases UNION ALL SELECT name FROM sys.server_principals"
        return [name for (name,) in admin.execute(sql).fetchall() if name.startswith("operoo_")]


@EACH
def test_a_trial_leaves_nothing(double: Double, room: int) -> None:
    """And tells whether there is room for two databases."""
    trial = tried(at(double))
    assert (trial.fault, "room for one" in trial.crowded) == ("", room == 1)
    assert there(double) == []


@pytest.mark.parametrize("dsn", ["operoo_nowhere", f"Driver={FREETDS};Server=127.0.0.1;Port=1;UID=sa;PWD=x"])
def test_no_way_there_is_said(dsn: str) -> None:
    """By the name of the variable that is wrong."""
    assert tried(Server(dsn, "trial")).fault.startswith(f"{VARIABLE} does not lead to a server")


def test_no_administrator_is_said(double: Double) -> None:
    """A wrong password, and a login that may not make databases."""
    with at(double).administering() as admin:
        run(admin, "CREATE LOGIN limited WITH PASSWORD = N'Wattle7-Bird'")
    wrong, limited = tried(at(double, password="wrong")), tried(at(double, "limited", "Wattle7-Bird"))
    assert ("not as its administrator" in wrong.fault, "wrong" in wrong.fault) == (True, False)
    assert "cannot make a database" in limited.fault


def test_what_cannot_be_dropped_is_said(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """And keeps nothing else from being dropped."""
    monkeypatch.setattr("tests.sqlserver.admin._PAUSE_S", 0)
    double.fail(at="DROP LOGIN", number=15434, times=99)
    assert "cannot drop" in tried(at(double)).fault
    assert there(double) == ["operoo_trial_1"]


def test_what_is_wrong_fails_one_test_and_skips_the_others(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of a hundred errors that say the same."""
    monkeypatch.setenv(VARIABLE, double.connection("sa", password="wrong"))
    with ExitStack() as stack:
        made = Installations(stack)
        with pytest.raises(pytest.fail.Exception, match="administrator"):
            made.get(NAMED, SMALL)
        with pytest.raises(pytest.skip.Exception, match="administrator"):
            made.get(NAMED, SMALL)


@EACH
def test_there_is_one_installation_at_a_time(double: Double, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever wants another one ends the one that was there; one that needs two databases says why it is skipped."""
    monkeypatch.setenv(VARIABLE, at(double).admin)
    with ExitStack() as stack:
        made = Installations(stack)
        databases = [made.get(NAMED, version).databases for version in (SMALL, "69")]
        assert there(double) == [*databases[1]]
        if room == 1:
            with pytest.raises(pytest.skip.Exception, match=r"67 has more than one database, .*room for one"):
                made.get(NAMED, TWO)
        else:
            assert sorted(made.get(NAMED, TWO).databases) == sorted(there(double))
    assert there(double) == []


def test_a_server_without_triggers_is_written_to(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """What needs them is skipped; where it does not even tell of them nothing may be written, and that is said."""
    monkeypatch.setenv(VARIABLE, at(double).admin)
    double.fail(at="^CREATE TRIGGER", number=156)
    with ExitStack() as stack:
        school = Installations(stack).written_to(NAMED, SMALL)
        with pytest.raises(pytest.skip.Exception, match="triggers"):
            skip_unless_triggered(school)
    double.fail(at="sys.triggers", number=208)
    with ExitStack() as stack, pytest.raises(pytest.skip.Exception, match="does not tell of triggers"):
        Installations(stack).written_to(NAMED, SMALL)
    assert there(double) == []


def test_what_is_half_made_leaves_its_room(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement that the server does not take fails the tests of that version, and not those of the next."""
    monkeypatch.setenv(VARIABLE, at(double).admin)
    double.fail(at="CREATE TABLE dbo.Staff", number=102)
    with ExitStack() as stack:
        made = Installations(stack)
        for _ in range(2):
            with pytest.raises(pytest.fail.Exception, match=f"{SMALL} could not be made"):
                made.get(NAMED, SMALL)
        assert there(double) == []
