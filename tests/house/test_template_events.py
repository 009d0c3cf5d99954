"""`events/` holds one event per function, in the words of `shared`."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from functions.accept_manifests.handler import S3Event
from functions.list_records.handler import StreamEvent
from local.stack.http_api import event_of
from shared.keys import snapshot_key
from shared.messages import MEDICAL_MESSAGE, PLAN_MESSAGE, STAGE_MESSAGE, Apply, MapBucket
from shared.owners import KINDS
from shared.receipts import ANY_RECEIPT

ROOT = Path(__file__).parents[2]
BODIES: dict[str, TypeAdapter[Any]] = {
    "accept_manifests": TypeAdapter(S3Event),
    "map_rows": TypeAdapter(MapBucket),
    "stage_records": STAGE_MESSAGE,
    "plan_run": PLAN_MESSAGE,
    "apply_records": TypeAdapter(Apply),
    "pull_medical": MEDICAL_MESSAGE,
    "record_receipts": ANY_RECEIPT,
}


def records(name: str) -> list[dict[str, Any]]:
    """Return the SQS records of a sample event."""
    event = json.loads((ROOT / "events" / f"{name}.json").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = event["Records"]
    return found


OTHERS = {"list_records", "console"}
"""What a stream and what a browser sends."""


def test_there_is_one_event_for_each_function() -> None:
    """Events and the folders of handlers go together."""
    handlers = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert {path.stem for path in (ROOT / "events").glob("*.json")} == handlers == {*BODIES, *OTHERS}


@pytest.mark.parametrize("name", BODIES)
def test_each_event_is_what_its_function_takes(name: str) -> None:
    """The body of each record is a message for that function, and the record is as SQS delivers it."""
    for record in records(name):
        assert BODIES[name].validate_json(record["body"])
        assert record["md5OfBody"] == hashlib.md5(record["body"].encode(), usedforsecurity=False).hexdigest()
        assert record["eventSource"] == "aws:sqs"


def test_the_streams_event_tells_keys_of_records() -> None:
    """As DynamoDB sends it of a stream of keys."""
    event = json.loads((ROOT / "events" / "list_records.json").read_text(encoding="utf-8"))
    for record in StreamEvent.model_validate(event).records:
        assert record.dynamodb.keys.pk.text.partition("#")[0] in KINDS
    assert all(set(record["dynamodb"]) & {"NewImage", "OldImage"} == set() for record in event["Records"])


def test_the_browsers_event_is_as_api_gateway_sends_it() -> None:
    """Payload format 2.0, and made as the local stack makes it."""
    event = json.loads((ROOT / "events" / "console.json").read_text(encoding="utf-8"))
    made = event_of(Request(EnvironBuilder(path=event["rawPath"], headers={"Accept": "text/html"}).get_environ()))
    assert event["version"] == "2.0"
    assert set(event) == set(made)
    assert set(event["requestContext"]) == set(made["requestContext"])


def test_the_sample_manifest_is_a_snapshot() -> None:
    """The sample S3 event names the key of a snapshot manifest."""
    (record,) = records("accept_manifests")
    (notification,) = json.loads(record["body"])["Records"]
    assert notification["s3"]["object"]["key"] == snapshot_key(42)
    # The bucket keeps versions, so S3 says which one it is.
    assert notification["s3"]["object"]["versionId"]
