"""Records that a person brings by a manifest: refused as a whole or staged as a whole, whatever becomes of the messages."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from functions.records.manual_records import ManualRecord, encode
from functions.runtime.wiring import exchange, plans, records_table, runs_table
from functions.stage_records.handler import handle_message
from shared.digests import sha256
from shared.errors import OperooUnavailableError
from shared.keys import REQUESTS, manual_records_key
from shared.messages import STAGE_MESSAGE
from shared.records import Contact, Group, Name, Student
from tests.integration.cloud import BUCKET, Cloud, Killed
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import changed, school


def guest(number: str, email: str = "home@home.example") -> ManualRecord:
    """Return a student whom Synergetic does not have."""
    asked = Contact(id=f"manual:{number}.1", type="SC1", order=1, email=email)
    return ManualRecord(record=Student(id=f"manual:{number}", name=Name(given="Ann", surname="Able"), contacts=(asked,)))


def choir(*members: str) -> ManualRecord:
    """Return a group of these."""
    return ManualRecord(record=Group(id="manual:choir", type="custom", code="Choir", name="Choir", members=members))


def wish(*given: ManualRecord, **more: Any) -> dict[str, Any]:
    """Put records into the bucket and return the manifest that brings them."""
    return {"kind": "records", **({"file": exchange().put_given(encode(given))} if given else {}), **more}


def numbers(operoo: FakeOperoo) -> list[str]:
    """Return the numbers of the students in Operoo."""
    return sorted(str(one["user_request_id"]) for one in operoo.living("members"))


@pytest.mark.usefixtures("everybody_was_read")
def test_what_is_brought_is_in_operoo_beside_the_schools_own(stack: Cloud, operoo: FakeOperoo) -> None:
    """A group of guests and of Synergetic's own students has both as members, under the school's numbers."""
    stack.request("own", {"kind": "selection", "select": {"students": ["1", "2"]}})
    answer = stack.request("guests", wish(guest("X1"), choir("manual:X1", "1", "3"), select=True, by="jo@school.example"))
    assert (answer["outcome"], answer["detail"]) == ("accepted", "2 records brought")
    assert numbers(operoo) == ["1", "2", "X1"]
    [group] = operoo.living("groups")
    assert len(group["student_memberships"]) == 2  # type: ignore[arg-type]
    [first, *_] = records_table().timeline("student", "manual:X1")
    assert (first.event, first.detail) == ("made by hand", "by jo@school.example")


@pytest.mark.usefixtures("everybody_was_read")
def test_a_rule_by_membership_follows_a_group_that_is_brought(stack: Cloud, operoo: FakeOperoo) -> None:
    """Who is put into the choir is selected, who is taken out of it is not any more."""
    stack.request("choir", wish(choir("1", "2")))
    stack.request("rule", {"kind": "selection", "select": {"with_members_of": ["manual:choir"]}})
    stack.request("other", wish(choir("2", "3")))
    marked = [str(one["user_request_id"]) for one in operoo.living("members") if one["integration_member_id"]]
    assert sorted(marked) == ["2", "3"]


def test_who_is_removed_is_archived_without_a_hold_however_many(stack: Cloud, operoo: FakeOperoo) -> None:
    """A person has decided about them, which is what a hold would ask for."""
    guests = [guest(f"X{number}") for number in range(8)]
    stack.request("guests", wish(*guests, select=True))
    removed = stack.request("away", wish(remove={"student": [one.id for one in guests]}))
    assert removed["detail"] == "8 records removed"
    stack.load(school(1), 1)
    assert numbers(operoo) == []


def _tampered(stack: Cloud) -> dict[str, Any]:
    manifest = wish(guest("X1"))
    other = exchange().put_given(encode([guest("X2")]))
    body = stack.s3.get_object(Bucket=BUCKET, Key=manual_records_key(other))["Body"].read()
    stack.s3.put_object(Bucket=BUCKET, Key=manual_records_key(manifest["file"]), Body=body)
    return manifest


def _given(record_id: str, **name: str) -> dict[str, Any]:
    line = json.dumps({"record": {"kind": "student", "id": record_id, "name": name}}).encode()
    return {"kind": "records", "file": exchange().put_given(line + b"\n")}


@pytest.mark.parametrize(
    ("manifest", "code"),
    [
        (lambda _: wish(guest("2")), "number-taken"),
        (lambda _: wish(guest("X1"), guest("002")), "number-taken"),
        (lambda _: wish(guest("X1"), guest("X1")), "records-file"),
        (lambda _: _given("manual:" + "X" * 2_000), "records-file"),
        (lambda _: _given("manual:X1 "), "records-file"),
        (lambda _: _given("manual:"), "records-file"),
        (lambda _: _given("manual:X1", given="half \ud83d"), "records-file"),
        (lambda _: {"kind": "records", "file": sha256(b"nothing")}, "records-file"),
        (_tampered, "records-file"),
        (lambda _: _given("9"), "records-file"),
        (lambda _: wish(remove={"student": ["manual:nobody"]}), "record-unknown"),
        (lambda _: wish(remove={"student": ["1"]}), "manifest-invalid"),
        (lambda _: wish(), "manifest-invalid"),
    ],
    ids=[
        "number",
        "zeros",
        "twice",
        "long",
        "blank",
        "empty",
        "half",
        "missing",
        "tampered",
        "not brought",
        "unknown",
        "synergetic",
        "nothing",
    ],
)
@pytest.mark.usefixtures("everybody_was_read")
def test_what_cannot_be_is_refused_whole(stack: Cloud, manifest: Callable[[Cloud], dict[str, Any]], code: str) -> None:
    """The answer says why, and nothing is staged."""
    answer = stack.request("wish", manifest(stack))
    assert (answer["outcome"], answer["code"]) == ("refused", code)
    assert not [one for one in records_table().all("student") if one.origin != "synergetic"]


def test_the_relay_is_not_asked_for_what_it_cannot_have(stack: Cloud) -> None:
    """It would find nobody, or read everybody instead."""
    stack.request("guests", wish(guest("X1")))
    answer = stack.request("again", {"kind": "resync", "students": ["manual:X1"], "full_read": True})
    assert answer["code"] == "not-in-synergetic"
    assert stack.request("apply", {"kind": "resync", "step": "apply", "students": ["manual:X1"]})["outcome"] == "accepted"


@pytest.mark.parametrize("seed", range(3))
def test_messages_may_come_twice_late_and_mixed_with_snapshots(stack: Cloud, operoo: FakeOperoo, seed: int) -> None:
    """The last wish holds, and Operoo has everybody once."""
    stack.dice = random.Random(seed)
    stack.shuffle = stack.duplicates = stack.lossy = True
    stack.load(school(3), 1)
    stack.request("first", wish(guest("X1", "old@home.example"), guest("X2"), select=True))
    stack.snapshot(school(2), 2)
    stack.request("second", wish(guest("X1", "new@home.example"), remove={"student": ["manual:X2"]}))
    stack.load(school(3), 3)
    assert numbers(operoo) == ["X1"]
    assert [one["request_email"] for one in operoo.living("members")] == ["new@home.example"]


def test_what_is_brought_has_a_plan(stack: Cloud, operoo: FakeOperoo) -> None:
    """Of whom it is to be made for; who is only here waits for nothing."""
    stack.request("guests", wish(guest("X1"), select=True))
    stack.request("more", wish(guest("X2")))
    stack.request("gone", {"kind": "records", "remove": {"student": ["manual:X1"]}})
    planned = {run.manifest_key: plans().get(run.run) for run in runs_table().runs()}
    told = {key: [(line.id, line.action, line.reason) for line in lines] for key, lines in planned.items() if lines}
    assert told == {
        f"{REQUESTS}guests.json": [("manual:X1", "create", "selected")],
        f"{REQUESTS}gone.json": [("manual:X1", "archive", "gone")],
    }


def test_a_crash_on_the_way_leaves_nothing_half_done(stack: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever dies between two records is followed by somebody who writes the second."""
    table, saved = records_table(), []

    def die_at_second(change: Any) -> Any:
        saved.append(change)
        if len(saved) == 2:
            raise Killed
        return type(table).save_one(table, change)

    monkeypatch.setattr(table, "save_one", die_at_second)
    given = [guest(f"X{number}") for number in range(40)]
    digest = exchange().put_given(encode(given))
    buckets = "0123456789abcdef"
    wishes = [
        {"type": "given", "kind": "student", "bucket": one, "origin": "upload", "file": digest, "order": "1"} for one in buckets
    ]
    for _ in range(2):
        for one in wishes:
            try:
                handle_message(STAGE_MESSAGE.validate_python(one))
            except Killed:
                continue
    found = {record.id: record for record in table.all("student")}
    assert set(found) == {one.id for one in given}
    assert {record.version for record in found.values()} == {1}


def test_a_record_that_the_staging_area_cannot_hold_is_refused(stack: Cloud) -> None:
    """DynamoDB takes no item of more than 400 kB."""
    answer = stack.request("crowd", wish(guest("1"), choir(*(f"manual:{number}" for number in range(30_000)))))
    assert (answer["code"], "more than 380 kB" in answer["reason"]) == ("records-file", True)
    assert records_table().get("student", "manual:1") is None


def test_a_plan_counts_the_schools_own_as_those_who_need_nothing(stack: Cloud, operoo: FakeOperoo) -> None:
    """Who was brought and waits is none of them: there would be fewer than none."""

    def away(_: str) -> None:
        raise OperooUnavailableError("It is away.")

    operoo.before = away
    stack.load(school(2), 1)
    stack.request("guests", wish(*(guest(f"X{number}") for number in range(5)), select=True))
    stack.load(school(3), 2)
    stack.load(changed(school(3), "contacts", 1, mobile="1"), 3)
    stack.request("again", {"kind": "resync"})
    for run in ("000000000002", "000000000003"):
        assert runs_table().run(run).plan["student"] == {"create": 5, "not-selected": 3}  # type: ignore[union-attr]
