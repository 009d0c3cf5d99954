"""From a bucket's rows to its canonical records, for all kinds."""

from collections.abc import Callable, Iterable, Sequence

from functions.map_rows.groups import map_groups
from functions.map_rows.people import map_staff, map_students
from functions.map_rows.reader import Rows
from functions.records.mapped import Mapped
from functions.records.staged import LARGEST_CONTENT, content_of
from shared.owners import Kind
from shared.records import DroppedValue, Parked, Record

Outcome = tuple[Record | Parked, Sequence[DroppedValue]]
_MAPPERS: dict[Kind, Callable[[Rows], Iterable[Outcome]]] = {
    "student": map_students,
    "staff": map_staff,
    "group": map_groups,
}


def map_bucket(kind: Kind, rows: Rows) -> list[Mapped]:
    """Map a bucket's rows, given per row set, to one outcome per owner, sorted by id. Never fails for a bad row."""
    outcomes: dict[str, Mapped] = {}
    for subject, notes in _MAPPERS[kind](rows):
        # The contract's keys make a row without an owner, or a second one, impossible. Should it come, the first is the record.
        if subject.id:
            outcomes.setdefault(subject.id, _mapped(kind, subject, notes))
    return [outcomes[owner] for owner in sorted(outcomes)]


def _mapped(kind: Kind, subject: Record | Parked, notes: Sequence[DroppedValue]) -> Mapped:
    if isinstance(subject, Parked):
        return Mapped(kind=kind, id=subject.id, notes=tuple(notes), parked=subject)
    content = content_of(subject)
    if (size := len(content.encode())) > LARGEST_CONTENT:
        return _mapped(kind, _too_large(kind, subject.id, size), ())
    return Mapped(kind=kind, id=subject.id, record=content, notes=tuple(notes))


def _too_large(kind: Kind, record_id: str, size: int) -> Parked:
    reason = (
        f"It has {size // 1000} kB, and the staging area holds {LARGEST_CONTENT // 1000}. Look in Synergetic for a group with "
        "tens of thousands of members, or for a text that is so long by mistake."
    )
    return Parked(kind=kind, id=record_id, code="record-too-large", reason=reason)
