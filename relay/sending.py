"""Sends what a run found: chunks side by side, then the manifest, which makes them count."""

from collections.abc import Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from relay.exchange import Exchange
from relay.extract import Parcel
from relay.spool import disk_errors


def send_parcels(exchange: Exchange, parcels: Iterable[Parcel], *, threads: int) -> None:
    """Put every waiting chunk, a few at a time; the first that fails stops the rest.

    Raises:
        SettingsError: AWS refuses.
        TransientError: AWS cannot be reached.
    """
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="chunk") as pool:
        puts = [pool.submit(_send, exchange, parcel) for parcel in parcels if parcel.path is not None]
        done, _ = wait(puts, return_when=FIRST_EXCEPTION)
        pool.shutdown(wait=True, cancel_futures=True)
        for put in done:
            put.result()


def _send(exchange: Exchange, parcel: Parcel) -> None:
    assert parcel.path is not None
    with disk_errors(parcel.path.parent):
        content = parcel.path.read_bytes()
    exchange.put_chunk(parcel.row_set, parcel.digest, content)
    parcel.path.unlink(missing_ok=True)
