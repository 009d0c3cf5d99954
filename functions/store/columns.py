"""Which of our fields the columns of a school's own spreadsheets are, as somebody said on screen: remembered by title."""

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from shared.owners import Kind

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Of titles of 100 characters, so that an item of 400 kB holds them all, and those of one more file.
_MOST = 2_000


class KnownColumns:
    """The columns. `client` is a DynamoDB client that takes and gives Python values; `table` is the Console table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def of(self, kind: Kind) -> dict[str, str]:
        """Return the field of each title that was ever said."""
        answer = self._client.get_item(TableName=self._table, Key=_key(kind), ConsistentRead=True)
        item: Any = answer.get("Item") or {"fields": {}}
        return {str(title): str(field) for title, field in item["fields"].items()}

    def remember(self, kind: Kind, fields: Mapping[str, str]) -> None:
        """Remember the fields of some titles, besides those that are remembered already, as far as there is room."""
        older = {title: field for title, field in self.of(kind).items() if title not in fields}
        item: Any = {**_key(kind), "fields": {**dict(islice(older.items(), _MOST)), **fields}}
        self._client.put_item(TableName=self._table, Item=item)


def _key(kind: Kind) -> dict[str, str]:
    return {"pk": "columns", "sk": kind}
