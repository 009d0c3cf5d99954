"""The console's audit trail: who did what to whom, when, and what it was before and is since."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from functions.store.items import ItemTable


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

    def month(self, month: str) -> Iterator[AuditEntry]:
        """Yield the lines of a month of UTC (`2026-11`), newest first."""
        return map(AuditEntry.model_validate, self._query(f"audit#{month}", consistent=False, newest_first=True))

    def between(self, first: datetime, last: datetime) -> Iterator[AuditEntry]:
        """Yield the lines from a time to before another, newest first."""
        first, last = first.astimezone(UTC), last.astimezone(UTC)
        for month in _months(first, last):
            for deed in self.month(month):
                at = datetime.fromisoformat(deed.at)
                if at < first:
                    break
                if at < last:
                    yield deed


def _months(first: datetime, last: datetime) -> Iterator[str]:
    """Yield the months from the last to the first."""
    number = last.year * 12 + last.month - 1
    while number >= first.year * 12 + first.month - 1:
        yield f"{number // 12:04d}-{number % 12 + 1:02d}"
        number -= 1
