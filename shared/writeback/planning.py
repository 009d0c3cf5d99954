"""Plans what is to be done to a student's rows: as little as makes them state what a family states."""

from collections.abc import Iterable, Iterator

from shared.writeback.case import Case
from shared.writeback.comparing import is_nothing, labelled, nothing
from shared.writeback.conflicts import conflicts, without
from shared.writeback.pairing import Pairing, Target, pair
from shared.writeback.plan import Label, Plan, Step
from shared.writeback.rejecting import without_rejected
from shared.writeback.removing import removals
from shared.writeback.rows import Image, Value
from shared.writeback.tables import WriteTable, WriteTables

_ORDER = {"delete": 0, "update": 1, "insert": 2}


def plan(case: Case) -> Plan:
    """Return what is to be done, without steps if there is nothing to do.

    Rows are deleted first, what hangs on a row before it; then rows are changed; then come new ones, what hangs on a row after
    it.
    """
    pairing = pair(case)
    removing, kept = removals(case, pairing)
    stating = [step for table in case.tables for step in _steps(case, table, pairing)]
    steps = sorted((*removing, *stating), key=lambda step: _ORDER[step.kind])
    steps, held, trimmed = without_rejected(case, steps)
    found, contested = conflicts(case, steps), list[Step]()
    if case.policies.conflict != "overwrite":
        steps, contested = without(case, steps, [step for step, _ in found])
        held += contested
    return Plan(
        steps=tuple(steps),
        before=labelled(case.tables, case.current, case.seen or Image()),
        labels=tuple(_labels(case.tables, pairing, held)),
        parked=tuple(sorted(pairing.parked, key=lambda one: (one.table, one.ref))),
        kept=tuple(kept),
        conflicts=tuple(conflict for _, conflict in found),
        held=tuple(held),
        contested=tuple(contested),
        trimmed=tuple(trimmed),
        left_out=dict(sorted(pairing.left_out.items())),
    )


def _steps(case: Case, table: WriteTable, pairing: Pairing) -> Iterator[Step]:
    targets = pairing.targets.get(table.name, [])
    if table.single:
        yield from _single(case, table, targets)
        return
    for target in targets:
        if target.current is None:
            yield _insert(case, table, target)
        elif target.changes:
            yield Step("update", table.name, table.where(target.current), target.changes, ref=target.ref)


def _single(case: Case, table: WriteTable, targets: Iterable[Target]) -> Iterator[Step]:
    """Make one step of the parts of the only row."""
    there = next((target.current for target in targets), None)
    if there is not None:
        changes = {name: value for target in targets for name, value in target.changes.items()}
        if changes:
            yield Step("update", table.name, table.where(there), changes, ref=table.name)
        return
    values = {name: value for target in targets for name, value in target.values.items()}
    if any(not is_nothing(table.by_name[name], value) for name, value in values.items()):
        yield _insert(case, table, Target(table.name, values))


def _insert(case: Case, table: WriteTable, target: Target) -> Step:
    values: dict[str, Value] = {column.name: nothing(column) for column in table.content if column.name not in target.parents}
    if table.owner:
        values[table.owner] = case.owner
    values |= target.values
    return Step("insert", table.name, values=values, parents=target.parents, new=target.ref, ref=target.ref)


def _labels(tables: WriteTables, pairing: Pairing, held: list[Step]) -> Iterator[Label]:
    absent = {(step.table, step.new) for step in held if step.kind == "insert"}
    for table in tables:
        for target in pairing.targets.get(table.name, []):
            if table.single or target.as_it_is or (table.name, target.ref) in absent:
                continue
            where = table.where(target.current) if target.current is not None else {}
            yield Label(table.name, target.ref, "" if where else target.ref, where)
