"""AWS, or what is between, goes on answering without an end: a byte now and then is no silence that a socket notices."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import boto3
import pytest
from botocore.model import OperationModel

from relay.cloud import patience
from relay.cloud.errors import TooSlowError, translated
from relay.cloud.patience import bounded
from shared import keys
from shared.errors import TransientError
from tests.integration.relay_school import build
from tests.integration.relay_site import REGION, Bucket, Site


@pytest.fixture
def end(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """What does not come while anybody waits, who does so for a moment only."""
    monkeypatch.setattr(patience, "_PATIENCE_S", 0.01)
    event = Event()
    yield event
    event.set()


class Endless:
    """A body that does not come to its end."""

    def __init__(self, end: Event) -> None:
        self._end = end

    def read(self) -> bytes:
        """Wait."""
        self._end.wait()
        return b""


@pytest.mark.parametrize("part", ["its head", "its body"])
def test_an_answer_that_does_not_end(end: Event, part: str) -> None:
    """It is called what it is, whichever part of it does not end."""

    def call(_operation: str, _arguments: dict[str, Any]) -> dict[str, Any]:
        if part == "its head":
            end.wait()
        return {"Body": Endless(end), "ContentLength": 4}

    with pytest.raises(TransientError) as caught, translated("Reading"):
        bounded(call)("GetObject", {})
    assert caught.value.code == "exchange-slow"
    assert caught.value.remedy


def test_what_is_large_has_time_for_a_slow_line(site: Site, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """A photo of 12 MB, sent or fetched, has the better part of an hour; what is small has some minutes."""
    bounds: list[float] = []

    class Worker:
        def call(self, call: Callable[[], object], *, within_s: float) -> object:
            bounds.append(within_s)
            return call()

        def dismiss(self) -> None:
            pass

    monkeypatch.setattr(patience, "DeadlineWorker", Worker)
    content = b"x" * 12_000_000
    key = keys.receipt_key(site.exchange.put_receipt(content))
    assert site.exchange._s3().get_object(Bucket=bucket.name, Key=key)["Body"].read() == content
    sent, asked, fetched = bounds
    assert asked < 300
    assert min(sent, fetched) > 3000


@pytest.mark.parametrize("service", ["s3", "sqs"])
def test_a_run_says_what_was_too_slow(tmp_path: Path, bucket: Bucket, service: str) -> None:
    """As a heartbeat, too; and a queue alone keeps no school from being read."""
    url = boto3.client("sqs", region_name=REGION).create_queue(QueueName="asked")["QueueUrl"]
    site = Site(tmp_path, build(tmp_path / "school.db"), queues=(url, url))

    def too_slow(model: OperationModel, **_: object) -> None:
        if model.name != "PutObject":  # a heartbeat gets through
            raise TooSlowError

    clients = {"s3": site.exchange._s3(), "sqs": site.exchange.queues._sqs()}
    clients[service].meta.events.register("before-call", too_slow)
    with pytest.raises(TransientError) as caught:
        site.run()
    assert caught.value.code == bucket.heartbeat()["error"] == "exchange-slow"
    assert bool(bucket.keys(keys.SNAPSHOTS)) == (service == "sqs")
