"""Groups follow who was linked, also where thousands were: the function's time is looked at meanwhile."""

from functools import partial
from itertools import count

import boto3
import pytest

from functions.apply_records.applying import Applier
from functions.apply_records.handler import apply_all
from functions.apply_records.profiles import Profiles
from functions.operoo.settings import OperooSettings
from functions.runtime.time_left import OutOfTimeError
from functions.runtime.wiring import link_marks, records_table
from tests.integration.beginnings import ALL
from tests.integration.cloud import Cloud
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import CLASS_ID, school


def is_last_round(operoo: FakeOperoo) -> bool:
    """Apply with time for a few steps; return whether everything was done."""
    has_time = partial(next, iter([True] * 6), False)
    profiles = Profiles(operoo, OperooSettings(), lambda _: b"")
    try:
        Applier(records_table(), link_marks(), profiles, archive=True, has_time=has_time).work()
    except OutOfTimeError:
        return False
    return True


@pytest.mark.usefixtures("everybody_arrived")
def test_marks_that_are_too_many_for_one_round_are_left_to_the_next(operoo: FakeOperoo) -> None:
    """Each round takes some away, no group is written twice for them, and it is applied when all are gone."""
    table = boto3.resource("dynamodb").Table("runs")
    for number in range(1, 21):
        table.put_item(Item=link_marks().mark("student", str(number))["Item"])
    assert next(number for number in count(1) if is_last_round(operoo)) == 4
    assert link_marks().all() == {}
    assert list(records_table().waiting("pending", "group")) == []
    told = [event.event for event in records_table().timeline("group", CLASS_ID)]
    assert told.count("members linked or unlinked") == 1


def test_groups_too_many_to_be_stated_anew_in_one_round_all_are(stack: Cloud, operoo: FakeOperoo) -> None:
    """The wish goes on until each of them was noted, and none is noted, or stated, twice for it."""
    rows = school(2)
    rows["groups"] += [rows["groups"][0] | {"code": f"8MAT{number}"} for number in range(1, 5)]
    stack.load(rows, 1)
    stack.request("all", ALL)
    operoo.calls.clear()
    apply_all(partial(next, iter([True, False]), False), overwrite_groups=True)
    noted = [one for one in records_table().all("group") if one.links_changed]
    assert (len(noted), operoo.calls) == (2, [])
    stack.pump()
    assert operoo.calls == ["update groups"] * 5
    told = [event.event for one in records_table().all("group") for event in records_table().timeline("group", one.id)]
    assert told.count("to be stated anew") == 5
