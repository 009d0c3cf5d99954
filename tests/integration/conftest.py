"""A school's stack in one process with an Operoo in memory, and a school in two-way mode of which each test takes a student."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from moto import mock_aws

from local.stack.moto import speed
from tests.integration.beginnings import TwoWayBeginning, after, apart, arrive, empty, read, two_way_beginning
from tests.integration.cloud import Cloud, forget_wiring
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.relay_school import build
from tests.integration.relay_site import Bucket, Site
from tests.integration.two_way import TwoWay
from tests.integration.writeback_site import Aws, WriteSite, aws_in_memory, school_file


@pytest.fixture(scope="session", autouse=True)
def quick_moto() -> None:
    """Teach moto to be quick before the first test asks it for anything."""
    speed.teach()


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    """Return an empty Exchange bucket."""
    with mock_aws():
        yield Bucket()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return a relay at a small school."""
    return Site(tmp_path, build(tmp_path / "school.db"))


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """Return AWS for relays that write back, empty."""
    with aws_in_memory() as made:
        yield made


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the file of a small school with a trigger."""
    return school_file(tmp_path_factory.mktemp("school"))


@pytest.fixture
def path(tmp_path: Path, school: bytes) -> Path:
    """Return that school's file, for one test."""
    path = tmp_path / "school.db"
    path.write_bytes(school)
    return path


@pytest.fixture
def write_site(tmp_path: Path, path: Path, aws: Aws) -> WriteSite:
    """Return a relay in two-way mode at that school."""
    return WriteSite(tmp_path, path, aws)


@pytest.fixture
def operoo(monkeypatch: pytest.MonkeyPatch) -> FakeOperoo:
    """Return an empty Operoo that the applying function talks to."""
    fake = FakeOperoo()
    monkeypatch.setattr("functions.apply_records.handler.operoo", cache(lambda: fake))
    return fake


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, operoo: FakeOperoo) -> Iterator[Cloud]:
    """Return the stack, empty."""
    with apart():
        yield empty().again(monkeypatch)
        forget_wiring()


@pytest.fixture
def everybody_was_read(stack: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let snapshot 1 of `school()` be staged: twenty students with a teacher and a class, and nobody selected."""
    after(read).again(monkeypatch)


@pytest.fixture
def everybody_arrived(stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let snapshot 1 of `school()` be staged and everybody in it be in Operoo, as `ALL` asks; calls count from here."""
    beginning = after(read, arrive)
    beginning.again(monkeypatch)
    operoo.take_over(beginning.operoo)


@pytest.fixture(scope="session")
def a_two_way_school(tmp_path_factory: pytest.TempPathFactory) -> TwoWayBeginning:
    """Return what each module's school in two-way mode begins with."""
    return two_way_beginning(tmp_path_factory.mktemp("two-way"))


@pytest.fixture(scope="module")
def two_way_school(a_two_way_school: TwoWayBeginning) -> Iterator[TwoWay]:
    """Return a school in two-way mode, whose students are all in Operoo."""
    with a_two_way_school.again() as made:
        yield made


@pytest.fixture
def two_way(two_way_school: TwoWay, monkeypatch: pytest.MonkeyPatch) -> Iterator[TwoWay]:
    """Return that school, where no family says anything now."""
    for name, value in {**two_way_school.environment, "MEDICAL_UPDATES": "automatic"}.items():
        monkeypatch.setenv(name, value)
    forget_wiring()
    two_way_school.medical.profiles.clear()
    two_way_school.medical.fetched.clear()
    yield two_way_school
    forget_wiring()


@pytest.fixture
def student(two_way: TwoWay) -> str:
    """Return a student in Operoo of whom no other test has spoken."""
    # Who was let go bears no number any more.
    linked = sorted(filter(None, (str(one["integration_member_id"]) for one in two_way.medical.operoo.living("members"))))
    return next(one for one in linked if not two_way.entry(one).version)
