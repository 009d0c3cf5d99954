"""The demo, as a person starts it: it tells its story, and its exit code says whether the story came out as it should."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from local.demo.options import DEFAULT_PORT

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


def start(*arguments: str, python: Sequence[str] = ()) -> "subprocess.Popen[str]":
    """Start the demo in a session of its own, with options for Python."""
    return subprocess.Popen(
        [sys.executable, *python, "-m", "local.demo", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "160"},
        start_new_session=True,
    )


def finish(process: "subprocess.Popen[str]", timeout_s: float) -> str:
    """Wait for its end, with which all that it started has ended, and return what it said."""
    try:
        said, _ = process.communicate(timeout=timeout_s)
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return said


@pytest.fixture
def taken_port() -> Iterator[int]:
    """Return a port that another program listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_the_story_comes_out_as_expected(tmp_path: Path) -> None:
    """Every step of the story holds, from the first snapshot to an outage of Operoo."""
    process = start("--once", "--students", "40", "--seed", "7", "--directory", str(tmp_path / "demo"))
    said = finish(process, 1400)
    assert process.returncode == 0, said
    for sentence in (
        "steps came out as expected",
        "Then the whole school",
        "what Operoo was asked to do: create 1 student, update",
        "what Operoo was asked to do: send 1 photo",
        "what Operoo was asked to do: archive 1 student, update",
        "students archived in all this: none",
        "outcome: refused",
        "the allergy in Synergetic: Swelling of the lips",
        "the nurse's words: Only raw egg, says the nurse",
        "the allergy in Synergetic: Wheezing",
        "messages that were given up: 0",
    ):
        assert sentence in said
    assert "✗" not in said


@pytest.mark.parametrize("told", ["| rich.", "A made-up school", "The relay reads"], ids=["loading", "starting", "at-work"])
def test_it_can_be_stopped_at_any_time(tmp_path: Path, told: str) -> None:
    """Ctrl-C ends it, with a word, no traceback and no process left: while it loads, starts the rest, or works."""
    process = start("--students", "40", "--directory", str(tmp_path / "demo"), python=["-X", "importtime"])
    assert process.stdout is not None
    while told not in re.sub(" +", " ", process.stdout.readline()):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    said = finish(process, 600)
    assert "Traceback" not in said
    assert "Stopped." in said
    assert process.returncode == 128 + signal.SIGINT


def test_a_taken_port_is_said(tmp_path: Path, taken_port: int) -> None:
    """A port that was asked for and is taken is named, with what to do; nothing is started."""
    process = start("--once", "--port", str(taken_port), "--directory", str(tmp_path / "demo"))
    said = finish(process, 600)
    assert process.returncode == 1
    assert f"Port {taken_port} is taken" in said
    assert "--port" in said
    assert not (tmp_path / "demo").exists()


def test_a_directory_with_other_things_is_left_alone(tmp_path: Path) -> None:
    """It empties only what it made itself."""
    (tmp_path / "thesis.txt").write_text("years of work")
    process = start("--once", "--directory", str(tmp_path))
    said = finish(process, 600)
    assert process.returncode == 1
    assert "no demo made it" in said
    assert (tmp_path / "thesis.txt").exists()


def test_the_help_tells_what_it_does() -> None:
    """`--help` names every option and the usual port."""
    said = finish(start("--help"), 600)
    for word in ("--once", "--students", "--seed", "--directory", "--port", str(DEFAULT_PORT), "Ctrl-C"):
        assert word in said
