"""Reads what is, sends what the cloud does not have, and commits by the manifest.

Nothing before the manifest counts, so a transfer that ends anywhere leaves the cloud as it was, and the next one does the rest.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from relay.cloud.exchange import Exchange, Stored
from relay.disk import disk_errors
from relay.reading.outbox import Outbox
from relay.reading.reader import Plan, Reader, Reading
from relay.reading.scope import EVERYTHING, Scope
from relay.reading.spool import SPOOL, DiskBudget
from relay.running.outcome import Outcome, RowSetSummary
from relay.running.sending import send_parcels
from relay.settings import Settings
from relay.state import State
from relay.version import relay_version
from shared.errors import ContractError
from shared.manifests import ROW_SETS, RowSetName, SnapshotManifest

_RUN = "operoo-relay-"
# What may differ between two manifests that state the same.
_NOT_STATED = {"sequence", "relay_version", "read_started_at", "read_ended_at"}


class Transfer:
    """The use case.

    Args:
        settings: The configuration.
        reader: Reads the school.
        exchange: The way to the cloud.
        state: What is remembered between runs.
        clock: Tells the time.
    """

    def __init__(
        self, settings: Settings, reader: Reader, *, exchange: Exchange, state: State, clock: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._reader = reader
        self._exchange = exchange
        self._state = state
        self._clock = clock

    def send(self, again: Scope, *, after: int = 0) -> Outcome:
        """Send what changed, and what is to be sent again whether or not it did.

        Args:
            again: What is sent again.
            after: The cloud has accepted this number: what is sent gets a higher one.

        Raises:
            IntegrationError: It failed; what stands in the cloud is what stood there before.
        """
        plan = self._plan(again, dry_run=False, after=after)
        if plan.photos == EVERYTHING and plan.photos_since == plan.now:
            self._state.forget_photos()
        self._state.remember_photos_begun(plan.photos.asked, plan.photos_since)
        with self._folder() as folder:
            outbox = self._outbox(plan, folder)
            with closing(outbox):
                reading = self._reader.read(plan, outbox, folder, put_photo=self._exchange.put_photo)
            outcome = self._outcome(plan, outbox, reading)
            if outcome.sent:
                send_parcels(self._exchange, outbox, threads=self._settings.exchange.upload_threads)
                self._state.remember_manifest(self._exchange.commit(outcome.manifest))
        self._state.remember_photos_begun("", plan.now)
        if plan.restate == EVERYTHING:
            self._state.remember_full(plan.now)
        return outcome

    def look(self, again: Scope) -> Outcome:
        """Do everything but sending, and return what would be sent.

        Raises:
            IntegrationError: It could not be found out.
        """
        plan = self._plan(again, dry_run=True)
        with self._folder() as folder:
            outbox = self._outbox(plan, None)
            return self._outcome(plan, outbox, self._reader.read(plan, outbox, folder, put_photo=None))

    def _last(self, remembered: Stored | None) -> Stored | None:
        last = self._exchange.last_manifest(remembered)
        if last is not None and last is not remembered:
            self._state.remember_manifest(last)
        return last

    def _plan(self, again: Scope, *, dry_run: bool, after: int = 0) -> Plan:
        remembered = self._state.last_manifest()
        last, moment, full_at = self._last(remembered), self._clock(), self._state.full_at()
        # One that lies far ahead was said by a wrong clock.
        due = full_at is None or abs(moment - full_at) >= timedelta(days=self._settings.relay.restate_after_days)
        # A bucket that has lost its manifests has lost the photos, too.
        lost = remembered is not None and last is None
        photos = replace(EVERYTHING, asked=f"after {remembered.key}") if remembered and lost else again
        return Plan(
            last=last.manifest if last else None,
            # The remembered number counts too: manifests expire, but their numbers must never come again.
            number=1 + max(after, *(one.manifest.sequence for one in (last, remembered) if one), 0),
            restate=EVERYTHING if due else again,
            photos=photos,
            photos_since=self._state.photos_begun(photos.asked) or moment,
            dry_run=dry_run,
            now=moment,
        )

    def _outbox(self, plan: Plan, folder: Path | None) -> Outbox:
        budget = DiskBudget(self._settings.relay.spool_disk_bytes)
        return Outbox(folder, budget=budget, last=plan.last, restate=plan.restate)

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        spool = self._settings.relay.state_dir / SPOOL
        # What a killed run left behind is of no use, and holds personal data. A folder of this name may be somebody else's.
        for left in spool.glob(f"{_RUN}*"):
            shutil.rmtree(left, ignore_errors=True)
        with disk_errors(spool):
            spool.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder = Path(tempfile.mkdtemp(prefix=_RUN, dir=spool))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            with suppress(OSError):  # there is more in it
                spool.rmdir()

    def _outcome(self, plan: Plan, outbox: Outbox, reading: Reading) -> Outcome:
        _refuse_an_empty_school(reading)
        manifest = self._manifest(plan, reading)
        sent = bool(plan.restate) or plan.last is None or _stated(manifest) != _stated(plan.last)
        return Outcome(
            manifest=manifest if sent or plan.last is None else plan.last,
            sent=sent,
            dry_run=plan.dry_run,
            row_sets=tuple(_summary(name, reading, outbox) for name in ROW_SETS if name in reading.entries),
            photos=reading.photos.sent,
            photo_bytes=reading.photos.sent_bytes,
        )

    def _manifest(self, plan: Plan, reading: Reading) -> SnapshotManifest:
        return SnapshotManifest(
            kind="snapshot",
            sequence=plan.number,
            relay_version=relay_version(),
            synergetic_version=reading.version,
            schema_fingerprint=reading.fingerprint,
            period=reading.period,
            read_started_at=reading.started_at,
            read_ended_at=reading.ended_at,
            digits=reading.digits,
            row_sets=reading.entries,
        )


def _refuse_an_empty_school(reading: Reading) -> None:
    """Let no snapshot be stated that says that everybody has left; the cloud takes none like it, from a new school either.

    Raises:
        ContractError: There is no current student.
    """
    if not reading.entries["students"].rows:
        period = f"{reading.period.year}/{reading.period.semester}"
        raise ContractError(
            f"Synergetic has no current student in the current period ({period}), so nothing is stated.",
            remedy="Look whether the right period is current, whether the login still sees all rows, and whether the students' "
            "status codes have a meaning. Where meanings are blank, name the codes as present_codes in [synergetic.contract].",
            code="no-students",
        )


def _stated(manifest: SnapshotManifest) -> dict[str, object]:
    return manifest.model_dump(exclude=_NOT_STATED)


def _summary(name: RowSetName, reading: Reading, outbox: Outbox) -> RowSetSummary:
    entry, parcels = reading.entries[name], outbox.of(name)
    return RowSetSummary(
        name=name,
        rows=entry.rows,
        buckets=len(entry.chunks),
        changed=len(parcels),
        size=sum(parcel.size for parcel in parcels),
        left_out=entry.left_out,
    )
