"""The request budget, with a clock that only moves when somebody sleeps."""

from functions.operoo.budget import Budget


class _Time:
    """A clock that sleeping moves on."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def clock(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move the time on."""
        self.slept.append(seconds)
        self.now += seconds


def test_a_burst_goes_at_once_and_the_rest_is_spread() -> None:
    """Ten requests at 2 a second with a burst of 4: four at once, six half a second apart."""
    time = _Time()
    budget = Budget(per_second=2, burst=4, clock=time.clock, sleep=time.sleep)
    for _ in range(10):
        budget.spend()
    assert [round(pause, 6) for pause in time.slept] == [0.5] * 6


def test_a_pause_refills_up_to_the_burst() -> None:
    """An hour's rest earns no more than one burst."""
    time = _Time()
    budget = Budget(per_second=10, burst=3, clock=time.clock, sleep=time.sleep)
    for _ in range(3):
        budget.spend()
    time.now += 3600
    for _ in range(4):
        budget.spend()
    assert len(time.slept) == 1


def test_a_sleep_that_ends_early_is_made_up_for() -> None:
    """A clock that is too coarse does not let more through over time."""
    time = _Time()
    budget = Budget(per_second=1, burst=1, clock=time.clock, sleep=lambda seconds: time.sleep(seconds * 0.9))
    for _ in range(101):
        budget.spend()
    assert time.now - 100 >= 98
