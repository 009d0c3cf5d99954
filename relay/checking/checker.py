"""All looks of a check, in the order in which a person would make them: this machine, Synergetic, AWS."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from relay.checking.aws import (
    look_at_bucket,
    look_at_receipt_queue,
    look_at_return_queue,
    look_at_what_is_too_large,
    look_at_withdrawn,
)
from relay.checking.machine import look_at_credentials, look_at_folder, look_at_proxy, look_at_version, machine_facts
from relay.checking.report import Report, failed
from relay.checking.synergetic import Asked, look_at_synergetic
from relay.checking.writing import look_at_account, look_at_write_contract
from relay.cloud.exchange import Exchange
from relay.cloud.probe import Probe
from relay.database.connection import Database
from relay.running.writing import Writer
from relay.settings import Settings
from relay.state import State
from relay.unexpected_errors import foreseen
from relay.version import relay_version
from shared.errors import IntegrationError
from shared.heartbeats import Heartbeat
from shared.receipts import Hello


@dataclass(frozen=True)
class Parts:
    """What is looked at.

    Attributes:
        database: Synergetic.
        state: What the relay remembers.
        cloud: Makes the way to the cloud, and what tries it.
        writer: Makes what would write back, of the way to the cloud; it is asked for in two-way mode only.
    """

    database: Database
    state: State
    cloud: Callable[[], tuple[Exchange, Probe]]
    writer: Callable[[Exchange], Writer]


class Check:
    """The use case.

    Args:
        settings: The configuration.
        parts: What is looked at.
        clock: Tells the time.
    """

    def __init__(self, settings: Settings, parts: Parts, *, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._parts = parts
        self._clock = clock

    def run(self) -> Report:
        """Look at everything; whatever goes wrong is a finding."""
        report, state = Report(), self._parts.state
        mode = self._settings.synergetic.mode
        report.facts |= {"relay_version": relay_version(), "mode": mode, **machine_facts()}
        report.tried("relay", lambda: look_at_version(state.minimum_version()))
        report.tried("folder", lambda: look_at_folder(self._settings.relay))
        report.tried("credentials", lambda: look_at_credentials(self._settings.exchange.aws_config_file))
        report.tried("proxy", lambda: look_at_proxy(self._settings.exchange))
        # The relay stands in the school, so this machine's day is the school's.
        today = self._clock().astimezone().date()
        asked = Asked(self._settings.synergetic.contract, mode, today, self._clock)
        look_at_synergetic(self._parts.database, asked, report)
        try:
            with foreseen():
                exchange, probe = self._parts.cloud()
        except IntegrationError as error:
            report.add([failed("AWS", error)])
            writing = ("writing",) if mode == "two-way" else ()
            report.skipped("return queue", "receipt queue", *writing, since="AWS cannot be asked")
        else:
            self._look_at_aws(exchange, probe, report)
        return report

    def _look_at_aws(self, exchange: Exchange, probe: Probe, report: Report) -> None:
        settings, two_way = self._settings.exchange, self._settings.synergetic.mode == "two-way"
        report.tried("AWS", lambda: look_at_bucket(probe, exchange, self._clock, first=self._first_heartbeat()))
        if two_way:
            report.tried("AWS", lambda: look_at_withdrawn(exchange))
            report.tried("AWS", lambda: look_at_what_is_too_large(probe))
        report.tried("return queue", lambda: look_at_return_queue(probe, settings))
        hello = Hello(relay=self._settings.relay.name, relay_version=relay_version())
        report.tried("receipt queue", lambda: look_at_receipt_queue(probe, settings, hello))
        if two_way:
            report.tried("writing", lambda: look_at_write_contract(self._parts.writer(exchange), report))
            report.tried("writing", lambda: look_at_account(self._parts.writer(exchange), self._parts.state))

    def _first_heartbeat(self) -> Heartbeat:
        """Return the sign of life of a relay that has not run yet."""
        at = self._clock()
        return Heartbeat(relay=self._settings.relay.name, relay_version=relay_version(), started_at=at, at=at, ok=False)
