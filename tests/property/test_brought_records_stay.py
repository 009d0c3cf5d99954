"""What people bring ends up as they said last, however their wishes come; and no snapshot touches it."""

import random

from hypothesis import given
from hypothesis import strategies as st

from functions.records.manual_records import ManualRecord
from functions.records.mapped import Mapped
from functions.records.staged import Change, StagedRecord, content_of
from functions.stage_records.selection import Selector
from functions.stage_records.staging import bring, stage
from shared.messages import StageManualRecords
from shared.records import Group, Name, Student

NOBODY = Selector({}, lambda _: None)
PEOPLE = ("manual:a", "manual:b", "manual:7")
# Each wish: whom it is about, and the name they are given, or that they are removed.
WISHES = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(("Ann", "Bob", None))), max_size=6)
SNAPSHOTS = st.lists(st.sets(st.sampled_from(("7", "8", "9"))), max_size=3)


def person(record_id: str, name: str) -> ManualRecord:
    """Return somebody whom a person brings."""
    return ManualRecord(record=Student(id=record_id, name=Name(given=name)))


def wish(number: int, record_id: str, name: str | None) -> tuple[StageManualRecords, list[ManualRecord]]:
    """Return a wish as it is sent, with what its file holds."""
    removed = (record_id,) if name is None else ()
    sent = StageManualRecords(kind="student", bucket="0", origin="custom", by="x", order=f"{number:03d}", remove=removed)
    return sent, [] if name is None else [person(record_id, name)]


class Area:
    """A staging area that is written as the table is."""

    def __init__(self) -> None:
        self.records: dict[str, StagedRecord] = {}

    def save(self, changes: list[Change]) -> None:
        """Store what is to be written."""
        for change in changes:
            record = change.record
            self.records[record.id] = record.but(version=record.version + 1)

    def brought(self) -> dict[str, StagedRecord]:
        """Return what people brought."""
        return {name: one for name, one in self.records.items() if one.origin != "synergetic"}

    def snapshot(self, sequence: int, students: set[str]) -> None:
        """Stage a snapshot of these students, and check that it keeps to its own."""
        before = {name: one.model_dump_json() for name, one in self.brought().items()}
        mapped = [Mapped(kind="student", id=one, record=f'{{"id":"{one}"}}') for one in students]
        changes, after = stage(self.records.values(), mapped, sequence=sequence, selector=NOBODY)
        self.save(changes)
        assert {name: one.model_dump_json() for name, one in self.brought().items()} == before
        assert {one.id for one in after} == set(self.records)
        assert {one.id for one in self.records.values() if one.present and one.origin == "synergetic"} == students


@given(wishes=WISHES, snapshots=SNAPSHOTS, seed=st.integers(0, 2**32))
def test_the_last_word_holds_and_snapshots_keep_to_their_own(
    wishes: list[tuple[str, str | None]], snapshots: list[set[str]], seed: int
) -> None:
    """Wishes are duplicated and come in any order, with snapshots between them."""
    dice = random.Random(seed)
    area = Area()
    sent = [wish(number, *one) for number, one in enumerate(wishes)]
    # SQS may hand out what somebody removes before what was there to remove: then it is as if it came later.
    first: dict[str, int] = {}
    for number, (record_id, name) in enumerate(wishes):
        if name is not None:
            first.setdefault(record_id, number)
    late = [*sent, *dice.choices(sent, k=3)] if sent else []
    dice.shuffle(late)
    for snapshot, students in enumerate(snapshots, start=1):
        for one in late[: len(late) // 2]:
            area.save(bring(area.records, one[1], one[0], selector=NOBODY))
        area.snapshot(snapshot, students)
    for one in (*late, *sent):
        area.save(bring(area.records, one[1], one[0], selector=NOBODY))
    for record_id in first:
        last = [name for one, name in wishes if one == record_id][-1]
        record = area.records[record_id]
        assert record.present is (last is not None)
        if last is not None:
            assert record.content == content_of(person(record_id, last).record)


def group_wish(number: int, does: str, people: set[str]) -> tuple[StageManualRecords, list[ManualRecord]]:
    """Return a wish about a group: to state whom it has, to add people to it, or to remove it."""
    group = Group(id="manual:g", type="custom", code="G", members=tuple(sorted(people)))
    removed = (group.id,) if does == "remove" else ()
    sent = StageManualRecords(kind="group", bucket="0", origin="custom", by="x", order=f"{number:03d}", remove=removed)
    return sent, [] if removed else [ManualRecord(record=group, join=does == "join")]


def left_in(wishes: list[tuple[str, set[str]]]) -> set[str] | None:
    """Return who is in the group after wishes that came in order, None if it is removed."""
    there: set[str] | None = None
    for does, people in wishes:
        there = None if does == "remove" else {*(there or ()), *people} if does == "join" else people
    return there


@given(
    wishes=st.lists(
        st.tuples(st.sampled_from(("state", "join", "remove")), st.sets(st.sampled_from("1234"), min_size=1)), max_size=6
    ),
    first=st.sampled_from(("state", "join")),
    seed=st.integers(0, 2**32),
)
def test_a_group_comes_to_the_same_in_whichever_order_it_is_stated_joined_and_removed(
    wishes: list[tuple[str, set[str]]], first: str, seed: int
) -> None:
    """Somebody saw the group before they stated it anew or removed it; all that follows is duplicated and shuffled."""
    told = [(first, {"0"}), *wishes]
    area, dice = Area(), random.Random(seed)
    sent = [group_wish(number, *one) for number, one in enumerate(told, start=1)]
    late = [*sent, *dice.choices(sent, k=3)]
    dice.shuffle(late)
    for message, given_records in (sent[0], *late):
        area.save(bring(area.records, given_records, message, selector=NOBODY))
    staged, expected = area.records["manual:g"], left_in(told)
    assert staged.present is (expected is not None)
    if expected is not None:
        record = staged.record()
        assert isinstance(record, Group)
        assert set(record.members) == expected


@given(people=st.lists(st.sets(st.sampled_from("123456"), min_size=1), min_size=1, max_size=5), seed=st.integers(0, 2**32))
def test_everybody_who_joins_a_group_is_in_it(people: list[set[str]], seed: int) -> None:
    """Files that name one group add to it, in whichever order and however often they come."""
    area, dice = Area(), random.Random(seed)
    sent = [
        (
            StageManualRecords(kind="group", bucket="0", origin="upload", by="x", order=str(number)),
            ManualRecord(record=Group(id="manual:g", type="custom", code="G", members=tuple(some)), join=True),
        )
        for number, some in enumerate(people, start=1)
    ]
    late = [*sent, *dice.choices(sent, k=3)]
    dice.shuffle(late)
    for message, group in late:
        area.save(bring(area.records, [group], message, selector=NOBODY))
    record = area.records["manual:g"].record()
    assert isinstance(record, Group)
    assert set(record.members) == set().union(*people)
