"""What Operoo itself shows is kept with a record: after what was sent, and before, where a person has it sent again."""

from collections import Counter

import pytest

from functions.records.staged import Change, Shown, StagedRecord, work_of
from functions.runtime.wiring import records_table
from shared.errors import FatalError
from tests.integration.cloud import Cloud
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import changed, school

pytestmark = pytest.mark.usefixtures("everybody_arrived")


def _record(number: str = "1") -> StagedRecord:
    record = records_table().get("student", number)
    assert record is not None
    return record


def _again(stack: Cloud, *numbers: str, name: str = "again") -> None:
    stack.request(name, {"kind": "resync", "step": "apply", "students": numbers})


def _by_hand(operoo: FakeOperoo, number: str = "1", **fields: str) -> None:
    operoo.profiles[_record(number).operoo_id] |= fields


def test_what_the_answers_show_costs_no_look(stack: Cloud, operoo: FakeOperoo) -> None:
    """Of a change that comes by itself; what it does not show is not known any more."""
    operoo.tells = True
    stack.load(changed(school(), "students", 1, surname="Newname"), 2)
    assert _record().shown.at
    assert (_record().shown.has, _record().shown.unseen) == ({}, ())
    operoo.tells = False
    stack.load(changed(school(), "students", 1, surname="Newername"), 3)
    assert _record().shown == Shown()
    assert operoo.looks == []


@pytest.mark.parametrize("tells", [True, False])
def test_what_was_changed_by_hand_is_seen_before_it_is_overwritten(stack: Cloud, operoo: FakeOperoo, *, tells: bool) -> None:
    """Where a person asks for it; the listing is read again only where the answer shows nothing."""
    operoo.tells = tells
    _by_hand(operoo, request_email="hand@example.test", first_name="GIVEN1 ")
    _again(stack, "1")
    record = _record()
    assert record.shown.had == {"request_email": "hand@example.test"}
    assert record.shown.has == {}
    assert record.shown.at
    assert operoo.member("1")["request_email"] == "c1001@example.test"
    assert "until then Operoo had another e-mail address" in record.events[-1].detail
    assert "hand@" not in record.events[-1].detail
    assert operoo.looks == (["first"] if tells else ["first", "again"])
    assert (record.problem, work_of(record)) == (None, None)


def test_an_address_that_is_kept_without_a_word_is_found_by_looking(
    stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the answer shows nothing, too; it is the one difference that waits for a person."""
    plain = operoo.update
    kept = {"request_email": "locked@example.test", "last_name": "Locked"}
    monkeypatch.setattr(operoo, "update", lambda resource, one, fields: plain(resource, one, {**fields, **kept}))
    _again(stack, "1")
    record = _record()
    assert record.shown.has == kept
    assert record.problem is not None
    assert (record.problem.code, work_of(record)) == ("operoo-address", "parked")
    monkeypatch.setattr(operoo, "update", plain)
    _again(stack, "1", name="later")
    assert (_record().problem, _record().shown.has) == (None, {})


def test_many_are_looked_up_in_one_listing(stack: Cloud, operoo: FakeOperoo) -> None:
    """Afterwards only a few are, as that is a listing each."""
    numbers = [str(number) for number in range(1, 9)]
    for number in numbers:
        _by_hand(operoo, number, last_name="Byhand")
    _again(stack, *numbers)
    records = [_record(number) for number in numbers]
    assert [record.shown.had.get("last_name") for record in records] == ["Byhand"] * 8
    assert sum(not record.shown.unseen for record in records) == 3
    assert Counter(operoo.looks) == {"first": 8, "again": 3}


def test_a_listing_that_cannot_be_had_keeps_nothing_from_operoo(
    stack: Cloud, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is only not known what it had; it is not asked for again for each."""

    def fail(*_: object, **_again: object) -> dict[str, str]:
        operoo.looks.append("failed")
        raise FatalError("The listing cannot be understood.")

    monkeypatch.setattr(operoo, "shown", fail)
    _by_hand(operoo, last_name="Byhand")
    _again(stack, "1", "2")
    assert operoo.member("1")["last_name"] == "Surname1"
    assert _record().shown == Shown()
    assert operoo.looks == ["failed"]


def test_who_was_entered_by_hand_before_had_something_else(stack: Cloud, operoo: FakeOperoo) -> None:
    """The listing in which they were found shows it, so that costs nothing; who is let go of is not known any more."""
    stack.request("out", {"kind": "selection", "deselect": {"students": ["1"]}})
    assert _record().shown == Shown()
    _by_hand(operoo, last_name="Byhand", integration_member_id="")
    records_table().save_one(_forgotten(_record()))
    operoo.tells = True
    stack.request("in", {"kind": "selection", "select": {"students": ["1"]}})
    assert _record().link == "linked"
    assert _record().shown.had == {"last_name": "Byhand"}
    assert operoo.looks == []


def _forgotten(record: StagedRecord) -> Change:
    return Change(record.but(operoo_id="", link="none"))
