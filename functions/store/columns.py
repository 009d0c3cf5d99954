"""Which of our fields the columns of a school's own spreadsheets are, as somebody said on screen: remembered by title."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from functions.store.items import ItemTable
from shared.owners import Kind

# Of titles of 100 characters, so that an item of 400 kB holds them all, and those of one more file.
_MOST = 2_000
_COLUMNS = "columns"


class KnownColumns(ItemTable):
    """The columns. `client` is a DynamoDB client that takes and gives Python values; `table` is the Console table."""

    def of(self, kind: Kind) -> dict[str, str]:
        """Return the field of each title that was ever said."""
        item = self._get(_COLUMNS, kind) or {"fields": {}}
        return {str(title): str(field) for title, field in item["fields"].items()}

    def remember(self, kind: Kind, fields: Mapping[str, str]) -> None:
        """Remember the fields of some titles, besides those that are remembered already, as far as there is room."""
        older = {title: field for title, field in self.of(kind).items() if title not in fields}
        item: Any = {"pk": _COLUMNS, "sk": kind, "fields": {**dict(islice(older.items(), _MOST)), **fields}}
        self._client.put_item(TableName=self._table, Item=item)
