"""What becomes of writing back while the relay runs: it is carried out between and within runs, and its standing is remembered.

Whatever happens to it keeps nobody from reading; the heartbeat, `status` and `check` tell of it.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from relay.cloud.queues import QueueMessage
from relay.lock import ALREADY_RUNNING
from relay.logs import LOGGER
from relay.state import State
from relay.unexpected_errors import foreseen
from shared.errors import IntegrationError, TransientError
from shared.heartbeats import WriteBackStatus
from shared.receipts import WriteReceipt

_LOG = logging.getLogger(LOGGER)


class Writer(Protocol):
    """What writes back."""

    def carry_out(self, queued_messages: Sequence[QueueMessage]) -> Sequence[WriteReceipt]:
        """Carry out messages, and what an earlier pass left; return the receipts of those that were done."""

    def look(self) -> None:
        """Find out whether anything may be written, and write nothing."""

    def unsent(self) -> int:
        """Return how many receipts wait to be sent."""


class TrackedWriteBacks:
    """Has what the cloud asks for written back, and keeps account of it.

    Args:
        writer: Writes it.
        state: What remembers the account.
        clock: Tells the time.
    """

    def __init__(self, writer: Writer, state: State, *, clock: Callable[[], datetime]) -> None:
        self._writer = writer
        self._state = state
        self._clock = clock
        self._told = ""

    def take(self, queued_messages: Sequence[QueueMessage]) -> None:
        """Carry out what was heard. What fails is told, and keeps nobody from reading."""
        with self._telling():
            self.carry_out(queued_messages)

    def look(self) -> None:
        """Find out whether anything may be written, before the cloud asks for it."""
        with self._telling(), self._noting():
            self._writer.look()
            self._remember(refused="", looked_at=self._clock())

    def carry_out(self, queued_messages: Sequence[QueueMessage]) -> Sequence[WriteReceipt]:
        """Carry out messages, and what an earlier pass left; return the receipts of those that were done.

        Raises:
            IntegrationError: Nothing can be written now; the account says so.
        """
        with self._noting():
            done = self._writer.carry_out(queued_messages)
        self._count(done)
        return done

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Log what fails, once for as long as it stays the same."""
        try:
            yield
        except IntegrationError as error:
            if error.code not in {self._told, ALREADY_RUNNING}:
                _LOG.warning("Writing back failed: %s", error, extra={"code": error.code})
            self._told = error.code
        else:
            self._told = ""

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """Note what fails, but for another process that is at it: that one speaks for both."""
        try:
            with foreseen():
                yield
        except IntegrationError as error:
            if not isinstance(error, TransientError):
                self._remember(refused=error.code, looked_at=self._clock())
            elif error.code != ALREADY_RUNNING:
                self._remember(last_failure=error.code)
            raise

    def _count(self, done: Sequence[WriteReceipt]) -> None:
        written = sum(one.outcome == "applied" for one in done)
        failures = [one.code for one in done if one.outcome == "failed"]
        # What was carried out at all tells that this may be done.
        said: dict[str, object] = {"refused": "", "looked_at": self._clock()} if done else {}
        if failures:
            said["last_failure"] = failures[-1]
        self._remember(written, len(failures), **said)

    def _remember(self, written: int = 0, failed: int = 0, **said: object) -> None:
        try:
            with foreseen():
                before = self._state.writing()
                base = before or WriteBackStatus(since=self._clock())
                counts = {"written": base.written + written, "failed": base.failed + failed}
                after = base.model_copy(update={**counts, **said, **self._unsent()})
                if after != before:
                    self._state.remember_writing(after)
        except IntegrationError as error:
            _LOG.warning("How writing back stands could not be noted", extra={"code": error.code})

    def _unsent(self) -> dict[str, object]:
        try:
            return {"unsent": self._writer.unsent()}
        except IntegrationError as error:
            return {"refused": error.code}
