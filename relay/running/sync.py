"""One run of the relay: read what is, send what the cloud does not have, commit by the manifest, leave a sign of life.

Nothing before the manifest counts, so a run that ends anywhere leaves the cloud as it was, and the next one does the rest.
"""

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from relay.cloud.exchange import Exchange, Request, Stored
from relay.cloud.sending import send_parcels
from relay.logs import LOGGER
from relay.reading.outbox import Outbox
from relay.reading.reader import Plan, Reader, Reading
from relay.reading.spool import DiskBudget, disk_errors
from relay.running.lock import only_run
from relay.running.state import State
from relay.settings import Settings
from relay.version import relay_version
from shared.errors import IntegrationError
from shared.heartbeats import Heartbeat
from shared.manifests import ROW_SETS, RowSetName, SnapshotManifest

_LOG = logging.getLogger(LOGGER)
_SPOOL = "spool"
# What may differ between two manifests that state the same.
_NOT_STATED = {"sequence", "relay_version", "read_started_at", "read_ended_at"}


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class RowSetSummary:
    """One row set in the account of a run.

    Attributes:
        buckets: How many buckets it has.
        changed: How many of them are sent.
        size: Their compressed size together.
        left_out: How many rows were left out for which reason.
    """

    name: RowSetName
    rows: int
    buckets: int
    changed: int
    size: int
    left_out: dict[str, int]


@dataclass(frozen=True)
class Outcome:
    """The account of a run.

    Attributes:
        manifest: What is stated now; after a dry run, what would be.
        sent: Whether the manifest was sent, or would be.
        dry_run: Whether this was only a look.
        row_sets: An account per row set.
        photos: How many photos were sent, or would be.
        photo_bytes: Their size together.
    """

    manifest: SnapshotManifest
    sent: bool
    dry_run: bool
    row_sets: tuple[RowSetSummary, ...]
    photos: int
    photo_bytes: int


class Sync:
    """The use case.

    Args:
        settings: The configuration.
        reader: Reads the school.
        exchange: The way to the cloud.
        state: What is remembered between runs.
        clock: Tells the time.
    """

    def __init__(
        self,
        settings: Settings,
        reader: Reader,
        *,
        exchange: Exchange,
        state: State,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._settings = settings
        self._reader = reader
        self._exchange = exchange
        self._state = state
        self._clock = clock

    def run(self, *, full: bool = False, next_run_in: timedelta | None = None) -> Outcome:
        """Do one run.

        Args:
            full: Send everything again, photos too.
            next_run_in: When the next run is due, for the sign of life.

        Raises:
            IntegrationError: The run failed; the cloud is as it was, and knows of the failure if it can be reached.
        """
        with only_run(self._settings.relay.state_dir):
            started_at = self._clock()
            try:
                outcome = self._run(full=full)
            except IntegrationError as error:
                self._report_failure(error, started_at, next_run_in)
                raise
            self._put_heartbeat(self._success(outcome, started_at, next_run_in))
        return outcome

    def look(self, *, full: bool = False) -> Outcome:
        """Do everything but sending, and return what would be sent.

        Raises:
            IntegrationError: It could not be found out.
        """
        with only_run(self._settings.relay.state_dir), self._folder() as folder:
            plan = self._plan(self._last(), [], full=full, dry_run=True)
            outbox = self._outbox(plan, None)
            reading = self._reader.read(plan, outbox, folder, put_photo=None)
            return self._outcome(plan, outbox, reading)

    def _run(self, *, full: bool) -> Outcome:
        requests = self._open_requests()
        plan = self._plan(self._last(), requests, full=full, dry_run=False)
        with self._folder() as folder:
            outbox = self._outbox(plan, folder)
            with closing(outbox):
                reading = self._reader.read(plan, outbox, folder, put_photo=self._exchange.put_photo)
            outcome = self._outcome(plan, outbox, reading)
            if outcome.sent:
                send_parcels(self._exchange, outbox, threads=self._settings.exchange.upload_threads)
                self._state.remember_manifest(self._exchange.commit(outcome.manifest))
        if plan.restate == frozenset(ROW_SETS):
            self._state.remember_full(plan.now)
        for request in requests:
            self._state.remember_done(request.message.request, plan.now)
            self._exchange.done(request)
        return outcome

    def _open_requests(self) -> list[Request]:
        requests = self._exchange.requests()
        # One that was carried out but could not be taken off the queue must not be carried out for ever.
        for request in [one for one in requests if self._state.is_done(one.message.request)]:
            requests.remove(request)
            self._exchange.done(request)
        return requests

    def _last(self) -> Stored | None:
        remembered = self._state.last_manifest()
        last = self._exchange.last_manifest(remembered)
        if last is not None and last is not remembered:
            self._state.remember_manifest(last)
        return last

    def _plan(self, last: Stored | None, requests: list[Request], *, full: bool, dry_run: bool) -> Plan:
        moment, full_at = self._clock(), self._state.full_at()
        due = full_at is None or moment - full_at >= timedelta(days=self._settings.relay.restate_after_days)
        asked = [request.message.row_sets for request in requests]
        everything = full or any(not names for names in asked)
        named = frozenset(name for name in ROW_SETS if any(name in names for names in asked))
        return Plan(
            last=last.manifest if last else None,
            restate=frozenset(ROW_SETS) if everything or due else named,
            all_photos=everything or "photos" in named,
            dry_run=dry_run,
            now=moment,
        )

    def _outbox(self, plan: Plan, folder: Path | None) -> Outbox:
        budget = DiskBudget(self._settings.relay.spool_disk_bytes)
        return Outbox(folder, budget=budget, last=plan.last, restate=plan.restate)

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        spool = self._settings.relay.state_dir / _SPOOL
        # What a killed run left behind is of no use, and holds personal data.
        shutil.rmtree(spool, ignore_errors=True)
        with disk_errors(spool):
            spool.mkdir(parents=True, mode=0o700)
            folder = Path(tempfile.mkdtemp(dir=spool))
        try:
            yield folder
        finally:
            shutil.rmtree(spool, ignore_errors=True)

    def _outcome(self, plan: Plan, outbox: Outbox, reading: Reading) -> Outcome:
        manifest = self._manifest(plan, reading)
        sent = bool(plan.restate) or plan.last is None or _stated(manifest) != _stated(plan.last)
        return Outcome(
            manifest=manifest if sent or plan.last is None else plan.last,
            sent=sent,
            dry_run=plan.dry_run,
            row_sets=tuple(_summary(name, reading, outbox) for name in ROW_SETS),
            photos=reading.photos.sent,
            photo_bytes=reading.photos.sent_bytes,
        )

    def _manifest(self, plan: Plan, reading: Reading) -> SnapshotManifest:
        # The remembered number counts too: manifests expire, but their numbers must never come again.
        remembered = self._state.last_manifest()
        highest = max(plan.last.sequence if plan.last else 0, remembered.manifest.sequence if remembered else 0)
        return SnapshotManifest(
            sequence=highest + 1,
            relay_version=relay_version(),
            synergetic_version=reading.version,
            schema_fingerprint=reading.fingerprint,
            period=reading.period,
            read_started_at=reading.started_at,
            read_ended_at=reading.ended_at,
            digits=reading.digits,
            row_sets=reading.entries,
        )

    def _success(self, outcome: Outcome, started_at: datetime, next_run_in: timedelta | None) -> Heartbeat:
        at = self._clock()
        return Heartbeat(
            relay=self._settings.relay.name,
            relay_version=relay_version(),
            synergetic_version=outcome.manifest.synergetic_version,
            schema_fingerprint=outcome.manifest.schema_fingerprint,
            started_at=started_at,
            at=at,
            ok=True,
            last_success_at=at,
            next_run_at=at + next_run_in if next_run_in else None,
            sequence=outcome.manifest.sequence,
            sent=outcome.sent,
            rows={one.name: one.rows for one in outcome.row_sets},
            left_out={one.name: one.left_out for one in outcome.row_sets if one.left_out},
        )

    def _report_failure(self, error: IntegrationError, started_at: datetime, next_run_in: timedelta | None) -> None:
        at = self._clock()
        try:
            before = self._state.heartbeat()
            self._put_heartbeat(
                Heartbeat(
                    relay=self._settings.relay.name,
                    relay_version=relay_version(),
                    started_at=started_at,
                    at=at,
                    ok=False,
                    error=error.code,
                    last_success_at=before.last_success_at if before else None,
                    next_run_at=at + next_run_in if next_run_in else None,
                    sequence=before.sequence if before else 0,
                ),
            )
        except IntegrationError as second:
            # The first error is the one to tell; often this is the same one again.
            _LOG.warning("The sign of life could not be given", extra={"code": second.code})

    def _put_heartbeat(self, heartbeat: Heartbeat) -> None:
        self._state.remember_heartbeat(heartbeat)
        self._exchange.put_heartbeat(heartbeat)


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
