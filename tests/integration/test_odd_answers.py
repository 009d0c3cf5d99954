"""Operoo answers oddly: late, unclearly, or as if everybody were gone. Nobody is made twice, and not everybody is given up."""

from collections.abc import Mapping

import pytest

from functions.operoo.errors import CreateInDoubtError, ProfileGoneError
from functions.operoo.protocol import Resource
from functions.runtime.wiring import apply_line, records_table
from shared.errors import RejectedRecordError
from tests.integration.cloud import Cloud
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import CLASS_ID, changed, school

STUDENTS = {"kind": "selection", "select": {"students": [str(number) for number in range(1, 8)]}}
ONE = {"kind": "selection", "select": {"students": ["1"]}}


def next_round(stack: Cloud) -> None:
    """Let the schedule come, which asks that what waits be applied."""
    apply_line().wake("schedule")
    stack.pump()


def test_a_create_that_is_done_after_we_gave_up_waiting_is_not_done_twice(
    stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No look-up right after a time-out can show what Operoo is still at, so it is not created again for some minutes."""
    monkeypatch.setenv("OPEROO_SETTINGS", "{}")
    late: list[dict[str, object]] = []

    def too_slow(call: str) -> None:
        if call == "create members" and not late:
            [operoo_id] = operoo.profiles
            late.append(operoo.profiles.pop(operoo_id))
            raise CreateInDoubtError("It did not answer in time.")

    operoo.after = too_slow
    stack.load(school(1), 1)
    stack.request("one", ONE)
    assert operoo.calls.count("create members") == 1
    assert records_table().get("student", "1").link == "intent"  # type: ignore[union-attr]
    operoo.profiles["1"] = late[0]
    next_round(stack)
    assert operoo.calls.count("create members") == 1
    assert records_table().get("student", "1").operoo_id == "1"  # type: ignore[union-attr]


def test_creates_that_never_have_a_clear_answer_end_the_round(
    stack: Cloud, operoo: FakeOperoo, capsys: pytest.CaptureFixture[str]
) -> None:
    """A server that fails at every create is left alone until the next round, and an alarm sounds."""

    def unclear(call: str) -> None:
        if call.startswith("create"):
            raise CreateInDoubtError("It said yes, but named nobody.")

    operoo.before = unclear
    stack.load(school(7), 1)
    capsys.readouterr()
    stack.request("all", STUDENTS)
    assert len([one for one in records_table().all("student") if one.link == "intent"]) == 5
    assert '"ApplyStopped":[1.0]' in capsys.readouterr().out
    operoo.before = lambda _: None
    next_round(stack)
    assert len(operoo.living("members")) == 7


def test_some_that_are_never_answered_clearly_keep_nobody_waiting(
    stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Operoo breaks over six children at each try: who comes after them is created all the same."""
    create = operoo.create

    def breaks(resource: Resource, fields: Mapping[str, object]) -> str:
        if fields["user_request_id"] != "7":
            raise CreateInDoubtError("500 Internal Server Error.")
        return create(resource, fields)

    monkeypatch.setattr(operoo, "create", breaks)
    stack.load(school(7), 1)
    stack.request("all", STUDENTS)
    next_round(stack)
    assert [one["user_request_id"] for one in operoo.living("members")] == ["7"]
    assert len(list(records_table().waiting("pending", "student"))) == 6


def test_not_everybody_is_believed_to_be_gone(stack: Cloud, operoo: FakeOperoo) -> None:
    """An outage that answers "not found" for every profile costs a few records their link, not all of them."""
    stack.load(school(7), 1)
    stack.request("all", STUDENTS)
    rows = school(7)
    for number in range(1, 8):
        rows = changed(rows, "contacts", number, mobile="0491 570 110")

    def not_found(call: str) -> None:
        if call == "update members":
            raise ProfileGoneError("Operoo has no such profile any more.")

    operoo.before = not_found
    stack.load(rows, 2)
    assert len(list(records_table().waiting("parked", "student"))) == 5
    operoo.before = lambda _: None
    next_round(stack)
    assert sum(one["request_mobile_number"] == "0491 570 110" for one in operoo.living("members")) == 2


def test_a_group_that_was_refused_for_somebody_who_is_gone_is_tried_again_without_them(
    stack: Cloud, operoo: FakeOperoo
) -> None:
    """What was refused is looked at again when those whom it names change, not only when the school changes it."""
    stack.load(school(3), 1)
    stack.request("all", {"kind": "selection", "select": {"students": ["1", "2", "3"], "groups": [CLASS_ID]}})
    gone = records_table().get("student", "2")
    assert gone is not None
    del operoo.profiles[gone.operoo_id]

    def refuse(call: str) -> None:
        if call == "update groups" and records_table().get("student", "2").link == "linked":  # type: ignore[union-attr]
            raise RejectedRecordError("student_memberships names somebody who does not exist.")

    operoo.before = refuse
    rows = school(3)
    rows["groups"][0]["description"] = "Maths"
    stack.load(rows, 2)
    assert len(list(records_table().waiting("parked", "group"))) == 1
    stack.load(changed(rows, "contacts", 2, mobile="0491 570 110"), 3)
    assert not list(records_table().waiting("parked", "group"))
    [group] = operoo.living("groups")
    assert group["name"] == "Maths (7MAT1)"
    assert gone.operoo_id not in group["student_memberships"]  # type: ignore[operator]


def test_who_is_deselected_while_a_create_is_in_doubt_does_not_come_to_be_behind_our_back(
    stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That Operoo shows no profile yet is no proof that there will be none to take our mark off."""
    monkeypatch.setenv("OPEROO_SETTINGS", "{}")

    def too_slow(call: str) -> None:
        if call == "create members":
            raise CreateInDoubtError("It did not answer in time.")

    operoo.before = too_slow
    stack.load(school(1), 1)
    stack.request("one", ONE)
    stack.request("none", {"kind": "selection", "deselect": {"students": ["1"]}})
    assert list(records_table().waiting("pending", "student")) == ["1"]
    late = operoo.add("members", integration_member_id="1", user_request_id="1")
    next_round(stack)
    assert operoo.profiles[late]["integration_member_id"] == ""
    assert not list(records_table().waiting("pending", "student"))
