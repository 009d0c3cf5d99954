"""The command that looks at everything before anything is sent, and says what to do about what it finds."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from relay.checking.report import Finding, Report, Verdict, failed
from relay.commands.display import show_error
from relay.commands.opening import act_as_owner, configured, spare
from relay.commands.options import AsJson, Config
from relay.logs import LogFormat, start_logging
from relay.running.sync import now
from relay.settings import DEFAULT_FILE
from relay.unexpected_errors import foreseen
from shared.errors import IntegrationError, SettingsError

_STYLES = {
    Verdict.OK: "green",
    Verdict.NOTE: "cyan",
    Verdict.WARNING: "yellow",
    Verdict.ERROR: "bold red",
    Verdict.UNKNOWN: "red",
}
# What is asked cannot be done: 1 would say that the relay works.
_USAGE = 2
_LAST = {
    0: "All is well.",
    1: "The relay works. Somebody should look at the warnings.",
    2: "The relay does not work as it stands. The errors say what to do.",
}


def check(
    config: Config = DEFAULT_FILE,
    as_json: AsJson = False,  # noqa: FBT002 - to typer a boolean with a default is a flag
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="Also write the report with the configuration, redacted, for support.")
    ] = None,
) -> None:
    """Check machine, database and AWS, and say how to fix it.

    This machine, the database (driver, version, tables and columns, permissions, triggers, snapshots, clock, rows, who would be
    left out) and AWS (reached, writable where it must be, not readable where it must not be). Nothing is sent that counts, and
    nothing is written to Synergetic. The report holds nobody's data: it may be sent to support as it is.

    The exit code is 0 if all is well, 1 if there are warnings, 2 if the relay does not work, has no configuration to go by or
    cannot write the bundle.
    """
    start_logging(LogFormat.HUMAN)
    console = Console()
    try:
        with foreseen():
            settings = configured(config)
            # Opened as whoever asks for it: root goes on as the relay's account, which may not write where root is.
            file = _writable(bundle, config) if bundle else None
            act_as_owner(settings.relay.state_dir)
    except IntegrationError as error:
        # A report too: another exit code than its own would say that the relay works.
        report = Report([failed("configuration", error)])
        _show(console, report, as_json=as_json)
        if bundle:
            typer.echo(f"Not written: {bundle}. Send support what is said above instead.", err=True)
        raise typer.Exit(report.exit_code) from None
    from relay.checking.bundle import bundle as bundled  # noqa: PLC0415 - the driver and the AWS client are large
    from relay.wiring import check_of  # noqa: PLC0415 - as above

    with console.status("Looking at this machine, Synergetic and AWS …"):
        report = check_of(settings).run()
    _show(console, report, as_json=as_json)
    if bundle and file is not None:
        try:
            with _written(bundle), file:
                file.write(bundled(report, settings, now()))
        except SettingsError as error:
            show_error(Console(stderr=True), error)
            raise typer.Exit(_USAGE) from None
        typer.echo(f"Written: {bundle}. It holds shapes, counts, versions and codes, and may be sent to support.", err=as_json)
    raise typer.Exit(report.exit_code)


def _show(console: Console, report: Report, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report.to_json(), indent=2, default=str))
    else:
        show_report(console, report)


def show_report(console: Console, report: Report) -> None:
    """Show what was found as a table, and below it what it means as a whole."""
    table = Table(title="What was found", title_justify="left")
    table.add_column("about", no_wrap=True)
    table.add_column("result", no_wrap=True)
    table.add_column("what was found, and what to do", overflow="fold")
    for finding in report.findings:
        table.add_row(finding.topic, Text(finding.verdict.value, style=_STYLES[finding.verdict]), _told(finding))
    console.print(table)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in report.counts().items() if count)
    console.print(f"{_LAST[report.exit_code]} ({counts})", highlight=False)


def _told(finding: Finding) -> Group:
    lines = [Text(finding.what)]
    if finding.remedy and finding.verdict is not Verdict.OK:
        lines.append(Text(f"What to do: {finding.remedy}", style="italic"))
    if finding.code:
        lines.append(Text(f"[{finding.code}]", style="dim"))
    return Group(*lines)


def _writable(path: Path, config: Path) -> TextIO:
    with _written(path):
        spare(config, path)
        return path.open("w", encoding="utf-8")


@contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SettingsError(
            f"The bundle cannot be written to {path}: {error.strerror}.",
            remedy="Name a file in a folder that is there and that you may write to.",
            code="output-unwritable",
        ) from None
