"""The lists of the staging area: a record as one of their rows, and the first snapshot of a day."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from functions.console.people.explaining import state_of
from functions.console.people.finding import Filter
from functions.records.list_lines import Line
from functions.runtime.wiring import runs_table, settings

_NEVER = 10**12
# Nothing is older; and a year that is still being typed has no midnight everywhere.
_FIRST_DAY = date(1970, 1, 1)


class Row(BaseModel):
    """One record in a list.

    Attributes:
        state: `synchronised`, `on-its-way`, `waiting`, `problem`, `not-selected`, `selected` or `gone`.
        why: The code of what is in the way, or the hold it waits in, or nothing.
    """

    id: str
    name: str
    year_level: str = ""
    campus: str = ""
    house: str = ""
    form: str = ""
    type: str = ""
    size: int = 0
    photo: str = ""
    selected: bool
    by_rule: bool
    cloud: bool
    origin: str
    state: str
    why: str = ""


def row_of(line: Line) -> Row:
    """Return a record as lists show it."""
    more = {
        "selected": line.selected,
        "by_rule": line.choice is None and bool(line.rule),
        "cloud": line.link == "linked",
        "state": state_of(line),
        "why": line.problem if line.work == "parked" else "",
    }
    return Row.model_validate(line._asdict() | more)


def first_since(wanted: Filter) -> int:
    """Return the first snapshot of the day that was asked for or later; a number that none has yet if there was none."""
    if wanted.since is None:
        return 0
    midnight = datetime.combine(max(wanted.since, _FIRST_DAY), time(), tzinfo=ZoneInfo(settings().time_zone)).astimezone(UTC)
    later = runs_table().runs_since(midnight.isoformat(timespec="seconds"), kind="snapshot")
    return next((run.sequence for run in later if run.state != "refused"), _NEVER)
