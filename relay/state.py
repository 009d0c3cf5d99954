"""What the relay remembers between runs. All of it may be lost at any time: then it reads and sends again.

A small SQLite file, so that every photo that went out is remembered at once, whatever happens to the run afterwards.
"""

import json
import sqlite3
import weakref
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from relay.cloud.exchange import Stored
from relay.disk import disk_errors
from shared.errors import TransientError
from shared.heartbeats import Heartbeat, WriteBackStatus
from shared.manifests import SnapshotManifest
from shared.receipts import ReadReceipt

_FILE = "state.db"
_FORMAT = 1
_TABLES = """
create table if not exists facts (name text primary key, value text not null) without rowid;
create table if not exists photos (
    person integer primary key, modified text not null, size integer not null,
    digest text not null, type text not null, put_at text not null
) without rowid;
create table if not exists receipts (request text primary key, receipt text not null) without rowid;
"""


@dataclass(frozen=True, slots=True)
class SentPhoto:
    """A photo as it was read and put: `digest` and `type` are empty where its bytes were no photo we know."""

    person: int
    modified: str
    size: int
    digest: str
    type: str
    put_at: datetime


class State:
    """The relay's memory, in `folder`. Opening has no side effect until something is asked or told.

    Args:
        folder: The state folder of the configuration.
        about: Stands for what is remembered; the memory of something else is forgotten.
    """

    def __init__(self, folder: Path, *, about: str = "") -> None:
        self.path = folder / _FILE
        self._about = about
        self._connection: sqlite3.Connection | None = None

    def last_manifest(self) -> Stored | None:
        """Return the last manifest that was put or seen, with the key and version of its object."""
        key, etag, content = (self._fact(name) for name in ("manifest_key", "manifest_etag", "manifest"))
        if not (key and etag and content):
            return None
        try:
            return Stored(key=key, etag=etag, manifest=SnapshotManifest.model_validate_json(content))
        except ValidationError:
            return None  # written by another release

    def remember_manifest(self, stored: Stored) -> None:
        """Remember the manifest that stands in the bucket now."""
        content = stored.manifest.model_dump_json()
        self._set_facts(manifest_key=stored.key, manifest_etag=stored.etag, manifest=content)

    def full_at(self) -> datetime | None:
        """Return when everything was last sent, if known."""
        return _moment(self._fact("full_at"))

    def remember_full(self, at: datetime) -> None:
        """Remember that everything was sent."""
        self._set_facts(full_at=at.isoformat())

    def heartbeat(self) -> Heartbeat | None:
        """Return the last heartbeat, whether or not it reached the cloud."""
        try:
            return Heartbeat.model_validate_json(self._fact("heartbeat") or "")
        except ValidationError:
            return None

    def remember_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Remember the last heartbeat."""
        self._set_facts(heartbeat=heartbeat.model_dump_json())

    def writing(self) -> WriteBackStatus | None:
        """Return how writing back stood when it was last found out."""
        try:
            return WriteBackStatus.model_validate_json(self._fact("writing") or "")
        except ValidationError:
            return None

    def remember_writing(self, writing: WriteBackStatus) -> None:
        """Remember how writing back stands."""
        self._set_facts(writing=writing.model_dump_json())

    def photo(self, person: int) -> SentPhoto | None:
        """Return what is known of a person's photo."""
        row = self._run("select modified, size, digest, type, put_at from photos where person = ?", person).fetchone()
        if row is None:
            return None
        modified, size, digest, kind, put_at = row
        moment = _moment(put_at)
        return SentPhoto(person, modified, size, digest, kind, moment) if moment else None

    def remember_photo(self, photo: SentPhoto) -> None:
        """Remember a photo that was put."""
        self._run(
            "insert or replace into photos values (?, ?, ?, ?, ?, ?)",
            photo.person,
            photo.modified,
            photo.size,
            photo.digest,
            photo.type,
            photo.put_at.isoformat(),
        )

    def forget_photos(self) -> None:
        """Forget every photo, also of people who are not at the school now: if they come back, theirs is put again."""
        self._run("delete from photos")

    def photos_begun(self, asked: str) -> datetime | None:
        """Return when photos were begun to be sent again for what `asked` names, if that did not come to its end."""
        return _moment(self._fact("photos_begun")) if asked and asked == self._fact("photos_asked") else None

    def remember_photos_begun(self, asked: str, at: datetime) -> None:
        """Remember what photos are being sent again for, and since when; nothing once that is done."""
        self._set_facts(photos_asked=asked, photos_begun=at.isoformat())

    def receipt(self, request: str) -> ReadReceipt | None:
        """Return the receipt of a request of the cloud, if it was carried out before."""
        row = self._run("select receipt from receipts where request = ?", request).fetchone()
        try:
            return None if row is None else ReadReceipt.model_validate_json(row[0])
        except ValidationError:
            return None  # written by another release

    def remember_receipt(self, receipt: ReadReceipt) -> None:
        """Remember that a request of the cloud was carried out, and what is to be answered."""
        self._run("insert or replace into receipts values (?, ?)", receipt.request, receipt.model_dump_json())

    def minimum_version(self) -> str:
        """Return what the stack asked every relay to be at least; empty if it did not, or any will do."""
        return self._fact("minimum_version") or ""

    def remember_minimum_version(self, version: str) -> None:
        """Remember what the stack asks every relay to be at least."""
        self._set_facts(minimum_version=version)

    def schedule(self) -> str:
        """Return when the console wants the relay to run, as it told it; empty if it does not say."""
        return self._fact("schedule") or ""

    def remember_schedule(self, text: str) -> None:
        """Remember when the console wants the relay to run."""
        self._set_facts(schedule=text, schedule_refused="")

    def refused_schedule(self) -> str:
        """Return what stands for a schedule that was told last and cannot be followed; empty if the last one can."""
        return self._fact("schedule_refused") or ""

    def remember_refused_schedule(self, mark: str) -> None:
        """Remember that a schedule was told that cannot be followed; what held before holds."""
        self._set_facts(schedule_refused=mark)

    def counts(self) -> dict[str, int]:
        """Return how much is remembered."""
        return {"photos": int(self._run("select count(*) from photos").fetchone()[0])}

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _fact(self, name: str) -> str | None:
        row = self._run("select value from facts where name = ?", name).fetchone()
        return None if row is None else str(row[0])

    def _set_facts(self, **facts: str) -> None:
        # In one statement, so that it is all of them or none.
        self._run("insert or replace into facts select key, value from json_each(?)", json.dumps(facts))

    def _run(self, sql: str, *values: object) -> sqlite3.Cursor:
        try:
            return self._run_or_start_afresh(sql, values)
        except sqlite3.OperationalError as error:
            raise TransientError(
                f"The state file {self.path} cannot be used ({error.sqlite_errorname}).",
                remedy="Check that the disk has room, that the relay's account may write there, and that no other program "
                "holds the file.",
                code="state-unusable",
            ) from error

    def _run_or_start_afresh(self, sql: str, values: tuple[object, ...]) -> sqlite3.Cursor:
        try:
            return self._open().execute(sql, values)
        except sqlite3.DatabaseError as error:
            # Damaged, or of something else, which has other columns: what it held may be lost by design.
            if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
                raise
            self._start_afresh()
            return self._open().execute(sql, values)

    def _open(self) -> sqlite3.Connection:
        with disk_errors(self.path.parent):
            if self._connection is not None and self.path.exists():
                return self._connection
            self.close()  # somebody may have taken the file away, under a relay that goes on for months
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        # Where a text is damaged, what it stands for is not understood, and so not remembered.
        connection.text_factory = lambda text: text.decode(errors="replace")
        try:
            self._prepare(connection)
        except sqlite3.Error:
            connection.close()
            raise
        # Whoever forgets this object has closed the file.
        weakref.finalize(self, connection.close)
        self._connection = connection
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        # A lost last write costs reading a photo again; waiting for the disk after each would cost minutes.
        connection.execute("pragma journal_mode=wal")
        connection.execute("pragma synchronous=normal")
        found = connection.execute("pragma user_version").fetchone()[0]
        if found not in {0, _FORMAT}:
            raise sqlite3.DatabaseError
        connection.executescript(_TABLES)
        if not found:
            connection.execute(f"pragma user_version = {_FORMAT}")
        connection.execute("insert or ignore into facts values ('about', ?)", [self._about])
        if connection.execute("select value from facts where name = 'about'").fetchone()[0] != self._about:
            raise sqlite3.DatabaseError

    def _start_afresh(self) -> None:
        self.close()
        with disk_errors(self.path.parent):
            for suffix in ("", "-wal", "-shm", "-journal"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
