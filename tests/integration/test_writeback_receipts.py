"""What a receipt tells of a write, of a preview and of what was taken back."""

from pathlib import Path

import pytest

from shared.messages import Undo
from tests.integration.relay_school import execute
from tests.integration.writeback_site import STUDENT, Aws, WriteSite, wanted


@pytest.fixture
def site(tmp_path: Path, path: Path, aws: Aws) -> WriteSite:
    """Return a relay in two-way mode at a small school with a trigger."""
    return WriteSite(tmp_path, path, aws)


def test_it_counts_what_was_done_to_each_table(site: WriteSite) -> None:
    """Rows, by what became of them; and what takes nothing back does not say so."""
    execute(site.school, "insert into Ability (ID, AbilityTypeCode) values (?, 'SW0')", STUDENT)
    execute(site.school, "insert into MedicalDetails (ID, MedicareNo) values (?, '999')", STUDENT)
    site.want()
    (done,) = site.run()
    assert done.undo is False
    assert done.counts["MedicalCondition"] == {"insert": 1, "update": 0, "delete": 0}
    assert done.counts["MedicalDetails"] == {"insert": 0, "update": 1, "delete": 0}
    assert done.counts["Ability"] == {"insert": 1, "update": 0, "delete": 1}


def test_what_is_held_for_seen_is_what_is_there(site: WriteSite) -> None:
    """After a preview the rows as they still are, after the write those that it made."""
    site.want()
    (first,) = site.run()
    changed = wanted(details="Eggs")
    site.want(2, desired=changed, seen=first.after, seen_version=1, preview=True)
    (told,) = site.run()
    assert told.shown == told.before != told.after
    site.want(3, desired=changed, seen=first.after, seen_version=1)
    (done,) = site.run()
    assert done.shown == done.after != done.before


def test_what_is_taken_back_already_is_no_conflict(site: WriteSite) -> None:
    """There is nothing to do, and nobody need look at it."""
    site.want()
    (first,) = site.run()
    undo = Undo(before=first.before, after=first.after)
    site.want(2, undo=undo)
    site.want(3, undo=undo)
    assert [(one.outcome, one.undo) for one in site.run()] == [("applied", True), ("unchanged", True)]
