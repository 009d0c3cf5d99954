"""The state machine of a staged record, and the guard on absences."""

import pytest

from functions.plan_run.planning import Guard, decide, hold_back, let_go, undecided
from functions.records.planned import line_of
from functions.records.staged import Problem, StagedRecord, action_of, work_of

NEW = StagedRecord(kind="student", id="1", content="{}", digest="d1", version=1)
SELECTED = NEW.but(choice=True)
LINKED = SELECTED.but(link="linked", operoo_id="9", applied="d1")
GONE = LINKED.but(absent_since=7)
EMPTIED = StagedRecord(
    kind="group",
    id="c",
    content='{"id":"c","staff":["5"]}',
    digest="d2",
    sequence=7,
    choice=True,
    link="linked",
    applied="d1",
    applied_content='{"id":"c","members":["1"],"staff":["5"]}',
)
NO_PHOTO = '{"id": "1"}'
GONE_IN_OPEROO = Problem(code="c", reason="r", digest="d2", action="create", until_asked=True)


@pytest.mark.parametrize(
    ("record", "action", "work"),
    [
        (NEW, None, None),
        (NEW.but(by_rule="r"), "create", "pending"),
        (NEW.but(by_rule="r", choice=False), None, None),
        (SELECTED, "create", "pending"),
        (SELECTED.but(link="intent"), "create", "pending"),
        (SELECTED.but(link="unlinked", operoo_id="9"), "create", "pending"),
        (LINKED, None, None),
        (LINKED.but(digest="d2"), "update", "pending"),
        (LINKED.but(links_changed=True), "update", "pending"),
        (LINKED.but(choice=None), "unlink", "pending"),
        (LINKED.but(digest="d2", problem=Problem(code="c", reason="r", digest="d2", action="update")), "update", "parked"),
        (LINKED.but(digest="d3", problem=Problem(code="c", reason="r", digest="d2", action="update")), "update", "pending"),
        (LINKED.but(digest="d3", link="none", problem=GONE_IN_OPEROO), "create", "parked"),
        (LINKED.but(problem=Problem(code="c", reason="r", digest="d1")), None, "parked"),
        (LINKED.but(digest="d2", problem=Problem(code="c", reason="r", digest="d1")), "update", "pending"),
        (GONE.but(problem=Problem(code="c", reason="r", digest="d1", action="update")), "archive", "leaving"),
        (NEW.but(fault=Problem(code="c", reason="r")), None, "parked"),
        (LINKED.but(fault=Problem(code="c", reason="r")), None, "parked"),
        (GONE, "archive", "leaving"),
        (GONE.but(hold="h"), "archive", "held"),
        (GONE.but(absence="approved"), "archive", "pending"),
        (GONE.but(absence="discarded"), "archive", None),
        (GONE.but(choice=False), "unlink", "pending"),
        (GONE.but(choice=False, hold="h"), "unlink", "pending"),
        (GONE.but(link="archived"), None, None),
        (EMPTIED, "update", "leaving"),
        (EMPTIED.but(content='{"staff":[],"members":["2"]}'), "update", "leaving"),
        (EMPTIED.but(content='{"staff":["6"],"members":["2"]}'), "update", "pending"),
        (EMPTIED.but(hold="h"), "update", "held"),
        (EMPTIED.but(absence="approved"), "update", "pending"),
        (EMPTIED.but(absence="discarded"), "update", None),
        (EMPTIED.but(origin="upload"), "update", "pending"),
        (EMPTIED.but(applied="d2", links_changed=True), "update", "pending"),
        (EMPTIED.but(choice=False), "unlink", "pending"),
        (NEW.but(absent_since=7), None, None),
        (SELECTED.but(absent_since=7, link="intent"), "archive", "leaving"),
    ],
)
def test_what_waits_follows_from_what_is_known(record: StagedRecord, action: str | None, work: str | None) -> None:
    """Each state has one consequence."""
    assert (action_of(record), work_of(record)) == (action, work)


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (NEW, None),
        (LINKED, None),
        (GONE, None),
        (SELECTED, ("create", "selected")),
        (SELECTED.but(link="intent"), ("create", "in-doubt")),
        (SELECTED.but(link="archived", operoo_id="9"), ("create", "returned")),
        (LINKED.but(digest="d2"), ("update", "changed")),
        (LINKED.but(content=NO_PHOTO, digest="d2", applied_photo="p"), ("update", "photo-removed")),
        (LINKED.but(links_changed=True), ("update", "members-changed")),
        (LINKED.but(choice=None), ("unlink", "deselected")),
        (GONE.but(absence="approved"), ("archive", "gone")),
        (GONE.but(hold="hold-2-student"), ("skip", "hold-2-student")),
        (GONE.but(absence="discarded"), None),
        (NEW.but(fault=Problem(code="no-name", reason="r")), ("skip", "no-name")),
        (LINKED.but(problem=Problem(code="operoo-photo", reason="r", digest="d1")), ("skip", "operoo-photo")),
    ],
)
def test_a_plan_says_what_will_be_done_and_why(record: StagedRecord, line: tuple[str, str] | None) -> None:
    """One line for whoever waits, and none for whoever needs nothing or is for a later plan to decide."""
    found = line_of(record)
    assert (found and (found.action, found.reason)) == line


@pytest.mark.parametrize(
    ("gone", "linked", "trips"),
    [(5, 5, False), (6, 60, False), (6, 59, True), (30, 300, False), (31, 300, True), (0, 0, False)],
)
def test_the_guard_needs_both_a_count_and_a_share(gone: int, linked: int, trips: bool) -> None:  # noqa: FBT001
    """More than 5 and more than 10 % need a person."""
    assert Guard(count=5, share=0.10).trips(gone, linked) is trips


def test_exactly_the_share_needs_no_person_whichever_share_it_is() -> None:
    """Many shares are a trace less as a number than as they are written."""
    shares = range(1, 100)
    assert not [share for share in shares if Guard(count=0, share=share / 100).trips(share, 100)]
    assert all(Guard(count=0, share=share / 100).trips(share + 1, 100) for share in shares)


def test_only_absences_this_snapshot_proves_are_planned() -> None:
    """A newer snapshot that is half staged does not leak into an older plan."""
    assert undecided([GONE, GONE.but(id="2", absent_since=8), LINKED], "gone", sequence=7) == [GONE]
    assert undecided([EMPTIED, EMPTIED.but(id="2", sequence=8), GONE], "emptied", sequence=7) == [EMPTIED]


def test_who_is_held_waits_for_the_decision_even_when_others_come_back() -> None:
    """A hold never lets anybody go by itself."""
    held = GONE.but(hold="h")
    assert [change.record for change in let_go([GONE, held], hold="h")] == [GONE.but(absence="approved")]


def test_nobody_waits_for_a_hold_that_is_closed() -> None:
    """Who is in one that nobody can decide about any more is looked at as if they were in none."""
    held = GONE.but(hold="closed")
    assert [change.record for change in let_go([held], hold="h")] == [held.but(absence="approved")]


def test_a_decision_reaches_only_who_waits_in_that_hold() -> None:
    """Approving in part leaves the others held, and who came back is not touched."""
    records = [GONE.but(id=str(n), hold="h") for n in range(3)] + [LINKED.but(id="9", hold="h"), GONE.but(id="8", hold="x")]
    changes = decide(records, hold="h", decision="approved", only=["0", "9"])
    assert [(change.record.id, change.record.absence, change.record.hold) for change in changes] == [("0", "approved", "")]


def test_holding_back_twice_writes_once() -> None:
    """The next run finds the same people in the same hold."""
    held = [change.record for change in hold_back([GONE], hold="h")]
    assert held[0].hold == "h"
    assert hold_back(held, hold="h") == []
