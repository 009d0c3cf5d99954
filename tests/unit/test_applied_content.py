"""What Operoo has is kept as long as it is another than what the school says, and not a moment longer."""

import json

import pytest

from functions.apply_records.profiles import Outcome
from functions.records.mapped import Mapped
from functions.records.staged import Change, Event, Link, StagedRecord, emptied_of, work_of
from functions.stage_records.selection import Selector
from functions.stage_records.staging import restage, stage
from shared.digests import sha256
from shared.messages import Restage

NOBODY = Selector({}, lambda _: None)


def _content(name: str) -> str:
    return json.dumps({"id": "1", "name": {"given": name}})


def _linked(name: str) -> StagedRecord:
    content = _content(name)
    known = {"content": content, "digest": sha256(content.encode()), "applied": sha256(content.encode())}
    return StagedRecord.model_validate({"kind": "student", "id": "1", "choice": True, "link": "linked", "version": 1, **known})


def _staged(record: StagedRecord, *names: str) -> StagedRecord:
    for number, name in enumerate(names, start=2):
        mapped = [Mapped(kind="student", id="1", record=_content(name))]
        (record,) = stage([record], mapped, sequence=number, selector=NOBODY)[1]
    return record


def _outcome(*, link: Link = "linked", applied: str, content: str = "") -> Outcome:
    event = Event(event="updated")
    return Outcome(link=link, event=event, operoo_id="9", applied_fields="", applied=applied, content=content)


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        ((), ""),
        (("A",), ""),
        (("B",), "A"),
        (("B", "C"), "A"),
        (("B", "C", "C"), "A"),
        (("B", "A"), ""),
        (("B", "A", "C"), "A"),
    ],
)
def test_what_was_applied_is_kept_while_something_else_is_staged(names: tuple[str, ...], kept: str) -> None:
    """However often it changes before it is applied, and also if it changes back."""
    assert _staged(_linked("A"), *names).applied_content == (_content(kept) if kept else "")


def test_who_never_came_to_operoo_keeps_nothing() -> None:
    """There is nothing that Operoo has."""
    new = StagedRecord(kind="student", id="1")
    assert _staged(new, "A", "B").applied_content == ""


def test_what_came_while_it_was_applied_leaves_what_was_applied() -> None:
    """The page then shows what Operoo was just sent beside what is sent next."""
    before = _staged(_linked("A"), "B")
    sent = _outcome(applied=before.digest, content=before.content)
    assert sent.of(before).applied_content == ""
    assert sent.of(_staged(before, "C")).applied_content == _content("B")


def test_what_is_let_go_or_to_be_sent_anew_is_forgotten() -> None:
    """What Operoo has then is no longer ours to say."""
    before = _staged(_linked("A"), "B")
    gone = _outcome(link="unlinked", applied="")
    assert gone.of(before).applied_content == ""
    (change,) = restage([before], Restage(kind="student", bucket="0", forget_applied=True), selector=NOBODY)
    assert change.record.applied_content == ""


def test_a_group_that_is_to_be_sent_anew_is_not_emptied_behind_anybodys_back() -> None:
    """Should its members be gone from the school before that is done, as while Operoo is down; and asked for twice."""
    full, empty = (json.dumps({"id": "g", "type": "class", "code": "7A", "members": members}) for members in (["1", "2"], []))
    known = {"content": full, "digest": sha256(full.encode()), "applied": sha256(full.encode())}
    group = StagedRecord.model_validate({"kind": "group", "id": "g", "choice": True, "link": "linked", "version": 1, **known})
    for _ in range(2):
        (change,) = restage([group], Restage(kind="group", bucket="0", forget_applied=True), selector=NOBODY) or (
            Change(group),
        )
        group = change.record
        assert (emptied_of(group), work_of(group)) == ((), "pending")
    mapped = [Mapped(kind="group", id="g", record=empty)]
    (group,) = stage([group], mapped, sequence=2, selector=NOBODY)[1]
    assert (emptied_of(group), work_of(group)) == (("members",), "leaving")


def test_what_was_applied_is_not_kept_where_there_is_no_room_for_both() -> None:
    """A group of thousands: DynamoDB takes no item of more than 400 kB."""
    before, after = "A" * 200_000, "B" * 200_000
    record = _staged(_linked(before), after)
    assert (record.content, record.applied_content) == (_content(after), "")
    assert record.applied == sha256(_content(before).encode())
    outcome = _outcome(applied=record.applied, content=_content(before))
    assert outcome.of(record).applied_content == ""
