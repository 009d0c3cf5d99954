"""The console's lists: each kind's records in sixteen parts, so that a school is read by one query and filtered in memory.

A part is compressed JSON: a list of twenty thousand students, each with a photo, is about 1.6 MB, two of a query's pages. A
part that is as it was when this process read it last is not decompressed and read again.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import zstandard

from functions.records.list_lines import FORMAT, Line
from functions.store.conflicts import translate_conflicts
from functions.store.days import DayCounts, addition, counts_between
from functions.store.items import ItemTable
from shared.owners import Kind

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Part(NamedTuple):
    """One part of a kind's list.

    Attributes:
        lines: By the records' ids.
        revision: Under which it was read; 0 if it must be made anew.
        outdated: It is there, in an older format: nobody can tell any more what happened since.
    """

    lines: dict[str, Line]
    revision: int
    outdated: bool = False


class Lists(ItemTable):
    """The lists. `client` is a DynamoDB client that takes and gives Python values; `table` is the Console table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        super().__init__(client, table)
        self._read: dict[tuple[str, str], tuple[bytes, tuple[Line, ...]]] = {}

    def all(self, kind: Kind) -> list[Line]:
        """Return every record of a kind, in no order. May be a few seconds old."""
        return [line for item in self._query(f"list#{kind}", consistent=False) for line in self._remembered(item)]

    def part(self, kind: Kind, digit: str) -> Part:
        """Return one part, strongly consistent; empty with the revision 0 if there is none of today's format."""
        item = self._get(f"list#{kind}", digit)
        if not item or item["format"] != FORMAT:
            return Part({}, 0, outdated=bool(item))
        return Part({line.id: line for line in _lines(item)}, int(item["revision"]))

    def put(self, kind: Kind, digit: str, lines: Collection[Line], *, instead_of: Part, day: date) -> None:
        """Store a part in place of the one that was read, and count for a day what happened from that one to this.

        Raises:
            ChangedMeanwhileError: It was written since it was read.
        """
        content = zstandard.compress(json.dumps(list(lines), separators=(",", ":"), ensure_ascii=False).encode())
        item: Any = {"pk": f"list#{kind}", "sk": digit, "format": FORMAT, "lines": content, "revision": instead_of.revision + 1}
        condition: dict[str, Any] = {
            "ConditionExpression": "attribute_not_exists(pk) OR #format <> :format",
            "ExpressionAttributeNames": {"#format": "format"},
            "ExpressionAttributeValues": {":format": FORMAT},
        }
        if instead_of.revision:
            condition = {"ConditionExpression": "revision = :old", "ExpressionAttributeValues": {":old": instead_of.revision}}
        put = {"TableName": self._table, "Item": item, **condition}
        counts = DayCounts() if instead_of.outdated else counts_between(instead_of.lines, lines)
        writes: Any = [{"Put": put}, {"Update": addition(self._table, day, kind, digit, counts)}]
        with translate_conflicts():
            if counts == DayCounts():
                self._client.put_item(**put)
            else:
                self._client.transact_write_items(TransactItems=writes)

    def _remembered(self, item: Mapping[str, Any]) -> Sequence[Line]:
        if item["format"] != FORMAT:
            return ()
        place, content = (item["pk"], item["sk"]), bytes(item["lines"])
        read = self._read.get(place)
        if read is None or read[0] != content:
            read = self._read[place] = (content, _lines(item))
        return read[1]


def _lines(item: Mapping[str, Any]) -> tuple[Line, ...]:
    return tuple(Line(*values) for values in json.loads(zstandard.decompress(bytes(item["lines"]))))
