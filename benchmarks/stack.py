"""The whole system in this process: template.yaml in moto, the real handlers on its queues, the real relay, the Operoo sandbox.

In one process, because only so can every request be counted and every item be weighed. Wiring, batch sizes and memory are the
template's.
"""

import io
import json
import os
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import httpx
from moto import mock_aws

import local.stack.moto.resources
import local.stack.moto.user_pools  # noqa: F401 - importing them teaches moto
from benchmarks.counting import REGION, Counting
from functions.runtime import observability, wiring
from local.sandbox.options import SandboxOptions
from local.sandbox.server import running
from local.stack.moto import speed, transactions
from local.stack.runtime import Context, Handler, load
from local.stack.stack import STACK_NAME, TEMPLATE
from local.stack.streams import Shard, StreamSource, wanted_keys
from local.stack.template import CODE_BUCKET, CODE_KEY, LEFT_OUT, read_template, translate, without
from relay.running.outcome import Outcome
from relay.running.sync import now
from relay.settings import load_settings
from relay.wiring import exchange_of, state_of, sync_of, write_backs_of
from shared.keys import REQUESTS, answer_key
from shared.messages import PullMedical

_LOTS_S = 3600
# Nothing real is spared by waiting between requests.
_QUICK = {"requests_per_second": 10_000, "burst": 10_000}
_APPLY, PULL = "ApplyRecords", "PullMedical"


@dataclass(frozen=True)
class Source:
    """A function and the queue that feeds it."""

    function: str
    handler: Handler
    memory_mb: int
    queue_url: str
    batch_size: int


@dataclass(frozen=True)
class Stream:
    """A function and the stream that it follows."""

    function: str
    handler: Handler
    memory_mb: int
    shard: Shard


class System:
    """One school's stack, its relay and its Operoo."""

    def __init__(self, counting: Counting, outputs: dict[str, str], fed: list[Source | Stream], operoo_url: str) -> None:
        self.counting = counting
        self.outputs = outputs
        self.memory_mb = {source.function: source.memory_mb for source in fed}
        self._streams = [source for source in fed if isinstance(source, Stream)]
        # Applying comes last: in AWS its queue waits, so that the many wishes of one run become one.
        sources = [source for source in fed if isinstance(source, Source)]
        self._sources = sorted(sources, key=lambda source: source.function == _APPLY)
        self._operoo_url = operoo_url
        self._sqs, self._s3 = boto3.client("sqs"), boto3.client("s3")

    def run_relay(self, configuration: Path) -> Outcome:
        """Let the relay do one run."""
        use_case = sync_of(load_settings(configuration))
        with self.counting.by("relay"):
            return use_case.run()

    def request(self, name: str, manifest: dict[str, object]) -> dict[str, Any]:
        """Upload an administrator's manifest, do what follows and return the answer."""
        key = f"{REQUESTS}{name}.json"
        self._s3.put_object(Bucket=self.outputs["ExchangeBucket"], Key=key, Body=json.dumps(manifest).encode())
        self.settle()
        content = self._s3.get_object(Bucket=self.outputs["ExchangeBucket"], Key=answer_key(key))["Body"].read()
        answer: dict[str, Any] = json.loads(content)
        return answer

    def settle(self) -> None:
        """Run the functions until no queue holds a message."""
        while any(self._feed(source) for source in self._sources):
            pass
        # In AWS it follows all the while, in batches of up to two seconds: so it may write a part more often than here.
        while any(self._follow(stream) for stream in self._streams):
            pass

    def pull_medical(self) -> None:
        """Do what follows when the schedule has medical profiles pulled."""
        wish = PullMedical(why="schedule").model_dump_json()
        url = next(source.queue_url for source in self._sources if source.function == PULL)
        self._sqs.send_message(QueueUrl=url, MessageBody=wish, MessageGroupId=PULL, MessageDeduplicationId=str(uuid4()))
        self.settle()

    def write_back(self, configuration: Path) -> int:
        """Let the relay write back all that waits, do what follows, and return how many messages that were."""
        settings = load_settings(configuration)
        done = 0
        with self.counting.by("relay"), closing(state_of(settings)) as state:
            exchange = exchange_of(settings.exchange)
            use_case = write_backs_of(settings, exchange, state, clock=now)
            while letters := exchange.queues.receive():
                done += len(use_case.carry_out(letters))
        self.settle()
        return done

    def operoo_requests(self) -> Counter[str]:
        """Return how often Operoo was asked what, so far."""
        return Counter(self.operoo("GET", "state").json()["requests"])

    def operoo(self, method: str, what: str, content: object = None) -> httpx.Response:
        """Ask the sandbox's own controls, which count as nobody's requests."""
        url = f"{self._operoo_url}/sandbox/{what}"
        return httpx.request(method, url, json=content, trust_env=False, timeout=60).raise_for_status()

    def _feed(self, source: Source) -> bool:
        answer = self._sqs.receive_message(QueueUrl=source.queue_url, MaxNumberOfMessages=source.batch_size)
        messages = answer.get("Messages", [])
        if not messages:
            return False
        self.counting.usage.invocations[source.function] += 1
        self.counting.usage.batches += 1
        self.counting.usage.keys.add((source.function, f"sqs {source.queue_url}"))
        event = {"Records": [_record(message) for message in messages]}
        with self.counting.by(source.function):
            failed = source.handler(event, _context(source))["batchItemFailures"]
        if failed:
            raise RuntimeError(f"{source.function} failed on {len(failed)} messages; its log above says why")
        for message in messages:
            self._sqs.delete_message(QueueUrl=source.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return True

    def _follow(self, stream: Stream) -> bool:
        records, count = stream.shard.read()
        if records:
            self.counting.usage.invocations[stream.function] += 1
            with self.counting.by(stream.function):
                stream.handler({"Records": records}, _context(stream))
        return bool(count)


def _record(message: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3 gives it
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:queue",
        "awsRegion": REGION,
    }


def _context(source: Source | Stream) -> Context:
    return Context(source.function, source.memory_mb, source.function, str(uuid4()), time.time() + _LOTS_S)


@contextmanager
def system() -> Iterator[System]:
    """Start everything; stop it when the block ends."""
    counting = Counting()
    with ExitStack() as cleanup:
        cleanup.enter_context(_environment())
        sandbox = cleanup.enter_context(running(SandboxOptions()))
        cleanup.enter_context(mock_aws())
        transactions.teach()
        speed.teach()
        cleanup.enter_context(counting.hooked())
        boto3.setup_default_session()
        settings = json.dumps({"base_url": sandbox.base_url, **_QUICK})
        outputs, sources = _deployed({"OperooSettings": settings, "ApplyDelaySeconds": "0", "MedicalUpdates": "automatic"})
        secrets = boto3.client("secretsmanager")
        secrets.put_secret_value(SecretId=outputs["OperooTokenSecret"], SecretString=sandbox.token)
        _forget_clients()
        cleanup.callback(_forget_clients)
        yield System(counting, outputs, sources, sandbox.url)


@contextmanager
def _environment() -> Iterator[None]:
    """Set what a Lambda function always has, and put everything back."""
    before = dict(os.environ)
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "POWERTOOLS_TRACE_DISABLED": "true",
        "POWERTOOLS_METRICS_DISABLED": "true",
    }
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _deployed(parameters: dict[str, str]) -> tuple[dict[str, str], list[Source | Stream]]:
    template = without(translate(read_template(TEMPLATE), region=REGION), LEFT_OUT)
    code = io.BytesIO()
    with closing(zipfile.ZipFile(code, "w")) as archive:
        archive.writestr("README", "The functions run from the working tree.")
    cloudformation = boto3.client("cloudformation")
    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket=CODE_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=CODE_BUCKET, Key=CODE_KEY, Body=code.getvalue())
    given: Any = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    body = json.dumps(template)
    cloudformation.create_stack(StackName=STACK_NAME, TemplateBody=body, Parameters=given, Capabilities=["CAPABILITY_IAM"])
    stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}, list(_sources())


def _sources() -> Iterator[Source | Stream]:
    """Yield what feeds which function, and give all of them one environment: the template's names never differ in value."""
    functions, sqs = boto3.client("lambda"), boto3.client("sqs")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        made = functions.get_function_configuration(FunctionName=mapping["FunctionArn"])
        variables = made.get("Environment", {}).get("Variables", {})
        os.environ |= {name: str(value) for name, value in variables.items()} | {"POWERTOOLS_LOG_LEVEL": "ERROR"}
        name, handler, memory_mb = _logical_name(made["Handler"]), load(made["Handler"]), made["MemorySize"]
        arn = mapping["EventSourceArn"]
        if arn.split(":")[2] == "dynamodb":
            told = StreamSource(name, arn, mapping["BatchSize"], 0, wanted_keys(mapping.get("FilterCriteria") or {}))
            yield Stream(name, handler, memory_mb, Shard(boto3.client("dynamodbstreams"), told))
            continue
        queue = arn.rpartition(":")[2]
        yield Source(
            function=name,
            handler=handler,
            memory_mb=memory_mb,
            queue_url=sqs.get_queue_url(QueueName=queue)["QueueUrl"],
            batch_size=mapping["BatchSize"],
        )


def _logical_name(handler: str) -> str:
    return "".join(word.capitalize() for word in handler.split(".")[1].split("_"))


def _forget_clients() -> None:
    """Let the next use build settings and clients anew."""
    for module in (wiring, observability):
        for member in vars(module).values():
            if hasattr(member, "cache_clear"):
                member.cache_clear()
