"""Reads one row set after the other into sealed buckets: fast, in bounded memory, and whole or not at all."""

import functools
import logging
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import ExitStack, closing
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import msgspec
import pyodbc

from relay.database.causes import BEGUN_AGAIN, TEXT_UNREADABLE
from relay.database.connection import Session, Values
from relay.logs import LOGGER
from relay.reading.outbox import Outbox
from relay.reading.school import Source
from relay.reading.spool import MOST_OWNERS, RowSpool
from shared.errors import ContractError, SynergeticUnavailableError
from shared.manifests import ChunkEntry, RowSetEntry, RowSetName
from shared.owners import bucket_of, owner_key
from shared.synergetic import CHUNK_COLUMNS

_LOG = logging.getLogger(LOGGER)
_TRIES = 4
# pyodbc's rows are not tuples; made so one by one as they are written, they cost half of what a list of tuples does. A number
# stays one whatever type a database keeps it in: 1000.00 is who 1000 is, and the text "1000.00" would be nobody.
_ENCODER = msgspec.json.Encoder(enc_hook=tuple, decimal_format="number")


def encode(rows: Sequence[pyodbc.Row | Values], *, row_set: str) -> bytes:
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
            code=TEXT_UNREADABLE,
        ) from error


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
        self._memory_limit = memory_limit
        # The same owners come in several row sets.
        self._bucket = functools.lru_cache(MOST_OWNERS)(functools.partial(_bucket, digits))

    def read(self, session: Session, source: Source, *, counted: int | None = None) -> RowSetEntry:
        """Read a row set whole into the outbox, and return what the manifest says of it.

        Args:
            session: The connection.
            source: The row set.
            counted: What the database counted just before, if it was asked already.

        Raises:
            IntegrationError: It could not be read whole.
        """
        spool = read_whole(
            session, source, lambda batches: self._fill(source, batches), discard=RowSpool.close, counted=counted
        )
        return self.finish(spool, source.name, counted=len(spool))

    def spool(self, name: RowSetName) -> RowSpool:
        """Return an empty spool for a row set."""
        path = self._folder / f"{name}.rows"
        return RowSpool(path, self._bucket, memory_limit=self._memory_limit, budget=self._outbox.budget)

    def _fill(self, source: Source, batches: Iterable[list[pyodbc.Row]]) -> RowSpool:
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


def _bucket(digits: int, owner: Hashable) -> str:
    return bucket_of(owner_key(*owner) if isinstance(owner, tuple) else owner_key(owner), digits)


_Answer = TypeVar("_Answer")
_Kept = TypeVar("_Kept", bound=Sized)


def begun_again(session: Session, ask: Callable[[], _Answer]) -> _Answer:
    """Return what a small query gives; a deadlock costs another try, in a transaction of its own.

    Raises:
        IntegrationError: It failed, or lost too often.
    """
    for _ in range(_TRIES - 1):
        try:
            return ask()
        except SynergeticUnavailableError as error:
            if error.code not in BEGUN_AGAIN:
                raise
        session.refresh()
    return ask()


def read_whole(
    session: Session,
    source: Source,
    collect: Callable[[Iterator[list[pyodbc.Row]]], _Kept],
    *,
    discard: Callable[[_Kept], None],
    counted: int | None = None,
) -> _Kept:
    """Read a row set so that its rows are what the database itself counts, from its beginning at each try.

    A deadlock costs another try, and with it the moment as of which everything was read so far: the row set is then whole as of
    a later one. Where nothing is read as of one moment, a change in between costs another try too. And so does the first text
    with a damaged character: only from then on everything is read in the slower way that gets over it.

    Args:
        session: The connection.
        source: The row set.
        collect: Makes something of the rows that has as many items as there were rows.
        discard: Lets go of that, if it was in vain.
        counted: What the database counted just before, if it was asked already.

    Raises:
        SynergeticUnavailableError: It kept changing, or the database failed.
        ContractError: What was read and what was counted differ although nothing can have changed.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            before = _count(session, source) if counted is None else counted
            kept = collect(session.batches(source.select, doing=f"Reading {source.name}"))
            with ExitStack() as unless_whole:
                unless_whole.callback(discard, kept)
                after = before if session.consistent else _count(session, source)
                if len(kept) == before == after:
                    unless_whole.pop_all()
                    return kept
        except SynergeticUnavailableError as error:
            if error.code not in BEGUN_AGAIN or not tries_left:
                raise
        except ContractError as error:
            if error.code != TEXT_UNREADABLE or session.forgiving:
                raise
            _LOG.warning("A text holds a damaged character, which is sent as U+FFFD", extra={"row_set": source.name})
            session.forgive()
            continue
        else:
            # What was counted before may be of an earlier moment, if a row set in between had to be begun again.
            if session.consistent and counted is None:
                raise ContractError(
                    f"Synergetic counts {after} rows of {source.name}, but the query for them yields another number.",
                    remedy="Report this with the version of the relay: nothing was sent.",
                    code="count-differs",
                )
        counted = None
        session.refresh()
    raise SynergeticUnavailableError(
        f"{source.name} kept changing while it was read ({_TRIES} tries).",
        remedy="It is read again at the next run; snapshot isolation on the database avoids this.",
        code="rows-changing",
    )


def _count(session: Session, source: Source) -> int:
    return session.number(source.count, doing=f"Counting {source.name}")
