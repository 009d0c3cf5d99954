"""Runs and their history, in the Runs table."""

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from functions.records.runs import Run, RunState, run_of_snapshot
from functions.store.batch_reads import query_items
from functions.store.conflicts import ChangedMeanwhileError, TransactionsMetError, translate_conflicts
from functions.store.items import ItemTable, expires_in, item_of
from shared.owners import Kind

KEEP_RUNS = timedelta(days=400)
_RIGHT_BEFORE = 50


class History(NamedTuple):
    """A page of runs, newest first.

    Attributes:
        after: Where the next page begins; empty if this is the last.
    """

    runs: list[Run]
    after: str


class RunsTable(ItemTable):
    """What is known of runs."""

    def begin_run(self, run: Run) -> bool:
        """Store a new run and return True, or False if it is there already."""
        item = item_of("run", run.run, run) | {"expires_at": expires_in(KEEP_RUNS)}
        item.pop("waiting")
        if run.waiting:
            item["waiting"] = set(run.waiting)
        return self._put_if(item, "attribute_not_exists(pk)")

    def run(self, run: str) -> Run | None:
        """Return a run, strongly consistent."""
        item = self._get("run", run)
        return Run.model_validate(item) if item else None

    def run_of(self, manifest_key: str) -> Run | None:
        """Return the newest run of a manifest, if it was taken in: a run is named after its manifest's file."""
        name = manifest_key.rsplit("/", 1)[-1].removesuffix(".json")
        answer = self._client.query(
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :name)",
            ExpressionAttributeValues={":pk": "run", ":name": f"{name}-"},
        )
        found = [Run.model_validate(dict(item)) for item in answer["Items"]]
        return max((run for run in found if run.manifest_key == manifest_key), key=lambda run: run.at, default=None)

    def runs(self, *, newest: int = 50) -> list[Run]:
        """Return the newest runs, newest first. May be a second old, as the index is."""
        return self.history(newest).runs

    def history(self, newest: int, *, after: str = "") -> History:
        """Return so many runs, newest first, from where a page before ended. May be a second old, as the index is."""
        at, _, run = after.partition(" ")
        begin: Any = {"ExclusiveStartKey": {"pk": "run", "at": at, "sk": run}} if at and run else {}
        answer = self._client.query(
            TableName=self._table,
            IndexName="history",
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": "run"},
            ScanIndexForward=False,
            Limit=newest,
            **begin,
        )
        end: Any = answer.get("LastEvaluatedKey")
        found = [Run.model_validate(dict(item)) for item in answer["Items"]]
        return History(found, f"{end['at']} {end['sk']}" if end else "")

    def runs_since(self, at: str, *, state: str = "", kind: str = "") -> Iterator[Run]:
        """Yield the runs from a time on (ISO 8601, UTC), or only some, oldest first. May be a second old, as the index is."""
        names, values = {"#at": "at"}, {":pk": "run", ":at": at}
        wanted = {name: value for name, value in (("state", state), ("kind", kind)) if value}
        only: Any = {"FilterExpression": " AND ".join(f"#{name} = :{name}" for name in wanted)} if wanted else {}
        items = query_items(
            self._client,
            self._table,
            IndexName="history",
            KeyConditionExpression="pk = :pk AND #at >= :at",
            ExpressionAttributeNames=names | {f"#{name}": name for name in wanted},
            ExpressionAttributeValues=values | {f":{name}": value for name, value in wanted.items()},
            **only,
        )
        return map(Run.model_validate, items)

    def bucket_done(self, run: str, kind: Kind, bucket: str) -> bool:
        """Take a bucket off the run's waiting list; return whether it was the last (again True for a repeat)."""
        return self.part_done(run, f"{kind}#{bucket}")

    def await_parts(self, run: str, parts: Collection[str]) -> None:
        """Note of which parts a request consists, before the first of them is done."""
        self._update_if(run, "SET waiting = :waiting, parts = :parts", {":waiting": set(parts), ":parts": len(parts)})

    def await_again(self, run: str, parts: Collection[str]) -> None:
        """Note that parts of a run are to be done once more, besides those that are not done yet."""
        self._update_if(run, "ADD waiting :waiting", {":waiting": set(parts)})

    def part_done(self, run: str, part: str) -> bool:
        """Take a part off the run's waiting list; return whether it was the last (again True for a repeat).

        Of a run that was forgotten nobody knows, so each may be.
        """
        after = self._update_if(run, "DELETE waiting :part", {":part": {part}})
        return after is None or not after.get("waiting")

    def overtake_run(self, run: str) -> None:
        """Note that a run will never be planned, if it is still being staged."""
        values = {":overtaken": "overtaken", ":staging": "staging"}
        self._update_if(run, "SET #state = :overtaken", values, condition="#state = :staging", names={"#state": "state"})

    def overtake_older(self, sequence: int) -> None:
        """Note of the snapshots right before one that they will never be planned, if messages of theirs came to nothing."""
        first = run_of_snapshot(max(sequence - _RIGHT_BEFORE, 0))
        items = query_items(
            self._client,
            self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            FilterExpression="#state = :staging",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={
                ":pk": "run",
                ":staging": "staging",
                ":first": first,
                ":last": run_of_snapshot(sequence - 1),
            },
        )
        for item in items:
            self.overtake_run(item["sk"])

    def finish_run(self, run: str, *, state: RunState, plan: Mapping[str, Mapping[str, int]], detail: str = "") -> None:
        """Note how a run ended, unless it was forgotten meanwhile."""
        self._update_if(
            run,
            "SET #state = :state, #plan = :plan, detail = :detail REMOVE code, remedy",
            {":state": state, ":plan": {k: dict(v) for k, v in plan.items()}, ":detail": detail},
            names={"#state": "state", "#plan": "plan"},
        )

    def refuse_run(self, refused: Run) -> None:
        """Note that a run that had begun was refused, and why, unless it was forgotten meanwhile."""
        told = refused.model_dump(include={"state", "detail", "code", "remedy"})
        update = "SET #state = :state, detail = :detail, code = :code, remedy = :remedy"
        self._update_if(refused.run, update, {f":{name}": text for name, text in told.items()}, names={"#state": "state"})

    def answer_run(self, run: str, *, at: str, answer: str, stated_by: int) -> bool:
        """Note what the relay has done for a run and return True, or False if the run is not there, or has a later answer."""
        after = self._update_if(
            run,
            "SET answered_at = :at, answer = :answer, stated_by = :stated_by",
            {":at": at, ":answer": answer, ":stated_by": stated_by},
            condition="attribute_exists(pk) AND (attribute_not_exists(answered_at) OR answered_at <= :at)",
        )
        return after is not None

    def _update_if(
        self,
        run: str,
        update: str,
        values: Mapping[str, Any],
        *,
        condition: str = "attribute_exists(pk)",
        names: Mapping[str, str] | None = None,
    ) -> dict[str, Any] | None:
        """Change a run and return it, or None if the condition does not hold.

        Of a run that is not there, half an item would be left that nobody can read, for ever.

        Raises:
            TransactionsMetError: It is in somebody else's transaction just now.
        """
        extra: Any = {"ExpressionAttributeNames": names} if names else {}
        try:
            with translate_conflicts():
                answer = self._client.update_item(
                    TableName=self._table,
                    Key={"pk": "run", "sk": run},
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                    ReturnValues="ALL_NEW",
                    **extra,
                )
        except TransactionsMetError:
            raise
        except ChangedMeanwhileError:
            return None
        return dict(answer["Attributes"])
