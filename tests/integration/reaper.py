"""Kills processes at each of their calls, one call later with every attempt."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient

from tests.integration.cloud import Cloud, Killed


class Reaper:
    """Kills the process at a call that comes later with every attempt, so that each piece of work dies at each of its calls.

    Pieces of work with the same message are one: when one of them has lived through, the others may.

    Args:
        after: Die when the call was done, not before it.
    """

    def __init__(self, *, after: bool) -> None:
        self.after = after
        self._attempts: Counter[str] = Counter()
        self._done: set[str] = set()
        self._work = ""
        self._calls = 0
        self.deaths = 0

    def call(self, do: Callable[[], Any]) -> Any:
        """Do a call, or die at it."""
        if not self._work or self._work in self._done:
            return do()
        self._calls += 1
        fatal = self._calls == self._attempts[self._work]
        if fatal and not self.after:
            self._die()
        answer = do()
        if fatal:
            self._die()
        return answer

    @contextmanager
    def over(self, work: str) -> Iterator[None]:
        """Stand over a piece of work, once more than before."""
        self._work, self._calls = work, 0
        self._attempts[work] += 1
        try:
            yield
        finally:
            self._work = ""

    def spare(self, work: str) -> None:
        """Let this piece of work be: it was done to its end."""
        self._done.add(work)

    def again(self) -> None:
        """Spare nothing any more: what comes now is new work, even in the same words."""
        self._done.clear()
        self._attempts.clear()

    def _die(self) -> None:
        self.deaths += 1
        raise Killed

    def stand_over(self, stack: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand over every message that a function of this stack handles, at each of its calls of AWS."""
        plain, invoke = BaseClient._make_api_call, stack._invoke

        def call(client: BaseClient, name: str, arguments: dict[str, Any]) -> Any:
            return self.call(lambda: plain(client, name, arguments))

        def invoke_once(queue: str, messages: list[dict[str, Any]]) -> set[str]:
            failed: set[str] = set()
            for message in messages:
                work = f"{queue} {message['Body']}"
                with self.over(work):
                    lost = invoke(queue, [message])
                failed |= lost
                if not lost:
                    self.spare(work)
            return failed

        monkeypatch.setattr(stack, "rounds", 3000)
        monkeypatch.setattr(BaseClient, "_make_api_call", call)
        monkeypatch.setattr(stack, "_invoke", invoke_once)
