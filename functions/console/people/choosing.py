"""What selecting or deselecting would do, worked out before it is confirmed. Pure functions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel

from functions.console.people.finding import sorting
from functions.operoo.mapping import needs_email
from functions.operoo.settings import OperooSettings
from functions.records.list_lines import Line
from functions.records.mailboxes import asking
from shared.errors import IntegrationError
from shared.owners import Kind

Choice = Literal["select", "deselect"]
_NAMED = 12


class Unasked(BaseModel):
    """Somebody about whom, or who themselves, cannot be asked by e-mail."""

    id: str
    name: str


class Preview(BaseModel):
    """What would happen to the records a person has marked.

    Attributes:
        creates: Profiles that Operoo will make new.
        mails: How many families, or members of staff, these ask by e-mail.
        relinks: Profiles that Operoo had before, and that are synchronised again.
        unlinks: Profiles that lose the cloud icon and stay in Operoo as they are.
        drops: Records that are no longer selected, and that were not synchronised.
        as_it_is: Records for which nothing changes.
        stuck: Records that are selected, but cannot be sent until what is wrong with them is mended.
        unasked: Records that cannot be sent either, as nobody can be asked by e-mail.
        unasked_first: The first of these.
        gone: Records that are gone from Synergetic: nothing is done.
    """

    creates: int = 0
    mails: int = 0
    relinks: int = 0
    unlinks: int = 0
    drops: int = 0
    as_it_is: int = 0
    stuck: int = 0
    unasked: int = 0
    unasked_first: list[Unasked] = []
    gone: int = 0


class ListChangedError(IntegrationError):
    """Others match than were shown when somebody confirmed."""

    code = "list-changed"


def preview(lines: Sequence[Line], choice: Choice, kind: Kind, operoo: OperooSettings) -> Preview:
    """Return what a choice would do to records of a kind."""
    asked, needed = asking(operoo.contacts), needs_email(kind, operoo)
    effects = [(line, _effect(line, choice, reached=not needed or bool(asked(line)))) for line in lines]
    unasked = sorted((sorting(line.name), line.id, line.name) for line, effect in effects if effect == "unasked")
    return Preview(
        **Counter(effect for _, effect in effects),
        mails=len({asked(line) for line, effect in effects if effect == "creates"} - {""}),
        unasked_first=[Unasked(id=one, name=name) for _, one, name in unasked[:_NAMED]],
    )


def year_groups(groups: Iterable[Line], chosen: Iterable[Line]) -> list[Line]:
    """Return the groups of the year levels of some students, but for those that are selected, or deselected by name."""
    years = {_year(line) for line in chosen}
    found = [
        line
        for line in groups
        if line.type == "year_level" and line.present and not line.selected and line.choice is None and _year(line) in years
    ]
    return sorted(found, key=lambda line: (line.name, line.campus, line.id))


def all_chosen(groups: Iterable[Line], students: Iterable[Line], chosen: Iterable[Line]) -> bool:
    """Return whether these groups of year levels lack nobody, once some students are selected too."""
    years, ids = {_year(line) for line in groups}, {line.id for line in chosen}
    return all(line.selected or line.id in ids for line in students if line.present and _year(line) in years)


def _year(line: Line) -> tuple[str, str]:
    # As rules compare codes: without regard to case and to blanks around them.
    return line.year_level.strip().casefold(), line.campus.strip().casefold()


def _effect(line: Line, choice: Choice, *, reached: bool) -> str:
    bound = line.link in {"linked", "intent"}
    if choice == "deselect":
        # Also of who is gone: what waits to be archived then stays.
        return ("unlinks" if bound else "drops") if line.selected else "as_it_is"
    if not line.present:
        return "gone"
    if line.problem and not (line.selected and bound):
        return "stuck"
    if line.selected:
        return "as_it_is"
    if not reached:
        return "unasked"
    return "relinks" if line.known or bound else "creates"
