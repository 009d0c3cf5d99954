"""What we know of a student's write-backs: what was asked of the relay, what it answered, and what follows from that.

Nothing here does I/O, and nothing here is medical: what is to be written and what was written lie in the bucket, by digest.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from functions.records.staged import Event
from shared.medical.codes import CodeKind
from shared.receipts import WriteReceipt
from shared.synergetic.writing import contract_tables
from shared.writeback.declined import ends_of_newly_stated, is_declined, place_of, wishes
from shared.writeback.rows import Image

State = Literal["asked", "review", "failed", "idle"]
Work = Literal["asked", "review", "failed", "parked"]
Purpose = Literal["write", "look", "review", "undo"]

# What failed so often is a person's to look at; so is what was sent so often without an answer.
MOST_FAILURES = 3
MOST_SENDINGS = 3
# Short of the 14 days that a message lives on the return queue: a relay that was off for longer still finds one.
_LIVES = timedelta(days=13)
# Of what is parked, what waits for somebody to say which code a word stands for.
UNCODED = ("code-unmatched", "code-ambiguous", "override-unusable")
_SECONDS = len("2026-01-31T12:00:00")
_DONE = {"insert": "added", "update": "changed", "delete": "removed"}
_TO_DO = {"insert": "to add", "update": "to change", "delete": "to remove"}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Entry(_Model):
    """One student in the ledger.

    Attributes:
        version: Of the last message; 0 before the first.
        request: That message's own name.
        by: Who asked for it, or decided about it; empty if it was sent by itself.
        purpose: `write`; `look`, to find out what is there before anything is written; `review`, to show a person what would be
            written; `undo`.
        decided: A person was asked about it before, and wants it written.
        state: `asked` until the relay has answered for good; `review` while a person is to decide; `failed` if it was given up
            and a person is to look; else `idle`.
        asks: What somebody at the school changed meanwhile is not overwritten: a person is asked.
        ask_next: They are to be asked about what was not overwritten.
        source: What stands for what the family stated and for the codes it was given when it was last sent.
        message: The digest of the message, under which it lies in the bucket.
        sent_at: When it was last sent.
        sendings: How often; 0 if it may never have left.
        failures: How often the relay could not do it.
        outcome: What the relay answered last, with its code and when.
        seen: The digest of the newest receipt that shows the student's rows, and its version.
        last: The digest of the receipt that was noted last.
        declined: What stands for what a person rejected or took back: it is neither asked nor written again.
        declining: The same, of what is being taken back, and of what a person edited, until that is done.
        withheld: What stands for what was sent of what the family says, where that it says there is none of something waits.
        emptied: When it was first said that there is none of something any more, by what stands for it.
        parked: How many items could not be sent, by code.
        left: How many rows the relay left as they were, or would leave, as there was no room for them, or somebody had changed
            them.
        unmapped: How many values of Operoo's have no place.
        revision: Counts writes, for optimistic locking.
    """

    student: str
    version: int = 0
    request: str = ""
    by: str = ""
    purpose: Purpose = "write"
    decided: bool = False
    state: State = "idle"
    asks: bool = False
    ask_next: bool = False
    source: str = ""
    message: str = ""
    sent_at: str = ""
    sendings: int = 0
    failures: int = 0
    outcome: str = ""
    code: str = ""
    answered_at: str = ""
    seen: str = ""
    seen_version: int = 0
    last: str = ""
    parked: dict[str, int] = {}
    unmapped: int = 0
    left: int = 0
    declined: tuple[str, ...] = ()
    declining: tuple[str, ...] = ()
    withheld: str = ""
    emptied: dict[str, str] = {}
    revision: int = 0

    def but(self, **changes: object) -> "Entry":
        """Return this with some attributes changed."""
        assert changes.keys() <= type(self).model_fields.keys(), sorted(changes)
        return self.model_copy(update=changes)


class Noted(_Model):
    """A receipt in a student's history, without what was written; or a person's decision about one.

    Attributes:
        digest: Under which the receipt itself lies in the bucket.
        counts: Rows inserted, updated and deleted; of a decision, items accepted and rejected, and values edited.
        by: Who decided, or asked for what was written; empty if it was sent by itself.
    """

    student: str
    version: int
    at: str
    digest: str
    outcome: str
    by: str = ""
    undo: bool = False
    code: str = ""
    counts: dict[str, int] = {}
    parked: int = 0
    conflicts: int = 0
    fingerprint: str = ""
    relay_version: str = ""
    synergetic_version: str = ""

    @property
    def amount(self) -> str:
        """Return how much was done, or of what was only looked at, how much there was to do."""
        words = _TO_DO if self.outcome == "planned" else _DONE
        counts = {words.get(kind, kind): count for kind, count in self.counts.items()}
        counts |= {"parked": self.parked, "in conflict": self.conflicts}
        return ", ".join(f"{count} {word}" for word, count in counts.items() if count)

    def event(self) -> Event:
        """Return this as a line of the student's timeline."""
        told = [
            f"version {self.version}",
            *([self.amount] if self.amount else []),
            *([self.code] if self.code else []),
            *([f"by {self.by}"] if self.by else []),
        ]
        what = "taking back in Synergetic" if self.undo else "writing to Synergetic"
        return Event(event=f"{what}: {self.outcome}", detail="; ".join(told), at=self.at)


class WordCode(_Model):
    """A word of the families' that an administrator gave one of the school's codes.

    Attributes:
        code: Empty in a history, where they took back what they had said.
        order: When they did, as text that sorts.
        at: The same by the clock (ISO 8601, UTC).
    """

    kind: CodeKind
    word: str
    code: str
    order: str = ""
    by: str = ""
    at: str = ""


class FieldSeen(_Model):
    """How a field of the profile stood in Operoo's answers when all were read last that had it.

    Attributes:
        name: What it is called there.
        students: How many had it, be it empty.
        among: Of how many.
    """

    name: str
    students: int
    among: int


def timeline(events: Iterable[Event], history: Iterable[Noted]) -> list[Event]:
    """Return what happened to a student in Operoo and in Synergetic, oldest first."""
    return sorted([*events, *(noted.event() for noted in history)], key=lambda event: event.at[:_SECONDS])


def next_version(entry: Entry, at: datetime) -> int:
    """Return the next message's version: the time in seconds, so that it grows even where a ledger was lost."""
    return max(entry.version + 1, int(at.timestamp()))


def is_overdue(entry: Entry, at: datetime, *, after: timedelta) -> bool:
    """Say whether a message was not answered in time, or never left."""
    return entry.state == "asked" and (not entry.sendings or at - datetime.fromisoformat(entry.sent_at) >= after)


def is_lapsing(entry: Entry, at: datetime) -> bool:
    """Say whether a message that was given up without an answer is about to be on the queue no more.

    What a person takes back is theirs to ask for again: weeks later they may not want it any more.
    """
    is_unanswered = entry.state == "failed" and entry.failures < MOST_FAILURES and entry.purpose != "undo"
    return is_unanswered and at - datetime.fromisoformat(entry.sent_at) >= _LIVES


def tried_again(entry: Entry, at: datetime) -> Entry:
    """Return the entry of a message that is to be sent once more, or was sent often enough."""
    if entry.state == "asked" and entry.sendings >= MOST_SENDINGS:
        # Where it was refused all the time, that says more.
        return entry.but(state="failed", code=entry.code or "no-receipt")
    return entry.but(sent_at=at.isoformat())


def expired(entry: Entry) -> Entry:
    """Return the entry of a message that nobody answered for as long as it was kept."""
    if entry.purpose == "undo":
        return entry.but(state="failed", code="no-receipt")
    # The next pull makes it anew from what the family says now.
    return entry.but(state="idle", source="")


def overtaken(entry: Entry) -> Entry:
    """Return an entry before another message takes its place: what it takes back, or was edited, is declined from now on."""
    if entry.state != "asked":
        return entry
    return entry.but(declined=tuple(dict.fromkeys((*entry.declined, *entry.declining))), declining=())


def answered(entry: Entry, receipt: WriteReceipt, under: str) -> Entry:
    """Return the entry after a receipt that lies under a digest.

    A receipt that comes twice, late or out of order changes nothing of what is newer.
    """
    at = receipt.at.isoformat()
    if receipt.after is not None and receipt.version >= entry.seen_version and _shows(receipt, entry):
        # What came back has another number. The family's next message may be on its way already.
        back = receipt.declined if receipt.version > entry.seen_version else ()
        declined = tuple(dict.fromkeys((*entry.declined, *back)))
        entry = entry.but(seen=under, seen_version=receipt.version, declined=declined)
    if _undoes_newer(receipt, entry):
        # What the family said last is sent anew, against the rows as they were left.
        entry = entry.but(seen=under, source="")
    is_waited_for = receipt.version == entry.version and entry.state in {"asked", "failed"}
    # A relay's clock may be set back: what is done with stays so, whatever hour it tells.
    is_late = at < entry.answered_at and not receipt.is_final
    if not is_waited_for or under == entry.last or is_late:
        return entry
    noted = entry.but(last=under, outcome=receipt.outcome, code=receipt.code, answered_at=at)
    match receipt.outcome:
        case "planned":
            return _looked_at(noted, receipt)
        case "applied" | "unchanged" | "conflicted":
            return _written(noted, receipt)
        case "superseded":
            # The relay knows of something newer than this ledger does: it is sent anew, under a version of now.
            return overtaken(noted).but(state="idle", source="")
        case "failed":
            failures = noted.failures + 1
            return noted.but(failures=failures, state="failed" if failures >= MOST_FAILURES else noted.state)
        case "refused" | "interrupted":
            return noted


def _shows(receipt: WriteReceipt, entry: Entry) -> bool:
    """Say whether a receipt is what the school's rows are compared with from now on.

    What a preview shows is only for whoever decides about it: a change of somebody's at the school would else be known, and
    overwritten by the next message. And what was cut off may never have been there.
    """
    return receipt.is_final and (receipt.outcome != "planned" or not entry.seen or not receipt.rows)


def _undoes_newer(receipt: WriteReceipt, entry: Entry) -> bool:
    """Say whether an older message was written after a newer one: by a relay that lost its journal, or by a second relay."""
    is_older = receipt.outcome == "applied" and receipt.version < entry.seen_version
    return is_older and "" < entry.answered_at < receipt.at.isoformat()


def _looked_at(entry: Entry, receipt: WriteReceipt) -> Entry:
    if entry.purpose == "look":
        # Now it is known what is there, and the next pull writes against it.
        return entry.but(state="idle", source="")
    new = [row for row in receipt.rows if not is_declined(row, row.new, entry.declined)]
    return entry.but(state="review" if new else "idle", left=len(receipt.parked))


def _written(entry: Entry, receipt: WriteReceipt) -> Entry:
    left = len(receipt.parked) + receipt.contested
    if entry.purpose != "undo":
        images = contract_tables(), receipt.before or Image(), receipt.after or Image()
        edited = entry.declining if not left else _written_as_edited(entry, receipt)
        asked = (entry.asks and receipt.contested > 0) or edited != entry.declining
        stated = set(ends_of_newly_stated(*images))
        declined = tuple(one for one in dict.fromkeys((*entry.declined, *edited)) if one not in stated)
        source = "" if asked or entry.withheld else entry.source
        done = entry.but(state="idle", failures=0, left=left, ask_next=asked, source=source)
        return done.but(declined=declined, declining=())
    if receipt.outcome == "conflicted":
        return entry.but(state="failed", code="undo-conflicted")
    # Who takes back what was taken back wants it again.
    wanted = {one for row in receipt.rows for one in wishes(row, row.new).values()}
    declined = tuple(dict.fromkeys((*(one for one in entry.declined if one not in wanted), *entry.declining)))
    return entry.but(state="idle", failures=0, declined=declined, declining=())


def _written_as_edited(entry: Entry, receipt: WriteReceipt) -> tuple[str, ...]:
    """Return what was edited and is written so. What a conflict or its length kept out is asked again."""
    columns = (wishes(row, dict.fromkeys(row.new, True)).values() for row in receipt.rows)
    written = {place_of(wish) for some in columns for wish in some}
    return tuple(one for one in entry.declining if place_of(one) in written)


def work_of(entry: Entry) -> Work | None:
    """Return the list that a student waits on; on `parked` is who is done with, but for something a person may look at."""
    if entry.state != "idle":
        return entry.state
    return "parked" if entry.parked or entry.left else None


def is_uncoded(entry: Entry) -> bool:
    """Say whether a word of the family's waits for a code."""
    return any(code in entry.parked for code in UNCODED)
