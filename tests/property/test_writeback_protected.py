"""What somebody changed and what a person declined stays so, message after message, whatever is there and is said."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from hypothesis import example, given, settings

from relay.writeback.seen import seen_after
from shared.messages import WriteBack
from shared.receipts import written_rows
from shared.writeback.applying import applied
from shared.writeback.case import Case
from shared.writeback.comparing import by_key, differing, key_of
from shared.writeback.declined import wishes
from shared.writeback.plan import Plan, Policies, Step
from shared.writeback.planning import plan
from shared.writeback.rows import Desired, Value
from shared.writeback.tables import Key
from tests.property.paper_tables import TABLES
from tests.property.test_writeback_rejected import POLICIES, SEEDS, _desired, scene

_Cell = tuple[str, Key, str]
REFUSING = POLICIES.map(lambda policies: policies.model_copy(update={"conflict": "refuse"}))


def named(steps: tuple[Step, ...]) -> set[tuple[str, str, str]]:
    """Return what tells steps that are left out from all others."""
    return {(step.kind, step.table, repr(sorted(step.where.items())) if step.where else step.ref) for step in steps}


@settings(deadline=None)
@given(SEEDS, REFUSING)
@example(1574, Policies(conflict="refuse", ownership="merge", remove="delete"))
@example(108082, Policies(conflict="refuse", ownership="merge", remove="deactivate"))
def test_what_somebody_changed_is_in_conflict_again(seed: int, policies: Policies) -> None:
    """The same family's word in the next message finds the same conflicts, and nothing to do.

    Where rows of the school's are left alone, one that it kept from going is no longer ours, and no conflict either.
    """
    school, case = scene(Random(seed), policies)
    first = plan(case)
    after = applied(TABLES, first, school.run(first))
    message = WriteBack(request="r", student=case.desired.student, version=1, desired=case.desired, seen=case.seen)
    seen = seen_after(TABLES, message, first, after)
    again = plan(replace(case, current=school.read(), seen=seen or after))
    assert again.steps == ()
    kept = named(tuple(step for step in first.contested if case.merges and not step.ref))
    assert named(first.contested) - kept <= named(again.contested) <= named(first.contested)


@settings(deadline=None, max_examples=30)
@given(SEEDS, REFUSING)
def test_what_the_nurse_wrote_stands_until_the_family_says_the_same(seed: int, policies: Policies) -> None:
    """Over many messages, which state something else each time, cannot be written, or leave it out."""
    rng = Random(seed)
    school, case = scene(rng, policies)
    seen, cells = case.seen, dict(_changed(case))
    for _ in range(5):
        desired = _desired(rng)
        made = plan(replace(case, current=school.read(), seen=seen, desired=desired))
        after = applied(TABLES, made, school.run(made))
        there = {
            (table.name, key): row.values for table in TABLES for key, row in by_key(table, after.rows(table.name)).items()
        }
        for (table, key, name), value in cells.items():
            assert not differing([TABLES[table].by_name[name]], there[table, key], {name: value})
        cells = {cell: value for cell, value in cells.items() if not _is_answered(made, desired, cell, value)}
        message = WriteBack(request="r", student=desired.student, version=1, desired=desired, seen=seen, policies=policies)
        seen = seen_after(TABLES, message, made, after) or after


def _changed(case: Case) -> Iterator[tuple[_Cell, Value]]:
    """Yield what the nurse has changed since it was seen, by table, row and column."""
    for table in TABLES:
        for key, row in case.there[table.name].items():
            was = case.was_seen[table.name].get(key)
            for name in differing(table.content, was.values, row.values) if was else ():
                yield (table.name, key, name), row.values[name]


def _is_answered(made: Plan, desired: Desired, cell: _Cell, value: Value) -> bool:
    """Say whether a family states the same, or, having stated all rows, none in the place of one that does not hold."""
    table, key, name = cell
    parked = {one.ref for one in made.parked if one.table == table}
    stated = [row for row in desired.tables.get(table, ()) if row.ref not in parked]
    column = TABLES[table].by_name[name]
    if not TABLES[table].single:
        items = [one.ref for one in made.labels if one.table == table and one.where and key_of(TABLES[table], one.where) == key]
        if not items:
            left = any(step.where and key_of(TABLES[table], step.where) == key for step in made.held if step.table == table)
            return not (left or parked or table in desired.incomplete or table not in desired.tables)
        stated = [row for row in stated if row.ref in items]
    return any(name in row.values and not differing([column], row.values, {name: value}) for row in stated)


@settings(deadline=None)
@given(SEEDS, POLICIES)
def test_who_declined_all_has_nothing_done(seed: int, policies: Policies) -> None:
    """What stands for each row that would be written keeps all of them from it."""
    _, case = scene(Random(seed), policies)
    declined = {one for row in written_rows(TABLES, plan(case)) for one in wishes(row, row.new).values()}
    assert plan(replace(case, declined=frozenset(declined))).steps == ()
