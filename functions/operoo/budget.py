"""A budget of requests per second: a token bucket that waits. Clock and sleep are given, so that a test needs no time."""

from collections.abc import Callable


class Budget:
    """Lets `burst` requests through at once and `per_second` over time.

    Args:
        per_second: Tokens that come back each second.
        burst: The most tokens there are.
        clock: Monotonic seconds.
        sleep: Waits that many seconds.
    """

    def __init__(self, *, per_second: float, burst: int, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._clock = clock
        self._sleep = sleep
        self._tokens = float(burst)
        self._counted_at = clock()

    def spend(self) -> None:
        """Take one token, waiting until there is one."""
        self._refill()
        if self._tokens < 1:
            self._sleep((1 - self._tokens) / self._per_second)
            self._refill()
        # A clock coarser than the wait may leave a trace below one token: that debt is paid by the next request.
        self._tokens -= 1

    def _refill(self) -> None:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._counted_at) * self._per_second)
        self._counted_at = now
