"""Whatever a school had, whatever a family says: after write-back it stands there, all else is untouched, it can be undone."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.medical.reading import read_profile
from shared.synergetic.medical_rows import desired_rows
from shared.writeback.applying import applied
from shared.writeback.case import Case, holds, parents_of
from shared.writeback.comparing import by_key, differences, differing, key_of
from shared.writeback.plan import Plan, Policies
from shared.writeback.planning import plan
from shared.writeback.rows import Desired, DesiredRow, Image, Row
from shared.writeback.tables import WriteTable
from shared.writeback.undoing import undo_plan
from tests.property.medical_families import CODES, Family, Nurse
from tests.property.paper_tables import STUDENT, TABLES, PaperTables

SEEDS = st.integers(0, 2**48)
REMOVALS = st.sampled_from(["deactivate", "delete"])
POLICIES = st.builds(Policies, ownership=st.sampled_from(["replace", "merge"]), remove=REMOVALS)


def _school(rng: Random) -> PaperTables:
    school = PaperTables()
    Nurse(rng, school).write()
    return school


def _desired(rng: Random) -> Desired:
    return desired_rows(read_profile(str(STUDENT), Family(rng).profile()), CODES).desired


def _write(school: PaperTables, desired: Desired, policies: Policies, seen: Image | None = None) -> tuple[Plan, Image]:
    """Write back; return what was done, and the rows after with the items' names."""
    made = plan(Case(TABLES, school.read(), desired, seen, policies))
    expected = applied(TABLES, made, school.run(made))
    assert differences(TABLES, expected, school.read()) == {}
    return made, expected


def _is_stated(table: WriteTable, row: DesiredRow, after: Image, parked: set[str]) -> bool:
    """Say whether a row that holds says what it ought to, and hangs on the rows of the right items."""
    columns = [table.by_name[name] for name in row.values]
    return any(
        holds(table, one)
        and not differing(columns, row.values, one.values)
        and all(ref in parked or _ref(table, name, one, after) == ref for name, ref in row.parents.items())
        for one in after.rows(table.name)
    )


def _ref(table: WriteTable, column: str, row: Row, after: Image) -> str:
    parents = TABLES[table.by_name[column].refers]
    found = by_key(parents, after.rows(parents.name)).get((row.values[column],))
    return found.ref if found else ""


def _is_stray(table: WriteTable, row: Row, made: Plan, after: Image) -> bool:
    """Say whether a row holds that no item states, and nothing explains it."""
    kept = {(one.table, key_of(table, one.where)) for one in made.kept if one.table == table.name}
    on_history = any(
        not by_key(TABLES[name], after.rows(name))[key].ref for name, key in parents_of(table, row) if name in TABLES
    )
    return holds(table, row) and not row.ref and not on_history and (table.name, key_of(table, row.values)) not in kept


@settings(deadline=None, max_examples=4 * settings().max_examples)
@given(SEEDS, REMOVALS)
def test_what_a_family_says_stands_there(seed: int, remove: str) -> None:
    """Each item that is not parked has its row; where all of a table was stated, no other row of it still holds."""
    rng = Random(seed)
    school, desired = _school(rng), _desired(rng)
    others = school.rest()
    made, after = _write(school, desired, Policies(remove=remove))
    parked = {one.ref for one in made.parked}
    for name, rows in desired.tables.items():
        table = TABLES[name]
        unfit = [(row.values, row.parents) for row in rows if row.ref in parked]
        there = [row for row in rows if row.ref not in parked and (row.values, row.parents) not in unfit]
        if not table.single or after.rows(name):
            assert all(_is_stated(table, row, after, parked) for row in there), name
        complete = name not in desired.incomplete and not any(one.table == name for one in made.parked)
        if complete and table.deletes:
            assert not any(_is_stray(table, row, made, after) for row in after.rows(name)), name
    assert school.rest() == others
    assert all(row["secret"] == "the school's own" for rows in school.rows.values() for row in rows)


@settings(deadline=None)
@given(SEEDS, POLICIES)
def test_a_second_time_changes_nothing(seed: int, policies: Policies) -> None:
    """Not with the receipt of the first time. If the cloud has lost it, what hangs on one of two twins may change once."""
    rng = Random(seed)
    school, desired = _school(rng), _desired(rng)
    _, after = _write(school, desired, policies)
    made, _ = _write(school, desired, policies, after)
    assert (made.steps, made.conflicts) == ((), ())
    made, _ = _write(school, desired, policies)
    assert not [step for step in made.steps if TABLES[step.table].identity or TABLES[step.table].single]
    made, _ = _write(school, desired, policies)
    assert made.steps == ()


@settings(deadline=None)
@given(SEEDS, POLICIES)
def test_undo_restores_what_was(seed: int, policies: Policies) -> None:
    """All that the rows said is as before, each value as it was read; a second undo finds that it is done."""
    rng = Random(seed)
    school, first, second = _school(rng), _desired(rng), _desired(rng)
    _, seen = _write(school, first, policies)
    was, others = school.stated(), school.rest()
    made, after = _write(school, second, policies, seen)
    undone = undo_plan(TABLES, school.read(), before=made.before, after=after)
    assert undone.conflicts == ()
    restored = applied(TABLES, undone, school.run(undone))
    assert differences(TABLES, restored, school.read()) == {}
    assert school.stated() == was
    assert school.rest() == others
    again = undo_plan(TABLES, school.read(), before=made.before, after=after)
    assert (again.steps, again.conflicts) == ((), ())
    refs = {name: sorted(row.ref for row in rows if row.ref) for name, rows in seen.tables.items()}
    assert {name: sorted(row.ref for row in rows if row.ref) for name, rows in restored.tables.items()} == refs


@settings(deadline=None, max_examples=settings().max_examples // 2)
@given(SEEDS, REMOVALS)
def test_merging_leaves_rows_alone_that_are_not_operoos(seed: int, remove: str) -> None:
    """Through several changes of a family's mind, every row that a nurse wrote in a table of many rows is as it was."""
    rng = Random(seed)
    school = _school(rng)
    many = [table for table in TABLES if not table.single]
    nurses = {table.name: [(row, dict(row)) for row in school.rows[table.name]] for table in many}
    seen = None
    for _ in range(3):
        _, seen = _write(school, _desired(rng), Policies(ownership="merge", remove=remove), seen)
        for name, rows in nurses.items():
            assert all(row == was and any(row is one for one in school.rows[name]) for row, was in rows)


@settings(deadline=None)
@given(SEEDS, REMOVALS, st.sampled_from(["refuse", "ask"]))
def test_what_somebody_changed_is_left_and_the_rest_is_written(seed: int, remove: str, conflict: str) -> None:
    """No change that was made since the cloud last looked is lost, and the rows still hang together."""
    rng = Random(seed)
    school = _school(rng)
    _, seen = _write(school, _desired(rng), Policies(remove=remove))
    nurse = Nurse(rng, school)
    for _ in range(rng.randrange(4)):
        nurse.change()
    changed, current = _changes(seen, school.read()), school.read()
    made, after = _write(school, _desired(rng), Policies(remove=remove, conflict=conflict), seen)
    for name, key, columns in changed:
        was, now = (by_key(TABLES[name], image.rows(name)) for image in (current, after))
        assert key in now
        assert not differing([TABLES[name].by_name[one] for one in columns], was[key].values, now[key].values)
    assert bool(made.held) >= bool(made.conflicts)


def _changes(seen: Image, current: Image) -> list[tuple[str, tuple[object, ...], tuple[str, ...]]]:
    """Return rows that somebody added or changed, and what they changed of them."""
    found = []
    for table in TABLES:
        was = by_key(table, seen.rows(table.name))
        for key, row in by_key(table, current.rows(table.name)).items():
            columns = differing(table.content, was[key].values, row.values) if key in was else ()
            if columns or key not in was:
                found.append((table.name, key, columns or tuple(one.name for one in table.content)))
    return found


@settings(deadline=None, max_examples=settings().max_examples // 2)
@given(SEEDS)
def test_an_undo_is_refused_if_a_row_was_changed_since(seed: int) -> None:
    """Somebody's change to what would be taken back is not lost: nothing is undone then."""
    rng = Random(seed)
    school = _school(rng)
    made, after = _write(school, _desired(rng), Policies())
    changed = ((step, name) for step in made.steps for name in step.values if step.kind == "update")
    for step, column in [(step, name) for step, name in changed if TABLES[step.table].by_name[name].kind == "text"][:1]:
        row = next(one for one in school.rows[step.table] if all(one[name] == value for name, value in step.where.items()))
        row[column] = "Z"
        undone = undo_plan(TABLES, school.read(), before=made.before, after=after)
        assert undone.conflicts
        assert undone.steps == ()
