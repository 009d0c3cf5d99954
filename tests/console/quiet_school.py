"""A console over a school whose rows a module chooses, made once: its tests each have students of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest

from tests.conftest import LAMBDA
from tests.console.site import Site
from tests.integration.cloud import cloud, forget_wiring
from tests.integration.fake_operoo import FakeOperoo


class QuietSchool:
    """The site, its Operoo, and the environment in which both were made."""

    def __init__(self, site: Site, operoo: FakeOperoo, environment: dict[str, str]) -> None:
        self.site = site
        self.operoo = operoo
        self._environment = environment

    def enter(self, patch: pytest.MonkeyPatch) -> "QuietSchool":
        """Give one test the environment back, which each test loses."""
        for name, value in self._environment.items():
            patch.setenv(name, value)
        forget_wiring()
        return self


@contextmanager
def quiet_school(rows: dict[str, list[dict[str, Any]]], **settings: str) -> Iterator[QuietSchool]:
    """Run a school that was read once, and of which nobody is selected."""
    environment: dict[str, str] = {}
    operoo = FakeOperoo()
    with pytest.MonkeyPatch.context() as patch:

        def put(name: str, value: str) -> None:
            environment[name] = value
            patch.setenv(name, value)

        for name, value in {**LAMBDA, **settings}.items():
            put(name, value)
        with cloud(put) as stack:
            patch.setattr("functions.apply_records.handler.operoo", cache(lambda: operoo))
            stack.load(rows, 1)
            yield QuietSchool(Site(stack, put), operoo, environment)
