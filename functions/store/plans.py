"""The plans of runs, record by record, as compressed lines in the Runs table: kept and forgotten with their runs."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import zstandard

from functions.records.planned import PlanLine
from functions.store.batch_reads import query_items
from functions.store.runs import KEEP_RUNS
from shared.digests import canonical_json, join_lines

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# DynamoDB takes 400 KB; a plan of 25,000 records has some 100.
_PART = 350_000


class Plans:
    """What each run planned. `client` is a DynamoDB client that takes and gives Python values; `table` is the Runs table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def put(self, run: str, lines: Iterable[PlanLine]) -> None:
        """Store a run's plan in place of what was stored of it before."""
        ndjson = join_lines(canonical_json(line.model_dump(mode="json")) for line in lines)
        content = zstandard.compress(ndjson)
        parts = [content[at : at + _PART] for at in range(0, len(content), _PART)]
        expires_at = int((datetime.now(UTC) + KEEP_RUNS).timestamp())
        for number, part in enumerate(parts):
            item = {"pk": f"plan#{run}", "sk": f"{number:03d}", "part": part, "of": len(parts), "expires_at": expires_at}
            self._client.put_item(TableName=self._table, Item=item)  # type: ignore[arg-type]

    def get(self, run: str) -> list[PlanLine]:
        """Return a run's plan in the order of kinds and identifiers; empty if nothing was to do or no plan is kept."""
        items = query_items(
            self._client,
            self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": f"plan#{run}"},
        )
        parts = list(items)
        if not parts:
            return []
        # A plan that was stored anew may have had more parts before.
        content = b"".join(bytes(item["part"]) for item in parts[: int(parts[0]["of"])])
        return [PlanLine.model_validate_json(line) for line in zstandard.decompress(content).splitlines()]
