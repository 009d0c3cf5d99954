"""The command that writes back what the cloud asks for, once, or shows what it would write."""

from collections.abc import Iterator
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from relay.cloud.queues import QueueMessage, RelayQueues
from relay.commands.opening import opened
from relay.commands.options import Config, Format
from relay.logs import LogFormat, start_logging
from relay.running.sync import now
from relay.running.writing import TrackedWriteBacks
from relay.settings import DEFAULT_FILE
from shared.messages import WriteBack, WriteBackClaim
from shared.receipts import WriteReceipt

# ruff: noqa: FBT002 - to typer a boolean with a default is a flag

# What was looked at is on the queue, and is not handed out for a while.
_NOTHING = "There is nothing to write back. What was looked at a moment ago comes again a quarter of an hour later."
_IN_USE = "Students whose rows somebody has in use, who were not written and are tried again: {}."


def writeback(
    config: Config = DEFAULT_FILE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")] = False,
    student: Annotated[str | None, typer.Option("--student", help="Only this student, by Synergetic's number.")] = None,
    show_values: Annotated[bool, typer.Option("--show-values", help="With --dry-run: show medical values, too.")] = False,
    log_format: Format = LogFormat.HUMAN,
) -> None:
    """Write medical details back to Synergetic (two-way mode).

    What waits on the return queue is carried out once, each student in one transaction, and answered. With --dry-run it is only
    shown, row by row and with the statements; values are masked. What was looked at and left waits a quarter of an hour before
    it is handed out again.
    """
    if show_values and not dry_run:
        # Whoever asks to see values wants to look, and must not write by a slip.
        raise typer.BadParameter("only with --dry-run: without it everything is written.", param_hint="--show-values")
    if student is not None and not (student.isascii() and student.isdecimal()):
        raise typer.BadParameter("a number is asked for, as Synergetic gives it.", param_hint="--student")
    start_logging(log_format)
    settings = opened(config)
    settings.synergetic.check_may_write()
    settings.exchange.check_listens()
    from relay.wiring import exchange_of, state_of, write_backs_of  # noqa: PLC0415 - the driver and the AWS client are large

    exchange, state = exchange_of(settings.exchange), state_of(settings)
    use_case = write_backs_of(settings, exchange, state, clock=now)
    if dry_run:
        waiting = [queued for batch in _batches(exchange.queues, student) for queued in batch]
        use_case.preview(waiting, typer.echo, show_values=show_values)
        if not waiting:
            typer.echo(_NOTHING)
        return
    writing = TrackedWriteBacks(use_case, state, clock=now)
    done, in_use = list[WriteReceipt](), set[str]()
    for batch in _batches(exchange.queues, student):
        done.extend(writing.carry_out(batch))
        in_use |= use_case.in_use
    _show(Console(), done, in_use)
    if in_use or any(receipt.outcome == "failed" for receipt in done):
        raise typer.Exit(1)


def _batches(queues: RelayQueues, student: str | None) -> Iterator[list[QueueMessage]]:
    """Yield what waits, as much at a time as the queue hands out; first an empty batch, for what an earlier pass left."""
    yield []
    seen: set[str] = set()
    while queued_messages := queues.receive():
        messages = [(one, one.message) for one in queued_messages if isinstance(one.message, WriteBack | WriteBackClaim)]
        new = [(queued, message) for queued, message in messages if message.request not in seen]
        if not new:
            return
        seen |= {message.request for _, message in new}
        yield [queued for queued, message in new if student in {None, message.student}]


def _show(console: Console, receipts: list[WriteReceipt], in_use: set[str]) -> None:
    if in_use:
        console.print(_IN_USE.format(", ".join(sorted(in_use))))
    elif not receipts:
        console.print(_NOTHING)
    if not receipts:
        return
    table = Table(title="What was written back", title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("student", "version", "outcome", "+", "~", "-"):
        table.add_column(name, no_wrap=True)
    for name in ("not written", "reason"):
        table.add_column(name, overflow="fold")
    for receipt in receipts:
        left = {"parked": len(receipt.parked), "conflicts": len(receipt.conflicts), "left out": receipt.held}
        told = ", ".join(f"{count} {what}" for what, count in left.items() if count)
        table.add_row(receipt.student, str(receipt.version), receipt.outcome, *_rows(receipt), told, receipt.code)
    console.print(table)
    if any(receipt.outcome == "planned" for receipt in receipts):
        console.print("Of a student that is planned nothing was written: in brackets stands what would be.")


def _rows(receipt: WriteReceipt) -> Iterator[str]:
    """Yield how many rows were inserted, updated and deleted; in brackets, what only would be."""
    for kind in ("insert", "update", "delete"):
        count = sum(counts.get(kind, 0) for counts in receipt.counts.values())
        yield f"({count})" if receipt.outcome == "planned" else str(count)
