"""What mapping hands to staging: one outcome per owner, as NDJSON in the Exchange bucket."""

import json
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from shared.digests import canonical_json, join_lines
from shared.owners import Kind
from shared.records import DroppedValue, Parked


class Mapped(BaseModel):
    """One owner's outcome: a record, perhaps with values dropped, or the reason why there is none."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    id: str
    record: str | None = None
    notes: tuple[DroppedValue, ...] = ()
    parked: Parked | None = None


def encode(mapped: Iterable[Mapped]) -> bytes:
    """Return outcomes as NDJSON."""
    return join_lines(canonical_json(one.model_dump(mode="json", exclude_none=True)) for one in mapped)


def decode(lines: Iterable[bytes]) -> list[Mapped]:
    """Read what `encode` wrote."""
    return [Mapped.model_validate(json.loads(line)) for line in lines]
