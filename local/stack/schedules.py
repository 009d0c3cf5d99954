"""EventBridge Scheduler on one machine: `rate(…)` schedules come by themselves on the stack's clock, any when fired by hand."""

import re
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

_UNITS = {"minute": 60, "hour": 3600, "day": 86400}


def interval_s(expression: str) -> float | None:
    """Return the seconds between two times of a `rate(…)` expression, None for others, which come only when fired by hand."""
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    return int(found[1]) * _UNITS[found[2]] if found else None


class Schedules:
    """The schedules of a stack."""

    def __init__(self, scheduler: Any, sqs: Any, invoke: Callable[[str, Any], object], *, clock: float) -> None:  # noqa: ANN401
        self._scheduler = scheduler
        self._sqs = sqs
        self._invoke = invoke
        self._clock = clock
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, names: list[str]) -> None:
        """Let the named schedules run."""
        for name in names:
            schedule = self._scheduler.get_schedule(Name=name)
            every_s = interval_s(schedule["ScheduleExpression"])
            if every_s is not None and schedule.get("State", "ENABLED") == "ENABLED":
                thread = threading.Thread(target=self._run, args=(name, every_s / self._clock), daemon=True)
                self._threads.append(thread)
                thread.start()

    def stop(self) -> None:
        """Let no more of them come."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def fire(self, name: str) -> None:
        """Let a schedule come now.

        Raises:
            ValueError: Its target is neither a queue nor a function.
        """
        schedule = self._scheduler.get_schedule(Name=name)
        target = schedule["Target"]
        service, resource = target["Arn"].split(":")[2], target["Arn"].split(":")[-1]
        text = _filled_in(target.get("Input", "{}"), schedule["Arn"])
        if service == "sqs":
            url = self._sqs.get_queue_url(QueueName=resource)["QueueUrl"]
            group = target.get("SqsParameters", {}).get("MessageGroupId")
            self._sqs.send_message(QueueUrl=url, MessageBody=text, **({"MessageGroupId": group} if group else {}))
        elif service == "lambda":
            self._invoke(resource, text)
        else:
            raise ValueError(f"the schedule {name} has a target of {service}; only queues and functions are served here")

    def _run(self, name: str, every_s: float) -> None:
        while not self._stop.wait(every_s):
            self.fire(name)


def _filled_in(text: str, arn: str) -> str:
    values = {
        "schedule-arn": arn,
        "scheduled-time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "execution-id": uuid.uuid4().hex,
        "attempt-number": "1",
    }
    return re.sub(r"<aws\.scheduler\.([a-z-]+)>", lambda found: values[found[1]], text)
