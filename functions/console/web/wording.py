"""How values are put in words: times in the school's time zone, counts, and the terms of the staging area."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from functions.console.web.addresses import segment
from functions.console.web.problems import short
from functions.runtime.wiring import settings
from shared.owners import Kind
from shared.wording import counted

_GROUP_TYPES: dict[str, str] = {"year_level": "year level", "tutor": "tutor group", "custom": "custom group"}
_NOUNS: dict[Kind, tuple[str, str]] = {
    "student": ("student", "students"),
    "staff": ("member of staff", "members of staff"),
    "group": ("group", "groups"),
}
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
_SOON_MINUTES = 2


def local_time(at: str) -> str:
    """Return a time (ISO 8601) as the school's clock shows it, such as `Mon 30 Nov 2026, 4:05 pm`; nothing for nothing.

    Where the clock shows a time twice, as when daylight saving ends, the zone's name tells which it is (`2:30 am AEST`).
    """
    if not at:
        return ""
    there = _moment(at).astimezone(ZoneInfo(settings().time_zone))
    twice = f" {there:%Z}" if there.utcoffset() != there.replace(fold=not there.fold).utcoffset() else ""
    half = "am" if there.hour < 12 else "pm"  # noqa: PLR2004
    return f"{there:%a} {there.day} {there:%b %Y}, {there.hour % 12 or 12}:{there:%M} {half}{twice}"


def ago(at: str) -> str:
    """Return how long ago a time was, in the largest unit that fits."""
    if not at:
        return "never"
    passed_s = int((datetime.now(UTC) - _moment(at)).total_seconds())
    if passed_s < _MINUTE_S:
        return "just now"
    size, unit = next(
        (size, unit) for size, unit in ((_DAY_S, "day"), (_HOUR_S, "hour"), (_MINUTE_S, "minute")) if passed_s >= size
    )
    return f"{counted(passed_s // size, unit)} ago"


def _moment(at: str) -> datetime:
    moment = datetime.fromisoformat(at)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def group_type_in_words(group_type: str) -> str:
    """Return a group's type in words, such as `tutor group`; the others are words already."""
    return _GROUP_TYPES.get(group_type, group_type)


def begins(text: str) -> str:
    """Return a text as a sentence begins, with every other letter as it is: names keep their capitals."""
    return text[:1].upper() + text[1:]


def how_many(number: int, kind: Kind) -> str:
    """Return a number of records in words, such as `1 student` or `1,200 members of staff`."""
    return counted(number, *_NOUNS[kind])


def minutes_for(records: int) -> int:
    """Return how many minutes it takes at least to send so many records to Operoo."""
    return -int(-records // (settings().operoo_settings.requests_per_second * _MINUTE_S))


def follows(records: int) -> str:
    """Return when Operoo has what a choice sends, which is so many records."""
    minutes = minutes_for(records)
    return f"Operoo follows {f'in {minutes} minutes or more' if minutes > _SOON_MINUTES else 'within a minute or two'}"


FILTERS: dict[str, Callable[..., Any]] = {
    "local_time": local_time,
    "ago": ago,
    "counted": counted,
    "how_many": how_many,
    "group_type": group_type_in_words,
    "begins": begins,
    "problem": short,
    "segment": segment,
    "minutes_for": minutes_for,
}
