"""Where passwords are kept: looked for in a fixed order, refused where others can read them, shown nowhere."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import NoKeyringError
from pydantic import SecretStr

from relay import passwords
from relay.database.settings import PASSWORD_VARIABLE, DatabaseSettings
from relay.passwords import (
    PROXY_PASSWORD_VARIABLE,
    account_of,
    find_password,
    find_proxy_password,
    store_password,
)
from relay.settings import ExchangeSettings
from shared.errors import SettingsError


class Store(KeyringBackend):
    """A store of the system, which a test may break."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.failing: Exception | None = None
        self.slow_s = 0.0

    def get_password(self, service: str, username: str) -> str | None:
        """Return what is kept."""
        self._work()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep."""
        self._work()
        self.kept[service, username] = password

    def _work(self) -> None:
        time.sleep(self.slow_s)
        if self.failing:
            raise self.failing


@pytest.fixture(autouse=True)
def store() -> Iterator[Store]:
    """Be the system's store."""
    before, made = keyring.get_keyring(), Store()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def settings(**given: object) -> DatabaseSettings:
    """Return settings with a login."""
    return DatabaseSettings(**({"server": "sql01", "database": "Synergetic", "user": "reader"} | given))


def file(path: Path, content: bytes = b"from-file\n", mode: int = 0o600) -> Path:
    """Write a password file."""
    path.write_bytes(content)
    path.chmod(mode)
    return path


def found(made: DatabaseSettings, **environment: str) -> str:
    """Return the password, which tells where it was."""
    return find_password(made, environment).get_secret_value()


def test_the_first_place_that_has_one_counts(tmp_path: Path, store: Store) -> None:
    """Environment, what systemd hands over, the configured file, the system's store."""
    made = settings(password_file=file(tmp_path / "mine"))
    store_password(made, SecretStr("from-store"))
    file(tmp_path / "operoo-relay-db-password", b"from-systemd")
    systemd = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert found(made, **{PASSWORD_VARIABLE: "from-environment"}, **systemd) == "from-environment"
    assert found(made, **systemd) == "from-systemd"
    assert found(made, CREDENTIALS_DIRECTORY=str(tmp_path / "none")) == "from-file"
    assert found(settings()) == "from-store"


def test_the_store_is_asked_only_if_there_is_no_other(store: Store) -> None:
    """It may be locked, and may ask a person."""
    store.failing = RuntimeError()
    assert found(settings(), **{PASSWORD_VARIABLE: "x"}) == "x"
    for none in ({"user": "", "trusted": True}, {"driver": "SQLite3", "server": "", "user": ""}):
        assert found(settings(**none)) == ""


def test_a_login_without_a_password_is_told_so() -> None:
    """With every way to give one."""
    with pytest.raises(SettingsError) as caught:
        find_password(settings(), {})
    assert caught.value.code == "no-password"
    assert "password_file" in caught.value.remedy
    assert PASSWORD_VARIABLE in caught.value.remedy


def test_no_store_at_all_is_as_if_it_held_nothing(store: Store) -> None:
    """As on a server without a desktop."""
    store.failing = NoKeyringError()
    with pytest.raises(SettingsError) as caught:
        find_password(settings(), {})
    assert caught.value.code == "no-password"
    assert found(DatabaseSettings(connection="DSN=x")) == ""


@pytest.mark.parametrize("way", ["fails", "hangs"])
def test_a_store_that_does_not_work_is_named(store: Store, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """Whatever it raises, and if it waits for somebody for ever; its own text is not shown."""
    monkeypatch.setattr(passwords, "_PATIENCE_S", 0.02)
    if way == "fails":
        store.failing = OSError("reader hunter2")
    else:
        store.slow_s = 0.1
    for ask in (lambda: find_password(settings(), {}), lambda: store_password(settings(), SecretStr("hunter2"))):
        with pytest.raises(SettingsError) as caught:
            ask()
        assert caught.value.code == "password-store"
        assert "hunter2" not in str(caught.value)


def test_each_login_has_its_own_place(store: Store) -> None:
    """Two databases on one machine do not share a password."""
    store_password(settings(), SecretStr("x"))
    assert store.kept == {("operoo-relay", "reader@sql01/Synergetic"): "x"}
    assert account_of(settings()) != account_of(settings(database="Other"))
    assert account_of(DatabaseSettings(connection="DSN=x;UID=a")) == "DSN=x;UID=a"


@pytest.mark.skipif(os.name != "posix", reason="Windows says who may read a file in another way")
@pytest.mark.parametrize(("owner", "mode", "good"), [(1, 0o600, True), (1, 0o640, False), (0, 0o640, True), (0, 0o644, False)])
def test_a_file_that_others_can_read_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    owner: int,
    mode: int,
    good: bool,  # noqa: FBT001
) -> None:
    """A group may read root's file, since a service gets to it that way; nobody may read the relay's own."""
    path = file(tmp_path / "p", mode=mode)
    real = path.stat()
    monkeypatch.setattr(Path, "stat", lambda _, **__: os.stat_result((real.st_mode, 0, 0, 1, owner, 0, 0, 0, 0, 0)))
    if good:
        assert found(settings(password_file=path)) == "from-file"
        return
    with pytest.raises(SettingsError) as caught:
        find_password(settings(password_file=path), {})
    assert caught.value.code == "password-file"
    assert "chmod 600" in caught.value.remedy


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfge;heim\r\n", b"ge;heim", b"ge;heim\n"])
def test_editors_leave_marks_that_do_not_count(tmp_path: Path, content: bytes) -> None:
    """A mark at the beginning, and a line's end behind the password."""
    assert found(settings(password_file=file(tmp_path / "p", content))) == "ge;heim"


@pytest.mark.parametrize("content", [b"", b"\n", b"user\nhunter2\n", "hunter2".encode("utf-16"), None])
def test_a_file_that_is_no_password_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """Empty, several lines, another encoding, or not there; what is in it is not shown."""
    path = tmp_path / "p"
    if content is not None:
        file(path, content)
    with pytest.raises(SettingsError) as caught:
        find_password(settings(password_file=path), {})
    assert caught.value.code == "password-file"
    assert caught.value.remedy
    assert "hunter2" not in str(caught.value)


def test_the_proxy_has_a_password_of_its_own(tmp_path: Path) -> None:
    """From the environment or from systemd, and only if there is a proxy."""
    exchange = ExchangeSettings(bucket="bucket", proxy="http://relay@proxy:8080")
    environment = {PROXY_PASSWORD_VARIABLE: "x"}
    assert find_proxy_password(exchange, environment) == SecretStr("x")
    assert find_proxy_password(ExchangeSettings(bucket="bucket"), environment) is None
    file(tmp_path / "operoo-relay-proxy-password", b"y")
    assert find_proxy_password(exchange, {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == SecretStr("y")
