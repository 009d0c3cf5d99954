"""From a manifest in the bucket to profiles in Operoo, through the real handlers."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from functions.list_records.handler import lambda_handler as list_records
from functions.runtime import wiring
from functions.runtime.wiring import plans, records_table, runs_table
from functions.stage_records.handler import handle_message
from functions.store.runs import RunsTable
from shared.keys import REQUESTS
from shared.messages import STAGE_MESSAGE, Restage
from tests.integration.beginnings import ALL
from tests.integration.cloud import Cloud, context, forget_wiring
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import CLASS_ID, changed, contact, member_of_staff, school, student, without


def test_nothing_reaches_operoo_that_nobody_selected(stack: Cloud, operoo: FakeOperoo) -> None:
    """A snapshot alone only fills the staging area."""
    assert stack.load(school(), 1)["outcome"] == "accepted"
    assert len(list(records_table().all("student"))) == 20
    assert operoo.calls == []


@pytest.mark.usefixtures("everybody_was_read")
def test_selected_records_are_created_and_groups_hold_them(stack: Cloud, operoo: FakeOperoo) -> None:
    """The group holds everybody in the end, whatever the order in which they were selected."""
    assert stack.request("all", ALL)["outcome"] == "accepted"
    assert len(operoo.living("members")) == 20
    [group] = operoo.living("groups")
    assert len(group["student_memberships"]) == 20  # type: ignore[arg-type]
    assert len(group["staff_memberships"]) == 1  # type: ignore[arg-type]
    first = records_table().timeline("student", "1")
    assert [line.event for line in first] == ["first seen", "selected", "creating", "created"]


@pytest.mark.usefixtures("everybody_arrived")
def test_a_change_reaches_operoo_as_one_call(stack: Cloud, operoo: FakeOperoo) -> None:
    """A parent's new number changes that child's profile and nothing else."""
    stack.load(changed(school(), "contacts", 3, mobile="0491 570 157"), 2)
    assert operoo.calls == ["update members"]
    [profile] = [one for one in operoo.living("members") if one["user_request_id"] == "3"]
    assert profile["request_mobile_number"] == "0491 570 157"


@pytest.mark.usefixtures("everybody_arrived")
def test_the_same_snapshot_again_writes_and_calls_nothing(stack: Cloud, operoo: FakeOperoo) -> None:
    """Stating the same again under a new number changes no record."""
    before = {record.id: record.version for record in records_table().all("student")}
    stack.load(school(), 2)
    assert {record.id: record.version for record in records_table().all("student")} == before
    assert operoo.calls == []


@pytest.mark.usefixtures("everybody_arrived")
def test_a_leaver_is_archived_and_comes_back_to_a_profile(stack: Cloud, operoo: FakeOperoo) -> None:
    """One student gone needs no person; the group is applied without them."""
    stack.load(without(school(), 4), 2)
    assert len(operoo.living("members")) == 19
    [group] = operoo.living("groups")
    assert len(group["student_memberships"]) == 19  # type: ignore[arg-type]
    stack.load(school(), 3)
    assert len(operoo.living("members")) == 20
    [group] = operoo.living("groups")
    assert len(group["student_memberships"]) == 20  # type: ignore[arg-type]


@pytest.mark.usefixtures("everybody_arrived")
def test_the_unlink_policy_keeps_the_profile_and_links_it_again(
    stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cloud icon goes, the profile stays, and whoever comes back gets the same one."""
    monkeypatch.setenv("ARCHIVE_POLICY", "unlink")
    was = records_table().get("student", "4").operoo_id  # type: ignore[union-attr]
    stack.load(without(school(), 4), 2)
    assert (len(operoo.living("members")), operoo.profiles[was]["integration_member_id"]) == (20, "")
    stack.load(school(), 3)
    now = records_table().get("student", "4")
    assert now is not None
    assert (now.link, now.operoo_id) == ("linked", was)
    assert operoo.profiles[was]["integration_member_id"] == "4"
    assert len(operoo.living("members")) == 20


def test_a_plan_says_of_each_record_what_will_be_done_and_why(stack: Cloud, operoo: FakeOperoo) -> None:
    """By identifier and reason, exact whatever earlier runs planned; who needs nothing is only counted, with why."""
    stack.load(school(9), 1)
    assert runs_table().run("000000000001").plan["student"] == {"not-selected": 9}  # type: ignore[union-attr]
    assert plans().get("000000000001") == []
    some = {"groups": [CLASS_ID], "rules": [{"kind": "student"}]}
    stack.request("some", {"kind": "selection", "select": some})
    list_records({"rebuild": True}, context("list"))
    rows = changed(without(school(9), 4), "contacts", 9, mobile="0491 570 158")
    rows["students"] += [student(77), student(78, given="", surname="")]
    rows["contacts"].append(contact(77, 1077))
    stack.load(rows, 2)
    lines = [(line.kind, line.id, line.action, line.reason) for line in plans().get("000000000002")]
    assert lines == [
        ("student", "4", "archive", "gone"),
        ("student", "77", "create", "selected"),
        ("student", "78", "skip", "no-name"),
        ("student", "9", "update", "changed"),
        ("group", CLASS_ID, "update", "changed"),
    ]
    run = runs_table().run("000000000002")
    assert run is not None
    assert run.plan["student"] == {"archive": 1, "create": 1, "parked": 1, "update": 1, "in-step": 7}
    assert run.plan["staff"] == {"not-selected": 1}


def test_a_selection_has_a_plan_too(stack: Cloud, operoo: FakeOperoo) -> None:
    """Of whom it changed, however often its messages come; who stays as they are has no line."""
    stack.load(school(9), 1)
    stack.duplicates = True
    stack.request("some", {"kind": "selection", "select": {"students": ["3", "4"], "rules": [{"kind": "staff"}]}})
    stack.request("others", {"kind": "selection", "select": {"students": ["4", "5"]}, "deselect": {"students": ["3"]}})
    stack.request("again", {"kind": "resync", "step": "apply", "students": ["4"]})
    planned = {run.manifest_key: plans().get(run.run) for run in runs_table().runs()}
    told = {key: [(line.id, line.action, line.reason) for line in lines] for key, lines in planned.items() if lines}
    assert told == {
        f"{REQUESTS}some.json": [("3", "create", "selected"), ("4", "create", "selected"), ("500", "create", "selected")],
        f"{REQUESTS}others.json": [("3", "unlink", "deselected"), ("5", "create", "selected")],
        f"{REQUESTS}again.json": [("4", "update", "again")],
    }


def test_a_record_operoo_rejects_is_parked_and_the_rest_proceeds(stack: Cloud, operoo: FakeOperoo) -> None:
    """A student without a contact who can be asked waits on a person's list, until the school mends it."""
    rows = changed(school(), "contacts", 5, email="")
    stack.load(rows, 1)
    stack.request("all", ALL)
    assert len(operoo.living("members")) == 19
    assert list(records_table().waiting("parked", "student")) == ["5"]
    parked = records_table().get("student", "5")
    assert parked is not None
    assert parked.problem is not None
    assert parked.problem.code == "no-request-email"
    stack.load(school(), 2)
    assert len(operoo.living("members")) == 20
    assert list(records_table().waiting("parked", "student")) == []
    [group] = operoo.living("groups")
    assert len(group["student_memberships"]) == 20  # type: ignore[arg-type]


@pytest.mark.usefixtures("everybody_was_read")
def test_an_existing_profile_with_our_number_is_linked_not_made_twice(stack: Cloud, operoo: FakeOperoo) -> None:
    """A school that used Operoo by hand before keeps its profiles."""
    old = operoo.add("members", user_request_id="6", first_name="Old")
    stack.request("all", ALL)
    assert len(operoo.living("members")) == 20
    assert operoo.profiles[old]["integration_member_id"] == "6"


@pytest.mark.usefixtures("everybody_was_read")
def test_two_profiles_with_our_number_are_left_to_a_person(stack: Cloud, operoo: FakeOperoo) -> None:
    """Which of them is meant cannot be known, so neither is touched."""
    twins = [operoo.add("members", user_request_id="6", first_name="Old") for _ in range(2)]
    stack.request("all", ALL)
    assert [operoo.profiles[one]["first_name"] for one in twins] == ["Old", "Old"]
    assert records_table().get("student", "6").problem.code == "profile-ambiguous"  # type: ignore[union-attr]


@pytest.mark.usefixtures("everybody_was_read")
def test_manual_profiles_and_groups_are_never_touched(stack: Cloud, operoo: FakeOperoo) -> None:
    """What we did not make or link stays as it is, whatever happens at the school."""
    mine = operoo.add("members", first_name="By hand"), operoo.add("groups", name="Camp")
    before = [dict(operoo.profiles[one]) for one in mine]
    stack.request("all", ALL)
    stack.load(without(school(), 1), 2)
    assert [operoo.profiles[one] for one in mine] == before


def test_selection_by_id_by_rule_and_by_group(stack: Cloud, operoo: FakeOperoo) -> None:
    """Each way of selecting takes whom it says, and a person's no prevails over a rule's yes."""
    rows = school(6)
    rows["students"][0]["year_level"] = "8"
    stack.load(rows, 1)
    stack.request("one", {"kind": "selection", "select": {"students": ["1"]}})
    assert [one["user_request_id"] for one in operoo.living("members")] == ["1"]
    stack.request("no", {"kind": "selection", "deselect": {"students": ["3"]}})
    stack.request("rule", {"kind": "selection", "select": {"rules": [{"kind": "student", "year_level": "7"}]}})
    assert sorted(str(one["user_request_id"]) for one in operoo.living("members")) == ["1", "2", "4", "5", "6"]
    answer = stack.request("drop", {"kind": "selection", "deselect": {"rules": [{"kind": "student", "year_level": "9"}]}})
    assert answer["outcome"] == "refused"
    stack.request("drop2", {"kind": "selection", "deselect": {"rules": [{"kind": "student", "year_level": "7"}]}})
    assert Counter(bool(one["integration_member_id"]) for one in operoo.living("members")) == {True: 1, False: 4}
    stack.request("group", {"kind": "selection", "select": {"with_members_of": [CLASS_ID]}})
    assert Counter(bool(one["integration_member_id"]) for one in operoo.living("members")) == {True: 5}
    assert len(operoo.living("group_carers")) == 1
    assert len(operoo.living("groups")) == 1


def test_a_rule_by_membership_follows_the_class(stack: Cloud, operoo: FakeOperoo) -> None:
    """Who joins the class later is selected, who leaves it is not any more."""
    rows = school(3)
    stack.load(rows, 1)
    stack.request("group", {"kind": "selection", "select": {"with_members_of": [CLASS_ID]}})
    rows["students"].append(student(50))
    rows["contacts"].append(contact(50, 1050))
    rows["memberships"].append(rows["memberships"][0] | {"student_id": 50})
    del rows["memberships"][0]
    stack.load(rows, 2)
    marked = sorted(str(one["user_request_id"]) for one in operoo.living("members") if one["integration_member_id"])
    assert marked == ["2", "3", "50"]


@pytest.mark.parametrize("first", ["student", "group"])
def test_who_leaves_the_school_and_so_their_class_is_archived_whichever_is_staged_first(
    stack: Cloud, operoo: FakeOperoo, first: str
) -> None:
    """Were the class looked at by itself, the leaver would only be deselected by its rule, and stay in Operoo."""
    stack.load(school(4), 1)
    stack.request("group", {"kind": "selection", "select": {"with_members_of": [CLASS_ID]}})
    stack.snapshot(without(school(4), 2), 2)
    while any(stack._once(queue) for queue in ("intake", "map")):
        pass
    buckets: list[dict[str, object]] = []
    while some := stack.queued("stage"):
        buckets += some
    for bucket in sorted(buckets, key=lambda one: one["kind"] != first):
        handle_message(STAGE_MESSAGE.validate_python(bucket))
        stack.pump()
    assert [one.id for one in records_table().all("student") if one.link == "archived"] == ["2"]
    assert len(operoo.living("members")) == 3


@pytest.mark.parametrize("step", ["map", "stage", "apply"])
@pytest.mark.usefixtures("everybody_arrived")
def test_a_resync_of_what_is_in_step_changes_nothing_but_what_it_asks_for(stack: Cloud, operoo: FakeOperoo, step: str) -> None:
    """Mapping and staging again find nothing; applying again sends the listed ones."""
    answer = stack.request("again", {"kind": "resync", "step": step, "students": ["2"], "full_read": True})
    assert answer["outcome"] == "accepted"
    assert operoo.calls == (["update members"] if step == "apply" else [])
    [message] = stack.queued("return.fifo")
    assert (message["type"], message["owners"]) == ("full_read", ["2"])
    assert message["row_sets"] == ["students", "contacts", "photos"]


@pytest.mark.usefixtures("everybody_arrived")
def test_the_same_request_uploaded_again_is_carried_out_again(stack: Cloud, operoo: FakeOperoo) -> None:
    """A file may be uploaded twice under one name: that is two wishes."""
    for _ in range(2):
        stack.request("again", {"kind": "resync", "step": "apply", "students": ["2"]})
    assert operoo.calls == ["update members"] * 2


@pytest.mark.usefixtures("everybody_was_read")
def test_unknown_identifiers_are_refused_whole(stack: Cloud, operoo: FakeOperoo) -> None:
    """A slip of the pen selects nobody, and the answer names it."""
    answer = stack.request("slip", {"kind": "selection", "select": {"students": ["1", "99"]}})
    assert (answer["outcome"], answer["code"]) == ("refused", "record-unknown")
    assert "99" in answer["reason"]
    answer = stack.request("name", {"kind": "selection", "select": {"students": ["Zebedee Quill"]}})
    assert answer["code"] == "record-unknown"
    assert "Zebedee" not in str(answer)
    answer = stack.request("hold", {"kind": "approve", "hold": "Zebedee Quill"})
    assert answer["code"] == "hold-unknown"
    assert "Zebedee" not in str(answer)
    assert operoo.calls == []


def test_photos_are_sent_once_and_again_when_they_change(stack: Cloud, operoo: FakeOperoo) -> None:
    """A photo travels by its digest; a new one is sent without anything else."""
    rows = school(2)
    first, second = stack.photo(b"\xff\xd8\xff first"), stack.photo(b"\xff\xd8\xff second one")
    rows["photos"] = [{"id": 1, "digest": first, "type": "jpeg", "size": 9, "modified_at": "2026-01-01T00:00:00"}]
    stack.load(rows, 1)
    stack.request("all", ALL)
    assert operoo.calls.count("photo members") == 1
    operoo.calls.clear()
    stack.load(changed(rows, "photos", 1, digest=second), 2)
    assert operoo.calls == ["photo members"]


def test_staff_who_cannot_be_named_are_parked(stack: Cloud, operoo: FakeOperoo, capsys: pytest.CaptureFixture[str]) -> None:
    """A bad record does not stop its bucket, and an alarm sounds for it once."""
    rows = school(2)
    rows["staff"].append(member_of_staff(501, given="", surname=" "))
    stack.load(rows, 1)
    assert capsys.readouterr().out.count('"RecordsParked":[1.0]') == 1
    stack.request("all", ALL)
    assert list(records_table().waiting("parked", "staff")) == ["501"]
    assert len(operoo.living("group_carers")) == 1


@pytest.mark.usefixtures("everybody_arrived")
def test_what_was_changed_by_hand_in_a_group_is_overwritten_at_night(stack: Cloud, operoo: FakeOperoo) -> None:
    """The nightly wish states every synchronised group anew: its staff are those of Synergetic."""
    [group] = operoo.living("groups")
    group["staff_memberships"] = ["999"]
    night = {"type": "apply", "why": "nightly", "overwrite_groups": True}
    stack.sqs.send_message(
        QueueUrl=stack.urls["apply.fifo"], MessageBody=json.dumps(night), MessageGroupId="operoo", MessageDeduplicationId="n"
    )
    stack.pump()
    assert operoo.calls == ["update groups"]
    [carer] = [key for key, one in operoo.profiles.items() if one["resource"] == "group_carers"]
    assert group["staff_memberships"] == [carer]


@pytest.mark.usefixtures("everybody_was_read")
def test_what_cannot_be_looked_at_again_in_time_is_looked_at_later(stack: Cloud) -> None:
    """A bucket of a large school may take longer than a function is given: whoever is left gets a message of their own."""
    ids = tuple(one.id for one in records_table().all("student"))
    handle_message(Restage(kind="student", bucket="", only=ids, choice="deselect", order="2026-08-02"), lambda: False)
    assert [one.choice for one in records_table().all("student")].count(False) == 1
    stack.pump()
    assert {one.choice for one in records_table().all("student")} == {False}


@pytest.mark.usefixtures("everybody_was_read")
def test_an_older_choice_never_undoes_a_newer_one(stack: Cloud, operoo: FakeOperoo) -> None:
    """A message that selects, delivered late, finds the deselection that came after it."""
    newer = Restage(kind="student", bucket="0", only=("1",), choice="deselect", order="2026-08-02")
    older = Restage(kind="student", bucket="0", only=("1",), choice="select", order="2026-08-01")
    for message in (newer, older):
        handle_message(message)
    stack.pump()
    one = records_table().get("student", "1")
    assert one is not None
    assert one.choice is False
    assert operoo.calls == []


@pytest.mark.usefixtures("everybody_arrived")
def test_a_profile_removed_in_operoo_stays_away_until_a_person_asks(stack: Cloud, operoo: FakeOperoo) -> None:
    """Somebody archived it there on purpose; neither a change at the school nor time brings it back, a resync does."""
    gone = records_table().get("student", "2")
    assert gone is not None
    operoo.profiles[gone.operoo_id]["archived"] = True
    for sequence, mobile in enumerate(("0491 570 101", "0491 570 102"), start=2):
        stack.load(changed(school(), "contacts", 2, mobile=mobile), sequence)
        assert len(operoo.living("members")) == 19
    assert list(records_table().waiting("parked", "student")) == ["2"]
    stack.request("again", {"kind": "resync", "step": "apply", "students": ["2"]})
    assert len(operoo.living("members")) == 20


def test_without_a_token_nothing_is_lost_and_the_alarm_sounds(
    stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fresh stack has an empty secret: the message is taken, the metric counts, and everything stays pending."""
    monkeypatch.setattr("functions.apply_records.handler.operoo", wiring.operoo)
    monkeypatch.setenv("OPEROO_TOKEN_SECRET", boto3.client("secretsmanager").create_secret(Name="empty")["ARN"])
    forget_wiring()
    stack.load(school(2), 1)
    stack.request("all", ALL)
    assert '"ApplyStopped":[1.0]' in capsys.readouterr().out
    assert sorted(records_table().waiting("pending", "student")) == ["1", "2"]


def test_who_is_gone_is_forgotten_some_day_and_nobody_else(
    stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A leaver who is archived, or never was in Operoo, gets a day on which the table forgets them; who comes back loses it."""
    monkeypatch.setenv("FORGET_AFTER_DAYS", "700")
    stack.load(school(4), 1)
    stack.request("some", {"kind": "selection", "select": {"students": ["1", "2"]}})
    stack.load(without(school(4), 1, 3), 2)
    assert set(forgotten()) == {"1", "3"}
    in_days = (forgotten()["1"] - datetime.now(UTC).timestamp()) / 86_400
    assert 699 < in_days <= 700
    stack.load(school(4), 3)
    assert forgotten() == {}


def forgotten() -> dict[str, int]:
    """Return the records that have a day to be forgotten on; lines of timelines always have one."""
    items = boto3.resource("dynamodb").Table("records").scan()["Items"]
    assert all("expires_at" in item for item in items if str(item["pk"]).startswith("timeline"))
    records = [item for item in items if not str(item["pk"]).startswith("timeline")]
    return {str(item["id"]): int(str(item["expires_at"])) for item in records if "expires_at" in item}


@pytest.mark.usefixtures("everybody_was_read")
def test_what_is_mapped_again_is_planned_once(stack: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a snapshot is, with nothing new or not: not once for each of hundreds of buckets, with all who wait read each time."""
    stack.load(school(), 2)
    plans: list[str] = []
    finish = RunsTable.finish_run

    def finished(table: RunsTable, run: str, **how: Any) -> None:
        plans.extend([run] if how["state"] == "planned" else [])
        finish(table, run, **how)

    monkeypatch.setattr(RunsTable, "finish_run", finished)
    stack.request("again", {"kind": "resync"})
    stack.request("one", {"kind": "resync", "students": ["1"]})
    assert plans == ["000000000002"] * 2
    assert runs_table().run("000000000002").waiting == frozenset()  # type: ignore[union-attr]
