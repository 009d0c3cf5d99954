"""The only place where the relay's parts are put together and clients are made."""

from collections.abc import Callable
from datetime import datetime

from relay.checking.checker import Check, Parts
from relay.cloud.clients import Clients
from relay.cloud.exchange import Exchange
from relay.cloud.probe import Probe
from relay.cloud.queues import RelayQueues
from relay.database.connection import Database
from relay.passwords import find_password
from relay.reading.reader import Reader
from relay.running.heartbeat import HeartbeatSender
from relay.running.requests import Requests
from relay.running.sync import Sync, now
from relay.running.timetable import Timetable
from relay.running.transfer import Transfer
from relay.running.writing import TrackedWriteBacks
from relay.settings import ExchangeSettings, Settings
from relay.state import State
from relay.version_check import VersionCheck
from relay.writeback.database import WriteDatabase
from relay.writeback.journal import Journal
from relay.writeback.messages import Messages
from relay.writeback.receipts import ReceiptWriter
from relay.writeback.writer import WriteBacks
from shared.digests import canonical_json, sha256


def exchange_of(settings: ExchangeSettings) -> Exchange:
    """Build the way to the cloud; neither a request is made yet, nor are credentials looked for."""
    return _exchange(settings, Clients(settings))


def check_of(settings: Settings) -> Check:
    """Build the use case of checking everything."""

    def cloud() -> tuple[Exchange, Probe]:
        exchange = settings.exchange
        clients = Clients(exchange)
        return _exchange(exchange, clients), Probe(clients.s3, sqs=lambda: clients.sqs, settings=exchange)

    state = state_of(settings)

    def writer(exchange: Exchange) -> WriteBacks:
        return write_backs_of(settings, exchange, state, clock=now)

    return Check(settings, Parts(database_of(settings), state, cloud=cloud, writer=writer), clock=now)


def _exchange(settings: ExchangeSettings, clients: Clients) -> Exchange:
    queues = RelayQueues(lambda: clients.sqs, return_queue=settings.return_queue_url, receipt_queue=settings.receipt_queue_url)
    return Exchange(lambda: clients.s3, bucket=settings.bucket, queues=queues)


def database_of(settings: Settings) -> Database:
    """Build the way to Synergetic; its password is looked up when it is connected to."""
    database = settings.synergetic
    return Database(database, lambda: find_password(database), fetch_size=settings.relay.fetch_size)


def state_of(settings: Settings) -> State:
    """Build the relay's memory; what was sent to one bucket, or read from one database, holds for no other."""
    return State(settings.relay.state_dir, about=_about(settings))


def _about(settings: Settings) -> str:
    database = settings.synergetic
    about = (*_stack(settings), database.connection, database.server, database.port, database.database)
    return sha256(canonical_json(about))


def _stack(settings: Settings) -> tuple[str | None, str]:
    return settings.exchange.endpoint_url, settings.exchange.bucket


def write_backs_of(settings: Settings, exchange: Exchange, state: State, *, clock: Callable[[], datetime]) -> WriteBacks:
    """Build the use case of writing back; in one-way mode it refuses before it connects."""
    database, name = settings.synergetic, settings.relay.name

    def writable() -> WriteDatabase:
        return WriteDatabase(database, lambda: find_password(database), fetch_size=settings.relay.fetch_size)

    return WriteBacks(
        database,
        writable,
        # The stack asks and is answered, and numbers what it asks. A server that gets another name owes it the same receipts.
        journal=Journal(settings.relay.state_dir, about=sha256(canonical_json(_stack(settings)))),
        messages=Messages(exchange),
        version_check=lambda: VersionCheck.here(state.minimum_version()),
        receipt_writer=ReceiptWriter(name, clock),
        folder=settings.relay.state_dir,
    )


def writing_of(
    settings: Settings, exchange: Exchange, state: State, *, clock: Callable[[], datetime]
) -> TrackedWriteBacks | None:
    """Build what writes back between and within runs; in one-way mode there is none."""
    if settings.synergetic.mode != "two-way":
        return None
    return TrackedWriteBacks(write_backs_of(settings, exchange, state, clock=clock), state, clock=clock)


def timetable_of(settings: Settings, *, watches: bool | None = None) -> Timetable:
    """Build what tells when the relay is to run: of one that decides that itself (`watches`), or as it last said of itself.

    Raises:
        TransientError: That is not known here, and the state file cannot be used.
    """
    state = state_of(settings)
    if watches is None:
        last = state.heartbeat()
        watches = last is not None and last.schedule is not None
    return Timetable(settings.relay, state, steered=watches and settings.exchange.return_queue_url is not None)


def sync_of(settings: Settings, timetable: Timetable | None = None) -> Sync:
    """Build the use case of one run, by itself or of many."""
    state, exchange = timetable.state if timetable else state_of(settings), exchange_of(settings.exchange)
    reader = Reader(settings, database_of(settings), state, clock=now)
    return assembled(settings, reader, exchange=exchange, state=state, clock=now, timetable=timetable)


def assembled(  # noqa: PLR0913 - one place puts all parts together
    settings: Settings,
    reader: Reader,
    *,
    exchange: Exchange,
    state: State,
    clock: Callable[[], datetime],
    timetable: Timetable | None = None,
) -> Sync:
    """Put the use case together from its parts; only in two-way mode there is one that writes back."""
    writing = writing_of(settings, exchange, state, clock=clock)
    return Sync(
        Transfer(settings, reader, exchange=exchange, state=state, clock=clock),
        Requests(exchange.queues, state, write_back=writing.take if writing else None),
        HeartbeatSender(settings.relay, exchange, state, clock=clock, writing=writing, timetable=timetable),
        name=settings.relay.name,
        folder=settings.relay.state_dir,
    )
