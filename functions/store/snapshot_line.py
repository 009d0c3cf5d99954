"""The line of snapshots, in the Runs table: the newest accepted one, and how far each bucket is staged."""

from collections.abc import Iterable, Sequence
from typing import Any

from functions.records.runs import BucketState, Head
from functions.store.conflicts import ChangedMeanwhileError, translate_conflicts
from functions.store.items import ItemTable, item_of
from shared.owners import Kind

_CLAIMS = 99


class SnapshotLine(ItemTable):
    """Which snapshot is the newest, and which of its buckets are staged."""

    def head(self) -> Head | None:
        """Return the newest accepted snapshot, strongly consistent."""
        item = self._get("head", "head")
        return Head.model_validate(item) if item else None

    def advance(self, head: Head) -> bool:
        """Make `head` the newest snapshot and return True, or False if a newer one is there.

        Raises:
            TransactionsMetError: The buckets of another are claimed at this moment.
        """
        return self._put_if(
            item_of("head", "head", head),
            "attribute_not_exists(pk) OR #sequence <= :sequence",
            {":sequence": head.sequence},
            names={"#sequence": "sequence"},
        )

    def bucket_states(self, kind: Kind) -> dict[str, BucketState]:
        """Return all buckets of a kind, strongly consistent."""
        return {item["bucket"]: BucketState.model_validate(item) for item in self._query(f"bucket#{kind}")}

    def bucket_state(self, kind: Kind, bucket: str) -> BucketState | None:
        """Return a bucket's state, strongly consistent, or None if no snapshot has it."""
        item = self._get(f"bucket#{kind}", bucket)
        return BucketState.model_validate(item) if item else None

    def claim(self, places: Sequence[tuple[Kind, str]], *, sequence: int) -> None:
        """Claim buckets for the newest snapshot: from now on only its messages may stage them.

        What was staged counts as unknown until that is done, so that a snapshot which comes meanwhile claims them as well.

        Raises:
            ChangedMeanwhileError: A newer snapshot was accepted.
        """
        newest = {
            "TableName": self._table,
            "Key": {"pk": "head", "sk": "head"},
            "ConditionExpression": "#sequence = :sequence",
            "ExpressionAttributeNames": {"#sequence": "sequence"},
            "ExpressionAttributeValues": {":sequence": sequence},
        }
        claims = [{"Update": self._claim(kind, bucket, sequence)} for kind, bucket in places]
        for at in range(0, len(claims), _CLAIMS):
            items: Any = [{"ConditionCheck": newest}, *claims[at : at + _CLAIMS]]
            with translate_conflicts():
                self._client.transact_write_items(TransactItems=items)

    def _claim(self, kind: Kind, bucket: str, sequence: int) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": {"pk": f"bucket#{kind}", "sk": bucket},
            "UpdateExpression": "SET claimed = :sequence, kind = :kind, #bucket = :bucket REMOVE #source",
            "ExpressionAttributeNames": {"#bucket": "bucket", "#source": "source"},
            "ExpressionAttributeValues": {":sequence": sequence, ":kind": kind, ":bucket": bucket},
        }

    def claim_holds(self, kind: Kind, bucket: str, sequence: int) -> dict[str, Any]:
        """Return the condition check that a claim still stands, for a transaction."""
        return {
            "TableName": self._table,
            "Key": {"pk": f"bucket#{kind}", "sk": bucket},
            "ConditionExpression": "claimed = :sequence",
            "ExpressionAttributeValues": {":sequence": sequence},
        }

    def put_bucket(self, state: BucketState) -> None:
        """Store a staged bucket's state while its claim stands.

        Raises:
            ChangedMeanwhileError: A newer snapshot has claimed the bucket.
        """
        item = item_of(f"bucket#{state.kind}", state.bucket, state)
        if not self._put_if(item, "claimed = :claimed", {":claimed": state.claimed}):
            raise ChangedMeanwhileError("A newer snapshot claimed the bucket meanwhile.")

    def forget_buckets(self, places: Iterable[tuple[Kind, str]]) -> None:
        """Forget buckets of a split that is no longer used."""
        for kind, bucket in places:
            self._client.delete_item(TableName=self._table, Key={"pk": f"bucket#{kind}", "sk": bucket})
