"""Logs, metrics and traces of the functions. Identifiers and counts may pass here; names, addresses and medical words never."""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

Handler = Callable[[dict[str, Any], LambdaContext], Any]


@cache
def logger() -> Logger:
    """Return the one logger; its service name and level come from Powertools' own environment variables."""
    return Logger()


@cache
def metrics() -> Metrics:
    """Return the one metrics collector; its namespace comes from Powertools' own environment variable."""
    return Metrics()


@cache
def tracer() -> Tracer:
    """Return the one tracer; it does not trace outside Lambda."""
    return Tracer()


def count(name: str, value: int = 1) -> None:
    """Add to a metric that counts."""
    if value:
        metrics().add_metric(name=name, unit=MetricUnit.Count, value=value)


def observed(handler: Handler) -> Handler:
    """Give a Lambda handler its log context, trace and metrics, without touching the environment before the first event."""

    @wraps(handler)
    def run(event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ANN401 - whatever the handler answers
        traced = tracer().capture_lambda_handler(capture_response=False)(handler)
        try:
            return logger().inject_lambda_context(traced)(event, context)
        finally:
            # Powertools' own decorator warns on every event that counted nothing, which is most of them.
            if metrics().metric_set:
                metrics().flush_metrics()

    return run
