"""The account of a run, for a person, for the log and for the heartbeat: counts, never rows."""

from dataclasses import dataclass

from shared.manifests import RowSetName, SnapshotManifest


@dataclass(frozen=True)
class RowSetSummary:
    """One row set in the account of a run.

    Attributes:
        buckets: How many buckets it has.
        changed: How many of them are sent.
        size: Their compressed size together.
        left_out: How many rows were left out for which reason.
    """

    name: RowSetName
    rows: int
    buckets: int
    changed: int
    size: int
    left_out: dict[str, int]


@dataclass(frozen=True)
class Outcome:
    """The account of a run.

    Attributes:
        manifest: What is stated now; after a dry run, what would be.
        sent: Whether the manifest was sent, or would be.
        dry_run: Whether this was only a look.
        row_sets: An account per row set.
        photos: How many photos were sent, or would be.
        photo_bytes: Their size together.
    """

    manifest: SnapshotManifest
    sent: bool
    dry_run: bool
    row_sets: tuple[RowSetSummary, ...]
    photos: int
    photo_bytes: int
