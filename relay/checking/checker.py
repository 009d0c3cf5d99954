"""All looks of a check, in the order in which a person would make them: this machine, Synergetic, AWS."""

from collections.abc import Callable
from datetime import datetime

from relay.checking.aws import look_at_bucket, look_at_queues
from relay.checking.machine import look_at_credentials, look_at_folder, look_at_proxy, look_at_version, machine_facts
from relay.checking.report import Report, failed
from relay.checking.synergetic import Asked, look_at_synergetic
from relay.cloud.exchange import Exchange
from relay.cloud.probe import Probe
from relay.database.connection import Database
from relay.running.state import State
from relay.settings import Settings
from relay.version import relay_version
from shared.errors import IntegrationError


class Check:
    """The use case.

    Args:
        settings: The configuration.
        database: Synergetic.
        state: What the relay remembers.
        cloud: Makes the way to the cloud, and what tries it.
        clock: Tells the time.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        state: State,
        *,
        cloud: Callable[[], tuple[Exchange, Probe]],
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._database = database
        self._state = state
        self._cloud = cloud
        self._clock = clock

    def run(self) -> Report:
        """Look at everything; whatever goes wrong is a finding."""
        report = Report()
        mode = self._settings.synergetic.mode
        report.facts |= {"relay_version": relay_version(), "mode": mode, **machine_facts()}
        report.tried("relay", lambda: look_at_version(self._state.minimum_version()))
        report.tried("folder", lambda: look_at_folder(self._settings.relay))
        report.tried("credentials", lambda: look_at_credentials(self._settings.exchange.aws_config_file))
        report.tried("proxy", lambda: look_at_proxy(self._settings.exchange))
        # The relay stands in the school, so this machine's day is the school's.
        today = self._clock().astimezone().date()
        look_at_synergetic(self._database, Asked(self._settings.synergetic.contract, mode, today, self._clock), report)
        self._look_at_aws(report)
        return report

    def _look_at_aws(self, report: Report) -> None:
        try:
            exchange, probe = self._cloud()
        except IntegrationError as error:
            report.add([failed("AWS", error)])
            report.skipped("return queue", since="AWS cannot be asked")
            return
        report.tried("AWS", lambda: look_at_bucket(probe, exchange, self._clock))
        queues = self._settings.exchange.return_queue_url, self._settings.exchange.receipt_queue_url
        report.tried("return queue", lambda: look_at_queues(probe, *queues))
