"""Which work stands still now, in the Runs table: written when it stops and when it goes on, not each time it is tried."""

from typing import TYPE_CHECKING, Any

from functions.records.runs import Stop, Stoppable
from functions.store.runs import now
from shared.errors import IntegrationError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_STOP = "stop"


class Stops:
    """What stands still. `client` is a DynamoDB client that takes and gives Python values; one worker writes of each work."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def all(self) -> list[Stop]:
        """Return what stands still, with why."""
        answer = self._client.query(
            TableName=self._table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": _STOP}
        )
        return [Stop.model_validate(dict(item)) for item in answer["Items"]]

    def stopped(self, work: Stoppable, error: IntegrationError) -> None:
        """Note that a work cannot be done, and why; while it stays so for the same reason, nothing is written."""
        before = self._get(work)
        if before is None or before.code != error.code:
            at = now() if before is None else before.at
            stop = Stop(work=work, at=at, code=error.code, reason=error.what, remedy=error.remedy)
            self._client.put_item(TableName=self._table, Item={**self._key(work), **stop.model_dump()})

    def goes_on(self, work: Stoppable) -> None:
        """Note that a work is done again, if it had stopped."""
        if self._get(work) is not None:
            self._client.delete_item(TableName=self._table, Key=self._key(work))

    def _get(self, work: Stoppable) -> Stop | None:
        item = self._client.get_item(TableName=self._table, Key=self._key(work), ConsistentRead=True).get("Item")
        return Stop.model_validate(dict(item)) if item else None

    @staticmethod
    def _key(work: Stoppable) -> dict[str, Any]:
        return {"pk": _STOP, "sk": work}
