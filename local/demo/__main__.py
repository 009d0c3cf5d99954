"""`python -m local.demo`: takes Ctrl-C in hand before anything is loaded, so that it never ends in a traceback."""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

_STOPPED = 128 + signal.SIGINT


def _loading(_number: int, _frame: FrameType | None) -> None:
    """Stop at once: nothing has been started yet, and Python may lose what is raised while it loads modules."""
    print("Stopped.", file=sys.stderr, flush=True)
    os._exit(_STOPPED)


def _first(_number: int, _frame: FrameType | None) -> None:
    """Stop in order; whoever asks again does not want to wait for that."""
    _on_signals(_again)
    raise KeyboardInterrupt


def _again(_number: int, _frame: FrameType | None) -> None:
    """Stop at once: AWS and the functions end by themselves when nobody feeds them any more."""
    os._exit(_STOPPED)


def _lost(unraisable: "sys.UnraisableHookArgs") -> None:
    """Ask again for a stop that Python lost, because the signal came while it called back for the garbage collector."""
    if unraisable.exc_type is KeyboardInterrupt:
        _on_signals(_first)
        signal.setitimer(signal.ITIMER_REAL, 0.01)
    else:
        sys.__unraisablehook__(unraisable)


def _on_signals(act: Callable[[int, FrameType | None], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, act)


def run() -> int:
    """Run the demo and return its exit code."""
    _on_signals(_loading)
    from local.demo.command import main  # noqa: PLC0415 - a second's worth of loading, in which Ctrl-C may come

    sys.unraisablehook = _lost
    _on_signals(_first)
    try:
        return main()
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return _STOPPED


if __name__ == "__main__":
    sys.exit(run())
