"""A deployed function and the processes it runs in. One that dies or takes too long is a failed invocation and is replaced."""

import json
import os
import selectors
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_INIT_S = 60
_ROOT = Path(__file__).parents[2]


class FailedInvocationError(Exception):
    """The function raised, died, or took too long."""


@dataclass(frozen=True)
class Deployed:
    """What CloudFormation made of a function.

    Attributes:
        name: Its logical ID in the template.
        code: The folder its handler is imported from.
        environment: What its process is given besides Python's own needs.
        log: Where its output goes.
        calls: Where its requests to AWS are noted.
    """

    name: str
    arn: str
    handler: str
    timeout_s: float
    memory_mb: int
    code: Path
    environment: dict[str, str]
    log: Path
    calls: Path


class FunctionProcess:
    """One process of a function, started when first needed. One invocation at a time."""

    def __init__(self, function: Deployed) -> None:
        self._function = function
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def invoke(self, event: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever the function returns
        """Run the function on an event and return its result.

        Raises:
            FailedInvocationError: It raised, died, or took too long.
        """
        with self._lock:
            try:
                answer = self._ask(self._running(), event)
            except (OSError, EOFError) as error:
                self._discard()
                why = "timed out and was killed" if isinstance(error, TimeoutError) else "its process died"
                raise FailedInvocationError(f"{self._function.name}: {why}") from None
        if "error" in answer:
            raise FailedInvocationError(f"{self._function.name} raised {answer['error']}")
        return answer["result"]

    def kill(self) -> bool:
        """Kill the process, whatever it is at, and return whether it was at something; the next event starts another."""
        at_work, process = self._lock.locked(), self._process
        if process is not None:
            process.kill()
        return at_work and process is not None

    def close(self) -> None:
        """Kill the process for good."""
        self.kill()
        with self._lock:
            self._discard()

    def _ask(self, process: "subprocess.Popen[str]", event: dict[str, Any]) -> dict[str, Any]:
        invocation = {
            "event": event,
            "arn": self._function.arn,
            "request_id": str(uuid.uuid4()),
            "deadline": time.time() + self._function.timeout_s,
        }
        assert process.stdin is not None
        process.stdin.write(json.dumps(invocation) + "\n")
        process.stdin.flush()
        return _next_line(process, self._function.timeout_s)

    def _running(self) -> "subprocess.Popen[str]":
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._discard()
        with self._function.log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "local.stack.runtime", self._function.handler],
                cwd=self._function.code,
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        _next_line(self._process, _INIT_S)
        return self._process

    def _environment(self) -> dict[str, str]:
        # The function sees what the template gives it, not what this program or its user happens to have.
        return {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": os.pathsep.join([str(self._function.code), str(_ROOT)]),
            "PYTHONUNBUFFERED": "1",
            "TZ": "UTC",
            "AWS_CONFIG_FILE": os.devnull,
            # Lambda's boto3 does without it; here the SAM CLI brings it.
            "BOTO_DISABLE_CRT": "true",
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "LOCAL_STACK_CALLS": str(self._function.calls.resolve()),
            "AWS_LAMBDA_FUNCTION_NAME": self._function.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self._function.memory_mb),
            **self._function.environment,
        }

    def _discard(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except BrokenPipeError:
                continue  # what was not yet read by a dead process goes with it


def _next_line(process: "subprocess.Popen[str]", timeout_s: float) -> dict[str, Any]:
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if not selector.select(timeout_s):
            raise TimeoutError
    line = process.stdout.readline()
    if not line:
        raise EOFError
    answer: dict[str, Any] = json.loads(line)
    return answer
