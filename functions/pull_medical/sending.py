"""Sends messages to the relay: noted in the ledger before they are sent, and sent again until they are answered.

The message is stored first, then noted, then sent, then that is noted. Whatever is cut off between, the ledger says what was to
be sent and the message lies in the bucket, so the next round sends it; the relay carries out no message twice.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.records.case import MedicalCase
from functions.records.ledger import (
    Entry,
    Noted,
    Purpose,
    Work,
    expired,
    is_lapsing,
    is_overdue,
    next_version,
    overtaken,
    tried_again,
)
from functions.runtime.observability import count, logger
from functions.runtime.queues import Queue
from functions.store.conflicts import ChangedMeanwhileError
from functions.store.exchange import Exchange, MissingObjectError
from functions.store.ledger import LedgerTable
from shared.keys import receipt_key, write_back_key
from shared.medical.profile import ParkedItem
from shared.messages import LARGEST_MESSAGE, Undo, WriteBack, WriteBackClaim, body_of
from shared.receipts import WriteReceipt
from shared.writeback.plan import Policies, Rejected
from shared.writeback.rows import Desired

Linked = Callable[[Collection[str]], Collection[str]]
"""Returns those of some students who are in Operoo by us."""

_ON_THE_QUEUE: tuple[Work, ...] = ("asked", "failed")
_OPEN: tuple[Work, ...] = (*_ON_THE_QUEUE, "review", "parked")


@dataclass(frozen=True)
class WriteBackRequest:
    """What is to be asked of the relay about one student; as in `WriteBack`.

    Attributes:
        seen: The receipt that shows the rows as they were seen last.
        declining: What stands for what is taken back, or is edited, of what a family says.
        withheld: What stands for what is asked, where more is to be asked once that is done.
        decided: A person was asked, and wants it written.
        by: The person who asks, if one does.
    """

    purpose: Purpose
    policies: Policies
    desired: Desired | None = None
    seen: WriteReceipt | None = None
    undo: Undo | None = None
    rejected: tuple[Rejected, ...] = ()
    declining: tuple[str, ...] = ()
    withheld: str = ""
    decided: bool = False
    by: str = ""

    @property
    def preview(self) -> bool:
        """Whether nothing is to be written."""
        return self.purpose in {"look", "review"}


class Sender:
    """The only one who makes messages about a student's health, so that their versions grow.

    Args:
        ledger: Where they are noted.
        exchange: Where they lie.
        queue: To the relay.
        clock: Tells the time, in UTC.
    """

    def __init__(self, ledger: LedgerTable, exchange: Exchange, queue: Queue, *, clock: Callable[[], datetime]) -> None:
        self.ledger = ledger
        self._exchange = exchange
        self._queue = queue
        self.clock = clock

    def send(self, entry: Entry, wish: WriteBackRequest, case: MedicalCase, *, source: str) -> None:
        """Ask the relay for something.

        Args:
            entry: The student in the ledger.
            wish: What is asked.
            case: What stands behind it; it gets the message's name.
            source: What stands for what it was made from.

        Raises:
            ChangedMeanwhileError: Somebody else wrote the student's entry meanwhile.
        """
        at, entry = self.clock(), overtaken(entry)
        version = next_version(entry, at)
        request = f"medical-{entry.student}-{version}"
        message = WriteBack(
            request=request,
            student=entry.student,
            version=version,
            policies=wish.policies,
            desired=wish.desired,
            seen=wish.seen.shown if wish.seen else None,
            seen_version=wish.seen.version if wish.seen else 0,
            undo=wish.undo,
            preview=wish.preview,
            rejected=wish.rejected,
            # A person is shown what they declined before, and may have changed their mind.
            declined=entry.declined if wish.purpose == "write" else wish.declining,
        )
        named = {"request": request, "version": version, "purpose": wish.purpose, "at": at}
        self._exchange.put_case(request, case.model_copy(update=named))
        if wish.purpose == "review" and entry.state in _ON_THE_QUEUE and not entry.decided:
            # A preview makes nothing late: what was asked before would be written although a person is asked about it now.
            self._exchange.withdraw(entry.student, entry.version)
        asked = entry.but(
            version=version,
            request=request,
            by=wish.by,
            purpose=wish.purpose,
            state="asked",
            decided=wish.decided,
            asks=wish.policies.conflict == "ask",
            ask_next=False,
            source=source,
            message=self._exchange.put_document(message, write_back_key),
            sent_at=at.isoformat(),
            sendings=0,
            failures=0,
            outcome="",
            code="",
            answered_at="",
            parked=counts_of(case.parked),
            unmapped=sum(case.profile.unmapped_counts.values()) if case.profile else 0,
            left=len(case.unwritten),
            declining=wish.declining,
            withheld=wish.withheld,
        )
        self._post(self.ledger.save(asked), message)
        logger().info("asked of the relay", request=request, purpose=wish.purpose)
        count("MedicalChangesSent")

    def send_overdue(self, *, after: timedelta, linked: Linked) -> None:
        """Send again what was not answered in time; what was sent often enough is a person's to look at.

        That is still sent, as seldom as keeps a message on the queue, until somebody answers: a relay may be off for weeks.

        Args:
            after: What is in time.
            linked: Tells who is still in Operoo by us: what the family of another says is not our business.
        """
        at = self.clock()
        waiting = self.ledger.entries(student for work in _ON_THE_QUEUE for student in self.ledger.waiting(work))
        overdue = {
            student: entry for student, entry in waiting.items() if is_overdue(entry, at, after=after) or is_lapsing(entry, at)
        }
        here = linked(overdue)
        for student, entry in overdue.items():
            # A receipt may have come in since: then there is nothing to send again.
            with suppress(ChangedMeanwhileError):
                if entry.purpose == "undo" or student in here:
                    self._send_again(entry, self.clock())
                else:
                    self.close(entry)

    def close_unlinked(self, linked: Linked) -> None:
        """Close what waits about students who are not in Operoo by us any more, but for what a person takes back.

        Args:
            linked: Tells who is.
        """
        self._close(_OPEN, linked)

    def withdraw(self) -> None:
        """Close whatever the relay may still carry out, but for what a person takes back: nothing is to be written any more."""
        self._close(_ON_THE_QUEUE, lambda _: ())

    def _close(self, works: Iterable[Work], linked: Linked) -> None:
        waiting = [student for work in works for student in self.ledger.waiting(work)]
        here = linked(waiting)
        for entry in self.ledger.entries(student for student in waiting if student not in here).values():
            if entry.purpose != "undo":
                with suppress(ChangedMeanwhileError):  # a receipt may have come in since
                    self.close(entry)
            elif entry.state == "asked":
                # What was asked before it. It itself is carried out all the same.
                self._exchange.withdraw(entry.student, entry.version)

    def close(self, entry: Entry) -> None:
        """Let go of what waits about a student who is not in Operoo by us any more; if they are again, it is asked for anew.

        What is on its way to the relay, or was refused there and stays on its queue, is not carried out any more.

        Raises:
            ChangedMeanwhileError: Somebody else wrote the student's entry meanwhile.
        """
        if entry.state in _ON_THE_QUEUE:
            self._exchange.withdraw(entry.student, entry.version)
        at, code = self.clock(), "review-deselected"
        noted = {"at": at.isoformat(), "digest": entry.last, "outcome": "closed", "code": code}
        self.ledger.note(Noted.model_validate({"student": entry.student, "version": entry.version, **noted}))
        # What a person edited is not written then, so that the family's word is still one.
        closed = entry.but(state="idle", source="", outcome="closed", code=code, parked={}, left=0, declining=())
        # What is asked once they are here again must not be taken for what was withdrawn just before.
        self.ledger.save(closed.but(version=max(entry.version, int(at.timestamp()))))

    def _send_again(self, entry: Entry, at: datetime) -> None:
        try:
            message = self._exchange.document(WriteBack, write_back_key(entry.message))
        except MissingObjectError:
            self.ledger.save(expired(entry))
            return
        again = self.ledger.save(tried_again(entry, at))
        if again.state != entry.state:
            logger().error("given up", request=entry.request, code=again.code)
            count("WriteBackFailed")
            return
        self._post(again, message)
        logger().warning("asked of the relay again", request=entry.request, times=again.sendings + 1)

    def receipt(self, under: str) -> WriteReceipt | None:
        """Return the receipt under a digest; None if there is none, or it has expired."""
        try:
            return self._exchange.document(WriteReceipt, receipt_key(under)) if under else None
        except MissingObjectError:
            return None

    def _post(self, entry: Entry, message: WriteBack) -> None:
        small = len(body_of(message).encode()) <= LARGEST_MESSAGE
        claim = WriteBackClaim(request=entry.request, student=entry.student, version=entry.version, digest=entry.message)
        self._queue.send([message if small else claim], group=entry.student)
        with suppress(ChangedMeanwhileError):  # the relay was quick to answer
            self.ledger.save(entry.but(sendings=entry.sendings + 1))


def counts_of(parked: Iterable[ParkedItem]) -> dict[str, int]:
    """Return how many items are parked, by code."""
    return dict(Counter(item.code for item in parked))
