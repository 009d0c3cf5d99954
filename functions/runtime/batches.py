"""The edge that every queue-fed function has in common: parse each message, call one use case, report what failed.

A message that fails is reported alone and comes back after the queue's visibility timeout; after some tries the queue moves it
to its dead letters, where an alarm sounds.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import TypeAdapter

from functions.runtime.observability import failed

T = TypeVar("T")


def process_messages(
    event: dict[str, Any], context: LambdaContext, *, parse: TypeAdapter[T], handle: Callable[[T], None]
) -> PartialItemFailureResponse:
    """Handle each message of an SQS event and answer which ones failed."""

    def handle_one(record: SQSRecord) -> None:
        try:
            handle(parse.validate_json(record.body))
        except Exception as error:
            # The outermost loop: whatever it is, SQS must hear of it, and so must whoever reads the log.
            failed("message failed", error, message_id=record.message_id)
            raise

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(event=event, record_handler=handle_one, processor=processor, context=context)
