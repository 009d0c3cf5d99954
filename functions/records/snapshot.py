"""The snapshot that stands: what the school is, as the relay stated it last."""

from functions.store.exchange import Exchange, MissingObjectError
from functions.store.runs import RunsTable
from shared.manifests import SnapshotManifest, parse_manifest


def newest_snapshot(runs: RunsTable, exchange: Exchange) -> SnapshotManifest | None:
    """Return the newest snapshot that was accepted; None if there is none yet, or its manifest has expired."""
    head = runs.head()
    if head is None:
        return None
    try:
        manifest = parse_manifest(exchange.read(head.manifest_key))
    except MissingObjectError:
        return None
    return manifest if isinstance(manifest, SnapshotManifest) else None
