"""What is being written and what was, on this machine's disk, so that a crash writes nothing twice and loses no receipt.

A write is noted, with its whole receipt, before it is committed. What the note says holds only if the rows say so too: after a
crash they are looked at. The file holds medical data for as long as a receipt may have to be sent again; nobody but the relay's
account may read it, and what is deleted from it is overwritten.
"""

import os
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from relay.disk import disk_errors
from shared.errors import FatalError
from shared.receipts import WriteReceipt

_FILE, _OWNER_ONLY = "writeback.db", 0o600
# As long as a message may wait on a queue of AWS's.
_KEPT_FOR = timedelta(days=14)
_TABLES = """
create table if not exists entries (
    id integer primary key, about text not null, request text not null, student text not null, version integer not null,
    state text not null, final integer not null, receipt text not null, at text not null
);
create index if not exists entries_of_requests on entries (about, request);
create index if not exists entries_of_students on entries (about, student);
create table if not exists refusals (about text, request text, code text, primary key (about, request, code)) without rowid;
"""


@dataclass(frozen=True)
class Noted:
    """A receipt in the journal."""

    id: int
    receipt: WriteReceipt


class Journal:
    """The journal, in `folder`. Unlike the relay's other memory it must not be lost: without it nothing is written.

    Args:
        folder: The state folder.
        about: Stands for the stack that asks; of others it may hold notes too.
    """

    def __init__(self, folder: Path, *, about: str) -> None:
        self.path = folder / _FILE
        self._about = about
        self._connection: sqlite3.Connection | None = None

    def intend(self, receipt: WriteReceipt) -> None:
        """Note what is about to be committed.

        Raises:
            FatalError: It cannot be noted, so it must not be committed.
        """
        self._note(receipt, "intended")

    def conclude(self, receipt: WriteReceipt) -> None:
        """Note what became of a message; its receipt is to be sent.

        Raises:
            FatalError: The journal cannot be used.
        """
        self._note(receipt, "unsent")

    def _note(self, receipt: WriteReceipt, state: str) -> None:
        # What wrote nothing must not make a message late that was sent before it.
        version = 0 if receipt.outcome == "planned" else receipt.version
        values = (self._about, receipt.request, receipt.student, version, state)
        with self._transaction():
            self._run(
                "delete from entries where about = ? and request = ? and state = 'intended'", self._about, receipt.request
            )
            self._run(
                "insert into entries (about, request, student, version, state, final, receipt, at)"
                " values (?, ?, ?, ?, ?, ?, ?, ?)",
                *(*values, int(receipt.is_final), receipt.model_dump_json(), receipt.at.isoformat()),
            )

    def forget(self, request: str) -> None:
        """Forget an intention that came to nothing.

        Raises:
            FatalError: The journal cannot be used.
        """
        self._run("delete from entries where about = ? and request = ? and state = 'intended'", self._about, request)

    def intended(self) -> list[Noted]:
        """Return the writes of which it is not known whether they count.

        Raises:
            FatalError: The journal cannot be used.
        """
        return self._noted("intended")

    def unsent(self) -> list[Noted]:
        """Return the receipts that are to be sent.

        Raises:
            FatalError: The journal cannot be used.
        """
        return self._noted("unsent")

    def sent(self, noted: Noted) -> None:
        """Note that a receipt was sent.

        Raises:
            FatalError: The journal cannot be used.
        """
        self._run("update entries set state = 'sent' where id = ?", noted.id)

    def is_done(self, request: str) -> bool:
        """Say whether a request was carried out.

        Raises:
            FatalError: The journal cannot be used.
        """
        of = "about = ? and request = ? and final = 1 and state <> 'intended'"
        return bool(self._run(f"select 1 from entries where {of}", self._about, request))  # noqa: S608

    def send_again(self, request: str) -> bool:
        """Have the final receipt of a request sent again, and return whether it is still kept.

        Raises:
            FatalError: The journal cannot be used.
        """
        of = "about = ? and request = ? and final = 1 and state <> 'intended' and receipt <> ''"
        self._run(f"update entries set state = 'unsent' where {of}", self._about, request)  # noqa: S608
        return bool(self._run(f"select 1 from entries where {of}", self._about, request))  # noqa: S608

    def version(self, student: str) -> int:
        """Return the newest version that was carried out for a student; 0 if none was. A preview is none.

        Raises:
            FatalError: The journal cannot be used.
        """
        of = "about = ? and student = ? and final = 1 and state <> 'intended'"
        ((version,),) = self._run(f"select max(version) from entries where {of}", self._about, student)  # noqa: S608
        return int(str(version or 0))

    def told(self, student: str, *, since: int) -> list[WriteReceipt]:
        """Return the receipts that show a student's rows and are newer than a version, the newest first. A preview's is none.

        Raises:
            FatalError: The journal cannot be used.
        """
        of = "about = ? and student = ? and version > ? and final = 1 and state <> 'intended' and receipt <> ''"
        newest_first = f"select id, receipt from entries where {of} order by version desc"  # noqa: S608
        found = self._parsed(self._run(newest_first, self._about, student, since))
        return [noted.receipt for noted in found if noted.receipt.after is not None]

    def knows_refusal(self, request: str, code: str) -> bool:
        """Say whether it was told before that a request is refused for this reason.

        Raises:
            FatalError: The journal cannot be used.
        """
        of = (self._about, request, code)
        return bool(self._run("select 1 from refusals where about = ? and request = ? and code = ?", *of))

    def refused(self, request: str, code: str) -> None:
        """Note that it was told that a request is refused.

        Raises:
            FatalError: The journal cannot be used.
        """
        self._run("insert or ignore into refusals values (?, ?, ?)", self._about, request, code)

    def prune(self, now: datetime) -> None:
        """Let go of the medical data of receipts that were sent long ago.

        Raises:
            FatalError: The journal cannot be used.
        """
        long_ago = (now - _KEPT_FOR).isoformat()
        self._run("update entries set receipt = '' where state = 'sent' and receipt <> '' and at < ?", long_ago)

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _noted(self, state: str) -> list[Noted]:
        rows = self._run("select id, receipt from entries where about = ? and state = ? order by id", self._about, state)
        return self._parsed(rows)

    def _parsed(self, rows: list[tuple[object, ...]]) -> list[Noted]:
        try:
            return [Noted(int(str(number)), WriteReceipt.model_validate_json(str(receipt))) for number, receipt in rows]
        except ValidationError:
            raise self._unusable("holds what another release wrote") from None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._run("begin immediate")
        try:
            yield
            self._run("commit")
        finally:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.rollback()

    def _run(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        try:
            with closing(self._open().execute(sql, values)) as cursor:
                return cursor.fetchall()
        except sqlite3.Error as error:
            raise self._unusable(getattr(error, "sqlite_errorname", "damaged")) from error

    def _unusable(self, why: str) -> FatalError:
        return FatalError(
            f"The journal of what is written back, {self.path}, cannot be used ({why}): nothing is written without it.",
            remedy="Check that the disk has room, that the relay's account may write there, and that no other program holds "
            "the file. Keep a damaged one for support, and move it away. What another release wrote, the newest understands.",
            code="journal-unusable",
        )

    def _open(self) -> sqlite3.Connection:
        with disk_errors(self.path.parent):
            if self._connection is not None and self.path.exists():
                return self._connection
            self.close()  # somebody may have taken the file away, which SQLite does not get over
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, _OWNER_ONLY))
            self.path.chmod(_OWNER_ONLY)  # it may have been brought here from elsewhere
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        try:
            # None had another so far. One that has was left by a later release, which may mean something else by its notes.
            if connection.execute("pragma user_version").fetchone() != (0,):
                raise self._unusable("holds what another release wrote")
            # A note must be on the disk before the commit that it is about; and the log must not keep what was deleted.
            connection.execute("pragma journal_mode=truncate")
            connection.execute("pragma synchronous=extra")
            connection.execute("pragma secure_delete=on")
            connection.executescript(_TABLES)
        except (sqlite3.Error, FatalError):
            connection.close()
            raise
        # Whoever forgets this object has closed the file.
        weakref.finalize(self, connection.close)
        self._connection = connection
        return connection
