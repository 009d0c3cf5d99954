"""The command line, `operoo-relay`: every command ends in a plain account, or in a plain error and a non-zero exit code."""

import json
import logging
import sys
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Annotated

import typer
from rich.console import Console

from relay.display import show_error, show_outcome, show_status
from relay.logs import LOGGER, LogFormat, start_logging
from relay.settings import DEFAULT_FILE, PASSWORD_VARIABLE, Settings, load_settings
from relay.status import find_status
from relay.sync import Outcome, now
from relay.version import relay_version
from relay.watch import Watch, stopped_by_signals
from shared.errors import IntegrationError

_LOG = logging.getLogger(LOGGER)
_EPILOG = (
    f"The configuration file holds no secrets: the database password comes from {PASSWORD_VARIABLE}, "
    "AWS credentials from AWS's own environment variables, profile or role. Exit code: 0 done, 1 failed (the reason and "
    "what to do are printed), 2 wrong usage."
)

app = typer.Typer(
    name="operoo-relay",
    help="Reads a school's Synergetic database and hands what changed to the school's Operoo integration in AWS. "
    "It only ever reads Synergetic.",
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

# ruff: noqa: FBT002 - to typer a boolean with a default is a flag

Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.", show_default=True)]
Format = Annotated[LogFormat, typer.Option("--log-format", help="Log lines for a person, or JSON for a service.")]


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer's callback
    if wanted:
        typer.echo(f"operoo-relay {relay_version()}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command()
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


@app.command()
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


@app.command()
def status(
    config: Config = DEFAULT_FILE,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
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


def _unexpected(error: Exception) -> IntegrationError:
    # The type and the place, never the text: it may quote a value.
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
    return IntegrationError(
        f"Something unexpected happened ({type(error).__name__} at {place}).",
        remedy="This is a defect of the relay: report this line with the output of `operoo-relay --version`.",
        code="unexpected",
    )


def main() -> None:
    """Run the command line; the outermost loop, where every error ends as a line or two."""
    console = Console(stderr=True)
    try:
        app()
    except IntegrationError as error:
        show_error(console, error)
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("Stopped.")
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - the outermost loop: a traceback helps nobody at a school, and may quote values
        show_error(console, _unexpected(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
