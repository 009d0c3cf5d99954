"""When those of whom something is said to be gone are many, and what of that is kept in mind."""

from datetime import UTC, datetime

import pytest

from functions.pull_medical.emptied import (
    EVERYTHING,
    MOST_AT_ONCE,
    MOST_IN_A_DAY,
    emptied,
    noting,
    said,
    too_many,
    without,
)
from functions.records.ledger import Entry
from shared.writeback.rows import Desired, DesiredRow

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
NONE = Desired(student="1", tables={"MedicalAllergy": (), "MedicalConditionAllergy": ()})
(ALLERGIES,) = said(NONE)


def _some(*more: str, incomplete: tuple[str, ...] = ()) -> Desired:
    blood = DesiredRow(ref="blood", values={"BloodGroup": "A+"})
    return Desired(student="1", tables={**dict.fromkeys(more, ()), "MedicalDetails": (blood,)}, incomplete=incomplete)


@pytest.mark.parametrize(
    ("kind", "now", "before", "some", "many"),
    [
        (EVERYTHING, MOST_AT_ONCE, 0, 0, False),
        (EVERYTHING, MOST_AT_ONCE + 1, 0, 1000, True),
        (EVERYTHING, 1, MOST_IN_A_DAY - 1, 1000, False),
        (EVERYTHING, 1, MOST_IN_A_DAY, 1000, True),
        ("k", MOST_AT_ONCE, 0, 0, False),
        ("k", 10, 0, 90, False),
        ("k", 10, 0, 89, True),
        ("k", 1, 0, 0, False),
        ("?k", 200, 0, 10, False),
        ("?k", 201, 0, 10, True),
    ],
)
def test_how_many_are_many(kind: str, now: int, before: int, some: int, *, many: bool) -> None:
    """Of everything some at once or in a day; of a kind a share as well, which is another one the first time."""
    assert too_many([[kind]] * now, [[kind]] * before, {"k": some, EVERYTHING: some}) == ({kind} if many else set())


def test_what_was_the_schools_own_is_told_from_what_families_had_stated() -> None:
    """It is remembered until the family states something of the kind."""
    kinds = emptied(NONE, None, Entry(student="1"), merges=False)
    assert kinds == {f"?{ALLERGIES}", f"?{EVERYTHING}"}
    assert emptied(NONE, None, Entry(student="1"), merges=True) == frozenset()
    noted = noting(Entry(student="1"), NONE, kinds, at=NOW)
    assert noting(noted, NONE, (), at=NOW).emptied == noted.emptied == dict.fromkeys(kinds, NOW.isoformat())
    assert noting(noted, _some("MedicalAllergy"), (), at=NOW).emptied.keys() == {f"?{ALLERGIES}"}
    assert noting(noted, _some(), (), at=NOW).emptied == {}


def test_what_is_parked_is_there() -> None:
    """A list of which nothing can be written is no empty one."""
    assert said(_some("MedicalAllergy", incomplete=("MedicalAllergy",)))[ALLERGIES]
    assert not said(_some("MedicalAllergy"))[ALLERGIES]


def test_without_a_kind_it_is_as_if_nothing_had_been_said_of_it() -> None:
    """A part of a table's only row goes alone, and the table with its last part."""
    stated = _some("MedicalAllergy")
    assert without(stated, {f"?{ALLERGIES}"}).tables.keys() == {"MedicalDetails"}
    (blood,) = said(_some())
    assert without(stated, {blood}).tables.keys() == {"MedicalAllergy"}
