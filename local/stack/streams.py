"""Lambda's event source mapping for a table's stream: batches in order, and the same one again until the function takes it."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.stack.function import FailedInvocationError, FunctionProcess

# Lambda looks four times a second; what came meanwhile is one batch.
_PAUSE_S = 0.25
_AGAIN_S = 0.5


@dataclass(frozen=True)
class StreamSource:
    """What CloudFormation made of one stream event of a function.

    Attributes:
        keys: Beginnings of the partition keys that the function is told of; empty for all.
    """

    function: str
    stream_arn: str
    batch_size: int
    window_s: float
    keys: tuple[str, ...] = ()


def wanted_keys(criteria: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the beginnings of partition keys that a mapping's filter lets through, the one kind of filter served here."""
    patterns = [json.loads(one["Pattern"]) for one in criteria.get("Filters", ())]
    return tuple(rule["prefix"] for pattern in patterns for rule in pattern["dynamodb"]["Keys"]["pk"]["S"])


class Shard:
    """Reads a stream from its beginning. moto's streams have one shard."""

    def __init__(self, client: Any, source: StreamSource) -> None:  # noqa: ANN401 - boto3 makes the class at run time
        self._client = client
        self._source = source
        self._iterator = ""

    def again(self) -> None:
        """Begin at the beginning."""
        self._iterator = ""

    def read(self) -> tuple[list[dict[str, Any]], int]:
        """Return the next records that the function is told of, and how many there were of all."""
        arn = self._source.stream_arn
        if not self._iterator:
            shard = self._client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
            given = self._client.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
            self._iterator = given["ShardIterator"]
        answer = self._client.get_records(ShardIterator=self._iterator, Limit=self._source.batch_size)
        self._iterator = answer["NextShardIterator"]
        return [_told(one) for one in answer["Records"] if self._is_wanted(one)], len(answer["Records"])

    def _is_wanted(self, record: dict[str, Any]) -> bool:
        key = str(record["dynamodb"]["Keys"]["pk"]["S"])
        return not self._source.keys or key.startswith(self._source.keys)


def _told(record: dict[str, Any]) -> dict[str, Any]:
    return {"eventID": record["eventID"], "dynamodb": {"Keys": record["dynamodb"]["Keys"]}}


class Follower:
    """Feeds one function from one stream until it is stopped."""

    def __init__(
        self,
        source: StreamSource,
        client: Any,  # noqa: ANN401 - boto3 makes the class at run time
        process: FunctionProcess,
        *,
        clock: float,
        note: Callable[[], None],
    ) -> None:
        self._source = source
        self._shard = Shard(client, source)
        self._process = process
        self._clock = clock
        self._note = note
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"follow-{source.function}", daemon=True)
        self._behind = False
        self._empty_at = 0.0

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    @property
    def at_work(self) -> bool:
        """Whether the function is running on something."""
        return self._behind

    def has_told_all_until(self, moment: float) -> bool:
        """Tell whether the function knows all that was written until a moment of the monotonic clock."""
        return self._empty_at > moment

    def stop(self) -> None:
        """Follow no more."""
        self._stop.set()
        self._process.kill()

    def join(self) -> None:
        """Wait until everything has ended."""
        self._thread.join()
        self._process.close()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                began = time.monotonic()
                records, count = self._shard.read()
                self._behind = bool(records)
                if records:
                    self._note()
                    self._hand_over(records)
                if not count:
                    self._empty_at = began
                if count < self._source.batch_size:
                    self._stop.wait(_PAUSE_S)
        except (BotoCoreError, ClientError):
            if not self._stop.is_set():
                raise

    def _hand_over(self, records: list[dict[str, Any]]) -> None:
        while not self._stop.is_set():
            try:
                self._process.invoke({"Records": records})
            except FailedInvocationError:
                self._stop.wait(_AGAIN_S / self._clock)
            else:
                return
