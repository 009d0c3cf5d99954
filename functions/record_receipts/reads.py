"""Notes a receipt at the run that asked, and beside the manifest's answer. Noting it twice, or late, changes nothing."""

from datetime import UTC

from functions.runtime.observability import count, logger
from functions.runtime.wiring import exchange, runs_table
from shared.errors import TransientError
from shared.receipts import ReadReceipt


def record_read(receipt: ReadReceipt) -> None:
    """Note that the relay has read what it was asked to read.

    Raises:
        TransientError: Nothing is known of such a request: whoever asked is still about to note that, or nobody asked.
    """
    at = receipt.at.astimezone(UTC).isoformat(timespec="milliseconds")
    rows = ", ".join(f"{number} {name}" for name, number in receipt.rows.items())
    answer = f"read again and stated by snapshot {receipt.sequence}: {rows}; {receipt.photos} photos sent"
    newest = runs_table().answer_run(receipt.request, at=at, answer=answer, stated_by=receipt.sequence)
    run = runs_table().run(receipt.request)
    if run is None or run.answered_at < at:
        raise TransientError(
            f"There is a receipt for {receipt.request}, and no such request.",
            remedy="It is tried again; if it ends in the dead letters, look who else sends messages to the relay.",
            code="request-unknown",
        )
    # The file follows the run: an older receipt that comes late states the newer answer once more.
    exchange().put_relay_answer(run.manifest_key, {"manifest": run.manifest_key, "answer": run.answer, "at": run.answered_at})
    count("ReceiptRecorded", int(newest))
    logger().info("receipt recorded", run=run.run, relay_version=receipt.relay_version, sequence=receipt.sequence)
