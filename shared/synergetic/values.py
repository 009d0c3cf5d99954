"""What a raw value of a chunk means: Synergetic's ways of saying "nothing", and the forms in which drivers give one value.

Each function takes anything that JSON can hold, returns a clean value, and raises ValueError, without quoting the value, for
what cannot be read. In one school a yes is `true`, in another `1` or `"1"`, depending on the driver.
"""

from datetime import date, datetime
from decimal import Decimal

_TRUE = frozenset({"1", "true", "t", "yes", "y", "-1"})
_FALSE = frozenset({"", "0", "false", "f", "no", "n"})
_ISO_DATE_LENGTH = len("2026-01-31")
_LARGEST_ID = 2**63 - 1
_ID_DIGITS = 19


def clean_text(value: object) -> str:
    """Return text without blanks around it and without NUL characters; nothing is the empty string, and 0 is `0`.

    Raises:
        ValueError: It is neither text nor a number.
    """
    if value is None:
        return ""
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("is not text")  # noqa: TRY004 - one class for all that cannot be read
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return _storable(text.replace("\0", "")).strip()


def _storable(text: str) -> str:
    """Replace halves of characters, which some drivers give for an emoji cut in two and which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()


def is_email(text: str) -> bool:
    """Tell whether a clean text can be an e-mail address: schools also write *none* there, or two addresses."""
    local, at, domain = text.partition("@")
    return bool(local and at and "." in domain) and not any(char.isspace() or char == "@" for char in local + domain)


def clean_flag(value: object) -> bool:
    """Return a yes or no; nothing is no.

    Raises:
        ValueError: It is neither.
    """
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, int | float | Decimal):
        return value != 0
    text = clean_text(value).lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError("is neither yes nor no")


def clean_date(value: object) -> date | None:
    """Return a day; nothing, 0 and the year 1 mean none, a time of day is dropped.

    Raises:
        ValueError: It is not a date.
    """
    if isinstance(value, datetime):
        return value.date() if value.year > 1 else None
    if isinstance(value, date):
        return value if value.year > 1 else None
    text = clean_text(value)
    if text in {"", "0"} or text.startswith("0000-"):
        return None
    day, rest = text[:_ISO_DATE_LENGTH], text[_ISO_DATE_LENGTH:]
    if rest and rest[0] not in "T ":
        raise ValueError("is not a date")
    try:
        found = date.fromisoformat(day)
    except ValueError:
        raise ValueError("is not a date") from None
    return found if found.year > 1 else None


def clean_number(value: object) -> int | None:
    """Return a whole number, 0 included; nothing is None.

    Raises:
        ValueError: It is not a whole number.
    """
    if isinstance(value, bool):
        raise ValueError("is not a whole number")  # noqa: TRY004 - one class for all that cannot be read
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and not value.is_integer():
        raise ValueError("is not a whole number")
    text = clean_text(value)
    if not text:
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _ID_DIGITS):
        raise ValueError("is not a whole number")
    return int(text)


def clean_id(value: object) -> int | None:
    """Return the number of a row or a person; nothing and 0 mean none.

    Raises:
        ValueError: It is not such a number.
    """
    number = clean_number(value)
    if number is not None and not 0 <= number <= _LARGEST_ID:
        raise ValueError("is not an identifier")
    return number or None
