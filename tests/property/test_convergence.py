"""Whatever the order in which snapshots and their messages come, the staging area and Operoo end up at the newest state."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.runtime.wiring import records_table
from tests.integration.beginnings import after, apart
from tests.integration.cloud import Cloud
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import CLASS_ID, Rows, contact, school, student

STUDENTS = range(1, 5)
# For each snapshot: who is at the school, and the last digit of their contact's number.
STATES = st.lists(st.dictionaries(st.sampled_from(STUDENTS), st.integers(0, 3), min_size=1), min_size=2, max_size=4)


def rows_of(state: dict[int, int]) -> Rows:
    """Return a school of these students, with these numbers."""
    rows = school(0)
    rows["students"] = [student(number) for number in state]
    rows["contacts"] = [contact(number, 1000 + number, mobile=f"0491 570 00{digit}") for number, digit in state.items()]
    lesson: dict[str, Any] = rows["groups"][0]
    rows["memberships"] = [{**lesson, "student_id": number, "start_date": None, "stop_date": None} for number in state]
    return rows


@pytest.mark.slow
# Each example is a school's life: a few in every run, many with --hypothesis-profile=long.
@settings(
    max_examples=settings().max_examples // 25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(states=STATES, seed=st.integers(0, 2**32), select_at=st.integers(0, 3))
def test_the_newest_snapshot_is_what_holds(
    monkeypatch: pytest.MonkeyPatch, states: list[dict[int, int]], seed: int, select_at: int
) -> None:
    """Messages are duplicated, reordered, lost and redelivered while further snapshots arrive; only the last one counts."""
    operoo = FakeOperoo()
    with monkeypatch.context() as patch, apart():
        patch.setattr("functions.apply_records.handler.operoo", lambda: operoo)
        stack = after(read_once).again(patch)
        disturb(stack, states, seed=seed, select_at=select_at)
        check(operoo, states[-1])


def read_once(stack: Cloud) -> None:
    """Have a snapshot read before anything goes wrong."""
    stack.load(rows_of(dict.fromkeys(STUDENTS, 9)), 1)


def disturb(stack: Cloud, states: list[dict[int, int]], *, seed: int, select_at: int) -> None:
    """Put one snapshot after the other, letting only some of the work happen in between."""
    stack.dice = random.Random(seed)
    stack.shuffle = stack.duplicates = stack.lossy = True
    for number, state in enumerate(states):
        stack.snapshot(rows_of(state), number + 2)
        if number == min(select_at, len(states) - 1):
            stack.request("them", {"kind": "selection", "select": {"students": list(map(str, STUDENTS)), "groups": [CLASS_ID]}})
        for queue in stack.dice.choices(("intake", "map", "stage", "plan", "apply.fifo"), k=stack.dice.randrange(6)):
            stack._once(queue)
    stack.pump()


def check(operoo: FakeOperoo, state: dict[int, int]) -> None:
    """Check that Operoo and the staging area are at this state, each profile there once, and nothing waits."""
    living = operoo.living("members")
    assert {int(str(one["user_request_id"])): int(str(one["request_mobile_number"])[-1]) for one in living} == state
    assert len(living) == len(state)
    assert {int(one.id) for one in records_table().all("student") if one.present} == set(state)
    [group] = operoo.living("groups")
    assert len(group["student_memberships"]) == len(state)  # type: ignore[arg-type]
    assert not list(records_table().waiting("pending", "student"))
    assert not list(records_table().waiting("leaving", "student"))
