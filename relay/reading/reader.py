"""One read of the school: which Synergetic it is, which period is current, and every row set as of one moment."""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyodbc

from relay.database.connection import Database, Session
from relay.database.diagnosis import explained
from relay.logs import LOGGER
from relay.reading.extract import Extractor, begun_again, encode, read_whole
from relay.reading.outbox import Outbox
from relay.reading.photos import PhotoResult, PhotoRow, PhotoRules, PhotoSender
from relay.reading.school import School
from relay.reading.scope import Scope
from relay.settings import Settings
from relay.state import SentPhoto, State
from shared.errors import ContractError, SettingsError
from shared.manifests import Period, RowSetEntry, RowSetName, SnapshotManifest
from shared.owners import choose_digits, owner_key
from shared.synergetic import ROW_SETS, row_sets_of

_LOG = logging.getLogger(LOGGER)
Put = Callable[[str, bytes, str], None]
_WRITTEN_OUT = re.compile("X'((?:[0-9A-F]{2})*)'")
PHOTOS: RowSetName = "photos"
OWNERS: tuple[RowSetName, ...] = ("students", "staff", "groups")


@dataclass(frozen=True)
class Plan:
    """What a run is to do.

    Attributes:
        last: The manifest that stands, none at the first run.
        number: The sequence number of what is sent.
        restate: What is sent whether or not it changed.
        photos: Whose photos are read and sent whether or not they changed.
        photos_since: But not those that were sent since then, by a run for the same that was cut short.
        dry_run: Whether nothing is sent.
        now: When the run began.
    """

    last: SnapshotManifest | None
    number: int
    restate: Scope
    photos: Scope
    photos_since: datetime
    dry_run: bool
    now: datetime


@dataclass(frozen=True)
class Reading:
    """What was read.

    Attributes:
        version: Synergetic's version, as the database says it.
        fingerprint: What stands for the part of its schema that was read.
        period: The current period.
        started_at: When the read began.
        ended_at: When the last row was read (photos' bytes come after).
        digits: How many digits a bucket's name has.
        entries: What the manifest says of each row set.
        photos: What became of the photos.
    """

    version: str
    fingerprint: str
    period: Period
    started_at: datetime
    ended_at: datetime
    digits: int
    entries: dict[RowSetName, RowSetEntry]
    photos: PhotoResult


class Reader:
    """Reads the school once per call.

    Args:
        settings: The configuration.
        database: Synergetic.
        state: What remembers the photos that were sent.
        clock: Tells the time.
    """

    def __init__(self, settings: Settings, database: Database, state: State, *, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._database = database
        self._state = state
        self._clock = clock

    def read(self, plan: Plan, outbox: Outbox, folder: Path, *, put_photo: Put | None) -> Reading:
        """Read everything; changed chunks go to the outbox, changed photos to `put_photo`.

        What two-way mode alone needs is left out if it is not as the contract has it: reading goes on.

        Raises:
            IntegrationError: Something could not be read whole, or a photo could not be put.
        """
        with self._database.session() as session:
            started_at = self._clock()
            # The relay stands in the school, so this machine's day is the school's.
            today = started_at.astimezone().date()
            contract = self._settings.synergetic.contract
            school = begun_again(session, lambda: School.found_in(session, contract, today=today))
            owners = {name: _owners(session, school, name) for name in OWNERS}
            digits = choose_digits(max(owners.values()), plan.last.digits if plan.last else None)
            memory_limit = self._settings.relay.spool_memory_bytes
            extractor = Extractor(outbox, folder, digits=digits, memory_limit=memory_limit)
            entries = {}
            for name in row_sets_of(self._settings.synergetic.mode):
                with _spared(name), explained(session, school.needed(name), doing=f"Reading {name}"):
                    if name == PHOTOS:
                        rows = read_whole(session, school.source(name), _photo_rows, discard=list.clear)
                    else:
                        entries[name] = extractor.read(session, school.source(name), counted=owners.get(name))
            ended_at = self._clock()
            # From here on each photo is a read of its own: a first run sends for long, and must not hold a transaction open.
            session.refresh()
            sender = self._sender(plan, lambda row: _photo_bytes(session, school, row), put_photo)
            entries[PHOTOS], photos = _state_photos(extractor, sender, rows)
        return Reading(
            version=str(school.version),
            fingerprint=school.fingerprint,
            period=school.period,
            started_at=started_at,
            ended_at=ended_at,
            digits=digits,
            entries=entries,
            photos=photos,
        )

    def _sender(self, plan: Plan, read: Callable[[PhotoRow], bytes | None], put: Put | None) -> PhotoSender:
        relay = self._settings.relay
        rules = PhotoRules(
            max_bytes=relay.max_photo_bytes,
            again_after=timedelta(days=relay.photos_again_after_days),
            again=lambda person: plan.photos.holds_owner(PHOTOS, owner_key(person)),
            again_since=plan.photos_since,
            now=plan.now,
        )
        return PhotoSender(self._state, rules, read=read, put=put, threads=self._settings.exchange.upload_threads)


@contextmanager
def _spared(name: RowSetName) -> Iterator[None]:
    """Let what one-way does without cost nothing else: it is told, and the cloud sees that it is not there."""
    try:
        yield
    except (ContractError, SettingsError) as error:
        if ROW_SETS[name].mode == "one-way":
            raise
        _LOG.warning("Not sent: %s", error, extra={"row_set": name, "code": error.code})


def _owners(session: Session, school: School, name: RowSetName) -> int:
    with explained(session, school.needed(name), doing=f"Counting {name}"):
        return begun_again(session, lambda: session.number(school.source(name).count, doing=f"Counting {name}"))


def _photo_rows(batches: Iterator[list[pyodbc.Row]]) -> list[PhotoRow]:
    return [_photo_row(*row) for rows in batches for row in rows]


def _photo_row(person: object, _year: object, modified: object, _type: object, size: object) -> PhotoRow:
    written = modified.isoformat() if isinstance(modified, datetime) else str(modified or "")
    return PhotoRow(int(owner_key(person)), written, int(str(size or 0)))


def _photo_bytes(session: Session, school: School, row: PhotoRow) -> bytes | None:
    rows = begun_again(session, lambda: session.rows(school.queries.photo(row.person), doing="Reading a photo"))
    session.refresh()
    return _as_bytes(rows[0][0]) if rows else None


def _as_bytes(content: object) -> bytes | None:
    # The SQLite driver writes out the bytes of columns whose declared type it takes for a text, `image` among them.
    if isinstance(content, str) and (written := _WRITTEN_OUT.fullmatch(content)):
        return bytes.fromhex(written[1])
    return bytes(content) if isinstance(content, (bytes, bytearray)) else None


def _state_photos(extractor: Extractor, sender: PhotoSender, rows: list[PhotoRow]) -> tuple[RowSetEntry, PhotoResult]:
    with closing(extractor.spool(PHOTOS)) as spool:

        def keep(row: PhotoRow, photo: SentPhoto) -> None:
            line = (row.person, photo.digest, photo.type, row.size, row.modified or None)
            spool.add((row.person,), encode((line,), row_set=PHOTOS))

        result = sender.send(rows, keep)
        return extractor.finish(spool, PHOTOS, counted=len(rows), left_out=result.left_out), result
