"""Marks of who was linked or unlinked, in the Runs table: the groups that name them are to be applied again."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from functions.store.conflicts import ChangedMeanwhileError, translate_conflicts
from functions.store.items import ItemTable
from shared.owners import Kind


class LinkMarks(ItemTable):
    """Marks, each until the groups were looked through."""

    def mark(self, kind: Kind, record_id: str) -> dict[str, Any]:
        """Return the put that marks a person as newly linked or unlinked."""
        item = {"pk": "relinked", "sk": f"{kind}#{record_id}", "at": datetime.now(UTC).isoformat()}
        return {"TableName": self._table, "Item": item}

    def all(self) -> dict[str, str]:
        """Return the marks of newly linked or unlinked people: `<kind>#<id>` to when."""
        return {item["sk"]: item["at"] for item in self._query("relinked")}

    def forget(self, marks: Mapping[str, str]) -> None:
        """Remove marks, but not those that were made anew meanwhile."""
        for key, at in marks.items():
            try:
                with translate_conflicts():
                    self._client.delete_item(
                        TableName=self._table,
                        Key={"pk": "relinked", "sk": key},
                        ConditionExpression="#at = :at",
                        ExpressionAttributeNames={"#at": "at"},
                        ExpressionAttributeValues={":at": at},
                    )
            except ChangedMeanwhileError:
                continue
