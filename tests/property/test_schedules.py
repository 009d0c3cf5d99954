"""When the next reading is due: whatever the schedule, the time and the clocks of the zone do, each takes place once."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.schedules import Schedule

# Clocks that jump by an hour or half of one, at night and at midnight; one that lost a whole day; one that never jumps.
ZONES = ("Australia/Melbourne", "Australia/Lord_Howe", "America/Santiago", "Europe/London", "Pacific/Apia", "Asia/Kolkata")
MOMENTS = st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone
MELBOURNE = ZoneInfo("Australia/Melbourne")


def at(minute: int) -> str:
    """Return a minute of the day as a local time."""
    return f"{time(*divmod(minute, 60)):%H:%M}"


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Return any schedule."""
    first, last = sorted((draw(st.integers(0, 1439)), draw(st.integers(0, 1439))))
    return Schedule(
        every_minutes=draw(st.sampled_from((15, 20, 60, 90, 420, 1440)) | st.integers(15, 1440)),
        begins=at(first),
        ends=at(last),
        days=draw(st.sampled_from(("all", "weekdays"))),
        zone=draw(st.sampled_from(ZONES)),
    )


@given(schedules(), MOMENTS)
@example(
    # Its Friday, 30 December 2011, never was: what was due then comes a day later, on the Saturday.
    Schedule(every_minutes=1440, begins="23:30", ends="23:30", days="weekdays", zone="Pacific/Apia"),
    datetime(2011, 12, 30, 9, 45, tzinfo=UTC),
)
def test_the_next_comes_soon_and_nothing_lies_between(schedule: Schedule, moment: datetime) -> None:
    """It is later, within a long weekend, and the same whenever it is asked for until then."""
    due = schedule.next_after(moment)
    assert moment < due <= moment + timedelta(days=5)
    just_before = due - timedelta(microseconds=1)
    for share in (0.1, 0.5, 0.9, 0.999, 1):
        assert schedule.next_after(min(moment + (due - moment) * share, just_before)) == due
    assert schedule.next_after(due) > due


def on_the_clock(schedule: Schedule, wall: datetime) -> bool:
    """Tell whether a clock on the wall shows a time of the schedule."""
    begins, ends = (60 * one.hour + one.minute for one in map(time.fromisoformat, (schedule.begins, schedule.ends)))
    minute = 60 * wall.hour + wall.minute
    works = schedule.days == "all" or wall.isoweekday() <= 5
    return works and begins <= minute <= ends and (minute - begins) % schedule.every_minutes == 0


@given(schedules(), MOMENTS)
def test_it_goes_by_the_clock_on_the_wall(schedule: Schedule, moment: datetime) -> None:
    """Looked at minute by minute: the next is the first time that the clock shows one, or has jumped over one."""
    zone, due = ZoneInfo(schedule.zone), schedule.next_after(moment)
    minute = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while minute < due:
        shown = minute.astimezone(zone)
        assert shown.fold or not on_the_clock(schedule, shown)
        minute += timedelta(minutes=1)
    shown = due.astimezone(zone)
    if shown.fold or not on_the_clock(schedule, shown):
        jumped = shown.utcoffset() - (due - timedelta(hours=24)).astimezone(zone).utcoffset()
        assert jumped > timedelta(0)
        assert on_the_clock(schedule, shown - jumped)


@given(st.integers(0, 1439), st.sampled_from(ZONES[:4]), MOMENTS)
@example(150, "Australia/Melbourne", datetime(2026, 10, 3, 2, tzinfo=UTC))
@example(150, "Australia/Melbourne", datetime(2026, 4, 4, 2, tzinfo=UTC))
@example(0, "America/Santiago", datetime(2026, 9, 5, 2, tzinfo=UTC))
def test_once_a_day_is_once_on_each_day(minute: int, zone: str, moment: datetime) -> None:
    """Also where that time does not exist, or comes twice."""
    schedule = Schedule(every_minutes=1440, begins=at(minute), ends=at(minute), days="all", zone=zone)
    days = []
    for _ in range(60):
        moment = schedule.next_after(moment)
        days.append(moment.astimezone(ZoneInfo(zone)).date())
    assert [(after - before).days for before, after in pairwise(days)] == [1] * 59


@pytest.mark.parametrize(
    ("day", "local", "then"),
    [
        ("2026-10-03", "2026-10-04 03:30", "2026-10-05 02:30"),  # set forward at 02:00
        ("2026-04-04", "2026-04-05 02:30", "2026-04-06 02:30"),  # set back at 03:00
    ],
)
def test_half_past_two_in_the_night_of_the_clocks(day: str, local: str, then: str) -> None:
    """It does not exist in one, and comes twice in the other: the reading comes once."""
    schedule = Schedule(every_minutes=1440, begins="02:30", ends="02:30", days="all", zone="Australia/Melbourne")
    first = schedule.next_after(datetime.fromisoformat(f"{day} 12:00").replace(tzinfo=MELBOURNE))
    second = schedule.next_after(first)
    assert [f"{one.astimezone(MELBOURNE):%Y-%m-%d %H:%M}" for one in (first, second)] == [local, then]
    assert first.astimezone(MELBOURNE).fold == 0
