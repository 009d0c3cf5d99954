"""What makes moto quick changes no answer."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import Binary
from moto import mock_aws
from moto.core.request import Request
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models.table import Table
from moto.sqs import models as sqs

from local.stack.moto import speed

KEY = {"pk": "p", "sk": "s"}
ITEM = {
    **KEY,
    "number": Decimal("1.50"),
    "yes": True,
    "nothing": None,
    "bytes": Binary(b"\x00\xff"),
    "words": {"a", "b"},
    "numbers": {Decimal(1), Decimal(2)},
    "empty": {"list": [], "map": {}, "text": ""},
    "nested": {"list": ["x", {"deep": [Decimal(1), None, False]}], "S": {"N": "not a type"}},
}


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    """Return a client of a taught moto with one table and one item."""
    with mock_aws():
        client = boto3.resource("dynamodb").meta.client
        client.create_table(
            TableName="records",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in KEY],
            BillingMode="PAY_PER_REQUEST",
        )
        client.put_item(TableName="records", Item=ITEM)
        yield client


def answers(client: Any) -> list[Any]:
    """Return the item in each way that it can be asked for."""
    where = {"TableName": "records"}
    asked = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": "p"}}
    written = {"UpdateExpression": "SET again = :a", "ExpressionAttributeValues": {":a": "1"}, "ReturnValues": "ALL_NEW"}
    return [
        client.get_item(**where, Key=KEY)["Item"],
        client.query(**where, **asked)["Items"],
        client.scan(**where)["Items"],
        client.batch_get_item(RequestItems={"records": {"Keys": [KEY]}})["Responses"],
        client.update_item(**where, Key=KEY, **written)["Attributes"],
    ]


def test_values_of_every_type_are_answered_as_moto_answers_them(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the members that a value has are looked for, and the answer is the same to the letter."""
    quickly = answers(dynamodb)
    assert quickly[0].keys() == ITEM.keys()
    dynamodb.put_item(TableName="records", Item=ITEM)
    monkeypatch.setattr(BaseJSONSerializer, "_serialize_type_structure", speed._structure_as_moto_writes_it)
    assert quickly == answers(dynamodb)


def test_a_query_finds_what_moto_would_find(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the key, by an index, backwards, in pages, and where there is nothing."""
    asked: list[dict[str, Any]] = [
        {"KeyConditionExpression": "pk = :v", "ExpressionAttributeValues": {":v": "p1"}},
        {"KeyConditionExpression": "pk = :v", "ExpressionAttributeValues": {":v": "nobody"}},
        {"KeyConditionExpression": "pk = :v AND sk > :s", "ExpressionAttributeValues": {":v": "p2", ":s": "s1"}},
        {"KeyConditionExpression": "pk = :v", "ExpressionAttributeValues": {":v": "p0"}, "ScanIndexForward": False, "Limit": 2},
        {"IndexName": "worklist", "KeyConditionExpression": "also = :v", "ExpressionAttributeValues": {":v": "odd"}},
    ]
    with mock_aws():
        client = boto3.resource("dynamodb").meta.client
        client.create_table(
            TableName="records",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "also")],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "worklist",
                    "KeySchema": [{"AttributeName": "also", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        for number in (3, 0, 2, 1):
            for place in ("p1", "p0", "p2"):
                item = {"pk": place, "sk": f"s{number}", "also": "odd" if number % 2 else "even"}
                client.put_item(TableName="records", Item=item)

        def found() -> list[Any]:
            answers = [client.query(TableName="records", **one) for one in asked]
            return [(one["Items"], one.get("LastEvaluatedKey")) for one in answers]

        quick = found()
        monkeypatch.setattr(Table, "query", speed._query_as_moto_answers_it)
        assert quick == found()
    assert [len(items) for items, _ in quick] == [4, 0, 2, 2, 6]


URLS = (
    "https://sqs.ap-southeast-2.amazonaws.com/",
    "http://127.0.0.1:5000/",
    "http://localhost/?a=b",
    "https://exchange.s3.ap-southeast-2.amazonaws.com/photos/ab_c-1.jpeg",
    "https://exchange.s3.ap-southeast-2.amazonaws.com/a%20name%2Fwith//more.json",
    "https://exchange.s3.ap-southeast-2.amazonaws.com",
)


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("body", [b'{"a": "b"}', b"a=b", b"", None])
@pytest.mark.parametrize("type_", ["application/x-amz-json-1.0", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("extra", [{}, {"x-amz-meta-my_key": "1"}])
def test_a_request_says_what_moto_would_read_in_it(url: str, body: bytes | None, type_: str, extra: dict[str, str]) -> None:
    """Whichever way it is built."""
    headers = {
        "X-Amz-Target": b"AmazonSQS.SendMessage",
        "Content-Type": type_,
        "Content-Length": str(len(body or b"")),
        **extra,
    }
    built = [build(Request, "POST", url, headers, body) for build in (speed._request, speed._request_as_moto_builds_it)]
    ours, motos = ({**one.environ, "wsgi.input": one.data, "werkzeug.request": None} for one in built)
    assert ours == motos
    ours, motos = ([one.raw_url, one.url, one.raw_path, one.form, one.values, sorted(one.headers)] for one in built)
    assert ours == motos


def test_a_message_is_handed_out_until_the_queue_forgets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is younger than the queue keeps messages is received; what is older is not."""
    with mock_aws():
        client = boto3.client("sqs")
        url = client.create_queue(QueueName="queue", Attributes={"MessageRetentionPeriod": "60"})["QueueUrl"]
        for age_s in (50, 70):
            with monkeypatch.context() as patch:
                now_ms = speed._now_ms() - age_s * 1000
                patch.setattr(sqs, "unix_time_millis", lambda then=now_ms: then)
                client.send_message(QueueUrl=url, MessageBody=f"{age_s} seconds old")
        received = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        assert [message["Body"] for message in received] == ["50 seconds old"]
