"""Writing back as two-way mode would do it: whether anything may be written, and what became of what was asked for."""

from collections.abc import Iterator

from relay.checking.report import Finding, Report, Verdict, failed, well
from relay.running.writing import Writer
from relay.state import State
from shared.errors import IntegrationError

_TOPIC = "writing"
_TOLD_BEFORE = ("relay", "version", "tables", "permissions", "triggers", "receipt queue")


def look_at_write_contract(writer: Writer, report: Report) -> Iterator[Finding]:
    """Look whether anything may be written, as the relay looks before it writes; nothing is.

    Raises:
        IntegrationError: It cannot be found out.
    """
    if report.has_error("connection"):
        yield Finding(_TOPIC, Verdict.UNKNOWN, "Not looked at, since Synergetic is not reached.")
        return
    try:
        writer.look()
    except IntegrationError as error:
        if any(report.tells(topic, error.code) for topic in _TOLD_BEFORE):
            # Said once is enough.
            yield Finding(_TOPIC, Verdict.ERROR, "Nothing is written back, for the reason given above.", code=error.code)
        else:
            yield failed(_TOPIC, error)
    else:
        yield well(_TOPIC, "Database, login and relay are as writing back needs them.")


def look_at_account(writer: Writer, state: State) -> Iterator[Finding]:
    """Say what became of what was asked for.

    Raises:
        IntegrationError: It cannot be found out.
    """
    account, unsent = state.writing(), writer.unsent()
    if account is None:
        yield Finding(_TOPIC, Verdict.NOTE, "Nothing was written back yet by this relay.")
    else:
        last = f"; the last reason was {account.last_failure}" if account.last_failure else ""
        what = f"Since {account.since:%Y-%m-%d}: {account.written:,} messages written, {account.failed:,} tries failed{last}."
        yield Finding(_TOPIC, Verdict.NOTE, what)
    if unsent:
        yield Finding(
            _TOPIC,
            Verdict.WARNING,
            f"{unsent:,} receipts of what was written wait to be sent.",
            "They are sent at the next run. If they stay, look at what this report says of the receipt queue.",
            code="receipts-unsent",
        )
