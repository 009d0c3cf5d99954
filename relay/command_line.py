"""The command line, `operoo-relay`: every command ends in a plain account, or in a plain error and a non-zero exit code."""

import errno
import os
import sys
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from relay.commands import run
from relay.commands.check import check
from relay.commands.display import show_error
from relay.commands.grants import grants
from relay.commands.init import init, password
from relay.commands.install import install, uninstall
from relay.commands.writeback import writeback
from relay.database.settings import PASSWORD_VARIABLE
from relay.logs import log_failure
from relay.unexpected_errors import unexpected
from relay.version import relay_version
from shared.errors import IntegrationError, SettingsError

_OUTPUT_FULL = SettingsError(
    "The disk that the output goes to is full.",
    remedy="Free some space, or send the output elsewhere.",
    code="output-unwritable",
)
# What typer makes of Ctrl-C.
_INTERRUPTED = 130
_EPILOG = (
    "The configuration file holds no secrets. The password of the database login is in a file of its own, in this system's "
    f"store or in {PASSWORD_VARIABLE}; AWS credentials come from AWS's standard chain. Exit code: 0 done, 1 failed or "
    "something is not as it should be (the reason and what to do are printed), 2 wrong usage or, of "
    "check, the relay does not work, 130 stopped by Ctrl-C."
)


class _InPlainWords(TyperGroup):
    """Says what is wrong with an option without the words of the library that looked at it, and Ctrl-C wherever it comes."""

    def invoke(self, ctx: Any) -> object:  # noqa: ANN401 - a class that typer does not show
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")
            raise
        except typer.Abort as error:
            # A question makes the same of Ctrl-C and of the end of the input.
            if isinstance(error.__context__, KeyboardInterrupt):
                raise KeyboardInterrupt from None
            raise


app = typer.Typer(
    name="operoo-relay",
    cls=_InPlainWords,
    help="Reads a school's Synergetic database and hands what changed to the school's Operoo integration in AWS. "
    "In one-way mode it only ever reads Synergetic.",
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

# ruff: noqa: FBT002 - to typer a boolean with a default is a flag


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


for command in (init, grants, check, run.sync, run.watch, run.status, writeback, password, install, uninstall):
    app.command()(command)


def _tell(console: Console, error: IntegrationError) -> None:
    if not log_failure(error):
        show_error(console, error)


def main() -> None:
    """Run the command line; the outermost loop, where every error ends as a line or two."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # Windows gives a file or a pipe an encoding that lacks some of our signs: better a question mark than no report.
            stream.reconfigure(errors="replace")
    console = Console(stderr=True)
    sys.exit(_written(console, _ended(console)))


def _ended(console: Console) -> int:
    """Do what is asked, tell what went wrong, and return the exit code."""
    try:
        app()
    except IntegrationError as error:
        _tell(console, error)
        return 1
    except SystemExit as ended:
        if ended.code == _INTERRUPTED:
            console.print("Stopped.")
        return ended.code if isinstance(ended.code, int) else bool(ended.code)
    except Exception as error:  # noqa: BLE001 - the outermost loop: a traceback helps nobody at a school, and may quote values
        # All that goes to a disk but the output says so itself.
        full = isinstance(error, OSError) and error.errno == errno.ENOSPC
        _tell(console, _OUTPUT_FULL if full else unexpected(error))
        return 1
    return 0


def _written(console: Console, code: int) -> int:
    """See to it that the output is written, and return the exit code: Python would fail at that in words of its own."""
    stream = sys.stdout
    if not isinstance(stream, TextIOWrapper):
        return code
    try:
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if error.errno == errno.ENOSPC and not code:
            _tell(console, _OUTPUT_FULL)
        return code or 1
    return code
