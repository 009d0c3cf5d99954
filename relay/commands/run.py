"""The commands that run the relay: once, on an interval, and the account of how it is doing."""

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import Annotated

import typer
from rich.console import Console

from relay.commands.display import show_outcome, show_status
from relay.commands.options import AsJson, Config, Format
from relay.logs import LOGGER, LogFormat, start_logging
from relay.running.status import find_status
from relay.running.sync import Outcome, now
from relay.running.watch import Watch, stopped_by_signals
from relay.settings import DEFAULT_FILE, Settings, load_settings

_LOG = logging.getLogger(LOGGER)

# ruff: noqa: FBT002 - to typer a boolean with a default is a flag


def sync(
    config: Config = DEFAULT_FILE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent, as a table; send nothing.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Send everything again, photos too, changed or not.")] = False,
    log_format: Format = LogFormat.HUMAN,
) -> None:
    """Read Synergetic once and send what changed.

    A run that is interrupted leaves the cloud as it was; the next one does the rest.
    """
    start_logging(log_format)
    settings = load_settings(config)
    from relay.wiring import sync_of  # noqa: PLC0415 - the AWS client is large, and help does without it

    console = Console()
    use_case = sync_of(settings)
    with console.status("Reading Synergetic and comparing with what the cloud has …"):
        outcome = use_case.look(full=full) if dry_run else use_case.run(full=full)
    if log_format is LogFormat.JSON:
        _log_outcome(outcome)
    else:
        show_outcome(console, outcome)


def watch(config: Config = DEFAULT_FILE, log_format: Format = LogFormat.HUMAN) -> None:
    """Run on the configured interval until stopped.

    Ctrl-C or SIGTERM lets the run in progress finish; a second one stops at once. Passing failures are tried again, less
    and less often; a failure that will not pass by itself, or too many of them, ends the program.
    """
    start_logging(log_format)
    settings = load_settings(config)
    stop = Event()
    with stopped_by_signals(stop):
        _LOG.info("Watching", extra={"interval_minutes": settings.relay.interval_minutes})
        Watch(settings.relay, _run_of(settings), stop=stop).loop()
    _LOG.info("Stopped")


def status(
    config: Config = DEFAULT_FILE,
    as_json: AsJson = False,
) -> None:
    """Show the last run, the last success and the manifest that stands."""
    start_logging(LogFormat.HUMAN)
    settings = load_settings(config)
    from relay.wiring import exchange_of, state_of  # noqa: PLC0415 - as above

    interval = timedelta(minutes=settings.relay.interval_minutes)
    found = find_status(state_of(settings), exchange_of(settings.exchange), interval=interval, clock=now)
    if as_json:
        typer.echo(json.dumps(found, default=lambda moment: moment.isoformat(), indent=2))
    else:
        show_status(Console(), found)


def _run_of(settings: Settings) -> Callable[[timedelta], object]:
    from relay.wiring import sync_of  # noqa: PLC0415 - as above

    use_case = sync_of(settings)

    def run(interval: timedelta) -> None:
        _log_outcome(use_case.run(next_run_in=interval))

    return run


def _log_outcome(outcome: Outcome) -> None:
    _LOG.info(
        "The run is done" if outcome.sent else "The run is done: nothing has changed",
        extra={
            "sequence": outcome.manifest.sequence,
            "sent": outcome.sent,
            "dry_run": outcome.dry_run,
            "rows": sum(one.rows for one in outcome.row_sets),
            "changed_buckets": sum(one.changed for one in outcome.row_sets),
            "bytes": sum(one.size for one in outcome.row_sets),
            "photos": outcome.photos,
        },
    )
