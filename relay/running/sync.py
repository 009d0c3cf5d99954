"""One run of the relay: hear what the cloud asks for, transfer what is, answer, and leave a sign of life."""

import logging
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from relay.cloud.errors import OF_ONE_SERVICE
from relay.lock import ALREADY_RUNNING, only_run
from relay.logs import LOGGER
from relay.reading.scope import EVERYTHING, NOTHING, Scope
from relay.running.heartbeat import HeartbeatSender
from relay.running.outcome import Outcome
from relay.running.requests import Requests
from relay.running.transfer import Transfer
from relay.unexpected_errors import foreseen
from relay.version import relay_version
from shared.errors import IntegrationError
from shared.manifests import ROW_SETS
from shared.messages import FullRead
from shared.receipts import ReadReceipt

_LOG = logging.getLogger(LOGGER)


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


class Sync:
    """The relay at work.

    Args:
        transfer: Brings what is to the cloud.
        requests: What the cloud asks for.
        heartbeats: Gives signs of life.
        name: What this relay is called.
        folder: Its state folder, in which runs never overlap.
    """

    def __init__(self, transfer: Transfer, requests: Requests, heartbeats: HeartbeatSender, *, name: str, folder: Path) -> None:
        self._transfer = transfer
        self._requests = requests
        self._heartbeats = heartbeats
        self._name = name
        self._folder = folder
        self._poll_failed = ""

    def run(self, *, full: bool = False) -> Outcome:
        """Do one run.

        Args:
            full: Send everything again, photos too.

        Raises:
            IntegrationError: The run failed. The cloud is as it was, or has all that is; it knows of this if it can be reached.
        """
        with foreseen(), ExitStack() as held:
            started_at = self._heartbeats.clock()
            try:
                with foreseen():
                    held.enter_context(only_run(self._folder))
                    outcome = self._hear_and_send(full=full)
            except IntegrationError as error:
                if error.code != ALREADY_RUNNING:  # the other run speaks for both
                    self._heartbeats.failed(error, started_at=started_at)
                raise
            self._heartbeats.succeeded(outcome, started_at=started_at)
        return outcome

    def _hear_and_send(self, *, full: bool) -> Outcome:
        """Carry out what the cloud asks for; what is, is sent also if only that cannot be heard, and the run fails after it."""
        deaf: IntegrationError | None = None
        try:
            self._requests.hear()
        except IntegrationError as error:
            if error.code not in OF_ONE_SERVICE:
                raise
            deaf = error
        asked = self._requests.open()
        after = max((one.after for one in asked), default=0)
        outcome = self._transfer.send(EVERYTHING if full else Scope.of(asked), after=after)
        self._requests.answer([self._receipt(one, outcome) for one in asked])
        if deaf is not None:
            raise deaf
        return outcome

    def look(self, *, full: bool = False) -> Outcome:
        """Do everything but sending, and return what would be sent.

        Raises:
            IntegrationError: It could not be found out.
        """
        with only_run(self._folder):
            return self._transfer.look(EVERYTHING if full else NOTHING)

    def listen(self, wait_s: int, next_run_at: datetime) -> bool:
        """Listen to the cloud between two runs, and return whether it asks for one now.

        What fails here fails in the next run as well, which tells; so this is no reason to stop.

        Args:
            wait_s: How long to wait for something to come.
            next_run_at: When a run is due whatever comes, for the sign of life.
        """
        try:
            with foreseen():
                asked = self._requests.hear(wait_s=wait_s)
                self._heartbeats.polled(next_run_at)
        except IntegrationError as error:
            if error.code != self._poll_failed:
                _LOG.warning("Listening to the cloud failed: %s", error, extra={"code": error.code})
            self._poll_failed = error.code
            return False
        self._poll_failed = ""
        return asked

    def _receipt(self, request: FullRead, outcome: Outcome) -> ReadReceipt:
        asked = request.row_sets or ROW_SETS
        return ReadReceipt(
            request=request.request,
            relay=self._name,
            relay_version=relay_version(),
            at=self._heartbeats.clock(),
            sequence=outcome.manifest.sequence,
            rows={one.name: one.rows for one in outcome.row_sets if one.name in asked},
            photos=outcome.photos,
        )
