"""What staging does to records: pure functions from what is stored and what came to what shall be stored."""

from collections.abc import Iterable, Sequence

from functions.records.mapped import Mapped
from functions.records.staged import Event, Problem, StagedRecord, work_of
from functions.stage_records.selection import Selector
from functions.store.records import Change
from shared.digests import sha256
from shared.messages import Choice, Restage

_CHOICES: dict[Choice, bool | None] = {"select": True, "deselect": False, "clear": None}


def stage(
    stored: Iterable[StagedRecord], mapped: Iterable[Mapped], *, sequence: int, selector: Selector
) -> tuple[list[Change], list[StagedRecord]]:
    """Compare a bucket's stored records with its mapped ones.

    Args:
        stored: The records of the bucket as they are stored.
        mapped: The outcome of mapping the bucket, whole: who is not in it is absent.
        sequence: The snapshot's sequence number.
        selector: The continual selection rules.

    Returns:
        What to write, and the whole bucket as it will be.
    """
    by_id = {record.id: record for record in stored}
    after: list[StagedRecord] = []
    changes: list[Change] = []
    for one in mapped:
        before = by_id.pop(one.id, None)
        record = _seen(before or StagedRecord(kind=one.kind, id=one.id), one, sequence)
        _note(changes, after, before, selector.apply(record))
    for before in by_id.values():
        gone = before if before.absent_since is not None else before.but(absent_since=sequence, sequence=sequence)
        _note(changes, after, before, selector.apply(gone))
    return changes, after


def restage(stored: Iterable[StagedRecord], wish: Restage, *, selector: Selector) -> list[Change]:
    """Look again at stored records: after rules changed, for a person's choice, or to apply everything anew."""
    changes: list[Change] = []
    for before in stored:
        record = before
        if wish.choice is not None and wish.order > before.chosen:
            record = record.but(choice=_CHOICES[wish.choice], chosen=wish.order)
        if wish.forget_applied:
            record = record.but(applied="", applied_fields="", applied_photo="", problem=None)
        if wish.forget_decisions and record.absence == "discarded":
            record = record.but(absence=None)
        _note(changes, [], before, selector.apply(record))
    return changes


def leaving(records: Iterable[StagedRecord]) -> tuple[str, ...]:
    """Return the ids of those who are linked and proven absent, and about whom nobody has decided."""
    return tuple(record.id for record in records if work_of(record) in {"leaving", "held"})


def waiting(records: Iterable[StagedRecord]) -> tuple[str, ...]:
    """Return the ids of those who wait for something: to be applied, for a plan, for a person."""
    return tuple(record.id for record in records if work_of(record) is not None)


def _seen(before: StagedRecord, mapped: Mapped, sequence: int) -> StagedRecord:
    """Return a record as the snapshot shows it. A record that cannot be mapped keeps its last good content."""
    fault, content, digest = None, before.content, before.digest
    if mapped.parked is not None:
        fault = Problem(code=mapped.parked.code, reason=mapped.parked.reason)
    elif mapped.record is not None:
        content, digest = mapped.record, sha256(mapped.record.encode())
    after = before.but(content=content, digest=digest, notes=mapped.notes, fault=fault, absent_since=None)
    if not before.present:
        # A decision about an absence ends with the absence.
        after = after.but(absence=None, hold="")
    return after if after == before and before.version else after.but(sequence=sequence)


def _note(changes: list[Change], after: list[StagedRecord], before: StagedRecord | None, record: StagedRecord) -> None:
    after.append(record)
    if before is None or record != before:
        changes.append(Change(record, tuple(_events(before, record))))


def _events(before: StagedRecord | None, record: StagedRecord) -> Sequence[Event]:
    events: list[Event] = []
    run = f"snapshot {record.sequence}"
    if before is None:
        events.append(Event(event="first seen", detail=run))
    elif before.present != record.present:
        events.append(Event(event="seen again" if record.present else "gone from Synergetic", detail=run))
    elif before.digest != record.digest:
        events.append(Event(event="changed in Synergetic", detail=run))
    if record.fault is not None and (before is None or before.fault != record.fault):
        events.append(Event(event="parked", detail=record.fault.reason))
    if record.selected != (before is not None and before.selected):
        why = "by a person" if record.choice is not None else f"by rule {record.by_rule}" if record.by_rule else "no rule"
        events.append(Event(event="selected" if record.selected else "deselected", detail=why))
    return events
