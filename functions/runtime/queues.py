"""Sends messages: in batches of what SQS takes in one request."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from pydantic import BaseModel

from shared.digests import sha256
from shared.errors import TransientError
from shared.messages import Apply, body_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import (
        ChangeMessageVisibilityBatchRequestEntryTypeDef,
        SendMessageBatchRequestEntryTypeDef,
    )

# What SQS takes in one request.
_BATCH, _BATCH_BYTES = 10, 2**18
_Entry = TypeVar("_Entry")


class Queue:
    """One SQS queue. A queue whose URL ends in `.fifo` takes a message group."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, messages: Iterable[BaseModel], *, group: str | None = None, once: str | None = None) -> None:
        """Send messages.

        Args:
            messages: Each becomes one message, as JSON.
            group: The message group; needed for, and only for, a FIFO queue.
            once: SQS drops a message with the same words in the next five minutes; without them two equal messages are two.

        Raises:
            TransientError: SQS did not take all of them; those before are sent, so sending again repeats them.
        """
        entries = (self._entry(number, message, group, once) for number, message in enumerate(messages))
        for batch in _batches(entries, size=lambda entry: len(entry["MessageBody"].encode())):
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=batch)
            if answer.get("Failed"):
                raise TransientError(f"SQS did not take {len(answer['Failed'])} of {len(batch)} messages.")

    def hide(self, receipts: Iterable[str], *, seconds: int) -> None:
        """Let received messages come back in so many seconds, unless they are deleted before."""
        entries: Iterator[ChangeMessageVisibilityBatchRequestEntryTypeDef] = (
            {"Id": str(number), "ReceiptHandle": one, "VisibilityTimeout": seconds} for number, one in enumerate(receipts)
        )
        for batch in _batches(entries, size=lambda _: 0):
            self._client.change_message_visibility_batch(QueueUrl=self._url, Entries=batch)

    @staticmethod
    def _entry(number: int, message: BaseModel, group: str | None, once: str | None) -> "SendMessageBatchRequestEntryTypeDef":
        entry: SendMessageBatchRequestEntryTypeDef = {"Id": str(number % _BATCH), "MessageBody": body_of(message)}
        if group is not None:
            # SQS takes no blank there, no letter beyond ASCII and no more than 128 characters; a file's name may have all that.
            entry |= {"MessageGroupId": group, "MessageDeduplicationId": sha256(once.encode()) if once else uuid4().hex}
        return entry


class ApplyQueue:
    """The one line in which everything that calls Operoo waits.

    It has one message group: SQS hands out one message at a time, so one worker keeps the request budget and no two creates
    race.

    Wishes that come close together are one wish: all that fall into one slot of time carry the same word, and SQS keeps the
    first. The queue delays every message for at least a slot's length, so what is kept is handed out after the slot has ended
    and sees all that the dropped ones were about; by then the worklist's index shows it too.

    Args:
        queue: The FIFO queue.
        delay_s: The queue's delay in seconds; 0 keeps every wish.
        clock: Seconds since the epoch.
    """

    _MARGIN = 0.8

    def __init__(self, queue: Queue, *, delay_s: int, clock: Callable[[], float]) -> None:
        self._queue = queue
        self._slot_s = delay_s * self._MARGIN
        self._clock = clock

    def come_back(self, receipts: Iterable[str], *, seconds: int) -> None:
        """Let messages that are being worked on come back in so many seconds, unless their work is done before."""
        self._queue.hide(receipts, seconds=seconds)

    def wake(self, why: str, *, overwrite_groups: bool = False) -> None:
        """Ask that whatever waits be applied, and perhaps that more than that be: no other wish of the slot says so."""
        once = f"slot-{int(self._clock() / self._slot_s)}" if self._slot_s and not overwrite_groups else None
        self._queue.send([Apply(why=why, overwrite_groups=overwrite_groups)], group="operoo", once=once)


def _batches(entries: Iterable[_Entry], *, size: Callable[[_Entry], int]) -> Iterator[list[_Entry]]:
    batch: list[_Entry] = []
    room = _BATCH_BYTES
    for entry in entries:
        if batch and (len(batch) == _BATCH or size(entry) > room):
            yield batch
            batch, room = [], _BATCH_BYTES
        batch.append(entry)
        room -= size(entry)
    if batch:
        yield batch
