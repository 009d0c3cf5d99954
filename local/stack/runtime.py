"""The execution environments of Lambda functions: `python -m local.stack.runtime`, started by `local.stack.forks`.

The first process loads the packages that all functions use, and no more: nothing of ours that looks at the environment. Each
function is a fork of it, kept running from event to event. Events come to a fork as JSON lines, answers go back as JSON lines;
whatever the function prints goes to its log.
"""

import gc
import importlib
import json
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from botocore.loaders import Loader
from botocore.session import get_session
from pydantic import TypeAdapter

from local.stack import calls

_OBJECTS = 50_000
_SHARED = (
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.logging",
    "aws_lambda_powertools.metrics",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.typing",
    "boto3",
    "httpx",
    # `pydantic` by itself loads none of its parts before they are asked for.
    "pydantic.fields",
    "pydantic.functional_validators",
    "pydantic.json_schema",
    "pydantic.main",
    "pydantic.type_adapter",
    "pydantic.types",
    "zoneinfo",
)
_SERVICES = ("cognito-idp", "dynamodb", "s3", "secretsmanager", "sqs")
Handler = Callable[[dict[str, Any], "Context"], Any]


@dataclass(frozen=True)
class Context:
    """What Lambda tells a function about its invocation."""

    function_name: str
    memory_limit_in_mb: int
    invoked_function_arn: str
    aws_request_id: str
    deadline: float
    function_version: str = "$LATEST"
    log_group_name: str = "local"
    log_stream_name: str = "local"

    def get_remaining_time_in_millis(self) -> int:
        """Return how long it may still take."""
        return max(0, int((self.deadline - time.time()) * 1000))


def load(name: str) -> Handler:
    """Return the handler called `package.module.function`."""
    module, _, function = name.rpartition(".")
    handler: Handler = getattr(importlib.import_module(module), function)
    return handler


def answer(handler: Handler, line: str) -> dict[str, Any]:
    """Invoke the handler with one line and return the line to answer with."""
    invocation = json.loads(line)
    context = Context(
        function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        memory_limit_in_mb=int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]),
        invoked_function_arn=invocation["arn"],
        aws_request_id=invocation["request_id"],
        deadline=invocation["deadline"],
    )
    try:
        return {"result": json.loads(json.dumps(handler(invocation["event"], context)))}
    except Exception as error:  # noqa: BLE001 - what Lambda does: whatever a function raises is its answer
        traceback.print_exc()
        return {"error": type(error).__name__}


def run(lines: TextIO, answers: TextIO, loader: Loader) -> None:
    """Be the function that the first line names; say that it is loaded, then answer events until the input ends."""

    def say(line: dict[str, Any]) -> None:
        answers.write(json.dumps(line) + "\n")
        answers.flush()

    say({"pid": os.getpid()})
    program = json.loads(lines.readline())
    os.environ.clear()
    os.environ.update(program["environment"])
    os.chdir(program["code"])
    sys.path.insert(0, program["code"])
    calls.record(Path(program["calls"]), loader)
    handler = load(program["handler"])
    # As in local.stack.server: what was loaded is never garbage.
    gc.freeze()
    gc.set_threshold(_OBJECTS)
    say({})
    for line in lines:
        say(answer(handler, line))


def _become(given: list[int], loader: Loader) -> None:
    """Go on as a function with the input, answers and log that were given, and never come back."""
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        lines, answers, log = given
        os.dup2(log, 1)
        os.dup2(log, 2)
        with os.fdopen(lines, encoding="utf-8") as reading, os.fdopen(answers, "w", encoding="utf-8") as writing:
            run(reading, writing, loader)
    except BaseException:  # noqa: BLE001 - what Lambda does: whatever it was, the log has it
        traceback.print_exc()
    finally:
        os._exit(1)


def _read_services() -> Loader:
    """Return what has read the descriptions of the services: to parse them is most of making a client."""
    session = get_session()
    for service in _SERVICES:
        session.create_client(service, region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")  # noqa: S106
    loader: Loader = session.get_component("data_loader")
    return loader


def serve(asked: socket.socket) -> None:
    """Fork for each three files that come, until whoever sends them is gone."""
    for name in _SHARED:
        importlib.import_module(name)
    # For its first model pydantic looks for plugins, in every package that is installed.
    TypeAdapter(int)
    loader = _read_services()
    gc.freeze()
    # Nobody here waits for them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while (received := socket.recv_fds(asked, 1, 3))[0]:
        given = received[1]
        if os.fork() == 0:
            asked.close()
            _become(given, loader)
        for one in given:
            os.close(one)


if __name__ == "__main__":
    with socket.socket(fileno=os.dup(0)) as control:
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        serve(control)
