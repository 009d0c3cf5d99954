"""Heartbeats: what each says, what survives a failure, and how often they come while the relay listens."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from relay.running.heartbeat import HeartbeatSender
from relay.running.outcome import Outcome, RowSetSummary
from relay.running.timetable import Timetable, hear_schedule
from relay.settings import RelaySettings
from relay.state import State
from shared.errors import TransientError
from shared.heartbeats import Heartbeat, ScheduleStatus
from shared.manifests import Period, SnapshotManifest
from shared.schedules import Schedule, mark_of, text_of

START, INTERVAL = datetime(2026, 3, 2, 8, tzinfo=UTC), timedelta(hours=2)


def outcome(*, staff: int = 6) -> Outcome:
    """Return the account of a run that sent manifest 3."""
    manifest = SnapshotManifest(
        kind="snapshot",
        sequence=3,
        relay_version="1",
        synergetic_version="68.24",
        schema_fingerprint="f" * 64,
        period=Period(year=2026, semester=1),
        read_started_at=START,
        read_ended_at=START,
        digits=1,
        row_sets={},
    )
    rows = (RowSetSummary("staff", staff, 1, 1, 10, {"odd": 1}),)
    return Outcome(manifest, sent=True, dry_run=False, row_sets=rows, photos=0, photo_bytes=0)


@dataclass
class FakeQueues:
    """Whether there is a queue to listen to."""

    listens: bool = True


@dataclass
class FakeExchange:
    """A bucket that keeps every heartbeat, or takes none."""

    said: list[Heartbeat] = field(default_factory=list)
    queues: FakeQueues = field(default_factory=FakeQueues)
    down: bool = False

    def put_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Keep a heartbeat."""
        if self.down:
            raise TransientError("AWS cannot be reached.", code="exchange-unreachable")
        self.said.append(heartbeat)


class Relay:
    """A pulse with a clock one can turn."""

    def __init__(self, folder: Path) -> None:
        self.now = START
        self.exchange: Any = FakeExchange()
        self.state = State(folder)
        self.settings = RelaySettings(name="main", heartbeat_minutes=10, interval_minutes=120)
        self.heartbeats = self.sender_of(Timetable(self.settings, self.state, steered=True))

    def sender_of(self, timetable: Timetable | None) -> HeartbeatSender:
        """Return the pulse of a relay that watches, or is started by something else."""
        return HeartbeatSender(self.settings, self.exchange, self.state, clock=lambda: self.now, timetable=timetable)

    def runs(self, *, fails: str = "", after: timedelta = timedelta(0)) -> Heartbeat:
        """Let a run end, and return what is said of it."""
        self.now += after
        started_at, self.now = self.now, self.now + timedelta(minutes=1)
        if fails:
            self.heartbeats.failed(TransientError("x", code=fails), started_at=started_at)
        else:
            self.heartbeats.succeeded(outcome(), started_at=started_at)
        return self.exchange.said[-1]


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    """Return a relay's pulse."""
    made = Relay(tmp_path)
    yield made
    made.state.close()


def test_a_run_says_who_what_and_when(relay: Relay) -> None:
    """Versions, fingerprint, last success, next run and counts."""
    beat = relay.runs()
    assert (beat.relay, beat.synergetic_version, beat.schema_fingerprint) == ("main", "68.24", "f" * 64)
    assert beat.relay_version
    assert beat.ok
    assert beat.last_success_at == beat.at == START + timedelta(minutes=1)
    assert beat.next_run_at == beat.at + INTERVAL
    assert (beat.rows, beat.left_out, beat.sequence) == ({"staff": 6}, {"staff": {"odd": 1}}, 3)


def test_a_failure_keeps_what_is_known_and_names_its_code(relay: Relay) -> None:
    """The last success, the versions and the counts stand; after the next success the last error is still told."""
    first = relay.runs()
    failed = relay.runs(fails="database-timeout", after=INTERVAL)
    assert (failed.ok, failed.error, failed.sent) == (False, "database-timeout", False)
    assert failed.last_success_at == first.at
    assert (failed.synergetic_version, failed.rows, failed.sequence) == ("68.24", {"staff": 6}, 3)
    mended = relay.runs(after=INTERVAL)
    assert (mended.ok, mended.error) == (True, "")
    assert (mended.last_error, mended.last_error_at) == ("database-timeout", failed.at)


def test_the_very_first_run_may_fail(relay: Relay) -> None:
    """Nothing is known then but who it was, and the code."""
    beat = relay.runs(fails="login-refused")
    assert (beat.ok, beat.error, beat.last_success_at) == (False, "login-refused", None)


def test_a_failure_that_cannot_be_told_is_remembered(relay: Relay) -> None:
    """The first error is the one to tell, so a second one on the way is not raised."""
    relay.runs()
    relay.exchange.down = True
    relay.runs(fails="exchange-unreachable")
    beat = relay.state.heartbeat()
    assert beat is not None
    assert beat.error == "exchange-unreachable"


def test_a_memory_that_cannot_be_used_is_no_reason_to_be_silent(relay: Relay) -> None:
    """A full disk is told to the cloud although it cannot be remembered."""
    relay.state.path.mkdir()
    beat = relay.runs(fails="disk-full")
    assert (beat.ok, beat.error) == (False, "disk-full")
    relay.state.path.rmdir()


def test_listening_with_a_clock_that_was_set_back_is_no_reason_to_be_silent(relay: Relay) -> None:
    """The last sign of life seems to lie ahead then."""
    relay.runs()
    relay.now -= timedelta(days=1)
    relay.heartbeats.polled(relay.now)
    assert relay.exchange.said[-1].polled_at == relay.now


def test_listening_gives_a_sign_of_life_now_and_then(relay: Relay) -> None:
    """However often the queue is looked into, one heartbeat comes in ten minutes, and says what the last run said."""
    run, due = relay.runs(), START + INTERVAL
    polls = 0
    while relay.now < due:
        relay.now += timedelta(seconds=20)
        relay.heartbeats.polled(due)
        polls += 1
    said = relay.exchange.said[1:]
    assert (polls, len(said)) == (357, 11)
    assert all(beat.at == run.at and beat.ok and beat.next_run_at == due and beat.rows == run.rows for beat in said)
    assert [beat.polled_at for beat in said] == [run.at + timedelta(minutes=10) * number for number in range(1, 12)]
    assert relay.runs().polled_at is None


def test_listening_after_a_failure_does_not_pass_for_well(relay: Relay) -> None:
    """A relay whose runs fail is not well because it listens."""
    relay.runs(fails="database-timeout")
    relay.now += timedelta(minutes=11)
    relay.heartbeats.polled(relay.now)
    assert (relay.exchange.said[-1].ok, relay.exchange.said[-1].error) == (False, "database-timeout")


@pytest.mark.parametrize(("minimum", "outdated"), [("", False), ("0.0.1", False), ("99", True)])
def test_what_the_stack_asks_for_is_echoed(relay: Relay, minimum: str, *, outdated: bool) -> None:
    """So the stack sees that the relay knows, and whether it is too old."""
    relay.state.remember_minimum_version(minimum)
    beat = relay.runs()
    assert (beat.minimum_relay_version, beat.outdated) == (minimum, outdated)


def test_a_relay_without_a_queue_says_that_it_cannot_be_told(relay: Relay) -> None:
    """Or the stack would tell it for ever."""
    relay.exchange.queues.listens = False
    assert relay.runs().minimum_relay_version is None


DAILY = text_of(Schedule(every_minutes=1440, begins="06:30", ends="06:30", days="all", zone="Australia/Melbourne"))


def test_it_says_which_schedule_it_knows_and_when_it_runs_by_it(relay: Relay) -> None:
    """So the stack sees that it was heard."""
    assert relay.runs().schedule == ScheduleStatus()
    hear_schedule(relay.state, DAILY)
    beat = relay.runs()
    assert beat.schedule == ScheduleStatus(told=mark_of(DAILY))
    assert beat.next_run_at == datetime(2026, 3, 2, 19, 30, tzinfo=UTC)


def test_what_starts_the_relay_is_not_steered_by_the_console(relay: Relay) -> None:
    """A task says so; a run by hand says nothing of that, and leaves what `watch` beside it said."""
    hear_schedule(relay.state, DAILY)
    told = relay.runs().schedule
    relay.heartbeats = relay.sender_of(None)
    by_hand = relay.runs()
    assert (by_hand.schedule, by_hand.next_run_at) == (told, None)
    relay.heartbeats = relay.sender_of(Timetable(relay.settings, relay.state, steered=False))
    by_task = relay.runs()
    assert (by_task.schedule, by_task.next_run_at) == (None, by_task.at + INTERVAL)


def test_what_was_told_between_two_runs_is_said_at_once(relay: Relay) -> None:
    """So a person at the console need not wait for the next sign of life, and once is enough."""
    relay.runs()
    hear_schedule(relay.state, DAILY)
    for _ in range(3):
        relay.now += timedelta(seconds=20)
        relay.heartbeats.polled(START)
    assert len(relay.exchange.said) == 2
    assert relay.exchange.said[-1].schedule == ScheduleStatus(told=mark_of(DAILY))
    assert relay.exchange.said[-1].next_run_at == datetime(2026, 3, 2, 19, 30, tzinfo=UTC)


def test_each_poll_leaves_one_unless_told_otherwise(tmp_path: Path) -> None:
    """By default every poll leaves a heartbeat of its own."""
    relay = Relay(tmp_path)
    relay.settings = RelaySettings(name="main")
    relay.heartbeats = relay.sender_of(Timetable(relay.settings, relay.state, steered=True))
    relay.runs()
    for _ in range(3):
        relay.now += timedelta(seconds=20)
        relay.heartbeats.polled(relay.now + INTERVAL)
        assert relay.exchange.said[-1].polled_at == relay.now
    assert len(relay.exchange.said) == 4
    relay.state.close()
