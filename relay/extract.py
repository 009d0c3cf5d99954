"""Reads one row set after the other into sealed buckets: fast, in bounded memory, and whole or not at all."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import msgspec
import zstandard

from relay.database import Session, Values
from relay.database_errors import DEADLOCK
from relay.school import Source
from relay.spool import DiskBudget, RowSpool, Sealed, disk_errors
from shared.errors import ContractError, SynergeticUnavailableError
from shared.manifests import ChunkEntry, RowSetEntry, RowSetName, SnapshotManifest
from shared.owners import bucket_of, owner_key
from shared.synergetic import CHUNK_COLUMNS

_TRIES = 4
_ENCODER = msgspec.json.Encoder()


def encode(rows: Sequence[Values], *, row_set: str) -> bytes:
    """Return rows as canonical JSON arrays, a line each.

    Raises:
        ContractError: A value has a type that no row may carry.
    """
    try:
        return _ENCODER.encode_lines(rows)
    except (TypeError, UnicodeEncodeError) as error:
        raise ContractError(
            f"Reading {row_set} failed: a value cannot be written as text ({type(error).__name__}).",
            remedy="Have the database administrator look for binary or damaged text in the columns of this row set.",
            code="text-unreadable",
        ) from error


@dataclass(frozen=True)
class Parcel:
    """A compressed chunk that waits on the disk to be sent; no path if it was only weighed."""

    row_set: RowSetName
    bucket: str
    digest: str
    size: int
    path: Path | None


@dataclass
class Outbox:
    """The chunks of this run that the cloud does not have yet.

    Attributes:
        folder: Where they wait; none for a dry run.
        budget: What may be written to disk.
        last: The manifest that stands, none at the first run.
        restate: The row sets that are sent whether or not they changed.
        parcels: What waits.
    """

    folder: Path | None
    budget: DiskBudget
    last: SnapshotManifest | None
    restate: frozenset[RowSetName]
    parcels: list[Parcel] = field(default_factory=list)
    _compressor: zstandard.ZstdCompressor = field(default_factory=zstandard.ZstdCompressor)

    def take(self, row_set: RowSetName, sealed: Sealed) -> None:
        """Compress and keep a chunk if the cloud does not have it.

        Raises:
            TransientError: The disk is full.
        """
        if row_set not in self.restate and self._stands(row_set, sealed):
            return
        compressed = self._compressor.compress(sealed.content)
        path = None
        if self.folder is not None:
            self.budget.take(len(compressed))
            path = self.folder / f"{row_set}-{sealed.bucket}.zst"
            with disk_errors(self.folder):
                path.write_bytes(compressed)
        self.parcels.append(Parcel(row_set, sealed.bucket, sealed.digest, len(compressed), path))

    def _stands(self, row_set: RowSetName, sealed: Sealed) -> bool:
        entry = self.last.row_sets.get(row_set) if self.last else None
        chunk = entry.chunks.get(sealed.bucket) if entry else None
        return chunk is not None and chunk.digest == sealed.digest

    def of(self, row_set: RowSetName) -> list[Parcel]:
        """Return what waits of one row set."""
        return [parcel for parcel in self.parcels if parcel.row_set == row_set]


class Extractor:
    """Reads row sets into an outbox.

    Args:
        outbox: Takes the chunks.
        folder: Where to spool.
        digits: How many digits a bucket's name has.
        memory_limit: How many bytes of lines to hold before they go to the disk.
    """

    def __init__(self, outbox: Outbox, folder: Path, *, digits: int, memory_limit: int) -> None:
        self._outbox = outbox
        self._folder = folder
        self._digits = digits
        self._memory_limit = memory_limit

    def read(self, session: Session, source: Source) -> RowSetEntry:
        """Read a row set whole into the outbox, and return what the manifest says of it.

        Raises:
            IntegrationError: It could not be read whole.
        """
        counted, spool = read_whole(session, source, lambda batches: self._fill(source, batches), discard=RowSpool.close)
        return self.finish(spool, source.name, counted=counted)

    def spool(self, name: RowSetName) -> RowSpool:
        """Return an empty spool for a row set."""
        path = self._folder / f"{name}.rows"
        return RowSpool(path, self._bucket, memory_limit=self._memory_limit, budget=self._outbox.budget)

    def _bucket(self, owner: Hashable) -> str:
        return bucket_of(owner_key(*owner) if isinstance(owner, tuple) else owner_key(owner), self._digits)

    def _fill(self, source: Source, batches: Iterable[list[Values]]) -> RowSpool:
        owner_of = itemgetter(*source.owner_positions)
        with ExitStack() as on_error:
            spool = on_error.enter_context(closing(self.spool(source.name)))
            for rows in batches:
                spool.add(map(owner_of, rows), encode(rows, row_set=source.name))
            on_error.pop_all()
        return spool

    def finish(
        self, spool: RowSpool, name: RowSetName, *, counted: int, left_out: Mapping[str, int] = MappingProxyType({})
    ) -> RowSetEntry:
        """Seal a spool's buckets into the outbox, and return what the manifest says of the row set.

        Raises:
            TransientError: The disk is full.
        """
        columns, chunks = CHUNK_COLUMNS[name], {}
        with closing(spool):
            for sealed in spool.seal(columns):
                self._outbox.take(name, sealed)
                chunks[sealed.bucket] = ChunkEntry(digest=sealed.digest, rows=sealed.rows)
            return RowSetEntry(rows=spool.rows, counted=counted, columns=columns, left_out=dict(left_out), chunks=chunks)


_Kept = TypeVar("_Kept", bound=Sized)


def read_whole(
    session: Session,
    source: Source,
    collect: Callable[[Iterator[list[Values]]], _Kept],
    *,
    discard: Callable[[_Kept], None],
) -> tuple[int, _Kept]:
    """Read a row set so that its rows are what the database itself counts, from its beginning at each try.

    Where everything is read as of one moment one try must do; elsewhere a change or a deadlock in between costs another.

    Returns:
        What the database counted, and what `collect` made of the rows.

    Raises:
        SynergeticUnavailableError: It kept changing, or the database failed.
        ContractError: What was read and what was counted differ although nothing can have changed.
    """
    for _ in range(_TRIES):
        try:
            before = None if session.consistent else _count(session, source)
            kept = collect(session.batches(source.select, doing=f"Reading {source.name}"))
            after = _count(session, source)
        except SynergeticUnavailableError as error:
            if session.consistent or error.code != DEADLOCK:
                raise
            session.refresh()
            continue
        if len(kept) == after and before in {None, after}:
            return after, kept
        discard(kept)
        if session.consistent:
            raise ContractError(
                f"Synergetic counts {after} rows of {source.name}, but the query for them yields another number.",
                remedy="Report this with the version of the relay: nothing was sent.",
                code="count-differs",
            )
        session.refresh()
    raise SynergeticUnavailableError(
        f"{source.name} kept changing while it was read ({_TRIES} tries).",
        remedy="It is read again at the next run; snapshot isolation on the database avoids this.",
        code="rows-changing",
    )


def _count(session: Session, source: Source) -> int:
    return session.number(source.count, doing=f"Counting {source.name}")
