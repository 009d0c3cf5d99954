"""Writes back what the cloud asks for, message by message, and answers each: the use case of two-way mode.

A message is taken off the queue only once its receipt is sent, and a receipt is sent only from the journal. So whatever happens
in between, a message is carried out once, and answered at least once.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from relay.cloud.queues import QueueMessage
from relay.database.settings import DatabaseSettings
from relay.lock import WRITING, only_run
from relay.logs import LOGGER
from relay.unexpected_errors import UNEXPECTED, foreseen
from relay.version_check import VersionCheck
from relay.writeback.database import WriteDatabase, WriteSession
from relay.writeback.executor import IN_USE, Executor
from relay.writeback.journal import Journal
from relay.writeback.messages import Messages
from relay.writeback.receipts import ReceiptWriter
from relay.writeback.write_contract import checked_contract
from shared.errors import FatalError, IntegrationError, RejectedRecordError, SettingsError, SynergeticUnavailableError
from shared.messages import WriteBack, WriteBackClaim
from shared.receipts import WriteReceipt

_LOG = logging.getLogger(LOGGER)
_PRUNED_EVERY = timedelta(hours=1)
_TOLD = {"applied": "Written back", "planned": "Looked what would be written back"}


class WriteBacks:
    """The use case.

    Args:
        settings: `[synergetic]`.
        database: Makes the database that may be written to.
        journal: What is noted on this machine.
        messages: The way in and out.
        version_check: Tells how this relay stands to its stack.
        receipt_writer: Who writes receipts.
        folder: The state folder, in which two never write at a time.

    Attributes:
        in_use: The students who were not written in the last pass as somebody has their rows in use; they are tried again.
    """

    def __init__(  # noqa: PLR0913 - the parts of one use case, put together in one place
        self,
        settings: DatabaseSettings,
        database: Callable[[], WriteDatabase],
        *,
        journal: Journal,
        messages: Messages,
        version_check: Callable[[], VersionCheck],
        receipt_writer: ReceiptWriter,
        folder: Path,
    ) -> None:
        self._settings = settings
        self._database = database
        self._journal = journal
        self._messages = messages
        self._version_check = version_check
        self._receipt_writer = receipt_writer
        self._folder = folder
        self._pruned_at: datetime | None = None
        self._withdrawn: Mapping[str, int] = {}
        self.in_use: set[str] = set()

    def look(self) -> None:
        """Find out whether anything may be written; nothing is.

        Raises:
            FatalError: Nothing may be.
            TransientError: The database does not answer.
        """
        self._refuse_without_answers()
        with self._database().writing() as session:
            self._executor(session)

    def unsent(self) -> int:
        """Return how many receipts wait to be sent.

        Raises:
            FatalError: The journal cannot be used.
        """
        return len(self._journal.unsent())

    def carry_out(self, queued_messages: Sequence[QueueMessage]) -> list[WriteReceipt]:
        """Carry out messages in their order, and what an earlier pass left; return the receipts of those that were done.

        Raises:
            FatalError: Nothing can be written; the messages stay, and the cloud knows why.
            TransientError: The database or AWS does not answer; what is not done stays.
        """
        self.in_use = set()
        with only_run(self._folder, lock=WRITING):
            self._prune()
            if not queued_messages and not (self._journal.intended() or self._journal.unsent()):
                return []
            self._refuse_without_answers()
            self._flush()
            waiting = [queued for queued in queued_messages if not self._known(queued)]
            self._withdrawn = self._messages.withdrawn() if waiting else {}
            return self._connected(waiting) if waiting or self._journal.intended() else []

    def _prune(self) -> None:
        """Let go of what was kept for long enough, also where nothing is asked for weeks, or nothing may be written."""
        now = self._receipt_writer.clock()
        # A last time that lies far ahead was told by a wrong clock.
        if self._pruned_at is None or abs(now - self._pruned_at) >= _PRUNED_EVERY:
            self._journal.prune(now)
            self._pruned_at = now

    def _refuse_without_answers(self) -> None:
        if not self._messages.answers:
            raise SettingsError(
                "There is no queue for receipts, so nothing is written back.",
                remedy="Set `receipt_queue_url` in [exchange]: the stack prints it as an output.",
                code="no-receipt-queue",
            )

    def preview(self, queued_messages: Sequence[QueueMessage], say: Callable[[str], object], *, show_values: bool) -> None:
        """Say what carrying out messages would do, after the same checks; nothing is written, answered or taken off the queue.

        Raises:
            IntegrationError: Nothing could be written either.
        """
        database, self._withdrawn = self._database(), self._messages.withdrawn()
        with database.writing() as session:
            executor = self._executor(session)
            for queued in queued_messages:
                for line in self._told(executor, _message(queued), show_values=show_values):
                    say(line)

    def _told(self, executor: Executor, message: WriteBack | WriteBackClaim, *, show_values: bool) -> Iterator[str]:
        about = f"Student {message.student}, version {message.version} ({message.request})"
        if self._journal.is_done(message.request) or message.version <= self._journal.version(message.student):
            yield f"{about}: it was carried out before, or a newer one was. Nothing is written."
            return
        try:
            opened = self._messages.opened(message)
            if self._is_withdrawn(opened):
                yield f"{about}: it was withdrawn. Nothing is written."
                return
            yield from executor.told(opened, show_values=show_values)
        except RejectedRecordError as error:
            yield f"{about}: {error}"

    def _connected(self, queued_messages: list[QueueMessage]) -> list[WriteReceipt]:
        messages = [_message(queued) for queued in queued_messages]
        try:
            with self._database().writing() as session:
                executor = self._executor(session)
                self.in_use = executor.settle()
                self._flush()
                return list(self._done(executor, queued_messages))
        except FatalError as error:
            self._refuse(messages, error)
            raise

    def _executor(self, session: WriteSession) -> Executor:
        contract = checked_contract(session, self._settings, self._version_check())
        return Executor(session, contract, self._journal, receipt_writer=self._receipt_writer)

    def _done(self, executor: Executor, queued_messages: list[QueueMessage]) -> Iterator[WriteReceipt]:
        """Carry out messages. Of a student whose rows are in use all of them wait: a later one must not overtake the others."""
        for queued in queued_messages:
            student = _message(queued).student
            if student in self.in_use:
                continue
            try:
                receipt = self._one(executor, queued)
            except SynergeticUnavailableError as error:
                if error.code not in IN_USE:
                    raise
                _LOG.warning("One student was not written back yet: %s", error, extra={"code": error.code})
                self.in_use.add(student)
                continue
            if receipt is not None:
                yield receipt

    def _one(self, executor: Executor, queued: QueueMessage) -> WriteReceipt | None:
        message = _message(queued)
        if self._journal.is_done(message.request):
            self._messages.done(queued)  # a write that was cut off turned out to count, and is answered by now
            return None
        try:
            with foreseen():
                receipt = self._outcome(executor, message)
        except IntegrationError as error:
            # A defect of ours that one student's message brings out must not keep the others waiting either.
            if not isinstance(error, RejectedRecordError) and error.code != UNEXPECTED:
                raise
            _LOG.warning("One student was not written back: %s", error, extra={"code": error.code})
            failed = self._receipt_writer.problem(message, "failed", error)
            self._messages.send(failed)
            return failed
        self._journal.conclude(receipt)
        self._flush()
        self._messages.done(queued)
        _log_done(receipt)
        return receipt

    def _outcome(self, executor: Executor, message: WriteBack | WriteBackClaim) -> WriteReceipt:
        is_late = message.version <= self._journal.version(message.student)
        if is_late or self._is_withdrawn(opened := self._messages.opened(message)):
            return self._receipt_writer.plain(message, "superseded")
        return executor.write(opened)

    def _is_withdrawn(self, message: WriteBack) -> bool:
        """Say whether a message is not to be carried out any more. What a person takes back is, whoever is selected."""
        return message.undo is None and message.version <= self._withdrawn.get(message.student, 0)

    def _known(self, queued: QueueMessage) -> bool:
        """If a message was carried out before, answer it again and take it off the queue."""
        message = _message(queued)
        if not self._journal.is_done(message.request):
            return False
        if not self._journal.send_again(message.request):
            # Its receipt is no longer kept, and the stack seems not to have it: it asks anew.
            self._messages.send(self._receipt_writer.plain(message, "superseded"))
        self._flush()
        self._messages.done(queued)
        return True

    def _flush(self) -> None:
        for noted in self._journal.unsent():
            self._messages.send(noted.receipt)
            self._journal.sent(noted)

    def _refuse(self, messages: list[WriteBack | WriteBackClaim], error: FatalError) -> None:
        """Tell of each message, once, that nothing is written, and why; it stays on the queue for when that has changed."""
        try:
            for message in messages:
                told = self._journal.is_done(message.request) or self._journal.knows_refusal(message.request, error.code)
                if not told:
                    self._messages.send(self._receipt_writer.problem(message, "refused", error))
                    self._journal.refused(message.request, error.code)
        except IntegrationError as second:
            # The first error is the one to tell; often this is the same one again.
            _LOG.warning("The refusal could not be told", extra={"code": second.code})


def _message(queued: QueueMessage) -> WriteBack | WriteBackClaim:
    if not isinstance(queued.message, WriteBack | WriteBackClaim):
        raise TypeError("not a message about what is to be written back")
    return queued.message


def _log_done(receipt: WriteReceipt) -> None:
    _LOG.info(
        _TOLD.get(receipt.outcome, "There was nothing to write back"),
        extra={
            "outcome": receipt.outcome,
            "rows": sum(sum(counts.values()) for counts in receipt.counts.values()),
            "parked": len(receipt.parked),
            "conflicts": len(receipt.conflicts),
            "duration_ms": receipt.duration_ms,
        },
    )
