"""The small picture of the last days: three strips of bars, each as high as its own highest day. Pure functions."""

from collections.abc import Mapping
from datetime import date, timedelta

from pydantic import BaseModel

from functions.store.days import DayCounts

DAYS = 30
_STEP, _BAR, _HEIGHT = 10, 8, 40
# So much of a bar shows at least, wherever there is one at all.
_LEAST = 2
_STRIPS = {
    "changed": ("Changed in Synergetic", "changed"),
    "applied": ("Brought to Operoo", "brought to Operoo"),
    "failed": ("Could not be done", "could not be done"),
}


class Bar(BaseModel):
    """One day in a strip: where it stands in the picture, and what it says."""

    x: int
    y: float
    width: int
    height: float
    told: str


class Strip(BaseModel):
    """The days of one thing that is counted.

    Attributes:
        name: What is counted, as the templates know it.
        title: The same in words.
        told: What the strip shows, in a sentence.
        highest: The count of its highest day.
        bars: Of the days on which there was something.
    """

    name: str
    title: str
    told: str
    total: int
    highest: int
    bars: list[Bar]


class Day(BaseModel):
    """One line of the table that says the same."""

    day: date
    told: str
    changed: int
    applied: int
    failed: int


class Picture(BaseModel):
    """The picture.

    Attributes:
        days: The days on which there was something, newest first.
    """

    first: str
    last: str
    width: int
    height: int
    strips: list[Strip]
    days: list[Day]


def picture_of(counts: Mapping[date, DayCounts], today: date) -> Picture:
    """Return the picture of the days up to today."""
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    of_days = [counts.get(day, DayCounts()) for day in days]
    return Picture(
        first=_told(days[0]),
        last=_told(days[-1]),
        width=DAYS * _STEP,
        height=_HEIGHT,
        strips=[_strip(name, days, [getattr(one, name) for one in of_days]) for name in _STRIPS],
        days=[
            Day(day=day, told=_told(day), **one.model_dump())
            for day, one in reversed(list(zip(days, of_days, strict=True)))
            if one != DayCounts()
        ],
    )


def _strip(name: str, days: list[date], counts: list[int]) -> Strip:
    title, verb = _STRIPS[name]
    highest = max(counts)
    bars = [
        Bar(x=at * _STEP, y=_HEIGHT - height, width=_BAR, height=height, told=f"{_told(day)}: {count:,} {verb}")
        for at, (day, count) in enumerate(zip(days, counts, strict=True))
        if count
        for height in [max(_LEAST, round(count / highest * _HEIGHT, 1))]
    ]
    busiest = f"; most on {_told(days[counts.index(highest)])}: {highest:,}" if highest else ""
    told = f"{title}, {_told(days[0])} to {_told(days[-1])}: {sum(counts):,}{busiest}."
    return Strip(name=name, title=title, told=told, total=sum(counts), highest=highest, bars=bars)


def _told(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
