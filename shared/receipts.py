"""Receipts: what the relay answers to a request of the cloud, once it is done.

A receipt may come twice, and so may what it is a receipt of: whoever reads one must not mind. It holds counts and identifiers
only, but for that of a write: this holds a student's rows as they were and as they are, so that it can be taken back.
Fields may be added; a reader ignores what it does not know.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from shared.manifests import RowSetName
from shared.private import Private
from shared.writeback.plan import Plan, StepKind
from shared.writeback.rows import Image, Value
from shared.writeback.tables import WriteTables


class ReadReceipt(BaseModel):
    """What was to be read again is read, and stated.

    Attributes:
        request: The request's own name for itself.
        relay: The relay's name, as its configuration gives it.
        at: When it was done.
        sequence: The manifest that states what was read.
        rows: How many rows each row set has that was asked for.
        photos: How many photos were sent.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: Literal["read_receipt"] = "read_receipt"
    request: str
    relay: str
    relay_version: str
    at: datetime
    sequence: int
    rows: dict[RowSetName, int]
    photos: int


WriteOutcome = Literal["applied", "unchanged", "conflicted", "planned", "superseded", "interrupted", "refused", "failed"]


class LeftRow(Private):
    """A row that is not as it was asked for, and why.

    Attributes:
        table: Its table, by the contract's name.
        code: The anchor in `docs/troubleshooting.md`; of a conflict, what somebody else did: changed, added, removed.
        ref: The item that it states, or was to state.
        where: By what the row is found, if there is one.
        columns: The columns that somebody changed.
    """

    table: str
    code: str
    ref: str = ""
    where: dict[str, Value] = Field(default_factory=dict)
    columns: tuple[str, ...] = ()


class WrittenRow(Private):
    """A row that was written, or would be.

    Attributes:
        table: Its table, by the contract's name.
        ref: The item that it is to state; of the only row of a table, the table's name. Empty for a row that is no longer
            stated.
        where: By what the row is found; nothing for a new one.
        old: What the columns hold that would be written; of a row that would be deleted, all of it.
        new: What they would hold; nothing for a row that would be deleted. The numbers of rows that are new too are left out.
    """

    kind: StepKind
    table: str
    ref: str = ""
    where: dict[str, Value] = Field(default_factory=dict)
    old: dict[str, Value] = Field(default_factory=dict)
    new: dict[str, Value] = Field(default_factory=dict)


def written_rows(tables: WriteTables, plan: Plan) -> Iterator[WrittenRow]:
    """Yield the rows that a plan writes, each as it is before and after."""
    for step in plan.steps:
        told = WrittenRow(kind=step.kind, table=step.table, ref=step.ref, where=dict(step.where), new=dict(step.values))
        if step.kind == "insert":
            yield told
            continue
        for row in plan.before.rows(step.table):
            if tables[step.table].where(row) == step.where:
                written = {name: row.values.get(name) for name in step.values}
                yield told.model_copy(update={"old": row.values if step.kind == "delete" else written})


class WriteReceipt(Private):
    """What became of a `WriteBack`.

    Attributes:
        request: The message's own name for itself.
        outcome: `applied`; `unchanged`, as there was nothing to do; `conflicted`, as all that there was to do was held back;
            `planned`, as that was all that was asked; `superseded` by a newer message. These are final. `interrupted`: a write
            was cut off, nobody can tell any more whether it counts, and the message is carried out again. `refused`: nothing is
            written at this school now. `failed`: this one could not be written. After these two the message stays and is tried
            again.
        undo: Whether something was to be taken back.
        code: Why it was refused or failed, the anchor in `docs/troubleshooting.md`.
        reason: The same in plain words, without values.
        fingerprint: What stands for the contract under which it was written.
        before: The student's rows before.
        after: The student's rows after, with the items that they state: what the cloud has last seen. Of a preview, as they
            would be, new rows without numbers: what the cloud has last seen is then `before`.
        counts: Rows inserted, updated and deleted, by table.
        parked: Rows that were to be written and were not.
        kept: Rows that are no longer stated and stay.
        conflicts: Rows that somebody else changed.
        held: How many statements were left out because of that, or because a person did not want them.
        contested: How many of these because of that.
        rows: Each row that was written; of a preview, that would be.
        seen: What the cloud is to hold for seen, where that is not `after`; of a preview, where that is not `before`.
        declined: Of what was taken back: what stands for the end of each row that came back, which is not to go again.
        left_out: How many values have no column here, by table and column.
    """

    type: Literal["write_receipt"] = "write_receipt"
    request: str
    student: str
    version: int
    relay: str
    relay_version: str
    at: datetime
    outcome: WriteOutcome
    undo: bool = False
    code: str = ""
    reason: str = ""
    duration_ms: int = 0
    synergetic_version: str = ""
    fingerprint: str = ""
    before: Image | None = None
    after: Image | None = None
    counts: dict[str, dict[str, int]] = Field(default_factory=dict)
    parked: tuple[LeftRow, ...] = ()
    kept: tuple[LeftRow, ...] = ()
    conflicts: tuple[LeftRow, ...] = ()
    held: int = 0
    contested: int = 0
    rows: tuple[WrittenRow, ...] = ()
    seen: Image | None = None
    declined: tuple[str, ...] = ()
    left_out: dict[str, int] = Field(default_factory=dict)

    @property
    def shown(self) -> Image | None:
        """The student's rows, as they are to be held for seen."""
        return self.seen or (self.before if self.outcome == "planned" else self.after)

    @property
    def is_final(self) -> bool:
        """Whether the message is done with."""
        return self.outcome in {"applied", "unchanged", "conflicted", "planned", "superseded"}


class ReceiptClaim(BaseModel):
    """A receipt that is too large for the queue lies in the bucket, under the digest of its bytes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: Literal["receipt_claim"] = "receipt_claim"
    request: str
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")


class Hello(BaseModel):
    """What a check sends to find out whether receipts can be sent: a receipt of nothing, with which nothing is done."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: Literal["hello"] = "hello"
    relay: str
    relay_version: str


AnyReceipt = ReadReceipt | WriteReceipt | ReceiptClaim | Hello
ANY_RECEIPT: TypeAdapter[AnyReceipt] = TypeAdapter(Annotated[AnyReceipt, Field(discriminator="type")])
"""Every kind of receipt there is, told apart by its type."""
