"""The guard remembers a day: many who leave one after another are many, too."""

from datetime import timedelta

import pytest

from functions.plan_run.handler import handle_message
from functions.runtime.wiring import holds
from shared.messages import Decide, PlanRun
from tests.integration.cloud import Cloud
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import school, without

pytestmark = pytest.mark.usefixtures("everybody_arrived")


def test_who_leave_in_parts_are_held_once_they_are_many(stack: Cloud, operoo: FakeOperoo) -> None:
    """A program of the school's marks leavers one by one, and the relay reads meanwhile."""
    stack.load(without(school(), *range(1, 4)), 2)
    stack.load(without(school(), *range(1, 6)), 3)
    assert holds().open() == []
    stack.load(without(school(), *range(1, 7)), 4)
    [hold] = holds().open()
    assert (hold.records, hold.earlier, hold.linked) == (("6",), 5, 15)
    assert len(operoo.living("members")) == 15


def test_who_left_before_yesterday_does_not_count(stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some leave each week, and nobody has to be asked."""
    stack.load(without(school(), *range(1, 6)), 2)
    monkeypatch.setattr("functions.plan_run.handler._TOGETHER", timedelta(days=-1))
    stack.load(without(school(), *range(1, 7)), 3)
    assert holds().open() == []
    assert len(operoo.living("members")) == 14


def test_a_plan_that_comes_twice_counts_once(stack: Cloud, operoo: FakeOperoo) -> None:
    """As messages may."""
    stack.load(without(school(), 1, 2, 3), 2)
    handle_message(PlanRun(run="000000000002", sequence=2))
    stack.load(without(school(), *range(1, 6)), 3)
    assert holds().open() == []
    assert len(operoo.living("members")) == 15


def test_once_a_person_has_said_that_it_is_right_the_next_goes_too(stack: Cloud, operoo: FakeOperoo) -> None:
    """At the end of the year, the office marks leavers all day: one question is enough, until they are many again."""
    stack.load(without(school(), *range(1, 6)), 2)
    stack.load(without(school(), *range(1, 7)), 3)
    [hold] = holds().open()
    stack.request("yes", {"kind": "approve", "hold": hold.hold})
    stack.load(without(school(), *range(1, 9)), 4)
    assert holds().open() == []
    assert len(operoo.living("members")) == 12


def test_a_decision_that_comes_twice_is_no_word_about_those_who_left_since(stack: Cloud, operoo: FakeOperoo) -> None:
    """A few more would else go in silence, each time that SQS repeats itself."""
    stack.load(without(school(), *range(1, 8)), 2)
    [hold] = holds().open()
    stack.request("yes", {"kind": "approve", "hold": hold.hold})
    stack.load(without(school(), *range(1, 13)), 3)
    assert len(operoo.living("members")) == 8
    handle_message(Decide(hold=hold.hold, decision="approved", as_of=2))
    stack.load(without(school(), *range(1, 14)), 4)
    assert [hold.records for hold in holds().open()] == [("13",)]


def test_who_is_kept_is_no_word_about_the_next(stack: Cloud, operoo: FakeOperoo) -> None:
    """Where a person says that it is wrong, the next one waits too."""
    stack.load(without(school(), *range(1, 6)), 2)
    stack.load(without(school(), *range(1, 7)), 3)
    [hold] = holds().open()
    stack.request("no", {"kind": "discard", "hold": hold.hold})
    stack.load(without(school(), *range(1, 8)), 4)
    assert [hold.records for hold in holds().open()] == [("7",)]
    assert len(operoo.living("members")) == 15
