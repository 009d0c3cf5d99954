"""Each sample event is handled by its function, on a stack that is in the state the event speaks of."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.accept_manifests.snapshots import changed_buckets
from functions.console.handler import lambda_handler as console
from functions.list_records.handler import lambda_handler as list_records
from functions.map_rows.mapping import map_bucket
from functions.records.mapped import encode
from functions.records.runs import Run
from functions.runtime.wiring import exchange, lists, records_table, runs_table
from functions.store.items import now
from shared.digests import sha256
from shared.keys import REQUESTS, snapshot_key
from shared.manifests import SnapshotManifest, parse_manifest
from shared.messages import MapBucket, StageBucket
from tests.integration.cloud import BUCKET, HANDLERS, Cloud, context
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import school

EVENTS = Path(__file__).parents[2] / "events"
QUEUE_OF = {
    "accept_manifests": "intake",
    "map_rows": "map",
    "stage_records": "stage",
    "plan_run": "plan",
    "apply_records": "apply.fifo",
    "pull_medical": "medical.fifo",
    "record_receipts": "receipt",
}


def event(name: str) -> dict[str, Any]:
    """Return a function's sample event."""
    read: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return read


def handle(name: str, *, version: str) -> dict[str, Any]:
    """Run a function on its sample event and return its answer. Which version of the manifest was uploaded, S3 alone knows."""
    told = event(name)
    if name == "accept_manifests":
        sample = sent(name)["Records"][0]["s3"]["object"]["versionId"]
        told["Records"][0]["body"] = told["Records"][0]["body"].replace(sample, version)
    answer: dict[str, Any] = HANDLERS[QUEUE_OF[name]](told, context(name))
    return answer


def sent(name: str) -> dict[str, Any]:
    """Return the message in a sample event."""
    [record] = event(name)["Records"]
    body: dict[str, Any] = json.loads(record["body"])
    return body


@pytest.fixture
def bucket(stack: Cloud) -> MapBucket:
    """Return the message that maps the first bucket of students of the sample snapshot, which is put but not accepted."""
    stack.snapshot(school(), 42)
    manifest = parse_manifest(exchange().read(snapshot_key(42)))
    assert isinstance(manifest, SnapshotManifest)
    stack.sqs.purge_queue(QueueUrl=stack.urls["intake"])
    states: Any = {"student": {}, "staff": {}, "group": {}}
    return changed_buckets(manifest, states, run="000000000042")[0]


def test_the_events_speak_of_the_sample_snapshot(bucket: MapBucket) -> None:
    """The digests in the events are those of the sample school's first bucket; if mapping changed, copy them from here."""
    assert sent("map_rows") == bucket.model_dump(mode="json")
    rows = {row_set: exchange().chunk(row_set, digest).rows() for row_set, digest in bucket.chunks.items()}
    mapped = sha256(encode(map_bucket(bucket.kind, rows)))
    stage = StageBucket.model_validate({**bucket.model_dump(exclude={"type", "chunks"}), "mapped": mapped})
    assert sent("stage_records") == stage.model_dump(mode="json")


def test_every_function_handles_its_event(stack: Cloud, operoo: FakeOperoo, bucket: MapBucket) -> None:
    """In the order of the flow, each function does its part on its sample event alone."""
    asked = Run(
        run=sent("record_receipts")["request"], kind="resync", state="done", manifest_key=f"{REQUESTS}again.json", at=now()
    )
    runs_table().begin_run(asked)
    version = stack.s3.head_object(Bucket=BUCKET, Key=snapshot_key(42))["VersionId"]
    for name in QUEUE_OF:
        assert handle(name, version=version) == {"batchItemFailures": []}, name
    assert list_records(event("list_records"), context("list_records")) is None
    assert [line.id for line in lists().all("student")]
    page = console(event("console"), context("console"))
    assert (page["statusCode"], page["headers"]["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert len(stack.queued("map")) > 1
    assert len(records_table().bucket("student", bucket.bucket)) == bucket_size(bucket)
    run = runs_table().run("000000000042")
    assert run is not None
    assert run.state == "planned"
    assert operoo.calls == []


def bucket_size(bucket: MapBucket) -> int:
    """Return how many students are in a bucket of the sample school."""
    return len(exchange().chunk("students", bucket.chunks["students"]).lines)
