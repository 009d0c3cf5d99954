"""Writes receipts: what became of a message, with the student's rows before and after."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from relay.version import relay_version
from relay.writeback.seen import seen_after
from relay.writeback.write_contract import WriteContract
from shared.errors import IntegrationError
from shared.messages import WriteBack, WriteBackClaim
from shared.receipts import LeftRow, WriteOutcome, WriteReceipt, written_rows
from shared.writeback.declined import ends_of_new_rows, is_end
from shared.writeback.plan import Conflict, Kept, Parked, Plan, Step
from shared.writeback.rows import Image
from shared.writeback.tables import WriteTables


@dataclass(frozen=True)
class ReceiptWriter:
    """Who writes receipts.

    Attributes:
        name: What this relay is called.
        clock: Tells the time.
    """

    name: str
    clock: Callable[[], datetime]

    def plain(self, message: WriteBack | WriteBackClaim, outcome: WriteOutcome) -> WriteReceipt:
        """Return a receipt of what did not come to touch any row."""
        return WriteReceipt(
            request=message.request,
            student=message.student,
            version=message.version,
            relay=self.name,
            relay_version=relay_version(),
            at=self.clock(),
            outcome=outcome,
            undo=isinstance(message, WriteBack) and message.undo is not None,
        )

    def problem(self, message: WriteBack | WriteBackClaim, outcome: WriteOutcome, error: IntegrationError) -> WriteReceipt:
        """Return a receipt of what was refused or failed; an error's text holds no values."""
        return self.plain(message, outcome).model_copy(update={"code": error.code, "reason": str(error)})

    def planned(self, message: WriteBack, plan: Plan, after: Image, *, contract: WriteContract) -> WriteReceipt:
        """Return a receipt of a plan that was carried out, or had no steps; or of a preview."""
        told = {
            "synergetic_version": str(contract.version),
            "fingerprint": contract.fingerprint,
            "before": plan.before,
            "after": after,
            "counts": _counts(plan.steps),
            "parked": tuple(_left(plan.parked)),
            "kept": tuple(_left(plan.kept)),
            "conflicts": tuple(_left(plan.conflicts)),
            "held": len(plan.held),
            "contested": len(plan.contested),
            "rows": tuple(written_rows(contract.tables, plan)),
            "seen": seen_after(contract.tables, message, plan, plan.before if message.preview else after),
            "declined": tuple(_ends(contract.tables, message, plan, after)),
            "left_out": dict(plan.left_out),
        }
        return self.plain(message, _outcome(message, plan)).model_copy(update=told)


def _outcome(message: WriteBack, plan: Plan) -> WriteOutcome:
    if message.preview:
        return "planned"
    if plan.steps:
        return "applied"
    return "conflicted" if plan.held or (message.undo and plan.conflicts) else "unchanged"


def _ends(tables: WriteTables, message: WriteBack, plan: Plan, after: Image) -> Iterator[str]:
    """Yield what stands for the end of each row that came back: it has another number now, and was not to go."""
    if message.undo and any(map(is_end, message.declined)):
        yield from ends_of_new_rows(tables, plan.before, after)


def _counts(steps: Iterable[Step]) -> dict[str, dict[str, int]]:
    counts: defaultdict[str, dict[str, int]] = defaultdict(lambda: {"insert": 0, "update": 0, "delete": 0})
    for step in steps:
        counts[step.table][step.kind] += step.rows
    return dict(counts)


def _left(rows: Iterable[Parked | Kept | Conflict]) -> Iterator[LeftRow]:
    for row in rows:
        match row:
            case Parked():
                yield LeftRow(table=row.table, code=row.code, ref=row.ref)
            case Kept():
                yield LeftRow(table=row.table, code=row.code, where=dict(row.where))
            case Conflict():
                yield LeftRow(table=row.table, code=row.how, ref=row.ref, where=dict(row.where), columns=row.columns)
