"""The snapshot that stands: what the school is, as the relay stated it last."""

from functions.store.exchange import Exchange, MissingObjectError
from functions.store.snapshot_line import SnapshotLine
from shared.digests import sha256
from shared.manifests import SnapshotManifest, parse_manifest


def newest_snapshot(line: SnapshotLine, exchange: Exchange) -> SnapshotManifest | None:
    """Return the newest snapshot that was accepted; None if there is none yet, or its manifest is not there any more.

    Another one, which was refused, may lie under its name since.
    """
    head = line.head()
    if head is None:
        return None
    try:
        content = exchange.read(head.manifest_key)
    except MissingObjectError:
        return None
    if sha256(content) != head.manifest_digest:
        return None
    manifest = parse_manifest(content)
    return manifest if isinstance(manifest, SnapshotManifest) else None
