"""ODBC connection strings: building them with every value escaped, and telling whether one carries a password.

They are for the driver only: no message ever shows one.
"""

import re
from collections.abc import Iterable

_SECRET = re.compile(r"(?i)\b(?:pwd|password|accesstoken)\s*=")
# Half a character is what Python makes of bytes that are no text.
_UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]|\};")


def escape(value: str, *, doubles: bool = True) -> str:
    """Brace a value, so that no character in it can end it or begin another keyword.

    Args:
        value: The value.
        doubles: Whether the driver takes two closing braces for one, as ODBC says; some do not.

    Raises:
        ValueError: No driver (or not this one) could be told where the value ends.
    """
    if _UNFIT.search(value):
        raise ValueError("holds a control character, half a character, or `};`, which drivers misread")
    if "}" in value and not doubles:
        raise ValueError("holds a closing brace, which this driver misreads")
    return "{" + value.replace("}", "}}") + "}"


def build(parts: Iterable[tuple[str, str]], *, doubles: bool = True) -> str:
    """Join keywords and values into a connection string; keywords with an empty value are left out.

    Raises:
        ValueError: A value cannot be written; the message names its keyword.
    """
    return "".join(f"{keyword}={_escaped(keyword, value, doubles=doubles)};" for keyword, value in parts if value)


def names_a_password(text: str) -> bool:
    """Tell whether a connection string carries a password."""
    return _SECRET.search(text) is not None


def _escaped(keyword: str, value: str, *, doubles: bool) -> str:
    try:
        return escape(value, doubles=doubles)
    except ValueError as error:
        raise ValueError(f"the value of {keyword} {error}") from None
