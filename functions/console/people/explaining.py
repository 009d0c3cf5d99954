"""Why a record is, or is not, in Operoo: one sentence and what to do, from what is known of the record. Pure functions."""

from functools import partial
from typing import Literal, NamedTuple

from pydantic import BaseModel

from functions.console.web.problems import PARTS, words_of
from functions.records.list_lines import Line
from functions.records.staged import Problem, StagedRecord, action_of, emptied_of, photo_stays, work_of
from shared.records import Origin, Staff, Student

State = Literal["synchronised", "on-its-way", "waiting", "problem", "not-selected", "selected", "gone"]
SOURCES: dict[Origin, str] = {
    "synergetic": "Synergetic",
    "upload": "what was uploaded",
    "custom": "what was entered here",
}
_SOON = "Nothing to do: it takes a minute or two."


class Explanation(BaseModel):
    """Where a record stands, and why.

    Attributes:
        where: The short answer, such as `Not in Operoo`.
        why: The reason, as the sentence goes on; without a full stop.
        remedy: What to do, or that there is nothing to do.
        reason: What was said when it was tried, if it could not be done.
        hold: The hold it waits in, or nothing.
        code: Of what is in the way, or nothing.
    """

    where: str
    why: str
    remedy: str = ""
    reason: str = ""
    hold: str = ""
    code: str = ""


class _Subject(NamedTuple):
    """What is explained: the record, how it is called, what Operoo calls its like, and whether who is gone is archived."""

    staged: StagedRecord
    called: str
    archives: bool

    @property
    def thing(self) -> str:
        return "group" if self.staged.kind == "group" else "profile"

    @property
    def source(self) -> str:
        return SOURCES[self.staged.origin]

    @property
    def gone(self) -> str:
        return "is no longer in Synergetic" if self.staged.origin == "synergetic" else "was removed by hand"

    @property
    def not_chosen(self) -> str:
        if self.staged.choice is False:
            although = ", although a rule takes it" if self.staged.by_rule else ""
            return f"somebody deselected {self.called}{although}"
        return f"nobody has selected {self.called}, and no rule does"


def explain(staged: StagedRecord, *, archives: bool = True) -> Explanation:
    """Return where a record stands, and why.

    Args:
        staged: What is known of it.
        archives: Whether who is gone from Synergetic is archived in Operoo, or only loses the cloud icon.
    """
    subject = _Subject(staged, called(staged), archives)
    if work_of(staged) == "parked":
        return _in_the_way(subject)
    if not staged.present:
        return _gone(subject)
    return _selected(subject) if staged.selected else _not_selected(subject)


def called(staged: StagedRecord) -> str:
    """Return how a record is called in a sentence: a person by the everyday given name, a group by its name."""
    record = staged.record() if staged.content else None
    if isinstance(record, Student | Staff):
        return record.name.preferred or record.name.given or record.name.surname or f"No. {staged.id}"
    return record.name or record.code if record is not None else f"No. {staged.id}"


def _in_the_way(subject: _Subject) -> Explanation:
    staged, action = subject.staged, action_of(subject.staged)
    problem = staged.problem
    if problem is None or not problem.stands(staged.digest, action):
        problem = staged.fault or Problem(code="record-rejected", reason="")
    words = words_of(problem.code)
    told = partial(Explanation, remedy=words.remedy, reason=problem.reason, code=problem.code)
    if staged.link != "linked":
        others = "" if staged.selected else f"; and {subject.not_chosen}"
        return told(where="Not in Operoo", why=words.clause + others)
    if part := PARTS.get(problem.code):
        return told(where=f"In Operoo, without the newest {part}", why=words.clause)
    if action in {"archive", "unlink"}:
        return told(where="Still in Operoo", why=f"{subject.called} is to leave it, and {words.clause}")
    return told(where="In Operoo, but not in step", why=words.clause)


def _gone(subject: _Subject) -> Explanation:
    staged, name, thing = subject.staged, subject.called, subject.thing
    if staged.link in {"intent", "linked"}:
        return _leaving(subject)
    if staged.link == "archived":
        return Explanation(where="Archived in Operoo", why=f"{name} {subject.gone}")
    if staged.link == "unlinked" or staged.operoo_id:
        stays = f"{name} {subject.gone}, and the {thing} stays in Operoo as it was"
        return Explanation(where="No longer kept in step", why=stays)
    return Explanation(where="Not in Operoo", why=f"{name} {subject.gone}, and never came to Operoo")


def _leaving(subject: _Subject) -> Explanation:
    staged, name, thing = subject.staged, subject.called, subject.thing
    if not staged.selected:
        return _unlinking(subject)
    if staged.absence == "discarded":
        return Explanation(
            where="Stays in Operoo",
            why=f"{name} {subject.gone}, and somebody decided that the {thing} stays as it is",
            remedy="If it is to go after all, deselect it: it loses its cloud icon, and can be archived in Operoo by hand.",
        )
    if work_of(staged) == "held":
        return _held(staged, f"{name} {subject.gone}, and neither are many others")
    if staged.absence != "approved":
        return Explanation(
            where="Still in Operoo",
            why=f"{name} {subject.gone}; what becomes of the {thing} is decided once the whole reading is in",
            remedy=_SOON,
        )
    goes = f"the {thing} is archived next" if subject.archives else f"the {thing} stays, and loses its cloud icon next"
    return Explanation(where="Is leaving Operoo", why=f"{name} {subject.gone}, and {goes}", remedy=_SOON)


def _held(staged: StagedRecord, why: str) -> Explanation:
    return Explanation(
        where="Waits for approval",
        why=f"{why}, so a person decides",
        remedy="Look at all who wait with it, ask whoever keeps Synergetic whether this is right, and decide.",
        hold=staged.hold,
    )


def _unlinking(subject: _Subject) -> Explanation:
    why = f"{subject.called} is no longer selected; the {subject.thing} stays in Operoo as it is"
    return Explanation(where="Loses its cloud icon next", why=why, remedy=_SOON)


def _not_selected(subject: _Subject) -> Explanation:
    staged, name, thing = subject.staged, subject.called, subject.thing
    if staged.link in {"intent", "linked"}:
        return _unlinking(subject)
    remedy = f"Select {name} to change that."
    if staged.link == "archived":
        why = f"{name} was gone and is back, and {subject.not_chosen}"
        return Explanation(where="Archived in Operoo", why=why, remedy=remedy)
    if staged.link == "unlinked":
        why = f"{subject.not_chosen}; the {thing} stays in Operoo as it was"
        return Explanation(where="No longer kept in step", why=why, remedy=remedy)
    return Explanation(where="Not in Operoo", why=subject.not_chosen, remedy=remedy)


def _selected(subject: _Subject) -> Explanation:
    staged, name, thing = subject.staged, subject.called, subject.thing
    if staged.link == "intent":
        why = f"Operoo was asked for a {thing} and has not confirmed it yet; it is looked up before it is asked again"
        return Explanation(where="On its way to Operoo", why=why, remedy="Nothing to do: it takes some minutes.")
    if staged.link != "linked":
        again = f"the {thing} that Operoo had is linked again" if staged.operoo_id else f"Operoo is asked for a {thing} next"
        return Explanation(where="On its way to Operoo", why=f"{name} is selected, and {again}", remedy=_SOON)
    if staged.absence != "approved" and emptied_of(staged):
        return _emptied(subject)
    if staged.digest != staged.applied or staged.links_changed:
        why = "what the group holds is sent again next"
        if staged.digest != staged.applied:
            why = f"what changed in {subject.source} is sent next" if staged.applied else "all of it is sent again next"
        return Explanation(where="In Operoo, and a change is on its way", why=why, remedy=_SOON)
    if photo_stays(staged):
        why = f"in step with {subject.source}, but for a photo that is no longer there and that Operoo keeps"
        return Explanation(where="In Operoo", why=why, remedy="If the photo is to go, delete it in Operoo by hand.")
    return Explanation(where="In Operoo", why=f"in step with {subject.source}")


def _emptied(subject: _Subject) -> Explanation:
    staged = subject.staged
    lost = f"{subject.called} has no {' and no '.join(emptied_of(staged))} any more in Synergetic"
    if staged.absence == "discarded":
        return Explanation(
            where="In Operoo, with whom it had",
            why=f"{lost}, and somebody decided that it stays as it is",
            remedy="Once Synergetic states somebody for it, it follows Synergetic again. "
            "To have it decided again before that, do a resync of it with “Check the selection again”.",
        )
    if work_of(staged) == "held":
        return _held(staged, f"{lost}, and neither have many other groups what they had")
    return Explanation(
        where="In Operoo, with whom it had", why=f"{lost}; that is sent once the whole reading is in", remedy=_SOON
    )


def state_of(line: Line) -> State:
    """Return the one word for where a record stands, as lists show it."""
    if line.work == "parked":
        return "problem"
    if line.work in {"held", "leaving"}:
        return "waiting"
    if not line.present:
        return "gone"
    if line.work == "pending":
        return "on-its-way"
    if line.link == "linked":
        return "synchronised"
    return "selected" if line.selected else "not-selected"
