"""From a bucket's rows to its canonical records: one entry point for all kinds, and the form in which the result travels."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from functions.map_rows.groups import map_groups
from functions.map_rows.people import map_staff, map_students
from shared.chunks import Row
from shared.digests import canonical_json, join_lines
from shared.manifests import RowSetName
from shared.owners import Kind
from shared.records import DroppedValue, Parked, Record


class Mapped(BaseModel):
    """One owner's outcome: a record, perhaps with values dropped, or the reason why there is none."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    id: str
    record: str | None = None
    notes: tuple[DroppedValue, ...] = ()
    parked: Parked | None = None


Outcome = tuple[Record | Parked, Sequence[DroppedValue]]
Rows = Mapping[RowSetName, Iterable[Row]]
_MAPPERS: dict[Kind, Callable[[Rows], Iterable[Outcome]]] = {
    "student": map_students,
    "staff": map_staff,
    "group": map_groups,
}


def map_bucket(kind: Kind, rows: Rows) -> list[Mapped]:
    """Map a bucket's rows, given per row set, to one outcome per owner, sorted by id. Never fails for a bad row."""
    outcomes: dict[str, Mapped] = {}
    for subject, notes in _MAPPERS[kind](rows):
        # The contract's keys make a second row for one owner impossible; should it come, one of them is the record.
        outcomes.setdefault(subject.id, _mapped(kind, subject, notes))
    return [outcomes[owner] for owner in sorted(outcomes)]


def _mapped(kind: Kind, subject: Record | Parked, notes: Sequence[DroppedValue]) -> Mapped:
    if isinstance(subject, Parked):
        return Mapped(kind=kind, id=subject.id, notes=tuple(notes), parked=subject)
    content = canonical_json(subject.model_dump(mode="json", exclude_defaults=True)).decode()
    return Mapped(kind=kind, id=subject.id, record=content, notes=tuple(notes))


def encode(mapped: Iterable[Mapped]) -> bytes:
    """Return outcomes as NDJSON."""
    return join_lines(canonical_json(one.model_dump(mode="json", exclude_none=True)) for one in mapped)


def decode(lines: Iterable[bytes]) -> list[Mapped]:
    """Read what `encode` wrote."""
    return [Mapped.model_validate(json.loads(line)) for line in lines]
