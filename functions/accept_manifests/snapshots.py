"""Whether a snapshot is complete, and which of its buckets differ from what is staged."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from functions.records.kinds import ROW_SETS_OF, buckets_of, source_digest
from functions.records.runs import BucketState, Head
from functions.store.exchange import Exchange
from shared.errors import RefusedManifestError
from shared.manifests import RowSetName, SnapshotManifest
from shared.messages import MapBucket
from shared.owners import KINDS, Kind
from shared.synergetic import CHUNK_COLUMNS, ROW_SETS, row_sets_of

_READERS = 16
# What the relay believes to have sent is not there, or it knows no more which number comes next: only sending everything again
# under a new number mends it.
DAMAGED, OLD, TAKEN = "snapshot-damaged", "sequence-old", "sequence-taken"
_UPDATE = "Have the relay that fits this stack installed at the school (docs/relay.md, update)."
_RESEND = "Let the relay read everything again: upload a resync manifest with full_read."


def check_order(manifest: SnapshotManifest, *, digest: str, head: Head | None) -> None:
    """Refuse a snapshot that is older than what was accepted, or another one under the same number.

    Raises:
        RefusedManifestError: It is late, or two relays send for one school.
    """
    if head is None or manifest.sequence > head.sequence:
        return
    if manifest.sequence < head.sequence:
        raise RefusedManifestError(
            f"Snapshot {manifest.sequence} is older than snapshot {head.sequence}, which was accepted already.",
            remedy="Nothing is lost: the newer one holds. If the bucket has that no more, the relay has been asked to send "
            "everything again. If this repeats, two relays send for this school; stop one.",
            code=OLD,
        )
    if digest != head.manifest_digest:
        raise RefusedManifestError(
            f"Snapshot {manifest.sequence} was accepted already with other content.",
            remedy="The relay has been asked to send everything again under a newer number. If this repeats, two relays send "
            "for this school, or somebody changed the file; stop one relay.",
            code=TAKEN,
        )


def check_complete(manifest: SnapshotManifest) -> None:
    """Refuse a snapshot that does not prove that it is whole: missing data must never read as "everyone left".

    Raises:
        RefusedManifestError: Names the row set that falls short, and by how much.
    """
    missing = [name for name in row_sets_of("one-way") if name not in manifest.row_sets]
    if missing:
        raise _incomplete(f"it has no {', '.join(missing)}")
    for name, entry in manifest.row_sets.items():
        in_chunks = sum(chunk.rows for chunk in entry.chunks.values())
        left_out = sum(entry.left_out.values())
        if in_chunks != entry.rows:
            raise _incomplete(f"{name} says {entry.rows} rows, and its chunks hold {in_chunks}")
        if entry.rows + left_out != entry.counted:
            raise _incomplete(f"{name} has {entry.rows} rows and left out {left_out}, and the database counted {entry.counted}")
        lacking = [column for column in CHUNK_COLUMNS[name] if column not in entry.columns]
        if lacking:
            raise _incomplete(f"{name} lacks {', '.join(lacking)}; the relay is older than this stack", remedy=_UPDATE)
        if any(len(bucket) != manifest.digits for bucket in entry.chunks):
            raise _incomplete(f"{name} is not split as the manifest says")
    if not manifest.row_sets["students"].rows:
        raise RefusedManifestError(
            "The snapshot has no student at all, and nobody is taken for gone because of that.",
            remedy="In Synergetic, look whether the right period is current, and whether the students' status codes have a "
            "meaning. If the school leaves meanings blank, name the codes as present_codes in the relay's configuration.",
            code="snapshot-incomplete",
        )


def changed_buckets(
    manifest: SnapshotManifest, states: Mapping[Kind, Mapping[str, BucketState | None]], *, run: str
) -> list[MapBucket]:
    """Return a message for every bucket of these kinds whose input differs from what is staged, of empty ones too."""
    messages: list[MapBucket] = []
    for kind in states:
        buckets = buckets_of(manifest, kind)
        for bucket in sorted({*buckets, *states[kind]}):
            chunks = buckets.get(bucket, {})
            source = source_digest(chunks)
            staged = states[kind].get(bucket)
            if staged is None or staged.source != source:
                messages.append(
                    MapBucket(run=run, sequence=manifest.sequence, kind=kind, bucket=bucket, chunks=chunks, source=source)
                )
    return messages


def all_buckets(manifest: SnapshotManifest, staged: Mapping[Kind, Collection[str]], *, run: str) -> list[MapBucket]:
    """Return a message for every bucket of these kinds, changed or not, those that were staged and are empty now among them."""
    never = {kind: dict.fromkeys(buckets) for kind, buckets in staged.items()}
    return changed_buckets(manifest, never, run=run)


def kinds_made_from(row_set: RowSetName | None) -> tuple[Kind, ...]:
    """Return the kinds of record that a row set goes into, which may be none; all for None."""
    return tuple(kind for kind in KINDS if row_set is None or row_set in ROW_SETS_OF[kind])


def verify_chunks(exchange: Exchange, manifest: SnapshotManifest, messages: Sequence[MapBucket]) -> None:
    """Read every chunk that these messages need, and the few that no record is made from: whoever needs them relies on it.

    Raises:
        RefusedManifestError: One is not what the manifest says; names the row set and what is wrong with its chunk.
    """
    wanted = {(str(row_set), message.bucket) for message in messages for row_set in message.chunks}
    no_record = [(name, entry) for name, entry in manifest.row_sets.items() if not ROW_SETS[name].kinds]
    wanted |= {(str(name), bucket) for name, entry in no_record for bucket in entry.chunks}

    def fault(key: tuple[str, str]) -> str | None:
        row_set, bucket = key
        stated = manifest.row_sets[row_set]  # type: ignore[index]
        entry = stated.chunks[bucket]
        try:
            chunk = exchange.chunk(row_set, entry.digest)
            rows = sum(1 for _ in chunk.rows())
        except ValueError as error:
            return f"a chunk of {row_set} (bucket {bucket}) cannot be used: {error}"
        if chunk.columns != stated.columns:
            return f"a chunk of {row_set} (bucket {bucket}) has other columns than the manifest says"
        return None if rows == entry.rows else f"a chunk of {row_set} (bucket {bucket}) holds {rows} rows, not {entry.rows}"

    with ThreadPoolExecutor(_READERS) as readers:
        faults = [found for found in readers.map(fault, sorted(wanted)) if found]
    if faults:
        more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise RefusedManifestError(
            f"The snapshot is not whole: {faults[0]}{more}.",
            remedy="The relay has been asked to send everything again; if this repeats, see docs/troubleshooting.md.",
            code=DAMAGED,
        )


def _incomplete(why: str, *, remedy: str = _RESEND) -> RefusedManifestError:
    return RefusedManifestError(f"The snapshot is not whole: {why}.", remedy=remedy, code="snapshot-incomplete")
