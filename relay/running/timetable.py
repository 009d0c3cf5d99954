"""When the relay is to run: as an owner says in the console, or else on the interval of its own configuration."""

import logging
from datetime import datetime, timedelta

from pydantic import ValidationError

from relay.logs import LOGGER
from relay.settings import RelaySettings
from relay.state import State
from shared.errors import IntegrationError, TransientError
from shared.heartbeats import ScheduleStatus
from shared.schedules import Schedule, mark_of

_LOG = logging.getLogger(LOGGER)


class ScheduleRefusedError(IntegrationError):
    """What the console told cannot be followed."""

    code = "schedule-refused"


class ScheduleKeptHereError(IntegrationError):
    """The configuration lets nobody else decide."""

    code = "schedule-kept-here"


class Timetable:
    """When runs are due.

    Args:
        settings: `[relay]`.
        state: Remembers what the console told.
        steered: Whether the relay decides itself when it runs, and can be told.
    """

    def __init__(self, settings: RelaySettings, state: State, *, steered: bool) -> None:
        self.state = state
        self._interval = timedelta(minutes=settings.interval_minutes)
        self._steered = steered
        self._may_be_told = settings.schedule_from_console

    def schedule(self) -> Schedule | None:
        """Return the console's schedule, if it holds here."""
        if not (self._steered and self._may_be_told):
            return None
        try:
            return understood(self.state.schedule())
        except (ScheduleRefusedError, TransientError):
            return None  # of another release, or the memory cannot be used, which every run tells

    def after(self, moment: datetime) -> datetime:
        """Return when a run is due after a moment."""
        schedule = self.schedule()
        return moment + self._interval if schedule is None else schedule.next_after(moment)

    def account(self) -> ScheduleStatus | None:
        """Return how this relay stands to the console's schedule; none if it does not steer it, or nobody knows."""
        if not self._steered:
            return None
        try:
            refused, told = self.state.refused_schedule(), self.state.schedule()
        except TransientError:
            return None
        if not self._may_be_told:
            return ScheduleStatus(told=refused or mark_of(told), refused=ScheduleKeptHereError.code)
        if refused:
            return ScheduleStatus(told=refused, refused=ScheduleRefusedError.code)
        # One of another release is as if it had never been told: so it is told again.
        return ScheduleStatus(told=mark_of(told) if self.schedule() else "")

    def in_words(self) -> str:
        """Return which schedule holds, where it is from, and why the console's does not."""
        schedule, account = self.schedule(), self.account()
        held = f"every {self._interval.total_seconds() / 60:g} minutes (the configuration)"
        if schedule is not None:
            held = f"{schedule.in_words()}, {schedule.zone} (the console)"
        return f"{held}; not the console's: {account.refused}" if account and account.refused else held


def hear_schedule(state: State, text: str) -> None:
    """Remember when the console wants the relay to run. What cannot be followed is refused, and what held before holds.

    Raises:
        TransientError: The state file cannot be used.
    """
    try:
        understood(text)
    except ScheduleRefusedError as error:
        _LOG.warning("The console's schedule is refused: %s", error, extra={"code": error.code})
        state.remember_refused_schedule(mark_of(text))
    else:
        state.remember_schedule(text)


def understood(text: str) -> Schedule | None:
    """Return the schedule that a text tells; none if it is empty.

    Raises:
        ScheduleRefusedError: It is none that this relay can follow.
    """
    if not text:
        return None
    try:
        return Schedule.model_validate_json(text)
    except ValidationError as error:
        # What somebody may have put in place of a name or a value is not repeated.
        names = {str(part) for one in error.errors(include_url=False, include_input=False) for part in one["loc"]}
        wrong = ", ".join(sorted(names & Schedule.model_fields.keys())) or "it as a whole"
        raise ScheduleRefusedError(
            f"It cannot be followed ({wrong}), and what held before holds.",
            remedy="Choose another under Settings in the console, or install a newer release of the relay.",
        ) from None
