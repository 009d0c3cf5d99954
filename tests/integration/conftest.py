"""A school's stack in one process, with an Operoo in memory."""

from collections.abc import Iterator
from functools import cache

import pytest

from tests.integration.cloud import Cloud, cloud
from tests.integration.fake_operoo import FakeOperoo


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
