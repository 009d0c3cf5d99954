"""The chunks of a run that the cloud does not have yet, compressed and waiting in one file until the read is over."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import zstandard

from relay.disk import disk_errors
from relay.reading.scope import Scope
from relay.reading.spool import DiskBudget, Sealed
from shared.manifests import RowSetName, SnapshotManifest

_FILE = "outbox"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A compressed chunk, and where it waits in the outbox."""

    row_set: RowSetName
    bucket: str
    digest: str
    start: int
    size: int


class Outbox:
    """The waiting chunks.

    Args:
        folder: Where they wait; none for a dry run, which only weighs them.
        budget: What may be written to disk.
        last: The manifest that stands, none at the first run.
        restate: What is sent whether or not it changed.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        budget: DiskBudget,
        last: SnapshotManifest | None,
        restate: Scope,
    ) -> None:
        self.budget = budget
        self.parcels: list[Parcel] = []
        self._path = folder / _FILE if folder else None
        self._last = last
        self._restate = restate
        self._file: BinaryIO | None = None
        self._end = 0
        self._compressor = zstandard.ZstdCompressor()

    def take(self, row_set: RowSetName, sealed: Sealed) -> None:
        """Compress and keep a chunk if the cloud does not have it.

        Raises:
            TransientError: The disk is full.
        """
        if not self._restate.holds(row_set, sealed.bucket) and self._stands(row_set, sealed):
            return
        compressed = self._compressor.compress(sealed.content)
        self.parcels.append(Parcel(row_set, sealed.bucket, sealed.digest, self._end, len(compressed)))
        self._end += len(compressed)
        if self._path is not None:
            self.budget.take(len(compressed))
            with disk_errors(self._path.parent):
                self._file = self._file or self._path.open("wb")
                self._file.write(compressed)

    def _stands(self, row_set: RowSetName, sealed: Sealed) -> bool:
        entry = self._last.row_sets.get(row_set) if self._last else None
        chunk = entry.chunks.get(sealed.bucket) if entry else None
        return chunk is not None and chunk.digest == sealed.digest

    def of(self, row_set: RowSetName) -> list[Parcel]:
        """Return what waits of one row set."""
        return [parcel for parcel in self.parcels if parcel.row_set == row_set]

    def close(self) -> None:
        """Close the file for writing; what waits can be read from now on.

        Raises:
            TransientError: The disk is full.
        """
        if self._file is not None and self._path is not None:
            with disk_errors(self._path.parent):
                self._file.close()
            self._file = None

    def content(self, parcel: Parcel) -> bytes:
        """Return a waiting chunk, compressed; several threads may ask at a time.

        Raises:
            TransientError: The disk cannot be read.
        """
        assert self._path is not None
        with disk_errors(self._path.parent), self._path.open("rb", buffering=0) as file:
            file.seek(parcel.start)
            return file.read(parcel.size)
