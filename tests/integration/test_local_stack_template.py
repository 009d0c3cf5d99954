"""The project's own template on the local stack: real functions on real events, from a manifest to the sandbox of Operoo."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import httpx
import pytest

from local.ports import listen
from local.sandbox.options import SandboxOptions
from local.sandbox.server import Sandbox, running
from local.stack import LocalStack, Pace, Ports
from shared.keys import HEARTBEAT, REQUESTS, answer_key, relay_answer_key
from shared.messages import Instructions
from tests.house.cloudformation import FUNCTIONS, as_list, statements
from tests.integration import cloud
from tests.integration.console_story import look_around
from tests.integration.school_rows import Rows, school, without

pytestmark = pytest.mark.slow


@dataclass
class Story:
    """What happened on a stack, told once for all tests."""

    stack: LocalStack
    operoo: Sandbox
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    written: list[dict[str, Any]] = field(default_factory=list)

    def snapshot(self, rows: Rows, sequence: int) -> None:
        """Send a snapshot as the relay does, and keep the answer."""
        key = cloud.Cloud(self.stack.client("s3"), None, {}).snapshot(rows, sequence)
        self._keep(f"snapshot {sequence}", key)

    def request(self, name: str, wanted: dict[str, Any]) -> None:
        """Upload a request as an administrator does, and keep the answer."""
        self.put(f"{REQUESTS}{name}.json", wanted)
        self._keep(name, f"{REQUESTS}{name}.json")

    def answer(self) -> None:
        """Take what the relay is asked for off its queue and send a receipt, as the relay does."""
        sqs = self.stack.client("sqs")
        for body in self.hear():
            message = json.loads(body)
            receipt = {"relay": "main", "relay_version": "0.1.0", "at": "2026-08-01T00:00:00Z", "request": message["request"]}
            if message["type"] == "write_back":
                about = {name: message[name] for name in ("student", "version")}
                receipt |= {"type": "write_receipt", **about, "outcome": "applied", "before": {}, "after": {}}
            else:
                receipt |= {"type": "read_receipt", "sequence": 3, "rows": {"students": 12}, "photos": 1}
            sqs.send_message(QueueUrl=self.stack.outputs["ReceiptQueueUrl"], MessageBody=json.dumps(receipt))
        self.stack.wait_until_idle()

    def hear(self) -> list[str]:
        """Take and return what is on the relay's queue."""
        sqs, url = self.stack.client("sqs"), self.stack.outputs["ReturnQueueUrl"]
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            self.asked.append(json.loads(message["Body"])["type"])
        return [message["Body"] for message in messages]

    def put(self, key: str, content: dict[str, Any]) -> None:
        """Put an object into the Exchange bucket and wait until everything that follows is done."""
        bucket = self.stack.outputs["ExchangeBucket"]
        self.stack.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(content).encode())
        self.stack.wait_until_idle()

    def _keep(self, name: str, key: str) -> None:
        self.stack.wait_until_idle()
        got = self.stack.client("s3").get_object(Bucket=self.stack.outputs["ExchangeBucket"], Key=answer_key(key))
        self.answers[name] = json.loads(got["Body"].read())


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Deploy the template, pointed at a sandbox, and let the things happen that the tests look at."""
    with running(SandboxOptions()) as operoo, pytest.MonkeyPatch.context() as patch:
        settings = json.dumps({"base_url": operoo.base_url})
        parameters = {"OperooSettings": settings, "ApplyDelaySeconds": "1", "MinimumRelayVersion": "0.2"}
        parameters |= {"MedicalUpdates": "automatic", "MedicalMinutes": "1440"}
        pace = Pace(clock=60, concurrency=1)
        ports = Ports(http=listen())
        with LocalStack.start(tmp_path_factory.mktemp("stack"), parameters, pace=pace, ports=ports) as stack:
            secrets = stack.client("secretsmanager")
            secrets.put_secret_value(SecretId=stack.outputs["OperooTokenSecret"], SecretString=operoo.token)
            patch.setattr(cloud, "BUCKET", stack.outputs["ExchangeBucket"])
            told = Story(stack, operoo)
            tell(told)
            yield told


def tell(story: Story) -> None:
    """Let a school arrive, lose more students than the guard lets pass, be resynchronised, and make a mistake."""
    rows = school(12)
    photo = cloud.Cloud(story.stack.client("s3"), None, {}).photo(b"\xff\xd8\xff\xe0 not much of a photo")
    rows["photos"] = [{"id": 1, "digest": photo, "type": "jpeg", "size": 24, "modified": None}]
    rows["codes"] = [{"kind": "allergy", "code": "EGG", "description": "Egg", "meaning": "", "active": 1}]
    story.snapshot(rows, 1)
    story.request("everyone", {"kind": "selection", "select": {"all": ["student", "staff", "group"]}})
    story.snapshot(without(rows, *range(2, 9)), 2)
    story.request("let-go", {"kind": "approve", "hold": "hold-2-student"})
    story.request("again", {"kind": "resync", "full_read": True})
    story.answer()
    _families_speak(story)
    story.request("nonsense", {})
    moment = "2026-08-01T00:00:00Z"
    beat = {"relay": "main", "relay_version": "0.1.0", "started_at": moment, "at": moment, "ok": True}
    story.put(HEARTBEAT, {**beat, "minimum_relay_version": ""})
    story.stack.fire_schedule("ApplySchedule")
    look_around(story.stack, photo=photo, student="1")
    story.stack.wait_until_idle()


def _families_speak(story: Story) -> None:
    """Let families share medical details, which are sent, answered, taken back, and sent again by a person's wish."""
    httpx.post(f"{story.operoo.url}/sandbox/health", json={}).raise_for_status()
    story.stack.fire_schedule("MedicalSchedule")
    story.stack.wait_until_idle()
    story.answer()
    ledger = story.stack.client("dynamodb").scan(TableName=story.stack.outputs["LedgerTable"])["Items"]
    story.written = [one for one in ledger if one["sk"]["S"] == "entry"]
    one = {"student": story.written[0]["student"]["S"], "version": int(story.written[0]["version"]["N"])}
    story.request("undo", {"kind": "undo", **one})
    story.answer()
    story.request("codes", {"kind": "codes", "codes": {"allergy": {"Hen's egg": "EGG"}}})
    story.request("review", {"kind": "review", **one})


def test_a_school_arrives_in_operoo(story: Story) -> None:
    """A snapshot is staged and a selection is applied: Operoo has all who were selected."""
    assert story.answers["snapshot 1"]["outcome"] == story.answers["everyone"]["outcome"] == "accepted"
    state = httpx.get(f"{story.operoo.url}/sandbox/state").text
    assert all(f"Surname{number}" in state for number in range(1, 13))
    assert "RecordsApplied" in story.stack.logs("ApplyRecords")


def test_too_many_leavers_wait_for_a_person(story: Story) -> None:
    """The guard of the template's parameters holds them, and a request lets them go."""
    assert story.answers["snapshot 2"]["outcome"] == story.answers["let-go"]["outcome"] == "accepted"
    assert '"HoldsOpened"' in story.stack.logs("PlanRun")
    requests = httpx.get(f"{story.operoo.url}/sandbox/state").json()["requests"]
    assert sum(count for request, count in requests.items() if request.startswith("DELETE")) == 7


def test_a_full_read_reaches_the_relay_and_its_answer_comes_back(story: Story) -> None:
    """A resync that asks for one puts it on the return queue; the receipt stands beside the manifest's answer."""
    assert story.answers["again"]["outcome"] == "accepted"
    assert story.asked[0] == "full_read"
    key = relay_answer_key(f"{REQUESTS}again.json")
    got = story.stack.client("s3").get_object(Bucket=story.stack.outputs["ExchangeBucket"], Key=key)
    assert "snapshot 3" in json.loads(got["Body"].read())["answer"]


def test_what_families_say_is_sent_noted_and_taken_back(story: Story) -> None:
    """Each entry of the ledger was answered; a request about it is answered in words."""
    assert story.asked.count("write_back") >= len(story.written) + 1
    assert {one["outcome"]["S"] for one in story.written} == {"applied"}
    assert story.answers["undo"]["outcome"] == story.answers["codes"]["outcome"] == "accepted"
    assert "does not wait for a decision" in story.answers["review"]["detail"]


def test_a_relay_is_told_what_the_template_asks_for(story: Story) -> None:
    """Its heartbeat showed that it did not know the minimum of the template's parameter."""
    told = [body for body in story.hear() if json.loads(body)["type"] == "instructions"]
    assert told == [Instructions(minimum_relay_version="0.2").model_dump_json()]


def test_a_refused_manifest_is_counted_where_the_alarm_looks(story: Story) -> None:
    """What is not a manifest is answered so, and the alarm's metric is written under the alarm's dimension."""
    assert story.answers["nonsense"]["outcome"] == "refused"
    lines = story.stack.logs("AcceptManifests").splitlines()
    (line,) = [line for line in lines if '"ManifestRefused"' in line and "_aws" in line]
    written = json.loads(line)
    (metrics,) = written["_aws"]["CloudWatchMetrics"]
    assert (metrics["Namespace"], metrics["Dimensions"]) == ("OperooSynergetic", [["service"]])
    assert written["service"] == "operoo-synergetic"


def test_a_heartbeat_is_counted(story: Story) -> None:
    """The relay's heartbeat becomes the metric whose silence is an alarm."""
    assert '"RelayHeartbeat"' in story.stack.logs("AcceptManifests")


def test_the_schedules_message_is_understood(story: Story) -> None:
    """The schedule sends what the applying function takes: its message ended in no failure."""
    assert "message failed" not in story.stack.logs("ApplyRecords")


def test_nothing_ended_in_dead_letters(story: Story) -> None:
    """No message of all this was given up."""
    sqs = story.stack.client("sqs")
    for name in ("Intake", "Map", "Stage", "Plan", "Apply", "Medical", "Receipt"):
        url = story.stack.resource_id(f"{name}DeadLetters")
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
        assert attributes["ApproximateNumberOfMessages"] == "0", name


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_role_allows_what_the_function_asked_for(story: Story, function: str) -> None:
    """Every request that a function made here is allowed by its role: the local stack does not enforce that, AWS does."""
    wants = {want for call in story.stack.calls(function) for want in call.wants}
    assert wants
    assert not [want for want in sorted(wants) if not _allowed(story.stack, f"{function}Role", *want)]


def _allowed(stack: LocalStack, role: str, action: str, what: str) -> bool:
    return any(
        action in as_list(statement["Action"]) and fnmatchcase(what, _physical(stack, resource))
        for statement in statements(role)
        for resource in as_list(statement["Resource"])
    )


def _physical(stack: LocalStack, resource: dict[str, Any]) -> str:
    """Return a policy's resource as `local.stack.calls` writes it."""
    if "Fn::Sub" not in resource:
        return stack.resource_id(resource["Ref"] if "Ref" in resource else resource["Fn::GetAtt"][0])
    name, _, rest = resource["Fn::Sub"].removeprefix("${").partition(".Arn}/")
    return f"{stack.resource_id(name)}/{rest.removeprefix('index/')}"
