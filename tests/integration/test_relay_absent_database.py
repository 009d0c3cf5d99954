"""A school up to version 67 whose databases are called otherwise than the configuration says."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyodbc
import pytest
from typer.testing import CliRunner

from relay.checking.report import Report
from relay.checking.synergetic import Asked, look_at_synergetic
from relay.command_line import app
from relay.database.settings import PASSWORD_VARIABLE
from relay.settings import load_settings
from relay.wiring import database_of
from shared.errors import SettingsError
from tests.tds.drivers import FREETDS, WITHOUT
from tests.tds.engine import SqliteEngine
from tests.tds.server import serving

pytestmark = pytest.mark.skipif(bool(WITHOUT[FREETDS]), reason=WITHOUT[FREETDS])


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Return the port of a server that has one database, which says that it is Synergetic 67."""
    with serving(SqliteEngine()) as double:
        with pyodbc.connect(double.connection("sa", password="x"), autocommit=True) as admin:
            admin.execute("CREATE DATABASE [School Main]")
        with pyodbc.connect(double.connection("sa", "School Main", password="x"), autocommit=True) as admin:
            admin.execute("CREATE TABLE dbo.SynDatabases (Code varchar(15), VersionNumber varchar(20))")
            admin.execute("INSERT INTO dbo.SynDatabases (Code, VersionNumber) VALUES ('MAIN', '67.3')")
        yield double.port


@pytest.mark.parametrize(
    ("names", "absent"),
    [
        ("", "no database SynergyOne and none SynergyOneMedia on"),
        ('main_database = "school main"', "no database SynergyOneMedia on"),
    ],
)
def test_it_is_named_with_the_setting(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch, names: str, absent: str
) -> None:
    """Neither the check nor the comparison of grants leaves the reader with a table of the server's own that is missing."""
    monkeypatch.setenv(PASSWORD_VARIABLE, "x")
    config = tmp_path / "relay.toml"
    config.write_text(
        f'[synergetic]\ndriver = "FreeTDS"\nserver = "127.0.0.1"\nport = {port}\ndatabase = "School Main"\nuser = "sa"\n'
        f'encrypt = false\n[synergetic.contract]\n{names}\n[exchange]\nbucket = "school"\n'
    )
    settings, report = load_settings(config), Report()
    asked = Asked(settings.synergetic.contract, "one-way", date(2026, 3, 2), lambda: datetime.now(UTC))
    look_at_synergetic(database_of(settings), asked, report)
    (found,) = [one for one in report.findings if one.topic == "tables"]
    assert found.code == "database-not-found"
    assert absent in found.what
    assert "media_database" in found.remedy
    assert not report.tells("permissions", "not-told")
    assert {name.lower() for name in report.names} == {"school main"}, "what a bundle must not tell"
    compared = CliRunner().invoke(app, ["grants", "--diff", "--config", str(config)])
    assert isinstance(compared.exception, SettingsError)
    assert compared.exception.code == "database-not-found"
