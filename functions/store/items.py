"""What the tables of single items have in common: items by key, all of a partition, and puts that hold only on a condition."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from functions.store.batch_reads import query_items
from functions.store.conflicts import ChangedMeanwhileError, TransactionsMetError, translate_conflicts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ItemTable:
    """A table, or a part of one. `client` is a DynamoDB client that takes and gives Python values."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def _get(self, pk: str, sk: str) -> dict[str, Any] | None:
        answer = self._client.get_item(TableName=self._table, Key={"pk": pk, "sk": sk}, ConsistentRead=True)
        item = answer.get("Item")
        return dict(item) if item else None

    def _query(self, pk: str, *, consistent: bool = True, newest_first: bool = False) -> Iterator[dict[str, Any]]:
        """Yield the items of a partition; a reading that is not consistent costs half, and may be a few seconds old."""
        return query_items(
            self._client,
            self._table,
            ConsistentRead=consistent,
            ScanIndexForward=not newest_first,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": pk},
        )

    def _replace(self, item: dict[str, Any], *, revision: int) -> None:
        """Put an item in the place of the one that was read under a revision, 0 if there was none, under the next one.

        Raises:
            ChangedMeanwhileError: Somebody else wrote it since.
        """
        item["revision"] = revision + 1
        if not self._put_if(item, "attribute_not_exists(pk) OR revision = :old", {":old": revision}):
            raise ChangedMeanwhileError("Somebody else wrote the same meanwhile.")

    def _put_if(
        self, item: dict[str, Any], condition: str, values: dict[str, Any] | None = None, *, names: dict[str, str] | None = None
    ) -> bool:
        extra: Any = {"ExpressionAttributeValues": values} if values else {}
        extra |= {"ExpressionAttributeNames": names} if names else {}
        try:
            with translate_conflicts():
                self._client.put_item(TableName=self._table, Item=item, ConditionExpression=condition, **extra)
        except TransactionsMetError:
            raise
        except ChangedMeanwhileError:
            return False
        return True


def now() -> str:
    """Return the time as it is stored: ISO 8601, UTC, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def expires_in(period: timedelta) -> int:
    """Return when DynamoDB shall forget an item that is written now, as its attribute `expires_at`."""
    return int((datetime.now(UTC) + period).timestamp())


def item_of(pk: str, sk: str, model: BaseModel) -> dict[str, Any]:
    """Return a model as an item."""
    return {"pk": pk, "sk": sk, **model.model_dump(mode="json")}
