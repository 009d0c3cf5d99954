"""Runs the relay when it is due, until somebody stops it: the first signal lets the run in progress finish, the second ends it.

Plain threads of time: one event to sleep on and to stop by. What fails for a passing reason is tried again soon, then less and
less often; what fails for good, or too often, ends the program, so that whoever watches over it notices.
"""

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event
from types import FrameType

from relay.logs import LOGGER
from relay.running.timetable import Timetable
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
        self._failures: list[datetime] = []

    def spend(self, error: IntegrationError, now: datetime) -> None:
        """Count a failure.

        Raises:
            FatalError: There were too many of them.
        """
        self._failures.append(now)
        # What lies far ahead was counted by a wrong clock, and would never grow old.
        self._failures = [at for at in self._failures if abs(now - at) <= self._window]
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
        run: Does one run.
        timetable: Tells when the next one is due.
        listen: Waits up to so many seconds for the cloud to ask for a run, told when one is due anyway; none to sleep instead.
        stop: Set when the loop is to end.
        clock: Tells the time.
    """

    def __init__(  # noqa: PLR0913 - the parts of a loop, put together in one place
        self,
        settings: RelaySettings,
        run: Callable[[], object],
        *,
        timetable: Timetable,
        listen: Callable[[int, datetime], bool] | None = None,
        stop: Event,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._budget = ErrorBudget(settings.error_budget, timedelta(hours=settings.error_window_hours))
        self._poll_every = timedelta(seconds=settings.poll_every_s)
        self._run = run
        self._timetable = timetable
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
                self._run()
                failed = 0
            except FatalError:
                raise
            except IntegrationError as error:
                failed += 1
                _LOG.warning("The run failed: %s", error, extra={"code": error.code})
                self._budget.spend(error, self._clock())
            self._wait(began, failed)

    def _wait(self, began: datetime, failed: int) -> None:
        """Wait until a run is due, the cloud asks for one, or the loop is to end."""
        schedule, due = self._timetable.schedule(), self._due(began, failed)
        listen_at = self._clock()
        # Where it is earlier than when the last run began the clock was set back, and nobody knows how long to wait.
        while began <= (now := self._clock()) < due and not self._stop.is_set():
            left_s = (due - now).total_seconds()
            # Of a clock that was set back by hours the next look would seem to be as far off.
            rests = listen_at - self._poll_every <= now < listen_at
            if self._listen is None or left_s < 1 or rests:
                self._stop.wait(min(left_s, _NAP_S))
                continue
            listen_at = now + self._poll_every
            if self._listen(int(min(left_s, _LONGEST_LISTEN_S)), due):
                return
            if (told := self._timetable.schedule()) != schedule:
                schedule, due = told, self._due(self._clock(), failed)

    def _due(self, since: datetime, failed: int) -> datetime:
        """Return when the next run is due: on the beat after a success, soon and then less and less soon after failures."""
        if not failed:
            return self._timetable.after(since)
        now = self._clock()
        return min(now + _FIRST_RETRY * (1 << min(failed - 1, 10)), self._timetable.after(now))


@contextmanager
def stopped_by_signals(stop: Event) -> Iterator[None]:
    """Let the first SIGINT or SIGTERM, or the end of its terminal, set `stop`, and the second do what it does by default."""
    names = [signal.SIGINT, signal.SIGTERM]
    # Windows has none. What `nohup` started goes on without its terminal.
    if (hangup := getattr(signal, "SIGHUP", None)) and signal.getsignal(hangup) is not signal.SIG_IGN:
        names.append(hangup)
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
