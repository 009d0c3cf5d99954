"""Lambda's event source mappings for SQS: receive a batch, run the function, delete what succeeded.

What failed stays invisible for the queue's visibility timeout and comes back; after `maxReceiveCount` tries moto moves it to
the dead letters when it is asked for the next time.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, LifoQueue
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.stack.aws import REGION
from local.stack.function import FailedInvocationError, FunctionProcess

_MOST_AT_ONCE = 10
_WAIT_S = 2
_PAUSE_S = 0.05
_FIFO_PAUSE_S = 0.25
Message = dict[str, Any]


@dataclass(frozen=True)
class SqsSource:
    """What CloudFormation made of one SQS event of a function."""

    function: str
    queue_arn: str
    queue_url: str
    batch_size: int
    window_s: float
    partial: bool
    most_at_once: int

    @property
    def fifo(self) -> bool:
        """Whether the queue keeps an order."""
        return self.queue_arn.endswith(".fifo")


class Poller:
    """Feeds one function from one queue until it is stopped."""

    def __init__(
        self,
        mapping: SqsSource,
        client: Any,  # noqa: ANN401 - boto3 makes the class at run time
        processes: Iterable[FunctionProcess],
        *,
        clock: float,
        note: Callable[[], None],
    ) -> None:
        self._mapping = mapping
        self._client = client
        self._clock = clock
        self._note = note
        self._stop = threading.Event()
        self._at_work: set[FunctionProcess] = set()
        self._processes = list(processes)
        # Last in, first out: a warm process is preferred to starting another.
        self._free: LifoQueue[FunctionProcess] = LifoQueue()
        for process in reversed(self._processes):
            self._free.put(process)
        self._workers = ThreadPoolExecutor(len(self._processes), thread_name_prefix=mapping.function)
        self._thread = threading.Thread(target=self._run, name=f"poll-{mapping.function}", daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        self._thread.start()

    @property
    def at_work(self) -> bool:
        """Whether the function is running on something."""
        return bool(self._at_work)

    def stop(self) -> None:
        """Receive no more, and end what runs."""
        self._stop.set()
        for process in self._processes:
            process.kill()

    def join(self) -> None:
        """Wait until everything has ended."""
        self._thread.join()
        self._workers.shutdown()
        for process in self._processes:
            process.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                process = self._free.get(timeout=_WAIT_S)
            except Empty:
                continue
            messages = self._batch()
            if not messages:
                self._free.put(process)
                continue
            self._note()
            self._at_work.add(process)
            self._workers.submit(self._handle, process, messages)

    def _batch(self) -> list[Message]:
        # moto spins at full speed while it waits on a FIFO queue whose group is in flight, so there we ask and pause instead.
        messages = self._receive(self._mapping.batch_size, wait_s=0 if self._mapping.fifo else _WAIT_S)
        until = time.monotonic() + self._mapping.window_s / self._clock
        while messages and len(messages) < self._mapping.batch_size and time.monotonic() < until:
            self._stop.wait(_PAUSE_S)
            messages += self._receive(self._mapping.batch_size - len(messages), wait_s=0)
        if not messages and self._mapping.fifo:
            self._stop.wait(_FIFO_PAUSE_S)
        return messages

    def _receive(self, most: int, *, wait_s: int) -> list[Message]:
        try:
            answer = self._client.receive_message(
                QueueUrl=self._mapping.queue_url,
                MaxNumberOfMessages=min(most, _MOST_AT_ONCE),
                WaitTimeSeconds=wait_s,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        except (BotoCoreError, ClientError):
            if not self._stop.is_set():
                raise
            return []
        messages: list[Message] = answer.get("Messages", [])
        return messages

    def _handle(self, process: FunctionProcess, messages: list[Message]) -> None:
        try:
            self._settle(messages, self._failed(process, messages))
        except (BotoCoreError, ClientError):
            if not self._stop.is_set():
                raise
        finally:
            self._at_work.discard(process)
            self._free.put(process)

    def _failed(self, process: FunctionProcess, messages: list[Message]) -> set[str]:
        everyone = {message["MessageId"] for message in messages}
        try:
            result = process.invoke({"Records": [self._record(message) for message in messages]})
        except FailedInvocationError:
            return everyone
        return failures(result, everyone) if self._mapping.partial else set()

    def _settle(self, messages: list[Message], failed: set[str]) -> None:
        url = self._mapping.queue_url
        for message in messages:
            handle = message["ReceiptHandle"]
            if message["MessageId"] not in failed:
                self._client.delete_message(QueueUrl=url, ReceiptHandle=handle)
            elif self._clock != 1:
                wait_s = int(self._visibility_s() / self._clock)
                self._client.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=wait_s)

    def _visibility_s(self) -> int:
        name = "VisibilityTimeout"
        answer = self._client.get_queue_attributes(QueueUrl=self._mapping.queue_url, AttributeNames=[name])
        return int(answer["Attributes"][name])

    def _record(self, message: Message) -> Message:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": message.get("MessageAttributes", {}),
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._mapping.queue_arn,
            "awsRegion": REGION,
        }


def failures(result: object, everyone: set[str]) -> set[str]:
    """Return which messages a partial batch response says failed: all of them if it is not one, as Lambda takes it."""
    if not result:
        return set()
    listed = result.get("batchItemFailures") or [] if isinstance(result, Mapping) else None
    if listed is None or not all(isinstance(one, Mapping) for one in listed):
        return everyone
    failed = {one.get("itemIdentifier") for one in listed}
    return failed if everyone.issuperset(failed) else everyone
