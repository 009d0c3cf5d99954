"""Groups that lose everybody in them at once: a table that was empty for a night empties no class in Operoo."""

import pytest

from functions.plan_run.handler import carry_out, handle_message
from functions.records.staged import work_of
from functions.runtime.wiring import holds, records_table, runs_table
from shared.messages import Decide, PlanRun
from tests.integration.cloud import Cloud
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import Rows, school, without

CLASSES = 8


def classes(*, members: bool = True, staff: bool = True, fewer: int = 0) -> Rows:
    """Return a school of eight classes, each of two students and a teacher; some have nobody."""
    rows = school(2 * CLASSES)
    group, member, teacher = rows["groups"][0], rows["memberships"][0], rows["teachers"][0]
    codes = [f"7MAT{number}" for number in range(CLASSES)]
    rows["groups"] = [group | {"code": code} for code in codes]
    rows["memberships"] = [
        member | {"code": code, "student_id": number + place * CLASSES}
        for place in range(2)
        for number, code in enumerate(codes, 1)
        if members and number > fewer
    ]
    rows["teachers"] = [teacher | {"code": code} for code in codes] if staff else []
    return rows


@pytest.fixture
def filled(stack: Cloud, operoo: FakeOperoo) -> Cloud:
    """Return the cloud with all of them in Operoo."""
    stack.load(classes(), 1)
    stack.request("everyone", {"kind": "selection", "select": {"all": ["student", "staff", "group"]}})
    assert len(operoo.living("groups")) == CLASSES
    operoo.calls.clear()
    return stack


@pytest.mark.parametrize("lost", ["members", "staff"])
def test_a_table_that_is_empty_for_a_night_empties_no_group(filled: Cloud, operoo: FakeOperoo, lost: str) -> None:
    """They wait for a person; when all is back, they are as if nothing had been."""
    rows = classes(members=lost != "members", staff=lost != "staff")
    rows["students"][0]["preferred"] = "Newly"
    filled.load(rows, 2)
    assert operoo.calls == ["update members"]
    [hold] = holds().open()
    assert (hold.hold, hold.about, hold.kind, len(hold.records)) == ("hold-2-group-emptied", "emptied", "group", CLASSES)
    assert runs_table().run("000000000002").plan["group"] == {"held": CLASSES}  # type: ignore[union-attr]

    back = classes()
    back["students"][0]["preferred"] = "Newly"
    filled.load(back, 3)
    assert operoo.calls == ["update members"]
    assert holds().open() == []


def test_a_few_that_end_are_no_reason_to_ask(filled: Cloud, operoo: FakeOperoo) -> None:
    """A class without anybody is an ordinary thing."""
    filled.load(classes(fewer=3), 2)
    assert holds().open() == []
    assert operoo.calls == ["update groups"] * 3


def test_a_person_lets_some_be_emptied_and_keeps_the_rest(filled: Cloud, operoo: FakeOperoo) -> None:
    """Those that are kept follow the school again once it states somebody for them."""
    filled.load(classes(members=False), 2)
    [hold] = holds().open()
    filled.request("some", {"kind": "approve", "hold": hold.hold, "only": list(hold.records[:2])})
    assert operoo.calls == ["update groups"] * 2
    filled.request("rest", {"kind": "discard", "hold": hold.hold})
    assert (operoo.calls, holds().open()) == (["update groups"] * 2, [])
    kept = records_table().get("group", hold.records[2])
    assert kept is not None
    assert (kept.absence, work_of(kept)) == ("discarded", None)

    renamed = classes(members=False)
    for row in renamed["groups"]:
        row["description"] = "Mathematics I"
    filled.load(renamed, 3)
    assert operoo.calls == ["update groups"] * 4
    filled.load(classes(), 4)
    assert operoo.calls == ["update groups"] * 6
    filled.load(classes(members=False), 5)
    [again] = holds().open()
    assert len(again.records) == CLASSES


def test_a_group_that_goes_after_it_was_emptied_is_asked_about_anew(filled: Cloud, operoo: FakeOperoo) -> None:
    """To let a group be emptied is not to let it be archived."""
    filled.load(classes(members=False), 2)
    [emptied] = holds().open()
    gone = classes(members=False)
    gone["groups"] = gone["groups"][:1]
    gone["teachers"] = gone["teachers"][:1]
    filled.load(gone, 3)
    held = {hold.hold: len(hold.records) for hold in holds().open()}
    assert held == {emptied.hold: 1, "hold-3-group": CLASSES - 1}
    filled.request("yes", {"kind": "approve", "hold": emptied.hold})
    assert operoo.calls == ["update groups"]
    assert [hold.about for hold in holds().open()] == ["gone"]


def test_what_is_approved_and_gone_before_it_is_done_is_asked_about_anew(filled: Cloud, operoo: FakeOperoo) -> None:
    """Nothing had been applied since somebody approved; the groups are gone when it goes on."""
    filled.load(classes(members=False), 2)
    [hold] = holds().open()
    carry_out(Decide(hold=hold.hold, decision="approved", as_of=hold.sequence))
    gone = classes(members=False)
    gone["groups"] = gone["teachers"] = []
    filled.load(gone, 3)
    assert [one.about for one in holds().open()] == ["gone"]
    assert len(operoo.living("groups")) == CLASSES


def test_what_is_stated_anew_empties_nothing_either(filled: Cloud, operoo: FakeOperoo) -> None:
    """To have everything sent again is no decision about a hold."""
    filled.load(classes(members=False), 2)
    filled.request("anew", {"kind": "resync", "step": "apply", "all": True})
    assert "update groups" not in operoo.calls
    [hold] = holds().open()
    assert len(hold.records) == CLASSES


def test_a_plan_that_comes_twice_leaves_the_hold_as_it_is(filled: Cloud, operoo: FakeOperoo) -> None:
    """As for those who are gone."""
    filled.load(classes(members=False), 2)
    before = holds().open()
    for sequence in (2, 1):
        handle_message(PlanRun(run=f"{sequence:012d}", sequence=sequence))
    after = holds().open()
    assert (after[0].records, after[0].sequence) == (before[0].records, 2)
    assert operoo.calls == []


def test_students_who_leave_together_empty_their_classes_only_with_a_person(filled: Cloud, operoo: FakeOperoo) -> None:
    """Two holds: who is gone, and which classes have nobody."""
    filled.load(without(classes(), *range(1, 2 * CLASSES)), 2)
    held = {(hold.kind, hold.about): len(hold.records) for hold in holds().open()}
    assert held == {("student", "gone"): 2 * CLASSES - 1, ("group", "emptied"): CLASSES - 1}
    assert operoo.calls == ["update groups"]
