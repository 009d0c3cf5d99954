"""The Records table: the staging area, its worklists and every record's timeline.

A record lies under `<kind>#<first hex digit of its owner's hash>` and sorts by `<hash>#<id>`, so that one query reads a bucket
under any split. The sparse index `worklist` holds only what waits. Every write is conditional on the record's version, so two
writers never overwrite each other. What a write did is stored in the record itself, and the next write first moves it to the
timeline: nothing of a timeline is lost by a crash, and no transaction is needed for it.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from functions.records.staged import Change, Event, StagedRecord, WorkState, action_of, work_of
from functions.store.batch_reads import get_items, query_items
from functions.store.conflicts import reasons_of, translate_conflicts
from functions.store.items import expires_in
from shared.owners import PARTITIONS, Kind, owner_hash

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TRANSACTION_ITEMS = 100
# DynamoDB takes 4 MB in a transaction; what is not a record's own attribute, such as its keys, has the rest.
_TRANSACTION_BYTES = 3_500_000
_PAUSES_S = (0.2, 0.6, 1.8, 0)
_TOO_MUCH = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded"})
Item = dict[str, Any]


class RecordsTable:
    """The staging area.

    Args:
        client: A DynamoDB client that takes and gives Python values (a resource's `meta.client`).
        table: Its name.
        forget_after_days: After so many days DynamoDB removes a record that is past, and a line of a timeline; 0 keeps them.
    """

    def __init__(self, client: "DynamoDBClient", table: str, *, forget_after_days: int = 0) -> None:
        self._client = client
        self._table = table
        self._forget_after = timedelta(days=forget_after_days)

    def bucket(self, kind: Kind, prefix: str) -> list[StagedRecord]:
        """Return the records of a bucket, strongly consistent."""
        items = query_items(
            self._client,
            self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": f"{kind}#{prefix[0]}", ":prefix": prefix},
        )
        return list(map(_staged, items))

    def all(self, kind: Kind) -> Iterator[StagedRecord]:
        """Yield every record of a kind: reads the whole kind, so only for what happens seldom."""
        for partition in PARTITIONS:
            yield from self.bucket(kind, partition)

    def get(self, kind: Kind, record_id: str) -> StagedRecord | None:
        """Return one record, strongly consistent, or None."""
        return self.get_many(kind, [record_id]).get(record_id)

    def get_many(self, kind: Kind, record_ids: Iterable[str]) -> dict[str, StagedRecord]:
        """Return the records that exist, by id, strongly consistent."""
        keys = [_key(kind, record_id) for record_id in dict.fromkeys(record_ids)]
        return {str(item["id"]): _staged(item) for item in get_items(self._client, self._table, keys)}

    def waiting(self, state: WorkState, kind: Kind) -> Iterator[str]:
        """Yield the ids on a worklist. Eventually consistent: read each record again before acting on it."""
        items = query_items(
            self._client,
            self._table,
            IndexName="worklist",
            KeyConditionExpression="#work = :work",
            ExpressionAttributeNames={"#work": "work"},
            ExpressionAttributeValues={":work": f"{state}#{kind}"},
        )
        return (str(item["id"]) for item in items)

    def save(self, changes: Iterable[Change]) -> None:
        """Write records, one after the other.

        Raises:
            ChangedMeanwhileError: A record was written since it was read. Those before it are written.
        """
        for change in changes:
            self.save_one(change)

    def save_one(self, change: Change) -> StagedRecord:
        """Write a record and return it as it is stored.

        Raises:
            ChangedMeanwhileError: It was written since it was read.
        """
        for item in (*change.also, *self._lines(change.record)):
            self._client.put_item(**item)
        stored = _next(change)
        with translate_conflicts():
            self._client.put_item(**self._put(stored))
        return stored

    def save_guarded(self, changes: Sequence[Change], *, guard: Mapping[str, Any]) -> None:
        """Write records in transactions, each of which happens only while a condition elsewhere holds.

        Args:
            changes: What to write.
            guard: That condition, as a transaction's condition check.

        Raises:
            ChangedMeanwhileError: A record was written since it was read, or the guard does not hold. Transactions before that
                one are done.
        """
        group: list[Item] = []
        size = 0
        for change in changes:
            stored = _next(change)
            writes = [{"Put": put} for put in (*change.also, *self._lines(change.record), self._put(stored))]
            more = len(stored.model_dump_json().encode())
            if len(group) + len(writes) + 1 > _TRANSACTION_ITEMS or size + more > _TRANSACTION_BYTES:
                self._transact(group, guard)
                group, size = [], 0
            group += writes
            size += more
        if group:
            self._transact(group, guard)

    def timeline(self, kind: Kind, record_id: str) -> list[Event]:
        """Return what happened to a record, oldest first."""
        record = self.get(kind, record_id)
        items = query_items(
            self._client,
            self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": f"timeline#{kind}#{record_id}"},
        )
        if record is None:
            return list(map(Event.model_validate, items))
        # What the record tells itself may be there, too: whoever moved it may not have lived to write the record.
        moved = [Event.model_validate(item) for item in items if not item["sk"].startswith(_moved(record))]
        return [*moved, *record.events]

    def _put(self, record: StagedRecord) -> Item:
        condition: Item = {"ConditionExpression": "attribute_not_exists(pk)"}
        if record.version > 1:
            condition = {"ConditionExpression": "version = :old", "ExpressionAttributeValues": {":old": record.version - 1}}
        return {"TableName": self._table, "Item": _item(record) | (self._until() if record.past else {}), **condition}

    def _until(self) -> Item:
        """Return the attribute by which DynamoDB forgets an item that is written now."""
        return {"expires_at": expires_in(self._forget_after)} if self._forget_after else {}

    def _lines(self, record: StagedRecord) -> list[Item]:
        """Return the puts that move the last write's events to the timeline; doing it again does the same."""
        key = {"pk": f"timeline#{record.kind}#{record.id}"}
        return [
            {
                "TableName": self._table,
                "Item": key | {"sk": f"{_moved(record)}{n}", **event.model_dump(), **self._until()},
            }
            for n, event in enumerate(record.events)
        ]

    def _transact(self, writes: list[Item], guard: Mapping[str, Any]) -> None:
        items: Any = [{"ConditionCheck": guard}, *writes]
        for pause_s in _PAUSES_S:
            try:
                with translate_conflicts():
                    self._client.transact_write_items(TransactItems=items)
            except ClientError as error:
                # botocore asks again for whatever else was too much for DynamoDB, but not for a transaction.
                if not pause_s or _TOO_MUCH.isdisjoint(reasons_of(error)):
                    raise
                time.sleep(pause_s)
            else:
                return


def _moved(record: StagedRecord) -> str:
    """Return how the keys begin under which the timeline has what this write of a record did."""
    return f"{record.version:010d}#"


def _key(kind: Kind, record_id: str) -> dict[str, str]:
    hashed = owner_hash(record_id)
    return {"pk": f"{kind}#{hashed[0]}", "sk": f"{hashed}#{record_id}"}


def _next(change: Change) -> StagedRecord:
    """Return the record as it is stored: one version on, with what this write did."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    events = tuple(event.model_copy(update={"at": at}) for event in change.events)
    return change.record.but(version=change.record.version + 1, events=events, tally=change.record.tally.after(events))


def _item(record: StagedRecord) -> Item:
    item = record.model_dump(mode="json", exclude_none=True, exclude_defaults=True) | _key(record.kind, record.id)
    item |= {"kind": record.kind, "id": record.id, "version": record.version, "sequence": record.sequence}
    work = work_of(record)
    if work is not None:
        item |= {"work": f"{work}#{record.kind}", "action": action_of(record) or "none"}
    return item


def _staged(item: Mapping[str, Any]) -> StagedRecord:
    return StagedRecord.model_validate(dict(item))
