"""Sending what a run found: what is in progress ends, and what waits is let go as soon as something goes wrong."""

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest

from relay.cloud.exchange import Exchange
from relay.reading.outbox import Outbox
from relay.reading.scope import NOTHING
from relay.reading.spool import DiskBudget, Sealed
from relay.running import sending
from shared.errors import TransientError

CHUNKS = 200
_LONGEST_S = 30


class Slow:
    """A way to the cloud whose first put is done, or fails, and whose others last until what waits is let go."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.put: list[str] = []
        self.let_go = threading.Event()
        self._before = count()

    def put_chunk(self, _row_set: str, digest: str, _content: bytes) -> None:
        """Put one."""
        self.put.append(digest)
        if next(self._before):
            assert self.let_go.wait(_LONGEST_S)
        elif self.fails:
            raise TransientError("no network")


def send(folder: Path, slow: Slow) -> None:
    """Send many chunks, two at a time."""
    outbox = Outbox(folder, budget=DiskBudget(10**6), last=None, restate=NOTHING)
    for number in range(CHUNKS):
        outbox.take("students", Sealed(f"{number:03x}", str(number), 1, b"{}"))
    outbox.close()
    sending.send_parcels(cast("Exchange", slow), outbox, threads=2)


def waits(slow: Slow, then: Callable[..., Any]) -> Callable[..., Any]:
    """Return what waits for puts as `then` does, and tells when the last of them is let go."""

    def told(puts: list[Future[None]], **how: Any) -> Any:
        puts[-1].add_done_callback(lambda _: slow.let_go.set())
        return then(puts, **how)

    return told


def test_the_first_that_fails_stops_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the error of the run."""
    slow = Slow(fails=True)
    monkeypatch.setattr(sending, "wait", waits(slow, wait))
    with pytest.raises(TransientError, match="no network"):
        send(tmp_path, slow)
    assert len(slow.put) <= 3


def test_ctrl_c_stops_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first run has thousands of chunks: whoever stops it does not wait for all of them."""

    def interrupted(puts: list[Future[None]], **_: object) -> None:
        wait(puts, return_when=FIRST_COMPLETED)
        raise KeyboardInterrupt

    slow = Slow()
    monkeypatch.setattr(sending, "wait", waits(slow, interrupted))
    with pytest.raises(KeyboardInterrupt):
        send(tmp_path, slow)
    assert len(slow.put) <= 3
