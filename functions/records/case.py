"""What stands behind a message about a student's health, for those who may see it: who said it, what changes, what is left."""

from collections.abc import Collection
from datetime import datetime

from pydantic import Field, field_serializer

from functions.records.ledger import Purpose
from shared.medical.profile import MedicalProfile, ParkedItem
from shared.private import Private
from shared.receipts import LeftRow, WriteReceipt, WrittenRow
from shared.synergetic.writing import contract_tables
from shared.writeback.declined import declined_columns, is_declined


class CaseItem(Private):
    """A row that would be written, or was.

    Attributes:
        number: By which a person rejects or edits it.
        rejected: A person rejected the same before, and it stays so unless they accept it now.
        rejected_columns: The same of columns, where others of the row are new.
    """

    number: int
    row: WrittenRow
    rejected: bool = False
    rejected_columns: tuple[str, ...] = ()


class MedicalCase(Private):
    """One message and what became of it.

    Attributes:
        profile: All that the family states, also what has no place in Synergetic or is not mapped; None of an undo.
        parked: What could not be sent: without a code of the school's, or not to be read.
        items: What was written; of a preview, what would be.
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
    profile: MedicalProfile | None = None
    parked: tuple[ParkedItem, ...] = ()
    items: tuple[CaseItem, ...] = ()
    conflicts: tuple[LeftRow, ...] = ()
    kept: tuple[LeftRow, ...] = ()
    unwritten: tuple[LeftRow, ...] = ()
    left_out: dict[str, int] = Field(default_factory=dict)
    outcome: str = ""
    code: str = ""
    reason: str = ""
    receipt: str = ""

    @field_serializer("profile")
    def _as_stated(self, profile: MedicalProfile | None) -> dict[str, object] | None:
        """Leave out what was not stated: read again, it would look like a no or a nothing of the family's."""
        return profile.model_dump(mode="json", exclude_unset=True) if profile else None


# Whoever answers so has looked at the rows, and is done.
_DONE = frozenset({"applied", "unchanged", "conflicted", "planned"})


def with_receipt(case: MedicalCase, receipt: WriteReceipt, under: str, *, declined: Collection[str] = ()) -> MedicalCase:
    """Return a case with what the relay answered; what it answered before, and comes late or once more, takes nothing away.

    Args:
        case: As it was sent.
        receipt: The answer.
        under: The answer's digest.
        declined: What stands for what a person rejected before.
    """
    if case.outcome in _DONE and receipt.outcome not in _DONE:
        return case
    told = {
        "items": tuple(_item(number, row, declined) for number, row in enumerate(receipt.rows, start=1)),
        "conflicts": receipt.conflicts,
        "kept": receipt.kept,
        "unwritten": case.unwritten if receipt.undo else receipt.parked,
        "left_out": receipt.left_out,
        "outcome": receipt.outcome,
        "code": receipt.code,
        "reason": receipt.reason,
        "receipt": under,
    }
    return case.model_copy(update=told)


def _item(number: int, row: WrittenRow, declined: Collection[str]) -> CaseItem:
    rejected, tables = is_declined(row, row.new, declined), contract_tables()
    some = frozenset() if rejected or row.table not in tables else declined_columns(tables[row.table], row, row.new, declined)
    return CaseItem(number=number, row=row, rejected=rejected, rejected_columns=tuple(sorted(some)))
