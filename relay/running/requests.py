"""What the cloud asks of the relay, from the moment it is heard until its receipt is sent.

The receipt is remembered before it is sent, and sent before the request is taken off the queue. So a relay that dies anywhere
between carries a request out at most once more, and answers it at least once. What is to be written back goes to those who
write, if there are any: in one-way mode it is left on the queue.
"""

import logging
from collections.abc import Callable, Sequence

from relay.cloud.queues import QueueMessage, RelayQueues
from relay.logs import LOGGER
from relay.running.timetable import hear_schedule
from relay.state import State
from shared.messages import FullRead, Instructions
from shared.receipts import ReadReceipt

_LOG = logging.getLogger(LOGGER)


class Requests:
    """The open requests. Those that were heard between two runs are in hand for the next.

    Args:
        queues: The queues.
        state: What remembers which requests were carried out.
        write_back: Writes back what was heard, in two-way mode; it raises nothing, as reading goes on whatever becomes of that.
    """

    def __init__(
        self, queues: RelayQueues, state: State, *, write_back: Callable[[Sequence[QueueMessage]], object] | None = None
    ) -> None:
        self._queues = queues
        self._state = state
        self._write_back = write_back
        self._in_hand: dict[str, tuple[FullRead, QueueMessage]] = {}

    def hear(self, *, wait_s: int = 0) -> bool:
        """Look into the return queue, and return whether there is something new for a run to do.

        Raises:
            IntegrationError: AWS refuses or cannot be reached, or the state file cannot be used.
        """
        heard, to_write = set(), []
        for queued in self._queues.receive(wait_s=wait_s):
            if isinstance(queued.message, Instructions):
                self._state.remember_minimum_version(queued.message.minimum_relay_version)
                hear_schedule(self._state, queued.message.schedule)
                self._queues.done(queued)
            elif isinstance(queued.message, FullRead):
                self._in_hand[queued.message.request] = (queued.message, queued)
                heard.add(queued.message.request)
            else:
                to_write.append(queued)
        self._send_ready_receipts()
        if self._write_back is not None:
            self._write_back(to_write)
        elif to_write:
            _LOG.warning("There is something to write back, which a one-way relay leaves on the queue")
        return bool(heard & self._in_hand.keys())

    def open(self) -> list[FullRead]:
        """Return all that was heard and is to be carried out."""
        return [message for message, _ in self._in_hand.values()]

    def answer(self, receipts: list[ReadReceipt]) -> None:
        """Answer what was carried out.

        Raises:
            IntegrationError: AWS refuses or cannot be reached, or the state file cannot be used.
        """
        for receipt in receipts:
            self._state.remember_receipt(receipt)
        self._send_ready_receipts()

    def _send_ready_receipts(self) -> None:
        for request, (_, queued) in list(self._in_hand.items()):
            receipt = self._state.receipt(request)
            if receipt is not None:
                self._queues.send(receipt)
                self._queues.done(queued)
                del self._in_hand[request]
