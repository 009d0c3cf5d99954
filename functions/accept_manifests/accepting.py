"""Takes in one manifest: decides whether it is accepted, sets in motion what follows, and answers it."""

from functions.accept_manifests.requests import carry_out, examine, part_of, send_buckets
from functions.accept_manifests.snapshots import (
    DAMAGED,
    OLD,
    TAKEN,
    changed_buckets,
    check_complete,
    check_order,
    verify_chunks,
)
from functions.records.runs import BucketState, Head, Run, run_of_snapshot
from functions.runtime.observability import count, logger
from functions.runtime.wiring import exchange, plan_queue, return_queue, runs_table, snapshot_line
from functions.store.exchange import TooLargeError
from functions.store.items import now
from functions.store.snapshots import newest_snapshot
from shared.digests import sha256
from shared.errors import RefusedManifestError
from shared.keys import REQUESTS, SNAPSHOTS, snapshot_key
from shared.manifests import SnapshotManifest, parse_manifest, stated_kind
from shared.messages import READS, FullRead, PlanRun
from shared.owners import KINDS, Kind

_LARGEST_MANIFEST = 16 * 2**20


def accept(key: str, *, upload: str = "", version: str = "") -> None:
    """Take in the manifest under this key of the Exchange bucket, and answer it.

    Taking the same upload in again does the same again, which changes nothing.

    Args:
        key: Where it lies.
        upload: Which upload of it, as text that sorts by time: a file that is uploaded twice is two wishes.
        version: Which version of the object that upload made; the newest if empty.

    Raises:
        MissingObjectError: It is not there (any more).
    """
    try:
        content = exchange().read(key, at_most=_LARGEST_MANIFEST, version=version)
    except TooLargeError as error:
        _refuse(key, _too_large(error), run=_name(key, b"", upload))
        return
    run = _name(key, content, upload)
    try:
        detail = (
            _snapshot(content, key=key) if key.startswith(SNAPSHOTS) else _request(content, key=key, run=run, upload=upload)
        )
    except RefusedManifestError as refusal:
        if refusal.code in {DAMAGED, TAKEN} or (refusal.code == OLD and newest_snapshot(snapshot_line(), exchange()) is None):
            head = snapshot_line().head()
            return_queue().send([FullRead(request=run, after=head.sequence if head else 0)], group=READS)
        _refuse(key, refusal, run=run, content=content)
        return
    count("ManifestAccepted")
    logger().info("manifest accepted", manifest=key, detail=detail)
    exchange().put_answer(key, {"manifest": key, "outcome": "accepted", "detail": detail, "at": now()})


def _too_large(error: TooLargeError) -> RefusedManifestError:
    return RefusedManifestError(
        f"The file is no manifest: {error}.", remedy="Upload the manifest alone, as a small text file.", code="manifest-invalid"
    )


def _snapshot(content: bytes, *, key: str) -> str:
    manifest = parse_manifest(content)
    if not isinstance(manifest, SnapshotManifest) or key != snapshot_key(manifest.sequence):
        raise RefusedManifestError(
            "Only the relay's snapshots belong under this prefix, each under its own sequence number.",
            remedy=f"Upload requests under {REQUESTS}.",
            code="manifest-misplaced",
        )
    runs, exchanged, head = runs_table(), exchange(), snapshot_line().head()
    run, digest = run_of_snapshot(manifest.sequence), sha256(content)
    begun = runs.run(run)
    if head is not None and manifest.sequence < head.sequence and begun is not None and begun.digest in {"", digest}:
        # S3 and SQS may tell of one upload twice, however late: that is no old snapshot and no reason for an alarm. Or it is
        # the first telling, which came to grief after the run was begun: then nobody else will say that it is over.
        runs.overtake_run(run)
        return f"snapshot {manifest.sequence} was accepted before, and snapshot {head.sequence} after it"
    check_order(manifest, digest=digest, head=head)
    check_complete(manifest)
    verify_chunks(exchanged, manifest, changed_buckets(manifest, _states(), run=run))
    head = Head(sequence=manifest.sequence, run=run, manifest_key=key, manifest_digest=digest, digits=manifest.digits)
    # From here on no older snapshot can claim a bucket, so what is compared now is what this one is up against.
    if not snapshot_line().advance(head):
        return f"snapshot {manifest.sequence} was overtaken by a newer one"
    messages = changed_buckets(manifest, _states(split=manifest.digits), run=run)
    waiting = frozenset(map(part_of, messages))
    runs.begin_run(
        Run(
            run=run,
            kind="snapshot",
            state="staging",
            sequence=manifest.sequence,
            manifest_key=key,
            digest=digest,
            at=now(),
            waiting=waiting,
            parts=len(waiting),
        )
    )
    send_buckets(messages)
    if not messages:
        plan_queue().send([PlanRun(run=run, sequence=manifest.sequence)])
    return f"snapshot {manifest.sequence}: {len(messages)} buckets differ from what is staged"


def _states(*, split: int | None = None) -> dict[Kind, dict[str, BucketState]]:
    """Return every bucket's state; those of another split than the given one are forgotten."""
    states = {kind: snapshot_line().bucket_states(kind) for kind in KINDS}
    if split is not None:
        stale = [(kind, bucket) for kind in KINDS for bucket in states[kind] if len(bucket) != split]
        snapshot_line().forget_buckets(stale)
        for kind, bucket in stale:
            del states[kind][bucket]
    return states


def _request(content: bytes, *, key: str, run: str, upload: str) -> str:
    request = parse_manifest(content)
    if isinstance(request, SnapshotManifest) or not key.startswith(REQUESTS):
        raise RefusedManifestError(
            f"Requests belong under {REQUESTS}, and snapshots are the relay's.",
            remedy="Upload it there.",
            code="manifest-misplaced",
        )
    begun = runs_table().run(run)
    if begun is not None and begun.state == "done":
        return begun.detail
    if begun is None or begun.state == "refused":
        # What it does may change what is checked, so whoever takes it up after a crash must neither check nor answer anew.
        begun = Run(run=run, kind=request.kind, state="begun", manifest_key=key, at=now(), detail=examine(request))
        begun = begun.model_copy(update={"by": request.by, "reason": request.reason})
        runs_table().begin_run(begun)
    detail = carry_out(request, run=run, order=upload) or begun.detail
    runs_table().finish_run(run, state="done", plan={}, detail=detail)
    return detail


def _refuse(key: str, refusal: RefusedManifestError, *, run: str, content: bytes = b"") -> None:
    count("ManifestRefused")
    logger().error("manifest refused", manifest=key, code=refusal.code, reason=str(refusal))
    kind, by, reason = _asked(content)
    refused = Run(
        run=run,
        kind="snapshot" if key.startswith(SNAPSHOTS) else kind,
        state="refused",
        manifest_key=key,
        at=now(),
        detail=refusal.what,
        by=by,
        reason=reason,
        code=refusal.code,
        remedy=refusal.remedy,
    )
    if not runs_table().begin_run(refused):
        runs_table().refuse_run(refused)
    answer = {"manifest": key, "outcome": "refused", "code": refusal.code, "reason": refusal.what, "remedy": refusal.remedy}
    exchange().put_answer(key, {**answer, "at": now()})


def _asked(content: bytes) -> tuple[str, str, str]:
    """Return what was asked for, by whom, and why, as far as that can be read."""
    try:
        request = parse_manifest(content)
    except RefusedManifestError:
        return stated_kind(content) or "request", "", ""
    return ("request", "", "") if isinstance(request, SnapshotManifest) else (request.kind, request.by, request.reason)


def _name(key: str, content: bytes, upload: str) -> str:
    """Name the run of an upload after its file."""
    return f"{key.rsplit('/', 1)[-1].removesuffix('.json')}-{sha256(content + upload.encode())[:8]}"
