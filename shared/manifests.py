"""Manifests: what the relay or an administrator puts in the Exchange bucket to make something happen.

A snapshot manifest says what the school's people and groups are now. The others are an administrator's requests. Unknown fields
are refused, so a misspelt request is answered with its mistake and does nothing. `docs/manifest.schema.json` is made from here.
"""

import json
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from shared.errors import RefusedManifestError
from shared.manifest_faults import read_json, refusal
from shared.medical.codes import CodeKind
from shared.owners import MAX_DIGITS, MIN_DIGITS, PEOPLE, Kind, is_manual
from shared.records import GroupType

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Bucket = Annotated[str, Field(pattern=r"^[0-9a-f]{1,3}$")]
LONGEST_IDENTIFIER = 200
Identifier = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_IDENTIFIER)]
# What a family says, at any length.
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Identifiers = Annotated[tuple[Identifier, ...], AfterValidator(lambda given: tuple(dict.fromkeys(given)))]
"""Each once, however often it is given."""
# Written in one way, as Synergetic compares codes without regard to case and to blanks around them.
Code = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, max_length=200)]
RowSetName = Literal["students", "contacts", "staff", "groups", "memberships", "teachers", "photos", "codes"]
ROW_SETS: tuple[RowSetName, ...] = get_args(RowSetName)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ChunkEntry(_Model):
    """One bucket of one row set, as it lies under its digest."""

    digest: Digest
    rows: int = Field(ge=1)


class RowSetEntry(_Model):
    """One row set, whole.

    Attributes:
        rows: How many rows the chunks hold together.
        counted: What the database itself counted for the same selection, in the same read.
        columns: The columns of each row, in order.
        left_out: How many rows were left out for each reason (never who).
        chunks: Per bucket; an empty bucket is not listed.
    """

    rows: int = Field(ge=0)
    counted: int = Field(ge=0)
    columns: tuple[str, ...]
    left_out: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    chunks: dict[Bucket, ChunkEntry]


class Period(_Model):
    """The current period of the school, as `FileSemesters.SystemCurrentFlag` marks it."""

    year: int
    semester: int


class SnapshotManifest(_Model):
    """What is: every row set of the school, by reference. Putting it under its sequence number is the commit.

    The tables of codes are in it in two-way mode alone.
    """

    kind: Literal["snapshot"]
    format: Literal[1] = 1
    sequence: int = Field(ge=1)
    relay_version: str
    synergetic_version: str
    schema_fingerprint: Digest
    period: Period
    read_started_at: datetime
    read_ended_at: datetime
    digits: int = Field(ge=MIN_DIGITS, le=MAX_DIGITS)
    row_sets: dict[RowSetName, RowSetEntry]


class _Request(_Model):
    reason: str = Field(default="", max_length=500, description="Why, for the record.")
    by: str = Field(default="", max_length=320, description="Who asks, for the record: the console says who is signed in.")


class ResyncManifest(_Request):
    """Do again what was done: from mapping, from staging or from applying on.

    Attributes:
        step: Where to begin. `map` reads the last snapshot's chunks again; `stage` looks again at selection and state of
            what is staged; `apply` sends selected records to Operoo again although nothing changed.
        row_set: Only what is made from this row set; of those that are listed, if some are.
        students: Only these, by Synergetic ID.
        staff: Only these, by Synergetic ID.
        groups: Only these, by group identifier.
        full_read: Also ask the relay to read and send again, changed or not: all, the row set, or what holds the listed.
    """

    kind: Literal["resync"]
    step: Literal["map", "stage", "apply"] = "map"
    row_set: RowSetName | None = None
    students: Identifiers = ()
    staff: Identifiers = ()
    groups: Identifiers = ()
    full_read: bool = False

    @model_validator(mode="after")
    def _lists_somebody_or_not_at_all(self) -> "ResyncManifest":
        """Refuse lists without anybody: a program that found nobody does not mean everybody."""
        if self.model_fields_set & {"students", "staff", "groups"} and not any(self.listed().values()):
            raise ValueError("lists nobody; leave the lists out for everybody")
        return self

    def listed(self) -> dict[Kind, tuple[str, ...]]:
        """Return the listed identifiers per kind; all empty means everything."""
        return {"student": self.students, "staff": self.staff, "group": self.groups}


def _without_null(schema: dict[str, Any]) -> None:
    """Publish that a condition which is there says something."""
    for condition in schema["properties"].values():
        for stated in condition.pop("anyOf", ())[:1]:
            condition.update(stated)
            del condition["default"]


class Rule(_Model):
    """Whom a continual selection takes: every record of the kind for which all the given conditions hold. None given: everyone.

    Attributes:
        kind: What it selects.
        year_level: Students of this year level, or groups made for it.
        campus: Of this campus code.
        house: Students of this house code.
        form: Students of this form code.
        tutor: Students of this tutor group code.
        boarder: Students who board, or who do not.
        group_type: Groups of this type, such as `class`.
        member_of: Members (students) or staff of this group, by its identifier.
    """

    model_config = ConfigDict(json_schema_extra=_without_null)

    kind: Kind
    year_level: Code | None = None
    campus: Code | None = None
    house: Code | None = None
    form: Code | None = None
    tutor: Code | None = None
    boarder: bool | None = None
    group_type: GroupType | None = None
    member_of: Identifier | None = None

    @model_validator(mode="after")
    def _asks_what_is_known(self) -> "Rule":
        """Refuse a rule that would never take anybody, and one that would take everybody as a program found no condition."""
        unsaid = {name for name in self.model_fields_set if getattr(self, name) is None}
        if unsaid:
            raise ValueError(f"{', '.join(sorted(unsaid))} is null; leave it out for everybody")
        strange = self.model_fields_set - {"kind"} - _CONDITIONS[self.kind]
        if strange:
            raise ValueError(f"{self.kind} cannot be asked for {', '.join(sorted(strange))}")
        return self


_CONDITIONS: dict[Kind, frozenset[str]] = {
    "student": frozenset({"year_level", "campus", "house", "form", "tutor", "boarder", "member_of"}),
    "staff": frozenset({"member_of"}),
    "group": frozenset({"year_level", "campus", "group_type"}),
}


class SelectionChange(_Model):
    """Records to select or to deselect: by identifier, by group, by rule, or all.

    `groups` takes the groups alone, `with_members_of` everyone in them as well. The latter and `rules` are continual: whoever
    comes to match later is selected too.
    """

    students: Identifiers = ()
    staff: Identifiers = ()
    groups: Identifiers = ()
    with_members_of: Identifiers = ()
    rules: tuple[Rule, ...] = ()
    all: tuple[Kind, ...] = ()

    def rules_without_all(self) -> tuple[Rule, ...]:
        """Return the continual rules this change names: `rules`, and `with_members_of` written out."""
        members = (Rule(kind=kind, member_of=group) for group in self.with_members_of for kind in PEOPLE)
        return (*self.rules, *members)

    def rules_in_full(self) -> tuple[Rule, ...]:
        """Return the same with `all` written out as rules without a condition."""
        return (*self.rules_without_all(), *(Rule(kind=kind) for kind in self.all))

    def listed(self) -> dict[Kind, tuple[str, ...]]:
        """Return the identifiers named one by one, per kind."""
        return {"student": self.students, "staff": self.staff, "group": (*self.groups, *self.with_members_of)}


class SelectionManifest(_Request):
    """Select or deselect what is continually synchronised. An identifier named one by one prevails over every rule."""

    kind: Literal["selection"]
    select: SelectionChange = SelectionChange()
    deselect: SelectionChange = SelectionChange()


class ApproveManifest(_Request):
    """Carry out a hold, in whole or only for the listed records.

    Attributes:
        as_of: Only for who was gone by this snapshot already; left out, by the one that the hold tells of when this arrives.
    """

    kind: Literal["approve"]
    hold: Identifier
    only: Identifiers = Field(default=(), min_length=1)
    as_of: int | None = Field(default=None, ge=0)


class DiscardManifest(_Request):
    """Let the records of a hold stay as they are in Operoo, in whole or only the listed ones.

    Attributes:
        as_of: As in `approve`.
    """

    kind: Literal["discard"]
    hold: Identifier
    only: Identifiers = Field(default=(), min_length=1)
    as_of: int | None = Field(default=None, ge=0)


class MedicalManifest(_Request):
    """Read medical profiles from Operoo now, and send on what has changed.

    Attributes:
        students: Only these, by Synergetic ID, and again even if nothing has changed.
        file: Instead of asking Operoo, read a spreadsheet that Operoo exported and that was uploaded under `uploads/`.
        anew: Of the listed students also what a person rejected or took back before.
    """

    kind: Literal["medical"]
    students: Identifiers = Field(default=(), min_length=1)
    file: str = Field(default="", pattern=r"^(uploads/.+)?$", max_length=500)
    anew: bool = False

    @model_validator(mode="after")
    def _asks_for_one_thing(self) -> "MedicalManifest":
        if self.file and self.students:
            raise ValueError("names students or a file, not both")
        if self.anew and not self.students:
            raise ValueError("anew is about the students that are listed, and there are none")
        return self


class ItemEdit(_Model):
    """A value to write in the place of the family's, in one column of an item."""

    item: int = Field(ge=1)
    column: Identifier
    value: bool | int | str | None


class ReviewManifest(_Request):
    """Decide a medical change that waits for a person: what is not rejected is written, as it is edited here.

    Attributes:
        student: By Synergetic ID.
        version: Of the change; its case says it, and lists the items by number.
        reject: Items that are not to be written.
        accept: Items to be written although the same was rejected before.
        reject_all: Nothing of it is to be written.
        reject_columns: Of an item, by its number, columns that are not to be written.
        edit: Values to write instead.
    """

    kind: Literal["review"]
    student: Identifier
    version: int = Field(ge=1)
    reject: tuple[int, ...] = ()
    accept: tuple[int, ...] = ()
    reject_all: bool = False
    reject_columns: dict[int, tuple[Identifier, ...]] = Field(default_factory=dict)
    edit: tuple[ItemEdit, ...] = ()


class UndoManifest(_Request):
    """Take back what was written to Synergetic of a student, if nobody has changed it since."""

    kind: Literal["undo"]
    student: Identifier
    version: int = Field(ge=1)


class CodesManifest(_Request):
    """Say which of the school's codes words of the families' stand for, by kind of code; an empty code takes that back."""

    kind: Literal["codes"]
    codes: dict[CodeKind, dict[Word, str]]


class RecordsManifest(_Request):
    """Bring records that Synergetic does not have, or take such records away again. They are staged like all others.

    Attributes:
        origin: `upload` if they come from a spreadsheet, `custom` if somebody entered them.
        file: The digest (SHA-256) of the records as NDJSON; they lie zstd-compressed under `uploads/records/` and this name.
        select: Also select what is brought.
        remove: Identifiers, per kind, of what is taken away; it is archived as who leaves the school.
    """

    kind: Literal["records"]
    origin: Literal["upload", "custom"] = "custom"
    file: Digest | None = None
    select: bool = False
    remove: dict[Kind, Identifiers] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _asks_for_something(self) -> "RecordsManifest":
        if self.file is None and not any(self.remove.values()):
            raise ValueError("names neither a file nor anything to remove")
        if not all(is_manual(one) for ids in self.remove.values() for one in ids):
            raise ValueError("only what a person brought is removed so: it begins with manual:")
        return self


RequestManifest = (
    ResyncManifest
    | SelectionManifest
    | ApproveManifest
    | DiscardManifest
    | MedicalManifest
    | ReviewManifest
    | UndoManifest
    | CodesManifest
    | RecordsManifest
)
Manifest = Annotated[SnapshotManifest | RequestManifest, Field(discriminator="kind")]
_KINDS = {kind for request in get_args(RequestManifest) for kind in get_args(request.model_fields["kind"].annotation)}
_MANIFEST: TypeAdapter[SnapshotManifest | RequestManifest] = TypeAdapter(Manifest)


def parse_manifest(content: bytes) -> SnapshotManifest | RequestManifest:
    """Read a manifest.

    Raises:
        RefusedManifestError: It is not one; the message says where and what is wrong, without quoting values.
    """
    try:
        return _MANIFEST.validate_json(json.dumps(read_json(content)), strict=True)
    except ValidationError as error:
        raise refusal(error, manifest_schema()) from None


def stated_kind(content: bytes) -> str:
    """Return the kind of request that a file says it is, whatever else is wrong with it; nothing if there is none such."""
    try:
        stated = read_json(content)
    except RefusedManifestError:
        return ""
    kind = stated.get("kind") if isinstance(stated, dict) else None
    return kind if isinstance(kind, str) and kind in _KINDS else ""


def manifest_schema() -> dict[str, object]:
    """Return the published JSON schema of all manifests."""
    return _MANIFEST.json_schema()
