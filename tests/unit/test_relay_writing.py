"""The account of writing back: what is remembered, what the heartbeat and `status` say of it; and that reading goes on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from relay.running.heartbeat import HeartbeatSender
from relay.running.status import find_status
from relay.running.timetable import Timetable
from relay.running.writing import TrackedWriteBacks
from relay.settings import RelaySettings
from relay.state import State
from shared.errors import ContractError, FatalError, IntegrationError, SynergeticUnavailableError, TransientError
from shared.heartbeats import Heartbeat, WriteBackStatus
from shared.receipts import WriteReceipt

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
REFUSED = ContractError("A table has a trigger.", code="trigger-found")


def receipt(outcome: str, code: str = "") -> WriteReceipt:
    """Return a receipt."""
    given = {"request": "r", "student": "1", "version": 1, "relay": "x", "relay_version": "1", "at": START}
    return WriteReceipt.model_validate({**given, "outcome": outcome, "code": code})


@dataclass
class FakeWriter:
    """What writes back, as a test wishes: what comes of the next messages, what is wrong, and how many receipts wait."""

    done: list[WriteReceipt] = field(default_factory=list)
    asked: int = 0
    error: Exception | None = None
    waiting: int = 0

    def carry_out(self, _letters: Sequence[object]) -> list[WriteReceipt]:
        """Return what is done, or fail."""
        self.asked += 1
        self.look()
        return self.done

    def look(self) -> None:
        """Fail, if something is wrong."""
        if self.error is not None:
            raise self.error

    def unsent(self) -> int:
        """Return how many receipts wait."""
        return self.waiting


class Relay:
    """A relay in two-way mode with a clock one can turn."""

    def __init__(self, folder: Path) -> None:
        self.now = START
        self.writer = FakeWriter()
        self.state = State(folder)
        self.writing = TrackedWriteBacks(self.writer, self.state, clock=lambda: self.now)

    def takes(self, *done: WriteReceipt, error: Exception | None = None) -> WriteBackStatus:
        """Let it hear something, and return how writing stands then."""
        self.now += timedelta(minutes=1)
        self.writer.done, self.writer.error = list(done), error
        self.writing.take([])
        return self.account

    def looks(self, error: Exception | None = None) -> WriteBackStatus:
        """Let it look whether anything may be written, and return how writing stands then."""
        self.writer.error = error
        self.writing.look()
        return self.account

    @property
    def account(self) -> WriteBackStatus:
        """What is remembered."""
        account = self.state.writing()
        assert account is not None
        return account


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    """Return such a relay."""
    made = Relay(tmp_path)
    yield made
    made.state.close()


def test_messages_are_counted_by_what_became_of_them(relay: Relay) -> None:
    """What was written, tries that failed with the last reason, and since when; a pass with nothing to do counts nothing."""
    relay.takes(receipt("applied"), receipt("unchanged"), receipt("failed", "write-rejected"))
    relay.takes()
    account = relay.takes(receipt("applied"))
    assert (account.written, account.failed, account.last_failure) == (2, 1, "write-rejected")
    assert account.since == START + timedelta(minutes=1)
    assert account.refused == ""


def test_a_refusal_stands_until_something_is_agreed(relay: Relay) -> None:
    """A pass without a message does not look, so it takes nothing back; one that was carried out does, and so does a look."""
    assert relay.takes(error=REFUSED).refused == "trigger-found"
    assert relay.takes().refused == "trigger-found"
    assert relay.takes(receipt("applied")).refused == ""
    assert relay.looks(REFUSED).refused == "trigger-found"
    assert (relay.looks().refused, relay.looks().looked_at) == ("", relay.now)


@pytest.mark.parametrize(
    ("error", "refused", "last_failure"),
    [
        (SynergeticUnavailableError("The server is away."), "", "synergetic-unavailable"),
        (FatalError("No journal.", code="journal-unusable"), "journal-unusable", ""),
        (KeyError("Jane Citizen"), "unexpected", ""),
    ],
)
def test_only_what_lasts_is_a_refusal(relay: Relay, error: Exception, refused: str, last_failure: str) -> None:
    """A server that is away is none; a defect of ours is one, and none of it gets out to whoever reads."""
    account = relay.takes(error=error)
    assert (account.refused, account.last_failure) == (refused, last_failure)


def test_another_process_speaks_for_both(relay: Relay) -> None:
    """That somebody else writes at this moment is no news."""
    before = relay.takes(receipt("applied"))
    assert relay.takes(error=TransientError("Another run.", code="already-running")) == before


def test_an_account_that_cannot_be_kept_stops_nothing(relay: Relay) -> None:
    """The memory is of use, and not needed."""
    relay.state.path.mkdir(parents=True)
    relay.writer.done = [receipt("applied")]
    relay.writing.take([])
    assert relay.writer.asked == 1
    relay.state.path.rmdir()


class FakeCloud:
    """A bucket that keeps the last heartbeat, and has no manifest."""

    class queues:  # noqa: N801 - as the real one is called
        """No queue."""

        listens = False

    said: Heartbeat

    def put_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Keep it."""
        self.said = heartbeat

    def last_manifest(self, _remembered: object) -> None:
        """Return none."""


def test_the_heartbeat_says_how_writing_stands(relay: Relay) -> None:
    """Of a relay in two-way mode, also when a run failed; of one that only reads nothing, whatever is remembered."""
    relay.writer.waiting = 2
    relay.takes(error=REFUSED)
    for writing, told in ((relay.writing, "trigger-found"), (None, None)):
        cloud: Any = FakeCloud()
        heartbeats = HeartbeatSender(RelaySettings(), cloud, relay.state, clock=lambda: relay.now, writing=writing)
        heartbeats.failed(IntegrationError("x"), started_at=START)
        assert (cloud.said.writing and cloud.said.writing.refused) == told
        assert cloud.said.writing is None or cloud.said.writing.unsent == 2


def test_status_says_how_writing_stands(relay: Relay) -> None:
    """All is well but for writing, and a monitor sees that; in one-way mode there is not a word of it."""
    cloud: Any = FakeCloud()
    timetable = Timetable(RelaySettings(interval_minutes=60), relay.state, steered=False)

    def status(*, writes: bool = True) -> dict[str, Any]:
        return find_status(lambda: cloud, timetable=timetable, clock=lambda: relay.now, writes=writes)

    well = Heartbeat(relay="x", relay_version="1", started_at=START, at=START, ok=True, last_success_at=START)
    relay.state.remember_heartbeat(well)
    assert status()["writing"] == {"standing": "not looked at yet"}
    relay.takes(receipt("applied"))
    assert (status()["state"], status()["writing"]["standing"]) == ("well", "agreed")
    relay.takes(error=REFUSED)
    assert (status()["state"], status()["writing"]["standing"]) == ("not-writing", "refused: trigger-found")
    assert status()["writing"]["messages_written"] == 1
    assert (status(writes=False)["state"], "writing" in status(writes=False)) == ("well", False)
