"""Runs the relay on an interval until somebody stops it: the first signal lets the run in progress finish, the second ends it.

Plain threads of time: one event to sleep on and to stop by. What fails for a passing reason is tried again soon, then less and
less often; what fails for good, or too often, ends the program, so that whoever watches over it notices.
"""

import logging
import signal
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event
from types import FrameType

from relay.logs import LOGGER
from relay.settings import RelaySettings
from shared.errors import FatalError, IntegrationError

_LOG = logging.getLogger(LOGGER)
_FIRST_RETRY = timedelta(seconds=30)
_NAP_S = 1.0  # a longer sleep would keep Windows from delivering a signal
_LONGEST_LISTEN_S = 20  # as long as SQS waits for something to come


class ErrorBudget:
    """How many failures within how long are still bad luck.

    Args:
        limit: So many are too many.
        window: Within this time.
    """

    def __init__(self, limit: int, window: timedelta) -> None:
        self._limit = limit
        self._window = window
        self._failures: deque[datetime] = deque()

    def spend(self, error: IntegrationError, now: datetime) -> None:
        """Count a failure.

        Raises:
            FatalError: There were too many of them.
        """
        self._failures.append(now)
        while now - self._failures[0] > self._window:
            self._failures.popleft()
        if len(self._failures) >= self._limit:
            raise FatalError(
                f"{self._limit} runs failed within {self._window}; the last one: {error.what}",
                remedy=error.remedy,
                code="error-budget",
            ) from error


class Watch:
    """The loop.

    Args:
        settings: `[relay]`.
        run: Does one run, told when the next one is due.
        listen: Waits up to so many seconds for the cloud to ask for a run, told when one is due anyway; none to sleep instead.
        stop: Set when the loop is to end.
        clock: Tells the time.
    """

    def __init__(
        self,
        settings: RelaySettings,
        run: Callable[[timedelta], object],
        *,
        listen: Callable[[int, datetime], bool] | None = None,
        stop: Event,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._interval = timedelta(minutes=settings.interval_minutes)
        self._budget = ErrorBudget(settings.error_budget, timedelta(hours=settings.error_window_hours))
        self._poll_every = timedelta(seconds=settings.poll_every_s)
        self._run = run
        self._listen = listen
        self._stop = stop
        self._clock = clock

    def loop(self) -> None:
        """Run until stopped.

        Raises:
            FatalError: Nothing will succeed until somebody acts, or too much failed.
        """
        failed = 0
        while not self._stop.is_set():
            began = self._clock()
            try:
                self._run(self._interval)
                failed = 0
            except FatalError:
                raise
            except IntegrationError as error:
                failed += 1
                _LOG.warning("The run failed: %s", error, extra={"code": error.code})
                self._budget.spend(error, self._clock())
            # On the beat after a success, counted from the end after a failure.
            self._wait_until((self._clock() if failed else began) + retry_after(failed, self._interval))

    def _wait_until(self, moment: datetime) -> None:
        """Wait until a run is due, the cloud asks for one, or the loop is to end."""
        listen_at, longest = self._clock(), self._interval.total_seconds()
        # No wait is longer than the interval; only a clock that was set back makes it seem so.
        while 0 < (left := (moment - self._clock()).total_seconds()) <= longest and not self._stop.is_set():
            if self._listen is None or left < 1 or self._clock() < listen_at:
                self._stop.wait(min(left, _NAP_S))
                continue
            listen_at = self._clock() + self._poll_every
            if self._listen(int(min(left, _LONGEST_LISTEN_S)), moment):
                return


def retry_after(failed: int, interval: timedelta) -> timedelta:
    """Return how long to wait for the next run after so many failures in a row."""
    if failed == 0:
        return interval
    return min(_FIRST_RETRY * (1 << min(failed - 1, 10)), interval)


@contextmanager
def stopped_by_signals(stop: Event) -> Iterator[None]:
    """Let the first SIGINT or SIGTERM set `stop`, and the second do what it does by default."""
    names = [signal.SIGINT, signal.SIGTERM]
    before = {name: signal.getsignal(name) for name in names}

    def drain(_number: int, _frame: FrameType | None) -> None:
        _LOG.info("Stopping: a run in progress is finished, listening may take 20 seconds; a second signal stops at once")
        stop.set()
        for name in names:
            signal.signal(name, signal.SIG_DFL)

    for name in names:
        signal.signal(name, drain)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
