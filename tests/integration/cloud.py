"""The cloud side in one process: real handlers on moto's queues, tables and bucket, pumped so that a test rules the order."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import boto3
import msgspec
import zstandard
from moto import mock_aws

from functions.accept_manifests.handler import lambda_handler as accept_manifests
from functions.apply_records.handler import lambda_handler as apply_records
from functions.map_rows.handler import lambda_handler as map_rows
from functions.plan_run.handler import lambda_handler as plan_run
from functions.pull_medical.handler import lambda_handler as pull_medical
from functions.record_receipts.handler import lambda_handler as record_receipts
from functions.runtime import observability, wiring
from functions.stage_records.handler import lambda_handler as stage_records
from local.stack.moto import sign_out, speed, transactions, uploads
from shared.chunks import assemble
from shared.digests import sha256
from shared.keys import REQUESTS, answer_key, chunk_key, photo_key, snapshot_key
from shared.owners import bucket_of, owner_key
from shared.synergetic import CHUNK_COLUMNS, row_sets_of
from shared.synergetic import ROW_SETS as DECLARED
from tests.moment import holds

QUEUES = ("intake", "map", "stage", "plan", "apply.fifo", "return.fifo", "receipt", "medical.fifo")
HANDLERS: dict[str, Callable[[dict[str, Any], Any], Any]] = {
    "intake": accept_manifests,
    "map": map_rows,
    "stage": stage_records,
    "plan": plan_run,
    "apply.fifo": apply_records,
    "receipt": record_receipts,
    "medical.fifo": pull_medical,
}
APPLY = "apply.fifo"
BUCKET = "exchange"
Rows = dict[str, list[dict[str, Any]]]


class Killed(BaseException):
    """The process died here."""


@dataclass
class Cloud:
    """One school's stack."""

    s3: Any
    sqs: Any
    urls: dict[str, str]
    dice: random.Random = field(default_factory=lambda: random.Random(1))
    duplicates: bool = False
    shuffle: bool = False
    lossy: bool = False
    rounds: int = 60

    def put_chunks(self, rows: Rows, *, digits: int = 1) -> dict[str, Any]:
        """Put the chunks of all row sets as the relay does, two-way ones if there are any; return the manifest's row sets."""
        return {
            name: self._put_row_set(name, rows.get(name, []), digits)
            for name in dict.fromkeys((*row_sets_of("one-way"), *rows))
        }

    def _put_row_set(self, name: str, rows: list[dict[str, Any]], digits: int) -> dict[str, Any]:
        columns, owner = CHUNK_COLUMNS[name], DECLARED[name].owner
        lines: dict[str, list[bytes]] = {}
        for row in rows:
            key = owner_key(*(row[column] for column in owner))
            lines.setdefault(bucket_of(key, digits), []).append(msgspec.json.encode([row.get(column) for column in columns]))
        chunks = {}
        for bucket, some in lines.items():
            content = assemble(columns, some)
            self.s3.put_object(Bucket=BUCKET, Key=chunk_key(name, sha256(content)), Body=zstandard.compress(content))
            chunks[bucket] = {"digest": sha256(content), "rows": len(some)}
        return {"rows": len(rows), "counted": len(rows), "columns": list(columns), "chunks": chunks}

    def snapshot(self, rows: Rows, sequence: int, *, digits: int = 1, **but: Any) -> str:
        """Put a whole snapshot and return its manifest's key; `but` replaces fields of the manifest."""
        manifest = {
            "kind": "snapshot",
            "sequence": sequence,
            "relay_version": "0",
            "synergetic_version": "68",
            "schema_fingerprint": "0" * 64,
            "period": {"year": 2026, "semester": 2},
            "read_started_at": datetime(2026, 8, 1, tzinfo=UTC).isoformat(),
            "read_ended_at": datetime(2026, 8, 1, tzinfo=UTC).isoformat(),
            "digits": digits,
            "row_sets": self.put_chunks(rows, digits=digits),
        }
        key = snapshot_key(sequence)
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(manifest | but).encode())
        return key

    def photo(self, content: bytes) -> str:
        """Put a photo and return its digest."""
        digest = sha256(content)
        self.s3.put_object(Bucket=BUCKET, Key=photo_key(digest), Body=content)
        return digest

    def request(self, name: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Upload a request, have everything done that follows, and return its answer."""
        key = f"{REQUESTS}{name}.json"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(manifest).encode())
        self.pump()
        return self.answer(key)

    def answer(self, key: str) -> dict[str, Any]:
        """Return the answer to a manifest."""
        return json.loads(self.s3.get_object(Bucket=BUCKET, Key=answer_key(key))["Body"].read())

    def load(self, rows: Rows, sequence: int, **but: Any) -> dict[str, Any]:
        """Put a snapshot, have everything done that follows, and return its answer."""
        key = self.snapshot(rows, sequence, **but)
        self.pump()
        return self.answer(key)

    def pump(self) -> None:
        """Run the functions on what is queued until nothing is."""
        for _ in range(self.rounds):
            if not sum(self._once(queue) for queue in HANDLERS if queue != APPLY) and not self._once(APPLY):
                return
        raise AssertionError("the queues never became empty")

    def handed_out_again_after(self, seconds: int) -> None:
        """Let what the relay takes and leaves come back after so many seconds."""
        self.sqs.set_queue_attributes(QueueUrl=self.urls["return.fifo"], Attributes={"VisibilityTimeout": str(seconds)})

    def queued(self, queue: str) -> list[dict[str, Any]]:
        """Take and return the messages of a queue that no function here reads."""
        messages = self.sqs.receive_message(QueueUrl=self.urls[queue], MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]

    def _once(self, queue: str) -> bool:
        if not holds(self.urls[queue]):
            return False
        messages = self.sqs.receive_message(QueueUrl=self.urls[queue], MaxNumberOfMessages=10).get("Messages", [])
        if self.shuffle:
            self.dice.shuffle(messages)
        lost = {message["MessageId"] for message in messages if self.lossy and self.dice.random() < 0.3}
        heard = [message for message in messages if message["MessageId"] not in lost]
        failed = lost | (self._invoke(queue, heard) if heard else set())
        if self.duplicates and messages and queue != APPLY:
            again = [message for message in messages if self.dice.random() < 0.5]
            if again:
                self._invoke(queue, again)
        for message in messages:
            if message["MessageId"] in failed:
                self.sqs.change_message_visibility(
                    QueueUrl=self.urls[queue], ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )
        done = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
            for number, message in enumerate(messages)
            if message["MessageId"] not in failed
        ]
        if done:
            self.sqs.delete_message_batch(QueueUrl=self.urls[queue], Entries=done)
        return bool(messages)

    def _invoke(self, queue: str, messages: list[dict[str, Any]]) -> set[str]:
        event = {"Records": [_record(message, queue) for message in messages]}
        try:
            answer = HANDLERS[queue](event, context(queue))
        except Killed:
            return {message["MessageId"] for message in messages}
        return {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}


def _record(message: dict[str, Any], queue: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:ap-southeast-2:123456789012:{queue}",
        "awsRegion": "ap-southeast-2",
    }


def context(name: str) -> Any:
    """Return a Lambda context with plenty of time."""
    return SimpleNamespace(
        function_name=name,
        memory_limit_in_mb=512,
        invoked_function_arn=f"arn:aws:lambda:ap-southeast-2:123456789012:function:{name}",
        aws_request_id="00000000-0000-0000-0000-000000000000",
        get_remaining_time_in_millis=lambda: 900_000,
    )


@contextmanager
def cloud(environment: Callable[[str, str], None]) -> Iterator[Cloud]:
    """Run a stack's resources in moto; `environment` sets an environment variable."""
    transactions.teach()
    speed.teach()
    sign_out.teach()
    uploads.teach()
    with mock_aws():
        s3, sqs = boto3.client("s3"), boto3.client("sqs")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"})
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        urls = {}
        for name in QUEUES:
            fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
            urls[name] = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "300", **fifo})["QueueUrl"]
            if name != "intake":
                environment(f"{name.removesuffix('.fifo').upper()}_QUEUE_URL", urls[name])
        arn = sqs.get_queue_attributes(QueueUrl=urls["intake"], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        rules = [
            {
                "QueueArn": arn,
                "Events": ["s3:ObjectCreated:*"],
                "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": p}]}},
            }
            for p in ("manifests/", "heartbeat/")
        ]
        s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": rules})
        _tables()
        # Nothing here is ever still under way, and no test waits for minutes.
        environment("OPEROO_SETTINGS", '{"retries": {"create_again_after": 0}}')
        environment("EXCHANGE_BUCKET", BUCKET)
        environment("RECORDS_TABLE", "records")
        environment("RUNS_TABLE", "runs")
        environment("LEDGER_TABLE", "ledger")
        environment("CONSOLE_TABLE", "console")
        secret = boto3.client("secretsmanager").create_secret(Name="operoo", SecretString="sandbox-token")
        environment("OPEROO_TOKEN_SECRET", secret["ARN"])
        forget_wiring()
        yield Cloud(s3, sqs, urls)
        forget_wiring()


def forget_wiring() -> None:
    """Let the next use build settings and clients anew."""
    for module in (wiring, observability):
        for member in vars(module).values():
            if hasattr(member, "cache_clear"):
                member.cache_clear()


_OF_LEDGER = {"worklist": "work", "uncoded": "uncoded"}


def _tables() -> None:
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    text = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
    client = boto3.client("dynamodb")
    with_actions = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["kind", "action"]}
    for table, sorted_by, indexes in (
        ("records", "id", {"worklist": ("work", with_actions)}),
        ("ledger", "student", {name: (by, {"ProjectionType": "KEYS_ONLY"}) for name, by in _OF_LEDGER.items()}),
    ):
        named = (*(by for by, _ in indexes.values()), sorted_by)
        client.create_table(
            TableName=table,
            KeySchema=keys,
            AttributeDefinitions=[*text, *({"AttributeName": name, "AttributeType": "S"} for name in named)],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": name,
                    "KeySchema": [{"AttributeName": by, "KeyType": "HASH"}, {"AttributeName": sorted_by, "KeyType": "RANGE"}],
                    "Projection": projection,
                }
                for name, (by, projection) in indexes.items()
            ],
            BillingMode="PAY_PER_REQUEST",
        )
    at = {"AttributeName": "at", "AttributeType": "S"}
    history = {
        "IndexName": "history",
        "KeySchema": [keys[0], {"AttributeName": "at", "KeyType": "RANGE"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    for table, more in (("runs", {"GlobalSecondaryIndexes": [history]}), ("console", {})):
        client.create_table(
            TableName=table,
            KeySchema=keys,
            AttributeDefinitions=[*text, *([at] if more else [])],
            BillingMode="PAY_PER_REQUEST",
            **more,
        )
