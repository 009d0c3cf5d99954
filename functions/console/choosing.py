"""What selecting or deselecting would do, worked out before it is confirmed. Pure functions."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel

from functions.records.listed import Line

Choice = Literal["select", "deselect"]


class Preview(BaseModel):
    """What would happen to the records a person has marked.

    Attributes:
        creates: Profiles that Operoo will make new.
        mails: How many of these ask a family, or a member of staff, by e-mail.
        relinks: Profiles that Operoo had before, and that are synchronised again.
        unlinks: Profiles that lose the cloud icon and stay in Operoo as they are.
        as_it_is: Records for which nothing changes.
        stuck: Records that are selected, but cannot be sent until what is wrong with them is mended.
        gone: Records that are gone from Synergetic: nothing is done.
    """

    creates: int = 0
    mails: int = 0
    relinks: int = 0
    unlinks: int = 0
    as_it_is: int = 0
    stuck: int = 0
    gone: int = 0


def preview(lines: Sequence[Line], choice: Choice) -> Preview:
    """Return what a choice would do."""
    counted = Counter(_effect(line, choice) for line in lines)
    mails = sum(line.mail for line in lines if _effect(line, choice) == "creates")
    return Preview(**counted, mails=mails)


def _effect(line: Line, choice: Choice) -> str:
    bound = line.link in {"linked", "intent"}
    if not line.present:
        return "gone"
    if choice == "deselect":
        return "unlinks" if bound and line.selected else "as_it_is"
    if line.selected and bound:
        return "as_it_is"
    if line.problem:
        return "stuck"
    if line.selected:
        return "as_it_is"
    return "relinks" if line.known or bound else "creates"
