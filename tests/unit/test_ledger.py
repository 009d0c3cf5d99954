"""What follows from the relay's receipts, in whatever order and however often they come."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from functions.records.ledger import (
    MOST_FAILURES,
    MOST_SENDINGS,
    Entry,
    answered,
    is_overdue,
    next_version,
    tried_again,
    work_of,
)
from shared.receipts import LeftRow, WriteOutcome, WriteReceipt, WrittenRow
from shared.writeback.declined import wishes
from shared.writeback.rows import Image

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
ROW = WrittenRow(kind="insert", table="MedicalAllergy", ref="a1", new={"AllergyDescription": "Hives"})


def asked(**but: object) -> Entry:
    """Return the entry of a message that was sent."""
    entry = Entry(student="1", version=7, request="medical-1-7", state="asked", source="s", sent_at=NOW.isoformat(), sendings=1)
    return entry.but(**but)


def receipt(outcome: WriteOutcome = "applied", *, version: int = 7, minute: int = 1, **more: object) -> WriteReceipt:
    """Return a receipt."""
    image = Image() if outcome in {"applied", "unchanged", "conflicted", "planned"} else None
    return WriteReceipt.model_validate(
        {
            "request": f"medical-1-{version}",
            "student": "1",
            "version": version,
            "relay": "r",
            "relay_version": "1",
            "at": NOW + timedelta(minutes=minute),
            "outcome": outcome,
            "before": image,
            "after": image,
            **more,
        }
    )


def after(entry: Entry, *receipts: WriteReceipt) -> Entry:
    """Return an entry after receipts, each under a digest of its own."""
    for one in receipts:
        entry = answered(entry, one, f"{one.version} {one.at.minute} {one.outcome}")
    return entry


def test_versions_grow_and_are_times() -> None:
    """A ledger that was lost begins above all that it ever gave; two in one second differ."""
    assert next_version(Entry(student="1"), NOW) == int(NOW.timestamp())
    assert next_version(Entry(student="1", version=int(NOW.timestamp())), NOW) == int(NOW.timestamp()) + 1
    assert next_version(Entry(student="1", version=2**40), NOW) == 2**40 + 1


@pytest.mark.parametrize("outcome", ["applied", "unchanged"])
def test_what_is_in_synergetic_waits_no_more(outcome: WriteOutcome) -> None:
    """And its receipt shows what was seen last."""
    entry = after(asked(), receipt(outcome))
    assert (entry.state, entry.outcome, entry.seen, entry.seen_version) == ("idle", outcome, f"7 1 {outcome}", 7)


def test_the_order_of_receipts_does_not_matter() -> None:
    """Refused, then failed, then applied: however they come, and twice, it is applied, and nothing waits."""
    told = [receipt("refused", minute=1), receipt("failed", minute=2), receipt("applied", minute=3)]
    for order in permutations(told):
        entry = after(asked(), *order, *order)
        assert (entry.state, entry.outcome, entry.seen) == ("idle", "applied", "7 3 applied")


def test_a_clock_that_was_set_back_loses_no_answer() -> None:
    """What was written is written, although the relay told of a refusal at what it took for a later hour."""
    entry = after(asked(), receipt("refused", minute=50), receipt("applied", minute=1))
    assert (entry.state, entry.outcome) == ("idle", "applied")


def test_an_older_messages_receipt_says_nothing_of_a_newer_message() -> None:
    """The newer one still waits; what the older one showed is known, until something newer is."""
    entry = after(asked(), receipt("applied", version=6))
    assert (entry.state, entry.outcome, entry.seen_version) == ("asked", "", 6)
    entry = after(entry, receipt("applied"), receipt("applied", version=6, minute=9))
    assert (entry.state, entry.seen_version) == ("idle", 7)


def test_what_fails_three_times_is_a_persons() -> None:
    """The same failure told twice is one; and if it is written after all, nobody has to look."""
    entry = after(asked(), receipt("failed", minute=1), receipt("failed", minute=1))
    assert (entry.state, entry.failures) == ("asked", 1)
    entry = after(entry, *(receipt("failed", minute=2 + n, code="write-differs") for n in range(MOST_FAILURES - 1)))
    assert (entry.state, entry.code) == ("failed", "write-differs")
    assert after(entry, receipt("applied", minute=30)).state == "idle"


def test_a_preview_waits_for_a_person_unless_they_have_said_no_before() -> None:
    """What would be written as before is not asked twice; something new is; nothing to write is no question."""
    preview, declined = asked(purpose="review"), tuple(wishes(ROW, ROW.new).values())
    assert after(preview, receipt("planned", rows=[ROW])).state == "review"
    assert after(preview.but(declined=declined), receipt("planned", rows=[ROW])).state == "idle"
    other = ROW.model_copy(update={"new": {"AllergyDescription": "Swelling"}})
    assert after(preview.but(declined=declined), receipt("planned", rows=[ROW, other])).state == "review"
    assert after(preview, receipt("planned")).state == "idle"


def test_what_a_preview_shows_is_for_whoever_decides() -> None:
    """The next message is compared with what was written last, or a change at the school would be known and overwritten."""
    written = after(asked(), receipt("applied"))
    preview = after(written.but(state="asked", purpose="review", version=8), receipt("planned", version=8, rows=[ROW]))
    assert (preview.state, preview.seen_version) == ("review", 7)
    assert after(asked(purpose="review"), receipt("planned", rows=[ROW])).seen_version == 7
    same = after(written.but(state="asked", purpose="review", version=8), receipt("planned", version=8))
    assert same.seen_version == 8


def test_what_may_not_count_is_not_what_was_seen() -> None:
    """A write that was cut off, and of which nobody can tell, shows rows that may never have been there."""
    known = after(asked(), receipt("applied")).but(state="asked", version=8)
    cut_off = receipt("interrupted", version=8, minute=5, before=Image(), after=Image())
    assert (after(known, cut_off).seen_version, after(known, cut_off).outcome) == (7, "interrupted")
    assert after(known, cut_off, receipt("applied", version=8, minute=6)).seen == "8 6 applied"


def test_what_is_taken_back_is_not_written_again() -> None:
    """Once it is taken back; what could not be taken back is a person's to look at."""
    undo = asked(purpose="undo", declined=("a",), declining=("b",))
    assert after(undo, receipt("applied")).declined == ("a", "b")
    refused = after(undo, receipt("conflicted", conflicts=[LeftRow(table="MedicalAllergy", code="changed")]))
    assert (refused.state, refused.code, refused.declined) == ("failed", "undo-conflicted", ("a",))


def test_who_is_left_something_of_is_on_a_list() -> None:
    """Items without a code, rows without room, and rows that somebody changed; nobody else."""
    left = LeftRow(table="MedicalAllergy", code="too-long")
    assert work_of(after(asked(), receipt("applied", parked=[left]))) == "parked"
    assert work_of(after(asked(), receipt("applied", held=1, contested=1))) == "parked"
    assert work_of(after(asked(parked={"code-unmatched": 1}), receipt("applied"))) == "parked"
    assert work_of(after(asked(), receipt("applied", held=1))) is None
    assert work_of(asked(parked={"code-unmatched": 1})) == "asked"


def test_who_is_left_something_of_before_anything_is_decided_is_on_a_list() -> None:
    """Of all that a family says nothing has room in the school's database: there is nothing to decide, and somebody to tell."""
    left = LeftRow(table="MedicalAllergy", code="text-too-long")
    preview = after(asked(purpose="review"), receipt("planned", parked=[left]))
    assert (preview.state, work_of(preview)) == ("idle", "parked")
    assert work_of(after(asked(purpose="review"), receipt("planned"))) is None


def test_a_look_makes_the_next_pull_write() -> None:
    """Nothing waits for a person, and what was sent counts as not sent."""
    entry = after(asked(purpose="look"), receipt("planned", rows=[ROW]))
    assert (entry.state, entry.source) == ("idle", "")


def test_a_person_is_asked_about_what_was_not_overwritten() -> None:
    """Where the school asks; where it refuses, it stays as it is. An undo asks nobody."""
    left = receipt("conflicted", held=1, contested=1, conflicts=[LeftRow(table="MedicalAllergy", code="changed")])
    entry = after(asked(asks=True), left)
    assert (entry.state, entry.ask_next, entry.source) == ("idle", True, "")
    assert (after(asked(), left).ask_next, after(asked(), left).source) == (False, "s")
    assert not after(asked(asks=True, purpose="undo"), left).ask_next
    rejected = receipt("conflicted", held=1)
    assert (after(asked(asks=True), rejected).ask_next, after(asked(asks=True), rejected).source) == (False, "s")


def test_what_the_relay_holds_for_old_is_sent_anew() -> None:
    """The relay has written something newer than this ledger knows of: what the family says counts as not sent."""
    entry = after(asked(), receipt("superseded"))
    assert (entry.state, entry.source) == ("idle", "")
    undo = after(asked(purpose="undo", declined=("a",), declining=("b",)), receipt("superseded"))
    assert (undo.state, undo.declined) == ("idle", ("a", "b"))


def test_an_older_word_that_was_written_over_a_newer_one_is_not_the_last() -> None:
    """A relay that lost its journal carried out an old message: the newer one counts as not sent. A late receipt is none."""
    entry = after(asked(), receipt("applied", minute=5))
    assert after(entry, receipt("applied", version=6, minute=4)) == entry
    older = after(entry, receipt("applied", version=6, minute=9))
    assert (older.state, older.source, older.seen, older.seen_version) == ("idle", "", "6 9 applied", 7)
    assert after(entry, receipt("superseded", version=6, minute=9)) == entry
    on_its_way = after(asked(seen_version=6), receipt("applied", version=5, minute=9))
    assert on_its_way.source == "s"


def test_what_is_not_answered_is_sent_again_and_then_given_up() -> None:
    """After the given time, or at once if it may never have left; after some times a person has to look."""
    day = timedelta(hours=24)
    assert not is_overdue(asked(), NOW + timedelta(hours=23), after=day)
    assert is_overdue(asked(), NOW + day, after=day)
    assert is_overdue(asked(sendings=0), NOW, after=day)
    assert not is_overdue(asked(state="idle"), NOW + 2 * day, after=day)
    again = tried_again(asked(), NOW + day)
    assert (again.state, again.sent_at) == ("asked", (NOW + day).isoformat())
    given_up = tried_again(asked(sendings=MOST_SENDINGS), NOW + day)
    assert (given_up.state, given_up.code) == ("failed", "no-receipt")
    refused = after(asked(sendings=MOST_SENDINGS), receipt("refused", code="column-missing"))
    assert tried_again(refused, NOW + day).code == "column-missing"
