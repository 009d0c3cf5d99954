"""Variables from the file beside the configuration: what it sets, what it may not show, and what is said of a wrong line."""

import os
from pathlib import Path

import pytest

from relay.checking.machine import look_at_proxy
from relay.commands.opening import opened
from relay.environment import take_environment
from relay.settings import ExchangeSettings
from shared.errors import SettingsError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the file is for `relay.toml`."""
    return tmp_path / "relay.env"


def taken(file: Path, **before: str) -> dict[str, str]:
    """Return an environment after the file was read into it."""
    take_environment(file.with_name("relay.toml"), before)
    return before


def test_lines_set_variables(file: Path) -> None:
    """Comments and blanks set nothing, quotes around a value are not part of it, and what is set already stays."""
    assert taken(file) == {}
    file.write_text("\ufeff# A proxy\n\nHTTPS_PROXY=http://proxy:8080\n ODBCINI=x \nA=\"b c\"\nB='d=\"\\#'\nC=\nD=e'f\n")
    found = taken(file, A="mine")
    assert found == {"HTTPS_PROXY": "http://proxy:8080", "ODBCINI": "x", "A": "mine", "B": 'd="\\#', "C": "", "D": "e'f"}


@pytest.mark.parametrize("line", ["hunter2", "export A=hunter2", "1A=hunter2", "=hunter2", "A=hunter2\0"])
def test_a_line_that_sets_nothing_is_named_by_its_number(file: Path, line: str) -> None:
    """And never shown, as it may hold a secret."""
    file.write_text(f"# x\n{line}\n")
    with pytest.raises(SettingsError, match="line 2") as caught:
        taken(file)
    assert caught.value.code == "environment-file"
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "mode", "refused"),
    [("AWS_SECRET_ACCESS_KEY", 0o644, True), ("HTTPS_PROXY", 0o644, False), ("X_PASSWORD", 0o600, False)],
)
def test_a_secret_is_not_for_others_to_read(file: Path, name: str, mode: int, *, refused: bool) -> None:
    """What is no secret may be."""
    file.write_text(f"{name}=hunter2\n")
    file.chmod(mode)
    if not refused:
        assert taken(file) == {name: "hunter2"}
        return
    with pytest.raises(SettingsError, match="can be read by others"):
        taken(file)


@pytest.mark.parametrize("line", ['A="hunter2', r"A=hunter\2", r'A="hunter\"2"', "A='hunter'2'", "A='hunter2"])
def test_what_systemd_would_read_otherwise_is_refused(file: Path, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service would log in with another password than who tries it by hand; Windows has no second reader."""
    file.write_text(f"{line}\n")
    with pytest.raises(SettingsError, match="line 1") as caught:
        taken(file)
    assert (caught.value.code, "hunter" in str(caught.value)) == ("environment-file", False)
    monkeypatch.setattr(os, "name", "nt")
    assert "hunter" in taken(file)["A"]


def test_what_is_roots_alone_was_handed_over_by_systemd(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows nobody hands it over, so there it is said."""

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    assert taken(file) == {}
    monkeypatch.setattr(os, "name", "nt")
    with pytest.raises(SettingsError, match="Permission denied"):
        taken(file)


def test_each_command_takes_them(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run by hand sees what the service sees."""
    config = tmp_path / "relay.toml"
    config.write_text('[synergetic]\ndriver = "SQLite3"\ndatabase = "x"\n[exchange]\nbucket = "abc"\n')
    file.write_text("HTTPS_PROXY=http://proxy:8080\n")
    monkeypatch.setenv("HTTPS_PROXY", "x")
    monkeypatch.delenv("HTTPS_PROXY")
    opened(config)
    assert os.environ.pop("HTTPS_PROXY") == "http://proxy:8080"


@pytest.mark.parametrize(
    ("variable", "proxy", "told"),
    [
        ("HTTPS_PROXY", None, "HTTPS_PROXY"),
        ("HTTP_PROXY", None, "without a proxy"),
        ("HTTP_PROXY", "http://proxy:8080", "`proxy`"),
    ],
)
def test_what_decides_about_the_proxy(monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str | None, told: str) -> None:
    """As AWS's client has it: to AWS goes HTTPS, so the variable for HTTP decides nothing."""
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "http://proxy:8080")
    (found,) = look_at_proxy(ExchangeSettings(bucket="abc", proxy=proxy))
    assert told in found.what
    assert "8080" not in found.what
