"""The Lambda function that takes in manifests and heartbeats as S3 announces them through a queue."""

from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field, TypeAdapter

from functions.accept_manifests.accepting import accept
from functions.accept_manifests.heartbeats import hear, not_understood
from functions.runtime.batches import process_messages
from functions.runtime.observability import logger, observed
from functions.runtime.wiring import exchange
from functions.store.exchange import MissingObjectError, TooLargeError
from shared.keys import HEARTBEAT

_LARGEST_HEARTBEAT = 2**20


class _Object(BaseModel):
    key: str
    sequencer: str = ""
    version: str = Field(default="", alias="versionId")


class _Bucket(BaseModel):
    object: _Object


class _Notification(BaseModel):
    s3: _Bucket
    event_time: str = Field(default="", alias="eventTime")

    @property
    def upload(self) -> str:
        """What tells this upload from another one under the same key; the same however often S3 or SQS repeats itself."""
        return f"{self.event_time} {self.s3.object.sequencer}"


class S3Event(BaseModel):
    """What S3 sends: notifications, or none in the test event that it sends when it is set up."""

    records: list[_Notification] = Field(default=[], alias="Records")


_EVENT: TypeAdapter[S3Event] = TypeAdapter(S3Event)


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Take in each object that the S3 events in the SQS event name."""
    return process_messages(event, context, parse=_EVENT, handle=take_in)


def take_in(event: S3Event) -> None:
    """Hear a heartbeat, accept a manifest."""
    for notification in event.records:
        key = unquote_plus(notification.s3.object.key)
        if key.endswith("/"):
            # The AWS console stores an empty object for a folder that somebody makes, as an administrator's first step.
            continue
        try:
            if key == HEARTBEAT:
                hear(exchange().read(key, at_most=_LARGEST_HEARTBEAT))
            else:
                accept(key, upload=notification.upload, version=notification.s3.object.version)
        except MissingObjectError:
            # Deleted or expired before it was taken in: there is nothing left to do for it.
            logger().warning("object is gone", key=key)
        except TooLargeError as error:
            not_understood(str(error))
