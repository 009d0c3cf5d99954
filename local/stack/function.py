"""A deployed function and the processes it runs in. One that dies or takes too long is a failed invocation and is replaced."""

import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any

from local.stack.forks import Fork, Forks, Program


class FailedInvocationError(Exception):
    """The function raised, died, or took too long."""


@dataclass(frozen=True)
class Deployed:
    """What CloudFormation made of a function.

    Attributes:
        name: Its logical ID in the template.
    """

    name: str
    arn: str
    timeout_s: float
    program: Program


class FunctionProcess:
    """One process of a function, started when first needed. One invocation at a time."""

    def __init__(self, function: Deployed, forks: Forks) -> None:
        self._function = function
        self._forks = forks
        self._fork: Fork | None = None
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
        at_work, fork = self._lock.locked(), self._fork
        if fork is not None:
            fork.kill()
        return at_work and fork is not None

    def close(self) -> None:
        """Kill the process for good."""
        self.kill()
        with self._lock:
            self._discard()

    def _ask(self, fork: Fork, event: dict[str, Any]) -> dict[str, Any]:
        invocation = {
            "event": event,
            "arn": self._function.arn,
            "request_id": str(uuid.uuid4()),
            "deadline": time.time() + self._function.timeout_s,
        }
        fork.say(invocation)
        return fork.hear(self._function.timeout_s)

    def _running(self) -> Fork:
        if self._fork is not None and not self._fork.is_over():
            return self._fork
        self._discard()
        self._fork = self._forks.start(self._function.program)
        return self._fork

    def _discard(self) -> None:
        fork, self._fork = self._fork, None
        if fork is not None:
            fork.close()
