"""Processes are killed in the middle of their work: the end is the same as if nothing had happened, on the real template."""

import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.demo.changes import synchronised
from local.demo.operoo import difference
from local.demo.options import Options
from local.demo.world import World, opened
from local.school.changes import Change, enrol_student
from local.stack import Pace
from shared import keys

pytestmark = pytest.mark.slow
SELECTION = {
    "kind": "selection",
    "select": {"all": ["student", "staff"], "rules": [{"kind": "group", "group_type": one} for one in ("class", "year_level")]},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Run a school whose people are all in Operoo, on a clock that brings a killed function's message back soon."""
    options = Options(students=20, directory=tmp_path_factory.mktemp("killed") / "demo", port=None)
    with opened(options, lambda _: None, pace=Pace(clock=100)) as world:
        world.run()
        world.request("everyone", SELECTION)
        assert world.linked()
        yield world


def until(condition: Callable[[], object], timeout_s: float = 600) -> None:
    """Wait for something that has to come."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


def photos(world: World) -> set[str]:
    """Return the keys of the photos in the bucket."""
    s3, bucket = world.cloud.stack.client("s3"), world.cloud.stack.outputs["ExchangeBucket"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=keys.PHOTOS)
    return {item["Key"] for page in pages for item in page.get("Contents", [])}


@pytest.mark.parametrize("function", ["AcceptManifests", "StageRecords", "ApplyRecords"])
def test_a_killed_function_changes_nothing_of_the_end(world: World, function: str) -> None:
    """New students arrive once each, and their groups know them, though the function was killed over them.

    `tests/integration/test_crashes.py` kills all five at each of their calls; this is the real process with the real wiring.
    """
    before = world.state()
    with world.office() as office:
        days: list[Change] = [enrol_student(office, like=student) for student in world.linked()[:3]]
    with world.relay.start() as relay:
        # While the relay runs: the first function may be done with its manifest before the relay has ended.
        until(lambda: world.cloud.stack.kill(function))
        _, said = relay.communicate()
    assert relay.returncode == 0, said
    world.cloud.settle()
    came = difference(before, world.state())
    assert came.created["members"] == {student for day in days for student in day.students}
    assert set(came.changed["groups"]) == {group for day in days for group in synchronised(day)}
    assert came.writes["create student"] == len(days)
    assert world.cloud.dead_letters() == 0


def test_a_killed_relay_has_said_nothing(world: World) -> None:
    """A relay that is killed while it sends leaves no manifest; the next run sends what is missing."""
    folder = Path(world.relay.configuration).parent / "state"
    stands = world.run().sequence
    s3, bucket = world.cloud.stack.client("s3"), world.cloud.stack.outputs["ExchangeBucket"]
    everything, before = photos(world), world.state()
    for key in everything:
        s3.delete_object(Bucket=bucket, Key=key)
    shutil.rmtree(folder)
    with world.relay.start() as process:
        until(lambda: photos(world))
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
    assert process.returncode == -signal.SIGKILL
    assert not s3.list_objects_v2(Bucket=bucket, Prefix=keys.SNAPSHOTS, StartAfter=keys.snapshot_key(stands))["KeyCount"]
    assert world.run().sequence == stands + 1
    assert photos(world) == everything
    assert not difference(before, world.state()).touched
