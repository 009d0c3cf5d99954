"""Whose profiles Operoo's are: no two records may end in one, or one person's details would be written over the other's."""

from collections import defaultdict

from functions.records.staged import StagedRecord
from functions.store.records import RecordsTable
from shared.owners import Kind


class Owners:
    """Finds records by Operoo's identifier. All of a kind are read once, when that is first asked.

    Who is linked later bears a mark in Operoo, so what was read is enough for a round.

    Args:
        records: The staging area.
    """

    def __init__(self, records: RecordsTable) -> None:
        self._records = records
        self._ids: dict[Kind, dict[str, list[str]]] = {}

    def others(self, staged: StagedRecord, operoo_id: str) -> list[StagedRecord]:
        """Return the other records of its kind whose profile this is, or was before they were let go."""
        if staged.kind not in self._ids:
            found: dict[str, list[str]] = defaultdict(list)
            for one in self._records.all(staged.kind):
                if one.operoo_id:
                    found[one.operoo_id].append(one.id)
            self._ids[staged.kind] = found
        ids = [one for one in self._ids[staged.kind].get(operoo_id, ()) if one != staged.id]
        return list(self._records.get_many(staged.kind, ids).values()) if ids else []
