"""The guard: many archives at once wait for a person, who decides about all of them or some."""

import pytest

from functions.plan_run.handler import carry_out, handle_message
from functions.records.staged import Change
from functions.runtime.wiring import holds, plans, records_table, runs_table
from functions.store.records import RecordsTable
from shared.keys import REQUESTS
from shared.messages import Decide, PlanRun
from tests.integration.cloud import Cloud, forget_wiring
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import changed, contact, school, student, without

pytestmark = pytest.mark.usefixtures("everybody_arrived")


def test_many_leavers_are_held_while_everything_else_proceeds(stack: Cloud, operoo: FakeOperoo) -> None:
    """Seven of twenty are too many to archive unasked; a new student and a new number arrive all the same."""
    rows = changed(without(school(), *range(1, 8)), "contacts", 9, mobile="0491 570 158")
    rows["students"].append(student(77))
    rows["contacts"].append(contact(77, 1077))
    stack.load(rows, 2)
    assert len(operoo.living("members")) == 21
    [hold] = holds().open()
    assert (hold.kind, len(hold.records), hold.linked) == ("student", 7, 20)
    assert runs_table().run("000000000002").plan["student"]["held"] == 7  # type: ignore[union-attr]

    assert "There is no such hold" in stack.request("no", {"kind": "approve", "hold": "hold-9"})["reason"].replace(
        "there", "There"
    )
    assert "does not hold" in stack.request("no2", {"kind": "approve", "hold": hold.hold, "only": ["20"]})["reason"]
    stack.request("some", {"kind": "approve", "hold": hold.hold, "only": ["1", "2"]})
    assert len(operoo.living("members")) == 19
    (approved,) = [run for run in runs_table().runs() if run.manifest_key == f"{REQUESTS}some.json"]
    planned = [(line.id, line.action, line.reason) for line in plans().get(approved.run)]
    assert planned == [("1", "archive", "gone"), ("2", "archive", "gone")]
    asked_again = stack.request("some-again", {"kind": "approve", "hold": hold.hold, "only": ["1", "2"]})
    assert (asked_again["outcome"], asked_again["detail"]) == ("accepted", "this was approved already")
    assert "does not hold" in stack.request("no3", {"kind": "discard", "hold": hold.hold, "only": ["1"]})["reason"]
    stack.request("rest", {"kind": "discard", "hold": hold.hold})
    assert len(operoo.living("members")) == 19
    assert holds().open() == []
    assert stack.request("again", {"kind": "discard", "hold": hold.hold})["detail"] == "this was discarded already"
    stack.load(changed(rows, "contacts", 9, mobile="0491 570 159"), 3)
    assert len(operoo.living("members")) == 19


def test_a_decision_that_names_many_is_carried_out_in_parts(
    stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message holds no more than SQS takes, however long a list somebody makes."""
    monkeypatch.setattr("functions.accept_manifests.requests._IDS_PER_DECISION", 2)
    stack.load(without(school(), *range(1, 10)), 2)
    [hold] = holds().open()
    stack.request("some", {"kind": "approve", "hold": hold.hold, "only": ["1", "2", "3", "5", "7"]})
    assert len(operoo.living("members")) == 15
    [hold] = holds().open()
    assert hold.records == ("4", "6", "8", "9")


def test_a_hold_lapses_when_everybody_is_back(stack: Cloud, operoo: FakeOperoo) -> None:
    """A bad read at the school archives nobody; only the class list follows it, there and back."""
    stack.load(without(school(), *range(1, 12)), 2)
    operoo.calls.clear()
    stack.load(school(), 3)
    assert holds().open() == []
    assert set(operoo.calls) == {"update groups"}


def test_a_hold_says_who_is_still_in_it_and_lapses_though_others_have_left(stack: Cloud, operoo: FakeOperoo) -> None:
    """Who came back is nobody to decide about, and a few who leave do not keep an empty hold open."""
    stack.load(without(school(), *range(1, 12)), 2)
    stack.load(without(school(), *range(1, 4)), 3)
    [hold] = holds().open()
    assert hold.records == ("1", "2", "3")
    stack.load(without(school(), 15, 16), 4)
    assert holds().open() == []
    assert len(operoo.living("members")) == 18


def test_a_decision_is_about_those_who_were_shown(stack: Cloud, operoo: FakeOperoo) -> None:
    """Who leaves while somebody decides goes on waiting, though they are in the same hold when it is carried out."""
    stack.load(without(school(), *range(1, 8)), 2)
    stack.load(without(school(), *range(1, 11)), 3)
    [hold] = holds().open()
    assert (len(hold.records), hold.sequence) == (10, 3)
    stack.request("yes", {"kind": "approve", "hold": hold.hold, "as_of": 2})
    assert len(operoo.living("members")) == 13
    [hold] = holds().open()
    assert hold.records == ("10", "8", "9")
    stack.request("rest", {"kind": "approve", "hold": hold.hold})
    assert len(operoo.living("members")) == 10


def test_a_snapshot_that_overtakes_a_decision_adds_nobody_to_it(stack: Cloud, operoo: FakeOperoo) -> None:
    """The request has been taken in, and is carried out after the next plan."""
    stack.load(without(school(), *range(1, 8)), 2)
    [hold] = holds().open()
    decision = Decide(hold=hold.hold, decision="approved", as_of=hold.sequence)
    stack.load(without(school(), *range(1, 11)), 3)
    carry_out(decision)
    [hold] = holds().open()
    assert hold.records == ("10", "8", "9")


@pytest.mark.parametrize("again", [1, 2])
def test_a_plan_that_comes_late_or_twice_leaves_a_hold_as_it_is(stack: Cloud, operoo: FakeOperoo, again: int) -> None:
    """Nobody in it was gone by the first snapshot, and they go on waiting all the same."""
    stack.load(without(school(), *range(1, 8)), 2)
    before = holds().open()
    handle_message(PlanRun(run=f"{again:012d}", sequence=again))
    [hold] = holds().open()
    assert (hold.records, hold.sequence) == (before[0].records, 2)
    stack.request("yes", {"kind": "approve", "hold": hold.hold})
    assert len(operoo.living("members")) == 13


def test_who_leaves_in_the_midst_of_a_decision_stays_in_an_open_hold(
    stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan adds them between the decision's reading of the hold and its writing."""
    stack.load(without(school(), *range(1, 8)), 2)
    [hold] = holds().open()
    plain = RecordsTable.save

    def save(table: RecordsTable, changes: object) -> None:
        monkeypatch.setattr(RecordsTable, "save", plain)
        stack.load(without(school(), *range(1, 9)), 3)
        plain(table, changes)  # type: ignore[arg-type]

    monkeypatch.setattr(RecordsTable, "save", save)
    handle_message(Decide(hold=hold.hold, decision="approved", as_of=2))
    stack.pump()
    assert len(operoo.living("members")) == 13
    [hold] = holds().open()
    assert hold.records == ("8",)
    assert [one.id for one in records_table().all("student") if one.hold] == ["8"]


def test_a_decision_that_comes_again_is_not_about_who_left_since(stack: Cloud, operoo: FakeOperoo) -> None:
    """They were archived, came back and left once more: another hold has them, and the first stays decided."""
    stack.load(without(school(), *range(1, 8)), 2)
    [first] = holds().open()
    stack.request("yes", {"kind": "approve", "hold": first.hold})
    stack.load(school(), 3)
    stack.load(without(school(), *range(1, 8)), 4)
    [second] = holds().open()
    handle_message(Decide(hold=first.hold, decision="approved", as_of=2))
    stack.pump()
    assert holds().open() == [second]
    assert len(operoo.living("members")) == 20


def test_the_share_is_of_those_whom_synergetic_states_and_operoo_has(stack: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six of ten are more than half, however many are not synchronised, or were brought by hand."""
    monkeypatch.setenv("GUARD_SHARE", "0.5")
    forget_wiring()
    stack.request("out", {"kind": "selection", "deselect": {"students": [str(number) for number in range(11, 21)]}})
    one = records_table().get("student", "10")
    assert one is not None
    guests = (one.but(id=f"manual:{number}", origin="upload", version=0) for number in range(10))
    records_table().save(map(Change, guests))
    stack.load(without(school(), *range(1, 7)), 2)
    assert [(hold.records, hold.linked) for hold in holds().open()] == [(("1", "2", "3", "4", "5", "6"), 10)]


def test_a_hold_that_was_discarded_opens_again_when_its_snapshot_is_mapped_again(stack: Cloud, operoo: FakeOperoo) -> None:
    """What a person asked to look at anew is held under the same name."""
    stack.load(without(school(), *range(1, 8)), 2)
    [hold] = holds().open()
    stack.request("no", {"kind": "discard", "hold": hold.hold})
    gone = {"students": [str(number) for number in range(1, 8)]}
    stack.request("anew", {"kind": "resync", "step": "stage", **gone})
    stack.request("mapped", {"kind": "resync", "step": "map"})
    assert [one.hold for one in holds().open()] == [hold.hold]
    stack.request("yes", {"kind": "approve", "hold": hold.hold})
    assert len(operoo.living("members")) == 13


def test_a_discarded_absence_can_be_decided_anew(stack: Cloud, operoo: FakeOperoo) -> None:
    """A person who discarded a hold may change their mind about one of those in it."""
    stack.load(without(school(), *range(1, 8)), 2)
    [hold] = holds().open()
    stack.request("no", {"kind": "discard", "hold": hold.hold})
    stack.request("anew", {"kind": "resync", "step": "stage", "students": ["3"]})
    stack.load(changed(without(school(), *range(1, 8)), "contacts", 9, mobile="1"), 3)
    assert len(operoo.living("members")) == 19


def test_who_is_deselected_is_not_archived_though_they_leave(stack: Cloud, operoo: FakeOperoo) -> None:
    """Whom a person took out of the synchronisation stays in Operoo without our mark, also if they waited in a hold."""
    stack.load(without(school(), *range(1, 8)), 2)
    [hold] = holds().open()
    stack.request("out", {"kind": "selection", "deselect": {"students": ["3"]}})
    stack.request("yes", {"kind": "approve", "hold": hold.hold})
    unmarked = [one["user_request_id"] for one in operoo.living("members") if not one["integration_member_id"]]
    assert (len(operoo.living("members")), unmarked) == (14, ["3"])
    assert holds().open() == []


@pytest.mark.parametrize("kept", [[], [{"kind": "student", "house": "red"}]])
def test_who_leaves_is_deselected_with_the_rule_that_took_them(
    stack: Cloud, operoo: FakeOperoo, kept: list[dict[str, str]]
) -> None:
    """They wait in a hold, and no rule takes them any more: they are not archived either. Whom another rule takes, waits on."""
    stack.request("red", {"kind": "selection", "select": {"rules": kept}})
    stack.load(without(school(), *range(1, 8)), 2)
    [hold] = holds().open()
    stack.request("out", {"kind": "selection", "deselect": {"all": ["student"]}, "select": {"rules": kept}})
    stack.request("yes", {"kind": "approve", "hold": hold.hold})
    unmarked = [one for one in operoo.living("members") if not one["integration_member_id"]]
    assert (len(operoo.living("members")), len(unmarked)) == ((13, 0) if kept else (20, 20))
