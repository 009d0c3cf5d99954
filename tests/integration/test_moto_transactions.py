"""DynamoDB as the local stack teaches it to moto: a failed transaction takes back its own writes and nobody else's."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.responses import DynamoHandler

from local.stack.moto import transactions

TABLE = "records"


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a client of a taught moto with one table, and let moto be as it was afterwards."""
    monkeypatch.setattr(DynamoHandler, "call_action", DynamoHandler.call_action)
    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", DynamoDBBackend.transact_write_items)
    transactions.teach()
    with mock_aws():
        client = boto3.resource("dynamodb").meta.client
        client.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        for name in ("old", "gone"):
            client.put_item(TableName=TABLE, Item=item(name, 1))
        yield client


def item(name: str, value: int) -> dict[str, Any]:
    """Return an item."""
    return {"pk": "p", "sk": name, "value": value}


def writes(*, holds: bool) -> list[dict[str, Any]]:
    """Return one write of each kind, and a condition on an item that the table does not have unless it holds."""
    where = {"TableName": TABLE}
    update = {"UpdateExpression": "SET #v = :v", "ExpressionAttributeNames": {"#v": "value"}}
    check = "attribute_not_exists(pk)" if holds else "attribute_exists(pk)"
    return [
        {"Put": {**where, "Item": item("new", 2)}},
        {"Update": {**where, "Key": {"pk": "p", "sk": "old"}, **update, "ExpressionAttributeValues": {":v": 2}}},
        {"Delete": {**where, "Key": {"pk": "p", "sk": "gone"}}},
        {"ConditionCheck": {**where, "Key": {"pk": "p", "sk": "nobody"}, "ConditionExpression": check}},
    ]


def held(client: Any) -> dict[str, int]:
    """Return everything in the table."""
    return {one["sk"]: int(one["value"]) for one in client.scan(TableName=TABLE)["Items"]}


def test_a_transaction_is_carried_out_as_a_whole(dynamodb: Any) -> None:
    """All its writes are there when its conditions hold."""
    dynamodb.transact_write_items(TransactItems=writes(holds=True))
    assert held(dynamodb) == {"old": 2, "new": 2}


def test_a_transaction_that_fails_leaves_nothing(dynamodb: Any) -> None:
    """What it put, changed and deleted is as it was before."""
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        dynamodb.transact_write_items(TransactItems=writes(holds=False))
    assert held(dynamodb) == {"old": 1, "gone": 1}


def test_a_failed_transaction_leaves_the_table_in_its_place(dynamodb: Any) -> None:
    """Moto would put a copy there, and with it lose what others wrote meanwhile."""
    tables = dynamodb_backends[DEFAULT_ACCOUNT_ID]["ap-southeast-2"].tables
    before = tables[TABLE]
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        dynamodb.transact_write_items(TransactItems=writes(holds=False))
    assert tables[TABLE] is before
