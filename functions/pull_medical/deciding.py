"""Carries out what a person decided: write what they do not reject, as they edited it; or take back what was written.

What was decided before, or about something that is no longer so, does nothing: the request that it came from was refused then.
"""

from collections.abc import Iterable

from functions.pull_medical.sending import Sender, Wish
from functions.records.case import MedicalCase
from functions.records.ledger import wish_of
from functions.runtime.observability import count, logger
from functions.store.exchange import Exchange, MissingObjectError
from shared.keys import case_key, receipt_key, write_back_key
from shared.messages import DecideCase, Edit, Undo, UndoWriteBack, WriteBack
from shared.receipts import PlannedRow, WriteReceipt
from shared.writeback.plan import Policies, Rejected
from shared.writeback.rows import Desired, DesiredRow


class Decider:
    """Carries out decisions.

    Args:
        exchange: Where cases, messages and receipts lie.
        sender: Asks the relay.
        policies: What is done where there is a choice.
    """

    def __init__(self, exchange: Exchange, sender: Sender, policies: Policies) -> None:
        self._exchange = exchange
        self._sender = sender
        self._policies = policies

    def decide(self, decision: DecideCase) -> None:
        """Write what a person does not reject; nothing if that is all.

        Raises:
            MissingObjectError: What they decided about has expired.
        """
        entry = self._sender.ledger.entry(decision.student)
        if entry.state != "review" or entry.version != decision.version:
            logger().warning("decision is late", student=decision.student, version=decision.version)
            return
        case = self._exchange.document(MedicalCase, case_key(entry.request))
        message = self._exchange.document(WriteBack, write_back_key(entry.message))
        rows = {item.number: item.row for item in case.items}
        count("MedicalReviewed")
        whole = {number: rows[number] for number in decision.reject}
        # What stands for them keeps the same from being asked again.
        remembered = tuple(sorted({*entry.rejected, *map(wish_of, whole.values())} - self._accepted(case, decision)))
        entry = entry.but(rejected=remembered)
        if not decision.edits and set(rows) <= set(whole):
            self._sender.ledger.save(entry.but(state="idle", outcome="rejected"))
            return
        if message.desired is None:
            raise AssertionError  # a preview is of what ought to be there
        wish = Wish(
            "write",
            # Whoever changes a row between the look and now is asked again.
            self._policies.model_copy(update={"conflict": "ask"}),
            desired=_edited(message.desired, rows, decision.edits),
            seen=self._sender.seen(entry),
            rejected=tuple(_rejected(rows, decision)),
        )
        self._sender.send(entry, wish, case.model_copy(update={"items": ()}), source=entry.source)

    @staticmethod
    def _accepted(case: MedicalCase, decision: DecideCase) -> set[str]:
        return {wish_of(item.row) for item in case.items if item.number not in decision.reject}

    def undo(self, wish: UndoWriteBack) -> None:
        """Have taken back what a receipt tells of."""
        ledger = self._sender.ledger
        noted = next(
            (one for one in ledger.history(wish.student) if one.version == wish.version and one.outcome == "applied"), None
        )
        if noted is None:
            logger().warning("there is nothing to take back", student=wish.student, version=wish.version)
            return
        try:
            receipt = self._exchange.document(WriteReceipt, receipt_key(noted.digest))
        except MissingObjectError:
            logger().warning("the receipt has expired", student=wish.student, version=wish.version)
            return
        if receipt.before is None or receipt.after is None:
            raise AssertionError  # a receipt of what was applied has both
        entry = ledger.entry(wish.student)
        # What waited for a person is overtaken by this, so it has to be asked for anew.
        source = "" if entry.state == "review" else entry.source
        undo = Wish("undo", self._policies, undo=Undo(before=receipt.before, after=receipt.after))
        self._sender.send(entry, undo, MedicalCase(student=wish.student), source=source)


def _rejected(rows: dict[int, PlannedRow], decision: DecideCase) -> Iterable[Rejected]:
    for number in decision.reject:
        yield _of(rows[number], ())
    for number, columns in decision.rejected_columns.items():
        yield _of(rows[number], columns)


def _of(row: PlannedRow, columns: tuple[str, ...]) -> Rejected:
    return Rejected(table=row.table, ref=row.ref, where=row.where, columns=columns)


def _edited(desired: Desired, rows: dict[int, PlannedRow], edits: Iterable[Edit]) -> Desired:
    tables = dict(desired.tables)
    for edit in edits:
        row = rows[edit.item]
        tables[row.table] = tuple(_with(one, row, edit) for one in tables.get(row.table, ()))
    return desired.model_copy(update={"tables": tables})


def _with(wanted: DesiredRow, row: PlannedRow, edit: Edit) -> DesiredRow:
    """Put a value into the row that states an item, or into the part of a table's only row that states the column."""
    if edit.column not in wanted.values or row.ref not in {"", row.table, wanted.ref}:
        return wanted
    return wanted.model_copy(update={"values": {**wanted.values, edit.column: edit.value}})
