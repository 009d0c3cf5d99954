"""Which work stands still now, in the Runs table: written when it stops and when it goes on, not each time it is tried."""

from functions.records.runs import Stop, Stoppable
from functions.store.items import ItemTable, item_of, now
from shared.errors import IntegrationError

_STOP = "stop"


class Stops(ItemTable):
    """What stands still. `client` is a DynamoDB client that takes and gives Python values; one worker writes of each work."""

    def all(self) -> list[Stop]:
        """Return what stands still, with why."""
        return [Stop.model_validate(item) for item in self._query(_STOP, consistent=False)]

    def stopped(self, work: Stoppable, error: IntegrationError) -> None:
        """Note that a work cannot be done, and why; while it stays so for the same reason, nothing is written."""
        before = self._stop(work)
        if before is None or (before.code, before.reason) != (error.code, error.what):
            at = now() if before is None else before.at
            stop = Stop(work=work, at=at, code=error.code, reason=error.what, remedy=error.remedy)
            self._client.put_item(TableName=self._table, Item=item_of(_STOP, work, stop))

    def goes_on(self, work: Stoppable) -> None:
        """Note that a work is done again, if it had stopped."""
        if self._stop(work) is not None:
            self._client.delete_item(TableName=self._table, Key={"pk": _STOP, "sk": work})

    def _stop(self, work: Stoppable) -> Stop | None:
        item = self._get(_STOP, work)
        return Stop.model_validate(item) if item else None
