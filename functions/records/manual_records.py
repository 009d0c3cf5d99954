"""What a person brings to the staging area: canonical records as NDJSON in the Exchange bucket, one a line.

Such a record is like one of Synergetic's but for its identifier, so all that follows is the same: selecting, applying,
archiving.
"""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.digests import canonical_json, join_lines
from shared.manifests import LONGEST_IDENTIFIER
from shared.owners import Kind, is_manual, number_of
from shared.records import RECORD_TYPES, Contact, Group, Name, Photo, Staff, Student

_WITHIN: dict[str, type[BaseModel]] = {"name": Name, "contacts": Contact, "photo": Photo}


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
            found = next((model for kind, model in RECORD_TYPES.items() if kind == record.get("kind")), None)
            if found is None or _misspelt(record, found):
                raise ValueError("is no record, or has a field that a record does not have")
        return given

    @model_validator(mode="after")
    def _is_a_persons_own(self) -> "ManualRecord":
        """Refuse what would pass for one of Synergetic's, and what no request could name."""
        number = number_of(self.record.id)
        if not number or number != number.strip() or len(self.record.id) > LONGEST_IDENTIFIER:
            raise ValueError("has an identifier that is none")
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
    return [ManualRecord.model_validate_json(line) for line in lines]


def _misspelt(given: object, model: type[BaseModel]) -> bool:
    """Tell whether something has a field that a model, or what is within it, does not have."""
    if isinstance(given, list):
        return any(_misspelt(one, model) for one in given)
    if not isinstance(given, dict):
        return False
    within = any(_misspelt(value, _WITHIN[name]) for name, value in given.items() if name in _WITHIN)
    return within or not given.keys() <= model.model_fields.keys()


def _plain(given: ManualRecord) -> dict[str, object]:
    plain: dict[str, object] = given.model_dump(mode="json", exclude_defaults=True)
    # A default, and what tells the kinds apart.
    plain["record"] = {**given.record.model_dump(mode="json", exclude_defaults=True), "kind": given.kind}
    return plain
