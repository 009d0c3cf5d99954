"""The Runs table: the head of the line of snapshots, the state of every bucket, runs, holds, rules and relinked people."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel

from functions.records.runs import BucketState, Head, Hold, Run, StandingRule
from functions.store.batch_reads import query_items
from functions.store.records import ChangedMeanwhileError, TransactionsMetError, translate_conflicts
from shared.manifests import Rule
from shared.owners import Kind

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEEP_RUNS = timedelta(days=400)
_CLAIMS = 99
_RIGHT_BEFORE = 50


class History(NamedTuple):
    """A page of runs, newest first.

    Attributes:
        after: Where the next page begins; empty if this is the last.
    """

    runs: list[Run]
    after: str


def now() -> str:
    """Return the time as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class RunsTable:
    """What is known of runs. `client` is a DynamoDB client that takes and gives Python values."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

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
            _item("head", "head", head),
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
        item = _item(f"bucket#{state.kind}", state.bucket, state)
        if not self._put_if(item, "claimed = :claimed", {":claimed": state.claimed}):
            raise ChangedMeanwhileError("A newer snapshot claimed the bucket meanwhile.")

    def forget_buckets(self, places: Iterable[tuple[Kind, str]]) -> None:
        """Forget buckets of a split that is no longer used."""
        for kind, bucket in places:
            self._client.delete_item(TableName=self._table, Key={"pk": f"bucket#{kind}", "sk": bucket})

    def begin_run(self, run: Run) -> bool:
        """Store a new run and return True, or False if it is there already."""
        item = _item("run", run.run, run) | {"expires_at": int((datetime.now(UTC) + KEEP_RUNS).timestamp())}
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
        self._client.update_item(
            TableName=self._table,
            Key={"pk": "run", "sk": run},
            UpdateExpression="SET waiting = :waiting, parts = :parts",
            ExpressionAttributeValues={":waiting": set(parts), ":parts": len(parts)},
        )

    def part_done(self, run: str, part: str) -> bool:
        """Take a part off the run's waiting list; return whether it was the last (again True for a repeat)."""
        answer = self._client.update_item(
            TableName=self._table,
            Key={"pk": "run", "sk": run},
            UpdateExpression="DELETE waiting :part",
            ExpressionAttributeValues={":part": {part}},
            ReturnValues="ALL_NEW",
        )
        return not answer["Attributes"].get("waiting")

    def overtake_run(self, run: str) -> None:
        """Note that a run will never be planned, if it is still being staged."""
        with suppress(ChangedMeanwhileError), translate_conflicts():
            self._client.update_item(
                TableName=self._table,
                Key={"pk": "run", "sk": run},
                UpdateExpression="SET #state = :overtaken",
                ConditionExpression="#state = :staging",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":overtaken": "overtaken", ":staging": "staging"},
            )

    def overtake_older(self, sequence: int) -> None:
        """Note of the snapshots right before one that they will never be planned, if messages of theirs came to nothing."""
        first = f"{max(sequence - _RIGHT_BEFORE, 0):012d}"
        items = query_items(
            self._client,
            self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            FilterExpression="#state = :staging",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":pk": "run", ":staging": "staging", ":first": first, ":last": f"{sequence - 1:012d}"},
        )
        for item in items:
            self.overtake_run(item["sk"])

    def finish_run(self, run: str, *, state: str, plan: Mapping[str, Mapping[str, int]], detail: str = "") -> None:
        """Note how a run ended."""
        self._client.update_item(
            TableName=self._table,
            Key={"pk": "run", "sk": run},
            UpdateExpression="SET #state = :state, #plan = :plan, detail = :detail REMOVE code, remedy",
            ExpressionAttributeNames={"#state": "state", "#plan": "plan"},
            ExpressionAttributeValues={":state": state, ":plan": {k: dict(v) for k, v in plan.items()}, ":detail": detail},
        )

    def refuse_run(self, refused: Run) -> None:
        """Note that a run that had begun was refused, and why."""
        self._client.update_item(
            TableName=self._table,
            Key={"pk": "run", "sk": refused.run},
            UpdateExpression="SET #state = :state, detail = :detail, code = :code, remedy = :remedy",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={
                ":state": refused.state,
                ":detail": refused.detail,
                ":code": refused.code,
                ":remedy": refused.remedy,
            },
        )

    def answer_run(self, run: str, *, at: str, answer: str, stated_by: int) -> bool:
        """Note what the relay has done for a run and return True, or False if the run is not there, or has a later answer."""
        try:
            with translate_conflicts():
                self._client.update_item(
                    TableName=self._table,
                    Key={"pk": "run", "sk": run},
                    UpdateExpression="SET answered_at = :at, answer = :answer, stated_by = :stated_by",
                    ConditionExpression="attribute_exists(pk) AND (attribute_not_exists(answered_at) OR answered_at <= :at)",
                    ExpressionAttributeValues={":at": at, ":answer": answer, ":stated_by": stated_by},
                )
        except ChangedMeanwhileError:
            return False
        return True

    def put_hold(self, hold: Hold) -> None:
        """Store a hold as it is now.

        Raises:
            ChangedMeanwhileError: A plan, or a decision, wrote it since it was read.
        """
        item = _item("hold", hold.hold, hold) | {"revision": hold.revision + 1}
        if not self._put_if(item, "attribute_not_exists(revision) OR revision = :old", {":old": hold.revision}):
            raise ChangedMeanwhileError(f"{hold.hold} was written by somebody else meanwhile.")

    def hold(self, hold: str) -> Hold | None:
        """Return a hold, strongly consistent."""
        item = self._get("hold", hold)
        return Hold.model_validate(item) if item else None

    def open_holds(self) -> list[Hold]:
        """Return the holds that wait for a person."""
        return [hold for hold in map(Hold.model_validate, self._query("hold")) if hold.state == "open"]

    def rules(self) -> dict[str, Rule]:
        """Return the continual selection rules by identifier, strongly consistent."""
        return {item["sk"]: Rule.model_validate_json(item["rule"]) for item in self._query("rule") if item.get("rule")}

    def standing_rules(self) -> dict[str, StandingRule]:
        """Return the same with who made them and when."""
        items = (item for item in self._query("rule") if item.get("rule"))
        return {
            item["sk"]: StandingRule(
                rule=Rule.model_validate_json(item["rule"]), by=item.get("by", ""), at=item.get("made_at", "")
            )
            for item in items
        }

    def put_rules(self, rules: Mapping[str, Rule], *, order: str, by: str = "") -> None:
        """Add rules, with who asked for them; one that was added or removed by a later wish stays as that left it."""
        for key, rule in rules.items():
            made = {"rule": rule.model_dump_json(), "order": order, "by": by, "made_at": now()}
            self._put_rule({"pk": "rule", "sk": key, **made})

    def drop_rules(self, keys: Iterable[str], *, order: str) -> None:
        """Remove rules; what remains of one is when that was wished."""
        for key in keys:
            self._put_rule({"pk": "rule", "sk": key, "order": order})

    def _put_rule(self, item: dict[str, Any]) -> None:
        names = {"#order": "order"}
        self._put_if(item, "attribute_not_exists(pk) OR #order <= :order", {":order": item["order"]}, names=names)

    def regrouped(self) -> int:
        """Return the snapshot that staged a group by which a rule selects, if its members are yet to be looked at; else 0."""
        return int((self._get("regrouped", "regrouped") or {}).get("sequence", 0))

    def mark_regrouped(self, sequence: int) -> None:
        """Note that the members of such a group are to be looked at again once all of this snapshot is staged."""
        item = {"pk": "regrouped", "sk": "regrouped", "sequence": sequence}
        names = {"#sequence": "sequence"}
        self._put_if(item, "attribute_not_exists(pk) OR #sequence < :sequence", {":sequence": sequence}, names=names)

    def forget_regrouped(self, sequence: int) -> None:
        """Take the mark of a snapshot away, if no later one has made it anew."""
        item = {"pk": "regrouped", "sk": "regrouped", "sequence": 0}
        self._put_if(item, "#sequence = :sequence", {":sequence": sequence}, names={"#sequence": "sequence"})

    def relinked(self, kind: Kind, record_id: str) -> dict[str, Any]:
        """Return the put that marks a person as newly linked or unlinked."""
        item = {"pk": "relinked", "sk": f"{kind}#{record_id}", "at": datetime.now(UTC).isoformat()}
        return {"TableName": self._table, "Item": item}

    def relinked_people(self) -> dict[str, str]:
        """Return the marks of newly linked or unlinked people: `<kind>#<id>` to when."""
        return {item["sk"]: item["at"] for item in self._query("relinked")}

    def forget_relinked(self, marks: Mapping[str, str]) -> None:
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

    def _get(self, pk: str, sk: str) -> dict[str, Any] | None:
        answer = self._client.get_item(TableName=self._table, Key={"pk": pk, "sk": sk}, ConsistentRead=True)
        item = answer.get("Item")
        return dict(item) if item else None

    def _query(self, pk: str) -> Iterator[dict[str, Any]]:
        return query_items(
            self._client,
            self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": pk},
        )

    def _put_if(
        self, item: dict[str, Any], condition: str, values: dict[str, Any] | None = None, *, names: dict[str, str] | None = None
    ) -> bool:
        extra: Any = {"ExpressionAttributeValues": values} if values else {}
        extra |= {"ExpressionAttributeNames": names} if names else {}
        try:
            with translate_conflicts():
                self._client.put_item(TableName=self._table, Item=item, ConditionExpression=condition, **extra)
        except TransactionsMetError:
            raise
        except ChangedMeanwhileError:
            return False
        return True


def _item(pk: str, sk: str, model: BaseModel) -> dict[str, Any]:
    return {"pk": pk, "sk": sk, **model.model_dump(mode="json")}
