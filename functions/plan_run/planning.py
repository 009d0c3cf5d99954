"""The guard on absences, and a person's decision about it. Pure functions."""

from collections import Counter
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from functions.records.planned import PlanLine
from functions.records.runs import About
from functions.records.staged import Change, Event, StagedRecord, work_of
from shared.messages import Decision

HOLD = "hold-"


_PLANNED: dict[About, Event] = {
    "gone": Event(event="archive planned", detail="gone from Synergetic"),
    "emptied": Event(event="emptying planned", detail="nobody is in it in Synergetic"),
}
_HELD: dict[About, str] = {
    "gone": "many are gone within a day, so a person decides",
    "emptied": "many lose everybody in them within a day, so a person decides",
}
_DECIDED: dict[About, str] = {"gone": "archive", "emptied": "emptying"}


class Guard(BaseModel):
    """When absences of a kind need a person: when they are more than `count`, and more than `share` of the linked records."""

    model_config = ConfigDict(frozen=True)

    count: int
    share: float

    def trips(self, gone: int, linked: int) -> bool:
        """Return whether so many absences need a person."""
        # A share such as 0.29 is a trace less than it says, and just that many shall need no person.
        return gone > self.count and gone > round(self.share * linked, 6)


def about(record: StagedRecord) -> About:
    """Return whether an absence is the record's own, or that of everybody in it."""
    return "emptied" if record.present else "gone"


def undecided(records: Iterable[StagedRecord], of: About, *, sequence: int, hold: str = "") -> list[StagedRecord]:
    """Return those who are linked, proven absent or empty by this snapshot or an earlier one, and of whom nobody has decided.

    Who waits in the open hold is among them whatever the snapshot: a plan that comes late must not take them for back.
    """
    return [
        record
        for record in records
        if work_of(record) in {"leaving", "held"}
        and about(record) == of
        and (_within(record, hold) or record.missing_since <= sequence)
    ]


def let_go(records: Iterable[StagedRecord], *, hold: str = "") -> list[Change]:
    """Let absences through that need no person. Who waits in the open hold goes on waiting for the decision."""
    free = [record for record in records if not _within(record, hold)]
    return [Change(record.but(absence="approved"), (_PLANNED[about(record)],)) for record in free]


def hold_back(records: Iterable[StagedRecord], *, hold: str) -> list[Change]:
    """Put absences into a hold."""
    return [
        Change(record.but(hold=hold), (Event(event="held", detail=f"{hold}: {_HELD[about(record)]}"),))
        for record in records
        if record.hold != hold
    ]


def decide(
    records: Iterable[StagedRecord], *, hold: str, decision: Decision, only: Sequence[str], as_of: int | None = None
) -> list[Change]:
    """Carry a person's decision about a hold to the records that still wait in it, and did when it was shown to them."""
    return [
        Change(record.but(absence=decision, hold=""), (Event(event=f"{_DECIDED[about(record)]} {decision}", detail=hold),))
        for record in records
        if record.hold == hold and work_of(record) == "held" and (not only or record.id in only) and _shown(record, as_of)
    ]


def _within(record: StagedRecord, hold: str) -> bool:
    return bool(hold) and record.hold == hold


def _shown(record: StagedRecord, as_of: int | None) -> bool:
    return as_of is None or record.missing_since <= as_of


def count_lines(lines: Iterable[PlanLine], *, idle: int, in_step: int) -> dict[str, int]:
    """Count a kind's lines by what would be done, or why not, with how many of Synergetic's present records need nothing.

    Of these, so many are in step; the others are not selected.
    """
    counted = Counter(_counted_as(line) for line in lines)
    needless = {"in-step": min(in_step, idle), "not-selected": max(idle - in_step, 0)}
    return {name: count for name, count in (counted | needless).items() if count}


def _counted_as(line: PlanLine) -> str:
    if line.action != "skip":
        return line.action
    return "held" if line.reason.startswith(HOLD) else "parked"
