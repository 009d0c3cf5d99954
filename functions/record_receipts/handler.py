"""The Lambda function that notes what the relay has done."""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.record_receipts.reads import record_read
from functions.record_receipts.writes import opened, record_write
from functions.runtime.batches import process_messages
from functions.runtime.observability import logger, observed
from shared.receipts import ANY_RECEIPT, AnyReceipt, Hello, ReadReceipt, ReceiptClaim


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle each receipt of the SQS event."""
    return process_messages(event, context, parse=ANY_RECEIPT, handle=record)


def record(receipt: AnyReceipt) -> None:
    """Note a receipt where it was asked for.

    Raises:
        TransientError: What asked for it is not known (yet).
        RejectedRecordError: A receipt in the bucket is missing, or not what was claimed.
    """
    match receipt:
        case Hello():
            logger().info("relay says hello", relay_version=receipt.relay_version)
        case ReadReceipt():
            record_read(receipt)
        case ReceiptClaim():
            record_write(opened(receipt))
        case _:
            record_write(receipt)
