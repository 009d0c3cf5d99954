"""Messages on the queues between the functions, and from the cloud to the relay.

They carry references and identifiers only, and who asked; but for what is to be written back: that is a student's medical data.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from shared.manifests import RowSetName
from shared.medical.codes import CodeKind
from shared.owners import Kind
from shared.private import Private
from shared.records import Origin
from shared.writeback.plan import Policies, Rejected
from shared.writeback.rows import Desired, Image, Value

Choice = Literal["select", "deselect", "clear"]
Decision = Literal["approved", "discarded"]

# The message group, on the queue to the relay, of what has to do with reading. A group is handed out in order, so a message
# that a relay cannot carry out holds up those behind it: each purpose has a group of its own.
READS = "read"


# The two characters that SQS takes no message with; in JSON they may be written so.
_NOT_TAKEN = {ord("\ufffe"): r"\ufffe", ord("\uffff"): r"\uffff"}


LARGEST_MESSAGE = 240_000
"""How many bytes a message may have: below the 256 kB that a queue takes."""


def body_of(message: BaseModel) -> str:
    """Return a message, or a receipt, as SQS takes it: whatever characters a family or a school wrote."""
    return message.model_dump_json().translate(_NOT_TAKEN)


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True)


class MapBucket(_Message):
    """Map one bucket of a kind of record from its chunks.

    Attributes:
        run: The run this belongs to.
        sequence: The snapshot's sequence number.
        chunks: Digest per row set; a row set with no rows in this bucket is not listed.
        source: What stands for this bucket's input as a whole.
    """

    type: Literal["map"] = "map"
    run: str
    sequence: int
    kind: Kind
    bucket: str
    chunks: dict[RowSetName, str]
    source: str


class StageBucket(_Message):
    """Stage one mapped bucket; `mapped` names the mapped records, none if the bucket is empty now."""

    type: Literal["stage"] = "stage"
    run: str
    sequence: int
    kind: Kind
    bucket: str
    mapped: str | None
    source: str


class Restage(_Message):
    """Look again at selection and state of the staged records of a bucket, or of the listed ones.

    Attributes:
        choice: Select or deselect them by name, or clear such a choice and leave them to the rules.
        order: When that was chosen, as text that sorts; an older choice never undoes a newer one.
        forget_applied: Treat what was applied as unknown, so that everything selected is applied again.
        forget_decisions: Let absences that were discarded be looked at again.
        by: Who chose, if a person did and it is known.
        run: The request that shows how far it has come, if one does.
        part: Which of its parts this is.
    """

    type: Literal["restage"] = "restage"
    kind: Kind
    bucket: str
    only: tuple[str, ...] = ()
    choice: Choice | None = None
    order: str = ""
    forget_applied: bool = False
    forget_decisions: bool = False
    by: str = ""
    run: str = ""
    part: str = ""


class StageManualRecords(_Message):
    """Stage the records of a bucket that a person brings, and take away those that they remove.

    Attributes:
        file: The digest of the records they bring; empty if there is none.
        remove: Identifiers of what they remove.
        by: Who they are, for the timeline.
        order: When that was, as text that sorts; an older wish never undoes a newer one.
        select: Also select what is brought.
        run: The request whose plan says what follows.
    """

    type: Literal["given"] = "given"
    kind: Kind
    bucket: str
    origin: Origin
    file: str = ""
    remove: tuple[str, ...] = ()
    by: str = ""
    order: str
    select: bool = False
    run: str = ""


class PlanRun(_Message):
    """All buckets of the run are staged: plan it and look at the guards."""

    type: Literal["plan"] = "plan"
    run: str
    sequence: int


class Decide(_Message):
    """A person's decision about a hold: about all that wait in it, or only the listed ones.

    Attributes:
        as_of: The snapshot up to which the hold was made when they decided; about who is gone since later they said nothing.
        run: The request whose plan says what follows.
    """

    type: Literal["decide"] = "decide"
    hold: str
    decision: Decision
    only: tuple[str, ...] = ()
    as_of: int | None = None
    run: str = ""


class Apply(_Message):
    """Something waits to be applied.

    Attributes:
        overwrite_groups: Also state every synchronised group anew, which takes back what was changed by hand in Operoo.
    """

    type: Literal["apply"] = "apply"
    why: str
    overwrite_groups: bool = False


class FullRead(_Message):
    """To the relay: read and send again, changed or not, and answer with a receipt.

    Attributes:
        request: What this is the answer to, the name of a run: the receipt names it.
        row_sets: Only these; all if there is none.
        owners: Only the parts that hold these people or groups; whole row sets if there is none.
        after: The snapshot that was accepted last: what is stated now gets a higher number, whatever the relay remembers.
    """

    type: Literal["full_read"] = "full_read"
    request: str
    row_sets: tuple[RowSetName, ...] = ()
    owners: tuple[str, ...] = ()
    after: int = 0


class Instructions(_Message):
    """To the relay: what this stack asks of every relay.

    Attributes:
        minimum_relay_version: An older relay may read, and must not write back; empty if any relay will do.
        schedule: When to read, as `text_of` has it; empty if as the relay's configuration says. It is a text so that one
            which this relay does not understand keeps nothing else from being heard.
    """

    type: Literal["instructions"] = "instructions"
    minimum_relay_version: str = ""
    schedule: str = ""


class Undo(Private):
    """What is to be taken back: the images of the receipt that told of it."""

    before: Image
    after: Image


class WriteBack(Private):
    """To the relay: what ought to be in Synergetic of one student, as a whole; or what is to be taken back there.

    Attributes:
        request: What this is the answer to: the receipt names it.
        student: The student; also the message group, so that one student's messages come in order.
        version: Grows with each message about this student. An older one never undoes a newer one.
        desired: What ought to be there.
        seen: The rows as the cloud last saw them.
        seen_version: The version of the message whose receipt showed them: what the relay has written since is newer.
        undo: Instead of that, what is to be taken back.
        preview: Only find out what would be done. Nothing is written, and the receipt tells each row.
        rejected: What is left as it is, with all that cannot be done without it.
        declined: The same, of what a person rejected or took back before: see `shared.writeback.declined`; with
            `undo`, of what they take back now.
    """

    type: Literal["write_back"] = "write_back"
    request: str
    student: str
    version: int
    policies: Policies = Policies()
    desired: Desired | None = None
    seen: Image | None = None
    seen_version: int = 0
    undo: Undo | None = None
    preview: bool = False
    rejected: tuple[Rejected, ...] = ()
    declined: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _asks_for_one_thing(self) -> "WriteBack":
        if (self.desired is None) == (self.undo is None):
            raise ValueError("asks for one thing: what ought to be there, or what is to be taken back")
        if self.desired is not None and self.desired.student != self.student:
            raise ValueError("is about one student")
        return self


class WriteBackClaim(_Message):
    """To the relay: a `WriteBack` that is too large for the queue lies in the bucket, under the digest of its bytes."""

    type: Literal["write_back_claim"] = "write_back_claim"
    request: str
    student: str
    version: int
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")


class PullMedical(_Message):
    """Read medical profiles from Operoo, and send on what has changed.

    Attributes:
        students: Only these, and again even if nothing has changed; all if there is none.
        changed: Of these, too, only whose profile has changed: they are what a pull of all has left.
        file: Instead of asking Operoo, read this spreadsheet in the bucket.
        anew: Also what a person rejected or took back before.
        request: The run that asked for it, if a person did.
        by: That person.
    """

    type: Literal["pull_medical"] = "pull_medical"
    why: str
    students: tuple[str, ...] = ()
    changed: bool = False
    file: str = ""
    anew: bool = False
    request: str = ""
    by: str = ""


class Edit(Private):
    """A value that a person puts in the place of the family's, for one column of an item of a case."""

    item: int
    column: str
    value: Value


class DecideCase(Private):
    """A person's decision about a case: what they do not reject is written, as they edited it.

    Attributes:
        reject: Items by their numbers.
        rejected_columns: Of an item, only these columns.
        by: Who decided.
    """

    type: Literal["decide_case"] = "decide_case"
    student: str
    version: int
    reject: tuple[int, ...] = ()
    rejected_columns: dict[int, tuple[str, ...]] = Field(default_factory=dict)
    edits: tuple[Edit, ...] = ()
    by: str = ""


class UndoWriteBack(_Message):
    """Take back what a receipt tells of, as somebody (`by`) asked."""

    type: Literal["undo_write_back"] = "undo_write_back"
    student: str
    version: int
    by: str = ""


class SetCodes(Private):
    """An administrator's word (`by`) on which of the school's codes a family's words stand for; an empty code takes it back."""

    type: Literal["set_codes"] = "set_codes"
    order: str
    by: str = ""
    codes: dict[CodeKind, dict[str, str]]


StageMessage = Annotated[StageBucket | Restage | StageManualRecords, Field(discriminator="type")]
STAGE_MESSAGE: TypeAdapter[StageBucket | Restage | StageManualRecords] = TypeAdapter(StageMessage)

PlanMessage = Annotated[PlanRun | Decide, Field(discriminator="type")]
PLAN_MESSAGE: TypeAdapter[PlanRun | Decide] = TypeAdapter(PlanMessage)

MedicalMessage = Annotated[PullMedical | DecideCase | UndoWriteBack | SetCodes, Field(discriminator="type")]
MEDICAL_MESSAGE: TypeAdapter[PullMedical | DecideCase | UndoWriteBack | SetCodes] = TypeAdapter(MedicalMessage)

RelayMessage = Annotated[FullRead | Instructions | WriteBack | WriteBackClaim, Field(discriminator="type")]
RELAY_MESSAGE: TypeAdapter[FullRead | Instructions | WriteBack | WriteBackClaim] = TypeAdapter(RelayMessage)
