"""How the relay is doing: from what it remembers, and from the bucket if that can be reached."""

from collections.abc import Callable
from datetime import datetime, timedelta

from relay.cloud.exchange import Exchange
from relay.running.state import State
from shared.errors import IntegrationError

Status = dict[str, object]
_LATE_AFTER_INTERVALS = 3


def find_status(state: State, exchange: Exchange, *, interval: timedelta, clock: Callable[[], datetime]) -> Status:
    """Return the last run, the last success, the manifest that stands and what is remembered, ready for showing or for JSON.

    Raises:
        TransientError: The state file cannot be read.
    """
    beat = state.heartbeat()
    status: Status = {"last_run_at": None, "last_run": "never", "last_success_at": None, "next_run_at": None, "rows": {}}
    if beat is not None:
        late = beat.last_success_at is None or clock() - beat.last_success_at > interval * _LATE_AFTER_INTERVALS
        status = {
            "relay": f"{beat.relay} {beat.relay_version}",
            "synergetic_version": beat.synergetic_version,
            "last_run_at": beat.at,
            "last_run": "ok" if beat.ok else f"failed: {beat.error}",
            "last_success_at": beat.last_success_at,
            "late": late,
            "next_run_at": beat.next_run_at,
            "rows": beat.rows,
            "left_out": beat.left_out,
        }
    return {**status, **_manifest(state, exchange), "full_at": state.full_at(), "remembered": state.counts()}


def _manifest(state: State, exchange: Exchange) -> Status:
    remembered, problem = state.last_manifest(), ""
    try:
        last = exchange.last_manifest(remembered)
    except IntegrationError as error:
        last, problem = remembered, f"not reached: {error}"
    found: Status = {"exchange": problem or "reached", "manifest": None, "manifest_read_at": None}
    if last is not None:
        found |= {"manifest": last.manifest.sequence, "manifest_read_at": last.manifest.read_ended_at}
    return found
