"""The command `grants`: a script from options alone or with a configuration, plain refusals, and the comparison."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import Result
from typer.testing import CliRunner

from relay.command_line import app
from relay.commands.grants import account
from shared.errors import IntegrationError
from shared.synergetic import TSQL, Mode, Version
from shared.synergetic.grant_script import Target, grant_script, revoke_script
from shared.synergetic.grants import grants as grants_of
from shared.synergetic.login import Login
from shared.synergetic.permissions import Difference, Excess
from tests.unit.paper_school import LOGIN, SETTINGS, paper_school, target
from tests.unit.paper_server import Server

ONE_WAY = ["--mode", "one-way"]
V67 = ["--version", "67", "--login", LOGIN]
CONFIGURATION = """
[synergetic]
server = "sql"
database = "Synergetic_AUVIC_X_PRD"
user = "operoo_relay"
mode = "two-way"

[synergetic.contract]
version = "68.24"
table_names = { Photos = "tPhotos" }

[exchange]
bucket = "bucket"
"""


def grants(*arguments: str | Path) -> Result:
    """Run the command as a person does."""
    return CliRunner().invoke(app, ["grants", *map(str, arguments)])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a configuration for SQL Server."""
    path = tmp_path / "relay.toml"
    path.write_text(CONFIGURATION)
    return path


@pytest.mark.parametrize("mode", ["one-way", "two-way"])
def test_options_alone_make_a_script(mode: Mode) -> None:
    """On the screen stands the script and nothing else, so that it may be piped."""
    done = grants("--mode", mode, *V67)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == grant_script(target(), mode)


def test_a_release_that_is_not_known_is_said_to_be_none() -> None:
    """Beside the script, which is that of its version."""
    done = grants(*ONE_WAY, "--version", "66R3", "--login", LOGIN)
    assert (done.exit_code, "no Synergetic 66R3 is known" in done.stderr) == (0, True)
    assert "[SynergyOne]" in done.stdout


def test_names_of_databases_are_taken() -> None:
    """Up to version 67 there are two of them, from 68 on one."""
    done = grants(*ONE_WAY, *V67, "--database", "Main", "--media-database", "Media")
    assert "USE [Main];" in done.stdout
    assert "USE [Media];" in done.stdout
    done = grants(*ONE_WAY, "--version", "68.24", "--login", LOGIN, "--database", "Synergetic_X")
    assert "USE [Synergetic_X];" in done.stdout


def test_a_script_is_written_to_a_file(tmp_path: Path) -> None:
    """It is plain UTF-8; a name beyond ASCII is marked as such, as sqlcmd wants it."""
    output = tmp_path / "grants.sql"
    done = grants(*ONE_WAY, *V67, "-o", output)
    assert "database administrator" in done.stdout
    assert output.read_bytes() == grant_script(target(), "one-way").encode()
    grants(*ONE_WAY, "--version", "67", "--login", "opérateur", "-o", output)
    assert output.read_bytes().startswith(b"\xef\xbb\xbf-- ")


def test_the_configuration_gives_what_is_not_given(config: Path) -> None:
    """Mode, version, login, database and names come from it; an option overrides it."""
    made = grants("--config", config)
    assert made.exit_code == 0, made.output
    assert "USE [Synergetic_AUVIC_X_PRD];" in made.stdout
    assert "68.24, two-way" in made.stdout
    assert "[media].[tPhotos]" in made.stdout
    assert "CREATE LOGIN [operoo_relay] WITH PASSWORD" in made.stdout
    other = grants("--config", config, *ONE_WAY, "--login", "other", "--database", "Test")
    assert "USE [Test];" in other.stdout
    assert "one-way" in other.stdout
    assert "CREATE LOGIN [other]" in other.stdout


def test_a_windows_account_follows_from_the_configuration(config: Path) -> None:
    """Where the relay logs in as its own account, that account is a Windows one."""
    config.write_text(CONFIGURATION.replace('user = "operoo_relay"', "trusted = true"))
    done = grants("--config", config, "--login", r"SCHOOL\svc-operoo")
    assert r"CREATE LOGIN [SCHOOL\svc-operoo] FROM WINDOWS;" in done.stdout
    asked = grants("--config", config)
    assert r"DOMAIN\name" in asked.stderr


def test_a_script_to_take_back(config: Path) -> None:
    """It needs no mode; the login goes only if that is asked for."""
    assert grants("--revoke", *V67).stdout == revoke_script(target())
    assert grants("--revoke", "--drop-login", *V67).stdout == revoke_script(target(), drop_login=True)
    assert "DROP LOGIN" not in grants("--revoke", "--config", config).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (V67, "--mode"),
        ([*ONE_WAY, "--login", LOGIN], "--version"),
        ([*ONE_WAY, "--version", "67"], "--login"),
        ([*ONE_WAY, *V67, "--windows", "--contained"], "--windows and --contained"),
        ([*ONE_WAY, *V67, "--contained"], "several databases"),
        ([*ONE_WAY, *V67, "--database", "a]b"], "not a database's name"),
        ([*ONE_WAY, "--version", "68", "--login", LOGIN, "--media-database", "x"], "in the one database"),
        ([*ONE_WAY, *V67, "--drop-login"], "--drop-login without --revoke"),
        (["--revoke", "--version", "68", "--login", LOGIN, "--contained", "--drop-login"], "has no login"),
        (["--diff"], "--config"),
        (["--diff", "--revoke", *V67], "--diff and --revoke"),
        (["--mode", "both", *V67], "'--mode': 'both' is not one of 'one-way', 'two-way'."),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], says: str) -> None:
    """What is wrong stands on one line, with the option it is about, and no script is made."""
    done = grants(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([*ONE_WAY, "--version", "67", "--login", r"SCHOOL\relay"], "login-name-invalid"),
        ([*ONE_WAY, "--version", "99", "--login", LOGIN], "version-unsupported"),
        ([*ONE_WAY, "--version", "latest", "--login", LOGIN], "version-unreadable"),
        ([*ONE_WAY, "--version", "68", "--login", LOGIN, "--database", "zPre68SynergyOne"], "stale-database"),
        ([*ONE_WAY, *V67, "--media-database", "zpre68SynergyOneMedia"], "stale-database"),
        ([*ONE_WAY, *V67, "-o", "/nowhere/at/all.sql"], "output-unwritable"),
        (["--config", "/nowhere/relay.toml"], "no-configuration"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_remedy(arguments: list[str], code: str) -> None:
    """Each ends in an error of this project."""
    error = grants(*arguments).exception
    assert isinstance(error, IntegrationError)
    assert error.code == code
    assert error.remedy


def test_a_script_is_not_written_over_the_configuration(tmp_path: Path) -> None:
    """A slip would cost it."""
    config = tmp_path / "relay.toml"
    config.write_text("[synergetic]\nserver = 'x'\ndatabase = 'X'\nuser = 'x'\n[exchange]\nbucket = 'abc'\n")
    error = grants("--config", str(config), "--version", "68", "-o", str(config)).exception
    assert isinstance(error, IntegrationError)
    assert (error.code, "[synergetic]" in config.read_text()) == ("output-unwritable", True)


def test_help_has_an_example_of_each_use() -> None:
    """A person finds a line to copy, and that no password is in the script."""
    text = " ".join(grants("--help").stdout.split())
    assert "holds no password" in text
    for example in (
        "grants --mode one-way --version 67 --login",
        "--windows --database",
        "grants --revoke",
        "grants --diff --config",
    ):
        assert example in text


@contextmanager
def _session_of(server: Server) -> Iterator[SimpleNamespace]:
    yield SimpleNamespace(dialect=TSQL, rows=server.rows_for(LOGIN, "School"))


def _compare(monkeypatch: pytest.MonkeyPatch, server: Server, *arguments: str | Path) -> Result:
    database = SimpleNamespace(session=lambda: _session_of(server))
    monkeypatch.setattr("relay.wiring.database_of", lambda _settings: database)
    return grants("--diff", *arguments)


def _granted(mode: Mode) -> Server:
    server = paper_school("68.24")
    server.run(grant_script(Target(Version.parse("68.24"), SETTINGS, Login(LOGIN), "School"), mode))
    return server


def test_a_login_that_fits_is_told_so(monkeypatch: pytest.MonkeyPatch, config: Path) -> None:
    """Nothing differs, and the exit code is 0."""
    config.write_text(CONFIGURATION.replace('table_names = { Photos = "tPhotos" }', ""))
    done = _compare(monkeypatch, _granted("two-way"), "--config", config)
    assert (done.exit_code, done.stdout) == (0, "The login may do exactly what two-way needs.\n")


def test_a_login_that_differs_is_told_how(monkeypatch: pytest.MonkeyPatch, config: Path) -> None:
    """What lacks comes as statements, and what is too much by name; the exit code is 1."""
    config.write_text(CONFIGURATION.replace('table_names = { Photos = "tPhotos" }', ""))
    lacking = _compare(monkeypatch, _granted("one-way"), "--config", config)
    assert lacking.exit_code == 1
    assert "The login is not in its roles" in lacking.stdout
    assert "TO [operoo_writer];" in lacking.stdout
    exceeding = _compare(monkeypatch, _granted("two-way"), "--config", config, "--mode", "one-way", "--version", "68.24")
    assert exceeding.exit_code == 1
    assert "A one-way login must not be able to write, and this one is:" in exceeding.stdout
    assert "WRITES  It is a member of operoo_writer in School." in exceeding.stdout


def test_a_sample_school_has_no_permissions(config: Path) -> None:
    """A SQLite file is told apart, without a connection."""
    config.write_text('[synergetic]\ndriver = "SQLite3"\ndatabase = "school.db"\n[exchange]\nbucket = "bucket"\n')
    done = grants("--diff", "--config", config)
    assert (done.exit_code, done.stdout) == (
        0,
        "This is a file: it has no logins and no permissions, so there is nothing to compare.\n",
    )


def test_the_account_names_databases_and_absent_columns() -> None:
    """Statements come with the database they are for, and a column that no grant gives is told apart."""
    needed = grants_of("one-way", Version.parse("67"), SETTINGS)
    missing = Difference(missing=(needed[0], needed[1]), absent=("dbo.Staff.Code",))
    lines = list(account(missing, "one-way"))
    assert lines[0].startswith("Missing. These lines give it")
    assert lines.count("  USE [SynergyOne];") == 1
    assert "  dbo.Staff.Code" in lines
    reading = Difference(excess=(Excess("It has SELECT on everything in the database.", writes=False),))
    assert next(account(reading, "one-way")) == "Too much:"
