"""A new configuration: made from the commented example, proven before it is written, and never with a password in it."""

import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import keyring
import pytest
from pydantic import BaseModel, SecretStr

from relay.database.settings import DatabaseSettings
from relay.installing.configuration import Choices, best_driver, example, filled
from relay.installing.initial import Store, refuse_existing, usual_store, write_all
from relay.settings import ExchangeSettings, RelaySettings, load_settings
from shared.errors import SettingsError
from tests.unit.relay_machines import RecordedMachine

PASSWORD = 'hunter2 "\\ é'


def choices(**changes: Any) -> Choices:
    """Return what a school would answer."""
    values = {
        "server": "sql01\\syn",
        "database": "Synergetic",
        "user": "reader",
        "bucket": "school-exchange",
        "region": "ap-southeast-2",
        "driver": "ODBC Driver 18 for SQL Server",
    }
    return Choices(**(values | changes))


def written(folder: Path, made: Choices, *, store: Store = Store.FILE, password: str | None = PASSWORD) -> Path:
    """Write a configuration and return where."""
    config = folder / "relay.toml"
    secret = SecretStr(password) if password else None
    write_all(made, config, machine=RecordedMachine(folder), store=store, password=secret)
    return config


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """Every answer arrives, what was not answered is as before, and the password is in a file of its own."""
    config = written(tmp_path, choices(port=None, return_queue_url="https://q.example/1"))
    settings = load_settings(config)
    assert settings.synergetic.server == "sql01\\syn"
    assert settings.synergetic.user == "reader"
    assert settings.exchange.return_queue_url == "https://q.example/1"
    assert settings.relay.max_photo_mb == 20
    assert settings.synergetic.password_file == tmp_path / "relay.password"
    assert (tmp_path / "relay.password").read_text(encoding="utf-8") == PASSWORD
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert "hunter2" not in config.read_text()


def test_comments_are_those_of_the_example(tmp_path: Path) -> None:
    """What each key means stands in the file that a person will change."""
    comments = [line for line in example().splitlines() if line.startswith("# ") and " = " not in line]
    assert len(comments) > 20
    assert set(comments) <= set(written(tmp_path, choices()).read_text().splitlines())


def test_the_windows_account_has_no_login(tmp_path: Path) -> None:
    """Then there is no password either."""
    config = written(tmp_path, choices(user=""), password=None)
    settings = load_settings(config).synergetic
    assert (settings.trusted, settings.user, settings.password_file) == (True, "", None)
    assert [path.name for path in tmp_path.iterdir()] == ["relay.toml"]


@pytest.mark.parametrize(
    ("config", "folder"),
    [
        ("/etc/operoo-relay/relay.toml", "/var/lib/operoo-relay"),
        ("/etc/hilltop/relay.toml", "/var/lib/hilltop"),
        ("/etc/relay.toml", "/var/lib/operoo-relay"),
        ("/srv/relay.toml", "operoo-relay-state"),
    ],
)
def test_below_etc_the_folder_is_below_var(config: str, folder: str) -> None:
    """What changes does not belong beside the configuration there; and two relays on a machine must not share their memory."""
    assert tomllib.loads(choices().text(PurePosixPath(config)))["relay"]["state_dir"] == folder


def test_a_wrong_answer_leaves_nothing(tmp_path: Path) -> None:
    """The error names the key, and neither configuration nor password is written."""
    with pytest.raises(SettingsError, match=r"exchange\.bucket") as caught:
        written(tmp_path, choices(bucket="x"))
    assert "hunter2" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("before", [None, "the one in use"])
def test_a_configuration_that_is_not_written_leaves_the_password_as_it_was(tmp_path: Path, before: str | None) -> None:
    """There is no new one, and one that is in use is not exchanged."""
    (tmp_path / "relay.toml").mkdir()
    secret = tmp_path / "relay.password"
    if before is not None:
        secret.write_text(before)
    with pytest.raises(SettingsError) as caught:
        written(tmp_path, choices())
    assert caught.value.code == "configuration-not-written"
    assert (secret.read_text() if secret.exists() else None) == before


def test_a_configuration_that_is_there_is_kept(tmp_path: Path) -> None:
    """The remedy says how to write over it."""
    config = written(tmp_path, choices())
    with pytest.raises(SettingsError, match="--force") as caught:
        refuse_existing(config)
    assert caught.value.code == "configuration-exists"


def test_the_systems_store_takes_the_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the name of the login, and no file is written."""
    kept = {}
    monkeypatch.setattr(keyring, "set_password", lambda *entry: kept.update({entry[:2]: entry[2]}))
    config = written(tmp_path, choices(), store=Store.KEYRING)
    assert kept == {("operoo-relay", "reader@sql01\\syn/Synergetic"): PASSWORD}
    assert load_settings(config).synergetic.password_file is None
    assert [path.name for path in tmp_path.iterdir()] == ["relay.toml"]


def test_an_administrator_keeps_the_password_in_a_file(tmp_path: Path) -> None:
    """A service could not open the store of the person who set it up."""
    assert usual_store(RecordedMachine(tmp_path)) is Store.FILE


def test_on_windows_others_lose_the_right_to_read_first(tmp_path: Path) -> None:
    """Before the password is in the file, and for the configuration too."""
    machine = RecordedMachine(tmp_path, "windows")
    machine._root = None
    write_all(choices(), tmp_path / "relay.toml", machine=machine, store=Store.FILE, password=SecretStr(PASSWORD))
    assert [command.split()[1] for command in machine.commands] == [
        str(tmp_path / "relay.password"),
        str(tmp_path / "relay.toml"),
    ]


@pytest.mark.parametrize(
    ("installed", "best"),
    [
        (["ODBC Driver 17 for SQL Server", "ODBC Driver 18 for SQL Server", "SQLite3"], "ODBC Driver 18 for SQL Server"),
        (["SQL Server", "ODBC Driver 9 for SQL Server"], "ODBC Driver 9 for SQL Server"),
        (["SQL Server"], "none"),
    ],
)
def test_the_newest_driver_is_taken(installed: list[str], best: str) -> None:
    """By its number, not by its spelling."""
    assert best_driver(installed, otherwise="none") == best


def test_an_answer_without_a_place_is_a_defect() -> None:
    """It would be lost otherwise."""
    with pytest.raises(KeyError, match="nonsense"):
        filled(example(), {"relay": {"nonsense": 1}})


@pytest.mark.parametrize(
    ("section", "model"), [("synergetic", DatabaseSettings), ("exchange", ExchangeSettings), ("relay", RelaySettings)]
)
def test_every_setting_stands_in_the_example(section: str, model: type[BaseModel]) -> None:
    """A person finds in the file what can be set, and what is set there is the default but where no default can be right."""
    names = set(model.model_fields) - {"contract"}
    text = filled(example(), {section: dict.fromkeys(names)})
    assert names <= {line.removeprefix("# ").partition(" = ")[0] for line in text.splitlines()}
    differs = {"server", "database", "user", "bucket", "region"}
    for name, value in tomllib.loads(example())[section].items():
        field = model.model_fields[name]
        assert name in differs | {"contract"} or str(field.default) == str(value), name
