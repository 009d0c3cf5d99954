"""Splits a row set's lines into buckets within bounded memory, and seals each bucket as a chunk.

Lines gather in memory; when they pass the limit all of them are appended to one file, and each bucket remembers where its parts
lie. So a school of any size needs the memory of the limit, of its largest bucket, and of a few numbers for each part.
"""

import hashlib
from array import array
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from relay.disk import disk_errors
from shared.chunks import assemble
from shared.errors import TransientError

# The folder for them, within the relay's.
SPOOL = "spool"
_LINE_OVERHEAD = 48  # what Python adds to a line's bytes: the object and its place in a list
MOST_OWNERS = 50_000
"""So many are remembered with their bucket, more than most schools have; of others it is worked out again."""


class DiskBudget:
    """How much one run may still have on the disk: what it removes it may use again."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    def take(self, size: int) -> None:
        """Count `size` bytes.

        Raises:
            TransientError: The limit is passed.
        """
        self.used += size
        if self.used > self.limit:
            raise TransientError(
                f"The run needs more than the {self.limit // 1024**2} MB of disk it may use.",
                remedy="Raise spool_disk_mb in [relay] if the disk has the room.",
                code="spool-limit",
            )

    def give_back(self, size: int) -> None:
        """Count `size` bytes no longer: they are gone from the disk."""
        self.used -= size


@dataclass(frozen=True)
class Sealed:
    """One bucket's chunk: its canonical bytes and their digest."""

    bucket: str
    digest: str
    rows: int
    content: bytes


class RowSpool:
    """The lines of one row set, on their way into buckets.

    Args:
        path: The file for what does not fit into memory; it comes to be only if needed.
        bucket_of: Which bucket an owner, as it stands in a row, falls into.
        memory_limit: How many bytes of lines to hold before they go to the file.
        budget: What may be written to disk.
    """

    def __init__(self, path: Path, bucket_of: Callable[[Hashable], str], *, memory_limit: int, budget: DiskBudget) -> None:
        self._path = path
        self._limit = memory_limit
        self._budget = budget
        self._held: defaultdict[str, list[bytes]] = defaultdict(list)
        self._held_bytes = 0
        # Where each part begins and how long it is, one number after the other: of a large school there are very many.
        self._parts: defaultdict[str, array[int]] = defaultdict(lambda: array("Q"))
        self._file: BinaryIO | None = None
        self._routes = _Routes(self._held, bucket_of)
        self.rows = 0

    def __len__(self) -> int:
        return self.rows

    def add(self, owners: Iterable[Hashable], encoded: bytes) -> None:
        """Take in a batch: the owner of each row, and the rows as lines, each of them ended.

        Raises:
            TransientError: The disk is full.
        """
        lines = encoded.split(b"\n")
        lines.pop()
        route = self._routes
        for owner, line in zip(owners, lines, strict=True):
            route[owner](line)
        self.rows += len(lines)
        self._held_bytes += len(encoded) + _LINE_OVERHEAD * len(lines)
        if self._held_bytes > self._limit:
            self._flush()

    def _flush(self) -> None:
        with disk_errors(self._path.parent):
            if self._file is None:
                # Unbuffered: a bucket's part is written in one piece, and a full disk shows itself here rather than at closing.
                self._file = self._path.open("w+b", buffering=0)
            end = self._file.seek(0, 2)
            for bucket, lines in self._held.items():
                if lines:
                    part = b"\n".join(lines)
                    self._budget.take(len(part))
                    _write_all(self._file, part)
                    self._parts[bucket].extend((end, len(part)))
                    end += len(part)
                    lines.clear()  # the list itself stays: the routes lead to it
        self._held_bytes = 0
        if len(self._routes) > MOST_OWNERS:
            self._routes.clear()

    def seal(self, columns: Iterable[str]) -> Iterator[Sealed]:
        """Yield the chunk of each bucket that has rows, in the order of the buckets, and let go of its lines. Once only.

        Raises:
            TransientError: The disk cannot be read.
        """
        names = list(columns)
        self._routes.clear()  # they would hold on to the lists, and so to every line
        for bucket in sorted(self._held):
            lines = self._lines(bucket)
            if lines:
                content = assemble(names, lines)
                yield Sealed(bucket, hashlib.sha256(content).hexdigest(), len(lines), content)

    def _lines(self, bucket: str) -> list[bytes]:
        lines = self._held.pop(bucket)
        if self._file is not None:
            with disk_errors(self._path.parent):
                parts = self._parts[bucket]
                for start, length in zip(parts[::2], parts[1::2], strict=True):
                    self._file.seek(start)
                    lines.extend(self._file.read(length).split(b"\n"))
        return lines

    def close(self) -> None:
        """Let go of the lines and of the file."""
        self._held.clear()
        self._routes.clear()
        if self._file is not None:
            self._file.close()
            self._file = None
            # A virus scanner on Windows may hold it yet; then it goes with its folder.
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
                self._budget.give_back(sum(sum(parts[1::2]) for parts in self._parts.values()))


def _write_all(file: BinaryIO, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]


class _Routes(dict[Hashable, Callable[[bytes], None]]):
    """Where an owner's lines go, looked up once per owner: this is the hot path of a run."""

    def __init__(self, held: defaultdict[str, list[bytes]], bucket_of: Callable[[Hashable], str]) -> None:
        super().__init__()
        self._held = held
        self._bucket_of = bucket_of

    def __missing__(self, owner: Hashable) -> Callable[[bytes], None]:
        route = self[owner] = self._held[self._bucket_of(owner)].append
        return route
