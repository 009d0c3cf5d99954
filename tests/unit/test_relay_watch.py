"""The watch loop: its rhythm, its patience, and how it ends."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Event
from typing import cast

import pytest

from relay.running.timetable import Timetable
from relay.running.watch import ErrorBudget, Watch, stopped_by_signals
from relay.settings import RelaySettings
from relay.state import State
from relay.unexpected_errors import unexpected
from shared.errors import FatalError, TransientError
from shared.schedules import Schedule, text_of

INTERVAL = timedelta(minutes=15)


class Clock:
    """A clock that the loop's own sleeping moves on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now


class Nap(Event):
    """An event whose waiting passes the clock's time rather than ours."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        """Let the time pass."""
        self.clock.now += timedelta(seconds=timeout or 0)
        return self.is_set()


class Memory:
    """What the console told, without a file."""

    def __init__(self) -> None:
        self.told = ""

    def schedule(self) -> str:
        """Return it."""
        return self.told


def watch(
    run: Callable[[], None],
    stop: Event,
    clock: Clock,
    *,
    memory: Memory | None = None,
    listen: Callable[[int, datetime], bool] | None = None,
    **settings: object,
) -> None:
    """Run the loop until it is stopped."""
    configured, state = RelaySettings(**settings), cast("State", memory or Memory())
    Watch(configured, run, timetable=Timetable(configured, state, steered=True), listen=listen, stop=stop, clock=clock).loop()


def watched(outcomes: list[Exception | None], **settings: object) -> list[timedelta]:
    """Run the loop until the outcomes are used up; return when each run began."""
    clock = Clock()
    stop, began, start = Nap(clock), [], clock.now

    def run() -> None:
        began.append(clock.now - start)
        outcome = outcomes.pop(0)
        if not outcomes:
            stop.set()
        if outcome is not None:
            raise outcome

    watch(run, stop, clock, interval_minutes=15, **settings)
    return began


def test_it_runs_on_the_interval() -> None:
    """Each run begins an interval after the one before."""
    assert watched([None, None, None]) == [timedelta(0), INTERVAL, 2 * INTERVAL]


def test_a_passing_failure_is_tried_again_soon_and_then_less_often() -> None:
    """Half a minute, a minute, and after a success the interval again."""
    passing = TransientError("no network")
    began = watched([passing, passing, None, None])
    assert [after - before for before, after in pairwise(began)] == [
        timedelta(seconds=30),
        timedelta(seconds=60),
        INTERVAL,
    ]


def test_a_clock_that_is_set_back_holds_up_no_run() -> None:
    """The next run begins at once, not when the clock has come as far as it was."""
    clock, began = Clock(), []
    stop, start, back = Nap(clock), clock.now, timedelta(days=1)

    def run() -> None:
        began.append(clock.now)
        clock.now -= back
        if len(began) == 2:
            stop.set()

    watch(run, stop, clock, interval_minutes=15)
    assert began == [start, start - back]


def test_waiting_never_exceeds_the_interval() -> None:
    """However often it failed."""
    began = watched([TransientError("no network")] * 12 + [None])
    assert max(after - before for before, after in pairwise(began)) == INTERVAL


def test_a_defect_is_tried_again_and_counts() -> None:
    """It may be the data of the moment; what stays spends the budget."""
    assert watched([unexpected(KeyError("x")), None]) == [timedelta(0), timedelta(seconds=30)]
    with pytest.raises(FatalError, match="KeyError"):
        watched([unexpected(KeyError("x"))] * 3, error_budget=2)


def test_a_lasting_failure_ends_it() -> None:
    """Nothing would change by itself, so whoever watches over it must notice."""
    with pytest.raises(FatalError, match="wrong password"):
        watched([None, FatalError("wrong password"), None])


def test_too_many_failures_end_it() -> None:
    """The budget's error tells the last one and what to do about it."""
    with pytest.raises(FatalError) as caught:
        watched([TransientError("no network", remedy="Plug it in.")] * 5, error_budget=3)
    assert caught.value.code == "error-budget"
    assert "no network" in caught.value.what
    assert caught.value.remedy == "Plug it in."


def test_old_failures_are_forgiven() -> None:
    """Only those within the window count."""
    budget, now = ErrorBudget(2, timedelta(hours=1)), datetime(2026, 3, 2, tzinfo=UTC)
    error = TransientError("x")
    budget.spend(error, now)
    budget.spend(error, now + timedelta(hours=2))
    with pytest.raises(FatalError):
        budget.spend(error, now + timedelta(hours=2, minutes=1))


def test_a_failure_under_a_wrong_clock_is_forgiven_too() -> None:
    """Were it counted for ever, one failure a month would end the relay in the end."""
    budget, now = ErrorBudget(2, timedelta(hours=1)), datetime(2026, 3, 2, tzinfo=UTC)
    for months in (1200, 0, 1, 2):
        budget.spend(TransientError("x"), now + timedelta(days=30 * months))


class Ear:
    """What listens: lets the clock pass while it waits, and hears something after so many tries."""

    def __init__(self, clock: Clock, *, heard_at: int = 0) -> None:
        self.clock = clock
        self.heard_at = heard_at
        self.waited: list[int] = []

    def __call__(self, wait_s: int, next_run_at: datetime) -> bool:
        """Wait, and tell whether something was heard."""
        assert self.clock.now + timedelta(seconds=wait_s) <= next_run_at
        self.clock.now += timedelta(seconds=wait_s)
        self.waited.append(wait_s)
        return len(self.waited) == self.heard_at


def listening(runs: int, *, heard_at: int = 0, **settings: object) -> tuple[list[timedelta], list[int]]:
    """Run the loop so many times with an ear; return when each run began, and how long it listened each time."""
    clock = Clock()
    ear, stop, began, start = Ear(clock, heard_at=heard_at), Nap(clock), [], clock.now

    def run() -> None:
        began.append(clock.now - start)
        if len(began) == runs:
            stop.set()

    watch(run, stop, clock, listen=ear, **settings)
    return began, ear.waited


def test_it_listens_between_the_runs_and_keeps_its_rhythm() -> None:
    """A day of listening without a break is 4,320 looks of 20 seconds, as the page on what it costs says."""
    began, waited = listening(97)
    assert [after - before for before, after in pairwise(began)] == [INTERVAL] * 96
    assert waited == [20] * 4320


def test_it_listens_as_seldom_as_it_is_told() -> None:
    """A look a minute is a third of the requests, and the run comes when it is due all the same."""
    began, waited = listening(3, poll_every_s=60)
    assert began == [timedelta(0), INTERVAL, 2 * INTERVAL]
    assert waited == [20] * 30


def test_a_request_brings_the_next_run_forward() -> None:
    """The run begins when something was heard, and the rhythm counts from there."""
    began, _ = listening(3, heard_at=3)
    assert began == [timedelta(0), timedelta(minutes=1), timedelta(minutes=1) + INTERVAL]


def test_a_clock_that_is_set_back_keeps_it_listening() -> None:
    """It is not deaf, and silent, for as many hours as the clock was set back by."""
    clock, looks, naps = Clock(), [], []
    stop, nap = Nap(clock), Nap.wait

    def listen(wait_s: int, _: datetime) -> bool:
        clock.now += timedelta(seconds=wait_s)
        looks.append(len(naps))
        if len(looks) == 100:
            clock.now -= timedelta(hours=1)
        if len(looks) == 200:
            stop.set()
        return False

    stop.wait = lambda timeout=None: bool(naps.append(timeout)) or nap(stop, timeout)
    watch(lambda: None, stop, clock, listen=listen, poll_every_s=60, interval_minutes=24 * 60)
    assert max(after - before for before, after in pairwise(looks)) == 40


def test_it_does_not_listen_once_it_is_stopped() -> None:
    """A stop that comes during a run ends the loop without another look."""
    assert listening(1)[1] == []


HOURLY = Schedule(every_minutes=60, begins="06:00", ends="18:00", days="weekdays", zone="Australia/Melbourne")


def steered(runs: int, *tells: tuple[int, str], fails: int = 0) -> list[str]:
    """Run the loop so many times; each tell is how often it has listened when the console says so. Return when runs began."""
    clock, memory, began, listened = Clock(), Memory(), [], []
    stop, waiting = Nap(clock), dict(tells)
    memory.told = waiting.pop(0, "")

    def listen(wait_s: int, _: datetime) -> bool:
        clock.now += timedelta(seconds=wait_s)
        listened.append(wait_s)
        memory.told = waiting.pop(len(listened), memory.told)
        return False

    def run() -> None:
        began.append(clock.now.strftime("%a %H:%M:%S"))
        if len(began) == runs:
            stop.set()
        elif len(began) <= fails:
            raise TransientError("no network")

    watch(run, stop, clock, memory=memory, listen=listen)
    return began


def test_it_runs_when_the_console_says() -> None:
    """At once when it starts, which is a Monday at 11:00 in Melbourne, then on the hours of the school's days."""
    began = steered(21, (0, text_of(HOURLY)))
    assert began[:9] == ["Mon 00:00:00", *(f"Mon {hour:02}:00:00" for hour in range(1, 8)), "Mon 19:00:00"]
    assert began[-1] == "Tue 07:00:00"


def test_a_schedule_that_is_told_while_it_waits_holds_from_then_on() -> None:
    """Also one that brings the next run forward; and none at all is the interval again, counted from there."""
    daily = text_of(HOURLY.model_copy(update={"every_minutes": 1440, "begins": "11:05"}))
    assert steered(4, (3, daily), (200, "")) == ["Mon 00:00:00", "Mon 00:05:00", "Mon 01:21:40", "Mon 01:36:40"]


def test_what_fails_is_tried_again_before_it_is_due_by_the_schedule() -> None:
    """Soon, and then less and less often, but not later than the schedule says."""
    began = steered(10, (0, text_of(HOURLY)), fails=9)
    assert began[:3] == ["Mon 00:00:00", "Mon 00:00:30", "Mon 00:01:30"]
    assert began[7:9] == ["Mon 01:00:00", "Mon 02:00:00"]


@contextmanager
def before(number: signal.Signals, handler: Callable[[int, object], None] | signal.Handlers) -> Iterator[None]:
    """Have something happen on a signal, as whoever started the program decided."""
    usual = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, usual)


def ends(number: int, _frame: object) -> None:
    """Stand for what ends the program at once."""
    pytest.fail(f"signal {number} was not taken")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_first_signal_lets_the_run_finish(name: str) -> None:
    """Ctrl-C, a stop, or a terminal that was closed; afterwards all is as it was."""
    number, stop = signal.Signals[name], Event()
    with before(number, ends):
        with stopped_by_signals(stop):
            signal.raise_signal(number)
            assert (stop.is_set(), signal.getsignal(number)) == (True, signal.SIG_DFL)
        assert signal.getsignal(number) is ends


def test_what_was_started_to_outlive_its_terminal_does() -> None:
    """`nohup` has a program know nothing of it."""
    stop = Event()
    with before(signal.SIGHUP, signal.SIG_IGN), stopped_by_signals(stop):
        signal.raise_signal(signal.SIGHUP)
    assert not stop.is_set()
