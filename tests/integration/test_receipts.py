"""From a resync that asks the relay for something to the relay's answer beside it, whatever order things arrive in."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.client import BaseClient

from functions.records.runs import Run
from functions.runtime.wiring import runs_table
from shared.keys import REQUESTS, relay_answer_key
from shared.messages import FullRead
from shared.receipts import ReadReceipt
from tests.integration.cloud import BUCKET, Cloud, Killed
from tests.integration.school_rows import CLASS_ID, school

AT = datetime(2026, 8, 1, 9, tzinfo=UTC)
KEY = f"{REQUESTS}again.json"


def receipt(request: str, *, sequence: int = 2, later: timedelta = timedelta(0)) -> ReadReceipt:
    """Return what the relay answers."""
    rows: Any = {"students": 20, "photos": 3}
    return ReadReceipt(
        request=request, relay="main", relay_version="0.1.0", at=AT + later, sequence=sequence, rows=rows, photos=3
    )


def send(stack: Cloud, *receipts: ReadReceipt) -> None:
    """Put receipts on their queue."""
    for one in receipts:
        stack.sqs.send_message(QueueUrl=stack.urls["receipt"], MessageBody=one.model_dump_json())


def asked(stack: Cloud, manifest: dict[str, Any] | None = None) -> FullRead:
    """Let an administrator ask for a full read, and return what the relay is asked."""
    wish = {"kind": "resync", "step": "stage", "full_read": True, **(manifest or {})}
    stack.s3.put_object(Bucket=BUCKET, Key=KEY, Body=json.dumps(wish).encode())
    stack._once("intake")
    assert stack.answer(KEY)["outcome"] == "accepted"
    [message] = for_relay(stack)
    return FullRead.model_validate_json(message)


def for_relay(stack: Cloud) -> list[str]:
    """Take and return what is on the relay's queue."""
    url = stack.urls["return.fifo"]
    messages = stack.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        stack.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in messages]


def run_of(request: FullRead) -> Run:
    """Return the run behind a request."""
    run = runs_table().run(request.request)
    assert run is not None
    return run


def told(stack: Cloud) -> dict[str, Any]:
    """Return what stands beside the manifest's answer."""
    return json.loads(stack.s3.get_object(Bucket=BUCKET, Key=relay_answer_key(KEY))["Body"].read())


def test_a_resync_shows_that_it_was_answered(stack: Cloud) -> None:
    """The run knows when and by which snapshot, and so does whoever uploaded the manifest; what is no receipt fails alone."""
    request = asked(stack)
    assert run_of(request).answered_at == ""
    stack.sqs.send_message(QueueUrl=stack.urls["receipt"], MessageBody='{"type":"of another century"}')
    send(stack, receipt(request.request))
    stack._once("receipt")
    assert stack.queued("receipt") == [{"type": "of another century"}]
    run = run_of(request)
    assert (run.state, run.answered_at) == ("done", "2026-08-01T09:00:00.000+00:00")
    assert run.answer == "read again and stated by snapshot 2: 20 students, 3 photos; 3 photos sent"
    assert told(stack) == {"manifest": KEY, "answer": run.answer, "at": run.answered_at}


@pytest.mark.usefixtures("stack")
def test_of_a_run_that_was_forgotten_no_half_comes_back() -> None:
    """Whatever is noted of it after its day: nobody could read it, and no day is set on which it would go."""
    gone = Run(run="gone", kind="resync", state="refused", manifest_key="", at="")
    runs_table().finish_run(gone.run, state="planned", plan={"student": {"create": 1}})
    runs_table().refuse_run(gone)
    assert runs_table().part_done(gone.run, "student#0")
    assert runs_table().run(gone.run) is None


def test_receipts_may_come_twice_and_in_any_order(stack: Cloud) -> None:
    """A relay that lost its memory reads again and answers again: the later answer holds."""
    request = asked(stack)
    for number, holds in ((1, 1), (3, 3), (2, 3), (3, 3), (1, 3), (4, 4)):
        send(stack, receipt(request.request, sequence=number, later=timedelta(minutes=number)))
        stack._once("receipt")
        assert f"snapshot {holds}:" in run_of(request).answer
        assert f"snapshot {holds}:" in told(stack)["answer"]


def test_a_receipt_that_is_faster_than_the_run_waits_for_it(stack: Cloud) -> None:
    """The relay may answer before the request is noted; the receipt is tried again until it is."""
    send(stack, receipt("000000000001"))
    assert stack._once("receipt")
    assert runs_table().runs() == []
    stack.load(school(2), 1)
    assert "snapshot 2" in (runs_table().run("000000000001") or pytest.fail("no run")).answer


def test_dying_at_any_call_loses_no_receipt(stack: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Updating the run, reading it, putting the answer: the receipt comes again, and the end is the same."""
    request, plain = asked(stack), BaseClient._make_api_call
    for number, (fatal, after) in enumerate(itertools.product((1, 2, 3), (False, True))):
        calls = itertools.count(1)

        def call(client: BaseClient, *arguments: Any, fatal: int = fatal, after: bool = after, calls: Any = calls) -> Any:
            dies = next(calls) == fatal
            if dies and not after:
                raise Killed
            answer = plain(client, *arguments)
            if dies:
                raise Killed
            return answer

        send(stack, receipt(request.request, sequence=number, later=timedelta(minutes=number)))
        messages = stack.sqs.receive_message(QueueUrl=stack.urls["receipt"], VisibilityTimeout=0)["Messages"]
        with monkeypatch.context() as dying:
            dying.setattr(BaseClient, "_make_api_call", call)
            assert stack._invoke("receipt", messages) == {messages[0]["MessageId"]}
        stack._once("receipt")
        assert f"snapshot {number}:" in run_of(request).answer
        assert f"snapshot {number}:" in told(stack)["answer"]


LISTED = [
    ({}, (), ()),
    ({"row_set": "staff"}, ("staff",), ()),
    ({"students": ["1", "2"]}, ("students", "contacts", "photos"), ("1", "2")),
    ({"students": ["1"], "row_set": "photos"}, ("photos",), ("1",)),
    ({"groups": [CLASS_ID]}, ("groups", "memberships", "teachers"), (CLASS_ID,)),
    ({"staff": ["500"], "students": ["1"]}, ("students", "contacts", "staff", "photos"), ("1", "500")),
]


@pytest.mark.usefixtures("everybody_was_read")
def test_what_is_listed_is_what_the_relay_is_asked_for(stack: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """All, one row set, or the row sets that the listed are made from, and only their parts."""
    for manifest, row_sets, owners in LISTED:
        request = asked(stack, manifest)
        assert (request.row_sets, request.owners) == (row_sets, owners), manifest
    monkeypatch.setattr("functions.accept_manifests.requests._MOST_OWNERS", 1)
    request = asked(stack, {"students": ["1", "2"]})
    assert (request.row_sets, request.owners) == (("students", "contacts", "photos"), ()), "a list too long for a message"
