"""Reads medical profiles from Operoo, or from a file of its, and sends on what has changed: each student's as a whole.

Level-triggered: what was sent is told from what is stated by a digest, so a pull that was cut off is finished by the next one.
"""

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from functions.operoo.errors import PARTLY, partly
from functions.operoo.medical_reading import MedicalReading, PlanLink, read_medical
from functions.operoo.medical_settings import MedicalSettings
from functions.operoo.protocol import MedicalAnswer, OperooMedical
from functions.pull_medical.emptied import emptied, noting, said, too_many
from functions.pull_medical.files import ASKED_FOR_AGAIN, PlanFiles, StudentFiles
from functions.pull_medical.givers import with_givers
from functions.pull_medical.sending import Sender, WriteBackRequest, counts_of
from functions.pull_medical.vanished import FieldCount, vanished_error
from functions.pull_medical.withholding import Ask, lately, waiting, withholding
from functions.records.case import MedicalCase
from functions.records.ledger import Entry, Purpose, State, overtaken
from functions.records.staged import StagedRecord
from functions.runtime.observability import logger
from functions.runtime.time_left import OutOfTimeError
from functions.store.conflicts import ChangedMeanwhileError, retry_on_conflict
from functions.store.exchange import Exchange
from functions.store.records import RecordsTable
from shared.digests import digest
from shared.errors import IntegrationError
from shared.medical.codes import CodeBook
from shared.medical.profile import MedicalProfile
from shared.messages import PullMedical
from shared.receipts import WriteReceipt
from shared.records import Contact, Student
from shared.synergetic.medical_rows import Mapped, desired_rows
from shared.synergetic.writing import contract_tables
from shared.writeback.declined import still_wished
from shared.writeback.plan import Policies

# Enough to tell whether many say the same, and few enough to be sent when the time is nearly up.
_MANY = 500
_LATELY = timedelta(days=1)
_UNANSWERED: Collection[State] = ("asked", "failed")
Updates = Literal["automatic", "review"]


@dataclass(frozen=True)
class PullSettings:
    """How this school wants it.

    Attributes:
        updates: Written as families state it, or shown to a person before.
        policies: What is done where there is a choice.
        medical: How Operoo states medical profiles.
        again_before: Who was answered last before this is sent again, changed or not.
    """

    updates: Updates
    policies: Policies
    medical: MedicalSettings
    again_before: datetime


class Puller:
    """Pulls.

    Args:
        records: The staging area: only who is selected and linked is asked about.
        exchange: Where files of families are stored.
        sender: Asks the relay.
        book: The school's codes.
        rules: How this school wants it.
        has_time: Says whether one more student may be begun.
    """

    def __init__(  # noqa: PLR0913 - the parts of one use case, put together in one place
        self,
        records: RecordsTable,
        exchange: Exchange,
        sender: Sender,
        book: CodeBook,
        *,
        settings: PullSettings,
        has_time: Callable[[], bool],
    ) -> None:
        self._records = records
        self._sender = sender
        self._book = book
        self._settings = settings
        self._has_time = has_time
        self.done: Counter[str] = Counter()
        self._files = PlanFiles(exchange, self.done)
        self.left: set[str] = set()
        self._sent: Mapping[str, str] = {}
        self._fileless: Mapping[str, Mapping[str, int]] = {}
        self._anew = False
        self._by = ""
        self._linking: list[_Linking] = []
        self._some: Counter[str] = Counter()
        self._emptied: dict[str, _Emptied] = {}
        self._doubted: frozenset[str] = frozenset()
        self._students: Mapping[str, StagedRecord] = {}
        self._fields = FieldCount()

    def pull(self, operoo: OperooMedical, wish: PullMedical) -> None:
        """Pull from Operoo all who are linked, or only some.

        Raises:
            OutOfTimeError: Some are left.
            OperooUnavailableError: Operoo does not answer, or not for some; who was before, or all others, are sent.
            FatalError: Operoo's answer cannot be understood, or that for some; all others are sent.
        """
        students = self._linked(wish.students)
        self._students = {one.id: one for one in students.values()}
        self._anew, self._by = wish.anew, wish.by
        self._remember(students if wish.changed or not wish.students else {})
        self.left.update(one.id for one in students.values())
        try:
            self._listen(operoo, students)
            if not wish.students:
                self._look_for_fields()
        except (OutOfTimeError, IntegrationError) as error:
            # Who was heard before is sent, also who was kept back until all others were heard.
            self._send_emptied(in_time=False)
            if self.left or not isinstance(error, OutOfTimeError):
                raise

    def _listen(self, operoo: OperooMedical, students: Mapping[str, StagedRecord]) -> None:
        missing = set(students)
        failure: IntegrationError | None = None
        try:
            for answer in operoo.medical_profiles(students.keys()):
                missing.discard(answer.id)
                self._hear(answer, students[answer.id].id, operoo)
        except IntegrationError as error:
            if error.code != PARTLY:
                raise
            failure, missing = error, set()
        for operoo_id in missing:
            self._skip("not in Operoo", students[operoo_id].id)
        self._take_with_files()
        self._send_emptied()
        if failure is None and self._files.failure is not None:
            failure = partly(self._files.failure, "Not every file could be fetched; all others were.")
        if failure is not None:
            raise failure

    def _look_for_fields(self) -> None:
        """Look whether all fields that Operoo had are still there, where everybody was heard.

        Raises:
            FieldsVanishedError: Some are not.
        """
        names, ledger = self._settings.medical.fields, self._sender.ledger
        known = ledger.fields()
        gone = self._fields.vanished(names, known)
        if (now := self._fields.seen(names) | gone) != known:
            ledger.note_fields(now)
        if gone:
            raise vanished_error(gone)

    def _hear(self, answer: MedicalAnswer, student: str, operoo: OperooMedical) -> None:
        """Take what Operoo states of a student."""
        if not _is_of(answer, student):
            # Whoever's profile this is: another child's allergies must never reach this one.
            self._skip("not theirs", student)
        elif answer.fields is None:
            self._skip("nothing shared", student)
        else:
            reading = read_medical(student, answer.fields, self._settings.medical)
            self._fields.add(reading.found)
            self._take(reading, StudentFiles(operoo, answer.id))

    def take_file(self, readings: Mapping[str, MedicalReading]) -> None:
        """Take what a file states, of students who are linked.

        Raises:
            OutOfTimeError: Some are left.
        """
        linked = self._linked(())
        self._remember(linked)
        self._students = {one.id: one for one in linked.values()}
        for student, reading in readings.items():
            if student in self._students:
                self._take(reading, None)
            else:
                self._skip("not linked", student)
        self._send_emptied()

    def _linked(self, only: Collection[str]) -> dict[str, StagedRecord]:
        """Return who is in Operoo by us, by Operoo's identifier."""
        found: Iterable[StagedRecord] = (
            self._records.get_many("student", only).values() if only else self._records.all("student")
        )
        return {one.operoo_id: one for one in found if one.two_way}

    def _remember(self, students: Mapping[str, StagedRecord]) -> None:
        """Learn what was sent last of whom; of nobody, if all is to be sent again.

        What was answered long ago counts as not sent: before its receipt expires the relay looks again and tells what is there,
        and before the case does that a person has not decided, they have another one.
        """
        entries = list(self._sender.ledger.entries(record.id for record in students.values()).values())
        before = self._settings.again_before.isoformat()
        self._sent = {one.student: one.source for one in entries if one.state in _UNANSWERED or one.answered_at >= before}
        self._fileless = {one.student: one.parked for one in entries if not ASKED_FOR_AGAIN.isdisjoint(one.parked)}

    def _skip(self, why: str, student: str) -> None:
        self.done[why] += 1
        self.left.discard(student)
        if why in {"not theirs", "not in Operoo"}:
            logger().warning("medical profile left out", student=student, why=why)

    def _take(self, reading: MedicalReading, files: StudentFiles | None) -> None:
        if not self._has_time():
            raise OutOfTimeError
        profile = with_givers(reading.profile, lambda: self._contacts(reading.profile.student))
        if profile.none:
            self.done["says none"] += sum(map(len, profile.none.values()))
        reading = replace(reading, profile=profile)
        mapped = desired_rows(profile, self._book)
        source = _source(profile, mapped, reading.links)
        self._some.update(kind for kind, some in said(mapped.desired).items() if some)
        lacks_file = files is not None and profile.student in self._fileless
        if self._sent.get(profile.student) == source and not lacks_file:
            self._leave(profile.student)
        elif files is not None and reading.links:
            self._linking.append(_Linking(reading, files, mapped, source))
        else:
            self._send(profile, mapped, source)
            if len(self._emptied) >= _MANY:
                self._send_emptied()

    def _contacts(self, student: str) -> Sequence[Contact]:
        record = self._students[student].record()
        return record.contacts if isinstance(record, Student) else ()

    def _leave(self, student: str) -> None:
        self.done["unchanged"] += 1
        self.left.discard(student)

    def _take_with_files(self) -> None:
        """Take those whose files are to be fetched, after all others, and in another order each time.

        A file that does not come keeps nobody waiting: what the family says is sent without it, and the next pull asks again.
        """
        for one in random.sample(self._linking, len(self._linking)):
            if not self._has_time():
                if self._files.failure:
                    break  # at once it would be no better
                raise OutOfTimeError
            profile, refused = self._files.fetch(one.reading, one.files)
            parked = (*one.mapped.parked, *refused)
            if self._sent.get(profile.student) == one.source and counts_of(parked) == self._fileless.get(profile.student):
                self._leave(profile.student)
            else:
                self._send(profile, Mapped(one.mapped.desired, parked), one.source)

    def _send(self, profile: MedicalProfile, mapped: Mapped, source: str, *, doubted: Collection[str] | None = None) -> None:
        """Send what a family states.

        Args:
            profile: What it states.
            mapped: The same in the school's words.
            source: What stands for it.
            doubted: The kinds that too many would have none of any more; None if that is not known yet.
        """
        try:
            retry_on_conflict(lambda: self._send_as_it_is_now(profile, mapped, source, doubted))
        except ChangedMeanwhileError:
            # Receipts kept coming in. The next pull finds that this was not sent.
            self.done["changed meanwhile"] += 1
        if profile.student not in self._emptied:
            self.left.discard(profile.student)

    def _send_as_it_is_now(self, profile: MedicalProfile, mapped: Mapped, source: str, doubted: Collection[str] | None) -> None:
        entry = self._sender.ledger.entry(profile.student)
        seen, policies = self._sender.receipt(entry.seen), self._settings.policies
        if seen is None:
            entry = entry.but(seen="")  # it has expired: what a look shows counts again
        entry = entry.but(declined=(), declining=()) if self._anew else _heard(overtaken(entry), mapped, seen)
        ask = Ask(self._purpose(entry, seen), mapped.desired)
        if ask.purpose != "review":
            kinds = emptied(mapped.desired, seen, entry, merges=policies.ownership == "merge")
            if ask.purpose == "write":
                if doubted is None and kinds - waiting(entry):
                    self._emptied[profile.student] = _Emptied(profile, mapped, source, kinds)
                    return
                ask = withholding(ask, kinds & waiting(entry).union(doubted or ()), entry, is_first=seen is None)
            entry = noting(entry, mapped.desired, kinds, at=self._sender.clock())
        purpose = ask.purpose
        if purpose == "review":
            policies = policies.model_copy(update={"conflict": "overwrite"})
        case = MedicalCase(student=profile.student, profile=profile, parked=mapped.parked)
        wish = WriteBackRequest(purpose, policies, desired=ask.desired, seen=seen, withheld=ask.withheld, by=self._by)
        self._sender.send(entry, wish, case, source=source)
        self.done["sent"] += 1
        self.done["parked"] += len(mapped.parked)

    def _purpose(self, entry: Entry, seen: WriteReceipt | None) -> Purpose:
        if self._settings.updates == "review" or entry.ask_next:
            return "review"
        return "look" if self._settings.policies.conflict != "overwrite" and seen is None else "write"

    def _send_emptied(self, *, in_time: bool = True) -> None:
        """Send on of whom something is not said any more: where they are many, that waits.

        Args:
            in_time: As far as there is time. After that there is still time for some.

        Raises:
            OutOfTimeError: Some are left.
        """
        if not self._emptied:
            return
        found = dict(self._emptied)
        self._doubted |= too_many((one.kinds for one in found.values()), self._emptied_lately(found), self._some)
        if self._doubted:
            logger().warning("of many at once there is said to be none of something: it waits", students=len(found))
        for student, one in found.items():
            if in_time and not self._has_time():
                raise OutOfTimeError
            del self._emptied[student]
            self._send(one.profile, one.mapped, one.source, doubted=self._doubted)

    def _emptied_lately(self, found: Collection[str]) -> Iterable[Collection[str]]:
        """Return what was emptied of others within a day, or waits to be: many are many also if they come one by one."""
        since = self._sender.clock() - _LATELY
        others = {one.id for one in self._linked(()).values()}.difference(found)
        return (lately(entry, since=since) for entry in self._sender.ledger.entries(others).values())


@dataclass(frozen=True)
class _Linking:
    """A student whose files are to be fetched."""

    reading: MedicalReading
    files: StudentFiles
    mapped: Mapped
    source: str


@dataclass(frozen=True)
class _Emptied:
    """A student of whom something is not said any more; the kinds of it."""

    profile: MedicalProfile
    mapped: Mapped
    source: str
    kinds: frozenset[str]


def _is_of(answer: MedicalAnswer, student: str) -> bool:
    """Say whether a profile bears the student's number: the mark, or the school's number where there is no mark."""
    return student in {answer.integration_id, answer.request_id} and answer.integration_id in {"", student}


def _heard(entry: Entry, mapped: Mapped, seen: WriteReceipt | None) -> Entry:
    """Return an entry without what a person declined and the family does not say any more."""
    rows = seen.shown if seen else None
    return entry.but(declined=still_wished(entry.declined, mapped.desired, rows, contract_tables()))


def _source(profile: MedicalProfile, mapped: Mapped, links: Iterable[PlanLink]) -> str:
    """Return what stands for all that a message is made from."""
    # A link's address may be another each time; when its file was changed, and what it is called, stays the same.
    files = sorted([link.condition, link.changed, link.name] for link in links)
    # Why something is parked may change although nothing that is written does.
    parked = sorted([one.field, one.ref, one.code] for one in mapped.parked)
    return digest([profile.digest, mapped.desired.model_dump(mode="json"), files, parked])
