"""Values as people and programs write them. What is not plainly one is left as it is, for whoever refuses it with a reason."""

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time
from typing import get_args, get_origin

from shared.medical.codes import normal
from shared.medical.values import clean_flag, clean_text

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[t ].*)?", re.DOTALL)
_NUMBERS = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})")
_DAY_OF_MONTH = re.compile(r"(?:[a-z]+,? )?(\d{1,2})(?:st|nd|rd|th)?(?: of)?[ \-]([a-z]{3,9})\.?,?[ \-](\d{4})")
_MONTH_DAY = re.compile(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
_MONTH = re.compile(r"(?:(\d{1,2})[/\-]|([a-z]{3,9})\.? )(\d{4})|(\d{4})-(\d{1,2})")
_WITH_TIME = re.compile(r"(.+?),? (?:at )?(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([ap])m)?")
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


def cleaned(annotation: object, value: object, *, day_first: bool) -> object:
    """Return a value as a profile's field of this annotation takes it, or as it is."""
    kinds = get_args(annotation) or (annotation,)
    if get_origin(annotation) is tuple:
        return list(map(_reference, _parts(value)))
    if datetime in kinds:
        return moment_of(value, day_first=day_first)
    if date in kinds:
        return day_of(value, day_first=day_first)
    if str in kinds and isinstance(value, bool):
        return "yes" if value else "no"
    if str in kinds and isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return ", ".join(map(clean_text, map(str, value)))
    return int(value) if int in kinds and isinstance(value, float) and value.is_integer() else value


def is_empty(value: object) -> bool:
    """Tell whether a value says nothing."""
    return value is None or value in ("", [], {}) or (isinstance(value, str) and not value.strip())


class NoneWords:
    """Words by which families say that there is none, such as "Nil known": all that an entry says, and no part of it.

    Args:
        words: They; capital letters, plurals and punctuation make no difference, but for a question mark.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(map(_plain, words))

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str) and not is_empty(value) and _plain(clean_text(value)) in self._words


def _plain(text: str) -> str:
    # "N.K.A." is one word, and "None?" is somebody who does not know. Of a dash nothing else would be left.
    return text if "?" in text else normal(text.replace(".", "")) or text


def answer_of(value: object) -> bool | None:
    """Return what a yes or no says; None if it is neither."""
    if is_empty(value):
        return None
    try:
        return clean_flag(value)
    except ValueError:
        return None


def day_of(value: object, *, day_first: bool = True) -> object:
    """Return the day that a text means at any time, else the value itself. A month alone is its last day, as on a card."""
    if not isinstance(value, str):
        return value
    with suppress(ValueError, OverflowError):
        text, _ = _apart(value)
        return _day(text, day_first=day_first) or value
    return value


def moment_of(value: object, *, day_first: bool = True) -> object:
    """Return the moment that a text means, in UTC unless it says otherwise; a day alone is its beginning."""
    if is_empty(value) or not isinstance(value, str):
        return value
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(value.strip())
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    with suppress(ValueError, OverflowError):
        text, at = _apart(value)
        if day := _day(text, day_first=day_first):
            return datetime.combine(day, at, UTC) if at else day
    # The text itself could still be taken for a moment by somebody who reads numbers as seconds.
    return "not a moment"


def _apart(value: str) -> tuple[str, time | None]:
    """Return the text of a day, and the time that stands behind it.

    Raises:
        ValueError: There is no such time.
    """
    text = " ".join(value.lower().split())
    match = _WITH_TIME.fullmatch(text)
    if match is None:
        return text, None
    day, hour, minute, second, half = match.groups()
    return day, time(int(hour) % 12 + 12 * (half == "p") if half else int(hour), int(minute), int(second or 0))


def _day(text: str, *, day_first: bool) -> date | None:
    if match := _ISO.fullmatch(text) or _YEAR_FIRST.fullmatch(text):
        return date(int(match[1]), int(match[2]), int(match[3]))
    if match := _NUMBERS.fullmatch(text):
        day, month = (match[1], match[2]) if day_first else (match[2], match[1])
        return date(int(match[3]), int(month), int(day))
    if match := _DAY_OF_MONTH.fullmatch(text):
        return date(int(match[3]), _month(match[2]), int(match[1]))
    if match := _MONTH_DAY.fullmatch(text):
        return date(int(match[3]), _month(match[1]), int(match[2]))
    if match := _MONTH.fullmatch(text):
        year = int(match[3] or match[4])
        month = _month(match[2]) if match[2] else int(match[1] or match[5])
        return date(year, month, monthrange(year, month)[1])
    return None


def _month(word: str) -> int:
    """Return a month by its English name or the beginning of it.

    Raises:
        ValueError: It is none.
    """
    found = [number for number, name in enumerate(_MONTHS, start=1) if name.startswith(word)]
    if len(found) != 1:
        raise ValueError("no month")
    return found[0]


def _parts(value: object) -> list[object]:
    if isinstance(value, str):
        return [part for part in value.replace(";", "\n").splitlines() if part.strip()]
    if isinstance(value, list):
        return value
    return [] if is_empty(value) else [value]


def _reference(value: object) -> object:
    """Return what a link names: an identifier or a name, by itself or within an object."""
    if isinstance(value, Mapping):
        return next((value[name] for name in ("id", "name") if not is_empty(value.get(name))), value)
    return value
