"""Whatever steps a database forbids of whatever plan: another plan does without them, and all its steps can be done."""

from dataclasses import replace
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.writeback.applying import applied
from shared.writeback.case import Case, forbidden
from shared.writeback.comparing import differences
from shared.writeback.plan import Plan, Policies, Step
from shared.writeback.planning import plan
from tests.property.paper_tables import TABLES
from tests.property.test_writeback_rejected import POLICIES, SEEDS, scene

_KINDS = ("insert", "update", "delete")


def _allowed(case: Case, banned: set[tuple[str, str]]) -> tuple[Case, Plan]:
    """Plan again and again, as the relay does, until nothing is left of what is banned: what was met never comes again."""
    met: set[object] = set()
    while step := next((one for one in plan(case).steps if _place(one) in banned), None):
        assert forbidden(TABLES, step) not in met
        met.add(forbidden(TABLES, step))
        case = replace(case, forbidden=case.forbidden | {forbidden(TABLES, step)})
    return case, plan(case)


def _place(step: Step) -> tuple[str, str]:
    return step.kind, step.table


@settings(deadline=None, max_examples=2 * settings().max_examples)
@given(SEEDS, POLICIES, st.sampled_from([0.1, 0.5]))
# Its item is another row's in the end, and what it ought to state is forbidden: it came from Operoo still.
@example(737, Policies(ownership="merge"), 0.5)
@example(881, Policies(ownership="merge", remove="delete"), 0.1)
def test_what_is_forbidden_is_left_and_the_rest_is_done(seed: int, policies: Policies, share: float) -> None:
    """Other students keep their rows, a table of which all is forbidden is as it was, and a second plan does nothing more."""
    rng = Random(seed)
    school, case = scene(rng, policies)
    banned = {(kind, table.name) for table in TABLES for kind in _KINDS if rng.random() < share}
    case, made = _allowed(case, banned)
    before, others = school.read(), school.rest()
    expected = applied(TABLES, made, school.run(made))
    after = school.read()
    assert not differences(TABLES, expected, after)
    assert school.rest() == others
    for table in TABLES:
        if {(kind, table.name) for kind in _KINDS} <= banned:
            assert before.rows(table.name) == after.rows(table.name)
    if policies.conflict == "overwrite":
        _, again = _allowed(replace(case, current=after, seen=expected, forbidden=frozenset()), banned)
        assert not again.steps
