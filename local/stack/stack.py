"""The stack as a whole: AWS, what CloudFormation made of the template, and the functions that run on its events."""

import io
import json
import socket
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from local.stack import calls
from local.stack.aws import REGION, AwsServer
from local.stack.calls import Call
from local.stack.forks import BARE, Forks, Program
from local.stack.function import Deployed, FunctionProcess
from local.stack.http_api import HttpApi
from local.stack.parameters import check
from local.stack.polling import Poller, SqsSource
from local.stack.schedules import Schedules
from local.stack.streams import Follower, StreamSource, wanted_keys
from local.stack.template import CODE_BUCKET, CODE_KEY, LEFT_OUT, Template, behind_http, read_template, translate, without

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
STACK_NAME = "operoo-synergetic"
_IDLE_PAUSE_S = 0.2


class NotIdleError(TimeoutError):
    """Messages are still waiting or in work."""


@dataclass(frozen=True)
class Pace:
    """How the stack runs.

    Attributes:
        clock: How many times faster than in AWS schedules come, batching windows close and failed messages come back.
        concurrency: How many processes a function has at most; one on a FIFO queue, whatever this says.
    """

    clock: float = 1
    concurrency: int = 2


@dataclass(frozen=True)
class Ports:
    """Where the stack listens: the port of AWS, 0 for a free one; and what its HTTP API is served on, None if it is not."""

    aws: int = 0
    http: socket.socket | None = None


class LocalStack:
    """A running stack. Begin with `LocalStack.start`."""

    def __init__(self, aws: AwsServer, forks: Forks, directory: Path, pace: Pace) -> None:
        self._aws = aws
        self._forks = forks
        self._pace = pace
        self._logs = directory / "logs"
        self._invocations = 0
        self._quiet = (-1, 0.0)
        self._resources: dict[str, str] = {}
        self._functions: dict[str, Deployed] = {}
        self._processes: dict[str, list[FunctionProcess]] = {}
        self._pollers: list[Poller | Follower] = []
        self._http: HttpApi | None = None
        self._queues: set[str] = set()
        self._sqs = aws.client("sqs")
        self._schedules = Schedules(aws.client("scheduler"), self._sqs, self._invoke_physical, clock=pace.clock)
        self.outputs: dict[str, str] = {}

    @classmethod
    @contextmanager
    def start(
        cls,
        directory: Path,
        parameters: Mapping[str, str] | None = None,
        *,
        template: Path = TEMPLATE,
        pace: Pace | None = None,
        ports: Ports | None = None,
    ) -> Iterator[Self]:
        """Start AWS, deploy the template and run its functions until the block ends.

        Args:
            directory: Where logs go: `logs/aws.log` and one for each function.
            parameters: Overrides of the template's parameters.
            template: The SAM template; its folder is where handlers are imported from.
            pace: How fast the clock runs and how many processes there are.
            ports: Where it listens.

        Raises:
            SettingsError: The template does not take these parameters.
            RuntimeError: The server did not start, or CloudFormation failed.
        """
        (directory / "logs").mkdir(parents=True, exist_ok=True)
        ports = ports or Ports()
        log = directory / "logs" / "aws.log"
        with Forks(log) as forks, AwsServer(log, ports.aws) as aws:
            stack = cls(aws, forks, directory, pace or Pace())
            with ExitStack() as cleanup:
                cleanup.callback(stack._stop)
                stack._deploy(template, parameters or {}, http=ports.http)
                yield stack

    @property
    def url(self) -> str:
        """Where AWS is."""
        return self._aws.url

    @property
    def http_url(self) -> str:
        """Where the HTTP API is; nothing if it is not served."""
        return self._http.url if self._http else ""

    def environment(self) -> dict[str, str]:
        """Return the environment variables that point another program, such as the relay, at this AWS."""
        return self._aws.environment()

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes the class at run time
        """Return a boto3 client of this AWS."""
        return self._aws.client(service)

    def resource_id(self, name: str) -> str:
        """Return the physical ID of a resource (a queue's is its URL) by its logical ID.

        Raises:
            KeyError: The template has no such resource, or it was not created.
        """
        return self._resources[name]

    def invoke(self, function: str, event: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever the function returns
        """Run a function on an event in a process of its own and return its result.

        Raises:
            FailedInvocationError: It raised, died, or took too long.
        """
        process = FunctionProcess(self._functions[function], self._forks)
        try:
            return process.invoke(event)
        finally:
            process.close()

    def fire_schedule(self, name: str) -> None:
        """Let a schedule come now, by its logical ID."""
        self._schedules.fire(self.resource_id(name))

    def kill(self, function: str) -> int:
        """Kill a function's processes, whatever they are at, and return how many were at something."""
        return sum([process.kill() for process in self._processes[function]])

    def logs(self, function: str) -> str:
        """Return what a function has logged and printed."""
        path = self._functions[function].program.log
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def calls(self, function: str) -> list[Call]:
        """Return the requests to AWS that a function has made, in order."""
        return calls.read(self._functions[function].program.calls)

    def waiting(self) -> dict[str, int]:
        """Return how many messages wait or are in work, by queue name; only of queues that feed a function and hold any."""
        return {name: count for name, count in self._aws.messages().items() if count and name in self._queues}

    def wait_until_idle(self, timeout_s: float = 600) -> None:
        """Wait until no queue that feeds a function holds a message and no function runs.

        Raises:
            NotIdleError: That did not come in time; names the queues. A message that failed waits for its visibility timeout.
        """
        end = time.monotonic() + timeout_s
        while not self._is_idle():
            if time.monotonic() > end:
                raise NotIdleError(f"still waiting after {timeout_s:g} s: {self.waiting() or 'functions are running'}")
            time.sleep(_IDLE_PAUSE_S)

    def _is_idle(self) -> bool:
        # A message may move between two queues while they are counted, so nothing may have begun since they were empty twice.
        before, began = self._invocations, time.monotonic()
        busy = any(poller.at_work for poller in self._pollers)
        if busy or any(self.waiting() for _ in range(2)) or before != self._invocations:
            return False
        if self._quiet[0] != before:
            self._quiet = (before, began)
        followers = (poller for poller in self._pollers if isinstance(poller, Follower))
        return all(follower.has_told_all_until(self._quiet[1]) for follower in followers)

    def _deploy(self, path: Path, parameters: Mapping[str, str], *, http: socket.socket | None) -> None:
        written = read_template(path)
        template = without(translate(written, region=REGION), LEFT_OUT)
        check(template, parameters)
        self._upload_code()
        self._create_stack(template, parameters)
        named = [name for name, one in template["Resources"].items() if one["Type"] == "AWS::Lambda::Function"]
        self._functions = {name: self._deployed(name, path.parent) for name in named if name in self._resources}
        for source in self._sources():
            self._feed(source)
        if http is not None and (served := behind_http(written)) is not None:
            self._http = HttpApi([self._process(served) for _ in range(self._pace.concurrency)], http)
            self._http.start()
        schedules = [name for name, one in template["Resources"].items() if one["Type"] == "AWS::Scheduler::Schedule"]
        self._schedules.start([self._resources[name] for name in schedules if name in self._resources])

    def _upload_code(self) -> None:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("README", "The functions run from the working tree.")
        s3 = self.client("s3")
        s3.create_bucket(Bucket=CODE_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket=CODE_BUCKET, Key=CODE_KEY, Body=content.getvalue())

    def _create_stack(self, template: Template, parameters: Mapping[str, str]) -> None:
        client = self.client("cloudformation")
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        client.create_stack(
            StackName=STACK_NAME, TemplateBody=json.dumps(template), Parameters=given, Capabilities=["CAPABILITY_IAM"]
        )
        stack = client.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
        if stack["StackStatus"] != "CREATE_COMPLETE":
            raise RuntimeError(f"CloudFormation ended with {stack['StackStatus']}; {self._logs / 'aws.log'} says why")
        self.outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
        found = client.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
        self._resources = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found if "PhysicalResourceId" in one}

    def _deployed(self, name: str, code: Path) -> Deployed:
        made = self.client("lambda").get_function_configuration(FunctionName=self._resources[name])
        given = made.get("Environment", {}).get("Variables", {})
        about = {"AWS_LAMBDA_FUNCTION_NAME": name, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(made["MemorySize"])}
        # moto keeps a number from the template a number; Lambda makes it text.
        settings = {key: str(value) for key, value in given.items()}
        program = Program(
            handler=made["Handler"],
            code=code,
            environment={**BARE, **about, **settings, **self.environment()},
            log=self._logs / f"{name}.log",
            calls=self._logs / f"{name}.calls",
        )
        return Deployed(name, arn=made["FunctionArn"], timeout_s=made["Timeout"], program=program)

    def _sources(self) -> Iterator[SqsSource | StreamSource]:
        names = {function.arn: function.name for function in self._functions.values()}
        for one in self.client("lambda").list_event_source_mappings()["EventSourceMappings"]:
            function, arn, size = names[one["FunctionArn"]], one["EventSourceArn"], one["BatchSize"]
            window_s = one.get("MaximumBatchingWindowInSeconds", 0)
            if arn.split(":")[2] == "dynamodb":
                yield StreamSource(function, arn, size, window_s, wanted_keys(one.get("FilterCriteria") or {}))
                continue
            yield SqsSource(
                function=function,
                queue_arn=arn,
                queue_url=self._sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"],
                batch_size=size,
                window_s=window_s,
                partial="ReportBatchItemFailures" in one.get("FunctionResponseTypes", []),
                most_at_once=one.get("ScalingConfig", {}).get("MaximumConcurrency", self._pace.concurrency),
            )

    def _process(self, function: str) -> FunctionProcess:
        process = FunctionProcess(self._functions[function], self._forks)
        self._processes.setdefault(function, []).append(process)
        return process

    def _feed(self, source: SqsSource | StreamSource) -> None:
        if isinstance(source, StreamSource):
            streams, process = self.client("dynamodbstreams"), self._process(source.function)
            poller: Poller | Follower = Follower(source, streams, process, clock=self._pace.clock, note=self._begun)
        else:
            count = 1 if source.fifo else min(source.most_at_once, self._pace.concurrency)
            processes = [self._process(source.function) for _ in range(count)]
            poller = Poller(source, self.client("sqs"), processes, clock=self._pace.clock, note=self._begun)
            self._queues.add(source.queue_url.rpartition("/")[2])
        self._pollers.append(poller)
        poller.start()

    def _begun(self) -> None:
        self._invocations += 1

    def _invoke_physical(self, physical: str, text: str) -> object:
        name = next(name for name in self._functions if self._resources[name] == physical)
        return self.invoke(name, json.loads(text))

    def _stop(self) -> None:
        if self._http is not None:
            self._http.stop()
        self._schedules.stop()
        for poller in self._pollers:
            poller.stop()
        # Whoever waits for a message is waked by the end of AWS.
        self._aws.stop()
        for poller in self._pollers:
            poller.join()
