"""The relay's two queues: on one the cloud asks for things, on the other the relay answers what it has done."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from pydantic import ValidationError

from relay.cloud.errors import code_of, translated
from relay.logs import LOGGER
from shared.errors import SettingsError
from shared.messages import RELAY_MESSAGE, FullRead, Instructions, WriteBack, WriteBackClaim, body_of
from shared.receipts import AnyReceipt

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_LOG = logging.getLogger(LOGGER)
_STALE = {"ReceiptHandleIsInvalid", "InvalidParameterValue"}


@dataclass(frozen=True)
class QueueMessage:
    """A message from the cloud; `handle` is what takes it off the queue."""

    message: FullRead | Instructions | WriteBack | WriteBackClaim
    handle: str


class RelayQueues:
    """The return queue and the receipt queue of one school's stack.

    Args:
        sqs: Makes botocore's SQS client, if a queue is configured at all.
        return_queue: Where to listen, if anywhere.
        receipt_queue: Where receipts go, if anywhere.
    """

    def __init__(self, sqs: "Callable[[], SQSClient]", *, return_queue: str | None, receipt_queue: str | None) -> None:
        self._sqs = sqs
        self._return_queue = return_queue
        self._receipt_queue = receipt_queue

    @property
    def listens(self) -> bool:
        """Whether there is a queue to hear the cloud on."""
        return bool(self._return_queue)

    @property
    def answers(self) -> bool:
        """Whether there is a queue to answer on."""
        return bool(self._receipt_queue)

    def receive(self, *, wait_s: int = 0) -> list[QueueMessage]:
        """Return what the cloud asks for; one request to AWS, none if there is no queue.

        A message that this relay does not understand stays on the queue, for one that does.

        Args:
            wait_s: How long to wait for something to come.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        if not self._return_queue:
            return []
        with translated("Looking into the return queue"):
            answer = self._sqs().receive_message(QueueUrl=self._return_queue, MaxNumberOfMessages=10, WaitTimeSeconds=wait_s)
        queued_messages = []
        for message in answer.get("Messages", []):
            try:
                queued_messages.append(QueueMessage(RELAY_MESSAGE.validate_json(message["Body"]), message["ReceiptHandle"]))
            except ValidationError:
                _LOG.warning("A message on the return queue is not for this version of the relay: it is left there")
        return queued_messages

    def send(self, receipt: AnyReceipt) -> None:
        """Send a receipt, if there is a queue for it.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        if self._receipt_queue:
            with translated("Sending a receipt"):
                self._sqs().send_message(QueueUrl=self._receipt_queue, MessageBody=body_of(receipt))

    def done(self, queued: QueueMessage) -> None:
        """Take a message off the return queue.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        if not self._return_queue:
            raise SettingsError("There is no return queue to take a request from.", remedy="Set `return_queue_url`.")
        with translated("Taking a request off the return queue"):
            try:
                self._sqs().delete_message(QueueUrl=self._return_queue, ReceiptHandle=queued.handle)
            except ClientError as error:
                # It took longer than the queue waits: the message comes again, with another handle, and is known to be done.
                if code_of(error) not in _STALE:
                    raise
