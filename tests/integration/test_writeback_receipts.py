"""What a receipt tells of a write, of a preview and of what was taken back."""

from shared.messages import Undo
from tests.integration.relay_school import execute
from tests.integration.writeback_site import STUDENT, WriteSite, wanted


def test_it_counts_what_was_done_to_each_table(write_site: WriteSite) -> None:
    """Rows, by what became of them; and what takes nothing back does not say so."""
    execute(write_site.school, "insert into Ability (ID, AbilityTypeCode) values (?, 'SW0')", STUDENT)
    execute(write_site.school, "insert into MedicalDetails (ID, MedicareNo) values (?, '999')", STUDENT)
    write_site.want()
    (done,) = write_site.run()
    assert done.undo is False
    assert done.counts["MedicalCondition"] == {"insert": 1, "update": 0, "delete": 0}
    assert done.counts["MedicalDetails"] == {"insert": 0, "update": 1, "delete": 0}
    assert done.counts["Ability"] == {"insert": 1, "update": 0, "delete": 1}


def test_what_is_held_for_seen_is_what_is_there(write_site: WriteSite) -> None:
    """After a preview the rows as they still are, after the write those that it made."""
    write_site.want()
    (first,) = write_site.run()
    changed = wanted(details="Eggs")
    write_site.want(2, desired=changed, seen=first.after, seen_version=1, preview=True)
    (told,) = write_site.run()
    assert told.shown == told.before != told.after
    write_site.want(3, desired=changed, seen=first.after, seen_version=1)
    (done,) = write_site.run()
    assert done.shown == done.after != done.before


def test_what_is_taken_back_already_is_no_conflict(write_site: WriteSite) -> None:
    """There is nothing to do, and nobody need look at it."""
    write_site.want()
    (first,) = write_site.run()
    undo = Undo(before=first.before, after=first.after)
    write_site.want(2, undo=undo)
    write_site.want(3, undo=undo)
    assert [(one.outcome, one.undo) for one in write_site.run()] == [("applied", True), ("unchanged", True)]
