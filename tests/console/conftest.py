"""A school's console over a school of twenty students, one teacher and one class, with an Operoo in memory."""

from collections.abc import Iterator
from datetime import date
from functools import cache

import pytest

from functions.runtime.wiring import records_table
from local.school import create_school
from tests.conftest import LAMBDA
from tests.console.desk import Desk
from tests.console.medical_site import MedicalSite
from tests.console.quiet_school import QuietSchool, quiet_school
from tests.console.site import Site
from tests.integration.beginnings import apart
from tests.integration.cloud import cloud, forget_wiring
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import school
from tests.integration.two_way import FakeMedical, TwoWay
from tests.moment import Moment


@pytest.fixture
def operoo(monkeypatch: pytest.MonkeyPatch) -> FakeOperoo:
    """Return an empty Operoo that the applying function talks to."""
    fake = FakeOperoo()
    monkeypatch.setattr("functions.apply_records.handler.operoo", cache(lambda: fake))
    return fake


@cache
def a_school() -> tuple[QuietSchool, Moment]:
    """Return the console of a school that was read once, made once in a process, and the moment after that."""
    with apart(), quiet_school(school()) as made:
        return made, Moment()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, operoo: FakeOperoo) -> Iterator[Site]:
    """Return the console of a school that was read once, and of which nobody is selected."""
    made, moment = a_school()
    with apart():
        moment.again()
        made.site.forget()
        yield made.enter(monkeypatch).site
        forget_wiring()


@pytest.fixture(scope="module")
def a_desk() -> Iterator[tuple[Desk, QuietSchool]]:
    """Return an administrator's desk at such a school, for all tests of a module."""
    made, moment = a_school()
    operoo = FakeOperoo()
    with apart(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("functions.apply_records.handler.operoo", cache(lambda: operoo))
        moment.again()
        made.site.forget()
        made.enter(patch)
        yield Desk(made.site, operoo, made.site.visitor("administrator")), made
        forget_wiring()


@pytest.fixture
def desk(a_desk: tuple[Desk, QuietSchool], monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return that desk for one test, which brings what no other test of the module does."""
    desk, made = a_desk
    made.enter(monkeypatch)
    return desk


@pytest.fixture(scope="module")
def medical_school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, TwoWay, list[str]]]:
    """Return a school in two-way mode with its console, and its students who are in Operoo."""
    folder = tmp_path_factory.mktemp("medical")
    create_school(folder / "school.db", students=32, photos=0, today=date(2026, 3, 2))
    operoo = FakeOperoo()
    medical = FakeMedical(operoo)
    environment: dict[str, str] = {}
    with pytest.MonkeyPatch.context() as patch:

        def put(name: str, value: str) -> None:
            environment[name] = value
            patch.setenv(name, value)

        for name, value in {**LAMBDA, "MEDICAL_UPDATES": "review"}.items():
            put(name, value)
        with cloud(put) as stack:
            patch.setattr("functions.apply_records.handler.operoo", cache(lambda: operoo))
            patch.setattr("functions.pull_medical.handler.operoo_medical", cache(lambda: medical))
            school = TwoWay(folder, stack, medical, environment)
            school.sync()
            stack.request("everyone", {"kind": "selection", "select": {"all": ["student"]}})
            linked = sorted(one.id for one in records_table().all("student") if one.link == "linked")
            # Whoever has an allergy in Synergetic is asked otherwise than a family's first word is.
            students = [one for one in linked if not school.rows("MedicalAllergy", one)]
            # Whoever has given consents in Synergetic stands first, and is left for the test that wants one.
            students.sort(key=lambda one: not school.rows("Consent", one))
            yield Site(stack, put), school, students


@pytest.fixture
def medical(medical_school: tuple[Site, TwoWay, list[str]], monkeypatch: pytest.MonkeyPatch) -> MedicalSite:
    """Return that school for one test, which has a student of its own."""
    return _entered(medical_school, monkeypatch, -1)


@pytest.fixture
def consenting(medical_school: tuple[Site, TwoWay, list[str]], monkeypatch: pytest.MonkeyPatch) -> MedicalSite:
    """Return the same with a student of whom Synergetic holds a consent."""
    return _entered(medical_school, monkeypatch, 0)


def _entered(made: tuple[Site, TwoWay, list[str]], patch: pytest.MonkeyPatch, place: int) -> MedicalSite:
    site, school, students = made
    for name, value in school.environment.items():
        patch.setenv(name, value)
    forget_wiring()
    return MedicalSite(site, school, students.pop(place))
