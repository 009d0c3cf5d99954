"""When those of whom something is said to be gone are many, and what of that is kept in mind."""

from datetime import UTC, datetime, timedelta

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
from functions.pull_medical.withholding import Ask, lately, waiting, withholding
from functions.records.ledger import Entry
from shared.digests import digest
from shared.receipts import WriteReceipt
from shared.writeback.declined import wishes
from shared.writeback.plan import Step
from shared.writeback.rows import Desired, DesiredRow, Image, Row, Value

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


def _stated(*parts: str, **tables: tuple[DesiredRow, ...]) -> Desired:
    """Return what is stated; a part of the only row is its name and what it holds, such as `blood BloodGroup=A+`."""
    values = {"True": True, "False": False}
    rows = (
        DesiredRow(ref=name, values={column: values.get(value, value) for column, value in (one.split("=") for one in said)})
        for name, *said in (part.split() for part in parts)
    )
    return Desired(student="1", tables={"MedicalDetails": tuple(rows), **tables})


def _gone(desired: Desired, entry: Entry | None = None, *, merges: bool = False, **there: dict[str, Value]) -> frozenset[str]:
    """Return the kinds that there would be none of any more."""
    tables = {
        name: (Row(values={f"{name}Seq": 5, "ActiveFlag": True, **values}, ref=str(values.get("ref", ""))),)
        for name, values in there.items()
    }
    about = {"request": "r", "student": "1", "version": 1, "relay": "r", "relay_version": "1", "at": NOW, "outcome": "applied"}
    seen = WriteReceipt.model_validate({**about, "after": Image(tables=tables)})
    return emptied(desired, seen, entry or Entry(student="1"), merges=merges)


def test_a_row_goes_if_it_holds_and_is_theirs_and_nobody_wants_it_kept() -> None:
    """What is not there cannot go; and that nothing at all is left is a kind of its own."""
    both = {ALLERGIES, EVERYTHING}
    assert _gone(NONE, MedicalAllergy={}) == both
    assert _gone(NONE, MedicalAllergy={}, merges=True) == set()
    assert _gone(NONE, MedicalAllergy={"ref": "a1"}, merges=True) == both
    assert _gone(_some("MedicalAllergy"), MedicalAllergy={}) == {ALLERGIES}
    for nothing in ({}, {"MedicalAllergy": {"ActiveFlag": False}}, {"Medication": {}}):
        assert _gone(NONE, **nothing) == set()
    assert _gone(_stated("blood BloodGroup="), MedicalAllergy={}) == set()
    end = wishes(Step("delete", "MedicalAllergy", {"MedicalAllergySeq": 5}), {}).values()
    assert _gone(NONE, Entry(student="1", declined=tuple(end)), MedicalAllergy={}) == set()
    assert _gone(NONE, Entry(student="1", emptied={f"?{ALLERGIES}": "2026"}), MedicalAllergy={}) == {
        f"?{ALLERGIES}",
        EVERYTHING,
    }


def test_a_part_of_the_only_row_goes_if_all_of_it_is_empty_and_something_is_there() -> None:
    """Where rows are merged, only no is an answer."""
    (blood,), (ambulance,) = said(_stated("blood BloodGroup=")), said(_stated("ambulance AmbulanceFlag=False"))
    there: dict[str, Value] = {"BloodGroup": "A+", "AmbulanceFlag": True, "AmbulanceNo": "7"}
    stated = ("blood BloodGroup=", "ambulance AmbulanceFlag=False AmbulanceNo=")
    assert _gone(_stated(*stated), MedicalDetails=there) == {blood, ambulance, EVERYTHING}
    assert _gone(_stated(*stated), MedicalDetails=there, merges=True) == {ambulance, EVERYTHING}
    assert _gone(_stated(*stated), MedicalDetails=dict.fromkeys(there)) == set()
    assert _gone(_stated("ambulance AmbulanceFlag=True AmbulanceNo="), MedicalDetails=there) == set()
    assert _gone(_stated("ambulance:1 AmbulanceNo=7", "ambulance:2 AmbulanceFlag=False"), MedicalDetails=there) == set()
    assert _gone(_stated(stated[0], "ambulance AmbulanceFlag=True"), MedicalDetails=there) == {blood}
    end = wishes(Step("update", "MedicalDetails", ref="MedicalDetails"), {"BloodGroup": ""}).values()
    entry = Entry(student="1", declined=tuple(end))
    assert _gone(_stated(stated[0]), entry, MedicalDetails=there) == set()


def test_what_is_parked_is_there() -> None:
    """A list of which nothing can be written is no empty one."""
    assert said(_stated(MedicalAllergy=(DesiredRow(ref="a1", values={}),)))[ALLERGIES]
    assert said(_some("MedicalAllergy", incomplete=("MedicalAllergy",)))[ALLERGIES]
    assert not said(_some("MedicalAllergy"))[ALLERGIES]


def test_without_a_kind_it_is_as_if_nothing_had_been_said_of_it() -> None:
    """A part of a table's only row goes alone, and the table with its last part."""
    stated = _some("MedicalAllergy")
    assert without(stated, {f"?{ALLERGIES}"}).tables.keys() == {"MedicalDetails"}
    (blood,) = said(_some())
    assert without(stated, {blood}).tables.keys() == {"MedicalAllergy"}
    of_two = without(_stated("blood BloodGroup=A+", "ambulance AmbulanceFlag=True"), {blood})
    assert [row.ref for row in of_two.tables["MedicalDetails"]] == ["ambulance"]


SWIMS = DesiredRow(ref="b1", values={"AbilityTypeCode": "SWIM"})
STATES = Desired(student="1", tables={"MedicalAllergy": (), "Ability": (SWIMS,)})
REST = without(STATES, {ALLERGIES})
LOOKED = ("applied", "unchanged", "conflicted", "planned")
MARK = digest(REST.model_dump(mode="json"))


@pytest.mark.parametrize(
    ("stated", "entry", "first", "asked"),
    [
        (STATES, {}, False, Ask("write", REST, MARK)),
        (STATES, {}, True, Ask("write", REST, MARK)),
        (STATES, {"withheld": MARK, "outcome": "applied"}, True, Ask("write", REST, MARK)),
        (NONE, {}, True, Ask("look", NONE)),
        (NONE, {}, False, Ask("review", NONE, digest(without(NONE, {ALLERGIES}).model_dump(mode="json")))),
        *(
            (STATES, {"withheld": MARK, "outcome": one}, False, Ask("review", STATES, MARK))
            for one in ("applied", "unchanged", "conflicted", "planned")
        ),
        (STATES, {"withheld": MARK, "outcome": "failed"}, False, Ask("write", REST, MARK)),
        (STATES, {"withheld": "another", "outcome": "applied"}, False, Ask("write", REST, MARK)),
    ],
)
def test_all_else_is_written_before_a_person_is_asked(
    stated: Desired, entry: dict[str, str], asked: Ask, *, first: bool
) -> None:
    """If there is anything else, and unless just that was written; where nobody knows what there is, one looks."""
    noted = Entry(student="1").but(**entry)
    assert withholding(Ask("write", stated), {ALLERGIES}, noted, is_first=first) == asked
    assert withholding(Ask("write", stated), (), noted, is_first=first) == Ask("write", stated)


@pytest.mark.parametrize(
    ("entry", "waits"),
    [
        ({}, False),
        ({"withheld": MARK}, True),
        ({"purpose": "review", "state": "asked"}, True),
        ({"purpose": "review", "state": "review"}, True),
        ({"purpose": "review", "state": "idle"}, False),
        ({"purpose": "write", "state": "asked"}, False),
    ],
)
def test_what_waits_counts_for_as_long_as_it_does(entry: dict[str, str], *, waits: bool) -> None:
    """And what went, for a day."""
    noted = Entry(student="1").but(emptied={ALLERGIES: NOW.isoformat()}, **entry)
    assert waiting(noted) == ({ALLERGIES} if waits else set())
    assert lately(noted, since=NOW) == {ALLERGIES}
    assert lately(noted, since=NOW + timedelta(seconds=1)) == waiting(noted)
