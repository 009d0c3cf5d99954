"""Puts runs and their plans in plain words. Pure functions."""

from collections.abc import Iterable, Mapping

from pydantic import BaseModel

from functions.console.people.explaining import state_of
from functions.console.people.finding import sorting
from functions.console.web.addresses import record_address, segment
from functions.console.web.problems import short
from functions.records.list_lines import Line
from functions.records.planned import PlanLine
from functions.records.runs import Run
from shared.owners import Kind

HOLD, EMPTIED = "hold-", "-emptied"
ORDER: tuple[str, ...] = ("create", "update", "archive", "unlink", "skip")
_COUNTED: dict[str, str] = {
    "create": "to make",
    "update": "to update",
    "archive": "to archive",
    "unlink": "to let go of",
    "held": "wait for approval",
    "parked": "with a problem",
    "in-step": "in step already",
    "not-selected": "not selected",
}
_WHAT: dict[str, str] = {
    "snapshot": "Synergetic was read",
    "selection": "Selection changed",
    "resync": "Done again",
    "approve": "Hold approved",
    "discard": "Hold discarded: they stay as they are",
    "medical": "Medical details read",
    "review": "Medical change decided",
    "undo": "Medical change taken back",
    "codes": "Codes given to words",
    "records": "Records brought or removed",
    "request": "Request that could not be read",
}
_STATES: dict[str, str] = {
    "begun": "Being carried out",
    "staging": "Being taken in",
    "planned": "Done",
    "overtaken": "A newer one took its place",
    "done": "Done",
    "refused": "Refused",
}
ACTIONS: dict[str, str] = {
    "create": "Make in Operoo",
    "update": "Update in Operoo",
    "archive": "Archive in Operoo",
    "unlink": "Let go of",
    "skip": "Leave for now",
}
_WHY: dict[str, str] = {
    "selected": "Selected, and not in Operoo yet",
    "returned": "Had a profile before, and gets the same one back",
    "in-doubt": "Begun before; whether it was made is looked up first",
    "changed": "Changed in Synergetic",
    "photo-removed": "Has no photo in Synergetic any more; the one in Operoo stays",
    "members-changed": "Somebody in the group came to Operoo or left it",
    "again": "To be sent again, as somebody asked",
    "gone": "No longer in Synergetic",
    "deselected": "No longer selected; stays in Operoo as it is, without the cloud icon",
}


_HELD = "Gone from Synergetic with many others: waits for approval"
_EMPTIED = "Lost all its members or staff in Synergetic, with many others: waits for approval"


class RunView(BaseModel):
    """A run, as a list shows it.

    Attributes:
        what: What kind of run, in plain words.
        told: Where it stands, in plain words.
        counts: What its plan was: for each kind that has something, how many of what.
    """

    run: str
    place: str
    kind: str
    what: str
    state: str
    told: str
    at: str
    by: str
    reason: str
    detail: str
    code: str
    remedy: str
    answer: str
    answered_at: str
    counts: dict[str, dict[str, int]]


class Standing(BaseModel):
    """Where a record stands now, as lists say it.

    Attributes:
        why: The code of what is in the way, or nothing.
    """

    state: str
    why: str = ""
    by_rule: bool = False


class PlannedView(BaseModel):
    """A line of a plan.

    Attributes:
        name: As the lists have it now; the identifier of who is not there any more.
        why: In plain words.
        hold: The hold it waits in, if it does.
        now: What became of it; nothing of who is not there any more.
    """

    kind: Kind
    id: str
    name: str
    photo: str
    place: str
    action: str
    does: str
    reason: str
    why: str
    hold: str
    now: Standing | None = None


def run_view(run: Run) -> RunView:
    """Return a run in plain words."""
    return RunView(
        run=run.run,
        place=f"/runs/{segment(run.run)}",
        kind=run.kind,
        what=_WHAT.get(run.kind) or run.kind.replace("_", " ").capitalize(),
        state=run.state,
        told=_STATES[run.state],
        at=run.at,
        by=run.by,
        reason=run.reason,
        detail=run.detail[:1].upper() + run.detail[1:],
        code=run.code,
        remedy=run.remedy,
        answer=run.answer,
        answered_at=run.answered_at,
        counts=_counts(run.plan),
    )


def _counts(plan: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    told = {
        kind: {words: counts[name] for name, words in _COUNTED.items() if counts.get(name)} for kind, counts in plan.items()
    }
    return {kind: counts for kind, counts in told.items() if counts}


def in_order(plan: Iterable[PlanLine], lines: Mapping[tuple[Kind, str], Line]) -> list[PlanLine]:
    """Return the lines of a plan in the order in which they matter to a person."""

    def place(one: PlanLine) -> tuple[int, Kind, str, str]:
        line = lines.get((one.kind, one.id))
        return ORDER.index(one.action), one.kind, sorting(line.name) if line is not None else one.id, one.id

    return sorted(plan, key=place)


def plan_view(plan: Iterable[PlanLine], lines: Mapping[tuple[Kind, str], Line]) -> list[PlannedView]:
    """Return lines of a plan in plain words."""
    return [_planned(one, lines.get((one.kind, one.id))) for one in plan]


def hold_of(planned: PlanLine) -> str:
    """Return the hold that a line of a plan waits in, or nothing."""
    return planned.reason if planned.reason.startswith(HOLD) else ""


def _planned(planned: PlanLine, line: Line | None) -> PlannedView:
    hold = hold_of(planned)
    return PlannedView(
        kind=planned.kind,
        id=planned.id,
        name=line.name if line is not None else planned.id,
        photo=line.photo if line is not None else "",
        place=record_address(planned.kind, planned.id),
        action=planned.action,
        does=ACTIONS[planned.action],
        reason=planned.reason,
        why=(_EMPTIED if hold.endswith(EMPTIED) else _HELD) if hold else _WHY.get(planned.reason) or short(planned.reason),
        hold=hold,
        now=_standing(line) if line is not None else None,
    )


def _standing(line: Line) -> Standing:
    return Standing(state=state_of(line), why=line.problem if line.work == "parked" else "")
