"""The relay's configuration: every mistake is answered with its key, and no secret gets in or out."""

from pathlib import Path

import pytest

from relay.settings import PASSWORD_VARIABLE, Settings, load_settings
from shared.errors import SettingsError

GOOD = """
[synergetic]
server = "sql01"
database = "Synergetic_X"
user = "reader"
[exchange]
bucket = "school-exchange"
"""


def load(folder: Path, text: str, **environment: str) -> Settings:
    """Write a configuration and read it."""
    path = folder / "relay.toml"
    path.write_text(text)
    return load_settings(path, environment)


def test_a_connection_string_is_made_of_escaped_values(tmp_path: Path) -> None:
    """The password comes from the environment, and nothing in it breaks out."""
    settings = load(tmp_path, GOOD.replace("[exchange]", "port = 1444\n[exchange]"), **{PASSWORD_VARIABLE: "a;b}c"})
    text = settings.synergetic.connection_string(settings.password)
    assert "Server={sql01,1444}" in text
    assert "PWD={a;b}}c}" in text
    assert "Encrypt={yes}" in text
    assert "TrustServerCertificate={no}" in text
    assert "ApplicationIntent={ReadOnly}" in text


def test_a_windows_login_needs_no_user(tmp_path: Path) -> None:
    """With `trusted` there is neither user nor password in the connection string."""
    settings = load(tmp_path, GOOD.replace('user = "reader"', "trusted = true"), **{PASSWORD_VARIABLE: "x"})
    text = settings.synergetic.connection_string(settings.password)
    assert "Trusted_Connection={yes}" in text
    assert "PWD" not in text
    assert "UID" not in text


def test_the_password_does_not_show(tmp_path: Path) -> None:
    """Neither text nor representation of the settings shows it."""
    settings = load(tmp_path, GOOD, **{PASSWORD_VARIABLE: "hunter2"})
    assert "hunter2" not in f"{settings} {settings!r} {settings.model_dump()}"
    assert settings.password.get_secret_value() == "hunter2"


def test_the_state_lies_beside_the_configuration(tmp_path: Path) -> None:
    """A relative folder does not depend on where the relay is started."""
    assert load(tmp_path, GOOD).relay.state_dir == tmp_path / "operoo-relay-state"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace("bucket", "buckett"), "exchange.buckett: is not a known key"),
        (GOOD.replace("bucket", "buckett"), "exchange.bucket: is missing"),
        (GOOD + "[relay]\ninterval_minutes = 0\n", "relay.interval_minutes"),
        (GOOD + "[rely]\n", "rely: is not a known key"),
        (GOOD.replace('user = "reader"', ""), "synergetic: give the `user`"),
        (GOOD.replace('database = "Synergetic_X"', ""), "synergetic: give `server` and `database`"),
        (GOOD.replace('user = "reader"', 'connection = "DSN=x"'), "not both"),
        (
            '[synergetic]\nconnection = "DSN=x;Pwd=hunter2"\n[exchange]\nbucket = "abc"\n',
            "synergetic.connection: must not hold",
        ),
        ('password = "hunter2"\n' + GOOD, PASSWORD_VARIABLE),
        (GOOD.replace("[exchange]", 'password = "hunter2"\n[exchange]'), "synergetic.password: is not a known key"),
        ("[synergetic\n", "not valid TOML"),
        (GOOD + "[synergetic.contract]\nphoto_table = 'a b'\n", "synergetic.contract.photo_table"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, says: str) -> None:
    """The message names the file and the key, and repeats no secret."""
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    assert says in str(caught.value)
    assert "relay.toml" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The message says where to get one."""
    with pytest.raises(SettingsError, match=r"relay\.example\.toml"):
        load_settings(tmp_path / "none.toml", {})


def test_the_example_can_be_used_as_it_is() -> None:
    """Every key in the commented example is a known one."""
    path = Path(__file__).parents[2] / "relay" / "relay.example.toml"
    assert load_settings(path, {}).exchange.bucket == "operoo-exchange-example"
