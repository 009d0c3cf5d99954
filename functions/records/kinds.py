"""Which row sets each kind of record is made from, and what stands for a bucket's input as a whole."""

from collections.abc import Mapping

from shared.digests import combine
from shared.manifests import RowSetName, SnapshotManifest
from shared.owners import Kind

ROW_SETS_OF: dict[Kind, tuple[RowSetName, ...]] = {
    "student": ("students", "contacts", "photos"),
    "staff": ("staff", "photos"),
    "group": ("groups", "memberships", "teachers"),
}

# Raise it when mapping gives other records for the same rows: the next snapshot is then mapped anew.
MAPPING_VERSION = 3


def source_digest(chunks: Mapping[str, str]) -> str:
    """Return what stands for a bucket's input: its chunks' digests by row set, and the way they are mapped."""
    return combine(chunks, f"mapping-{MAPPING_VERSION}")


def buckets_of(manifest: SnapshotManifest, kind: Kind) -> dict[str, dict[str, str]]:
    """Return the chunks' digests per row set, for every bucket in which the kind has rows of its own.

    Photos come along where there is somebody whose they could be: a bucket with nothing but a photo makes no record.
    """
    leading, *others = ROW_SETS_OF[kind]
    buckets: dict[str, dict[str, str]] = {}
    for row_set in (leading, *others):
        for bucket, chunk in manifest.row_sets[row_set].chunks.items():
            if row_set == leading or bucket in buckets:
                buckets.setdefault(bucket, {})[row_set] = chunk.digest
    return buckets
