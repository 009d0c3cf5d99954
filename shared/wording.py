"""How amounts and days are put in words, for people who read them in an answer or on a page."""

from datetime import date


def counted(number: int, word: str, many: str = "") -> str:
    """Return a number with its word: `1 family`, `1,200 families`."""
    return f"{number:,} {word if number == 1 else many or word + 's'}"


def day(on: date) -> str:
    """Return a day such as `14 May 2026`."""
    return f"{on.day} {on:%b %Y}"
