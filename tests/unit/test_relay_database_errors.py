"""What drivers report becomes ours: by SQL Server's own number, else by SQLSTATE, and never with a word of the driver's."""

import pyodbc
import pytest

from relay.database.causes import BY_NUMBER, BY_STATE
from relay.database.connecting import translated_connecting
from relay.database.errors import is_constraint, translated
from relay.database.settings import DatabaseSettings
from shared.errors import ContractError, IntegrationError, SettingsError, SynergeticUnavailableError

MICROSOFT, FREETDS = "[Microsoft][ODBC Driver 18 for SQL Server]", "[FreeTDS][SQL Server]"
SETTINGS = DatabaseSettings(server="sql01", database="d", user="u")
TRANSIENT = SynergeticUnavailableError


def report(state: str, *records: str) -> pyodbc.Error:
    """Return an error as pyodbc makes it of a driver's records, with things in it that nobody may see."""
    first, *rest = (f"[{state}] {MICROSOFT}Jane Citizen, PWD=hunter2 (7) {record}" for record in records)
    return pyodbc.Error(state, "; ".join([first + " (SQLExecDirectW)", *rest]))


def told(error: pyodbc.Error, *, connecting: bool = False) -> IntegrationError:
    """Return what becomes of an error."""
    context = translated_connecting(SETTINGS) if connecting else translated("Reading staff")
    with pytest.raises(IntegrationError) as caught, context:
        raise error
    ours = caught.value
    assert "Jane" not in str(ours)
    assert "hunter2" not in str(ours)
    assert ours.remedy
    return ours


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (18456, SettingsError, "login-refused"),
        (18487, SettingsError, "password-expired"),
        (18488, SettingsError, "password-expired"),
        (18486, SettingsError, "login-disabled"),
        (18452, SettingsError, "windows-login-refused"),
        (4060, SettingsError, "database-not-found"),
        (911, SettingsError, "database-not-found"),
        (916, SettingsError, "no-database-access"),
        (229, SettingsError, "no-permission"),
        (230, SettingsError, "no-permission"),
        (208, ContractError, "table-missing"),
        (207, ContractError, "column-missing"),
        (1205, TRANSIENT, "database-deadlock"),
        (3952, SettingsError, "snapshot-not-allowed"),
        (3960, TRANSIENT, "snapshot-conflict"),
        (921, TRANSIENT, "database-offline"),
        (927, TRANSIENT, "database-offline"),
        (942, TRANSIENT, "database-offline"),
        (945, TRANSIENT, "database-offline"),
        (3906, TRANSIENT, "database-offline"),
        (17142, TRANSIENT, "database-offline"),
        (17187, TRANSIENT, "database-offline"),
        (40613, TRANSIENT, "database-offline"),
        (18401, TRANSIENT, "database-offline"),
        (468, ContractError, "collation-conflict"),
        (9002, TRANSIENT, "database-full"),
        (1222, TRANSIENT, "database-timeout"),
        (20009, TRANSIENT, "database-unavailable"),
        (20017, TRANSIENT, "connection-lost"),
        (596, TRANSIENT, "connection-lost"),
    ],
)
def test_a_number_says_what_to_do(number: int, kind: type[IntegrationError], code: str) -> None:
    """Whatever state the driver gives it, the class and the code follow the number, and an administrator can look it up."""
    for state in ("42000", "HY000", "01000"):
        ours = told(report(state, f"({number})"))
        assert (type(ours), ours.code) == (kind, code)
        assert ours.what.endswith(f"(SQLSTATE {state}, error {number}).")


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("database is locked (5) (5)", TRANSIENT, "database-timeout"),
        ("file is not a database (26) (26)", SettingsError, "database-not-opened"),
        ("database disk image is malformed (11) (11)", SettingsError, "database-not-opened"),
        ("no such table: Staff (1) (1)", TRANSIENT, "database-error"),
    ],
)
def test_a_file_has_numbers_of_its_own(text: str, kind: type[IntegrationError], code: str) -> None:
    """Who writes to it at the moment is waited for: its tables are not missing."""
    ours = told(pyodbc.Error("HY000", f"[HY000] [SQLite]{text} (SQLExecDirectW)"))
    assert (type(ours), ours.code) == (kind, code)


@pytest.mark.parametrize(
    ("state", "kind", "code"),
    [
        ("28000", SettingsError, "login-refused"),
        ("08001", TRANSIENT, "database-unavailable"),
        ("08S01", TRANSIENT, "connection-lost"),
        ("HYT00", TRANSIENT, "database-timeout"),
        ("HYT01", TRANSIENT, "database-timeout"),
        ("HY008", TRANSIENT, "database-timeout"),
        ("42S02", ContractError, "table-missing"),
        ("42S22", ContractError, "column-missing"),
        ("42000", TRANSIENT, "database-error"),
        ("40001", TRANSIENT, "database-deadlock"),
        ("XX999", TRANSIENT, "database-error"),
    ],
)
def test_without_a_number_the_state_says_it(state: str, kind: type[IntegrationError], code: str) -> None:
    """As for what a driver finds out by itself, or for another product."""
    ours = told(report(state, "(0)"))
    assert (type(ours), ours.code) == (kind, code)
    assert f"(SQLSTATE {state})" in ours.what


def test_of_several_numbers_the_one_that_says_most_counts() -> None:
    """A server that cannot open the database also says that the login failed."""
    assert told(report("28000", "(18456)", "(4060)")).code == "database-not-found"
    assert told(report("42000", "(8180)", "(207)")).code == "column-missing"


def test_an_unknown_number_is_told() -> None:
    """It can be looked up."""
    ours = told(report("42000", "(8115)"))
    assert ours.what == "Reading staff failed: the database reports an error (SQLSTATE 42000, error 8115)."


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (("hunter2 is no parameter", "HY105"), "HY105"),
        (("Jane has left, hunter2",), "none"),
        (("hunter2 (SQLFetch)", ""), "none"),
    ],
)
def test_words_in_the_place_of_a_state_are_not_passed_on(words: tuple[str, ...], state: str) -> None:
    """The errors that pyodbc makes by itself begin with a text."""
    assert f"(SQLSTATE {state})" in told(pyodbc.ProgrammingError(*words)).what


def test_a_driver_that_never_came_back_took_too_long() -> None:
    """It says nothing itself."""
    with pytest.raises(TRANSIENT) as caught, translated("Reading staff"):
        raise TimeoutError
    assert caught.value.code == "database-timeout"


@pytest.mark.parametrize(
    ("state", "record", "code"),
    [
        ("08S01", "(20009)", "database-unavailable"),
        ("08001", "(10061)", "database-unavailable"),
        ("01000", "(20017)", "database-unavailable"),
        ("08001", "SSL Provider: [error:0A000086:certificate verify failed] (-1)", "certificate-not-trusted"),
        ("08001", "SSL Provider: Die Zertifikatkette (-2146893019)", "certificate-not-trusted"),
        ("HY000", "SSPI Provider: No Kerberos credentials available (851968)", "windows-login-refused"),
        ("HY000", "SSPI-Kontext kann nicht generiert werden. (0)", "windows-login-refused"),
        ("01000", "(0)", "driver-missing"),
        ("IM002", "(0)", "driver-missing"),
        ("HY000", "(0)", "database-not-opened"),
        ("42000", "(0)", "database-not-opened"),
        ("28000", "(18456)", "login-refused"),
    ],
)
def test_while_connecting_some_say_something_else(state: str, record: str, code: str) -> None:
    """A driver that cannot be loaded, a certificate, a database that cannot be opened."""
    assert told(report(state, record), connecting=True).code == code


def test_the_drivers_that_are_there_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that one of them can be chosen: those that the relay knows, not whatever Windows brings along."""
    there = ["SQLite3", "FreeTDS", "SQL Server", "Microsoft Access Driver (*.mdb)", "ODBC Driver 17 for SQL Server"]
    monkeypatch.setattr(pyodbc, "drivers", lambda: there)
    remedy = told(report("IM002", "(0)"), connecting=True).remedy
    assert remedy.endswith("[synergetic]: “FreeTDS”, “ODBC Driver 17 for SQL Server”.")
    monkeypatch.setattr(pyodbc, "drivers", lambda: ["SQL Server"])
    assert told(report("IM002", "(0)"), connecting=True).remedy == "Install Microsoft's “ODBC Driver 18 for SQL Server”."


def test_a_data_source_is_not_a_driver() -> None:
    """The driver manager says the same of both."""
    with pytest.raises(SettingsError) as caught, translated_connecting(DatabaseSettings(connection="DSN=Synergetic;UID=u")):
        raise report("IM002", "(0)")
    assert caught.value.code == "dsn-missing"


def test_every_cause_says_what_to_do() -> None:
    """None is without a remedy, and one code means one thing."""
    meanings: dict[str, set[str]] = {}
    for cause in [*BY_NUMBER.values(), *BY_STATE.values()]:
        assert cause.remedy.endswith(".")
        meanings.setdefault(cause.code, set()).add(cause.what)
    assert all(len(found) == 1 for found in meanings.values())


@pytest.mark.parametrize(
    ("error", "forbids"),
    [
        (report("23000", "conflict (547)"), True),
        (report("42000", "conflict (547)"), True),
        (report("42000", "twice (2601)"), True),
        (pyodbc.Error("HY000", "[HY000] [SQLite]CHECK constraint failed: Medication (19) (SQLExecDirectW)"), True),
        (pyodbc.Error("HY000", "[HY000] [SQLite]no (1) (SQLExecDirectW)"), False),
        (report("42000", "what a trigger says (50000)"), False),
        (report("HY000", "unknown (33557097)"), False),
        (pyodbc.Error(), False),
    ],
)
def test_a_constraint_is_told_from_what_a_trigger_objects_to(error: pyodbc.Error, *, forbids: bool) -> None:
    """Of the one we know that it stands in the way of this statement alone, and always."""
    assert is_constraint(error) is forbids
