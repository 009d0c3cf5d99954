"""The Lambda function that applies. Its queue hands out one message at a time, so there is one worker per school."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import TypeAdapter

from functions.apply_records.applying import Applier
from functions.apply_records.owners import Owners
from functions.apply_records.profiles import Profiles
from functions.runtime.batches import process_messages
from functions.runtime.observability import count, logger, observed
from functions.runtime.time_left import OutOfTimeError, dead_in_s, time_left
from functions.runtime.wiring import apply_queue, exchange, link_marks, operoo, records_table, settings, stops
from shared.errors import FatalError, OperooUnavailableError
from shared.messages import Apply

# What one record may take beyond one call that is answered late: its other calls, a few tries and the writes.
_MORE_S = 60
# Nobody is archived, or told something, by settings that an owner changed before: the console shows what comes of the newest.
_CHOSEN_S = 5
_MESSAGE: TypeAdapter[Apply] = TypeAdapter(Apply)


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Apply what waits; more than one message is the same wish."""
    chosen = settings(within_s=0)
    has_time = time_left(context, reserve_s=chosen.operoo_settings.timeouts.read + _MORE_S)
    apply_queue().come_back([record["receiptHandle"] for record in event["Records"]], seconds=dead_in_s(context))
    wishes: list[Apply] = []
    answer = process_messages(event, context, parse=_MESSAGE, handle=wishes.append)
    if wishes:
        apply_all(
            lambda: has_time() and settings(within_s=_CHOSEN_S) is chosen,
            overwrite_groups=any(wish.overwrite_groups for wish in wishes),
        )
    return answer


def apply_all(has_time: Callable[[], bool], *, overwrite_groups: bool = False) -> None:
    """Apply until nothing waits, the time is up, or nothing can be done; what is left waits for the next message.

    Time is up, too, once an owner has saved other settings: the next message goes by these.

    An outage of Operoo or a wrong key does not fail the message, which would hold up all behind it: the schedule sends the
    next one, nothing has to be remembered for that, the console tells people, and a metric counts it for the alarm.
    """
    done: Counter[str] = Counter()
    try:
        applier = Applier(
            records_table(),
            link_marks(),
            Profiles(operoo(), settings().operoo_settings, exchange().photo, Owners(records_table()).others),
            archive=settings().archive_policy == "archive",
            has_time=has_time,
        )
        done = applier.done
        if overwrite_groups:
            applier.overwrite_groups()
            overwrite_groups = False
        applier.work()
        stops().goes_on("apply")
    except OutOfTimeError:
        apply_queue().wake("continued", overwrite_groups=overwrite_groups)
        stops().goes_on("apply")
    except (OperooUnavailableError, FatalError) as error:
        # A new key or a rotated one is read again by the next message, also where this process lives on.
        operoo.cache_clear()
        stops().stopped("apply", error)
        count("ApplyStopped")
        logger().error("apply stopped", code=error.code, reason=str(error))
    finally:
        parked, doubtful = done["parked"], done["in doubt"]
        count("RecordsParked", parked)
        count("ApplyFailed", doubtful)
        count("RecordsApplied", sum(done.values()) - parked - doubtful)
        logger().info("applied", outcome=dict(done))
