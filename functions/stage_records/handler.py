"""The Lambda function that stages: buckets of a snapshot, what a person brings, and records to look at again."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.records import manual_records
from functions.records.mapped import decode
from functions.records.planned import line_of
from functions.records.restaging import whole_kind
from functions.records.runs import BucketState
from functions.records.staged import Change
from functions.runtime.batches import process_messages
from functions.runtime.observability import count, logger, observed
from functions.runtime.time_left import time_left
from functions.runtime.wiring import (
    apply_queue,
    exchange,
    plan_queue,
    plans,
    records_table,
    runs_table,
    selection_rules,
    snapshot_line,
    stage_queue,
)
from functions.stage_records.selection import Selector
from functions.stage_records.staging import bring, leaving, restage, stage, waiting
from functions.store.conflicts import retry_on_conflict
from shared.messages import STAGE_MESSAGE, PlanRun, Restage, StageBucket, StageManualRecords
from shared.owners import Kind, bucket_of
from shared.records import Group

# What one more record may take.
_RECORD_S = 10


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle each message of the SQS event."""
    has_time = time_left(context, reserve_s=_RECORD_S)
    return process_messages(event, context, parse=STAGE_MESSAGE, handle=lambda message: handle_message(message, has_time))


def handle_message(message: StageBucket | Restage | StageManualRecords, has_time: Callable[[], bool] = lambda: True) -> None:
    """Do what the message asks, again from the reading on if somebody else wrote meanwhile.

    Args:
        message: What to do.
        has_time: Says whether one more record may be begun, of what can go on in another message.

    Raises:
        ChangedMeanwhileError: Others kept writing the same records; SQS tries again later.
    """
    match message:
        case StageBucket():
            retry_on_conflict(partial(stage_bucket, message))
        case StageManualRecords():
            retry_on_conflict(partial(stage_manual_records, message))
        case Restage():
            retry_on_conflict(partial(restage_records, message, has_time))


def stage_bucket(message: StageBucket) -> None:
    """Stage one bucket of a snapshot; the last bucket of a run asks for the run's plan."""
    runs, line, records = runs_table(), snapshot_line(), records_table()
    state = line.bucket_state(message.kind, message.bucket)
    if state is None or state.claimed != message.sequence:
        logger().info("late bucket left alone", kind=message.kind, bucket=message.bucket, sequence=message.sequence)
        runs.overtake_run(message.run)
        return
    mapped = decode(exchange().mapped(message.kind, message.mapped)) if message.mapped else []
    stored = records.bucket(message.kind, message.bucket)
    changes, after = stage(stored, mapped, sequence=message.sequence, selector=_selector())
    records.save_guarded(changes, guard=line.claim_holds(message.kind, message.bucket, message.sequence))
    _withdraw(changes)
    if _select_by_membership(message.kind, [record.id for record in after]):
        selection_rules().mark_regrouped(message.sequence)
    state = BucketState(
        kind=message.kind,
        bucket=message.bucket,
        claimed=message.sequence,
        source=message.source,
        mapped=message.mapped or "",
        leaving=leaving(after),
        waiting=waiting(after),
        present=sum(record.present and record.origin == "synergetic" for record in after),
    )
    line.put_bucket(state)
    count("RecordsStaged", len(changes))
    count("RecordsParked", sum(event.event == "parked" for change in changes for event in change.events))
    if runs.bucket_done(message.run, message.kind, message.bucket):
        _look_again_at_members(message.sequence)
        plan_queue().send([PlanRun(run=message.run, sequence=message.sequence)])


def stage_manual_records(message: StageManualRecords) -> None:
    """Stage those of a bucket whom a person brings, and take away whom they remove."""
    records = records_table()
    lines = manual_records.decode(exchange().given(message.file)) if message.file else []
    brought = [one for one in lines if one.kind == message.kind and bucket_of(one.id, 1) == message.bucket]
    ids = [*(one.id for one in brought), *message.remove]
    changes = bring(records.get_many(message.kind, ids), brought, message, selector=_selector())
    _plan(message.run, changes)
    records.save(changes)
    if _select_by_membership(message.kind, ids):
        stage_queue().send(_members())
    count("RecordsStaged", len(changes))
    apply_queue().wake("records were brought")


def restage_records(message: Restage, has_time: Callable[[], bool]) -> None:
    """Look again at stored records, and have applied what follows from it. Whoever is left gets a message of their own."""
    records = records_table()
    stored = (
        list(records.get_many(message.kind, message.only).values())
        if message.only
        else records.bucket(message.kind, message.bucket)
    )
    changes = restage(stored, message, selector=_selector())
    _plan(message.run, changes, again=message.forget_applied)
    for number, change in enumerate(changes):
        if number and not has_time():
            left = tuple(one.record.id for one in changes[number:])
            stage_queue().send([message.model_copy(update={"only": left})])
            return
        records.save_one(change)
        _withdraw([change])
    if message.run:
        runs_table().part_done(message.run, message.part)
    apply_queue().wake("records were looked at again")


def _withdraw(changes: Iterable[Change]) -> None:
    """Have nothing written any more of what families said of students who are deselected now.

    Should this be cut off, the next pull finds who is not selected any more.
    """
    for record, events, _ in changes:
        if record.kind == "student" and record.link == "linked" and any(one.event == "deselected" for one in events):
            exchange().withdraw(record.id, int(datetime.now(UTC).timestamp()))


def _plan(run: str, changes: Sequence[Change], *, again: bool = False) -> None:
    """Note in a request's plan what applying would do, before anything is saved: a repeat finds no change to tell of."""
    lines = [line for change in changes if (line := line_of(change.record)) is not None]
    if again:
        lines = [line.model_copy(update={"reason": "again"}) if line.action == "update" else line for line in lines]
    if run and lines:
        plans().add(run, lines)


def _selector() -> Selector:
    return Selector(selection_rules().all(), _group)


def _group(group_id: str) -> Group | None:
    staged = records_table().get("group", group_id)
    record = staged.record() if staged is not None and staged.present and staged.content else None
    return record if isinstance(record, Group) else None


def _select_by_membership(kind: Kind, ids: Sequence[str]) -> bool:
    """Return whether a rule selects by membership of one of these groups, which may have changed.

    Asked whenever the groups' bucket is staged, not only when a write was needed: a repeat after a crash finds none.
    """
    return kind == "group" and bool({rule.member_of for rule in selection_rules().all().values()} & set(ids))


def _look_again_at_members(sequence: int) -> None:
    """Have people looked at again whose groups this snapshot or an earlier one may have changed, now that all of it is staged.

    Were it done before, it would hang on whose bucket comes first whether a leaver is deselected with the class or archived.
    """
    regrouped = selection_rules().regrouped()
    if 0 < regrouped <= sequence:
        stage_queue().send(_members())
        selection_rules().forget_regrouped(regrouped)


def _members() -> list[Restage]:
    return [*whole_kind("student"), *whole_kind("staff")]
