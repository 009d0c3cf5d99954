"""The settings in the Console table: a version an item, under `settings`; the newest holds."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from functions.records.chosen_settings import Version
from functions.store.conflicts import ChangedMeanwhileError
from functions.store.items import ItemTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PK = "settings"
FRESH_S = 60


class UnreadableSettingsError(ValueError):
    """The newest settings in the table are none that this code knows: of a newer release, or written by hand."""


class ChosenSettingsTable(ItemTable):
    """The versions.

    Args:
        client: A DynamoDB client that takes and gives Python values.
        table: The Console table.
        clock: Tells the time in seconds.
    """

    def __init__(self, client: "DynamoDBClient", table: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(client, table)
        self._clock = clock
        self._read_at: float | None = None
        self._newest: Version | UnreadableSettingsError | None = None

    def newest(self, *, within_s: float = FRESH_S) -> Version | None:
        """Return the newest version, as it was at most so long ago; None if nobody ever chose anything.

        Raises:
            UnreadableSettingsError: It cannot be read.
        """
        now = self._clock()
        if self._read_at is None or now - self._read_at >= within_s:
            self._newest, self._read_at = self._read(), now
        if isinstance(self._newest, UnreadableSettingsError):
            raise self._newest
        return self._newest

    def _read(self) -> Version | UnreadableSettingsError | None:
        items: Any = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": _PK},
            ScanIndexForward=False,
            Limit=1,
            ConsistentRead=True,
        )["Items"]
        try:
            return _version(items[0]) if items else None
        except (ValidationError, KeyError):
            return UnreadableSettingsError("the newest settings cannot be read")

    def versions(self) -> Iterator[Version]:
        """Yield the versions that can be read, newest first."""
        for item in self._query(_PK, newest_first=True):
            with suppress(ValidationError, KeyError):
                yield _version(item)

    def put(self, version: Version) -> None:
        """Add a version.

        Raises:
            ChangedMeanwhileError: There is one of this number already.
        """
        item = {"pk": _PK, "sk": f"{version.number:08d}", "version": version.model_dump_json()}
        if not self._put_if(item, "attribute_not_exists(pk)"):
            raise ChangedMeanwhileError(f"There is a version {version.number} already.")
        self._newest, self._read_at = version, self._clock()


def _version(item: Any) -> Version:  # noqa: ANN401 - as it lies in the table
    return Version.model_validate_json(item["version"])
