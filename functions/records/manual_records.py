"""What a person brings to the staging area: canonical records as NDJSON in the Exchange bucket, one a line.

Such a record is like one of Synergetic's but for its identifier, so all that follows is the same: selecting, applying,
archiving.
"""

import json
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.digests import canonical_json, join_lines
from shared.owners import Kind, is_manual
from shared.records import RECORD_TYPES, Group, Staff, Student


class ManualRecord(BaseModel):
    """One record that a person brings.

    Attributes:
        join: Of a group: its people join those who are in it, instead of taking their place.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    record: Student | Staff | Group = Field(discriminator="kind")
    join: bool = False

    @model_validator(mode="before")
    @classmethod
    def _is_not_misspelt(cls, given: object) -> object:
        """Refuse a field that a record does not have: what was meant by it would be lost."""
        record = given.get("record") if isinstance(given, dict) else None
        if isinstance(record, dict):
            kind = RECORD_TYPES.get(record.get("kind", ""))
            if kind is None or set(record) - set(kind.model_fields):
                raise ValueError("is no record, or has a field that a record does not have")
        return given

    @model_validator(mode="after")
    def _is_a_persons_own(self) -> "ManualRecord":
        """Refuse what would pass for one of Synergetic's."""
        if not is_manual(self.record.id) or (isinstance(self.record, Group) and self.record.type != "custom"):
            raise ValueError("begins with manual:, and a group is custom")
        return self

    @property
    def kind(self) -> Kind:
        """Return the kind of the record."""
        return self.record.kind

    @property
    def id(self) -> str:
        """Return the identifier of the record."""
        return self.record.id


def encode(given: Iterable[ManualRecord]) -> bytes:
    """Return records as NDJSON."""
    return join_lines(canonical_json(_plain(one)) for one in given)


def decode(lines: Iterable[bytes]) -> list[ManualRecord]:
    """Read what `encode` wrote.

    Raises:
        ValueError: A line is no record that a person may bring.
    """
    return [ManualRecord.model_validate(json.loads(line)) for line in lines]


def _plain(given: ManualRecord) -> dict[str, object]:
    plain: dict[str, object] = given.model_dump(mode="json", exclude_defaults=True)
    # A default, and what tells the kinds apart.
    plain["record"] = {**given.record.model_dump(mode="json", exclude_defaults=True), "kind": given.kind}
    return plain
