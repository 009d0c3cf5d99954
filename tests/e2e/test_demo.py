"""The demo, as a person starts it: it tells its story, and its exit code says whether the story came out as it should."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from local.demo.options import DEFAULT_PORT

ROOT = Path(__file__).parents[2]
DEMO = [sys.executable, "-m", "local.demo"]
pytestmark = pytest.mark.slow


def start(*arguments: str) -> "subprocess.Popen[str]":
    """Start the demo in a session of its own."""
    return subprocess.Popen(
        [*DEMO, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "160"},
        start_new_session=True,
    )


def finish(process: "subprocess.Popen[str]", timeout_s: float) -> str:
    """Wait for its end and return all it said; what it started ends with it, however it ends."""
    try:
        said, _ = process.communicate(timeout=timeout_s)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return said


def listens(process: "subprocess.Popen[str]") -> bool:
    """Tell whether it has taken the signals in hand, of which SIGALRM is one: before that Python itself answers Ctrl-C."""
    status = Path("/proc", str(process.pid), "status")
    if not status.exists():
        time.sleep(0.2)
        return True
    caught = next(line for line in status.read_text().splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) & 1 << signal.SIGALRM - 1)


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


@pytest.mark.parametrize("after_s", [0.0, 0.2, 4.0])
def test_it_can_be_stopped_at_any_time(tmp_path: Path, after_s: float) -> None:
    """Ctrl-C ends it soon, with a word and without a traceback, and leaves no process behind."""
    process = start("--students", "40", "--directory", str(tmp_path / "demo"))
    while not listens(process):
        time.sleep(0.001)
    time.sleep(after_s)
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
