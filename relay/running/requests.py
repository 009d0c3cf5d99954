"""What the cloud asks of the relay, from the moment it is heard until its receipt is sent.

The receipt is remembered before it is sent, and sent before the request is taken off the queue. So a relay that dies anywhere
between carries a request out at most once more, and answers it at least once. What is to be written back goes to those who
write, if there are any: in one-way mode it is left on the queue.
"""

import logging
from collections.abc import Callable, Sequence

from relay.cloud.mail import Letter, Mail
from relay.logs import LOGGER
from relay.running.state import State
from relay.running.timetable import hear_schedule
from shared.messages import FullRead, Instructions
from shared.receipts import ReadReceipt

_LOG = logging.getLogger(LOGGER)


class Requests:
    """The open requests. Those that were heard between two runs are in hand for the next.

    Args:
        mail: The queues.
        state: What remembers which requests were carried out.
        write_back: Writes back what was heard, in two-way mode; it raises nothing, as reading goes on whatever becomes of that.
    """

    def __init__(self, mail: Mail, state: State, *, write_back: Callable[[Sequence[Letter]], object] | None = None) -> None:
        self._mail = mail
        self._state = state
        self._write_back = write_back
        self._in_hand: dict[str, tuple[FullRead, Letter]] = {}

    def hear(self, *, wait_s: int = 0) -> bool:
        """Look into the return queue, and return whether there is something new for a run to do.

        Raises:
            IntegrationError: AWS refuses or cannot be reached, or the state file cannot be used.
        """
        heard, to_write = set(), []
        for letter in self._mail.receive(wait_s=wait_s):
            if isinstance(letter.message, Instructions):
                self._state.remember_minimum_version(letter.message.minimum_relay_version)
                hear_schedule(self._state, letter.message.schedule)
                self._mail.done(letter)
            elif isinstance(letter.message, FullRead):
                self._in_hand[letter.message.request] = (letter.message, letter)
                heard.add(letter.message.request)
            else:
                to_write.append(letter)
        self._settle()
        if self._write_back is not None:
            self._write_back(to_write)
        elif to_write:
            _LOG.warning("There is something to write back, which a one-way relay leaves on the queue")
        return bool(heard & self._in_hand.keys())

    def open(self) -> list[FullRead]:
        """Look into the return queue, and return all that is to be carried out.

        Raises:
            IntegrationError: AWS refuses or cannot be reached, or the state file cannot be used.
        """
        self.hear()
        return [message for message, _ in self._in_hand.values()]

    def answer(self, receipts: list[ReadReceipt]) -> None:
        """Answer what was carried out.

        Raises:
            IntegrationError: AWS refuses or cannot be reached, or the state file cannot be used.
        """
        for receipt in receipts:
            self._state.remember_receipt(receipt)
        self._settle()

    def _settle(self) -> None:
        for request, (_, letter) in list(self._in_hand.items()):
            receipt = self._state.receipt(request)
            if receipt is not None:
                self._mail.send(receipt)
                self._mail.done(letter)
                del self._in_hand[request]
