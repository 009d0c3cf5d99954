"""The console's lists follow the staging area, whatever the stream tells, how often, and in which order."""

from typing import Any

import pytest

from functions.list_records import handler
from functions.list_records.handler import lambda_handler
from functions.runtime.wiring import lists, memberships, records_table
from functions.store.conflicts import ChangedMeanwhileError
from shared.owners import owner_hash
from tests.integration.cloud import Cloud, context
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import CLASS_ID, school, student, without

pytestmark = pytest.mark.usefixtures("everybody_was_read")


def told(*ids: str, kind: str = "student") -> dict[str, Any]:
    """Return the event that tells of some records."""
    keys = [{"pk": {"S": f"{kind}#{owner_hash(one)[0]}"}, "sk": {"S": f"{owner_hash(one)}#{one}"}} for one in ids]
    return {"Records": [{"dynamodb": {"Keys": key}} for key in keys]}


def listed(kind: Any = "student") -> dict[str, str]:
    """Return the names in a list by identifier."""
    return {line.id: line.name for line in lists().all(kind)}


def test_a_part_begins_with_all_its_records(stack: Cloud, operoo: FakeOperoo) -> None:
    """The first record that is told of brings those beside it along, which no stream will ever tell of."""
    lambda_handler(told("3"), context("list"))
    beside = {str(number) for number in range(1, 21) if owner_hash(str(number))[0] == owner_hash("3")[0]}
    assert set(listed()) == beside


def test_repeats_and_disorder_change_nothing(stack: Cloud, operoo: FakeOperoo) -> None:
    """The table says what is; the stream only where to look."""
    everyone = [str(number) for number in range(1, 21)]
    lambda_handler(told(*everyone), context("list"))
    rows = school()
    rows["students"][2] = student(3, surname="Renamed")
    stack.load(rows, 2)
    for ids in (("3",), ("3", "3"), tuple(reversed(everyone))):
        lambda_handler(told(*ids), context("list"))
    assert listed()["3"] == "Renamed, Given3"
    assert len(listed()) == 20


def test_who_is_forgotten_leaves_the_list(stack: Cloud, operoo: FakeOperoo) -> None:
    """DynamoDB removes a record when its time is over, and the stream tells that like any other write."""
    lambda_handler({"rebuild": True}, context("list"))
    stack.load(without(school(), 3), 2)
    lambda_handler(told("3"), context("list"))
    assert not next(line for line in lists().all("student") if line.id == "3").present
    hashed = owner_hash("3")
    records_table()._client.delete_item(TableName="records", Key={"pk": f"student#{hashed[0]}", "sk": f"{hashed}#3"})
    lambda_handler(told("3"), context("list"))
    assert "3" not in listed()


def test_two_at_once_lose_nothing(stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finds that a part was written meanwhile reads it again."""
    lambda_handler({"rebuild": True}, context("list"))
    rows = school()
    rows["students"] = [student(number, surname="Renamed") for number in range(1, 21)]
    stack.load(rows, 2)
    first, *others = [str(number) for number in range(1, 21) if owner_hash(str(number))[0] == owner_hash("3")[0]]
    put, met = type(lists()).put, []

    def meets_another(self: Any, *arguments: Any, **given: Any) -> None:
        if not met:
            met.append(True)
            lambda_handler(told(*others), context("list"))
        put(self, *arguments, **given)

    monkeypatch.setattr(type(lists()), "put", meets_another)
    lambda_handler(told(first), context("list"))
    assert all(listed()[one].startswith("Renamed") for one in (first, *others))


def test_who_never_gets_through_is_told_again(stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch is not passed over: the function fails, and Lambda tells it once more."""

    def taken(*_: Any, **__: Any) -> None:
        raise ChangedMeanwhileError("taken")

    monkeypatch.setattr(handler, "rebuild", taken)
    with pytest.raises(Exception, match="unexpectedly"):
        lambda_handler(told("3"), context("list"))


def test_who_is_in_which_group_follows_too(stack: Cloud, operoo: FakeOperoo) -> None:
    """A student's groups are found without reading the groups: as a member, as staff, and no more when they left it."""
    lambda_handler(told(CLASS_ID, kind="group"), context("list"))
    assert memberships().groups_of("student", "3") == memberships().groups_of("staff", "500") == {CLASS_ID}
    assert memberships().groups_of("student", "500") == memberships().groups_of("staff", "3") == set()
    stack.load(without(school(), 3), 2)
    before = memberships().part(owner_hash(CLASS_ID)[0]).revision
    for _ in range(2):
        lambda_handler(told(CLASS_ID, kind="group"), context("list"))
    assert memberships().groups_of("student", "3") == set()
    assert memberships().part(owner_hash(CLASS_ID)[0]).revision == before + 1
