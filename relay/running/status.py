"""How the relay is doing: from what it remembers, and from the bucket if that can be reached."""

from collections.abc import Callable
from datetime import datetime

from relay.cloud.exchange import Exchange
from relay.running.timetable import Timetable
from relay.state import State
from shared.errors import IntegrationError, RefusedManifestError
from shared.heartbeats import Heartbeat, WriteBackStatus

Status = dict[str, object]
_LATE_AFTER_RUNS = 3
_REACHED, _CUT_OFF = "reached", "not reached"


def find_status(
    exchange: Callable[[], Exchange], *, timetable: Timetable, clock: Callable[[], datetime], writes: bool = False
) -> Status:
    """Return how the relay is doing, ready for showing or for JSON.

    `state` is `new` before the first run, then `well`, or what is wrong: `failing` (the last run failed, or the next will: what
    lies in the bucket is no manifest), `late` (some runs were due since the last success), `cut-off` (AWS is not reached),
    `not-writing` (all is well, but for writing back).

    Args:
        exchange: Makes the way to the cloud.
        timetable: When it is to run, and what it remembers.
        clock: Tells the time.
        writes: Whether it is to write back.

    Raises:
        TransientError: The state file cannot be read.
    """
    state = timetable.state
    beat, cloud = state.heartbeat(), _manifest(state, exchange)
    late = beat is not None and _is_late(beat, now=clock(), timetable=timetable)
    verdict = _verdict(beat, late=late, exchange=str(cloud["exchange"]))
    found = {"state": verdict, **_runs(beat), "schedule": timetable.in_words(), "late": late, **cloud}
    found |= {"full_at": state.full_at(), "remembered": state.counts()}
    if writes:
        account = state.writing()
        found["writing"] = _writing(account)
        if verdict == "well" and account is not None and account.refused:
            found["state"] = "not-writing"
    return found


def _writing(account: WriteBackStatus | None) -> Status:
    if account is None:
        return {"standing": "not looked at yet"}
    agreed = "agreed" if account.looked_at else "not looked at yet"
    return {
        "standing": f"refused: {account.refused}" if account.refused else agreed,
        "looked_at": account.looked_at,
        "since": account.since,
        "messages_written": account.written,
        "tries_failed": account.failed,
        "last_failure": account.last_failure,
        "receipts_unsent": account.unsent,
    }


def _verdict(beat: Heartbeat | None, *, late: bool, exchange: str) -> str:
    if exchange.startswith(_CUT_OFF):
        return "cut-off"
    if exchange != _REACHED or (beat is not None and not beat.ok):
        return "failing"
    if beat is None:
        return "new"
    return "late" if late else "well"


def _is_late(beat: Heartbeat, *, now: datetime, timetable: Timetable) -> bool:
    if beat.last_success_at is None:
        return True
    due = beat.last_success_at
    for _ in range(_LATE_AFTER_RUNS):
        due = timetable.after(due)
    return now > due


def _runs(beat: Heartbeat | None) -> Status:
    if beat is None:
        return {"last_run_at": None, "last_run": "never", "last_success_at": None, "next_run_at": None, "rows": {}}
    return {
        "relay": f"{beat.relay} {beat.relay_version}",
        "minimum_version": beat.minimum_relay_version,
        "outdated": beat.outdated,
        "synergetic_version": beat.synergetic_version,
        "last_run_at": beat.at,
        "last_run": "ok" if beat.ok else f"failed: {beat.error}",
        "last_success_at": beat.last_success_at,
        "last_error": beat.last_error,
        "last_error_at": beat.last_error_at,
        "next_run_at": beat.next_run_at,
        "rows": beat.rows,
        "left_out": beat.left_out,
    }


def _manifest(state: State, exchange: Callable[[], Exchange]) -> Status:
    remembered, reached = state.last_manifest(), _REACHED
    try:
        last = exchange().last_manifest(remembered)
    except IntegrationError as error:
        how = f"{_REACHED}, but" if isinstance(error, RefusedManifestError) else _CUT_OFF
        last, reached = remembered, f"{how}: {error} [{error.code}]"
    found: Status = {"exchange": reached, "manifest": None, "manifest_read_at": None}
    if last is not None:
        found |= {"manifest": last.manifest.sequence, "manifest_read_at": last.manifest.read_ended_at}
    return found
