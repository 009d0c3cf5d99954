"""The console's audit trail: who did what to whom, when, and what it was before and is since."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from functions.store.batch_reads import count_items, query_items
from functions.store.items import ItemTable

_AT_ONCE = 200
_SECOND = len("2026-11-30T23:59:59")


class AuditEntry(BaseModel):
    """One line of the trail.

    Attributes:
        who: The person's e-mail address.
        what: In the terms of the console, such as `select`.
        to: What it was done to: identifiers, never names.
        before: What it was before, as far as that is a matter of a few words.
        after: What it is since.
        manifest: Where the request lies that carries it out, if one does.
    """

    model_config = ConfigDict(frozen=True)

    at: str = ""
    who: str
    what: str
    to: str = ""
    before: str = ""
    after: str = ""
    manifest: str = ""


class AuditTrail(ItemTable):
    """The trail. Lines are only ever added. `client` takes and gives Python values; `table` is the Console table."""

    def note(self, deed: AuditEntry) -> None:
        """Add a line."""
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        item = deed.model_copy(update={"at": at}).model_dump() | {"pk": f"audit#{at[:7]}", "sk": f"{at}#{uuid4().hex[:8]}"}
        self._client.put_item(TableName=self._table, Item=item)

    def between(self, first: datetime, last: datetime) -> Iterator[AuditEntry]:
        """Yield the lines from a time to before another, newest first, some at a time."""
        for query in self._queries(first, last):
            items = query_items(
                self._client, self._table, **query, ScanIndexForward=False, PaginationConfig={"PageSize": _AT_ONCE}
            )
            yield from map(AuditEntry.model_validate, items)

    def count(self, first: datetime, last: datetime) -> int:
        """Return how many lines there are from a time to before another; none of them is handed out."""
        return sum(count_items(self._client, self._table, **query) for query in self._queries(first, last))

    @staticmethod
    def _queries(first: datetime, last: datetime) -> Iterator[dict[str, Any]]:
        """Yield what asks for the lines of each month of UTC, the last first."""
        first, last = first.astimezone(UTC), last.astimezone(UTC)
        for number in reversed(range(_month(first), _month(last) + 1)):
            yield {
                "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
                # To the second, which sorts before all that has a part of it.
                "ExpressionAttributeValues": {
                    ":pk": f"audit#{number // 12:04d}-{number % 12 + 1:02d}",
                    ":first": first.isoformat(timespec="seconds")[:_SECOND],
                    ":last": last.isoformat(timespec="seconds")[:_SECOND],
                },
            }


def _month(of: datetime) -> int:
    return of.year * 12 + of.month - 1
