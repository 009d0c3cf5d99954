"""Processes die between any two calls, messages come twice and out of order: the end is the same, and nothing is doubled."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.client import BaseClient

from functions.records.staged import Change, Event
from functions.runtime.wiring import records_table, runs_table
from tests.integration.beginnings import ALL
from tests.integration.cloud import APPLY, Cloud, Killed, context
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.reaper import Reaper
from tests.integration.school_rows import CLASS_ID, Rows, changed, contact, school, student, without
from tests.moment import holds


@pytest.fixture(params=["before", "after"])
def reaper(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, operoo: FakeOperoo, stack: Cloud
) -> Iterator[Reaper]:
    """Return a reaper that stands at every call of AWS and of Operoo that a function makes."""
    made = Reaper(after=request.param == "after")
    made.stand_over(stack, monkeypatch)
    if made.after:
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


@pytest.mark.parametrize("digits", [1, 2])
def test_a_late_message_never_brings_older_data_back(stack: Cloud, operoo: FakeOperoo, digits: int) -> None:
    """A bucket of an old snapshot that was stuck in a queue does nothing when a newer one was staged, as it is split or not."""
    rows = school(2)
    stack.load(rows, 1)
    stack.snapshot(changed(rows, "contacts", 1, mobile="0491 570 001"), 2)
    stack._once("intake")
    stack._once("map")
    stuck = stack.sqs.receive_message(QueueUrl=stack.urls["stage"], MaxNumberOfMessages=10)["Messages"]
    newest = changed(rows, "contacts", 1, mobile="0491 570 002")
    stack.load(newest, 3, digits=digits)
    assert stack._invoke("stage", stuck) == set()
    stack.pump()
    assert [run.state for run in runs_table().runs()] == ["planned", "overtaken", "planned"]
    stack.request("all", ALL)
    in_step(operoo, newest)


@pytest.mark.parametrize("queue", ["map", "stage", "plan"])
def test_a_snapshot_whose_messages_came_to_nothing_ends_with_the_next_one(stack: Cloud, operoo: FakeOperoo, queue: str) -> None:
    """They went to the dead letters: nothing of it is lost, and nobody sees it as if it still went on."""
    rows = school(2)
    stack.load(rows, 1)
    stack.request("all", ALL)
    later = changed(rows, "contacts", 1, mobile="0491 570 001")
    stack.snapshot(later, 2)
    line = ("intake", "map", "stage", "plan")
    for before in line[: line.index(queue)]:
        while holds(stack.urls[before]):
            stack._once(before)
    stack.sqs.purge_queue(QueueUrl=stack.urls[queue])
    latest = changed(later, "contacts", 2, mobile="0491 570 002")
    stack.load(latest, 3)
    assert [run.state for run in runs_table().runs() if run.kind == "snapshot"] == ["planned", "overtaken", "planned"]
    in_step(operoo, latest)


@pytest.mark.parametrize("queue", ["map", "stage"])
def test_a_resync_does_what_messages_came_to_nothing_for(stack: Cloud, operoo: FakeOperoo, queue: str) -> None:
    """Also where nobody is in a bucket any more: who was is gone, and is archived."""
    rows = school(2)
    stack.load(rows, 1)
    stack.request("all", ALL)
    later = changed(without(rows, 2), "contacts", 1, mobile="0491 570 001")
    stack.snapshot(later, 2)
    for before in ("intake", "map") if queue == "stage" else ("intake",):
        while holds(stack.urls[before]):
            stack._once(before)
    stack.sqs.purge_queue(QueueUrl=stack.urls[queue])
    stack.request("again", {"kind": "resync"})
    in_step(operoo, later)
    assert [run.state for run in runs_table().runs() if run.kind == "snapshot"] == ["planned"] * 2


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


def test_a_timeline_tells_nothing_twice(stack: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the write before did is moved to the timeline first; then the process dies before it writes the record."""
    stack.load(school(1), 1)
    before = records_table().get("student", "1")
    assert before is not None
    plain = BaseClient._make_api_call

    def call(client: BaseClient, name: str, arguments: dict[str, Any]) -> Any:
        if name == "PutItem" and arguments["Item"]["pk"].startswith("student#"):
            raise Killed
        return plain(client, name, arguments)

    with monkeypatch.context() as dying:
        dying.setattr(BaseClient, "_make_api_call", call)
        with pytest.raises(Killed):
            records_table().save_one(Change(before.but(choice=True)))
    assert [event.event for event in records_table().timeline("student", "1")] == ["first seen"]
    records_table().save_one(Change(before.but(choice=True), (Event(event="selected"),)))
    assert [event.event for event in records_table().timeline("student", "1")] == ["first seen", "selected"]


def dead(_: str) -> None:
    """Die at a call to Operoo."""
    raise Killed
