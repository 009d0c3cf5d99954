"""`python -m local.demo`: takes Ctrl-C in hand before anything is loaded, so that it never ends in a traceback."""

import os
import signal
import sys
from types import FrameType

_STOPPED = 128 + signal.SIGINT


def _first(_number: int, _frame: FrameType | None) -> None:
    """Stop in order; whoever asks again does not want to wait for that."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _again)
    raise KeyboardInterrupt


def _again(_number: int, _frame: FrameType | None) -> None:
    """Stop at once: AWS and the functions end by themselves when nobody feeds them any more."""
    os._exit(_STOPPED)


def run() -> int:
    """Run the demo and return its exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _first)
    try:
        from local.demo.command import main  # noqa: PLC0415 - a second's worth of loading, in which Ctrl-C may come

        return main()
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return _STOPPED


if __name__ == "__main__":
    sys.exit(run())
