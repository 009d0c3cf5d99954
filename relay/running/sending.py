"""Sends what a run found: chunks side by side, then the manifest, which makes them count."""

from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from relay.cloud.exchange import Exchange
from relay.reading.outbox import Outbox, Parcel


def send_parcels(exchange: Exchange, outbox: Outbox, *, threads: int) -> None:
    """Put every waiting chunk, a few at a time; the first that fails stops the rest.

    Raises:
        SettingsError: AWS refuses.
        TransientError: AWS cannot be reached.
    """
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="chunk") as pool:
        try:
            puts = [pool.submit(_send, exchange, outbox, parcel) for parcel in outbox.parcels]
            done, _ = wait(puts, return_when=FIRST_EXCEPTION)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)  # also after Ctrl-C: thousands may be waiting
        for put in done:
            put.result()


def _send(exchange: Exchange, outbox: Outbox, parcel: Parcel) -> None:
    exchange.put_chunk(parcel.row_set, parcel.digest, outbox.content(parcel))
