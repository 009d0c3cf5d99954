"""The commands that run the relay: once, again and again, and the account of how it is doing."""

import functools
import json
import logging
from pathlib import Path
from threading import Event
from typing import Annotated

import typer
from rich.console import Console

from relay.commands.display import show_outcome, show_status
from relay.commands.opening import opened
from relay.commands.options import AsJson, Config, Format, Name, Service
from relay.installing.installed import how_installed
from relay.installing.machine import this_machine
from relay.installing.service import NAME, checked_name
from relay.lock import only_watch
from relay.logs import LOGGER, LogFormat, start_logging
from relay.running.outcome import Outcome
from relay.running.status import find_status
from relay.running.sync import now
from relay.running.watch import Watch, stopped_by_signals
from relay.settings import DEFAULT_FILE, Settings
from shared.errors import TransientError

_LOG = logging.getLogger(LOGGER)

# ruff: noqa: FBT002 - to typer a boolean with a default is a flag


def sync(
    config: Config = DEFAULT_FILE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent, as a table; send nothing.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Send everything again, photos too, changed or not.")] = False,
    log_format: Format = LogFormat.HUMAN,
    service: Service = False,
) -> None:
    """Read Synergetic once and send what changed.

    A run that is interrupted leaves the cloud as it was; the next one does the rest.
    """
    settings = _begun(config, log_format, service=service)
    from relay.wiring import sync_of, timetable_of  # noqa: PLC0415 - the AWS client is large, and help does without it

    console = Console()
    # A task is started again after the interval; when a person runs it again nobody knows.
    use_case = sync_of(settings, timetable_of(settings, watches=False) if service else None)
    with console.status("Reading Synergetic and comparing with what the cloud has …"):
        outcome = use_case.look(full=full) if dry_run else use_case.run(full=full)
    if service or log_format is LogFormat.JSON:
        _log_outcome(outcome)
    else:
        show_outcome(console, outcome)


def watch(config: Config = DEFAULT_FILE, log_format: Format = LogFormat.HUMAN, service: Service = False) -> None:
    """Keep running, on the console's schedule or the interval.

    Ctrl-C, SIGTERM or SIGHUP lets the run in progress finish; a second one stops at once. Passing failures, and defects of the
    relay, are tried again, less and less often; a failure that will not pass by itself, or too many of them, ends the program.
    Where another one is at work already with the same folder, this one ends at once.
    """
    settings = _begun(config, log_format, service=service)
    from relay.wiring import sync_of, timetable_of  # noqa: PLC0415 - as above

    stop = Event()
    with stopped_by_signals(stop), only_watch(settings.relay.state_dir):
        timetable = timetable_of(settings, watches=True)
        _LOG.info("Watching", extra={"schedule": timetable.in_words()})
        use_case = sync_of(settings, timetable)
        Watch(
            settings.relay,
            lambda: _log_outcome(use_case.run()),
            timetable=timetable,
            listen=use_case.listen if settings.exchange.return_queue_url else None,
            stop=stop,
        ).loop()
    _LOG.info("Stopped")


def status(
    config: Config = DEFAULT_FILE,
    as_json: AsJson = False,
    name: Name = NAME,
) -> None:
    """Show how the relay is doing.

    That is: the last run, the last success, when it is to run and who says so, what stands in the cloud, whether anything may
    be written back, and where to look. The exit code is 1 if the last run failed, a success is overdue, AWS is not reached or
    writing back is refused, so that a monitor can watch it.
    """
    runs_by = how_installed(this_machine(), checked_name(name))
    settings = _begun(config, LogFormat.HUMAN, service=False)
    from relay.wiring import exchange_of, timetable_of  # noqa: PLC0415 - as above

    exchange = functools.partial(exchange_of, settings.exchange)
    writes = settings.synergetic.mode == "two-way"
    timetable = timetable_of(settings)
    found = find_status(exchange, timetable=timetable, writes=writes, clock=now) | {
        "runs_by": runs_by,
        "configuration": str(config.resolve()),
        "folder": str(settings.relay.state_dir),
        "log": str(settings.relay.log_path),
    }
    if as_json:
        typer.echo(json.dumps(found, default=lambda moment: moment.isoformat(), indent=2))
    else:
        show_status(Console(), found)
    if found["state"] not in {"well", "new"}:
        raise typer.Exit(1)


def _begun(config: Path, log_format: LogFormat, *, service: bool) -> Settings:
    start_logging(log_format)
    settings = opened(config)
    if service:
        try:
            start_logging(log_format, file=settings.relay)
        except TransientError as error:
            # If the relay's folder is the reason the run fails as well, and can tell the cloud.
            _LOG.warning("There will be no log file: %s", error, extra={"code": error.code})
    return settings


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
