"""Logs, metrics and traces of the functions. Identifiers and counts may pass here; names, addresses and medical words never."""

import traceback
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from functions.store.conflicts import reasons_of
from shared.errors import FatalError, IntegrationError, SettingsError

Handler = Callable[[dict[str, Any], LambdaContext], Any]
_FRAMES = 6


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
    """Return the one tracer; it does not trace outside Lambda, and of what is called it traces AWS alone.

    Of other calls it would keep the address, and that of a family's file may say whose it is and what about.
    """
    return Tracer(patch_modules=("botocore",))


def count(name: str, value: int = 1) -> None:
    """Add to a metric that counts."""
    if value:
        metrics().add_metric(name=name, unit=MetricUnit.Count, value=value)


def observed(handler: Handler) -> Handler:
    """Give a Lambda handler its log context, trace and metrics, without touching the environment before the first event."""

    @wraps(handler)
    def run(event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ANN401 - whatever the handler answers
        traced = tracer().capture_lambda_handler(capture_response=False, capture_error=False)(_in_our_words(handler))
        try:
            return logger().inject_lambda_context(traced)(event, context)
        finally:
            # Powertools' own decorator warns on every event that counted nothing, which is most of them.
            if metrics().metric_set:
                metrics().flush_metrics()

    return run


def _in_our_words(handler: Handler) -> Handler:
    """Let no error but ours leave a handler: traces keep the text of what they see, and Lambda writes it into the log."""

    @wraps(handler)
    def run(event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ANN401 - whatever the handler answers
        try:
            return handler(event, context)
        except Exception as error:  # noqa: BLE001 - the outermost edge
            failed("function failed", error)
            raise FatalError("The function failed unexpectedly; the log line before this one says where.") from None

    return run


def failed(what: str, error: Exception, *, message_id: str = "") -> None:
    """Log what failed at the outermost edge. What a person has to mend in the settings is counted: no try makes it better."""
    told = account(error) | ({"message_id": message_id} if message_id else {})
    logger().error(what, **told)
    if isinstance(error, SettingsError):
        count("SettingsUnusable")


def account(error: Exception) -> dict[str, Any]:
    """Say what failed and where. The text of an error that is not ours may quote personal data, so it stays out of the log."""
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
    if isinstance(error, IntegrationError):
        return {"code": error.code, "reason": str(error), "where": where[-_FRAMES:]}
    if not isinstance(error, ClientError):
        return {"code": type(error).__name__, "where": where[-_FRAMES:]}
    return {"code": " ".join((error.response["Error"]["Code"], *reasons_of(error))), "where": where[-_FRAMES:]}
