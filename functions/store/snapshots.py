"""The snapshot that stands: what the school is, as the relay stated it last."""

from functions.store.exchange import Exchange, MissingObjectError
from functions.store.snapshot_line import SnapshotLine
from shared.manifests import SnapshotManifest, parse_manifest


def newest_snapshot(line: SnapshotLine, exchange: Exchange) -> SnapshotManifest | None:
    """Return the newest snapshot that was accepted; None if there is none yet, or its manifest has expired."""
    head = line.head()
    if head is None:
        return None
    try:
        manifest = parse_manifest(exchange.read(head.manifest_key))
    except MissingObjectError:
        return None
    return manifest if isinstance(manifest, SnapshotManifest) else None
