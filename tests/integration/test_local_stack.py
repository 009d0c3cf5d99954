"""The local stack runs functions as AWS does: batches, partial failures, dead letters, order, timeouts and schedules."""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from local.ports import listen
from local.stack import LocalStack, NotIdleError, Pace
from local.stack.__main__ import main
from local.stack.calls import Call
from local.stack.forks import Forks, Program
from local.stack.function import FailedInvocationError
from local.stack.polling import Poller, failures
from local.stack.schedules import interval_s

TOYS = Path(__file__).parents[1] / "toys" / "stack" / "template.yaml"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Run the toy stack on a clock that makes two minutes a second."""
    directory = tmp_path_factory.mktemp("stack")
    with LocalStack.start(directory, {"Greeting": "g'day"}, template=TOYS, pace=Pace(clock=120)) as running:
        # The bucket's test event must not share a batch with a message that kills its function: it would die with it.
        running.wait_until_idle()
        yield running


def send(stack: LocalStack, *wanted: str, queue: str = "SortQueue") -> list[str]:
    """Send one message per wanted behaviour and return their ids."""
    ids = [uuid.uuid4().hex[:8] for _ in wanted]
    entries = [
        {"Id": str(n), "MessageBody": json.dumps({"id": one, "do": do})}
        for n, (one, do) in enumerate(zip(ids, wanted, strict=True))
    ]
    stack.client("sqs").send_message_batch(QueueUrl=stack.resource_id(queue), Entries=entries)
    return ids


def until(condition: Callable[[], object], timeout_s: float = 300) -> None:
    """Wait for something that has to come."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def dead_letters(stack: LocalStack, queue: str) -> list[str]:
    """Take what lies in a dead letter queue and return the ids of the messages."""
    sqs, url = stack.client("sqs"), stack.resource_id(queue)
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"])["id"] for message in messages]


def test_only_what_failed_comes_back(stack: LocalStack) -> None:
    """Of a batch with one failure, that message alone is delivered again, after the visibility timeout."""
    good, bad = send(stack, "ok", "once")
    stack.wait_until_idle()
    log = stack.logs("Sort")
    assert re.findall(rf"{good}:ok:\d", log) == [f"{good}:ok:1"]
    assert re.findall(rf"{bad}:once:\d", log) == [f"{bad}:once:1", f"{bad}:once:2"]


def test_a_batch_fills_up_within_its_window(stack: LocalStack) -> None:
    """Messages that come shortly after each other are handled in one invocation when the mapping has a window."""
    before = stack.logs("Sort").count("batch 3")
    # The window is short, and on a busy machine the three may come too far apart: without a window they never meet.
    for _ in range(10):
        send(stack, "ok", "ok", "ok")
        stack.wait_until_idle()
        if stack.logs("Sort").count("batch 3") > before:
            return
    pytest.fail("three messages never met in one batch")


def test_what_always_fails_ends_in_the_dead_letters(stack: LocalStack) -> None:
    """After as many tries as the redrive policy allows, a message is moved and tried no more."""
    (bad,) = send(stack, "fail")
    stack.wait_until_idle()
    assert re.findall(rf"{bad}:fail:\d", stack.logs("Sort")) == [f"{bad}:fail:{n}" for n in (1, 2)]
    assert dead_letters(stack, "SortDeadLetters") == [bad]


def test_a_function_that_takes_too_long_is_killed(stack: LocalStack) -> None:
    """A message that hangs its function is tried again in a new process each time, and ends in the dead letters."""
    (slow,) = send(stack, "hang")
    stack.wait_until_idle()
    assert stack.logs("Sort").count(f"{slow}:hang") == 2
    assert dead_letters(stack, "SortDeadLetters") == [slow]


def test_a_process_that_dies_is_replaced(stack: LocalStack) -> None:
    """A process that ends by itself is a failed invocation; the next message finds a new one."""
    (deadly,) = send(stack, "die")
    stack.wait_until_idle()
    (good,) = send(stack, "ok")
    stack.wait_until_idle()
    assert f"{good}:ok:1" in stack.logs("Sort")
    assert dead_letters(stack, "SortDeadLetters") == [deadly]


def test_killing_a_function_loses_nothing(stack: LocalStack) -> None:
    """A message whose function is killed from outside is delivered again."""
    url, name = stack.resource_id("OrderedQueue"), uuid.uuid4().hex[:8]
    body = json.dumps({"id": name, "takes": 1.5})
    stack.client("sqs").send_message(QueueUrl=url, MessageBody=body, MessageGroupId="killed")
    until(lambda: f"begin {name}" in stack.logs("Order"))
    stack.kill("Order")
    stack.wait_until_idle()
    assert [line for line in stack.logs("Order").splitlines() if line.endswith(name)] == [
        f"begin {name}",
        f"begin {name}",
        f"end {name}",
    ]


def test_a_message_group_keeps_its_order(stack: LocalStack) -> None:
    """One message of a group is in work at a time, in the order they were sent, and a failure holds up those behind it."""
    sqs, url, mark = stack.client("sqs"), stack.resource_id("OrderedQueue"), uuid.uuid4().hex[:8]
    for n in range(4):
        body = {"id": f"{mark}-{n}", "takes": 0.05} | ({"raise": "no"} if n == 1 else {})
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body), MessageGroupId=mark)
    stack.wait_until_idle()
    told = [line for line in stack.logs("Order").splitlines() if mark in line]
    assert told == [
        f"begin {mark}-0",
        f"end {mark}-0",
        f"begin {mark}-1",
        f"begin {mark}-1",
        f"begin {mark}-2",
        f"end {mark}-2",
        f"begin {mark}-3",
        f"end {mark}-3",
    ]
    assert dead_letters(stack, "OrderedDeadLetters") == [f"{mark}-1"]


def test_s3_events_come_for_their_prefix_only(stack: LocalStack) -> None:
    """An object under the notification's prefix reaches the function, one elsewhere does not."""
    s3, bucket = stack.client("s3"), stack.outputs["Inbox"]
    s3.put_object(Bucket=bucket, Key="parcels/a", Body=b"")
    s3.put_object(Bucket=bucket, Key="letters/b", Body=b"")
    stack.wait_until_idle()
    assert re.findall(r"object (\S+)", stack.logs("Sort")) == ["letters%2Fb"]


def test_s3_says_that_it_may_send(stack: LocalStack) -> None:
    """As in AWS, the first message on a queue that a bucket notifies is a test event."""
    until(lambda: "test event" in stack.logs("Sort"))


def test_the_bucket_is_versioned(stack: LocalStack) -> None:
    """The template's versioning is there, though moto's CloudFormation drops it."""
    answer = stack.client("s3").get_bucket_versioning(Bucket=stack.outputs["Inbox"])
    assert answer["Status"] == "Enabled"


def test_a_schedule_fired_by_hand_reaches_its_target(stack: LocalStack) -> None:
    """Firing a schedule sends its input, filled in, to the queue it names."""
    stack.fire_schedule("Tick")
    stack.wait_until_idle()
    assert re.search(r"end tick [0-9a-f]{32}", stack.logs("Order"))


def test_a_function_has_what_the_template_gives_it(stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment, memory and timeout come from the template with its parameters; nothing of ours comes along."""
    monkeypatch.setenv("OURS", "secret")
    stack.client("secretsmanager").put_secret_value(SecretId=stack.resource_id("Secret"), SecretString="token")
    told = stack.invoke("Tell", {"id": "told"})
    assert told["environment"]["GREETING"] == "g'day"
    assert told["environment"]["COUNT"] == "3"
    assert "OURS" not in told["environment"]
    assert told["secret"] == "token"
    assert (told["memory"], told["name"]) == (256, "Tell")
    assert 0 < told["left"] <= 10_000
    until(lambda: "end told" in stack.logs("Order"))
    assert "to the standard output" in stack.logs("Tell")


def test_requests_to_aws_are_noted(stack: LocalStack) -> None:
    """Each request of a function is noted with the permission it wants."""
    before = len(stack.calls("Tell"))
    stack.client("secretsmanager").put_secret_value(SecretId=stack.resource_id("Secret"), SecretString="token")
    stack.invoke("Tell", {"id": "noted"})
    assert stack.calls("Tell")[before:] == [
        Call("secretsmanager", "GetSecretValue", (("secretsmanager:GetSecretValue", stack.resource_id("Secret")),)),
        Call("sqs", "SendMessage", (("sqs:SendMessage", stack.resource_id("OrderedQueue")),)),
    ]


def test_a_failed_invocation_says_so(stack: LocalStack) -> None:
    """Invoking a function that raises is an error that names the function."""
    with pytest.raises(FailedInvocationError, match="Order raised"):
        stack.invoke("Order", {"Records": []})


def test_a_hop_is_quick(stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message is handled soon after it was sent when the function is warm and nobody expects one."""
    sqs, url = stack.client("sqs"), stack.resource_id("OrderedQueue")
    usual, looked_in_vain = Poller._receive, Event()

    def receive(poller: Poller, most: int, *, wait_s: int) -> list[Any]:
        found = usual(poller, most, wait_s=wait_s)
        if poller._mapping.fifo and not found:
            looked_in_vain.set()
        return found

    def hop() -> float:
        name = uuid.uuid4().hex[:8]
        looked_in_vain.clear()
        assert looked_in_vain.wait(60)
        began = time.monotonic()
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"id": name}), MessageGroupId="quick")
        until(lambda: f"end {name}" in stack.logs("Order"))
        return time.monotonic() - began

    monkeypatch.setattr(Poller, "_receive", receive)
    assert any(hop() < 1 for _ in range(30))


def test_what_does_not_end_is_named(stack: LocalStack) -> None:
    """Waiting for idleness ends with an error that names the queue that still has work."""
    sqs, url = stack.client("sqs"), stack.resource_id("OrderedQueue")
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"id": "long", "takes": 2}), MessageGroupId="long")
    with pytest.raises(NotIdleError, match="ordered"):
        stack.wait_until_idle(0.5)
    stack.wait_until_idle()


@pytest.mark.parametrize(
    ("result", "failed"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": None}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "a"}]}, {"a"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, {"a", "b"}),
        ({"batchItemFailures": ["a"]}, {"a", "b"}),
        ("done", {"a", "b"}),
    ],
)
def test_partial_responses_mean_what_lambda_takes_them_for(result: object, failed: set[str]) -> None:
    """A response that is not a proper partial batch response fails the whole batch."""
    assert failures(result, {"a", "b"}) == failed


@pytest.mark.parametrize(
    ("expression", "seconds"), [("rate(5 minutes)", 300), ("rate(1 hour)", 3600), ("cron(0 8 * * ? *)", None)]
)
def test_rates_are_understood(expression: str, seconds: float | None) -> None:
    """A rate has an interval; a cron expression comes only by hand."""
    assert interval_s(expression) == seconds


def test_a_proxy_is_not_asked_for_this_machine(stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sits behind a proxy has it in the environment, for the set-up."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    stack.client("secretsmanager").put_secret_value(SecretId=stack.resource_id("Secret"), SecretString="token")
    assert stack.invoke("Tell", {"id": "past-a-proxy"})["secret"] == "token"


def test_what_is_in_the_way_is_said_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started by itself, the stack says which port is taken, and which folder cannot be made."""
    monkeypatch.setattr("signal.signal", lambda *_: None)
    (tmp_path / "file").touch()
    with listen() as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr("sys.argv", ["stack", f"--port={port}"])
        assert main() == 1
    monkeypatch.setattr("sys.argv", ["stack", f"--directory={tmp_path / 'file'}"])
    assert main() == 1
    said = capsys.readouterr().err
    assert f"Port {port} is taken" in said
    assert "Not a directory" in said


def test_who_comes_too_late_for_a_function_leaves_nothing_open(tmp_path: Path) -> None:
    """As a poller may while the stack ends."""
    forks = Forks(tmp_path / "log")
    forks._asking.close()
    forks._asked.close()
    before = len(list(Path("/dev/fd").iterdir()))
    with pytest.raises(OSError, match="descriptor"):
        forks.start(Program("h", tmp_path, {}, log=tmp_path / "log", calls=tmp_path / "calls"))
    # Garbage of other tests may be collected meanwhile, and close what it held.
    assert len(list(Path("/dev/fd").iterdir())) <= before
