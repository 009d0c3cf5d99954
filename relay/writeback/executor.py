"""Carries out one message on an open connection: all of it in one transaction, or nothing."""

import time
from collections.abc import Iterator

from relay.database.causes import BEGUN_AGAIN, TIMEOUT
from relay.writeback.database import WriteSession
from relay.writeback.diff import Diff
from relay.writeback.journal import Journal
from relay.writeback.receipts import ReceiptWriter
from relay.writeback.recovery import standing_of
from relay.writeback.student import StepForbiddenError, StudentRows, unknown_student
from relay.writeback.write_contract import WriteContract
from shared.errors import SynergeticUnavailableError
from shared.messages import WriteBack
from shared.receipts import WriteReceipt
from shared.synergetic.write_statements import PEOPLE
from shared.writeback.applying import applied
from shared.writeback.case import Case, Forbidden, part_of
from shared.writeback.case import forbidden as forbidden_by
from shared.writeback.declined import is_end
from shared.writeback.plan import Plan, Step
from shared.writeback.planning import plan
from shared.writeback.rows import Image
from shared.writeback.undoing import undo_plan

# Somebody has this student's rows in use; those of others may be free.
IN_USE = BEGUN_AGAIN | {TIMEOUT.code}
_TRIES = 3
_FORBIDDEN_MOST = 20
_MILLISECONDS = 1000


class Executor:
    """Carries out messages.

    Args:
        session: The connection.
        contract: What may be written, and how.
        journal: What is noted before it counts.
        receipt_writer: Who writes receipts.
    """

    def __init__(
        self, session: WriteSession, contract: WriteContract, journal: Journal, *, receipt_writer: ReceiptWriter
    ) -> None:
        self._session = session
        self._contract = contract
        self._journal = journal
        self._receipt_writer = receipt_writer

    def write(self, message: WriteBack) -> WriteReceipt:
        """Carry out a message, from its beginning again if the database favoured somebody else; a preview changes nothing.

        What a constraint of the database's forbids is parked, or stays, and the rest is done.

        Raises:
            RejectedRecordError: This one cannot be written.
            FatalError: Nothing can be written; or the journal cannot be used.
            SynergeticUnavailableError: The database does not answer. If that was at the commit, the journal knows of it.
        """
        began, message = time.perf_counter(), self._informed(message)
        forbidden: set[Forbidden] = set()
        while True:
            try:
                return self._tried(message, began, frozenset(forbidden))
            except StepForbiddenError as error:
                what = forbidden_by(self._contract.tables, error.step)
                # An undo is done as a whole. And where so much is forbidden, it is not this or that item.
                if message.undo is not None or what in forbidden or len(forbidden) >= _FORBIDDEN_MOST:
                    raise
                forbidden |= self._parts_forbidden(message, error.step, frozenset(forbidden)) or {what}

    def _parts_forbidden(self, message: WriteBack, step: Step, forbidden: frozenset[Forbidden]) -> set[Forbidden]:
        """Find out which parts of a table's only row are forbidden: each is tried without the others, and then taken back."""
        if message.desired is None or not self._contract.tables[step.table].single:
            return set()
        there = {part_of(row.ref) for row in message.desired.tables.get(step.table, ())}
        parts: set[Forbidden] = {(step.kind, step.table, part) for part in there}
        parts -= forbidden
        return {part for part in parts if self._is_forbidden(message, step.table, forbidden | (parts - {part}))}

    def _is_forbidden(self, message: WriteBack, table: str, forbidden: frozenset[Forbidden]) -> bool:
        with self._session.transaction():
            rows = StudentRows(self._session, self._contract, message.student)
            steps = (step for step in self._plan(message, rows.read(), forbidden).steps if step.table == table)
            try:
                for step in steps:
                    rows.attempt(step)
            except StepForbiddenError:
                return True
        return False

    def _tried(self, message: WriteBack, began: float, forbidden: frozenset[Forbidden]) -> WriteReceipt:
        for tries_left in reversed(range(_TRIES)):
            try:
                with self._session.transaction():
                    receipt = self._written(message, began, forbidden)
            except SynergeticUnavailableError as error:
                if error.code not in BEGUN_AGAIN or not tries_left:
                    raise
            else:
                return receipt
        raise AssertionError  # the last try returns or raises

    def _informed(self, message: WriteBack) -> WriteBack:
        """Return a message with the rows as they were last told of: while it was on its way others may have been carried out.

        Raises:
            FatalError: The journal cannot be used.
        """
        told = self._journal.told(message.student, since=message.seen_version)
        if not told:
            return message
        # What came back meanwhile has another number than what the message knows to be declined.
        back = (one for receipt in told for one in receipt.declined) if any(map(is_end, message.declined)) else ()
        return message.model_copy(update={"seen": told[0].shown, "declined": (*message.declined, *back)})

    def _written(self, message: WriteBack, began: float, forbidden: frozenset[Forbidden]) -> WriteReceipt:
        rows = StudentRows(self._session, self._contract, message.student)
        found = self._plan(message, rows.read(), forbidden)
        if message.preview or not found.steps:
            return self._receipt(message, found, applied(self._contract.tables, found, {}), began)
        receipt = self._receipt(message, found, rows.write(found), began)
        self._journal.intend(receipt)
        self._session.commit()
        return receipt

    def _receipt(self, message: WriteBack, found: Plan, after: Image, began: float) -> WriteReceipt:
        receipt = self._receipt_writer.planned(message, found, after, contract=self._contract)
        return receipt.model_copy(update={"duration_ms": round((time.perf_counter() - began) * _MILLISECONDS)})

    def told(self, message: WriteBack, *, show_values: bool) -> Iterator[str]:
        """Yield what carrying out a message would do, and by which statements; nothing is written.

        Raises:
            IntegrationError: It cannot be found out.
        """
        message = self._informed(message)
        rows = StudentRows(self._session, self._contract, message.student)
        with self._session.transaction():
            found = self._plan(message, rows.read())
        statements = [(step, rows.change(step, {}).statement) for step in found.steps]
        diff = Diff(self._contract.tables, self._contract.statements.called, show_values=show_values)
        yield from diff.lines(message, found, statements)

    def _plan(self, message: WriteBack, current: Image, forbidden: frozenset[Forbidden] = frozenset()) -> Plan:
        """Return what is to be done.

        Raises:
            RejectedRecordError: There is no such student.
        """
        tables = self._contract.tables
        if not current.rows(PEOPLE):
            raise unknown_student()
        if message.desired is not None:
            case = Case(
                tables,
                current,
                message.desired,
                message.seen,
                message.policies,
                rejected=message.rejected,
                declined=frozenset(message.declined),
                forbidden=forbidden,
            )
            return plan(case)
        if message.undo is None:
            raise AssertionError  # a message asks for one of the two
        return undo_plan(tables, current, before=message.undo.before, after=message.undo.after, seen=message.seen)

    def settle(self) -> set[str]:
        """Find out what became of writes that were cut off, and note it; return the students whose rows are in use.

        Raises:
            IntegrationError: It cannot be found out.
        """
        in_use: set[str] = set()
        for noted in self._journal.intended():
            receipt = noted.receipt
            try:
                with self._session.transaction():
                    current = StudentRows(self._session, self._contract, receipt.student).read()
            except SynergeticUnavailableError as error:
                if error.code not in IN_USE:
                    raise
                in_use.add(receipt.student)
                continue
            match standing_of(self._contract.tables, receipt, current):
                case "written":
                    self._journal.conclude(receipt)
                case "not written":
                    self._journal.forget(receipt.request)
                case "unclear":
                    # At this hour: a machine that was restored may have told long ago, under the write's own, that it counts.
                    unclear = {"outcome": "interrupted", "at": self._receipt_writer.clock()}
                    self._journal.conclude(receipt.model_copy(update=unclear))
        return in_use
