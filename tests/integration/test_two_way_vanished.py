"""Operoo calls a field otherwise from one day on: what families say in it is read by nobody, and a person is told so."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.runtime.wiring import ledger_table, stops
from shared.keys import MEDICAL_FIELDS
from tests.integration.cloud import BUCKET
from tests.integration.two_way import TwoWay, allergic

VANISHED = "medical-fields-vanished"
MANY = 6


@pytest.fixture(autouse=True)
def _nothing_was_read(two_way: TwoWay) -> None:
    """Let no field be known of."""
    ledger_table().note_fields({})


def said(two_way: TwoWay, profile: Callable[[int], dict[str, Any]], *, families: int = MANY) -> list[str]:
    """Let families say something, have it read, and return what stands still and why."""
    linked = sorted(filter(None, (str(one["integration_member_id"]) for one in two_way.medical.operoo.living("members"))))
    for number, student in enumerate(linked[:families]):
        two_way.medical.profiles[student] = profile(number)
    two_way.pull()
    return [f"{one.code}: {one.reason}" for one in stops().all()]


def test_a_field_that_nobody_has_any_more_is_told_until_it_has_a_name_again(two_way: TwoWay) -> None:
    """It may be a whole list, or one answer in its forms; what else is said is read. A corrected name ends it."""
    egg = allergic("Egg")["allergies"][0]
    assert said(two_way, lambda _: {"allergies": [egg], "blood_group": "A+"}) == []
    (told,) = said(two_way, lambda _: {"allergies_v2": [egg], "blood_group": "A-"})
    assert told.startswith(VANISHED)
    assert "allergies (allergies)." in told
    assert "applied" in {receipt.outcome for receipt in two_way.write()}
    (told,) = said(two_way, lambda _: {"allergies": None, "blood_group": "A-"})
    assert told.startswith(VANISHED)
    try:
        names = json.dumps({"allergies": "allergies_v2"}).encode()
        two_way.cloud.s3.put_object(Bucket=BUCKET, Key=MEDICAL_FIELDS, Body=names)
        assert said(two_way, lambda _: {"allergies_v2": [egg], "blood_group": "A-"}) == []
        (told,) = said(two_way, lambda _: {"allergies_v2": [{"name": "Egg", "effect": "Hives"}], "blood_group": "A-"})
        assert "reaction (allergies.description)" in told
        assert "risk_level (allergies.severity)" in told
        assert said(two_way, lambda _: {"allergies_v2": [egg], "blood_group": "A-"}) == []
    finally:
        two_way.cloud.s3.delete_object(Bucket=BUCKET, Key=MEDICAL_FIELDS)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Too few had it.
        (
            lambda number: {"allergies": [], **({"dentist": {"name": "Tooth"}} if number < 4 else {})},
            lambda _: {"allergies": []},
        ),
        # It is there, and empty.
        (lambda _: {"blood_group": "A+"}, lambda _: {"blood_group": None}),
        # Nobody has such a form any more.
        (lambda _: allergic("Egg"), lambda _: {"allergies": []}),
    ],
)
def test_what_may_well_be_nobody_is_told_of(
    two_way: TwoWay, before: Callable[[int], dict[str, Any]], after: Callable[[int], dict[str, Any]]
) -> None:
    """Families take things back, and a few may all do so."""
    assert [said(two_way, before), said(two_way, after)] == [[], []]


def test_one_student_alone_tells_nothing_of_all(two_way: TwoWay, student: str) -> None:
    """Who is read by request may be one who has not what all others have."""
    assert said(two_way, lambda _: allergic("Egg")) == []
    two_way.medical.profiles = {student: {"blood_group": "A+"}}
    two_way.pull(student)
    assert stops().all() == []
