"""AWS as this relay reaches it: what it must be able to do, what it must not, and whether the clocks agree."""

from collections.abc import Callable, Iterator
from datetime import datetime

from relay.checking.machine import clock_finding
from relay.checking.report import Finding, Verdict, well
from relay.cloud.exchange import Exchange
from relay.cloud.probe import Probe
from relay.settings import ExchangeSettings
from shared.heartbeats import Heartbeat
from shared.receipts import Hello

_TOPIC = "AWS"
_TOO_MUCH = (
    "Give the relay the credentials that were made for it: the stack's role or user, not an administrator's "
    "(docs/operations.md, the relay's credentials)."
)


def look_at_bucket(probe: Probe, exchange: Exchange, clock: Callable[[], datetime], *, first: Heartbeat) -> Iterator[Finding]:
    """Look whether the bucket takes what the relay sends, and shows nothing that the relay need not see.

    Args:
        probe: Tries it.
        exchange: The way to the cloud.
        clock: Tells this machine's time.
        first: The sign of life that is put if there has never been one.

    Raises:
        SettingsError: AWS refuses what the relay needs.
        TransientError: AWS cannot be reached.
    """
    theirs = probe.put_chunk()
    yield well(_TOPIC, "It is reached, and the bucket takes chunks.")
    if theirs is not None:
        yield from clock_finding("AWS", clock() - theirs)
    probe.put_photo()
    yield well(_TOPIC, "The bucket takes photos.")
    probe.try_heartbeat(first)
    yield well(_TOPIC, "The bucket takes heartbeats.")
    last = exchange.last_manifest()
    if last is None:
        yield Finding(_TOPIC, Verdict.NOTE, "The bucket has no manifest yet: whether it takes one, the first `sync` will show.")
    else:
        probe.try_commit(last.key)
        yield well(_TOPIC, f"The bucket shows the last manifest, number {last.manifest.sequence}, and takes new ones.")
    yield from _too_much(probe)


def _too_much(probe: Probe) -> Iterator[Finding]:
    reading, listing = probe.can_read_chunks(), probe.can_list_everything()
    if reading:
        what = "These credentials can read what was sent: rows with the families' data."
        yield Finding(_TOPIC, Verdict.WARNING, what, _TOO_MUCH, code="exchange-too-open")
    if listing:
        what = "These credentials can list the whole bucket."
        yield Finding(_TOPIC, Verdict.WARNING, what, _TOO_MUCH, code="exchange-too-open")
    if not (reading or listing):
        yield well(_TOPIC, "What was sent cannot be read with these credentials, as it should be.")


def look_at_withdrawn(exchange: Exchange) -> Iterator[Finding]:
    """Look whether the relay is told, in two-way mode, what is not to be written back any more.

    Raises:
        SettingsError: AWS refuses: then nothing is written back.
        TransientError: AWS cannot be reached.
    """
    exchange.withdrawn()
    yield well(_TOPIC, "The bucket tells what is not to be written back any more.")


def look_at_what_is_too_large(probe: Probe) -> Iterator[Finding]:
    """Look whether what two-way mode sends through the bucket, as it is too large for a queue, can come and go.

    Raises:
        SettingsError: AWS refuses what the relay needs.
        TransientError: AWS cannot be reached.
    """
    probe.put_receipt()
    yield well(_TOPIC, "The bucket takes receipts that are too large for their queue.")
    if probe.finds_no_write_back():
        yield well(_TOPIC, "Messages that are too large for the return queue can be read.")
        return
    what = "Whether messages that are too large for the return queue can be read, the first of them will show."
    yield Finding(
        _TOPIC, Verdict.NOTE, f"{what} To the relay, AWS does not tell one that is missing from one that is forbidden."
    )


def look_at_return_queue(probe: Probe, settings: ExchangeSettings) -> Iterator[Finding]:
    """Look whether the relay can hear what the cloud asks for.

    Raises:
        SettingsError: AWS refuses.
        TransientError: AWS cannot be reached.
    """
    if not settings.return_queue_url:
        yield Finding(
            "return queue",
            Verdict.WARNING,
            "The relay does not listen: the cloud cannot ask it to read again, nor have anything written back.",
            "Set `return_queue_url` in [exchange]: the stack prints it as an output.",
            code="not-listening",
        )
        return
    probe.receive()
    yield well("return queue", "It can be listened to.")


def look_at_receipt_queue(probe: Probe, settings: ExchangeSettings, hello: Hello) -> Iterator[Finding]:
    """Look whether the relay can answer what the cloud asks for.

    Raises:
        SettingsError: AWS refuses.
        TransientError: AWS cannot be reached.
    """
    if settings.receipt_queue_url:
        probe.say_hello(hello)
        yield well("receipt queue", "It takes receipts.")
        return
    if not settings.return_queue_url:
        return  # nothing is asked, so nothing is to be answered
    yield Finding(
        "receipt queue",
        Verdict.WARNING,
        "The relay does what the cloud asks, and does not answer: the cloud never hears what became of it.",
        "Set `receipt_queue_url` in [exchange]: the stack prints it as an output.",
        code="not-answering",
    )
