"""Whatever happened at a school, and in whatever order: once all is quiet, Operoo and Synergetic are as they are to be."""

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from functions.records.ledger import Work
from functions.records.staged import work_of
from functions.runtime.wiring import ledger_table
from tests.integration.beginnings import TwoWayBeginning, two_way_beginning
from tests.integration.cloud import forget_wiring
from tests.property.school_life import Life

DAYS = 25
OPEN: tuple[Work, ...] = ("asked", "review", "failed")


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> TwoWayBeginning:
    """Return what each life begins with."""
    return two_way_beginning(tmp_path_factory.mktemp("life"))


@pytest.mark.slow
# Each example is a school's month: a few in every run, many with --hypothesis-profile=long.
@settings(
    max_examples=settings().max_examples // 50,
    # A smaller seed makes no shorter month.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32))
def test_once_all_is_quiet_everything_is_in_step(
    beginning: TwoWayBeginning, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """People come and go, families and nurses write, messages are lost and processes die, and somebody decides about it all."""
    with monkeypatch.context() as patch, beginning.again() as two_way:
        for name, value in {**two_way.environment, "MEDICAL_UPDATES": "automatic"}.items():
            patch.setenv(name, value)
        forget_wiring()
        life = Life(two_way, Random(seed), patch)
        life.mortal()
        for _ in range(DAYS):
            life.day()
        life.settle()
        check_people(life)
        check_health(life)


def check_people(life: Life) -> None:
    """Check that whoever is to be in Operoo is there once, that nobody else is, and that nothing is left to do."""
    there, staged = life.linked(), life.staged()
    assert [one for one, profiles in there.items() if len(profiles) > 1] == [], life.days
    wanted = {*life.present()} - life.deselected - life.by_hand
    parked = {one for one in wanted if work_of(staged[one]) == "parked"}
    assert wanted - parked <= there.keys(), life.days
    # Whom a person decided to keep as they are stays, gone or not.
    kept = {one for one in there if staged[one].absence == "discarded"}
    ours = {one for one in there if staged[one].selected and staged[one].link == "linked"}
    assert ours - kept <= {*life.present()}, life.days
    life.operoo.calls.clear()
    life.two_way.sync()
    assert [one for one in life.operoo.calls if not one.startswith("find")] == [], life.days


def check_health(life: Life) -> None:
    """Check that what families say next is what stands in Synergetic, whatever was said, written or taken back before."""
    two_way, there = life.two_way, life.linked()
    read = [one for one, staged in sorted(life.staged().items()) if staged.two_way and one in there]
    for _ in range(2):
        two_way.pull()
        two_way.write()
    assert [*ledger_table().waiting("asked")] == [], life.days
    for said in ("Sneezing", "Swelling"):
        for student in read:
            two_way.medical.profiles[student] = life.profile(said)
        two_way.pull()
        two_way.write()
    for student in read:
        stated: Any = two_way.medical.profiles[student]
        entry = two_way.entry(student)
        assert entry.state == "idle", (student, life.days)
        # What a person rejected stays so.
        if not entry.declined:
            assert sorted(two_way.allergies(student).values()) == ["Swelling"] * len(stated["allergies"]), (student, life.days)
            [details] = two_way.rows("MedicalDetails", student)
            assert details["BloodGroup"].strip() == stated["blood_group"], (student, life.days)
    assert [one for state in OPEN for one in ledger_table().waiting(state)] == [], life.days
    two_way.pull()
    assert two_way.write() == [], life.days
