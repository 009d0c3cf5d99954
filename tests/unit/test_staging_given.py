"""What a person brings to the staging area stands beside what Synergetic states, and neither touches the other."""

from types import SimpleNamespace

import pytest

from functions.records.manual_records import ManualRecord, decode, encode
from functions.records.mapped import Mapped
from functions.records.staged import Problem, StagedRecord, content_of, work_of
from functions.stage_records import handler
from functions.stage_records.selection import Selector
from functions.stage_records.staging import bring, restage, stage
from shared.manifests import Rule
from shared.messages import Decision, Restage, StageManualRecords
from shared.records import Group, Name, Student

NOBODY = Selector({}, lambda _: None)
FIRST = StageManualRecords(kind="student", bucket="0", origin="upload", by="jo@school.example", order="1")
ANN = ManualRecord(record=Student(id="manual:S1", name=Name(given="Ann", surname="Able")))
CHOIR = ManualRecord(record=Group(id="manual:c", type="custom", code="Choir", members=("1",)))


def brought(
    *given: ManualRecord, wish: StageManualRecords = FIRST, stored: tuple[StagedRecord, ...] = ()
) -> list[StagedRecord]:
    """Return what is written."""
    return [change.record for change in bring({one.id: one for one in stored}, given, wish, selector=NOBODY)]


def later(order: str, **but: object) -> StageManualRecords:
    """Return a wish of another time."""
    return FIRST.model_copy(update={"order": order, **but})


def test_what_is_brought_waits_like_all_others_and_says_by_whom() -> None:
    """It is staged, not selected, and its timeline names who uploaded it."""
    [change] = bring({}, [ANN], FIRST, selector=NOBODY)
    assert change.record.origin == "upload"
    assert (change.record.record(), change.record.selected, work_of(change.record)) == (ANN.record, False, None)
    assert [(event.event, event.detail) for event in change.events] == [("uploaded", "by jo@school.example")]


def test_who_is_to_be_selected_at_once_is() -> None:
    """One wish brings and selects."""
    [record] = brought(ANN, wish=later("1", select=True))
    assert work_of(record) == "pending"


def test_rules_take_who_was_brought() -> None:
    """Everyone in Year 7 is everyone."""
    seven = ManualRecord(record=Student(id="manual:S1", name=Name(given="Ann"), year_level="7"))
    selector = Selector({"r": Rule(kind="student", year_level="7")}, lambda _: None)
    [change] = bring({}, [seven], FIRST, selector=selector)
    assert change.record.by_rule == "r"


def test_doing_it_again_changes_nothing_and_an_older_wish_undoes_nothing() -> None:
    """SQS may tell of a wish twice, and late."""
    [record] = brought(ANN, wish=later("2"))
    assert brought(ANN, wish=later("2"), stored=(record,)) == []
    assert brought(ManualRecord(record=Student(id=ANN.id)), wish=later("1"), stored=(record,)) == []


def test_who_is_removed_is_archived_without_a_plan_and_comes_back_when_brought_again() -> None:
    """A person has decided; the same person decides otherwise."""
    [record] = brought(ANN)
    linked = record.but(choice=True, link="linked", operoo_id="9", applied=record.digest)
    [gone] = brought(wish=later("2", remove=(ANN.id,)), stored=(linked,))
    assert (gone.present, work_of(gone)) == (False, "pending")
    [back] = brought(ANN, wish=later("3"), stored=(gone.but(link="archived"),))
    assert (back.present, back.absence, work_of(back)) == (True, None, "pending")


def test_nobody_removes_whom_synergetic_states() -> None:
    """Not even by name."""
    stated = StagedRecord(kind="student", id="1", content="{}", digest="d")
    assert brought(wish=later("2", remove=("1",)), stored=(stated,)) == []


def test_people_who_join_a_group_take_nobodys_place_in_whichever_order() -> None:
    """Two files that name one group add to it."""
    first = CHOIR.model_copy(update={"join": True})
    second = ManualRecord(record=Group(id=CHOIR.id, type="custom", code="Choir", members=("2",)), join=True)
    for one, other, orders in ((first, second, "12"), (second, first, "21")):
        [begun] = brought(one, wish=later(orders[0]))
        [whole] = brought(other, wish=later(orders[1]), stored=(begun,))
        assert brought(one, wish=later(orders[0]), stored=(whole,)) == []
        record = whole.record()
        assert isinstance(record, Group)
        assert record.members == ("1", "2")


def test_who_joins_a_group_that_was_removed_does_not_bring_back_who_was_in_it() -> None:
    """A choir of last year is over; its name may be taken again."""
    [last_year] = brought(CHOIR)
    [over] = brought(wish=later("2", remove=(CHOIR.id,)), stored=(last_year,))
    new = ManualRecord(record=Group(id=CHOIR.id, type="custom", code="Choir", members=("2",)), join=True)
    [again] = brought(new, wish=later("3"), stored=(over,))
    record = again.record()
    assert isinstance(record, Group)
    assert (again.present, record.members) == (True, ("2",))


def test_an_older_wish_to_remove_removes_nobody() -> None:
    """They were brought again since."""
    [record] = brought(ANN, wish=later("3"))
    assert brought(wish=later("2", remove=(ANN.id,)), stored=(record,)) == []


@pytest.mark.parametrize(("absence", "forget", "left"), [
    ("discarded", True, None),
    ("discarded", False, "discarded"),
    ("approved", True, "approved"),
])  # fmt: skip
def test_who_is_looked_at_again_keeps_what_was_decided_unless_asked(
    absence: Decision, left: Decision | None, *, forget: bool
) -> None:
    """A rule that changes must not ask a person the same question anew; and what they approved is done."""
    gone = StagedRecord(kind="student", id="1", link="linked", by_rule="r", absent_since=3, absence=absence)
    wish = Restage(kind="student", bucket="0", choice="select", order="2", forget_decisions=forget)
    [change] = restage([gone], wish, selector=NOBODY)
    assert change.record.absence == left


_CLASS = Group(id="class:7", type="class", code="7", members=("1",))
_STAGED = StagedRecord(kind="group", id=_CLASS.id, content=content_of(_CLASS))


@pytest.mark.parametrize(("group", "by_rule"), [
    (_STAGED, "r"),
    (_STAGED.but(absent_since=3), ""),
    (_STAGED.but(content="", fault=Problem(code="no-code", reason="r")), ""),
    (None, ""),
])  # fmt: skip
def test_a_rule_by_a_group_that_is_not_there_takes_nobody_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, group: StagedRecord | None, by_rule: str
) -> None:
    """It may be gone, never have been usable, or be forgotten long since: staging goes on for all others."""
    rules = {"r": Rule(kind="student", member_of=_CLASS.id)}
    for name, fake in (("records_table", {("group", _CLASS.id): group}), ("selection_rules", rules)):
        table = SimpleNamespace(get=lambda *key, fake=fake: fake.get(key), all=lambda fake=fake: fake)
        monkeypatch.setattr(handler, name, lambda table=table: table)
    one = StagedRecord(kind="student", id="1", content=content_of(Student(id="1", name=Name(given="Ann"))))
    assert handler._selector().apply(one).by_rule == by_rule


def test_a_snapshot_neither_misses_nor_changes_nor_moves_what_was_brought() -> None:
    """It is no business of Synergetic's."""
    [record] = brought(ANN)
    stated = Mapped(kind="student", id="1", record='{"id":"1"}')
    changes, after = stage([record], [stated], sequence=7, selector=NOBODY)
    assert [change.record.id for change in changes] == ["1"]
    assert record in after


def test_a_choice_reaches_who_was_brought() -> None:
    """Selecting is the same for all."""
    [record] = brought(ANN)
    [change] = restage([record], Restage(kind="student", bucket="0", choice="select", order="2"), selector=NOBODY)
    assert change.record.selected


def test_lines_are_read_as_they_were_written() -> None:
    """Nothing is lost on the way through the bucket."""
    given = [ANN, CHOIR, CHOIR.model_copy(update={"join": True})]
    assert decode(encode(given).splitlines()) == given


@pytest.mark.parametrize(
    "line",
    [
        b'{"record":{"kind":"student","id":"1"}}',
        b'{"record":{"kind":"group","id":"manual:1","type":"class","code":"A"}}',
        b'{"record":{"kind":"student","id":"manual:1"},"more":1}',
        b'{"record":{"kind":"pupil","id":"manual:1"}}',
        b"[]",
        b"no JSON",
    ],
)
def test_a_line_that_would_pass_for_one_of_synergetics_is_refused(line: bytes) -> None:
    """Numbers alone are Synergetic's, and so are all kinds of group but one."""
    with pytest.raises(ValueError, match=r"."):
        decode([line])
