"""Works the list of what waits. Level-triggered: whatever a crash or an outage leaves undone, the next round finds."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import islice

from functions.apply_records.links import Links
from functions.apply_records.profiles import Outcome, Profiles
from functions.operoo.errors import (
    CALL_UNKNOWN,
    REJECTED,
    CreatedUnnamedError,
    CreateInDoubtError,
    ListingForbiddenError,
    ListingIncompleteError,
    ListingUnreadableError,
    NotNowError,
    OperooFailedError,
    OperooForbiddenError,
    ProfileGoneError,
    RefusedCreateError,
    partly,
)
from functions.operoo.mapping import RESOURCE_OF
from functions.records.staged import Change, Event, Problem, StagedRecord, action_of, work_of
from functions.runtime.time_left import OutOfTimeError
from functions.store.conflicts import ChangedMeanwhileError
from functions.store.link_marks import LinkMarks
from functions.store.records import RecordsTable
from shared.errors import FatalError, IntegrationError, OperooUnavailableError, RejectedRecordError, SettingsError
from shared.owners import PARTITIONS, PEOPLE, Kind

_TRIES = 5
# One create in doubt, one vanished profile or one call that fails happens; so many in a row are an outage.
_ODD_IN_A_ROW = 5
# Classes may stand below year levels: what the first round links, the second sees.
_GROUP_LEVELS = 2
_SOME = 20
_MADE = frozenset({"intent", "linked"})
# How Operoo refuses a group that names somebody who is not there: as a record, as not found, as a call that it does not know.
_PERHAPS_MISSING = frozenset({REJECTED, ProfileGoneError.code, CALL_UNKNOWN})


class Applier:
    """Applies what waits, people first: a group holds only who is linked.

    Args:
        records: The staging area.
        marks: Who was linked or unlinked.
        profiles: Does it in Operoo.
        archive: Archive who is gone; else only unlink them.
        has_time: Says whether one more record may be begun.
    """

    def __init__(
        self,
        records: RecordsTable,
        marks: LinkMarks,
        profiles: Profiles,
        *,
        archive: bool,
        has_time: Callable[[], bool],
    ) -> None:
        self._records = records
        self._marks = marks
        self._profiles = profiles
        self._links = Links(records, profiles)
        self._archive = archive
        self._has_time = has_time
        self._doubted = False
        self._odd_in_a_row = 0
        self._begun = False
        self._looked_at: set[Kind] = set()
        self._made: dict[Kind, dict[str, str]] = {}
        self._not_created: ListingIncompleteError | None = None
        self._not_listed: dict[Kind, FatalError] = {}
        self._failed: dict[tuple[Kind, str], OperooFailedError | OperooForbiddenError] = {}
        self._missed: dict[tuple[Kind, str], None] = {}
        self._not_let_go: list[IntegrationError] = []
        self._latest: StagedRecord | None = None
        self.done: Counter[str] = Counter()

    def overwrite_groups(self) -> None:
        """Have every synchronised group stated anew: what was changed by hand in Operoo is thereby taken back.

        Raises:
            OutOfTimeError: Some are left because of the time; who goes on with it leaves those alone that are noted already.
        """
        for group in self._records.all("group"):
            if group.link == "linked" and group.present and _anew(group) != group:
                self._begin()
                self._latest = group
                self._change(group, _anew, Event(event="to be stated anew"))

    def work(self) -> None:
        """Apply everything that waits now.

        Raises:
            OutOfTimeError: Something is left because of the time.
            OperooUnavailableError: Operoo cannot serve now.
            OperooDeniedError: Operoo refuses us.
            ListingIncompleteError: Nothing of a kind was created; all else is done.
            ListingForbiddenError: The same, as Operoo refuses to list that kind.
            ListingUnreadableError: The same, as its list is not understood.
            IntegrationError: A call failed for some records; all else is done.
        """
        # What an earlier round has listed does not show who was entered in Operoo by hand since; they would be made twice.
        self._profiles.forget_listing()
        self._work_off_people()
        self._work_off_groups()
        if self._not_created is not None:
            raise self._not_created
        if self._not_listed:
            raise next(iter(self._not_listed.values()))
        if failures := [*self._failed.values(), *self._profiles.photos.failures, *self._not_let_go]:
            raise partly(failures[-1], "Not every record could be brought to Operoo; all others were.")

    def _work_off_groups(self) -> None:
        for _ in range(_GROUP_LEVELS):
            woken = self._wake_groups()
            before = len(self._missed)
            self._work_off("group", dict.fromkeys([*woken, *self._records.waiting("pending", "group")]))
            self._look_for([*self._missed][before:])

    def _work_off_people(self) -> None:
        """Apply people until no more come: staging may still be under way, and every group of a late one is sent twice."""
        seen: set[tuple[Kind, str]] = set()
        while fresh := [one for one in self._pending_people() if one not in seen]:
            seen.update(fresh)
            for kind in PEOPLE:
                self._work_off(kind, [record_id for fresh_kind, record_id in fresh if fresh_kind == kind])

    def _pending_people(self) -> list[tuple[Kind, str]]:
        return [(kind, record_id) for kind in PEOPLE for record_id in self._records.waiting("pending", kind)]

    def _work_off(self, kind: Kind, ids: Iterable[str]) -> None:
        # In another order each time: some that always fail must not keep the others from their turn.
        every = list(ids)
        random.shuffle(every)
        left = [record_id for record_id in every if not self._one(kind, record_id, last_try=False)]
        again = 0
        for record_id in left:
            # The client reads its listing anew after a doubt, so this look finds what an earlier try has made by now.
            again = 0 if self._one(kind, record_id, last_try=True) else again + 1
            self.done["in doubt"] += bool(again)
            if again >= _ODD_IN_A_ROW:
                return

    def _one(self, kind: Kind, record_id: str, *, last_try: bool) -> bool:
        """Apply one record; return False if a call for it failed or ended in doubt: such records come last."""
        if self._begun and not self._has_time():
            # Time that went into waiting in vain is no reason to begin anew at once.
            raise [*self._failed.values()][-1] if self._failed and self._odd_in_a_row else OutOfTimeError
        staged = self._latest = self._records.get(kind, record_id)
        if staged is not None and staged.link == "intent" and not last_try:
            return False
        # However little time a function is given, each round does something, so that the rounds come to an end.
        self._begun = True
        if staged is None or work_of(staged) != "pending":
            return True
        try:
            self._apply_or_park(staged)
        except NotNowError as refusal:
            if not last_try:
                self._put_off(staged)
                return False
            self._park(staged, refusal)
        except (CreateInDoubtError, OperooFailedError, OperooForbiddenError) as error:
            if not isinstance(error, CreateInDoubtError):
                self._failed[kind, record_id] = error
            # Where Operoo said that a profile was created, that is no outage.
            if not last_try and not isinstance(error, CreatedUnnamedError):
                self._count_odd(error)
            return False
        self._failed.pop((kind, record_id), None)
        return True

    def _apply_or_park(self, staged: StagedRecord) -> None:
        """Apply a record and store what came of it, a refusal too.

        Raises:
            NotNowError: It is refused, and perhaps not any more when all others are done.
            CreateInDoubtError: It is not known what came of it.
            OperooFailedError: Operoo failed at it.
            OperooForbiddenError: Operoo refused it, and perhaps all others.
            FatalError: Operoo lists nothing at all, or the like.
        """
        try:
            outcome = self._apply(staged)
        except ListingIncompleteError as error:
            self._not_created = error
        except NotNowError:
            raise
        except (RejectedRecordError, SettingsError) as refusal:
            if refusal.code in _PERHAPS_MISSING and self._misses_some(staged):
                self._put_off(staged)
                return
            if isinstance(refusal, SettingsError):
                raise
            self._park(staged, refusal)
            if isinstance(refusal, ProfileGoneError):
                self._count_odd(refusal)
        else:
            if outcome is not None:
                self._store(staged, outcome)
                self._odd_in_a_row = 0

    def _misses_some(self, group: StagedRecord) -> bool:
        """Note whom a refused group names and Operoo does not list; return whether any are new, or could not be asked after.

        Then the group waits: if they turn out to be gone it is applied without them, and was refused for nothing else.
        """
        before = len(self._missed)
        try:
            named = self._links.not_listed(group)
        except FatalError:
            # A listing that tells nothing is no reason to stop: then the refusal stands.
            return False
        self._missed |= named
        return len(self._missed) > before or not self._failed.keys().isdisjoint(named)

    def _look_for(self, missed: Iterable[tuple[Kind, str]]) -> None:
        """State anew those whom the listing lacks: the answer tells whether they are gone, which the listing alone does not."""
        for kind, record_id in missed:
            one = self._latest = self._records.get(kind, record_id)
            if one is not None and one.link == "linked":
                self._change(one, _anew, Event(event="to be looked for in Operoo"))
                self._work_off(kind, [record_id])

    def _count_odd(self, error: IntegrationError) -> None:
        self._odd_in_a_row += 1
        if self._odd_in_a_row < _ODD_IN_A_ROW:
            return
        if isinstance(error, OperooFailedError | OperooForbiddenError):
            raise error
        raise OperooUnavailableError(
            f"{_ODD_IN_A_ROW} records in a row met an odd answer, so Operoo is not believed now. The last: {error.what}",
            remedy="Look at Operoo's health. What waits is tried again by the next round.",
            code="operoo-odd",
        )

    def _apply(self, staged: StagedRecord) -> Outcome | None:
        """Do in Operoo what is to be done; nothing comes of it where that kind cannot be listed, and others can."""
        try:
            return self._outcome_of(staged)
        except (ListingForbiddenError, ListingUnreadableError) as error:
            # Whoever is linked already needs no listing, so the rest of the kind has its turn.
            if staged.kind not in self._not_listed and not self._profiles.lists_beside(staged.kind):
                raise
            self._not_listed[staged.kind] = _forbidden(staged.kind) if isinstance(error, ListingForbiddenError) else error
            return None

    def _outcome_of(self, staged: StagedRecord) -> Outcome | None:
        if staged.link == "intent" and not self._doubted:
            # A create was begun by somebody who did not live to tell: what was listed before may not show it.
            self._profiles.forget_listing()
            self._doubted = True
        action = action_of(staged)
        if action in {"archive", "unlink"}:
            return self._let_go(staged, archive=action == "archive" and self._archive)
        return self._profiles.bring_in_step(staged, self._links.of(staged), self._store_intent)

    def _let_go(self, staged: StagedRecord, *, archive: bool) -> Outcome | None:
        """Let a profile go; where Operoo lets us archive nobody, all else goes on: a leaver must not hold up the classes."""
        if len(self._not_let_go) >= _ODD_IN_A_ROW:
            return None
        try:
            return self._profiles.let_go(staged, archive=archive)
        except (OperooForbiddenError, SettingsError) as error:
            if isinstance(error, SettingsError) and error.code != CALL_UNKNOWN:
                raise
            self._not_let_go.append(error)
            return None

    def _store_intent(self, staged: StagedRecord) -> None:
        if staged.kind not in self._looked_at:
            known = list(islice(self._made_of(staged.kind).values(), _SOME))
            self._profiles.may_create(staged.kind, known)
            # The first of ours shows whether the listing shows what is ours, so that is looked at again.
            self._looked_at |= {staged.kind} if known else set()
        intent_at = datetime.now(UTC).isoformat(timespec="seconds")
        self._change(staged, lambda now: now.but(link="intent", intent_at=intent_at), Event(event="creating"))

    def _made_of(self, kind: Kind) -> dict[str, str]:
        """Return some whom we have made, or may have: by what Operoo calls them, nothing if that is not known.

        They are read once; whom this round makes is noted as it is stored.
        """
        if kind not in self._made:
            # Any part of the records will do, but not the same each time: one may hold just those that were removed by hand.
            parts = random.sample(PARTITIONS, len(PARTITIONS))
            found = (one for part in parts for one in self._records.bucket(kind, part) if one.link in _MADE)
            self._made[kind] = {one.id: _named(one) for one in islice(found, _SOME)}
        return self._made[kind]

    def _store(self, staged: StagedRecord, outcome: Outcome) -> None:
        relinked = outcome.operoo_id != staged.operoo_id or (staged.link == "linked") != (outcome.link == "linked")
        self._change(staged, outcome.of, outcome.event, relinked=relinked)
        self.done[outcome.event.event] += 1

    def _put_off(self, staged: StagedRecord) -> None:
        """Note that a record was refused for something that may be otherwise when all others are done."""
        self._change(staged, _begun_before(staged), Event(event="refused for now"))

    def _park(self, staged: StagedRecord, refusal: RejectedRecordError) -> None:
        action = "create" if isinstance(refusal, ProfileGoneError) else action_of(staged) or ""
        gone = isinstance(refusal, ProfileGoneError)
        # A profile that somebody removed in Operoo comes back only when a person says so.
        problem = Problem(code=refusal.code, reason=str(refusal), digest=staged.digest, action=action, until_asked=gone)

        def parked(now: StagedRecord) -> StagedRecord:
            after = _begun_before(staged)(now) if isinstance(refusal, RefusedCreateError) else now
            return after.but(problem=problem, **({"link": "none", "operoo_id": ""} if gone else {}))

        self._change(staged, parked, Event(event="parked", detail=problem.reason, counts="failed"), relinked=gone)
        self.done["parked"] += 1

    def _change(
        self, staged: StagedRecord, change: Callable[[StagedRecord], StagedRecord], event: Event, *, relinked: bool = False
    ) -> None:
        """Store what happened, on top of whatever was staged meanwhile: what was done in Operoo must not be lost."""
        now = self._latest if self._latest is not None else staged
        also = (self._marks.mark(staged.kind, staged.id),) if relinked else ()
        self._links.forget(staged)
        for _ in range(_TRIES):
            try:
                self._latest = self._records.save_one(Change(change(now), (event,), also))
            except ChangedMeanwhileError:
                now = self._records.get(staged.kind, staged.id) or now
            else:
                self._note_made(self._latest)
                return
        raise ChangedMeanwhileError(f"{staged.kind} {staged.id} kept changing while it was applied.")

    def _note_made(self, stored: StagedRecord) -> None:
        if stored.kind in self._made:
            self._made[stored.kind].pop(stored.id, None)
            self._made[stored.kind] |= {stored.id: _named(stored)} if stored.link in _MADE else {}

    def _wake_groups(self) -> list[str]:
        """Have the groups applied again that name somebody who was linked or unlinked.

        Raises:
            OutOfTimeError: Some marks are left because of the time, as after thousands were linked; the next round goes on.
        """
        marks = self._marks.all()
        if not marks:
            return []
        woken: list[str] = []
        for group in self._records.all("group"):
            # One that was refused may have been so because of somebody who is not there any more.
            waits = group.link == "linked" or (group.present and group.problem is not None)
            if waits and not marks.keys().isdisjoint(self._links.named_by(group)):
                woken.append(group.id)
                if _woken(group) != group:
                    self._begin()
                    self._latest = group
                    self._change(group, _woken, Event(event="members linked or unlinked"))
        for mark in marks.items():
            self._begin()
            self._marks.forget(dict([mark]))
        return woken

    def _begin(self) -> None:
        if self._begun and not self._has_time():
            raise OutOfTimeError
        self._begun = True


def _forbidden(kind: Kind) -> ListingForbiddenError:
    return ListingForbiddenError(
        f"Operoo refuses to list {RESOURCE_OF[kind]}, and lists others: our key may not see these. No {kind} is created until "
        "it may; everything else goes on.",
        remedy="Have a Super Administrator of the school's Operoo give the key that right. Until then these wait.",
        code="operoo-list-refused",
    )


def _named(staged: StagedRecord) -> str:
    """Return what Operoo calls a record; nothing while it is not known whether it was made."""
    return staged.operoo_id if staged.link == "linked" else ""


def _anew(staged: StagedRecord) -> StagedRecord:
    """Return a record as one of which it is not known what Operoo has."""
    return staged.but(links_changed=True, applied_fields="")


def _begun_before(staged: StagedRecord) -> Callable[[StagedRecord], StagedRecord]:
    """Return what takes back the intent of a create that was refused: there is no profile to wait for but an earlier one."""
    return lambda now: now.but(link=staged.link, intent_at=staged.intent_at)


def _woken(group: StagedRecord) -> StagedRecord:
    """Return a group as one whose people may be others in Operoo now, and tried again unless that waits for a person."""
    problem = group.problem if group.problem is not None and group.problem.until_asked else None
    return group.but(links_changed=True, problem=problem)
