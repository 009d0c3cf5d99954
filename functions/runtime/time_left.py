"""The time that an invocation has: a worker stops in time, and its messages come back once it cannot be alive any more."""

from collections.abc import Callable

from aws_lambda_powertools.utilities.typing import LambdaContext

# What Lambda may take to end a function whose time is up.
_DYING_S = 30


class OutOfTimeError(Exception):
    """The function's time is nearly up; what is left is left to the next one."""


def time_left(context: LambdaContext, *, reserve_s: float) -> Callable[[], bool]:
    """Return what tells whether there is time for one more piece of work, which may take this many seconds."""
    return lambda: context.get_remaining_time_in_millis() > 1000 * reserve_s


def dead_in_s(context: LambdaContext) -> int:
    """Return after how many seconds this invocation cannot be alive any more, should it be killed.

    Messages of a line that are in flight hold up all behind them, and a queue's time-out is several times as long.
    """
    return int(context.get_remaining_time_in_millis() // 1000 + _DYING_S)
