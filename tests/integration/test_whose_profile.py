"""Two records and one profile: whose it is, and that nobody's details are ever written over another's."""

import json
from collections.abc import Collection

import pytest

from functions.operoo.errors import CreateInDoubtError, NumberTakenError, RefusedCreateError, RefusedError
from functions.runtime.wiring import apply_queue, records_table
from shared.errors import FatalError, OperooUnavailableError
from tests.integration.cloud import Cloud, forget_wiring
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import Rows, changed, member_of_staff, school, without

_STAFF = {"kind": "selection", "select": {"all": ["staff"]}}
_ONE = {"kind": "selection", "select": {"students": ["1"]}}


@pytest.fixture
def staff_codes(stack: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Let staff be known in Operoo by the school's code, which may be given to somebody else later."""
    monkeypatch.setenv("OPEROO_SETTINGS", json.dumps({"staff_number": "code"}))
    forget_wiring()
    return stack


def _with_code(number: int) -> Rows:
    return school(1) | {"staff": [member_of_staff(number, staff_code="ABC", given=f"Number {number}")], "teachers": []}


def _problem(kind: str, record_id: str) -> str:
    problem = records_table().get(kind, record_id).problem  # type: ignore[arg-type,union-attr]
    return f"{problem.code}: {problem.reason}" if problem else ""


def test_whose_number_was_just_taken_by_hand_is_linked_in_the_same_round(stack: Cloud, operoo: FakeOperoo) -> None:
    """Operoo refuses a second profile with this number; another look shows the first, which is whom we mean."""

    def by_hand(call: str) -> None:
        if call == "create members":
            if not operoo.living("members"):
                operoo.add("members", user_request_id="1", first_name="By hand")
            raise NumberTakenError("user_request_id has been taken.")

    operoo.before = by_hand
    stack.load(school(1), 1)
    stack.request("one", _ONE)
    [profile] = operoo.living("members")
    assert (profile["first_name"], profile["integration_member_id"]) == ("Given1", "1")
    assert not _problem("student", "1")


@pytest.mark.parametrize("refusal", [NumberTakenError("409."), RefusedCreateError("422.")])
def test_a_refused_create_leaves_no_intent_behind(stack: Cloud, operoo: FakeOperoo, refusal: Exception) -> None:
    """There is no profile to wait for: who then leaves the school is no archive, and who is corrected need not wait."""

    def taken(call: str) -> None:
        if call == "create members":
            raise refusal

    operoo.before = taken
    stack.load(school(1), 1)
    stack.request("one", _ONE)
    found = records_table().get("student", "1")
    assert found is not None
    assert (found.link, found.intent_at, bool(found.problem)) == ("none", "", True)
    assert operoo.calls.count("create members") == 0
    assert operoo.calls.count("find members") == (2 if isinstance(refusal, NumberTakenError) else 1)


def test_a_new_teacher_is_not_written_over_the_one_who_had_the_code_before(
    staff_codes: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unlinked profile has lost our mark and kept its number; it is still that of the one who left."""
    monkeypatch.setenv("ARCHIVE_POLICY", "unlink")
    forget_wiring()
    staff_codes.load(_with_code(600), 1)
    staff_codes.request("staff", _STAFF)
    staff_codes.load(_with_code(601), 2)
    [profile] = operoo.living("group_carers")
    assert profile["name"] == "Number 600 Teacher"
    assert _problem("staff", "601").startswith("profile-foreign: Operoo's profile 1 has this number, and is that of staff 600.")


def test_a_new_teacher_with_the_code_of_one_who_is_archived_in_the_same_run_is_made(
    staff_codes: Cloud, operoo: FakeOperoo
) -> None:
    """Whichever of them comes first: who finds the number in another's profile comes last once more."""
    staff_codes.load(_with_code(600), 1)
    staff_codes.request("staff", _STAFF)
    for number in range(601, 605):
        staff_codes.load(_with_code(number), number - 599)
        [profile] = operoo.living("group_carers")
        assert profile["name"] == f"Number {number} Teacher"


def test_whose_number_was_corrected_in_operoo_is_linked_to_the_profile_of_the_number_before(
    stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where two were merged in Synergetic: that the old number had this profile is history, also if it comes back."""
    monkeypatch.setenv("ARCHIVE_POLICY", "unlink")
    forget_wiring()
    both, new = school(2), school(2)
    new["students"], new["contacts"] = new["students"][1:], new["contacts"][1:]
    old = {**both, "students": both["students"][:1], "contacts": both["contacts"][:1]}
    stack.load(old, 1)
    stack.request("all", {"kind": "selection", "select": {"all": ["student"]}})
    [profile] = operoo.living("members")
    profile["user_request_id"] = "2"
    stack.load(new, 3)
    assert (profile["first_name"], profile["integration_member_id"]) == ("Given2", "2")
    stack.load(both, 4)
    apply_queue().wake("schedule")
    stack.pump()
    assert sorted(str(one["first_name"]) for one in operoo.living("members")) == ["Given1", "Given2"]


@pytest.mark.parametrize(("listed", "made"), [(False, 2), (True, 1)])
def test_who_returns_and_whose_archived_profile_takes_no_update_is_made_anew(
    stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch, *, listed: bool, made: int
) -> None:
    """An archive may be for good, whichever status says so. Where the profile is there, it is its content that is refused."""
    stack.load(school(2), 1)
    stack.request("one", _ONE)
    stack.load(without(school(2), 1), 2)
    if listed:
        monkeypatch.setattr(operoo, "listed", lambda _, ids: set(ids))

    def archived(call: str) -> None:
        if call == "update members":
            raise RefusedError("422.")

    operoo.before = archived
    stack.load(changed(school(2), "contacts", 1, mobile="0491 570 110"), 3)
    assert len(operoo.profiles) == made
    assert bool(_problem("student", "1")) is listed


@pytest.mark.parametrize(
    ("listed", "code"), [([], "operoo-profile-gone"), (["1"], "operoo-rejected"), (None, "operoo-rejected")]
)
def test_who_was_archived_by_hand_where_no_update_is_taken_is_said_to_be_removed(
    stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch, *, listed: list[str] | None, code: str
) -> None:
    """It is not the school's content that has to be corrected then. Where the list tells nothing, the refusal stands."""
    stack.load(school(1), 1)
    stack.request("one", _ONE)

    def list_them(_: str, ids: Collection[str]) -> set[str]:
        if listed is None:
            raise FatalError("The listing cannot be understood.")
        return {*ids} & {*listed}

    def archived(call: str) -> None:
        if call == "update members":
            raise RefusedError("422.")

    monkeypatch.setattr(operoo, "listed", list_them)
    operoo.before = archived
    if not listed:
        operoo.profiles["1"]["archived"] = True
    stack.load(changed(school(1), "contacts", 1, mobile="0491 570 110"), 2)
    assert _problem("student", "1").startswith(f"{code}: 422.")
    assert "create members" not in operoo.calls[operoo.calls.index("create members") + 1 :]


def test_who_was_archived_by_hand_where_no_update_is_taken_is_made_again_when_asked(stack: Cloud, operoo: FakeOperoo) -> None:
    """As where the answer to an update is that there is no such profile."""
    stack.load(school(1), 1)
    stack.request("one", _ONE)
    operoo.profiles["1"]["archived"] = True

    def archived(call: str) -> None:
        if call == "update members" and operoo.profiles["1"]["archived"]:
            raise RefusedError("422.")

    operoo.before = archived
    stack.request("again", {"kind": "resync", "step": "apply"})
    stack.request("once more", {"kind": "resync", "step": "apply", "students": ["1"]})
    [profile] = operoo.living("members")
    assert (profile["integration_member_id"], _problem("student", "1")) == ("1", "")


@pytest.mark.parametrize(("policy", "living"), [("archive", []), ("unlink", [""])])
def test_who_leaves_after_two_profiles_were_merged_leaves_the_one_that_is_left(
    stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch, policy: str, living: list[str]
) -> None:
    """Our mark went there with the rest, and nothing else would ever tell that the child's details stay."""
    monkeypatch.setenv("ARCHIVE_POLICY", policy)
    forget_wiring()
    stack.load(school(2), 1)
    stack.request("one", _ONE)
    operoo.profiles["77"] = operoo.profiles.pop("1")
    stack.load(without(school(2), 1), 2)
    assert [one["integration_member_id"] for one in operoo.living("members")] == living
    assert records_table().get("student", "1").operoo_id == "77"  # type: ignore[union-attr]


@pytest.mark.parametrize(("leaves", "marked"), [(False, [""]), (True, [])])
def test_who_is_let_go_while_a_second_profile_is_in_doubt_leaves_none_behind(
    stack: Cloud, operoo: FakeOperoo, *, leaves: bool, marked: list[str]
) -> None:
    """Their first profile is archived for good, and the answer to the create of another was lost: that one is theirs."""
    stack.load(school(2), 1)
    stack.request("one", _ONE)
    stack.load(without(school(2), 1), 2)

    def lost(call: str) -> None:
        if call == "create members":
            operoo.before = refused
            raise CreateInDoubtError("It broke off the connection.")

    def refused(call: str) -> None:
        if call == "find members":
            raise OperooUnavailableError("It broke off the connection.")

    operoo.after = lost
    stack.load(school(2), 3)
    operoo.before = lambda _: None
    if leaves:
        stack.load(without(school(2), 1), 4)
    else:
        stack.request("out", {"kind": "selection", "deselect": {"students": ["1"]}})
    assert [one["integration_member_id"] for one in operoo.living("members")] == marked


@pytest.mark.parametrize("number", ["0001", " 1", "1 "])
def test_a_number_in_another_spelling_makes_no_second_profile(stack: Cloud, operoo: FakeOperoo, number: str) -> None:
    """Somebody entered the children by hand, with zeros in front: their families must not be asked twice."""
    operoo.add("members", user_request_id=number)
    stack.load(school(1), 1)
    stack.request("one", _ONE)
    assert len(operoo.living("members")) == 1
    assert "create members" not in operoo.calls
    assert _problem("student", "1").startswith("profile-foreign: Operoo's profile 1 has this number in another spelling")
    [profile] = operoo.living("members")
    profile["user_request_id"] = "1"
    stack.request("again", {"kind": "resync", "step": "apply", "students": ["1"]})
    found = records_table().get("student", "1")
    assert found is not None
    assert (found.link, found.operoo_id) == ("linked", "1")
