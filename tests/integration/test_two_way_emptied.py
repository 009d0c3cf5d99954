"""Where Operoo says all at once that many children have nothing, a person looks before their rows go."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any
from unittest.mock import Mock

import pytest

from functions.operoo.protocol import MedicalAnswer
from functions.pull_medical.emptied import EVERYTHING, MOST_IN_A_DAY
from functions.pull_medical.handler import pull
from functions.records.ledger import Entry
from functions.runtime.wiring import ledger_table, stops
from shared.errors import OperooUnavailableError
from shared.messages import PullMedical
from tests.integration.two_way import TwoWay, allergic

NOTHING: dict[str, Any] = {"allergies": [], "blood_group": "", "doctors": []}
STATED = allergic("Egg") | {"blood_group": "B-"}


@pytest.fixture
def strangers(two_way: TwoWay, request: pytest.FixtureRequest) -> list[str]:
    """Return as many students as are asked for, of whom nobody knows yet; each has an allergy that the school entered."""
    linked = sorted(str(one["integration_member_id"]) for one in two_way.medical.operoo.living("members"))
    for entry in map(two_way.entry, linked):
        ledger_table().save(Entry(student=entry.student, version=entry.version, revision=entry.revision))
    for journal in two_way.school.parent.rglob("writeback.db"):
        journal.unlink()
    found = linked[: request.param]
    columns = "ID, MedicalAllergyTypeCode, SeverityCode, ActiveFlag, AllergyDescription, AllergyTreatment"
    for one in found:
        two_way.execute("delete from MedicalAllergy where ID = ?", one)
        two_way.execute(f"insert into MedicalAllergy ({columns}) values (?, 'EGG', 'H', 1, 'Hives', '')", one)
    return found


@pytest.fixture
def children(two_way: TwoWay, strangers: list[str]) -> list[str]:
    """Return them, each with that allergy stated by their family."""
    say(two_way, strangers, STATED)
    return strangers


def say(two_way: TwoWay, students: list[str], profile: dict[str, Any], *only: str) -> None:
    """Let families say something, and have it written."""
    two_way.medical.profiles.update(dict.fromkeys(students, profile))
    two_way.pull(*only)
    two_way.write()


def allergic_still(two_way: TwoWay, students: list[str]) -> list[str]:
    """Return those with an active egg allergy in Synergetic."""
    return [one for one in students if "EGG" in two_way.allergies(one)]


@pytest.mark.parametrize("strangers", [6], indirect=True)
def test_a_person_looks_where_many_have_nothing_all_at_once(two_way: TwoWay, children: list[str]) -> None:
    """It stays so however often it is read; what a family says after that is written; and a person may have it written."""
    first, second, *others = children
    for nothing in (NOTHING, NOTHING | {"read": 2}):
        say(two_way, children, nothing)
        assert {two_way.entry(one).state for one in children} == {"review"}
    say(two_way, [second], NOTHING | {"read": 3})
    assert two_way.entry(second).state == "review"
    assert allergic_still(two_way, children) == children
    two_way.decide(first)
    two_way.write()
    say(two_way, others, STATED)
    assert allergic_still(two_way, children) == [second, *others]
    assert {two_way.entry(one).state for one in (first, *others)} == {"idle"}


@pytest.mark.parametrize("strangers", [5], indirect=True)
def test_a_few_may_take_all_back(two_way: TwoWay, children: list[str]) -> None:
    """Their rows go without a person."""
    say(two_way, children, NOTHING)
    assert (allergic_still(two_way, children), {two_way.entry(one).state for one in children}) == ([], {"idle"})


@pytest.mark.parametrize("strangers", [6], indirect=True)
def test_what_the_school_had_before_goes_no_sooner(two_way: TwoWay, strangers: list[str]) -> None:
    """At the first reading nobody knows what there is: it is looked at first, and then a person decides."""
    say(two_way, strangers, NOTHING)
    assert {(two_way.entry(one).purpose, two_way.entry(one).state) for one in strangers} == {("look", "idle")}
    say(two_way, strangers, NOTHING)
    assert {two_way.entry(one).state for one in strangers} == {"review"}
    assert allergic_still(two_way, strangers) == strangers
    two_way.decide(strangers[0])
    two_way.write()
    assert allergic_still(two_way, strangers) == strangers[1:]


@pytest.mark.parametrize("strangers", [6], indirect=True)
@pytest.mark.parametrize("known", [True, False])
def test_of_one_kind_that_many_lose_only_the_loss_waits(two_way: TwoWay, strangers: list[str], *, known: bool) -> None:
    """What else their families say is written at once, also while the loss waits; and a person may have it written."""
    if known:
        say(two_way, strangers, STATED)
    for group in ("A+", "O-"):
        say(two_way, strangers, {"allergies": [], "blood_group": group})
        assert {row["BloodGroup"].strip() for one in strangers for row in two_way.rows("MedicalDetails", one)} == {group}
        assert {two_way.entry(one).state for one in strangers} == {"idle"}
        say(two_way, strangers, {"allergies": [], "blood_group": group})
        assert {two_way.entry(one).state for one in strangers} == {"review"}
        assert [(row.row.table, row.row.kind) for row in two_way.case(strangers[0]).items] == [("MedicalAllergy", "update")]
    assert allergic_still(two_way, strangers) == strangers
    first, second, *others = strangers
    two_way.decide(first)
    two_way.decide(second, reject_all=True)
    say(two_way, others, STATED)
    assert allergic_still(two_way, strangers) == [second, *others]
    say(two_way, strangers[:2], {"allergies": [], "blood_group": "AB+"})
    assert allergic_still(two_way, strangers) == [second, *others]
    assert {two_way.entry(one).state for one in strangers} == {"idle"}


@pytest.mark.parametrize("strangers", [6], indirect=True)
def test_what_few_of_many_lose_goes(two_way: TwoWay, strangers: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """In a large school some families take back their child's last allergy each week."""
    monkeypatch.setattr("functions.pull_medical.emptied._ONE_IN", 1)
    say(two_way, strangers, STATED)
    say(two_way, strangers, STATED | {"allergies": []})
    assert allergic_still(two_way, strangers) == []


@pytest.mark.parametrize("strangers", [7], indirect=True)
def test_what_the_school_had_is_replaced_where_others_state_the_same_kind(two_way: TwoWay, strangers: list[str]) -> None:
    """That most children have no allergy is no fault: with `replace` the school's word goes at once, as is promised."""
    *without, ill = strangers
    two_way.medical.profiles[ill] = STATED
    say(two_way, without, {"allergies": [], "blood_group": "A+"})
    assert allergic_still(two_way, strangers) == [ill]


@pytest.mark.parametrize("strangers", [2], indirect=True)
def test_many_one_after_another_are_many(two_way: TwoWay, children: list[str]) -> None:
    """Readings that each show one more child who has nothing are as suspicious as one that shows them all."""
    linked = [str(one["integration_member_id"]) for one in two_way.medical.operoo.living("members")]
    at = datetime.now(UTC).isoformat()
    for one in [one for one in linked if one not in children][: MOST_IN_A_DAY - 1]:
        ledger_table().save(two_way.entry(one).but(emptied={EVERYTHING: at}))
    for one in children:
        say(two_way, [one], NOTHING)
    assert allergic_still(two_way, children) == children[1:]
    assert two_way.entry(children[1]).state == "review"


@pytest.mark.parametrize("strangers", [6], indirect=True)
def test_a_reading_that_is_cut_off_goes_on_with_who_is_left(
    two_way: TwoWay, strangers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However little time there is, it comes to an end, and everybody has had their turn."""
    two_way.medical.profiles.update(dict.fromkeys(strangers, STATED | {"doctors": []}))
    queue = Mock()
    monkeypatch.setattr("functions.pull_medical.handler.medical_queue", lambda: queue)
    turns, wishes = 0, [PullMedical(why="test")]
    while wishes and turns < len(strangers):
        times = iter([True, True])
        pull(wishes.pop(), partial(next, times, False))
        wishes = [one for call in queue.send.mock_calls[turns:] for one in call.args[0]]
        turns += 1
        assert all(one.changed for one in wishes)
    assert (turns, all(two_way.entry(one).version for one in strangers)) == (3, True)
    two_way.write()


@pytest.mark.parametrize("strangers", [2], indirect=True)
def test_who_was_heard_before_an_outage_is_sent(two_way: TwoWay, strangers: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """They do not wait for the next reading that comes to its end."""
    two_way.medical.profiles.update(dict.fromkeys(strangers, NOTHING))
    whole = two_way.medical.medical_profiles

    def breaks_off(operoo_ids: Collection[str]) -> Iterator[MedicalAnswer]:
        yield from whole(operoo_ids)
        raise OperooUnavailableError("Operoo is away.")

    monkeypatch.setattr(two_way.medical, "medical_profiles", breaks_off)
    say(two_way, strangers, NOTHING)
    assert allergic_still(two_way, strangers) == []
    stops().goes_on("medical")
