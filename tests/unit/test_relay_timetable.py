"""When the relay is to run: what it is told, what it refuses, and what it says of that."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from relay.running.status import find_status
from relay.running.timetable import ScheduleRefusedError, Timetable, hear_schedule, understood
from relay.settings import RelaySettings
from relay.state import State
from shared.heartbeats import Heartbeat, ScheduleStatus
from shared.schedules import Schedule, mark_of, text_of

GOOD = Schedule(every_minutes=60, begins="06:00", ends="18:00", days="weekdays", zone="Australia/Melbourne")
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)  # eight in the evening in Melbourne


class FakeCloud:
    """A bucket with nothing in it."""

    def last_manifest(self, _remembered: object) -> None:
        """Return none."""


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """Return an empty memory."""
    made = State(tmp_path)
    yield made
    made.close()


def changed(**fields: object) -> str:
    """Return a schedule as somebody might tell it."""
    return json.dumps(GOOD.model_dump() | fields)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (changed(every_minutes=14), "every_minutes"),
        (changed(every_minutes=0), "every_minutes"),
        (changed(every_minutes=1441), "every_minutes"),
        (changed(every_minutes=float("nan")), "every_minutes"),
        (changed(begins="24:00"), "begins"),
        (changed(begins="6:00"), "begins"),
        (changed(begins="06:00\n"), "begins"),
        (changed(begins="18:01"), "it as a whole"),
        (changed(days="sundays"), "days"),
        (changed(zone="Mars/Olympus_Mons"), "zone"),
        (changed(zone="Australia"), "zone"),
        (changed(zone=""), "zone"),
        (changed(zone="../../etc/passwd"), "zone"),
        (changed(zone="/etc/localtime"), "zone"),
        (changed(zone="A" * 1000), "zone"),
        (changed(zone="Melb\u0000ourne"), "zone"),
        (changed(Ms_Zebedee="x"), "it as a whole"),
        ("{}", "begins, days, ends, every_minutes, zone"),
        ("null", "it as a whole"),
        ("[" * 100_000, "it as a whole"),
        ("Ms Zebedee", "it as a whole"),
    ],
)
def test_what_cannot_be_followed_is_refused(text: str, wrong: str) -> None:
    """Too often, no such zone, of another release, nonsense: the field is named, and nothing of what was told."""
    with pytest.raises(ScheduleRefusedError) as caught:
        understood(text)
    assert caught.value.code == "schedule-refused"
    assert f"({wrong})" in caught.value.what
    assert not any(word in str(caught.value) for word in ("Zebedee", "passwd", "Mars"))


def test_what_is_told_holds_until_something_else_is(state: State) -> None:
    """The console's schedule, then what held before one that cannot be followed, then the configuration again."""
    timetable = Timetable(RelaySettings(interval_minutes=20), state, steered=True)
    interval, six = MONDAY + timedelta(minutes=20), datetime(2026, 3, 2, 19, tzinfo=UTC)
    assert (timetable.after(MONDAY), timetable.account()) == (interval, ScheduleStatus())
    hear_schedule(state, text_of(GOOD))
    assert (timetable.after(MONDAY), timetable.account()) == (six, ScheduleStatus(told=mark_of(text_of(GOOD))))
    hear_schedule(state, "nonsense")
    refused = ScheduleStatus(told=mark_of("nonsense"), refused="schedule-refused")
    assert (timetable.after(MONDAY), timetable.account()) == (six, refused)
    assert timetable.in_words().endswith("Melbourne (the console); not the console's: schedule-refused")
    hear_schedule(state, "")
    assert (timetable.after(MONDAY), timetable.account()) == (interval, ScheduleStatus())


def test_what_another_release_remembered_is_asked_for_again(state: State) -> None:
    """The relay goes by its configuration until it is told once more."""
    state.remember_schedule(changed(every="full moon"))
    timetable = Timetable(RelaySettings(interval_minutes=20), state, steered=True)
    assert (timetable.after(MONDAY), timetable.account()) == (MONDAY + timedelta(minutes=20), ScheduleStatus())


def test_a_memory_that_cannot_be_used_keeps_nobody_from_running(state: State) -> None:
    """The run itself tells of that."""
    state.path.mkdir()
    timetable = Timetable(RelaySettings(interval_minutes=20), state, steered=True)
    assert (timetable.after(MONDAY), timetable.account()) == (MONDAY + timedelta(minutes=20), None)
    state.path.rmdir()


@pytest.mark.parametrize(("hours", "late"), [(0, False), (62, False), (63, True)])
def test_a_success_is_overdue_when_some_runs_were_due(state: State, hours: int, *, late: bool) -> None:
    """By the schedule that holds: a weekend without a reading is none of them."""
    hear_schedule(state, text_of(GOOD))
    friday = datetime(2026, 3, 6, 7, tzinfo=UTC)  # the last of the week, at six in the evening
    state.remember_heartbeat(
        Heartbeat(relay="x", relay_version="1", started_at=friday, at=friday, ok=True, last_success_at=friday)
    )
    timetable = Timetable(RelaySettings(), state, steered=True)
    cloud: Any = FakeCloud()
    found = find_status(lambda: cloud, timetable=timetable, clock=lambda: friday + timedelta(hours=hours))
    assert (found["late"], found["state"]) == (late, "late" if late else "well")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "every hour from 06:00 to 18:00, Monday to Friday"),
        ({"every_minutes": 90, "days": "all"}, "every 90 minutes from 06:00 to 18:00, every day"),
        ({"every_minutes": 240}, "every 4 hours from 06:00 to 18:00, Monday to Friday"),
        ({"every_minutes": 1440}, "once a day at 06:00, Monday to Friday"),
        ({"ends": "06:59"}, "once a day at 06:00, Monday to Friday"),
    ],
)
def test_a_schedule_in_words(fields: dict[str, object], words: str) -> None:
    """As a person says it."""
    assert Schedule.model_validate(GOOD.model_dump() | fields).in_words() == words
