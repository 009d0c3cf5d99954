"""Operoo answers oddly: late, unclearly, or as if everybody were gone. Nobody is made twice, and not everybody is given up."""

from collections.abc import Collection, Mapping

import pytest

from functions.operoo.errors import (
    CALL_UNKNOWN,
    CreateInDoubtError,
    OperooFailedError,
    OperooForbiddenError,
    ProfileGoneError,
    RefusedCreateError,
)
from functions.operoo.protocol import Resource
from functions.runtime.wiring import apply_queue, records_table, stops
from shared.errors import FatalError, RejectedRecordError, SettingsError
from tests.integration.cloud import Cloud
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import CLASS_ID, Rows, changed, contact, school, student, without

STUDENTS = {"kind": "selection", "select": {"students": [str(number) for number in range(1, 8)]}}
ONE = {"kind": "selection", "select": {"students": ["1"]}}


def next_round(stack: Cloud) -> None:
    """Let the schedule come, which asks that what waits be applied."""
    apply_queue().wake("schedule")
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


def test_who_is_said_to_be_gone_while_nothing_can_be_listed_is_not_given_up(
    stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something in front of Operoo that answers "not found" to every call is an outage."""
    stack.load(school(7), 1)
    stack.request("all", STUDENTS)

    def not_found(call: str) -> None:
        if call == "update members":
            raise ProfileGoneError("404 Not Found.")
        if call == "find members":
            raise FatalError("The listing cannot be understood.")

    operoo.before = not_found
    rows = school(7)
    for number in range(1, 8):
        rows = changed(rows, "contacts", number, mobile="0491 570 110")
    stack.load(rows, 2)
    assert not list(records_table().waiting("parked", "student"))
    operoo.before = lambda _: None
    next_round(stack)
    assert {one["request_mobile_number"] for one in operoo.living("members")} == {"0491 570 110"}


@pytest.mark.parametrize("mark", ["2", ""])
def test_who_was_merged_into_another_profile_is_kept_in_step_there(stack: Cloud, operoo: FakeOperoo, mark: str) -> None:
    """Merging two is what we advise ourselves; ours may be the one that goes, and its groups must follow."""
    stack.load(school(3), 1)
    stack.request("all", {"kind": "selection", "select": {"students": ["1", "2", "3"], "groups": [CLASS_ID]}})
    del operoo.profiles[records_table().get("student", "2").operoo_id]  # type: ignore[union-attr]
    other = operoo.add("members", user_request_id="2", integration_member_id=mark)
    stack.load(changed(school(3), "contacts", 2, mobile="0491 570 110"), 2)
    assert not list(records_table().waiting("parked", "student"))
    assert operoo.profiles[other]["request_mobile_number"] == "0491 570 110"
    assert operoo.profiles[other]["integration_member_id"] == "2"
    [group] = operoo.living("groups")
    assert other in group["student_memberships"]  # type: ignore[operator]


def test_who_was_removed_while_two_others_have_their_number_is_left_to_a_person(stack: Cloud, operoo: FakeOperoo) -> None:
    """Which of them is meant cannot be known, so the profile counts as removed."""
    stack.load(school(1), 1)
    stack.request("one", ONE)
    operoo.profiles.clear()
    for _ in range(2):
        operoo.add("members", user_request_id="1")
    stack.load(changed(school(1), "contacts", 1, mobile="0491 570 110"), 2)
    assert records_table().get("student", "1").problem.code == "operoo-profile-gone"  # type: ignore[union-attr]
    assert not any(one.get("request_mobile_number") for one in operoo.living("members"))


_REFUSALS = (
    RejectedRecordError("student_memberships names somebody who does not exist.", code="operoo-rejected"),
    ProfileGoneError("404 Not Found."),
)


@pytest.fixture
def removed_by_hand(stack: Cloud, operoo: FakeOperoo, request: pytest.FixtureRequest) -> Rows:
    """Let three students and their class be in Operoo, and one of them be removed there; return the class with a new name.

    Operoo takes no group that names somebody who is not there: it says so, or answers as where the group is not there.
    """
    stack.load(school(3), 1)
    stack.request("all", {"kind": "selection", "select": {"students": ["1", "2", "3"], "groups": [CLASS_ID]}})
    del operoo.profiles[records_table().get("student", "2").operoo_id]  # type: ignore[union-attr]
    refusal = getattr(request, "param", _REFUSALS[0])

    def refuse(call: str) -> None:
        if call == "update groups" and records_table().get("student", "2").link == "linked":  # type: ignore[union-attr]
            raise refusal

    operoo.before = refuse
    rows = school(3)
    rows["groups"][0]["description"] = "Maths"
    return rows


@pytest.mark.parametrize("removed_by_hand", _REFUSALS, ids=["422", "404"], indirect=True)
def test_a_group_that_is_refused_for_somebody_who_was_removed_in_operoo_is_applied_without_them(
    stack: Cloud, operoo: FakeOperoo, removed_by_hand: Rows
) -> None:
    """Whom the listing lacks is asked after; one profile removed by hand must not stop the groups it was in."""
    stack.load(removed_by_hand, 2)
    assert list(records_table().waiting("parked", "student")) == ["2"]
    assert not list(records_table().waiting("parked", "group"))
    [group] = operoo.living("groups")
    assert (group["name"], len(group["student_memberships"])) == ("Maths (7MAT1)", 2)  # type: ignore[arg-type]


@pytest.mark.parametrize("removed_by_hand", _REFUSALS, ids=["422", "404"], indirect=True)
def test_a_group_waits_while_it_cannot_be_told_whether_somebody_in_it_was_removed(
    stack: Cloud, operoo: FakeOperoo, removed_by_hand: Rows
) -> None:
    """A bad moment for one call must not give up the group of somebody who is gone."""
    refuse = operoo.before

    def bad_moment(call: str) -> None:
        if call == "update members":
            raise OperooFailedError("500 Internal Server Error.")
        refuse(call)

    operoo.before = bad_moment
    stack.load(removed_by_hand, 2)
    assert not list(records_table().waiting("parked", "group"))
    assert list(records_table().waiting("pending", "group")) == [CLASS_ID]
    operoo.before = refuse
    next_round(stack)
    [group] = operoo.living("groups")
    assert (group["name"], len(group["student_memberships"])) == ("Maths (7MAT1)", 2)  # type: ignore[arg-type]


def test_a_new_group_that_names_somebody_who_was_removed_in_operoo_is_made_without_them(
    stack: Cloud, operoo: FakeOperoo
) -> None:
    """A create that is answered "not found" may be about somebody in it, and only else about its path."""
    stack.load(school(3), 1)
    stack.request("all", {"kind": "selection", "select": {"students": ["1", "2", "3"]}})
    del operoo.profiles[records_table().get("student", "2").operoo_id]  # type: ignore[union-attr]

    def not_found(call: str) -> None:
        if call == "create groups" and records_table().get("student", "2").link == "linked":  # type: ignore[union-attr]
            raise SettingsError("Operoo does not know this call (404 Not Found).", code="operoo-call-unknown")

    operoo.before = not_found
    stack.request("class", {"kind": "selection", "select": {"groups": [CLASS_ID]}})
    assert list(records_table().waiting("parked", "student")) == ["2"]
    [group] = operoo.living("groups")
    assert len(group["student_memberships"]) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize("problem", [None, FatalError("The listing cannot be understood.")])
def test_a_group_that_was_refused_for_somebody_whom_the_listing_shows_is_tried_again_when_they_change(
    stack: Cloud, operoo: FakeOperoo, removed_by_hand: Rows, monkeypatch: pytest.MonkeyPatch, problem: Exception | None
) -> None:
    """What was refused is looked at again when those whom it names change, not only when the school changes it."""

    def listed(_: Resource, ids: Collection[str]) -> set[str]:
        if problem is not None:
            raise problem
        return {*ids}

    monkeypatch.setattr(operoo, "listed", listed)
    stack.load(removed_by_hand, 2)
    assert len(list(records_table().waiting("parked", "group"))) == 1
    stack.load(changed(removed_by_hand, "contacts", 2, mobile="0491 570 110"), 3)
    assert not list(records_table().waiting("parked", "group"))
    [group] = operoo.living("groups")
    assert (group["name"], len(group["student_memberships"])) == ("Maths (7MAT1)", 2)  # type: ignore[arg-type]


def test_a_group_that_is_refused_for_another_reason_is_parked_in_the_same_round(
    stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listing that leaves somebody out on purpose makes nobody wait for ever; who is there is only stated once more."""
    monkeypatch.setenv("OPEROO_SETTINGS", "{}")
    stack.load(school(3), 1)
    stack.request("all", {"kind": "selection", "select": {"students": ["1", "2", "3"]}})
    monkeypatch.setattr(operoo, "listed", lambda *_: {"1"})

    def refuse(call: str) -> None:
        if call == "create groups":
            raise RefusedCreateError("name is not accepted.")

    operoo.before = refuse
    operoo.calls.clear()
    stack.request("class", {"kind": "selection", "select": {"groups": [CLASS_ID]}})
    assert list(records_table().waiting("parked", "group")) == [CLASS_ID]
    assert operoo.calls.count("update members") == 2
    # Once somebody in it is there no more, that may have been the reason.
    operoo.before = lambda _: None
    stack.request("out", {"kind": "selection", "deselect": {"students": ["3"]}})
    [group] = operoo.living("groups")
    assert len(group["student_memberships"]) == 2  # type: ignore[arg-type]


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


@pytest.mark.usefixtures("everybody_arrived")
@pytest.mark.parametrize(
    "error", [SettingsError("Unknown call.", code=CALL_UNKNOWN), OperooForbiddenError("The key may not archive.")]
)
def test_where_nobody_may_be_archived_all_else_goes_on(stack: Cloud, operoo: FakeOperoo, error: FatalError) -> None:
    """Whether Operoo archives by the verb that we assume is not public: leavers must not hold up the classes."""
    left = without(school(), 1, 2, 3, 4, 5)
    left["students"].append(student(90))
    left["contacts"].append(contact(90, 1090))
    left["memberships"].append(left["memberships"][0] | {"student_id": 90})

    def refuse(call: str) -> None:
        if call == "archive members":
            raise error

    operoo.before = refuse
    stack.load(left, 2)
    [group] = operoo.living("groups")
    assert len(group["student_memberships"]) == 16  # type: ignore[arg-type]
    assert len(list(records_table().waiting("pending", "student"))) == 5
    assert [one.code for one in stops().all()] == ["operoo-partly"]
    operoo.before = lambda _: None
    next_round(stack)
    assert len(operoo.living("members")) == 16
    assert stops().all() == []
