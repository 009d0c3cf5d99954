"""What somebody changed and what a person declined stays so, message after message, whatever is there and is said."""

from dataclasses import replace
from random import Random

from hypothesis import given, settings

from relay.writeback.receipts import written_rows
from relay.writeback.seen import seen_after
from shared.messages import WriteBack
from shared.writeback.applying import applied
from shared.writeback.plan import Policies, Step
from shared.writeback.planning import plan
from shared.writeback.wishes import wishes
from tests.property.paper_tables import TABLES
from tests.property.test_writeback_rejected import POLICIES, SEEDS, scene

REFUSING = POLICIES.map(lambda policies: policies.model_copy(update={"conflict": "refuse"}))


def named(steps: tuple[Step, ...]) -> set[tuple[str, str, str]]:
    """Return what tells steps that are left out from all others."""
    return {(step.kind, step.table, repr(sorted(step.where.items())) if step.where else step.ref) for step in steps}


@settings(deadline=None)
@given(SEEDS, REFUSING)
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
    kept = {one for one in named(first.contested) if one[0] == "delete" and case.merges}
    assert named(first.contested) - kept <= named(again.contested) <= named(first.contested)


@settings(deadline=None)
@given(SEEDS, POLICIES)
def test_who_declined_all_has_nothing_done(seed: int, policies: Policies) -> None:
    """What stands for each row that would be written keeps all of them from it."""
    _, case = scene(Random(seed), policies)
    declined = {one for row in written_rows(TABLES, plan(case)) for one in wishes(row, row.new).values()}
    assert plan(replace(case, declined=frozenset(declined))).steps == ()
