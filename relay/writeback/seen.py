"""What the cloud is to hold for seen after a message, so that the next one finds who else changed what.

That is the rows as they are, but for two things. What was left as somebody else had it is told as the plan would have made it:
so it differs from what is there for as long as somebody else's word stands, and each message finds the same conflict. And of
what the message did not state, what was seen before is seen still: it said nothing about what somebody made of it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from shared.messages import WriteBack
from shared.writeback.applying import changed
from shared.writeback.comparing import by_key, key_of
from shared.writeback.plan import Plan, Step
from shared.writeback.rows import Image, Row
from shared.writeback.tables import Key, WriteTable, WriteTables
from shared.writeback.wishes import is_declined, wishes


def seen_after(tables: WriteTables, message: WriteBack, plan: Plan, after: Image) -> Image | None:
    """Return what is to be held for seen; None if that is the rows as they are."""
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
        left = (*plan.held, *plan.trimmed)
        self._left = self._by_row(left)
        self._missed = {step.ref for step in left if step.table == table.name and step.kind == "insert" and step.ref}
        self._declined = message.declined
        stated = message.desired.tables.get(table.name) if message.desired else None
        self._is_stated = stated is not None
        self._names = {row.ref: row.values.keys() for row in stated or ()}
        self._items = {key_of(table, one.where): one.ref for one in plan.labels if one.table == table.name and one.where}

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
            # Somebody removed it, and this message says nothing of it, or states it still.
            item = self._table.name if self._table.single else row.ref
            if key not in there and key not in self._before and (not self._is_stated or item in self._missed):
                yield row

    def _of_what_is(self, key: Key, row: Row) -> Iterator[Row]:
        known, left, done = self._known.get(key), self._left.get(key, ()), self._done.get(key, ())
        if any(step.kind == "delete" for step in done):
            known = None  # another one, that was given the same number
        if known is None and not (self._is_stated or done or key not in self._before):
            return
        values = changed(row, [_as_seen(step, known, self._declined) for step in left])
        if values is None:
            return
        if known is not None and (names := self._stated(key)) is not None:
            written = names.union(*(step.values for step in (*left, *done)))
            unsaid = (column.name for column in self._table.content if column.name not in written)
            values |= {name: known.values[name] for name in unsaid if name in known.values}
        yield row.model_copy(update={"values": values})

    def _stated(self, key: Key) -> frozenset[str] | None:
        """Return the columns of a row that the message states; None if that is all of it."""
        if not self._is_stated:
            return frozenset()
        if self._table.single:
            return frozenset().union(*self._names.values())
        item = self._items.get(key)
        return None if item is None else frozenset(self._names.get(item, ()))


def _as_seen(step: Step, seen: Row | None, declined: Collection[str]) -> Step:
    """Return a step that leaves what a person declined before as it was seen: that alone is nobody's word."""
    if seen is None:
        return step
    if step.kind == "delete":
        return replace(step, kind="update", values=seen.values) if is_declined(step, step.values, declined) else step
    found = {name for name, wish in wishes(step, step.values).items() if wish in declined}
    return replace(step, values={**step.values, **{name: seen.values.get(name) for name in found}})
