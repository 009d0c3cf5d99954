"""Messages about what is to be written back, and their receipts: on the queues, or in the bucket where they are too large."""

from collections.abc import Mapping

from pydantic import ValidationError

from relay.cloud.exchange import Exchange
from relay.cloud.queues import QueueMessage
from shared.errors import RejectedRecordError
from shared.messages import LARGEST_MESSAGE, WriteBack, WriteBackClaim
from shared.receipts import ReceiptClaim, WriteReceipt


class Messages:
    """The way in and out.

    Args:
        exchange: The way to the cloud.
        largest: How many bytes a receipt may have to go by the queue.
    """

    def __init__(self, exchange: Exchange, *, largest: int = LARGEST_MESSAGE) -> None:
        self._exchange = exchange
        self._largest = largest

    @property
    def answers(self) -> bool:
        """Whether receipts can be sent at all."""
        return self._exchange.queues.answers

    def opened(self, message: WriteBack | WriteBackClaim) -> WriteBack:
        """Return a message itself, from the bucket if it lies there.

        Raises:
            RejectedRecordError: What lies there is no such message, or nothing does.
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        if isinstance(message, WriteBack):
            return message
        try:
            found = WriteBack.model_validate_json(self._exchange.write_back(message.digest))
        except ValidationError:
            found = None
        # One that is about another request would be answered under a wrong name.
        if found is None or (found.request, found.student, found.version) != (
            message.request,
            message.student,
            message.version,
        ):
            raise RejectedRecordError(
                "What is to be written back cannot be understood by this release of the relay.",
                remedy="Install the newest release of the relay. If that does not help, tell support.",
                code="write-back-invalid",
            )
        return found

    def withdrawn(self) -> Mapping[str, int]:
        """Return up to which version nothing is written any more of students who were deselected since.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        return self._exchange.withdrawn()

    def send(self, receipt: WriteReceipt) -> None:
        """Send a receipt.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        content = receipt.model_dump_json().encode()
        if len(content) <= self._largest:
            self._exchange.queues.send(receipt)
        else:
            self._exchange.queues.send(ReceiptClaim(request=receipt.request, digest=self._exchange.put_receipt(content)))

    def done(self, queued: QueueMessage) -> None:
        """Take a message off the queue.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        self._exchange.queues.done(queued)
