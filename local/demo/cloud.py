"""What the demo does and sees in AWS: uploads an administrator's manifests, and reads the staging area and the runs."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.config import Config

from functions.records.ledger import timeline
from functions.records.runs import Hold, run_of_snapshot
from functions.records.staged import Event, StagedRecord
from functions.store.holds import Holds
from functions.store.ledger import LedgerTable
from functions.store.records import RecordsTable
from functions.store.runs import RunsTable
from local.stack import LocalStack
from local.stack.aws import local_session
from local.stack.stack import NotIdleError
from shared.keys import REQUESTS, answer_key
from shared.owners import KINDS, Kind

_LONGEST_S = 600
_LOOK_S = 0.3


class Cloud:
    """One school's stack, from the outside."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self._s3 = stack.client("s3")
        self._bucket = stack.outputs["ExchangeBucket"]
        self._sqs = stack.client("sqs")
        dynamodb = _dynamodb(stack)
        self.records = RecordsTable(dynamodb, stack.outputs["RecordsTable"])
        self.runs = RunsTable(dynamodb, stack.outputs["RunsTable"])
        self.holds = Holds(dynamodb, stack.outputs["RunsTable"])
        self.ledger = LedgerTable(dynamodb, stack.outputs["LedgerTable"])

    def upload(self, name: str, request: Mapping[str, object]) -> str:
        """Upload an administrator's manifest and return its key."""
        key = f"{REQUESTS}{name}.json"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=json.dumps(request, indent=2).encode())
        return key

    def answer(self, key: str) -> dict[str, str]:
        """Return the answer to a manifest."""
        answer: dict[str, str] = json.loads(self._s3.get_object(Bucket=self._bucket, Key=answer_key(key))["Body"].read())
        return answer

    def settle(self, look: Callable[[], object] = lambda: None) -> None:
        """Wait until nothing is under way, and look from time to time meanwhile.

        Raises:
            NotIdleError: It takes far too long.
        """
        end = time.monotonic() + _LONGEST_S
        while time.monotonic() < end:
            look()
            try:
                self.stack.wait_until_idle(_LOOK_S)
            except NotIdleError:
                continue
            look()
            return
        self.stack.wait_until_idle(0)

    def pull_medical(self) -> None:
        """Let the schedule come that has medical profiles read from Operoo, and wait until all that follows is done."""
        self.stack.fire_schedule("MedicalSchedule")
        self.settle()

    def hand_out_again(self) -> None:
        """Let the relay have again what it took and left, at once; in AWS that takes a quarter of an hour."""
        self._sqs.set_queue_attributes(QueueUrl=self.stack.outputs["ReturnQueueUrl"], Attributes={"VisibilityTimeout": "0"})

    def plan(self, sequence: int) -> dict[str, dict[str, int]]:
        """Return what was planned for a snapshot, by kind and action."""
        run = self.runs.run(run_of_snapshot(sequence))
        return run.plan if run is not None else {}

    def open_holds(self) -> list[Hold]:
        """Return the holds that wait for a person."""
        return self.holds.open()

    def parked(self) -> list[StagedRecord]:
        """Return the records that could not be applied and wait for a person, with the reason."""
        lists: dict[Kind, list[str]] = {kind: list(self.records.waiting("parked", kind)) for kind in KINDS}
        return [record for kind, ids in lists.items() for record in self.records.get_many(kind, ids).values()]

    def staged(self) -> dict[Kind, int]:
        """Return how many records of each kind the staging area has."""
        return {kind: sum(1 for record in self.records.all(kind) if record.present) for kind in KINDS}

    def timeline(self, student: str) -> list[Event]:
        """Return what happened to a student, oldest first."""
        return timeline(self.records.timeline("student", student), self.ledger.history(student))

    def dead_letters(self) -> int:
        """Return how many messages were given up."""
        wanted = "ApproximateNumberOfMessages"
        urls = [
            self.stack.resource_id(f"{name}DeadLetters")
            for name in ("Intake", "Map", "Stage", "Plan", "Apply", "Return", "Medical", "Receipt")
        ]
        answers = [self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[wanted]) for url in urls]
        return sum(int(answer["Attributes"][wanted]) for answer in answers)


def _dynamodb(stack: LocalStack) -> Any:  # noqa: ANN401 - a resource's client takes and gives Python values
    return local_session().resource("dynamodb", endpoint_url=stack.url, config=Config(proxies={})).meta.client
