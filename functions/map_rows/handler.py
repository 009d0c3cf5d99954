"""The Lambda function that maps: reads the chunks a message names, writes the mapped bucket, and passes its reference on."""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import TypeAdapter

from functions.map_rows.mapping import map_bucket
from functions.records.mapped import encode
from functions.runtime.batches import process_messages
from functions.runtime.observability import observed
from functions.runtime.wiring import exchange, stage_queue
from shared.messages import MapBucket, StageBucket

_MESSAGE: TypeAdapter[MapBucket] = TypeAdapter(MapBucket)


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Map each bucket that the SQS event names."""
    return process_messages(event, context, parse=_MESSAGE, handle=map_one)


def map_one(message: MapBucket) -> None:
    """Map one bucket and pass it on to be staged.

    Raises:
        ValueError: A chunk is missing or damaged: the manifest was accepted, so this comes from outside; SQS tries again.
    """
    rows = {row_set: exchange().chunk(row_set, digest).rows() for row_set, digest in message.chunks.items()}
    outcomes = map_bucket(message.kind, rows)
    mapped = exchange().put_mapped(message.kind, encode(outcomes)) if outcomes else None
    handed_on = message.model_dump(exclude={"type", "chunks"})
    stage_queue().send([StageBucket.model_validate({**handed_on, "mapped": mapped})])
