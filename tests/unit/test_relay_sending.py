"""Sending what a run found: what is in progress ends, and what waits is let go as soon as something goes wrong."""

import time
from concurrent.futures import Future
from pathlib import Path
from typing import cast

import pytest

from relay.cloud.exchange import Exchange
from relay.reading.outbox import Outbox
from relay.reading.scope import NOTHING
from relay.reading.spool import DiskBudget, Sealed
from relay.running import sending
from shared.errors import TransientError

CHUNKS = 200


class Slow:
    """A way to the cloud that takes its time, and perhaps fails."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.put: list[str] = []

    def put_chunk(self, _row_set: str, digest: str, _content: bytes) -> None:
        """Put one."""
        time.sleep(0.005)
        self.put.append(digest)
        if self.fails:
            raise TransientError("no network")


def send(folder: Path, slow: Slow) -> None:
    """Send many chunks, two at a time."""
    outbox = Outbox(folder, budget=DiskBudget(10**6), last=None, restate=NOTHING)
    for number in range(CHUNKS):
        outbox.take("students", Sealed(f"{number:03x}", str(number), 1, b"{}"))
    outbox.close()
    sending.send_parcels(cast("Exchange", slow), outbox, threads=2)


def test_the_first_that_fails_stops_the_rest(tmp_path: Path) -> None:
    """It is the error of the run."""
    slow = Slow(fails=True)
    with pytest.raises(TransientError, match="no network"):
        send(tmp_path, slow)
    assert len(slow.put) < CHUNKS


def test_ctrl_c_stops_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first run has thousands of chunks: whoever stops it does not wait for all of them."""

    def interrupted(puts: list[Future[None]], **_: object) -> None:
        puts[0].result()
        raise KeyboardInterrupt

    monkeypatch.setattr(sending, "wait", interrupted)
    slow = Slow()
    with pytest.raises(KeyboardInterrupt):
        send(tmp_path, slow)
    assert len(slow.put) < CHUNKS
