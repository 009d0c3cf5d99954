"""The Lambda function that notes what the relay has done."""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.record_receipts.recording import record
from functions.runtime.batches import process_messages
from functions.runtime.observability import observed
from shared.receipts import RECEIPT


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle each receipt of the SQS event."""
    return process_messages(event, context, parse=RECEIPT, handle=record)
