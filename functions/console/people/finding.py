"""Finds records in a list: search, filters, order, pages; and what there is to filter by. Pure functions."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator

from functions.console.web.paging import paged
from functions.records.list_lines import Line
from shared.owners import number_of

Show = Literal["", "selected", "synchronised", "not-linked", "to-do", "problem", "gone", "manual"]
Order = Literal[
    "name", "-name", "year_level", "-year_level", "campus", "-campus", "house", "-house", "form", "-form", "type", "-type",
    "size", "-size", "changed", "-changed",
]  # fmt: skip
# Names come again with each request; a large school has fewer.
_REMEMBERED = 100_000
_NUMBER, _DIGITS = re.compile("[0-9]+"), 10
_FACETS = ("year_level", "campus", "house", "form", "type")


class Filter(BaseModel):
    """Which records are looked for; what is empty does not matter.

    Attributes:
        q: Words, each of which begins a word of the name, or the identifier.
        show: `synchronised` is what has the cloud icon, `to-do` what is about to be done, `manual` what a person brought.
        since: Changed in Synergetic on this day of the school's or later.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    q: str = Field(default="", max_length=100)
    year_level: str = Field(default="", max_length=200)
    campus: str = Field(default="", max_length=200)
    house: str = Field(default="", max_length=200)
    form: str = Field(default="", max_length=200)
    type: str = Field(default="", max_length=40)
    show: Show = ""
    since: date | None = None
    order: Order = "name"
    page: int = Field(default=1, ge=1, le=100_000)

    @field_validator("since", mode="before")
    @classmethod
    def _empty_is_none(cls, given: object) -> object:
        return None if given == "" else given

    def chosen(self) -> dict[str, str | date]:
        """Return what was chosen, as an address says it; without order and page."""
        return self.model_dump(exclude_defaults=True, exclude={"order", "page"})


class Found(NamedTuple):
    """What was found.

    Attributes:
        lines: Those of the page.
        total: How many there are on all pages.
        pages: How many pages there are, at least one.
        facets: What the kind's records can be filtered by, and how many have which value.
    """

    lines: Sequence[Line]
    total: int
    pages: int
    facets: dict[str, dict[str, int]]


def find(lines: Sequence[Line], wanted: Filter, *, since: int = 0) -> Found:
    """Return the page that was asked for, or the last one there is; only what changed in a snapshot or a later one."""
    found = sorted(matching(lines, wanted, since=since), key=_order(wanted.order), reverse=wanted.order.startswith("-"))
    part = paged(found, wanted.page)
    return Found(part.shown, part.total, part.pages, facets_of(lines))


def matching(lines: Iterable[Line], wanted: Filter, *, since: int = 0) -> list[Line]:
    """Return the records that match a filter, on whichever page.

    Args:
        lines: The records.
        wanted: The filter; its day is not looked at here.
        since: The first snapshot of that day or later.
    """
    typed = folded(wanted.q).strip()
    words = typed.translate(_BREAKS).split()
    values = [(name, value) for name in _FACETS if (value := getattr(wanted, name))]
    shown = _SHOWN[wanted.show]
    return [
        line
        for line in lines
        if shown(line)
        and line.changed >= since
        and all(getattr(line, name) == value for name, value in values)
        and (not typed or _has_words(line, words, typed))
    ]


def facets_of(lines: Iterable[Line]) -> dict[str, dict[str, int]]:
    """Return how many of the records that a list shows at first have which value of what can be filtered by."""
    counted: dict[str, Counter[str]] = {name: Counter() for name in _FACETS}
    for line in lines:
        if _SHOWN[""](line):
            for name in _FACETS:
                if value := getattr(line, name):
                    counted[name][value] += 1
    return {name: dict(sorted(count.items(), key=lambda one: natural(one[0]))) for name, count in counted.items() if count}


@lru_cache(maxsize=_REMEMBERED)
def folded(text: str) -> str:
    """Return a text as it is compared: without case and accents, so that `zoe` finds `Zoë`."""
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKD", text)
    return "".join(one for one in plain if not unicodedata.combining(one)).casefold()


@lru_cache(maxsize=_REMEMBERED)
def bare(name: str) -> str:
    """Return a person's name as it is compared with another's: also without blanks and signs, of which there are many ways."""
    plain = folded(name)
    return "".join(filter(str.isalnum, plain)) or plain


@lru_cache(maxsize=_REMEMBERED)
def sorting(name: str) -> str:
    """Return a name as lists are sorted by it: without case and accents, and `Year 9` before `Year 10`."""
    return _NUMBER.sub(lambda found: found[0].zfill(_DIGITS), folded(name))


def by_name(line: Line) -> tuple[str, str]:
    """Return what sorts records by name."""
    return sorting(line.name), line.id


def natural(text: str) -> tuple[int, int, str]:
    """Return what sorts `9` before `10`, and numbers before words."""
    return (0, int(text), "") if text.isascii() and text.isdecimal() and len(text) < 10 else (1, 0, text)  # noqa: PLR2004


# At these a word of a name ends, so that `hughes` finds Whitby-Hughes, and `7mat` the class Mathematics (7MAT1).
_BREAKS = str.maketrans(dict.fromkeys("-'\u2019()/.,", " "))


# Nor need anybody who types a name know that there is one of these in it: `obrien` finds O'Brien.
_LEFT_OUT = str.maketrans("", "", "-'\u2019")


@lru_cache(maxsize=_REMEMBERED)
def _words_of(name: str) -> tuple[str, ...]:
    plain = folded(name)
    apart, whole = plain.translate(_BREAKS).split(), plain.translate(_LEFT_OUT).translate(_BREAKS).split()
    return tuple(dict.fromkeys([*apart, *whole]))


def _has_words(line: Line, words: Sequence[str], typed: str) -> bool:
    parts = _words_of(line.name)
    own = folded(line.id)
    number = number_of(own)
    if own.startswith(typed) or number.startswith(typed):
        return True
    # Signs alone are no words, and nobody has them.
    return bool(words) and all(number.startswith(word) or any(part.startswith(word) for part in parts) for word in words)


_SHOWN: dict[Show, Callable[[Line], bool]] = {
    "": lambda line: line.present or line.link in {"linked", "intent"} or bool(line.work),
    "selected": lambda line: line.present and line.selected,
    "synchronised": lambda line: line.link == "linked",
    "not-linked": lambda line: line.present and line.link != "linked",
    "to-do": lambda line: line.work in {"pending", "leaving", "held"},
    "problem": lambda line: line.work == "parked",
    "gone": lambda line: not line.present,
    "manual": lambda line: line.present and line.origin != "synergetic",
}


def _order(order: Order) -> Callable[[Line], tuple[object, ...]]:
    name = order.removeprefix("-")
    if name == "name":
        return by_name
    if name in {"size", "changed"}:
        return lambda line: (getattr(line, name), *by_name(line))
    return lambda line: (natural(getattr(line, name)), *by_name(line))
