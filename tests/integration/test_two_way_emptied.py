"""Where Operoo says all at once that many children have nothing, a person looks before their rows go."""

from typing import Any

import pytest

from tests.integration.two_way import TwoWay, allergic

NOTHING: dict[str, Any] = {"allergies": [], "blood_group": "", "doctors": []}
STATED = allergic("Egg") | {"blood_group": "B-"}


@pytest.fixture
def children(two_way: TwoWay, request: pytest.FixtureRequest) -> list[str]:
    """Return as many students as are asked for, each with an allergy that their family stated."""
    linked = sorted(str(one["integration_member_id"]) for one in two_way.medical.operoo.living("members"))
    found = [one for one in linked if not two_way.entry(one).version][: request.param]
    say(two_way, found, STATED)
    return found


def say(two_way: TwoWay, students: list[str], profile: dict[str, Any], *only: str) -> None:
    """Let families say something, and have it written."""
    two_way.medical.profiles.update(dict.fromkeys(students, profile))
    two_way.pull(*only)
    two_way.write()


def allergic_still(two_way: TwoWay, students: list[str]) -> list[str]:
    """Return those with an active egg allergy in Synergetic."""
    return [one for one in students if "EGG" in two_way.allergies(one)]


@pytest.mark.parametrize("children", [6], indirect=True)
def test_a_person_looks_where_many_have_nothing_all_at_once(two_way: TwoWay, children: list[str]) -> None:
    """It stays so however often it is read; what a family says after that is written; and a person may have it written."""
    first, second, *others = children
    for nothing in (NOTHING, NOTHING | {"read": 2}):
        say(two_way, children, nothing)
        assert {two_way.entry(one).state for one in children} == {"review"}
    say(two_way, [second], NOTHING | {"read": 3})
    assert two_way.entry(second).state == "review"
    assert allergic_still(two_way, children) == children
    two_way.decide(first)
    two_way.write()
    say(two_way, others, STATED)
    assert allergic_still(two_way, children) == [second, *others]
    assert {two_way.entry(one).state for one in (first, *others)} == {"idle"}


@pytest.mark.parametrize("children", [5], indirect=True)
def test_a_few_may_take_all_back(two_way: TwoWay, children: list[str]) -> None:
    """Their rows go without a person."""
    say(two_way, children, NOTHING)
    assert (allergic_still(two_way, children), {two_way.entry(one).state for one in children}) == ([], {"idle"})
