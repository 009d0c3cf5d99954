"""The values of a medical profile: cleaned when they come in, refused without being quoted.

A field that is left out was not stated, and nothing follows from it; one that is empty was stated to be empty.
"""

import unicodedata
from datetime import UTC, date, datetime
from math import isfinite
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

_YES = frozenset({"yes", "y", "true", "t", "1"})
_NO = frozenset({"", "no", "n", "false", "f", "0"})
_LINE_ENDS = str.maketrans(dict.fromkeys("\r\v\f\x85\u2028\u2029", "\n"))
_HYPHENS = str.maketrans({"\u2010": "-", "\u2011": "-"})
_DAY = len("2026-01-31")


def clean_text(value: object) -> str:
    """Return text in composed characters, one kind of line end and blank, without what cannot be seen; nothing is empty.

    Raises:
        ValueError: It is neither text nor a number.
    """
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("is not text")  # noqa: TRY004 - one class for all that cannot be read
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("is not text")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    # Half a character, which some programs leave of one they cut in two, cannot be stored anywhere.
    text = str(value).encode("utf-8", "replace").decode()
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").translate(_LINE_ENDS).translate(_HYPHENS))
    return "".join(filter(None, map(_seen, text))).strip()


def _seen(character: str) -> str:
    match unicodedata.category(character):
        case "Zs":
            return " "
        case "Cc" | "Cf" | "Co" | "Cn":
            return character if character in "\n\t" else ""
    return character


def clean_day(value: object) -> date | None:
    """Return a day, without a time of day; nothing is None.

    Raises:
        ValueError: It is not a date in ISO form.
    """
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    text = clean_text(value)
    day, rest = text[:_DAY], text[_DAY:]
    if not text:
        return None
    if rest and rest[0] not in "T ":
        raise ValueError("is not a date")
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise ValueError("is not a date") from None


def clean_flag(value: object) -> bool:
    """Return a yes or no; nothing is no.

    Raises:
        ValueError: It is neither.
    """
    if isinstance(value, bool):
        return value
    text = clean_text(value).lower()
    if text in _YES or text in _NO:
        return text in _YES
    raise ValueError("is neither yes nor no")


def _number(value: object) -> int | None:
    text = clean_text(value)
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(2**31))):
        raise ValueError("is not a whole number")
    return int(text)


def _or_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Text = Annotated[str, BeforeValidator(clean_text)]
Day = Annotated[date | None, BeforeValidator(clean_day)]
Flag = Annotated[bool, BeforeValidator(clean_flag)]
Number = Annotated[int | None, BeforeValidator(_number)]
Moment = Annotated[datetime | None, BeforeValidator(_or_none), AfterValidator(_in_utc)]
