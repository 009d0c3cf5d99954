"""One execution environment of a Lambda function: `python -m local.stack.runtime HANDLER`, kept running from event to event.

Events come as JSON lines on the standard input, answers go as JSON lines to the standard output; whatever the function prints
goes to the standard error with its logs.
"""

import gc
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from local.stack import calls

_OBJECTS = 50_000
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


def main(name: str, lines: TextIO, answers: TextIO) -> None:
    """Say that the handler is loaded, then answer events until the input ends."""
    handler = load(name)
    # As in local.stack.server: what was loaded is never garbage.
    gc.freeze()
    gc.set_threshold(_OBJECTS)
    answers.write("{}\n")
    answers.flush()
    for line in lines:
        answers.write(json.dumps(answer(handler, line)) + "\n")
        answers.flush()


if __name__ == "__main__":
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as private:
        os.dup2(2, 1)
        calls.record(Path(os.environ.pop("LOCAL_STACK_CALLS")))
        main(sys.argv[1], sys.stdin, private)
