"""Carries out what a person decided: write what they do not reject, as they edited it; or take back what was written.

What was decided before, or about something that is no longer so, does nothing: the request that it came from was refused then.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from functions.pull_medical.sending import Linked, Sender, WriteBackRequest
from functions.records.case import MedicalCase
from functions.records.ledger import Entry, Noted
from functions.runtime.observability import count, logger
from functions.store.exchange import Exchange, MissingObjectError
from shared.keys import case_key, write_back_key
from shared.messages import DecideCase, Edit, Undo, UndoWriteBack, WriteBack
from shared.receipts import WrittenRow
from shared.writeback.declined import is_end, wishes
from shared.writeback.plan import Policies, Rejected
from shared.writeback.rows import Desired, DesiredRow

_DECIDED = ("decided", "rejected", "late")


class Decider:
    """Carries out decisions.

    Args:
        exchange: Where cases, messages and receipts lie.
        sender: Asks the relay.
        policies: What is done where there is a choice.
        linked: Tells who is still in Operoo by us.
    """

    def __init__(self, exchange: Exchange, sender: Sender, policies: Policies, *, linked: Linked) -> None:
        self._exchange = exchange
        self._sender = sender
        self._policies = policies
        self._linked = linked

    def decide(self, decision: DecideCase) -> None:
        """Write what a person does not reject; nothing if that is all, or if the student was deselected meanwhile.

        Raises:
            MissingObjectError: What they decided about has expired.
        """
        entry = self._sender.ledger.entry(decision.student)
        if entry.state != "review" or entry.version != decision.version:
            logger().warning("decision is late", student=decision.student, version=decision.version)
            self._note_late(decision)
            return
        if not self._linked([entry.student]):
            logger().warning("decision about who is not synchronised", student=decision.student, version=decision.version)
            self._sender.close(entry)
            return
        case = self._exchange.document(MedicalCase, case_key(entry.request))
        message = self._exchange.document(WriteBack, write_back_key(entry.message))
        rows = {item.number: item.row for item in case.items}
        count("MedicalReviewed")
        rejects_all = not decision.edits and set(rows) <= set(decision.reject)
        self._note(entry, decision, "rejected" if rejects_all else "decided", items=len(rows))
        declined = _declined(rows, decision)
        accepted = {
            wish for number in rows.keys() - decision.reject for wish in wishes(rows[number], rows[number].new).values()
        }
        # What is rejected is not asked again, nor what is edited once it is written; what is accepted is no longer rejected.
        entry = entry.but(declined=tuple(dict.fromkeys([*(one for one in entry.declined if one not in accepted), *declined])))
        if rejects_all:
            self._sender.ledger.save(entry.but(state="idle", outcome="rejected", by=decision.by))
            return
        looked = self._sender.receipt(entry.last)
        if message.desired is None or looked is None:
            raise AssertionError  # what waits for a decision is a preview, and its receipt was noted last
        wish = WriteBackRequest(
            "write",
            # Whoever changes a row between the look and now is asked again.
            self._policies.model_copy(update={"conflict": "ask"}),
            desired=_edited(message.desired, rows, decision.edits),
            seen=looked,
            rejected=tuple(_rejected(rows, decision)),
            declining=tuple(_edited_away(rows, decision, to_what_is_there=False)),
            decided=True,
            by=decision.by,
        )
        self._sender.send(entry, wish, case.model_copy(update={"items": ()}), source=entry.source)

    def _note_late(self, decision: DecideCase) -> None:
        """Tell who decided in vain because somebody else had just decided; a message that comes twice tells nothing."""
        decided = self._decided(decision)
        if decided and decision.by not in decided:
            late = {"at": self._at(), "outcome": "late", "by": decision.by, "counts": {}}
            self._sender.ledger.note(next(iter(decided.values())).model_copy(update=late))

    def _decided(self, decision: DecideCase) -> Mapping[str, Noted]:
        """Return what is noted of who decided about the same."""
        history = self._sender.ledger.history(decision.student)
        return {noted.by: noted for noted in history if noted.version == decision.version and noted.outcome in _DECIDED}

    def _at(self) -> str:
        return self._sender.clock().isoformat()

    def _note(self, entry: Entry, decision: DecideCase, outcome: str, *, items: int) -> None:
        if decision.by in self._decided(decision):
            return  # it was cut off then
        rejected = len(decision.reject)
        noted = Noted(
            student=decision.student,
            version=decision.version,
            at=self._at(),
            digest=entry.last,
            outcome=outcome,
            by=decision.by,
            counts={"accepted": items - rejected, "rejected": rejected, "edited": len(decision.edits)},
        )
        self._sender.ledger.note(noted)

    def undo(self, wish: UndoWriteBack) -> None:
        """Have taken back what a receipt tells of, and not written again until somebody states something else."""
        ledger = self._sender.ledger
        applied = (one for one in ledger.history(wish.student) if one.version == wish.version and one.outcome == "applied")
        noted = next(applied, None)
        receipt = self._sender.receipt(noted.digest) if noted else None
        if receipt is None or receipt.before is None or receipt.after is None:
            logger().warning("there is nothing to take back any more", student=wish.student, version=wish.version)
            return
        entry = ledger.entry(wish.student)
        # What is not written yet may be overtaken by this, so it has to be sent or asked for anew.
        keeps = entry.state == "idle"
        declining = (one for row in receipt.rows for one in wishes(row, row.new).values())
        taken_back = WriteBackRequest(
            "undo",
            self._policies,
            seen=self._sender.receipt(entry.seen),
            undo=Undo(before=receipt.before, after=receipt.after),
            # That what a person took back ends was no wish of the family's.
            declining=tuple(one for one in declining if not (receipt.undo and is_end(one))),
            by=wish.by,
        )
        case = self._unsaid(entry) if keeps else MedicalCase(student=wish.student)
        self._sender.send(entry, taken_back, case, source=entry.source if keeps else "")

    def _unsaid(self, entry: Entry) -> MedicalCase:
        """Return a case with what could not be written of the family's word: it still cannot, and a person may look at it."""
        if entry.parked or entry.left:
            with suppress(MissingObjectError):
                case = self._exchange.document(MedicalCase, case_key(entry.request))
                return MedicalCase(student=entry.student, parked=case.parked, unwritten=case.unwritten)
        return MedicalCase(student=entry.student)


def _declined(rows: Mapping[int, WrittenRow], decision: DecideCase) -> list[str]:
    """Return what stands for what a person rejects; so they do who edit it to what is there already."""
    of_items = [one for number in decision.reject for one in wishes(rows[number], rows[number].new).values()]
    of_columns = _of_columns(rows, decision.rejected_columns.items())
    return [*of_items, *of_columns, *_edited_away(rows, decision, to_what_is_there=True)]


def _edited_away(rows: Mapping[int, WrittenRow], decision: DecideCase, *, to_what_is_there: bool) -> Iterator[str]:
    """Yield what stands for what a person edits of a family's word."""
    edits = (one for one in decision.edits if _is_there(rows[one.item], one) is to_what_is_there)
    return _of_columns(rows, ((one.item, (one.column,)) for one in edits))


def _is_there(row: WrittenRow, edit: Edit) -> bool:
    old = str(row.old.get(edit.column) or "").rstrip()
    return row.kind == "update" and old == str(edit.value or "").rstrip()


def _of_columns(rows: Mapping[int, WrittenRow], some: Iterable[tuple[int, tuple[str, ...]]]) -> Iterator[str]:
    """Yield what stands for what a family states in single columns of items."""
    found = (wishes(rows[number], rows[number].new).get(name) for number, columns in some for name in columns)
    return (one for one in found if one)


def _rejected(rows: dict[int, WrittenRow], decision: DecideCase) -> Iterable[Rejected]:
    for number in decision.reject:
        yield _of(rows[number], ())
    for number, columns in decision.rejected_columns.items():
        yield _of(rows[number], columns)


def _of(row: WrittenRow, columns: tuple[str, ...]) -> Rejected:
    return Rejected(table=row.table, ref=row.ref, where=row.where, columns=columns)


def _edited(desired: Desired, rows: dict[int, WrittenRow], edits: Iterable[Edit]) -> Desired:
    tables = dict(desired.tables)
    for edit in edits:
        row = rows[edit.item]
        tables[row.table] = tuple(_with(one, row, edit) for one in tables.get(row.table, ()))
    return desired.model_copy(update={"tables": tables})


def _with(wanted: DesiredRow, row: WrittenRow, edit: Edit) -> DesiredRow:
    """Put a value into the row that states an item, or into the part of a table's only row that states the column."""
    if edit.column not in wanted.values or row.ref not in {row.table, wanted.ref}:
        return wanted
    return wanted.model_copy(update={"values": {**wanted.values, edit.column: edit.value}})
