"""Sends messages: in batches of what SQS takes in one request."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING
from uuid import uuid4

from pydantic import BaseModel

from shared.errors import TransientError

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

_BATCH = 10


class Queue:
    """One SQS queue. A queue whose URL ends in `.fifo` takes a message group."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, messages: Iterable[BaseModel], *, group: str | None = None) -> int:
        """Send messages and return how many.

        Args:
            messages: Each becomes one message, as JSON.
            group: The message group; needed for, and only for, a FIFO queue.

        Raises:
            TransientError: SQS did not take all of them; those before are sent, so sending again repeats them.
        """
        sent = 0
        entries = (self._entry(number, message, group) for number, message in enumerate(messages))
        for batch in _batches(entries):
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=batch)
            if answer.get("Failed"):
                raise TransientError(f"SQS did not take {len(answer['Failed'])} of {len(batch)} messages.")
            sent += len(batch)
        return sent

    @staticmethod
    def _entry(number: int, message: BaseModel, group: str | None) -> "SendMessageBatchRequestEntryTypeDef":
        entry: SendMessageBatchRequestEntryTypeDef = {"Id": str(number % _BATCH), "MessageBody": message.model_dump_json()}
        if group is not None:
            # Two equal messages are two wishes: the second may come after the first one's work was looked at.
            entry |= {"MessageGroupId": group, "MessageDeduplicationId": uuid4().hex}
        return entry


def _batches(
    entries: "Iterator[SendMessageBatchRequestEntryTypeDef]",
) -> "Iterator[list[SendMessageBatchRequestEntryTypeDef]]":
    while batch := list(islice(entries, _BATCH)):
        yield batch
