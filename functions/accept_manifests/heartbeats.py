"""Hears the relay's heartbeat: counts it where the alarms look, and tells a relay what it does not know yet."""

from pydantic import ValidationError

from functions.runtime.observability import count, logger
from functions.runtime.wiring import return_queue, settings
from shared.digests import digest
from shared.heartbeats import Heartbeat
from shared.messages import READS, Instructions
from shared.schedules import mark_of, text_of


def hear(content: bytes) -> None:
    """Count the sign of life of a relay that did its work; one that fails every time must not pass for well.

    What is no heartbeat is counted as such, and is no sign of life: if no other comes, that is what the alarm tells.
    """
    try:
        heartbeat = Heartbeat.model_validate_json(content)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        not_understood(", ".join(sorted({".".join(map(str, fault["loc"])) or fault["type"] for fault in faults})))
        return
    # One that only listened comes some three times a minute.
    tell = logger().debug if heartbeat.polled_at else logger().info
    tell("relay heard", ok=heartbeat.ok, error=heartbeat.error, relay_version=heartbeat.relay_version)
    count("RelayHeartbeat" if heartbeat.ok else "RelayFailed")
    if heartbeat.outdated:
        count("RelayOutdated")
    if heartbeat.writing is not None and heartbeat.writing.refused:
        logger().warning("relay writes nothing back", refused=heartbeat.writing.refused)
        count("WriteBackRefused")
    _instruct(heartbeat)


def not_understood(what: str) -> None:
    """Count a heartbeat that is none. It would be none the next time too, so it must not come back and end as a dead letter."""
    logger().error("heartbeat not understood", what=what)
    count("HeartbeatNotUnderstood")


def _instruct(heartbeat: Heartbeat) -> None:
    """Tell the relay what it is to know until its heartbeat shows that it does; one that hears no queue cannot be told."""
    minimum, schedule = settings().minimum_relay_version, text_of(settings().relay_schedule)
    knows_minimum = heartbeat.minimum_relay_version in {None, minimum}
    knows_schedule = heartbeat.schedule is None or heartbeat.schedule.told == mark_of(schedule)
    if not (knows_minimum and knows_schedule):
        instructions = Instructions(minimum_relay_version=minimum, schedule=schedule)
        # SQS drops repeats within five minutes.
        return_queue().send([instructions], group=READS, once=f"instructions-{digest(instructions.model_dump())}")
