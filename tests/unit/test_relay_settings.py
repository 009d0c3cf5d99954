"""The relay's configuration: every mistake is answered with its key, and no secret gets in or out."""

import re
from pathlib import Path

import pytest

from relay.settings import (
    PASSWORD_VARIABLE,
    DatabaseSettings,
    ExchangeSettings,
    RelaySettings,
    Settings,
    load_settings,
    parse_settings,
)
from shared.errors import SettingsError
from shared.synergetic import SynergeticSettings

GOOD = """
[synergetic]
server = "sql01"
database = "Synergetic_X"
user = "reader"
[exchange]
bucket = "school-exchange"
"""


def load(folder: Path, text: str) -> Settings:
    """Write a configuration and read it."""
    path = folder / "relay.toml"
    path.write_text(text)
    return load_settings(path)


def test_one_way_is_what_nobody_has_to_ask_for(tmp_path: Path) -> None:
    """Writing back has to be asked for by name."""
    assert load(tmp_path, GOOD).synergetic.mode == "one-way"
    assert load(tmp_path, GOOD.replace("[synergetic]", '[synergetic]\nmode = "two-way"')).synergetic.mode == "two-way"


def test_paths_begin_beside_the_configuration(tmp_path: Path) -> None:
    """A relative path does not depend on where the relay is started; an absolute one stays."""
    text = GOOD.replace(
        "[exchange]", 'password_file = "secret"\nserver_certificate = "/etc/sql.pem"\n[exchange]\nca_bundle = "ca"'
    )
    settings = load(tmp_path, text)
    assert settings.relay.state_dir == tmp_path / "operoo-relay-state"
    assert settings.synergetic.password_file == tmp_path / "secret"
    assert settings.synergetic.server_certificate == Path("/etc/sql.pem")
    assert settings.exchange.ca_bundle == tmp_path / "ca"


def test_a_configuration_can_be_read_before_it_is_written(tmp_path: Path) -> None:
    """Its text is enough, with the place where it is going to be."""
    assert parse_settings(GOOD, tmp_path / "relay.toml") == load(tmp_path, GOOD)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace("bucket", "buckett"), "exchange.buckett: is not a known key"),
        (GOOD.replace("bucket", "buckett"), "exchange.bucket: is missing"),
        (GOOD + "[relay]\ninterval_minutes = 0\n", "relay.interval_minutes"),
        (GOOD + "[relay]\nerror_window_hours = inf\n", "relay.error_window_hours"),
        (GOOD + '[relay]\nstate_dir = ""\n', "relay.state_dir: is empty"),
        (GOOD + '[relay]\nstate_dir = "~/relay"\n', "relay.state_dir: must be written out"),
        (GOOD + "[relay]\nstate_dir = '%ProgramData%\\relay'\n", "relay.state_dir: must be written out"),
        (GOOD + '[relay]\nlog_file = "a\\u0000b"\n', "relay.log_file: must not hold control characters"),
        (GOOD + '[relay]\nlog_file = "state.db"\n', "relay.log_file: must not end as the files"),
        (GOOD + 'aws_config_file = "${HOME}/aws"\n', "exchange.aws_config_file: must be written out"),
        (GOOD.replace("[exchange]", 'password_file = " "\n[exchange]'), "synergetic.password_file: is empty"),
        (GOOD + "[rely]\n", "rely: is not a known key; did you mean relay?"),
        (
            GOOD + "[relay]\nintervall_minutes = 5\n",
            "relay.intervall_minutes: is not a known key; did you mean interval_minutes?",
        ),
        (GOOD + "[synergetic.contract]\ntable_name = {}\n", "table_name: is not a known key; did you mean table_names?"),
        (GOOD + "colour = 1\n", "exchange.colour: is not a known key."),
        ("synergetic = 1\n", "synergetic: is a section: its keys stand below [synergetic]"),
        (GOOD.replace('"sql01"', r'"sql01\instance"'), "not valid TOML: Unescaped"),
        (GOOD + "deep = " + "[" * 5000, "not valid TOML: its brackets are nested too deeply"),
        (GOOD + 'a = { b = "c" }\na."d" = "e"\n', "a key that stands there in braces already takes no more (at line"),
        (GOOD + "long = " + "9" * 5000, "not valid TOML: it holds a number that is too long"),
        (GOOD.replace("[exchange]", "port = true\n[exchange]"), "synergetic.port: Input should be a valid integer"),
        (GOOD.replace("[exchange]", "user = 2026-01-01\n[exchange]").replace('user = "reader"', ""), "synergetic.user: Input"),
        (GOOD.replace("[exchange]", 'encrypt = "no"\n[exchange]'), "synergetic.encrypt: Input should be a valid boolean"),
        (GOOD + "upload_threads = true\n", "exchange.upload_threads: Input should be a valid integer"),
        (GOOD + "[relay]\ninterval_minutes = true\n", "relay.interval_minutes: Input should be a valid number"),
        (GOOD.replace('user = "reader"', ""), "synergetic: give the `user`"),
        (GOOD.replace('"reader"', '" "'), "synergetic: give the `user`"),
        (GOOD.replace('"sql01"', '" "'), "synergetic: give the `server`"),
        (GOOD.replace('database = "Synergetic_X"', ""), "synergetic: give `server` and `database`"),
        (GOOD.replace('user = "reader"', 'connection = "DSN=x"'), "not both"),
        (GOOD.replace("[exchange]", 'ca_file = "x"\n[exchange]'), "synergetic: `ca_file` means nothing to Microsoft's"),
        (GOOD.replace("[exchange]", 'mode = "both"\n[exchange]'), "synergetic.mode: "),
        (GOOD + 'proxy = "http://relay:hunter2@proxy:8080"', "exchange.proxy: must not hold the password"),
        (GOOD + 'proxy = "proxy:8080"', "exchange.proxy: must be an address with a port"),
        (GOOD + 'proxy = "http://proxy"', "exchange.proxy: must be an address with a port"),
        (GOOD + 'proxy = "http://proxy:hunter2"', "exchange.proxy: "),
        (
            '[synergetic]\nconnection = "DSN=x;Pwd=hunter2"\n[exchange]\nbucket = "abc"\n',
            "synergetic.connection: must not hold",
        ),
        ('password = "hunter2"\n' + GOOD, PASSWORD_VARIABLE),
        (GOOD.replace("[exchange]", 'password = "hunter2"\n[exchange]'), "a password does not belong in this file"),
        (GOOD.replace("school-exchange", "arn:aws:s3:::b"), "exchange.bucket: must be a bucket's name"),
        (GOOD + 'region = "Sydney"', "exchange.region: must be a region of AWS"),
        (GOOD + 'return_queue_url = "arn:aws:sqs:x:1:Return.fifo"', "exchange.return_queue_url: must be a whole address"),
        ("[synergetic\n", "not valid TOML"),
        (GOOD + "[synergetic.contract]\ntable_names = {Photos = 'a b'}\n", "synergetic.contract.table_names"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, says: str) -> None:
    """The message names the file and the key, and repeats no secret."""
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    assert says in str(caught.value)
    assert "relay.toml" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_file_in_another_encoding_is_no_toml(tmp_path: Path) -> None:
    """What could not be read is not repeated."""
    (tmp_path / "relay.toml").write_bytes(GOOD.encode("utf-16"))
    with pytest.raises(SettingsError, match="not valid TOML"):
        load_settings(tmp_path / "relay.toml")


def test_what_an_editor_on_windows_saves_is_read(tmp_path: Path) -> None:
    """It puts a mark in front."""
    (tmp_path / "relay.toml").write_bytes(GOOD.encode("utf-8-sig"))
    assert load_settings(tmp_path / "relay.toml").synergetic.server == "sql01"


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most often somebody forgot to be an administrator."""

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(SettingsError, match="with sudo") as caught:
        load_settings(tmp_path / "relay.toml")
    assert caught.value.code == "no-configuration"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The message says how to make one."""
    with pytest.raises(SettingsError, match="operoo-relay init"):
        load_settings(tmp_path / "none.toml")


def test_the_example_can_be_used_as_it_is() -> None:
    """Every key in the commented example is a known one."""
    path = Path(__file__).parents[2] / "relay" / "relay.example.toml"
    assert load_settings(path).exchange.bucket == "operoo-exchange-example"


def test_the_example_explains_every_key() -> None:
    """`operoo-relay init` writes a file in which each key stands, be it behind a comment sign."""
    text = (Path(__file__).parents[2] / "relay" / "relay.example.toml").read_text(encoding="utf-8")
    stand = set(re.findall(r"^(?:# )?([a-z_]+)[ .].*=", text, re.MULTILINE))
    sections = (DatabaseSettings, SynergeticSettings, ExchangeSettings, RelaySettings)
    assert {name for section in sections for name in section.model_fields} - stand == {"contract"}
