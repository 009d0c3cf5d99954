"""The school's own codes as the relay stated them: what families say is matched to these."""

from collections.abc import Mapping

from functions.store.exchange import Exchange
from shared.manifests import RowSetName, SnapshotManifest
from shared.medical.codes import CodeBook, CodeKind
from shared.synergetic.medical_codes import codes_of

CODES: RowSetName = "codes"


def code_book(
    exchange: Exchange, manifest: SnapshotManifest, overrides: Mapping[CodeKind, Mapping[str, str]]
) -> CodeBook | None:
    """Return the codes in a snapshot, and what the administrator said they stand for.

    None if it has no tables of codes: a relay in one-way mode states none, nor one that could not read them.

    Raises:
        ValueError: A chunk is missing or damaged: the snapshot was accepted, so this comes from outside.
    """
    entry = manifest.row_sets.get(CODES)
    if entry is None:
        return None
    chunks = (exchange.chunk(CODES, chunk.digest) for _, chunk in sorted(entry.chunks.items()))
    return CodeBook(codes_of(row for chunk in chunks for row in chunk.rows()), overrides)
