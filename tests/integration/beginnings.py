"""What many tests begin with: made once in a process, and brought back for each test that begins there."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from random import Random

import pytest
from moto import mock_aws

from local.school import create_school
from tests.conftest import LAMBDA
from tests.integration.cloud import Cloud, cloud, forget_wiring
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import school
from tests.integration.two_way import FakeMedical, TwoWay
from tests.moment import Moment, nothing

Story = Callable[[Cloud], object]
ALL = {"kind": "selection", "select": {"all": ["student", "staff", "group"]}}


def read(stack: Cloud) -> None:
    """Have the school of twenty read, of whom nobody is selected."""
    stack.load(school(), 1)


def arrive(stack: Cloud) -> None:
    """Have everybody whom it read selected."""
    stack.request("all", ALL)


@dataclass(frozen=True)
class Beginning:
    """The stack, what its functions find in their environment, what there is in AWS, and the Operoo of that moment."""

    stack: Cloud
    environment: dict[str, str]
    moment: Moment
    operoo: FakeOperoo

    def again(self, patch: pytest.MonkeyPatch) -> Cloud:
        """Let AWS be as it was then; return the stack, with its dice not thrown yet."""
        for name, value in self.environment.items():
            patch.setenv(name, value)
        forget_wiring()
        self.moment.again()
        return replace(self.stack, dice=Random(1))


@contextmanager
def apart() -> Iterator[None]:
    """Begin with nothing in AWS, and let what was there be as before in the end."""
    with mock_aws():
        before = Moment()
        nothing()
        try:
            yield
        finally:
            before.again()


@cache
def empty() -> Beginning:
    """Return a stack in which nothing was done yet."""
    environment: dict[str, str] = {}
    with apart(), pytest.MonkeyPatch.context() as patch:

        def put(name: str, value: str) -> None:
            environment[name] = value
            patch.setenv(name, value)

        for name, value in LAMBDA.items():
            put(name, value)
        with cloud(put) as stack:
            return Beginning(stack, environment, Moment(), FakeOperoo())


@cache
def after(*stories: Story) -> Beginning:
    """Return that stack after these stories."""
    *earlier, last = stories
    first = after(*earlier) if earlier else empty()
    operoo = FakeOperoo()
    operoo.take_over(first.operoo)
    with apart(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("functions.apply_records.handler.operoo", cache(lambda: operoo))
        last(first.again(patch))
        return Beginning(first.stack, first.environment, Moment(), operoo)


@dataclass(frozen=True)
class TwoWayBeginning:
    """A school in two-way mode whose students are all in Operoo: its folder, a copy of that, and the stack."""

    folder: Path
    copy: Path
    beginning: Beginning

    @contextmanager
    def again(self) -> Iterator[TwoWay]:
        """Let it be as it was, and no family say anything."""
        shutil.rmtree(self.folder)
        shutil.copytree(self.copy, self.folder)
        operoo = FakeOperoo()
        operoo.take_over(self.beginning.operoo)
        medical = FakeMedical(operoo)
        with pytest.MonkeyPatch.context() as patch, apart():
            patch.setattr("functions.apply_records.handler.operoo", cache(lambda: operoo))
            patch.setattr("functions.pull_medical.handler.operoo_medical", cache(lambda: medical))
            yield TwoWay(self.folder, self.beginning.again(patch), medical, self.beginning.environment)
            forget_wiring()


def two_way_beginning(folder: Path) -> TwoWayBeginning:
    """Make that school."""
    create_school(folder / "school.db", students=26, photos=0, today=date(2026, 3, 2))

    def arrive_all(stack: Cloud) -> None:
        TwoWay(folder, stack, FakeMedical(FakeOperoo()), {}).sync()
        stack.request("everyone", {"kind": "selection", "select": {"all": ["student"]}})

    beginning = after(arrive_all)
    copy = folder.with_name(f"{folder.name}-as-it-was")
    shutil.copytree(folder, copy)
    return TwoWayBeginning(folder, copy, beginning)
