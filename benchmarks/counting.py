"""Counts every request to AWS that this process makes, by who makes it, and what DynamoDB charges for it.

botocore's own events are hooked, so the counts are exact: one per call, whatever moto answers. Items before and after a write
are looked up in moto's tables.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore import handlers
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table

from benchmarks.units import Item, index_units, read_units, size, write_units

ACCOUNT, REGION = "123456789012", "ap-southeast-2"
_WRITES = {"Put", "Update", "Delete", "ConditionCheck"}
_SINGLE = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}
_REFUSED = 400
_NAMES = ("QueueUrl", "SecretId", "TableName", "Bucket")


@dataclass
class Usage:
    """What was used since it was made.

    Attributes:
        requests: By who made it, service and operation.
        items: Written items by table; a write whose condition fails is charged all the same, and writes none.
        write_units: DynamoDB's write request units, those of indexes included.
        read_units: DynamoDB's read request units.
        keys: Who used what that is encrypted: a bucket, a queue, a table, a secret.
        fifo: Requests to FIFO queues.
        invocations: Lambda's, by function.
        batches: How many of these were for messages of a queue.
    """

    requests: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    items: Counter[str] = field(default_factory=Counter)
    write_units: int = 0
    read_units: float = 0
    keys: set[tuple[str, str]] = field(default_factory=set)
    fifo: int = 0
    invocations: Counter[str] = field(default_factory=Counter)
    batches: int = 0

    def of(self, who: str) -> Counter[str]:
        """Return the requests of `relay`, or of all functions for `functions`, by service and operation."""
        found: Counter[str] = Counter()
        for (maker, service, operation), count in self.requests.items():
            if (maker == "relay") == (who == "relay"):
                found[f"{service}:{operation}"] += count
        return found


class Counting:
    """The hook. Requests are counted while somebody is named as their maker."""

    def __init__(self) -> None:
        self.usage = Usage()
        self._who = ""

    @contextmanager
    def by(self, who: str) -> Iterator[None]:
        """Count what is requested meanwhile as made by `who`."""
        self._who, before = who, self._who
        try:
            yield
        finally:
            self._who = before

    @contextmanager
    def hooked(self) -> Iterator[None]:
        """Hook every client that is made from now on."""
        hooks: list[Any] = [("before-call", self._before), ("after-call", self._after)]
        handlers.BUILTIN_HANDLERS.extend(hooks)
        try:
            yield
        finally:
            for hook in hooks:
                handlers.BUILTIN_HANDLERS.remove(hook)

    def _before(self, model: Any, params: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:  # noqa: ANN401
        if not self._who:
            return
        service, operation = model.service_model.service_name, model.name
        self.usage.requests[(self._who, service, operation)] += 1
        body = json.loads(params["body"]) if service in {"dynamodb", "sqs", "secretsmanager"} else {}
        for what in _used(service, body, context):
            self.usage.keys.add((self._who, what))
        self.usage.fifo += str(body.get("QueueUrl", "")).endswith(".fifo")
        if service == "dynamodb":
            context["counted"] = body, [(name, one, _stored(one)) for name, one in _writes(operation, body)]

    def _after(self, model: Any, http_response: Any, context: dict[str, Any], **_: object) -> None:  # noqa: ANN401
        if "counted" not in context:
            return
        body, writes = context.pop("counted")
        for verb, write, before in writes:
            self._wrote(write, before, in_transaction=model.name == "TransactWriteItems")
            if verb != "ConditionCheck" and http_response.status_code < _REFUSED:
                self.usage.items[_table(write).name] += 1
        if not writes:
            self.usage.read_units += _read(json.loads(http_response.content), body)

    def _wrote(self, write: Mapping[str, Any], before: Item | None, *, in_transaction: bool) -> None:
        after = _stored(write)
        self.usage.write_units += write_units(before, after, in_transaction=in_transaction)
        for index in _table(write).global_indexes:
            self.usage.write_units += index_units(_entry(write, index, before), _entry(write, index, after))


def _used(service: str, body: Mapping[str, Any], context: Mapping[str, Any]) -> Iterator[str]:
    if service == "s3":
        yield f"s3 {context.get('input_params', {}).get('Bucket', '')}"
    for name in _NAMES:
        if name in body:
            yield f"{service} {body[name]}"
    for table in body.get("RequestItems", {}):
        yield f"{service} {table}"
    for one in body.get("TransactItems", ()):
        yield from (f"{service} {write['TableName']}" for write in one.values())


def _writes(operation: str, body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if operation in _SINGLE:
        yield _SINGLE[operation], body
    for one in body.get("TransactItems", ()):
        yield from ((verb, write) for verb, write in one.items() if verb in _WRITES)


def _table(write: Mapping[str, Any]) -> Table:
    table: Table = dynamodb_backends[ACCOUNT][REGION].tables[write["TableName"]]
    return table


def _stored(write: Mapping[str, Any]) -> Item | None:
    table, given = _table(write), write.get("Key") or write["Item"]
    names = (table.hash_key_attr, table.range_key_attr)
    key = {name: given[name] for name in names if name}
    item = dynamodb_backends[ACCOUNT][REGION].get_item(write["TableName"], key)
    attributes: Item | None = item.to_json()["Attributes"] if item else None
    return attributes


def _entry(write: Mapping[str, Any], index: Any, item: Item | None) -> Item | None:  # noqa: ANN401 - moto's own class
    names = [one["AttributeName"] for one in index.schema]
    if item is None or not all(name in item for name in names):
        return None
    table = _table(write)
    others = item if index.projection["ProjectionType"] == "ALL" else index.projection.get("NonKeyAttributes", [])
    kept = [*names, table.hash_key_attr, table.range_key_attr, *others]
    return {name: item[name] for name in kept if name in item}


def _read(answer: Mapping[str, Any], body: Mapping[str, Any]) -> float:
    consistent = bool(body.get("ConsistentRead"))
    if "Responses" in answer:
        asked = body["RequestItems"]
        keys = sum(len(one["Keys"]) for one in asked.values())
        found = [item for items in answer["Responses"].values() for item in items]
        each = (read_units(size(item), consistent=any(one.get("ConsistentRead") for one in asked.values())) for item in found)
        return sum(each) + (keys - len(found)) * 1.0
    items = answer.get("Items", [answer["Item"]] if "Item" in answer else [])
    return read_units(sum(map(size, items)), consistent=consistent)
