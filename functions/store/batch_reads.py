"""Reads many items of a DynamoDB table: by their keys, or all that a query finds."""

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ITEMS = 100
_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 2.0


def get_items(client: "DynamoDBClient", table: str, keys: Sequence[dict[str, str]]) -> Iterator[dict[str, Any]]:
    """Yield the items that exist, strongly consistent, in no order. The keys must differ."""
    left = list(keys)
    pause_s = _PAUSE_S
    while left:
        some, left = left[:_ITEMS], left[_ITEMS:]
        answer = client.batch_get_item(RequestItems={table: {"Keys": some, "ConsistentRead": True}})
        yield from map(dict, answer["Responses"].get(table, []))
        again: Any = answer.get("UnprocessedKeys", {}).get(table, {"Keys": []})
        if again["Keys"]:
            # DynamoDB is out of breath: what it left is asked for again, but not at once.
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        left += again["Keys"]


def query_items(client: "DynamoDBClient", table: str, **query: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - what `query` takes
    """Yield the items that a query finds, page after page."""
    for page in client.get_paginator("query").paginate(TableName=table, **query):
        yield from map(dict, page["Items"])


def count_items(client: "DynamoDBClient", table: str, **query: Any) -> int:  # noqa: ANN401 - as above
    """Return how many items a query finds; none of them is handed out."""
    return sum(page["Count"] for page in client.get_paginator("query").paginate(TableName=table, Select="COUNT", **query))
