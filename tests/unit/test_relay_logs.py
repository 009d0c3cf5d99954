"""What the relay says: to a person in lines, as a service also into a file of JSON that is turned over and private."""

import errno
import io
import json
import logging
import os
import shutil
from pathlib import Path

import pytest

from relay.logs import LOGGER, LogFormat, log_failure, start_logging
from relay.settings import RelaySettings
from shared.errors import FatalError, TransientError


def lines(path: Path) -> list[dict[str, object]]:
    """Return what stands in a log file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_service_says_it_twice(tmp_path: Path) -> None:
    """A person reads lines where the system keeps them, and a machine JSON in the file; only its owner reads that."""
    stream = io.StringIO()
    logger = start_logging(LogFormat.HUMAN, stream=stream, file=RelaySettings(state_dir=tmp_path / "state"))
    logger.info("The run is done", extra={"rows": 7})
    assert "The run is done  rows=7" in stream.getvalue()
    path = tmp_path / "state" / "relay.log"
    (line,) = lines(path)
    assert (line["message"], line["rows"], line["level"]) == ("The run is done", 7, "info")
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_file_is_turned_over(tmp_path: Path) -> None:
    """When it is full a new one begins; as many are kept as configured, all of them private."""
    settings = RelaySettings(state_dir=tmp_path, log_size_mb=1, log_files=2)
    logger = start_logging(LogFormat.HUMAN, stream=io.StringIO(), file=settings)
    for _ in range(5):
        logger.info("x" * 600_000)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["relay.log", "relay.log.1"]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_a_file_that_somebody_takes_away_is_begun_again(tmp_path: Path) -> None:
    """A service goes on for months: what it says once its folder is there again is found, not what it said meanwhile."""
    settings = RelaySettings(state_dir=tmp_path / "state")
    logger = start_logging(LogFormat.HUMAN, stream=io.StringIO(), file=settings)
    logger.info("before")
    shutil.rmtree(settings.state_dir)
    logger.info("meanwhile")
    settings.state_dir.mkdir()
    logger.info("after")
    assert [line["message"] for line in lines(settings.log_path)] == ["after"]


def test_a_file_that_somebody_has_open_grows_until_it_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows moves none such: then no line is lost, and no older file, and later it is turned over after all."""
    logger = start_logging(LogFormat.HUMAN, stream=io.StringIO(), file=RelaySettings(state_dir=tmp_path, log_size_mb=1))
    rename, open_elsewhere = os.rename, str(tmp_path / "relay.log")

    def refused(source: object, target: object) -> None:
        if str(source) == open_elsewhere:
            raise PermissionError(errno.EACCES, "in use")
        rename(str(source), str(target))

    for number in range(2):
        logger.info("x" * 600_000, extra={"number": number})
    with monkeypatch.context() as windows:
        windows.setattr(os, "rename", refused)
        for number in range(2, 5):
            logger.info("x" * 600_000, extra={"number": number})
    logger.info("x", extra={"number": 5})
    kept = [line["number"] for name in ("relay.log.2", "relay.log.1", "relay.log") for line in lines(tmp_path / name)]
    assert kept == list(range(6))


def test_what_ended_the_program_is_in_the_file(tmp_path: Path) -> None:
    """With its code and what to do; a person is told by other means."""
    stream = io.StringIO()
    start_logging(LogFormat.HUMAN, stream=stream, file=RelaySettings(state_dir=tmp_path))
    assert log_failure(FatalError("It broke.", remedy="Mend it.", code="broken")) is False
    assert stream.getvalue() == ""
    (line,) = lines(tmp_path / "relay.log")
    assert (line["level"], line["message"], line["code"], line["remedy"]) == ("error", "It broke.", "broken", "Mend it.")


def test_who_wants_json_gets_the_failure_as_json() -> None:
    """Then nothing else need be said."""
    stream = io.StringIO()
    start_logging(LogFormat.JSON, stream=stream)
    assert log_failure(FatalError("It broke.", code="broken")) is True
    assert json.loads(stream.getvalue())["code"] == "broken"


@pytest.mark.parametrize("named", ["state", "state/relay.log"])
def test_a_log_that_cannot_be_written_is_an_error(tmp_path: Path, named: str) -> None:
    """The message names the folder, or the file where the folder is all right, and the setting that chooses another."""
    if named == "state":
        (tmp_path / "state").write_text("a file, not a folder")
    else:
        (tmp_path / named).mkdir(parents=True)
    with pytest.raises(TransientError, match=f"{named} cannot be used") as caught:
        start_logging(LogFormat.HUMAN, file=RelaySettings(state_dir=tmp_path / "state"))
    assert "log_file" in caught.value.remedy
    assert logging.getLogger(LOGGER).handlers != []
