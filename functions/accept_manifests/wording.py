"""How an answer puts what a request sets in motion. Whoever asked reads it, and so does everybody on the page of the run."""

from collections.abc import Collection, Iterable, Mapping

from shared.owners import Kind
from shared.wording import counted

_NOUNS: Mapping[Kind, tuple[str, str]] = {
    "student": ("student", "students"),
    "staff": ("member of staff", "staff"),
    "group": ("group", "groups"),
}


def amounts(*parts: tuple[int, str, str]) -> str:
    """Return how many of each, such as `1 rule added, 2 rules removed`; what there is none of is left out."""
    return ", ".join(counted(number, one, many) for number, one, many in parts if number)


def people_of(listed: Mapping[Kind, Collection[str]], what: str = "") -> str:
    """Return how many of each kind are listed, and what becomes of them."""
    nouns = ((kind, [f"{noun} {what}".strip() for noun in _NOUNS[kind]]) for kind in listed)
    return amounts(*((len(listed[kind]), one, many) for kind, (one, many) in nouns))


def whole(kinds: Iterable[Kind]) -> str:
    """Return that it is about all records of some kinds."""
    return ", ".join(f"all {_NOUNS[kind][1]}" for kind in kinds)
