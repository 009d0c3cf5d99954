"""Photos: which of them changed, whether the bytes are a photo at all, and sending them while the next are read.

Only metadata is read for every person; bytes only where the modification date or the size differs from what was sent before.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import BoundedSemaphore
from typing import Literal, Protocol

from relay.state import SentPhoto
from shared.digests import sha256

PhotoType = Literal["jpeg", "png", "gif"]
_MAGIC: tuple[tuple[bytes, PhotoType], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)
EMPTY, TOO_LARGE, UNKNOWN_TYPE, GONE = "empty", "too-large", "unknown-type", "gone"


def sniff(content: bytes) -> PhotoType | None:
    """Return the type that the first bytes show, whatever the database calls it; none if it is no photo we know."""
    return next((name for magic, name in _MAGIC if content.startswith(magic)), None)


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """A person's photo as the database describes it.

    Attributes:
        person: The person's Community ID.
        modified: When it was last changed, in ISO's way; empty if the database does not say.
        size: Its size in bytes.
    """

    person: int
    modified: str
    size: int


class Memory(Protocol):
    """What remembers the photos that were sent."""

    def photo(self, person: int) -> SentPhoto | None:
        """Return what is known of a person's photo."""
        ...

    def remember_photo(self, photo: SentPhoto) -> None:
        """Remember a photo that was put."""
        ...


@dataclass
class PhotoRules:
    """When a photo is read and sent.

    Attributes:
        max_bytes: The largest that is sent.
        again_after: After how long one is sent again although it did not change.
        again: Tells whether a person's is read and sent again, changed or not.
        again_since: But not one that was sent since then.
        now: The time of this run.
    """

    max_bytes: int
    again_after: timedelta
    again: Callable[[int], bool]
    again_since: datetime
    now: datetime

    def is_known(self, row: PhotoRow, sent: SentPhoto | None) -> bool:
        """Tell whether what was sent before still holds."""
        return (
            sent is not None
            and (self.again_since <= sent.put_at <= self.now or not self.again(row.person))
            and (sent.modified, sent.size) == (row.modified, row.size)
            and abs(self.now - sent.put_at) < self.again_after
        )


@dataclass
class PhotoResult:
    """What became of the photos.

    Attributes:
        keep: Takes each photo that the cloud has now into the statement.
        left_out: How many were left out for which reason.
        sent: How many were put in this run.
        sent_bytes: Their size together.
    """

    keep: Callable[[PhotoRow, SentPhoto], None]
    left_out: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    sent_bytes: int = 0

    def state(self, row: PhotoRow, photo: SentPhoto) -> None:
        """Take a photo into the statement, or count why it is left out."""
        if photo.digest:
            self.keep(row, photo)
        else:
            self.left_out[photo.type] += 1


class PhotoSender:
    """Goes through the photos of a run.

    Args:
        memory: What remembers the photos that were sent.
        rules: When a photo is read and sent.
        read: Reads the bytes of a photo, none if it is gone.
        put: Puts a photo (digest, bytes, type) where the cloud finds it; none for a dry run, which remembers nothing either.
        threads: How many are put at a time.
    """

    def __init__(
        self,
        memory: Memory,
        rules: PhotoRules,
        *,
        read: Callable[[PhotoRow], bytes | None],
        put: Callable[[str, bytes, str], None] | None,
        threads: int,
    ) -> None:
        self._memory = memory
        self._rules = rules
        self._read = read
        self._put = put
        self._threads = threads

    def send(self, rows: Iterable[PhotoRow], keep: Callable[[PhotoRow, SentPhoto], None]) -> PhotoResult:
        """Read and put what changed, and hand every photo that the cloud has now to `keep`.

        Raises:
            IntegrationError: The database or the cloud fails; what was put until then is remembered.
        """
        result = PhotoResult(keep)
        with _bounded_pool(self._threads) as submit:
            pending: list[tuple[PhotoRow, SentPhoto, Future[None]]] = []
            for row in rows:
                sent = self._memory.photo(row.person)
                if sent is not None and self._rules.is_known(row, sent):
                    result.state(row, sent)
                elif reason := self._unfit(row):
                    result.left_out[reason] += 1
                else:
                    pending.extend(self._start(row, submit, result))
                    pending = self._settle(pending, result, wait=False)
            self._settle(pending, result, wait=True)
        return result

    def _unfit(self, row: PhotoRow) -> str:
        if row.size == 0:
            return EMPTY
        return TOO_LARGE if row.size > self._rules.max_bytes else ""

    def _start(self, row: PhotoRow, submit: "_Submit", result: PhotoResult) -> list[tuple[PhotoRow, SentPhoto, Future[None]]]:
        content = self._read(row)
        if content is None:
            result.left_out[GONE] += 1
            return []
        photo_type = sniff(content)
        if photo_type is None:
            self._settled(row, self._photo(row, "", UNKNOWN_TYPE), result)
            return []
        photo = self._photo(row, sha256(content), photo_type)
        result.sent += 1
        result.sent_bytes += len(content)
        if self._put is None:
            result.state(row, photo)
            return []
        return [(row, photo, submit(self._put, photo.digest, content, photo_type))]

    def _photo(self, row: PhotoRow, digest: str, kind: str) -> SentPhoto:
        return SentPhoto(row.person, row.modified, row.size, digest, kind, self._rules.now)

    def _settle(
        self, pending: list[tuple[PhotoRow, SentPhoto, Future[None]]], result: PhotoResult, *, wait: bool
    ) -> list[tuple[PhotoRow, SentPhoto, Future[None]]]:
        waiting = []
        for row, photo, put in pending:
            if wait or put.done():
                put.result()
                self._settled(row, photo, result)
            else:
                waiting.append((row, photo, put))
        return waiting

    def _settled(self, row: PhotoRow, photo: SentPhoto, result: PhotoResult) -> None:
        if self._put is not None:
            self._memory.remember_photo(photo)
        result.state(row, photo)


_Submit = Callable[[Callable[[str, bytes, str], None], str, bytes, str], "Future[None]"]


@contextmanager
def _bounded_pool(threads: int) -> Iterator[_Submit]:
    """Offer threads that take no more than they can carry: a second pile of photos would only fill the memory."""
    room = BoundedSemaphore(threads)
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="photo") as pool:

        def submit(put: Callable[[str, bytes, str], None], digest: str, content: bytes, kind: str) -> Future[None]:
            room.acquire()
            future = pool.submit(put, digest, content, kind)
            future.add_done_callback(lambda _: room.release())
            return future

        yield submit
