"""What stands behind a message about a student's health, for those who may see it: who said it, what changes, what is left."""

from collections.abc import Collection
from datetime import datetime

from pydantic import Field, JsonValue

from functions.records.ledger import Purpose, wish_of
from shared.medical.items import Attachment, Confirmation
from shared.medical.profile import ParkedItem
from shared.private import Private
from shared.receipts import LeftRow, PlannedRow, WriteReceipt


class CaseItem(Private):
    """A row that would be written.

    Attributes:
        number: By which a person rejects or edits it.
        rejected: A person rejected the same before, and it stays so unless they accept it now.
    """

    number: int
    row: PlannedRow
    rejected: bool = False


class MedicalCase(Private):
    """One message and what became of it.

    Attributes:
        said: Who in the family confirmed the profile last, and when.
        parked: What could not be sent: without a code of the school's, or not to be read.
        unmapped: What Operoo states beyond the profile, by where it stands.
        attachments: The files of action plans, by the condition that each belongs to.
        items: Of a preview: what would be written.
        conflicts: Rows that somebody at the school changed, added or removed since they were seen.
        kept: Rows that are no longer stated and stay.
        unwritten: Rows that the school's database has no room for.
        left_out: How many values have no column at this school.
        receipt: The digest of the relay's receipt.
    """

    student: str
    version: int = 0
    request: str = ""
    purpose: Purpose = "write"
    at: datetime | None = None
    said: Confirmation | None = None
    parked: tuple[ParkedItem, ...] = ()
    unmapped: dict[str, tuple[JsonValue, ...]] = Field(default_factory=dict)
    attachments: dict[str, Attachment] = Field(default_factory=dict)
    items: tuple[CaseItem, ...] = ()
    conflicts: tuple[LeftRow, ...] = ()
    kept: tuple[LeftRow, ...] = ()
    unwritten: tuple[LeftRow, ...] = ()
    left_out: dict[str, int] = Field(default_factory=dict)
    outcome: str = ""
    code: str = ""
    reason: str = ""
    receipt: str = ""


def with_receipt(case: MedicalCase, receipt: WriteReceipt, under: str, *, rejected: Collection[str] = ()) -> MedicalCase:
    """Return a case with what the relay answered.

    Args:
        case: As it was sent.
        receipt: The answer.
        under: The answer's digest.
        rejected: What stands for what a person rejected before.
    """
    rows = enumerate(receipt.planned, start=1)
    items = tuple(CaseItem(number=number, row=row, rejected=wish_of(row) in rejected) for number, row in rows)
    told = {
        "items": items,
        "conflicts": receipt.conflicts,
        "kept": receipt.kept,
        "unwritten": receipt.parked,
        "left_out": receipt.left_out,
        "outcome": receipt.outcome,
        "code": receipt.code,
        "reason": receipt.reason,
        "receipt": under,
    }
    return case.model_copy(update=told)
