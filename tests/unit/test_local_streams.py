"""A stream's follower hands over keys in order, leaves out what is filtered, and tells a batch that failed once more."""

import time
from typing import Any

from local.stack.function import FailedInvocationError
from local.stack.streams import Follower, Shard, StreamSource, wanted_keys

SOURCE = StreamSource("ListRecords", "arn", 10, 0, ("student#", "group#"))


class FakeStreams:
    """A stream with some items of a table, told two at a time."""

    def __init__(self, *keys: str) -> None:
        self._keys = list(keys)

    def describe_stream(self, **_: Any) -> dict[str, Any]:
        """Tell of one shard."""
        return {"StreamDescription": {"Shards": [{"ShardId": "one"}]}}

    def get_shard_iterator(self, **_: Any) -> dict[str, Any]:
        """Begin at the beginning."""
        return {"ShardIterator": "0"}

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: N803 - boto3's names
        """Tell the next two."""
        at = int(ShardIterator)
        some = self._keys[at : at + 2]
        records = [{"eventID": key, "dynamodb": {"Keys": {"pk": {"S": key}, "sk": {"S": "x#1"}}}} for key in some]
        return {"Records": records, "NextShardIterator": str(at + len(some))}


class FakeProcess:
    """A function that fails so many times."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.told: list[list[str]] = []

    def invoke(self, event: dict[str, Any]) -> None:
        """Take a batch."""
        self.told.append([record["eventID"] for record in event["Records"]])
        if len(self.told) <= self.failures:
            raise FailedInvocationError("no")

    def kill(self) -> bool:
        """Do nothing."""
        return False

    def close(self) -> None:
        """Do nothing."""


def test_what_is_filtered_is_not_told() -> None:
    """Lines of timelines pass by; that they were read is known."""
    shard = Shard(FakeStreams("timeline#student#1", "student#a", "timeline#x", "head", "group#b"), SOURCE)
    batches = [shard.read() for _ in range(4)]
    assert [[record["eventID"] for record in records] for records, _ in batches] == [["student#a"], [], ["group#b"], []]
    assert [count for _, count in batches] == [2, 2, 1, 0]


def test_a_batch_that_failed_is_told_again_before_the_next() -> None:
    """Nothing of a stream is passed over."""
    process: Any = FakeProcess(failures=2)
    follower = Follower(SOURCE, FakeStreams("student#a", "group#b", "student#c"), process, clock=100, note=lambda: None)
    follower.start()
    end = time.monotonic() + 300
    while len(process.told) < 4 and time.monotonic() < end:
        time.sleep(0.01)
    follower.stop()
    follower.join()
    assert process.told == [["student#a", "group#b"]] * 3 + [["student#c"]]


def test_the_filter_is_read_as_the_template_writes_it() -> None:
    """Prefixes of the partition key."""
    pattern = '{"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "student#"}, {"prefix": "staff#"}]}}}}'
    assert wanted_keys({"Filters": [{"Pattern": pattern}]}) == ("student#", "staff#")
    assert wanted_keys({}) == ()
