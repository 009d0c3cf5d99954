"""The Lambda function that plans a run once all its buckets are staged, and carries out decisions about holds."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.plan_run.planning import HOLD, Guard, count_lines, decide, hold_back, let_go, undecided
from functions.records.planned import PlanLine, line_of
from functions.records.runs import ABOUT, About, BucketState, Hold, Passed
from functions.records.staged import WORK_STATES, StagedRecord, work_of
from functions.runtime.batches import process_messages
from functions.runtime.observability import count, logger, observed
from functions.runtime.wiring import (
    apply_queue,
    holds,
    lists,
    passed,
    plans,
    records_table,
    runs_table,
    settings,
    snapshot_line,
)
from functions.store.conflicts import retry_on_conflict
from functions.store.items import now
from shared.messages import PLAN_MESSAGE, Decide, PlanRun
from shared.owners import KINDS, Kind

# Many are many also one after another: a school's own programs mark who leaves in parts, and the relay reads meanwhile.
_TOGETHER = timedelta(days=1)


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle each message of the SQS event, by the settings as they are saved now: by their guard many are held, or let go."""
    settings(within_s=0)
    return process_messages(event, context, parse=PLAN_MESSAGE, handle=handle_message)


def handle_message(message: PlanRun | Decide) -> None:
    """Plan a run or carry out a decision, again from the reading on if another did so meanwhile; have applied what may be."""
    retry_on_conflict(partial(plan_run, message) if isinstance(message, PlanRun) else partial(carry_out, message))
    apply_queue().wake(message.type)


def plan_run(message: PlanRun) -> None:
    """Look at all absences together, and note what applying would do now, record by record."""
    plan: dict[str, dict[str, int]] = {}
    lines: list[PlanLine] = []
    for kind in KINDS:
        states = list(snapshot_line().bucket_states(kind).values())
        waiting = _waiting(kind, states, sequence=message.sequence)
        opened = {hold.about: hold for hold in holds().open() if hold.kind == kind}
        looked_at = [one for about in ABOUT for one in _guard(kind, about, waiting, message, opened.get(about))]
        waiting |= records_table().get_many(kind, [record.id for record in looked_at])
        planned = [line for one in sorted(waiting) if (line := line_of(waiting[one])) is not None]
        stated = [waiting[line.id] for line in planned if waiting[line.id].origin == "synergetic"]
        idle = sum(state.present for state in states) - sum(record.present for record in stated)
        plan[kind] = count_lines(planned, idle=idle, in_step=_in_step(kind, {line.id for line in planned}))
        lines += planned
    plans().put(message.run, lines)
    runs_table().finish_run(message.run, state="planned", plan=plan)
    runs_table().overtake_older(message.sequence)
    logger().info("run planned", run=message.run, plan=plan)


def carry_out(message: Decide) -> None:
    """Carry out a person's decision; a hold with nobody left in it is closed."""
    hold = holds().get(message.hold)
    if hold is None:
        return
    waiting = list(records_table().get_many(hold.kind, hold.records).values())
    changes = decide(waiting, hold=hold.hold, decision=message.decision, only=message.only, as_of=message.as_of)
    lines = [line for change in changes if (line := line_of(change.record)) is not None]
    if message.run and lines:
        # Before anything is saved: a repeat finds no change to tell of.
        plans().add(message.run, lines)
    records_table().save(changes)
    decided = {change.record.id for change in changes}
    held = (record.id for record in waiting if record.hold == hold.hold and work_of(record) == "held")
    remaining = tuple(one for one in held if one not in decided)
    state = "open" if remaining else message.decision
    holds().put(hold.model_copy(update={"records": remaining or hold.records, "state": state}))
    if changes and message.decision == "approved":
        # That so many go is right, says a person; each further one would else wait for a person once more.
        passed().forget(hold.kind, hold.about)


def _waiting(kind: Kind, states: list[BucketState], *, sequence: int) -> dict[str, StagedRecord]:
    """Return whoever waits for something. The worklist alone may lag behind what staging, which asked for the plan, found."""
    staged = [one for state in states for one in (*state.leaving, *(state.waiting if state.claimed == sequence else ()))]
    listed = [one for work in WORK_STATES for one in records_table().waiting(work, kind)]
    return records_table().get_many(kind, [*staged, *listed])


def _in_step(kind: Kind, planned: set[str]) -> int:
    """Count who is selected and needs nothing. The lists know it for some queries; seconds later than the staging area."""
    lines = (line for line in lists().all(kind) if line.present and line.origin == "synergetic" and line.id not in planned)
    return sum(line.selected and line.link == "linked" for line in lines)


def _guard(
    kind: Kind, about: About, waiting: Mapping[str, StagedRecord], message: PlanRun, open_hold: Hold | None
) -> list[StagedRecord]:
    """Let absences through or hold them; return whom that is about."""
    name = open_hold.hold if open_hold else ""
    gone = undecided(waiting.values(), about, sequence=message.sequence, hold=name)
    guard = Guard(count=settings().guard_count, share=settings().guard_share)
    since = (datetime.now(UTC) - _TOGETHER).isoformat(timespec="seconds")
    before = passed().get(kind, about) if gone else Passed()
    earlier = before.besides(message.run, since=since)
    linked = _linked(kind) if len(gone) + earlier > guard.count else 0
    if guard.trips(len(gone) + earlier, linked + earlier):
        name = f"{HOLD}{message.sequence}-{kind}" + ("-emptied" if about == "emptied" else "")
        new = Hold(hold=name, kind=kind, about=about, run=message.run, records=(), linked=linked, earlier=earlier, at=now())
        _hold_all(gone, open_hold, new, message)
        return gone
    if open_hold is not None:
        held = tuple(sorted(record.id for record in gone if record.hold == name))
        holds().put(open_hold.model_copy(update={"records": held} if held else {"state": "lapsed"}))
    changes = let_go(gone, hold=name)
    if changes:
        passed().put(kind, about, before.noting(message.run, len(changes), at=now(), since=since))
    records_table().save(changes)
    return gone


def _hold_all(gone: list[StagedRecord], open_hold: Hold | None, new: Hold, message: PlanRun) -> None:
    # What is mapped again has the number of its snapshot: of a hold that was decided there may be a second part.
    before = open_hold or holds().get(new.hold)
    hold = new
    if before is not None:
        hold = open_hold or new.model_copy(update={"revision": before.revision})
    told = {
        "records": tuple(sorted(record.id for record in gone)),
        "linked": new.linked,
        "earlier": new.earlier,
        # A plan that comes late, or twice, tells of nothing newer.
        "sequence": max(message.sequence, hold.sequence or 0),
    }
    holds().put(hold.model_copy(update=told))
    records_table().save(hold_back(gone, hold=hold.hold))
    if open_hold is None:
        count("HoldsOpened")


def _linked(kind: Kind) -> int:
    """Count the linked records of a kind whom Synergetic states. Reads the whole kind, but only when the absences are many."""
    return sum(1 for record in records_table().all(kind) if record.link == "linked" and record.origin == "synergetic")
