"""What the cloud asks of the relay, from the moment it is heard until its receipt is sent.

The receipt is remembered before it is sent, and sent before the request is taken off the queue. So a relay that dies anywhere
between carries a request out at most once more, and answers it at least once.
"""

from relay.cloud.mail import Letter, Mail
from relay.running.state import State
from shared.messages import FullRead, Instructions
from shared.receipts import ReadReceipt


class Requests:
    """The open requests. Those that were heard between two runs are in hand for the next.

    Args:
        mail: The queues.
        state: What remembers which requests were carried out.
    """

    def __init__(self, mail: Mail, state: State) -> None:
        self._mail = mail
        self._state = state
        self._in_hand: dict[str, tuple[FullRead, Letter]] = {}

    def hear(self, *, wait_s: int = 0) -> bool:
        """Look into the return queue, and return whether there is something new for a run to do.

        Raises:
            IntegrationError: AWS refuses or cannot be reached, or the state file cannot be used.
        """
        heard = set()
        for letter in self._mail.receive(wait_s=wait_s):
            if isinstance(letter.message, Instructions):
                self._state.remember_minimum_version(letter.message.minimum_relay_version)
                self._mail.done(letter)
            else:
                self._in_hand[letter.message.request] = (letter.message, letter)
                heard.add(letter.message.request)
        self._settle()
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
