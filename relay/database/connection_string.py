"""ODBC connection strings: building them with every value escaped, and telling whether one carries a password.

They are for the driver only: no message ever shows one.
"""

import re
from collections.abc import Iterable

_SECRET = re.compile(r"(?i)\b(?:pwd|password|accesstoken)\s*=")


def escape(value: str) -> str:
    """Brace a value, so that no character in it can end it or begin another keyword."""
    return "{" + value.replace("}", "}}") + "}"


def build(parts: Iterable[tuple[str, str]]) -> str:
    """Join keywords and values into a connection string; keywords with an empty value are left out."""
    return ";".join(f"{keyword}={escape(value)}" for keyword, value in parts if value)


def names_a_password(text: str) -> bool:
    """Tell whether a connection string carries a password."""
    return _SECRET.search(text) is not None
