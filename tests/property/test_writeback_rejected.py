"""Whatever a person rejects of whatever plan: it stays as it is, all else is done, and a preview tells exactly what is."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.medical.reading import read_profile
from shared.receipts import WrittenRow, written_rows
from shared.synergetic.medical_rows import desired_rows
from shared.writeback.applying import applied
from shared.writeback.case import Case, parents_of
from shared.writeback.comparing import key_of, nothing
from shared.writeback.plan import Plan, Policies, Rejected, Step
from shared.writeback.planning import plan
from shared.writeback.rows import Desired, Value
from shared.writeback.tables import WriteTable
from tests.property.medical_families import CODES, Family, Nurse
from tests.property.paper_tables import STUDENT, TABLES, PaperTables

SEEDS = st.integers(0, 2**48)
POLICIES = st.builds(
    Policies,
    conflict=st.sampled_from(["overwrite", "ask"]),
    ownership=st.sampled_from(["replace", "merge"]),
    remove=st.sampled_from(["deactivate", "delete"]),
)
_Row = dict[str, Any]


def scene(rng: Random, policies: Policies) -> tuple[PaperTables, Case]:
    """Return a school that was written to before, where a nurse went on, and what a family says now."""
    school = PaperTables()
    nurse = Nurse(rng, school)
    nurse.write()
    first = plan(Case(TABLES, school.read(), _desired(rng), policies=policies))
    seen = applied(TABLES, first, school.run(first))
    for _ in range(rng.randrange(3)):
        nurse.change()
    return school, Case(TABLES, school.read(), _desired(rng), seen, policies)


def _desired(rng: Random) -> Desired:
    return desired_rows(read_profile(str(STUDENT), Family(rng).profile()), CODES).desired


def _rejects(rng: Random, row: WrittenRow) -> Rejected:
    """Reject a row by its item, or by what it is found by, or some of its columns."""
    by_ref = bool(row.ref) and (not row.where or rng.random() < 0.5)
    columns = tuple(rng.sample(sorted(row.new), rng.randrange(len(row.new) + 1))) if rng.random() < 0.5 else ()
    return Rejected(table=row.table, ref=row.ref if by_ref else "", where={} if by_ref else row.where, columns=columns)


def _name(step: Step | WrittenRow) -> tuple[str, str, str, str]:
    """Return what tells a step of a plan from all others."""
    ref = step.ref if step.kind == "insert" else ""
    return step.kind, step.table, ref, repr(sorted(step.where.items()))


def _key(row: Step | Rejected) -> tuple[str, object]:
    """Return what a row is known by; a few are there twice, in other words."""
    return row.table, key_of(TABLES[row.table], row.where)


def _needs(made: Plan, step: Step) -> bool:
    """Say whether a step needs one that is left out: its parent's, or that of what hangs on it."""
    table = TABLES[step.table]
    if step.kind == "insert":
        absent = {(one.table, one.new) for one in made.held if one.kind == "insert"}
        return any((table.by_name[name].refers, new) in absent for name, new in step.parents.items())
    rows = {(name, key_of(TABLES[name], row.values)): row for name, rows in made.before.tables.items() for row in rows}
    stay = {(one.table, key_of(TABLES[one.table], one.where)) for one in made.held if one.kind == "delete"}
    place = (step.table, key_of(table, step.where))
    above = parents_of(table, rows[place])
    below = {one for one in stay if place in parents_of(TABLES[one[0]], rows[one])}
    return step.kind == "delete" and not stay.isdisjoint({*above, *below})


@settings(deadline=None, max_examples=2 * settings().max_examples)
@given(SEEDS, POLICIES, st.sampled_from([0.1, 0.5]))
def test_what_a_person_rejects_stays_and_the_rest_is_done(seed: int, policies: Policies, share: float) -> None:
    """Rejected rows are as they were, byte for byte; each other step is done as without, unless it needs what is left out."""
    rng = Random(seed)
    school, case = scene(rng, policies)
    whole = plan(case)
    rejected = {_name(row): _rejects(rng, row) for row in written_rows(TABLES, whole) if rng.random() < share}
    made = plan(replace(case, rejected=(*rejected.values(), Rejected(table="MedicalCondition", ref="nobody's"))))
    steps = {_name(step): step for step in (*whole.steps, *whole.held)}
    assert {_name(step) for step in (*made.steps, *made.held)} == steps.keys()
    for step in made.steps:
        of = rejected.get(_name(step))
        assert of is None or (of.columns and step.kind != "delete")
        assert dict(step.values) == _left(steps[_name(step)], of.columns if of else ())
    keys = {_key(row) for row in rejected.values() if row.where}
    for step in made.held:
        assert _name(step) in rejected or _key(step) in keys or _needs(made, step) or step in whole.held
    left, others = [found for step in made.held for found in _copies(school, step)], school.rest()
    school.run(made)
    assert all(row == was and any(row is one for one in school.rows[name]) for name, row, was in left)
    assert school.rest() == others


def _left(step: Step, without: tuple[str, ...]) -> dict[str, Value]:
    if step.kind == "update":
        return {name: value for name, value in step.values.items() if name not in without}
    return {**step.values, **{name: nothing(TABLES[step.table].by_name[name]) for name in without}}


def _copies(school: PaperTables, step: Step) -> Iterator[tuple[str, _Row, _Row]]:
    """Yield the rows that a step finds, each with a copy."""
    for row in school.rows[step.table] if step.where else ():
        if all(row[name] == value for name, value in step.where.items()):
            yield step.table, row, dict(row)


@settings(deadline=None)
@given(SEEDS, POLICIES)
def test_who_rejects_all_has_nothing_done(seed: int, policies: Policies) -> None:
    """And each statement is told as left out."""
    _, case = scene(Random(seed), policies)
    whole = plan(case)
    rows = written_rows(TABLES, whole)
    made = plan(replace(case, rejected=tuple(Rejected(table=row.table, ref=row.ref, where=row.where) for row in rows)))
    assert (made.steps, len(made.held)) == ((), len(whole.steps) + len(whole.held))


@settings(deadline=None)
@given(SEEDS, POLICIES)
def test_a_preview_tells_exactly_the_rows_that_differ_afterwards(seed: int, policies: Policies) -> None:
    """Each row that came, went or changed is told once, with its values before and after."""
    school, case = scene(Random(seed), policies)
    was = [(table, row, dict(row)) for table in TABLES for row in school.rows[table.name]]
    made = plan(case)
    told = Counter(_told(row.kind, row.table, row.old, row.new) for row in written_rows(TABLES, made))
    school.run(made)
    assert Counter(_differences(school, was)) == told


def _told(kind: str, table: str, old: Mapping[str, Value], new: Mapping[str, Value]) -> str:
    return repr((kind, table, sorted(old.items()), sorted(new.items())))


def _differences(school: PaperTables, was: list[tuple[WriteTable, _Row, _Row]]) -> Iterator[str]:
    for table, row, before in was:
        changed = {name for name in row if row[name] != before[name]}
        if not any(row is one for one in school.rows[table.name]):
            yield _told("delete", table.name, {column.name: before[column.name] for column in table.columns}, {})
        elif changed:
            old, new = ({name: one[name] for name in changed} for one in (before, row))
            yield _told("update", table.name, old, new)
    there = {id(row) for _, row, _ in was}
    for table in TABLES:
        unknown = {column.name for column in table.columns if not column.write or column.stamp} - {table.owner}
        news = {column.refers: column.name for column in table.references}
        for row in school.rows[table.name]:
            if id(row) not in there:
                hangs_on_new = {
                    news[parents.name] for parents, parent in school._parents(table, row) if id(parent) not in there
                }
                new = {name: row[name] for name in row.keys() - {"secret"} - unknown - hangs_on_new}
                yield _told("insert", table.name, {}, new)
