"""A school's stack in one process with an Operoo in memory, and a school in two-way mode of which each test takes a student."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from moto import mock_aws

from local.school import create_school
from local.stack import quick
from tests.conftest import LAMBDA
from tests.integration.cloud import Cloud, cloud, forget_wiring
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.relay_school import build
from tests.integration.relay_site import Bucket, Site
from tests.integration.two_way import FakeMedical, TwoWay
from tests.integration.writeback_site import Aws, aws_in_memory, school_file


@pytest.fixture(scope="session", autouse=True)
def quick_moto() -> None:
    """Teach moto to be quick before the first test asks it for anything."""
    quick.teach()


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
def operoo(monkeypatch: pytest.MonkeyPatch) -> FakeOperoo:
    """Return an empty Operoo that the applying function talks to."""
    fake = FakeOperoo()
    monkeypatch.setattr("functions.apply_records.handler.operoo", cache(lambda: fake))
    return fake


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, operoo: FakeOperoo) -> Iterator[Cloud]:
    """Return the stack, empty."""
    with cloud(monkeypatch.setenv) as made:
        yield made


@pytest.fixture(scope="module")
def two_way_school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoWay]:
    """Return a school in two-way mode, whose students are all in Operoo."""
    folder = tmp_path_factory.mktemp("two-way")
    create_school(folder / "school.db", students=15, photos=0, today=date(2026, 3, 2))
    environment: dict[str, str] = {}
    operoo = FakeOperoo()
    medical = FakeMedical(operoo)
    with pytest.MonkeyPatch.context() as patch:

        def put(name: str, value: str) -> None:
            environment[name] = value
            patch.setenv(name, value)

        for name, value in LAMBDA.items():
            put(name, value)
        with cloud(put) as stack:
            patch.setattr("functions.apply_records.handler.operoo", cache(lambda: operoo))
            patch.setattr("functions.pull_medical.handler.operoo_medical", cache(lambda: medical))
            made = TwoWay(folder, stack, medical, environment)
            made.sync()
            stack.request("everyone", {"kind": "selection", "select": {"all": ["student"]}})
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
    linked = sorted(str(one["integration_member_id"]) for one in two_way.medical.operoo.living("members"))
    return next(one for one in linked if not two_way.entry(one).version)
