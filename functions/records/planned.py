"""What a run's plan says of one record: what apply would do, or why it would not, by identifier and code and never by name."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from functions.records.staged import Action, StagedRecord, action_of, photo_stays, work_of
from shared.owners import Kind


class PlanLine(BaseModel):
    """One line of a plan. Whoever has no line needs nothing: is in step, or is not selected.

    Attributes:
        action: What apply would do; `skip` if it has to be left, by a person's leave or until something is mended.
        reason: Why. Of an action: `selected`, `returned`, `in-doubt`, `changed`, `photo-removed`, `members-changed`, `again`,
            `gone` or `deselected`.
            Of a skip: the hold it waits in, or the code of the problem for which it is parked.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    id: str
    action: Action | Literal["skip"]
    reason: str


def line_of(staged: StagedRecord) -> PlanLine | None:
    """Return the line of a record, None if it needs nothing or waits for a later run's plan."""
    work, action, problem = work_of(staged), action_of(staged), staged.fault or staged.problem
    if work == "pending" and action is not None:
        return PlanLine(kind=staged.kind, id=staged.id, action=action, reason=_why(action, staged))
    if work == "held":
        return PlanLine(kind=staged.kind, id=staged.id, action="skip", reason=staged.hold)
    if work == "parked" and problem is not None:
        return PlanLine(kind=staged.kind, id=staged.id, action="skip", reason=problem.code)
    return None


def _why(action: Action, staged: StagedRecord) -> str:
    if action == "create" and staged.link == "intent":
        return "in-doubt"
    if action == "create":
        return "returned" if staged.operoo_id else "selected"
    if action == "update" and photo_stays(staged):
        return "photo-removed"
    if action == "update":
        return "changed" if staged.digest != staged.applied else "members-changed"
    return "gone" if action == "archive" else "deselected"
