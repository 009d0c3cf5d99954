"""When the relay is to read the school, as an owner of the console says: in the school's own time, whatever its clocks do."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.digests import digest
from shared.wording import counted

SHORTEST_MINUTES, LONGEST_MINUTES = 15, 1440
_HOUR, _SATURDAY = 60, 5

LocalTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Days = Literal["all", "weekdays"]


def _known(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (LookupError, ValueError, OSError):  # no such zone, no name of one, a folder of zones
        raise ValueError("is no time zone that this machine knows") from None
    return zone


class Schedule(BaseModel):
    """Readings of each day: at `begins`, and every so many minutes after it until `ends`.

    Each takes place once. A time that the clocks jump over comes as much later as they jump: 02:30 is then 03:30. Of a time
    that comes twice the first counts.

    Attributes:
        ends: The last time at which one may begin.
        days: `weekdays` are Monday to Friday.
        zone: By its IANA name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    every_minutes: int = Field(ge=SHORTEST_MINUTES, le=LONGEST_MINUTES)
    begins: LocalTime
    ends: LocalTime
    days: Days
    zone: Annotated[str, Field(max_length=60), AfterValidator(_known)]

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "Schedule":
        if self.ends < self.begins:
            raise ValueError("must not end before it begins")
        return self

    def next_after(self, moment: datetime) -> datetime:
        """Return when the next reading is due after a moment."""
        today = moment.astimezone(ZoneInfo(self.zone)).date()
        # Yesterday's last may come today, where the clocks jump over midnight; and after a Friday comes a Monday.
        days = (today + timedelta(days=number) for number in range(-1, 5))
        return min(reading for day in days for reading in self._of(day) if reading > moment)

    def _of(self, day: date) -> Iterator[datetime]:
        if self.days == "weekdays" and day.weekday() >= _SATURDAY:
            return
        for at in self._times:
            yield datetime.combine(day, at, ZoneInfo(self.zone)).astimezone(UTC)

    @cached_property
    def _times(self) -> list[time]:
        first, last = (60 * int(one[:2]) + int(one[3:]) for one in (self.begins, self.ends))
        return [time(*divmod(minute, 60)) for minute in range(first, last + 1, self.every_minutes)]

    def in_words(self) -> str:
        """Return it as a person says it, without the zone."""
        hours, minutes = divmod(self.every_minutes, _HOUR)
        often = counted(self.every_minutes, "minute") if minutes else counted(hours, "hour").removeprefix("1 ")
        when = f"every {often} from {self.begins} to {self.ends}"
        if len(self._times) == 1:
            when = f"once a day at {self.begins}"
        return f"{when}, {'Monday to Friday' if self.days == 'weekdays' else 'every day'}"


def text_of(schedule: Schedule | None) -> str:
    """Return a schedule as the relay is told it; empty if it is to go by its own configuration."""
    return "" if schedule is None else schedule.model_dump_json()


def mark_of(text: str) -> str:
    """Return what stands for a schedule that was told, empty if for none."""
    return digest(text) if text else ""
