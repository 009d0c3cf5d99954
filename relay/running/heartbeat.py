"""Signs of life: after each run, also after one that failed, and now and then while the relay listens between two runs."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from relay.cloud.exchange import Exchange
from relay.logs import LOGGER
from relay.running.outcome import Outcome
from relay.running.timetable import Timetable
from relay.running.writing import TrackedWriteBacks
from relay.settings import RelaySettings
from relay.state import State
from relay.unexpected_errors import foreseen
from relay.version import relay_version
from relay.version_check import VersionCheck
from shared.errors import IntegrationError, TransientError
from shared.heartbeats import Heartbeat, ScheduleStatus

_LOG = logging.getLogger(LOGGER)
_Fact = TypeVar("_Fact")


class HeartbeatSender:
    """The relay's heartbeats.

    Args:
        settings: `[relay]`.
        exchange: The way to the cloud.
        state: What remembers the last one.
        clock: Tells the time.
        writing: What writes back, in two-way mode.
        timetable: Tells when the next run is due; none where a person runs it, and nobody knows.
    """

    def __init__(  # noqa: PLR0913 - what there is to tell of, put together in one place
        self,
        settings: RelaySettings,
        exchange: Exchange,
        state: State,
        *,
        clock: Callable[[], datetime],
        writing: TrackedWriteBacks | None = None,
        timetable: Timetable | None = None,
    ) -> None:
        self._name = settings.name
        self._rest = timedelta(minutes=settings.heartbeat_minutes)
        self._exchange = exchange
        self._state = state
        self._writing = writing
        self._timetable = timetable
        self.clock = clock

    def succeeded(self, outcome: Outcome, *, started_at: datetime) -> None:
        """Say that a run did all it should.

        Raises:
            IntegrationError: It cannot be said.
        """
        if self._writing is not None:
            self._writing.look()
        at, before = self.clock(), self._last()
        self._put(
            Heartbeat(
                relay=self._name,
                relay_version=relay_version(),
                synergetic_version=outcome.manifest.synergetic_version,
                schema_fingerprint=outcome.manifest.schema_fingerprint,
                started_at=started_at,
                at=at,
                ok=True,
                last_success_at=at,
                last_error=before.last_error if before else "",
                last_error_at=before.last_error_at if before else None,
                next_run_at=self._next_run_after(at),
                sequence=outcome.manifest.sequence,
                sent=outcome.sent,
                rows={one.name: one.rows for one in outcome.row_sets},
                left_out={one.name: one.left_out for one in outcome.row_sets if one.left_out},
            )
        )

    def failed(self, error: IntegrationError, *, started_at: datetime) -> None:
        """Say that a run failed, if that can be said."""
        try:
            with foreseen():
                self._say_failed(error, started_at)
        except IntegrationError as second:
            # The first error is the one to tell; often this is the same one again.
            _LOG.warning("The cloud was not told that this run failed: %s", second, extra={"code": second.code})

    def _say_failed(self, error: IntegrationError, started_at: datetime) -> None:
        at = self.clock()
        said = {
            "relay": self._name,
            "relay_version": relay_version(),
            "started_at": started_at,
            "at": at,
            "ok": False,
            "error": error.code,
            "last_error": error.code,
            "last_error_at": at,
            "next_run_at": self._next_run_after(at),
            "polled_at": None,
            "sent": False,
        }
        before = self._last()
        self._put(before.model_copy(update=said) if before else Heartbeat.model_validate(said))

    def polled(self, next_run_at: datetime) -> None:
        """Say that the relay is there and listens, unless it has said something not long ago, and was told no schedule since.

        Raises:
            IntegrationError: It cannot be said.
        """
        at, before = self.clock(), self._state.heartbeat()
        if before is None:
            return
        told = self._scheduling() != before.schedule
        # A last one that lies ahead was said by a clock that has been set back since.
        if told or abs(at - (before.polled_at or before.at)) >= self._rest:
            next_run_at = self._next_run_after(at) or next_run_at if told else next_run_at
            self._put(before.model_copy(update={"relay_version": relay_version(), "polled_at": at, "next_run_at": next_run_at}))

    def _next_run_after(self, at: datetime) -> datetime | None:
        return self._timetable.after(at) if self._timetable is not None else None

    def _last(self) -> Heartbeat | None:
        return _remembered(self._state.heartbeat)

    def _scheduling(self) -> ScheduleStatus | None:
        if self._timetable is not None:
            return self._timetable.account()
        before = self._last()
        return before.schedule if before else None  # a run by hand says nothing of when there are others

    def _put(self, heartbeat: Heartbeat) -> None:
        version_check = VersionCheck.here(_remembered(self._state.minimum_version) or "")
        told = version_check.minimum if self._exchange.queues.listens else None
        complete = heartbeat.model_copy(
            update={
                "minimum_relay_version": told,
                "outdated": not version_check.may_write,
                "writing": _remembered(self._state.writing) if self._writing is not None else None,
                "schedule": self._scheduling(),
            }
        )
        if complete.outdated:
            _LOG.warning(
                "This relay is too old for its stack: it writes nothing back", extra={"asked_for": version_check.minimum}
            )
        try:
            self._state.remember_heartbeat(complete)
        except TransientError as error:
            if error.code != complete.error:  # else this is what the heartbeat tells
                _LOG.warning("The sign of life could not be noted here: %s", error, extra={"code": error.code})
        self._exchange.put_heartbeat(complete)


def _remembered(ask: Callable[[], _Fact]) -> _Fact | None:
    try:
        return ask()
    except TransientError:
        return None  # that may be what there is to tell
