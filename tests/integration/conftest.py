"""A school's stack in one process with an Operoo in memory, and a school in two-way mode of which each test takes a student."""

from collections.abc import Iterator
from datetime import date
from functools import cache

import pytest

from local.school import create_school
from tests.conftest import LAMBDA
from tests.integration.cloud import Cloud, cloud, forget_wiring
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.two_way import FakeMedical, TwoWay


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
