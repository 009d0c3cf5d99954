"""Notes what the relay wrote, or would write, in the ledger and beside what stood behind it.

The receipt is stored under its digest first, so that it can be taken back. Noting it twice, late or out of order changes
nothing of what is newer.
"""

from datetime import UTC

from pydantic import ValidationError

from functions.records.case import MedicalCase, with_receipt
from functions.records.ledger import Entry, Noted, answered
from functions.runtime.observability import count, logger
from functions.runtime.wiring import exchange, ledger_table
from functions.store.exchange import MissingObjectError
from shared.errors import RejectedRecordError
from shared.keys import case_key, receipt_key
from shared.receipts import ReceiptClaim, WriteReceipt


def opened(claim: ReceiptClaim) -> WriteReceipt:
    """Return a receipt that was too large for the queue.

    Raises:
        RejectedRecordError: It is missing, or not what was claimed.
    """
    try:
        found = exchange().document(WriteReceipt, receipt_key(claim.digest))
    except (MissingObjectError, ValidationError):
        found = None
    if found is None or found.request != claim.request:
        raise RejectedRecordError(
            f"The receipt for {claim.request} is not in the bucket, or is another one.",
            remedy="The request is sent again after a while, and answered again. If that does not help, tell support.",
            code="receipt-invalid",
        )
    return found


def record_write(receipt: WriteReceipt) -> None:
    """Note a receipt.

    Raises:
        ChangedMeanwhileError: The student's entry was written meanwhile: it is tried again.
    """
    receipt = receipt.model_copy(update={"at": receipt.at.astimezone(UTC)})
    under = exchange().put_document(receipt, receipt_key)
    ledger = ledger_table()
    entry = ledger.entry(receipt.student)
    # Before the entry: who finds a case to decide finds it complete.
    _complete_case(receipt, under, declined=entry.declined)
    ledger.note(_noted(receipt, under, entry if entry.version == receipt.version else Entry(student=entry.student)))
    after = answered(entry, receipt, under)
    if after != entry:
        ledger.save(after)
        _tell(receipt, state=after.state)


def _complete_case(receipt: WriteReceipt, under: str, *, declined: tuple[str, ...]) -> None:
    try:
        case = exchange().document(MedicalCase, case_key(receipt.request))
    except MissingObjectError:
        return
    exchange().put_case(receipt.request, with_receipt(case, receipt, under, declined=declined))


def _tell(receipt: WriteReceipt, *, state: str) -> None:
    count("WriteBackApplied", receipt.outcome == "applied")
    count("WriteBackConflicted", len(receipt.conflicts))
    count("MedicalParked", len(receipt.parked))
    count("WriteBackRefused", receipt.outcome == "refused")
    count("WriteBackFailed", state == "failed")
    count("MedicalToReview", state == "review")
    logger().info(
        "receipt recorded",
        request=receipt.request,
        outcome=receipt.outcome,
        code=receipt.code,
        relay_version=receipt.relay_version,
        parked=len(receipt.parked),
        conflicts=len(receipt.conflicts),
    )


def _noted(receipt: WriteReceipt, under: str, asked: Entry) -> Noted:
    kinds = ("insert", "update", "delete")
    return Noted(
        student=receipt.student,
        version=receipt.version,
        at=receipt.at.isoformat(),
        digest=under,
        outcome=receipt.outcome,
        by=asked.by,
        # Of a message that it could not open the relay does not know.
        undo=receipt.undo or asked.purpose == "undo",
        code=receipt.code,
        counts={kind: sum(counts.get(kind, 0) for counts in receipt.counts.values()) for kind in kinds},
        parked=len(receipt.parked),
        conflicts=len(receipt.conflicts),
        fingerprint=receipt.fingerprint,
        relay_version=receipt.relay_version,
        synergetic_version=receipt.synergetic_version,
    )
