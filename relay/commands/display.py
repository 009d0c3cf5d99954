"""What a person at a terminal is shown: tables of counts, and errors as what happened and what to do."""

from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from relay.running.outcome import Outcome
from shared.errors import IntegrationError

_KILOBYTE = 1024


def show_outcome(console: Console, outcome: Outcome) -> None:
    """Show the account of a run, or what one would send."""
    would = "would send" if outcome.dry_run else "sent"
    table = Table(title="What a run would send" if outcome.dry_run else "What was read and sent", title_justify="left")
    for name in ("row set", "rows", "buckets", would, "bytes", "left out"):
        left, last = name in {"row set", "left out"}, name == "left out"
        # Where there is no room for a number it is seen to be cut short: 3 is not 300.
        table.add_column(name, justify="left" if left else "right", no_wrap=not last, overflow="fold" if last else "ellipsis")
    for one in outcome.row_sets:
        left_out = ", ".join(f"{count} {reason}" for reason, count in sorted(one.left_out.items()))
        table.add_row(one.name, f"{one.rows:,}", f"{one.buckets:,}", f"{one.changed:,}", size_text(one.size), left_out)
    console.print(table)
    console.print(f"Photos {would}: {outcome.photos:,} ({size_text(outcome.photo_bytes)})")
    number = outcome.manifest.sequence
    if outcome.dry_run:
        console.print(f"Manifest {number} would be sent." if outcome.sent else f"Nothing has changed since manifest {number}.")
        console.print("This was a dry run: nothing was sent.")
    else:
        console.print(f"Manifest {number} sent." if outcome.sent else f"Nothing has changed since manifest {number}.")


def show_status(console: Console, status: dict[str, object]) -> None:
    """Show the relay's state as two columns."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")  # a path must not lose its end
    for name, value in status.items():
        table.add_row(name.replace("_", " "), escape(_text(value)))
    console.print(table)


def show_error(console: Console, error: IntegrationError) -> None:
    """Show what happened on one line and what to do on the next."""
    console.print(f"Error: {error.what} [{error.code}]", markup=False, highlight=False, soft_wrap=True)
    if error.remedy:
        console.print(f"What to do: {error.remedy}", markup=False, highlight=False, soft_wrap=True)


def size_text(size: int) -> str:
    """Return a number of bytes as a person reads it."""
    for unit in ("B", "KB", "MB"):
        if size < _KILOBYTE:
            return f"{size:,} {unit}"
        size = round(size / _KILOBYTE)
    return f"{size:,} GB"


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{str(name).replace('_', ' ')} {_text(part)}" for name, part in value.items()) or "none"
    if isinstance(value, datetime):
        return f"{value.astimezone():%Y-%m-%d %H:%M:%S %Z}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in {None, ""} else str(value)
