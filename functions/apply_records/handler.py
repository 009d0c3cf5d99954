"""The Lambda function that applies. Its queue hands out one message at a time, so there is one worker per school."""

from collections.abc import Callable
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import TypeAdapter

from functions.apply_records.applying import Applier, OutOfTimeError
from functions.apply_records.profiles import Profiles
from functions.batches import process_messages
from functions.observability import count, logger, observed
from functions.wiring import apply_line, exchange, operoo, records_table, runs_table, settings
from shared.errors import OperooDeniedError, OperooUnavailableError
from shared.messages import Apply

# What one record may take beyond one call that is answered late: its other calls, a few tries and the writes.
_MORE_S = 60
_MESSAGE: TypeAdapter[Apply] = TypeAdapter(Apply)


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Apply what waits; more than one message is the same wish."""
    reserve_ms = 1000 * (settings().operoo_settings.timeouts.read + _MORE_S)

    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > reserve_ms

    @cache
    def once() -> None:
        apply_all(has_time)

    return process_messages(event, context, parse=_MESSAGE, handle=lambda _: once())


def apply_all(has_time: Callable[[], bool]) -> None:
    """Apply until nothing waits, the time is up, or Operoo cannot be reached; what is left waits for the next message.

    An outage of Operoo does not fail the message: the schedule sends the next one, and nothing has to be remembered.
    """
    applier = Applier(
        records_table(),
        runs_table(),
        Profiles(operoo(), settings().operoo_settings, exchange().photo),
        archive=settings().archive_policy == "archive",
        has_time=has_time,
    )
    try:
        applier.work()
    except OutOfTimeError:
        apply_line().wake("continued")
    except (OperooUnavailableError, OperooDeniedError) as error:
        # A new key or a rotated one is read again by the next message, also where this process lives on.
        operoo.cache_clear()
        count("ApplyStopped")
        logger().error("apply stopped", code=error.code, reason=str(error))
    finally:
        count("RecordsParked", applier.done["parked"])
        count("ApplyFailed", applier.done["in doubt"])
        count("RecordsApplied", sum(applier.done.values()) - applier.done["parked"] - applier.done["in doubt"])
        logger().info("applied", outcome=dict(applier.done))
