"""Processes die between any two calls, messages come twice and out of order: the end is the same, and nothing is doubled."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient

from functions.runtime.wiring import records_table, runs_table
from tests.integration.cloud import APPLY, Cloud, Killed, context
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import CLASS_ID, Rows, changed, contact, school, student, without

ALL = {"kind": "selection", "select": {"all": ["student", "staff", "group"]}}


class Reaper:
    """Kills the process at a call that comes later with every attempt, so that each piece of work dies at each of its calls.

    Pieces of work with the same message are one: when one of them has lived through, the others may.

    Args:
        after: Die when the call was done, not before it.
    """

    def __init__(self, *, after: bool) -> None:
        self._after = after
        self._attempts: Counter[str] = Counter()
        self._done: set[str] = set()
        self._work = ""
        self._calls = 0
        self.deaths = 0

    def call(self, do: Callable[[], Any]) -> Any:
        """Do a call, or die at it."""
        if not self._work or self._work in self._done:
            return do()
        self._calls += 1
        fatal = self._calls == self._attempts[self._work]
        if fatal and not self._after:
            self._die()
        answer = do()
        if fatal:
            self._die()
        return answer

    @contextmanager
    def over(self, work: str) -> Iterator[None]:
        """Stand over a piece of work, once more than before."""
        self._work, self._calls = work, 0
        self._attempts[work] += 1
        try:
            yield
        finally:
            self._work = ""

    def spare(self, work: str) -> None:
        """Let this piece of work be: it was done to its end."""
        self._done.add(work)

    def again(self) -> None:
        """Spare nothing any more: what comes now is new work, even in the same words."""
        self._done.clear()
        self._attempts.clear()

    def _die(self) -> None:
        self.deaths += 1
        raise Killed


@pytest.fixture(params=["before", "after"])
def reaper(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, operoo: FakeOperoo, stack: Cloud
) -> Iterator[Reaper]:
    """Return a reaper that stands at every call of AWS and of Operoo that a function makes."""
    stack.rounds = 3000
    made = Reaper(after=request.param == "after")
    plain, invoke = BaseClient._make_api_call, stack._invoke

    def call(client: BaseClient, name: str, arguments: dict[str, Any]) -> Any:
        return made.call(lambda: plain(client, name, arguments))

    def invoke_once(queue: str, messages: list[dict[str, Any]]) -> set[str]:
        failed: set[str] = set()
        for message in messages:
            work = f"{queue} {message['Body']}"
            with made.over(work):
                lost = invoke(queue, [message])
            failed |= lost
            if not lost:
                made.spare(work)
        return failed

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    monkeypatch.setattr(stack, "_invoke", invoke_once)
    if made._after:
        operoo.after = lambda _: made.call(lambda: None)
    else:
        operoo.before = lambda _: made.call(lambda: None)
    yield made
    monkeypatch.undo()


def in_step(operoo: FakeOperoo, rows: Rows) -> None:
    """Check that Operoo has exactly what is selected, once, and that nothing waits."""
    numbers = sorted(str(row["id"]) for row in rows["students"])
    assert sorted(str(one["user_request_id"]) for one in operoo.living("members")) == numbers
    mobiles = {str(row["student_id"]): row["mobile"] for row in rows["contacts"]}
    assert {str(one["user_request_id"]): one["request_mobile_number"] for one in operoo.living("members")} == mobiles
    [group] = operoo.living("groups")
    ids = {profile for profile, one in operoo.profiles.items() if one["resource"] == "members" and not one["archived"]}
    assert set(group["student_memberships"]) == ids  # type: ignore[call-overload]
    assert len(operoo.living("group_carers")) == 1
    for kind in ("student", "staff", "group"):
        assert [one.id for one in records_table().all(kind) if one.link == "linked"] != []  # type: ignore[arg-type]
        assert list(records_table().waiting("pending", kind)) == []  # type: ignore[arg-type]


def grown(rows: Rows) -> Rows:
    """Return the school a term later: one gone, one new, one with another number."""
    later = changed(without(rows, 2), "contacts", 1, mobile="0491 570 110")
    later["students"].append(student(90))
    later["contacts"].append(contact(90, 1090))
    later["memberships"].append(later["memberships"][0] | {"student_id": 90})
    return later


@pytest.mark.slow
def test_dying_at_every_call_changes_nothing(stack: Cloud, operoo: FakeOperoo, reaper: Reaper) -> None:
    """Every function dies at its first call, then at its second, and so on until it lives through; nothing shows of it."""
    rows = school(2)
    stack.snapshot(rows, 1)
    stack.pump()
    stack.request("some", {"kind": "selection", "select": {"students": ["1", "2"], "staff": ["500"], "groups": [CLASS_ID]}})
    in_step(operoo, rows)
    later = changed(without(rows, 2), "contacts", 1, mobile="0491 570 110")
    reaper.again()
    stack.snapshot(later, 2)
    stack.pump()
    in_step(operoo, later)
    assert reaper.deaths > 100  # each of the messages died at each of its calls


@pytest.mark.parametrize("seed", range(2))
def test_duplicates_and_disorder_change_nothing(stack: Cloud, operoo: FakeOperoo, seed: int) -> None:
    """Several snapshots are in the queues at once, in any order and some twice; the newest one is what holds."""
    stack.dice, stack.shuffle, stack.duplicates = random.Random(seed), True, True
    rows = school(4)
    stack.load(rows, 1)
    stack.request("all", ALL)
    later = grown(rows)
    for sequence, state in enumerate((without(rows, 1), rows, later), start=2):
        stack.snapshot(state, sequence)
        if stack.dice.random() < 0.5:
            for queue in ("intake", "map"):
                stack._once(queue)
    stack.pump()
    in_step(operoo, later)


def test_a_late_message_never_brings_older_data_back(stack: Cloud, operoo: FakeOperoo) -> None:
    """A bucket of an old snapshot that was stuck in a queue does nothing when a newer one was staged."""
    rows = school(2)
    stack.load(rows, 1)
    stack.snapshot(changed(rows, "contacts", 1, mobile="0491 570 001"), 2)
    stack._once("intake")
    stack._once("map")
    stuck = stack.sqs.receive_message(QueueUrl=stack.urls["stage"], MaxNumberOfMessages=10)["Messages"]
    newest = changed(rows, "contacts", 1, mobile="0491 570 002")
    stack.load(newest, 3)
    stack._invoke("stage", stuck)
    stack.pump()
    assert [run.state for run in runs_table().runs()] == ["planned", "overtaken", "planned"]
    stack.request("all", ALL)
    in_step(operoo, newest)


def test_a_killed_worker_does_not_hold_up_the_line(stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its message comes back when it cannot be alive any more, not after the queue's time-out of several times that."""
    asked: list[dict[str, Any]] = []
    plain = BaseClient._make_api_call

    def call(client: BaseClient, name: str, arguments: dict[str, Any]) -> Any:
        asked.extend(arguments["Entries"] if name == "ChangeMessageVisibilityBatch" else ())
        return plain(client, name, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    operoo.before = dead
    stack.load(school(1), 1)
    stack.rounds = 20
    with pytest.raises(AssertionError, match="never became empty"):
        stack.request("all", ALL)
    assert {entry["VisibilityTimeout"] for entry in asked} == {context(APPLY).get_remaining_time_in_millis() // 1000 + 30}


def dead(_: str) -> None:
    """Die at a call to Operoo."""
    raise Killed
