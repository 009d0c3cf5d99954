"""What staging does to records: pure functions from what is stored and what came to what shall be stored."""

from collections.abc import Iterable, Mapping, Sequence

from functions.records.manual_records import ManualRecord
from functions.records.mapped import Mapped
from functions.records.staged import Change, Event, Joined, Problem, StagedRecord, beside, content_of, emptied_of, work_of
from functions.stage_records.joining import emptied, remember, room_for, since, with_joined
from functions.stage_records.selection import Selector
from shared.digests import sha256
from shared.messages import Choice, Restage, StageManualRecords
from shared.records import Group, Origin, Record

# How the timeline calls it that a record comes, comes back, goes and changes.
_TOLD: dict[Origin, tuple[str, str, str, str]] = {
    "synergetic": ("first seen", "seen again", "gone from Synergetic", "changed in Synergetic"),
    "upload": ("uploaded", "uploaded again", "removed by hand", "changed by an upload"),
    "custom": ("made by hand", "made by hand again", "removed by hand", "changed by hand"),
}
_CHOICES: dict[Choice, bool | None] = {"select": True, "deselect": False, "clear": None}


def stage(
    stored: Iterable[StagedRecord], mapped: Iterable[Mapped], *, sequence: int, selector: Selector
) -> tuple[list[Change], list[StagedRecord]]:
    """Compare a bucket's stored records with its mapped ones.

    Args:
        stored: The records of the bucket as they are stored. What a person brought is none of a snapshot's business.
        mapped: The outcome of mapping the bucket, whole: who is not in it is absent.
        sequence: The snapshot's sequence number.
        selector: The continual selection rules.

    Returns:
        What to write, and the whole bucket as it will be.
    """
    by_id = {record.id: record for record in stored}
    after = [by_id.pop(record.id) for record in list(by_id.values()) if record.origin != "synergetic"]
    changes: list[Change] = []
    for one in mapped:
        before = by_id.pop(one.id, None)
        record = _seen(before or StagedRecord(kind=one.kind, id=one.id), one, sequence)
        _note(changes, after, before, selector.apply(record))
    for before in by_id.values():
        gone = before if not before.present else before.but(absent_since=sequence, sequence=sequence, absence=None, hold="")
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
            forgotten = {"applied": "", "applied_fields": "", "applied_photo": "", "problem": None}
            record = record.but(**forgotten, applied_content=_still_had(record))
        if wish.forget_decisions and record.absence == "discarded":
            record = record.but(absence=None)
        _note(changes, [], before, selector.apply(record), by=wish.by)
    return changes


def _still_had(record: StagedRecord) -> str:
    """Return the content that a group had in Operoo: everybody in it may be gone by mistake, now or before it is sent again."""
    if record.kind != "group":
        return ""
    return beside(record, record.content) if record.digest == record.applied else record.applied_content


def bring(
    stored: Mapping[str, StagedRecord], given: Iterable[ManualRecord], wish: StageManualRecords, *, selector: Selector
) -> list[Change]:
    """Take in what a person brings or removes; doing it again, or after a newer wish, changes nothing.

    Args:
        stored: The records among these that there are, by identifier.
        given: The records that are brought.
        wish: Who brings them, when, and what they remove.
        selector: The continual selection rules.
    """
    changes: list[Change] = []
    for one in given:
        before = stored.get(one.id)
        record = before or StagedRecord(kind=one.kind, id=one.id, origin=wish.origin)
        if wish.order > record.stated:
            record = _stated(record, one, wish)
        if wish.select and wish.order > record.chosen:
            record = record.but(choice=True, chosen=wish.order)
        if record != before:
            _note(changes, [], before, selector.apply(record), by=wish.by)
    for record_id in wish.remove:
        before = stored.get(record_id)
        if before is not None and before.origin != "synergetic" and wish.order > before.stated:
            _note(changes, [], before, selector.apply(_removed(before, wish)), by=wish.by)
    return changes


def _stated(before: StagedRecord, given: ManualRecord, wish: StageManualRecords) -> StagedRecord:
    """Return a record as a person states it. People who join a group take nobody's place, in whichever order they come."""
    record: Record = given.record
    if not isinstance(record, Group):
        return _with(before, record).but(origin=wish.origin, stated=wish.order)
    if not given.join:
        joined = since(before.joined, wish.order)
        return _with(before, record, joined).but(origin=wish.origin, stated=wish.order)
    joined = remember(before.joined, Joined(order=wish.order, members=record.members, staff=record.staff))
    return _with(before, before.record() if before.content and before.present else record, joined)


def _removed(before: StagedRecord, wish: StageManualRecords) -> StagedRecord:
    """Return a record that a person removes, or the group that those make who joined it after that."""
    joined = since(before.joined, wish.order)
    if joined:
        return _with(before, emptied(before, joined), joined).but(stated=wish.order)
    # Who removes it has decided, so no run's plan has to look at it.
    return before.but(stated=wish.order, joined=(), absent_since=0, absence="approved", hold="")


def _with(before: StagedRecord, record: Record, joined: tuple[Joined, ...] = ()) -> StagedRecord:
    if isinstance(record, Group):
        record, joined = with_joined(record, joined), room_for(joined, record)
    content = content_of(record)
    return before.but(joined=joined).restated(content, sha256(content.encode())).but(absent_since=None, absence=None)


def leaving(records: Iterable[StagedRecord]) -> tuple[str, ...]:
    """Return the ids of those who are linked and proven absent, or empty, and about whom nobody has decided."""
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
    after = before.restated(content, digest).but(notes=mapped.notes, fault=fault, absent_since=None)
    if not (before.present and emptied_of(after)):
        # A decision about an absence ends with the absence.
        after = after.but(absence=None, hold="")
    return after if after == before else after.but(sequence=sequence)


def _note(
    changes: list[Change], after: list[StagedRecord], before: StagedRecord | None, record: StagedRecord, *, by: str = ""
) -> None:
    after.append(record)
    if before is None or record != before:
        changes.append(Change(record, tuple(_events(before, record, by=by))))


def _events(before: StagedRecord | None, record: StagedRecord, *, by: str) -> Sequence[Event]:
    events: list[Event] = []
    first, again, gone, changed = _TOLD[record.origin]
    came = f"snapshot {record.sequence}" if record.origin == "synergetic" else f"by {by or 'a person'}"
    if before is None:
        events.append(Event(event=first, detail=came, counts="changed"))
    elif before.present != record.present:
        events.append(Event(event=again if record.present else gone, detail=came, counts="changed"))
    elif before.digest != record.digest:
        events.append(Event(event=changed, detail=came, counts="changed"))
    if record.fault is not None and (before is None or before.fault != record.fault):
        events.append(Event(event="parked", detail=record.fault.reason, counts="failed"))
    if record.selected != (before is not None and before.selected):
        why = (
            f"by {by or 'a person'}"
            if record.choice is not None
            else f"by rule {record.by_rule}"
            if record.by_rule
            else "no rule"
        )
        events.append(Event(event="selected" if record.selected else "deselected", detail=why))
    return events
