"""The relay's schedule as a person chooses it: what fits together, when it would read, if it follows. Pure functions."""

from datetime import datetime

from shared.errors import IntegrationError
from shared.heartbeats import Heartbeat
from shared.schedules import Schedule, mark_of, text_of

_SHOWN = 3


class ScheduleUnfitError(IntegrationError):
    """What was chosen is no schedule for the relay."""

    code = "schedule-unfit"


def check_fits(minutes: int | None, begins: str | None, ends: str | None, days: str | None) -> None:
    """Let nothing through that is no schedule.

    Raises:
        ScheduleUnfitError: It is none.
    """
    if minutes is None and (begins or ends or days):
        raise ScheduleUnfitError(
            "Times or days were chosen for the relay, but not how often it reads.",
            remedy="Go back and choose how often as well, or leave times and days empty.",
        )
    if begins and ends and ends < begins:
        raise ScheduleUnfitError(
            "The relay's last reading of a day would be before its first.",
            remedy="Go back and choose a later time for the last.",
        )


def readings(schedule: Schedule | None, now: datetime) -> list[str]:
    """Return when the relay would read next, a few times: so a person sees what a schedule means."""
    told: list[str] = []
    if schedule is not None:
        for _ in range(_SHOWN):
            now = schedule.next_after(now)
            told.append(now.isoformat())
    return told


def relay_follows(heard: Heartbeat | None, schedule: Schedule | None) -> str:
    """Return how the relay stands to the schedule that holds."""
    if heard is None:
        return "No relay has connected yet. It learns what is chosen here once it runs as a service."
    if heard.schedule is None:
        return (
            "What is chosen here does not change when this relay reads: its machine starts each run (by a scheduled task or a "
            "timer), or it hears no requests, or its release is too old. Whoever runs it can install it as a service."
        )
    if heard.schedule.refused == "schedule-kept-here":
        return "Its own configuration decides when it reads, and lets nothing that is chosen here change that."
    if heard.schedule.told != mark_of(text_of(schedule)):
        return "The relay has not heard of the latest choice yet. It usually does within a minute."
    if heard.schedule.refused:
        return f"The relay cannot follow this schedule ({heard.schedule.refused}), and goes on as before. Choose another."
    return "It follows the schedule below." if schedule else "It reads when its own configuration says."
