"""Starts the processes that functions run in: forks of one, `local.stack.runtime`, that has loaded what all of them need."""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local.stack.aws import NO_PROFILES

_ROOT = Path(__file__).parents[2]
_START_S, _AT_ONCE = 60, 2**16
# The first process has no more of this program's environment than its forks, which get their own from the template.
BARE = {
    "PATH": os.environ.get("PATH", ""),
    "PYTHONUNBUFFERED": "1",
    "TZ": "UTC",
    **NO_PROFILES,
    # Lambda's boto3 does without it; here the SAM CLI brings it.
    "BOTO_DISABLE_CRT": "true",
    # macOS ends a fork that meets some of its libraries; none of them was used before it.
    "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
    # Without it Python asks one of them for proxies with each request.
    "NO_PROXY": "*",
}


@dataclass(frozen=True)
class Program:
    """What a fork runs.

    Attributes:
        handler: As `package.module.function`.
        code: The folder it is imported from.
        environment: All that it finds in its environment.
        log: Where its output goes.
        calls: Where its requests to AWS are noted.
    """

    handler: str
    code: Path
    environment: dict[str, str]
    log: Path
    calls: Path


class Fork:
    """A running fork. JSON lines go to it, one comes back for each."""

    def __init__(self, lines: int, answers: int) -> None:
        self._lines = open(lines, "w", encoding="utf-8")  # noqa: SIM115 - closed with the fork
        self._answers = answers
        # What came behind the line that was asked for; a file would hide it from `select`.
        self._rest = b""
        self._pid = 0

    def begin(self, program: Program) -> None:
        """Say what to run, and learn which process it is.

        Raises:
            OSError: It is gone.
            EOFError: It ended instead.
        """
        told = {"handler": program.handler, "code": str(program.code), "calls": str(program.calls.resolve())}
        self.say({**told, "environment": program.environment})
        self._pid = self.hear(_START_S)["pid"]

    def say(self, line: dict[str, Any]) -> None:
        """Send a line.

        Raises:
            OSError: It is gone.
        """
        self._lines.write(json.dumps(line) + "\n")
        self._lines.flush()

    def hear(self, timeout_s: float) -> dict[str, Any]:
        """Return the next line.

        Raises:
            TimeoutError: None came in time.
            EOFError: It ended instead.
        """
        until = time.monotonic() + timeout_s
        while b"\n" not in self._rest:
            if not self._has_something(max(0.0, until - time.monotonic())):
                raise TimeoutError
            more = os.read(self._answers, _AT_ONCE)
            if not more:
                raise EOFError
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        heard: dict[str, Any] = json.loads(line)
        return heard

    def is_over(self) -> bool:
        """Tell whether a fork that was asked nothing has ended."""
        return self._has_something(0)

    def kill(self) -> None:
        """Kill it, whatever it is at."""
        if self._pid:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    def close(self) -> None:
        """Kill it and wait for its end."""
        self.kill()
        # What was not yet read by a dead process goes with it.
        with suppress(BrokenPipeError):
            self._lines.close()
        while os.read(self._answers, _AT_ONCE):
            pass
        os.close(self._answers)

    def _has_something(self, timeout_s: float) -> bool:
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            return bool(selector.select(timeout_s))


class Forks:
    """The process that is forked, as a context manager. What it cannot say elsewhere goes to `log`."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._asking, self._asked = socket.socketpair()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it; it loads while others do their own."""
        with self._log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local.stack.runtime"],
                cwd=_ROOT,
                env=BARE,
                stdin=self._asked.fileno(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._asked.close()
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        """End it; the forks live on until each is closed."""
        self._asking.close()
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def start(self, program: Program) -> Fork:
        """Return a fork that has loaded its handler.

        Raises:
            OSError: There is nothing to fork, or it did not start in time.
            EOFError: It ended instead; its log says why.
        """
        lines, to_it = os.pipe()
        from_it, answers = os.pipe()
        fork = Fork(to_it, from_it)
        until = time.monotonic() + _START_S
        try:
            self._hand_over(lines, answers, program.log)
            fork.begin(program)
            fork.hear(until - time.monotonic())
        except (OSError, EOFError):
            fork.close()
            raise
        return fork

    def _hand_over(self, lines: int, answers: int, log: Path) -> None:
        """Give the process that is forked the other ends; here they are closed, so that its end is seen."""
        try:
            with log.open("a", encoding="utf-8") as output:
                socket.send_fds(self._asking, [b"+"], [lines, answers, output.fileno()])
        finally:
            os.close(lines)
            os.close(answers)
