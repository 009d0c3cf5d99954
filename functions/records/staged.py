"""What we know of one record: what the school says, what was selected, what Operoo has; and what follows from that.

Nothing here does I/O. `work_of` is the whole state machine: it derives what waits from what is known, so the worklist can
always be rebuilt and no step has to remember to move a record on.
"""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from shared.digests import canonical_json
from shared.messages import Decision
from shared.owners import Kind
from shared.records import RECORD_TYPES, DroppedValue, Origin, Record

Action = Literal["create", "update", "archive", "unlink"]
WorkState = Literal["pending", "leaving", "held", "parked"]
Link = Literal["none", "intent", "linked", "unlinked", "archived"]
Counted = Literal["changed", "applied", "failed"]
# An item of DynamoDB's has 400 kB, and a record has more than its content.
LARGEST_CONTENT = 380_000
WORK_STATES: tuple[WorkState, ...] = ("pending", "leaving", "held", "parked")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class Problem(_Model):
    """Why something could not be done, for a person to read.

    Attributes:
        digest: The content it is about: with other content it is tried again.
        action: What failed; empty for a part, such as the photo, of a profile that is otherwise in step.
        until_asked: It stands whatever the content, until a person asks to try again.
    """

    code: str
    reason: str
    digest: str = ""
    action: Action | Literal[""] = ""
    until_asked: bool = False

    def stands(self, digest: str, action: Action | None) -> bool:
        """Return whether it is still in the way of this action on this content."""
        return self.action == (action or "") and (self.until_asked or self.digest == digest)


class Event(_Model):
    """One line of a record's timeline; `at` (ISO 8601, UTC) is set when it is stored.

    Attributes:
        counts: What it is counted as, if it is.
    """

    event: str
    detail: str = ""
    at: str = ""
    counts: Counted | Literal[""] = ""


class Tally(_Model):
    """How often something happened to a record since it is known; it only grows, so that no difference is ever missed.

    Attributes:
        changed: The school said something else, came to say it, or ceased to.
        applied: Something was done in Operoo.
        failed: Something could not be done.
    """

    changed: int = 0
    applied: int = 0
    failed: int = 0

    def after(self, events: Iterable[Event]) -> "Tally":
        """Return it with what happened now."""
        now: Counter[str] = Counter(event.counts for event in events if event.counts)
        return self.model_copy(update={name: count + now[name] for name, count in self}) if now else self


class Shown(_Model):
    """What Operoo itself showed of a profile when something was sent last, where that is other than what was sent.

    Attributes:
        at: When it did (ISO 8601, UTC); empty if it showed nothing.
        has: What it had then, by our names of the fields; also of what was not sent.
        had: What it had until then, where that was looked at.
        unseen: What was sent and is not shown.
    """

    at: str = ""
    has: dict[str, str] = {}
    had: dict[str, str] = {}
    unseen: tuple[str, ...] = ()


class Joined(_Model):
    """Who was added to a group by one wish, the latest that named them.

    Attributes:
        order: When that was wished, as text that sorts.
    """

    order: str
    members: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()


class StagedRecord(_Model):
    """One record in the staging area.

    Attributes:
        origin: Who states it: what a person brought, no snapshot changes or misses.
        stated: When a person last stated or removed it, as text that sorts.
        joined: Who joined a group since, newest first: a statement from before that may still come, and would not name them.
        content: The record as canonical JSON, the latest received; empty if it never could be mapped.
        digest: Of `content`.
        fault: Why the latest rows could not be mapped; `content` is then the last that could.
        sequence: The snapshot in which the school's side last changed.
        absent_since: The first snapshot that proved it absent, 0 if a person removed it; None while present.
        choice: Selected or deselected by a person, by name; None leaves it to the rules.
        chosen: When that was, as text that sorts.
        by_rule: The rule that selects it, if any.
        link: `intent` is stored before creating in Operoo: a profile may or may not exist.
        intent_at: When a create was last begun (ISO 8601, UTC), as long as it is not known whether it came to be.
        operoo_id: Kept after unlinking and archiving, so that who reappears gets the same profile.
        applied: The digest of the content that Operoo has.
        applied_content: That content, as long as it is another than `content` and there is room for both.
        applied_fields: The digest of the fields that were sent.
        applied_photo: The digest of the photo that was sent.
        shown: What Operoo itself showed then.
        absence: The decision about its absence, or about that of everybody in it: a plan's, or a person's about a hold.
        hold: The hold it waits in.
        problem: Why applying it failed; stands while the content is the same.
        links_changed: Somebody in this group was linked or unlinked since it was applied.
        tally: How often what happened.
        version: Counts writes, for optimistic locking.
        events: What the last write did; the next write moves it to the timeline.
    """

    kind: Kind
    id: str
    origin: Origin = "synergetic"
    stated: str = ""
    joined: tuple[Joined, ...] = ()
    content: str = ""
    digest: str = ""
    notes: tuple[DroppedValue, ...] = ()
    fault: Problem | None = None
    sequence: int = 0
    absent_since: int | None = None
    choice: bool | None = None
    chosen: str = ""
    by_rule: str = ""
    link: Link = "none"
    intent_at: str = ""
    operoo_id: str = ""
    applied: str = ""
    applied_content: str = ""
    applied_fields: str = ""
    applied_photo: str = ""
    shown: Shown = Shown()
    absence: Decision | None = None
    hold: str = ""
    problem: Problem | None = None
    links_changed: bool = False
    tally: Tally = Tally()
    version: int = 0
    events: tuple[Event, ...] = ()

    @property
    def present(self) -> bool:
        """Whether the latest snapshot has it."""
        return self.absent_since is None

    @property
    def missing_since(self) -> int:
        """The snapshot that proved it, or everybody in it, absent."""
        return self.sequence if self.absent_since is None else self.absent_since

    @property
    def selected(self) -> bool:
        """Whether it is continually synchronised: a person's choice prevails over the rules."""
        return self.choice if self.choice is not None else bool(self.by_rule)

    @property
    def two_way(self) -> bool:
        """Whether what a student's family says goes back: they are in Operoo by us, are to be, and are in Synergetic too."""
        return self.present and self.selected and self.link == "linked" and self.origin == "synergetic"

    @property
    def past(self) -> bool:
        """Whether it is gone from the school and has nothing left to do in Operoo: what remains of it is a memory."""
        return not self.present and self.link not in {"intent", "linked"}

    def record(self) -> Record:
        """Return the canonical record.

        Raises:
            ValueError: It never could be mapped.
        """
        return RECORD_TYPES[self.kind].model_validate_json(self.content)

    def restated(self, content: str, digest: str) -> "StagedRecord":
        """Return this with the content that was received last; what Operoo has is kept as long as it is another."""
        had = self.content if self.digest == self.applied else self.applied_content
        after = self.but(content=content, digest=digest)
        return after.but(applied_content="" if digest == self.applied else beside(after, had))

    def but(self, **changes: object) -> "StagedRecord":
        """Return this with some attributes changed."""
        assert changes.keys() <= type(self).model_fields.keys(), sorted(changes)
        return self.model_copy(update=changes)


class Change(NamedTuple):
    """A record as it shall be (its version and events still those that were read), what to note, and puts that come first."""

    record: StagedRecord
    events: tuple[Event, ...] = ()
    also: tuple[dict[str, Any], ...] = ()


def content_of(record: Record) -> str:
    """Return a record as the staging area keeps it."""
    return canonical_json(record.model_dump(mode="json", exclude_defaults=True)).decode()


def beside(staged: StagedRecord, applied: str) -> str:
    """Return the content that Operoo has if there is room for it beside the latest: a group may have thousands of members."""
    size = len(staged.content.encode()) + sum(len(one.model_dump_json()) for one in staged.joined)
    return applied if size + len(applied.encode()) <= LARGEST_CONTENT else ""


def photo_stays(staged: StagedRecord) -> bool:
    """Return whether Operoo has a photo that the school has no more: nothing public shows that its interface removes one."""
    return bool(staged.applied_photo) and getattr(staged.record(), "photo", None) is None


def emptied_of(staged: StagedRecord) -> tuple[str, ...]:
    """Return what a group has in Operoo, `members` or `staff`, and of whom the school states not one any more.

    So it looks, too, if a table of the school's is empty for a night: it is an absence, and needs a plan as any other.
    """
    if staged.kind != "group" or staged.origin != "synergetic" or not staged.present or staged.link != "linked":
        return ()
    if staged.digest == staged.applied or not staged.applied_content:
        return ()
    had, has = json.loads(staged.applied_content), json.loads(staged.content)
    return tuple(part for part in ("members", "staff") if had.get(part) and not has.get(part))


def action_of(staged: StagedRecord) -> Action | None:
    """Return what would have to be done in Operoo to bring it in step, None if it is."""
    bound = staged.link in {"intent", "linked"}
    if not staged.selected:
        # Also of who is gone: what a person took out of the synchronisation is not ours to archive any more.
        return "unlink" if bound else None
    if not staged.present:
        return "archive" if bound else None
    if staged.fault is not None:
        return None
    if staged.link != "linked":
        return "create"
    return "update" if staged.digest != staged.applied or staged.links_changed else None


def work_of(staged: StagedRecord) -> WorkState | None:
    """Return the list the record waits on.

    `pending` may be applied now. `leaving` waits until a run's plan has looked at all absences together, those in groups too;
    then it is pending, or `held` for a person. `parked` could not be done.
    """
    action = action_of(staged)
    problem = staged.problem
    if problem is not None and problem.stands(staged.digest, action) and (action or staged.present):
        return "parked"
    if action is None:
        return "parked" if staged.present and staged.fault is not None else None
    if staged.absence == "approved" or not (action == "archive" or (action == "update" and emptied_of(staged))):
        return "pending"
    if staged.absence == "discarded":
        return None
    return "held" if staged.hold else "leaving"
