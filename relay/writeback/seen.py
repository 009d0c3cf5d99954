"""What the cloud is to hold for seen after a message, so that the next one finds who else changed what.

Somebody's word is known once it was answered, not once it was there. What a message wrote, or found to be as it ought to be,
is seen as it is. Of all else what was seen before is seen still: of what the message did not state or could not write, as it
said nothing about what somebody made of it; and of what was left because of somebody else's word, so that each message finds
the same conflict for as long as that word stands. What a person did not want is told as the plan would have made it: it differs
from what is there, and when the family says something else, that is a conflict too.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from shared.messages import WriteBack
from shared.writeback.applying import changed
from shared.writeback.comparing import by_key, is_nothing, key_of
from shared.writeback.declined import is_declined, wishes
from shared.writeback.plan import Plan, Step
from shared.writeback.rows import DesiredRow, Image, Row
from shared.writeback.tables import Key, WriteTable, WriteTables

_Names = frozenset[str]


def seen_after(tables: WriteTables, message: WriteBack, plan: Plan, after: Image) -> Image | None:
    """Return what is to be held for seen; None if that is the rows as they are.

    Args:
        tables: The tables.
        message: What was asked.
        plan: What was done, and what was left; or, of a preview, what a person is shown.
        after: The rows as they are.
    """
    if message.seen is None:
        return None
    found = Image(tables={table.name: tuple(_Seeing(table, message, plan).rows(after)) for table in tables})
    return None if found == after else found


class _Seeing:
    """One table.

    Args:
        table: The table.
        message: What was asked.
        plan: What was done, and what was left.
    """

    def __init__(self, table: WriteTable, message: WriteBack, plan: Plan) -> None:
        self._table = table
        self._known = by_key(table, message.seen.rows(table.name) if message.seen else ())
        self._before = by_key(table, plan.before.rows(table.name))
        self._done = self._by_row(plan.steps)
        self._contested = self._by_row(plan.contested)
        self._unwanted = self._by_row((*(step for step in plan.held if step not in plan.contested), *plan.trimmed))
        left = (*plan.held, *plan.trimmed)
        self._missed = {step.ref for step in left if step.table == table.name and step.kind == "insert" and step.ref}
        gone = (one for one in plan.conflicts if one.table == table.name and one.how == "removed")
        self._gone = {key_of(table, one.where): one.ref for one in gone if one.ref in self._missed}
        self._declined = message.declined
        self._merges = message.policies.ownership == "merge"
        parked = {one.ref for one in plan.parked if one.table == table.name}
        stated = message.desired.tables.get(table.name, ()) if message.desired else ()
        self._stated = [row for row in stated if row.ref not in parked]
        # With some of it parked nobody knows what the family says of the rows that it does not state.
        self._is_whole = self._is_all_stated(message) and not parked
        self._items = {key_of(table, one.where): one.ref for one in plan.labels if one.table == table.name and one.where}
        self._placed = {one.ref for one in plan.labels if one.table == table.name}

    def _is_all_stated(self, message: WriteBack) -> bool:
        wanted = message.desired
        return wanted is not None and self._table.name in wanted.tables and self._table.name not in wanted.incomplete

    def _by_row(self, steps: Iterable[Step]) -> Mapping[Key, list[Step]]:
        found: defaultdict[Key, list[Step]] = defaultdict(list)
        for step in steps:
            if step.table == self._table.name and step.where:
                found[key_of(self._table, step.where)].append(step)
        return dict(found)

    def rows(self, after: Image) -> Iterator[Row]:
        """Yield the rows of the table that are held for seen."""
        there = by_key(self._table, after.rows(self._table.name))
        for key, row in there.items():
            yield from self._of_what_is(key, row)
        for key, row in self._known.items():
            if key not in there and key not in self._before and self._is_missed(key, row, there):
                yield row if self._table.single else row.model_copy(update={"ref": self._gone.get(key, row.ref)})

    def _is_missed(self, key: Key, row: Row, there: Collection[Key]) -> bool:
        """Say whether somebody removed a row of which this message says nothing, or which it states still."""
        if self._table.single:
            return self._table.name in self._missed or not (self._stated or there)
        return key in self._gone or row.ref in self._missed or not (self._is_whole or row.ref in self._placed)

    def _of_what_is(self, key: Key, row: Row) -> Iterator[Row]:
        known, done, unwanted = self._known.get(key), self._done.get(key, ()), self._unwanted.get(key, ())
        if any(step.kind == "delete" for step in done):
            known = None  # another one, that was given the same number
        said = self._said(key)
        if known is None and (key in self._contested or not (said is not None or done or unwanted or key not in self._before)):
            return
        values = changed(row, [_as_seen(step, known, self._declined) for step in unwanted])
        if values is None:
            return
        if known is not None or key in self._before:
            answered = (said or frozenset()).union(*(step.values for step in (*done, *unwanted)), self._table.key)
            contested = frozenset().union(*(step.values for step in self._contested.get(key, ())))
            unsaid = self._content - (answered - contested)
            values = {name: value for name, value in values.items() if name not in unsaid}
            values |= {name: value for name, value in (known.values if known else {}).items() if name in unsaid}
        yield row.model_copy(update={"values": values})

    @property
    def _content(self) -> _Names:
        return frozenset(column.name for column in self._table.content)

    def _said(self, key: Key) -> _Names | None:
        """Return the columns of which the message says what a row is to hold; None if it does not speak of the row."""
        if self._table.single:
            return frozenset().union(*map(self._named, self._stated)) or None
        if key in self._items:
            item = self._items[key]
            return frozenset().union(*(self._named(row) for row in self._stated if row.ref == item))
        left = (*self._contested.get(key, ()), *self._unwanted.get(key, ()))
        # That nobody states it says all that there is to say.
        return self._content if self._is_whole and not left else None

    def _named(self, row: DesiredRow) -> _Names:
        """Return the columns that a row states; where rows are merged, an empty field says nothing of a table's only row."""
        if not (self._table.single and self._merges):
            return frozenset(row.values)
        columns = ((self._table.by_name.get(name), value) for name, value in row.values.items())
        return frozenset(one.name for one, value in columns if one and (value is False or not is_nothing(one, value)))


def _as_seen(step: Step, seen: Row | None, declined: Collection[str]) -> Step:
    """Return a step that leaves what a person declined before as it was seen: that alone is nobody's word."""
    if seen is None:
        return step
    if step.kind == "delete":
        return replace(step, kind="update", values=seen.values) if is_declined(step, step.values, declined) else step
    found = {name for name, wish in wishes(step, step.values).items() if wish in declined}
    return replace(step, values={**step.values, **{name: seen.values.get(name) for name in found}})
