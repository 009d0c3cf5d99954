"""The plans of runs, record by record, as compressed lines in the Runs table: kept and forgotten with their runs."""

from collections.abc import Iterable
from typing import Any

import zstandard

from functions.records.planned import PlanLine
from functions.store.items import ItemTable, expires_in
from functions.store.runs import KEEP_RUNS
from shared.digests import canonical_json, join_lines, sha256
from shared.owners import KINDS

# DynamoDB takes 400 KB; a plan of 25,000 records has some 100.
_PART = 350_000


class Plans(ItemTable):
    """What each run planned. `client` is a DynamoDB client that takes and gives Python values; `table` is the Runs table."""

    def put(self, run: str, lines: Iterable[PlanLine]) -> None:
        """Store a run's plan in place of what was stored of it before."""
        content = _packed(lines)
        parts = [content[at : at + _PART] for at in range(0, len(content), _PART)]
        expires_at = expires_in(KEEP_RUNS)
        for number, part in enumerate(parts):
            item = {"pk": f"plan#{run}", "sk": f"{number:03d}", "part": part, "of": len(parts), "expires_at": expires_at}
            self._client.put_item(TableName=self._table, Item=item)  # type: ignore[arg-type]

    def add(self, run: str, lines: Iterable[PlanLine]) -> None:
        """Store some lines of a plan that comes piece by piece, beside the others; the same lines are stored once."""
        content = _packed(lines)
        place = {"pk": f"plan#{run}", "sk": f"piece#{sha256(content)[:16]}"}
        item: Any = {**place, "part": content, "of": 0, "expires_at": expires_in(KEEP_RUNS)}
        self._client.put_item(TableName=self._table, Item=item)

    def get(self, run: str) -> list[PlanLine]:
        """Return a run's plan in the order of kinds and identifiers; empty if nothing was to do or no plan is kept."""
        items = list(self._query(f"plan#{run}"))
        parts = [item for item in items if item["of"]]
        # A plan that was stored anew may have had more parts before.
        whole = b"".join(bytes(item["part"]) for item in parts[: int(parts[0]["of"])]) if parts else b""
        pieces = [whole] if whole else [bytes(item["part"]) for item in items]
        lines = {(line.kind, line.id): line for piece in pieces for line in _unpacked(piece)}
        return sorted(lines.values(), key=lambda line: (KINDS.index(line.kind), line.id))


def _packed(lines: Iterable[PlanLine]) -> bytes:
    return zstandard.compress(join_lines(canonical_json(line.model_dump(mode="json")) for line in lines))


def _unpacked(content: bytes) -> list[PlanLine]:
    return [PlanLine.model_validate_json(line) for line in zstandard.decompress(content).splitlines()]
