"""What somebody changed since the cloud last saw it and a step would change again, and what cannot be done without the step."""

from collections.abc import Iterable, Iterator, Sequence

from shared.writeback.case import Case, Place, parents_of
from shared.writeback.comparing import differing, key_of
from shared.writeback.plan import Conflict, Step
from shared.writeback.tables import Key, WriteTable


def conflicts(case: Case, steps: Iterable[Step]) -> list[tuple[Step, Conflict]]:
    """Return the steps that would change what somebody else changed, each with what they did."""
    if case.seen is None:
        return []
    removed: set[Place] = set()
    found = ((step, _conflict(case, step, removed)) for step in steps)
    return [(step, conflict) for step, conflict in found if conflict is not None]


def _conflict(case: Case, step: Step, removed: set[Place]) -> Conflict | None:
    table = case.tables[step.table]
    if step.kind == "insert":
        return _removed(case, table, step, removed)
    key = key_of(table, step.where)
    row, seen = case.there[table.name][key], case.was_seen[table.name].get(key)
    if seen is None:
        return Conflict(table.name, "added", step.where)
    changed = differing(table.content, seen.values, row.values)
    # Whoever changes one column of a row does not object to a change of another, but surely to its removal.
    if not _removes(table, step):
        changed = tuple(name for name in changed if name in step.values)
    return Conflict(table.name, "changed", step.where, changed) if changed else None


def _removed(case: Case, table: WriteTable, step: Step, removed: set[Place]) -> Conflict | None:
    """Return that somebody removed the row that an insert would bring back; each row is brought back once."""
    seen = case.was_seen[table.name]
    # The only row of a table states several items, and bears the name of none.
    key = next(iter(seen), None) if table.single else case.known.get((table.name, step.new))
    if key is None:
        key = next((one for one in _of_the_same(case, table, step) if (table.name, one) not in removed), None)
    if key is None or key in case.there[table.name]:
        return None
    removed.add((table.name, key))
    return Conflict(table.name, "removed", table.where(seen[key]), ref=step.new)


def _of_the_same(case: Case, table: WriteTable, step: Step) -> Iterator[Key]:
    """Yield rows that are gone and stated the same thing under another name, such as a profile has that was made anew."""
    stated = {row.ref for row in case.desired.tables[table.name]}
    columns = [table.by_name[name] for name in table.same or table.key]
    for key, row in case.was_seen[table.name].items():
        is_lost = row.ref and row.ref not in stated and key not in case.there[table.name]
        if is_lost and not differing(columns, row.values, step.values):
            yield key


def _removes(table: WriteTable, step: Step) -> bool:
    return step.kind == "delete" or step.values.get(table.active) is False


def without(case: Case, steps: Sequence[Step], left_out: Iterable[Step]) -> tuple[list[Step], list[Step]]:
    """Return the steps that can be done without some of them, and those that cannot.

    A row that is not inserted has nothing that hangs on it. A row that is not deleted keeps what hangs on it, and all that it
    hangs on itself.
    """
    held = {id(step) for step in left_out}
    before = -1
    while before != (before := len(held)):
        stays = _Stays(case, [step for step in steps if id(step) in held])
        held |= {id(step) for step in steps if stays.hold(step)}
    return [step for step in steps if id(step) not in held], [step for step in steps if id(step) in held]


class _Stays:
    """What is as it was because some steps are held."""

    def __init__(self, case: Case, held: Iterable[Step]) -> None:
        self._case = case
        self._absent = {(step.table, step.new) for step in held if step.kind == "insert"}
        self._there = {_place(case, step) for step in held if step.kind == "delete"}

    def hold(self, step: Step) -> bool:
        """Say whether a step cannot be done because of it."""
        table = self._case.tables[step.table]
        if step.kind == "insert":
            return any((table.by_name[name].refers, new) in self._absent for name, new in step.parents.items())
        if step.kind == "update":
            return False
        place = _place(self._case, step)
        above = parents_of(table, self._case.there[table.name][place[1]])
        return not self._there.isdisjoint((*above, *self._case.children.get(place, ())))


def _place(case: Case, step: Step) -> Place:
    return step.table, key_of(case.tables[step.table], step.where)
