"""Hears the relay's heartbeat: counts it where the alarms look, and tells a relay what it does not know yet."""

from functions.runtime.observability import count, logger
from functions.runtime.wiring import return_queue, settings
from shared.heartbeats import Heartbeat
from shared.messages import READS, Instructions


def hear(content: bytes) -> None:
    """Count the sign of life of a relay that did its work; one that fails every time must not pass for well."""
    heartbeat = Heartbeat.model_validate_json(content)
    logger().info("relay heard", ok=heartbeat.ok, error=heartbeat.error, relay_version=heartbeat.relay_version)
    count("RelayHeartbeat" if heartbeat.ok else "RelayFailed")
    if heartbeat.outdated:
        count("RelayOutdated")
    _instruct(heartbeat)


def _instruct(heartbeat: Heartbeat) -> None:
    """Tell the relay the minimum until its heartbeat shows that it knows; one that hears no queue cannot be told."""
    minimum = settings().minimum_relay_version
    if heartbeat.minimum_relay_version not in {None, minimum}:
        # SQS drops repeats within five minutes.
        return_queue().send([Instructions(minimum_relay_version=minimum)], group=READS, once=f"minimum-{minimum}")
