"""The Console table's counts of each day: how many records changed, were applied, and could not be.

Each part of a list counts for itself, in one transaction with the part: what was counted stands in the list, so it is never
counted twice, and no two writers ever meet.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from functions.records.list_lines import Line
from functions.store.batch_reads import query_items
from functions.store.items import ItemTable
from shared.owners import Kind

KEEP_DAYS = timedelta(days=400)
_DAYS = "days"


class DayCounts(BaseModel):
    """What happened in a day, or in a step of it.

    Attributes:
        changed: Records that came, changed or went in Synergetic.
        applied: Profiles and groups that were made, changed, archived or released in Operoo.
        failed: What could not be done.
    """

    changed: int = 0
    applied: int = 0
    failed: int = 0


def counts_between(before: Mapping[str, Line], after: Iterable[Line]) -> DayCounts:
    """Return what happened to records from their lines before to their lines after."""
    changed = applied = failed = 0
    for line in after:
        old = before.get(line.id)
        # A record that was forgotten and came anew begins at nothing.
        if old is None or old.changes > line.changes or old.applies > line.applies or old.failures > line.failures:
            old = Line(line.id, line.name)
        changed += line.changes - old.changes
        applied += line.applies - old.applies
        failed += line.failures - old.failures
    return DayCounts(changed=changed, applied=applied, failed=failed)


def addition(table: str, day: date, kind: Kind, digit: str, counts: DayCounts) -> dict[str, Any]:
    """Return the write that adds a part's counts to a day, for a transaction."""
    expires_at = datetime(day.year, day.month, day.day, tzinfo=UTC) + KEEP_DAYS
    return {
        "TableName": table,
        "Key": {"pk": _DAYS, "sk": f"day#{day.isoformat()}#{kind}#{digit}"},
        "UpdateExpression": "SET expires_at = :expires_at ADD changed :changed, applied :applied, failed :failed",
        "ExpressionAttributeValues": {
            ":expires_at": int(expires_at.timestamp()),
            **{f":{name}": number for name, number in counts},
        },
    }


class DaysTable(ItemTable):
    """The counts. `client` is a DynamoDB client that takes and gives Python values; `table` is the Console table."""

    def between(self, first: date, last: date) -> dict[date, DayCounts]:
        """Return the counts by day, from the first to the last; of a day that is not among them nothing is known."""
        items = query_items(
            self._client,
            self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            # `$` sorts behind the `#` that follows a day.
            ExpressionAttributeValues={":pk": _DAYS, ":first": f"day#{first}", ":last": f"day#{last}$"},
        )
        found: dict[date, DayCounts] = {}
        for item in items:
            day = date.fromisoformat(item["sk"].split("#")[1])
            so_far = found.get(day, DayCounts())
            found[day] = DayCounts(**{name: number + int(item[name]) for name, number in so_far})
        return found
