"""The only place where the relay's parts are put together and clients are made."""

import functools
from typing import TYPE_CHECKING, cast

from relay.cloud.errors import translated
from relay.cloud.exchange import Exchange
from relay.database.connection import Database
from relay.reading.reader import Reader
from relay.running.state import State
from relay.running.sync import Sync, now
from relay.settings import ExchangeSettings, Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S, _ATTEMPTS = 10, 60, 5


def exchange_of(settings: ExchangeSettings) -> Exchange:
    """Make the way to the cloud; no request is made yet.

    Raises:
        SettingsError: Region, profile or credentials are wrong.
    """
    # Imported here, since it is large and help does without it; botocore rather than boto3, which adds resources nobody uses.
    from botocore.config import Config  # noqa: PLC0415
    from botocore.session import Session  # noqa: PLC0415

    config = Config(
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=_READ_TIMEOUT_S,
        retries={"mode": "standard", "max_attempts": _ATTEMPTS},
        max_pool_connections=settings.upload_threads,
        user_agent_extra="operoo-relay",
    )
    session = Session()

    @functools.cache
    def client(service: str) -> object:
        with translated("Setting up AWS"):
            return session.create_client(
                service, region_name=settings.region, endpoint_url=settings.endpoint_url, config=config
            )

    return Exchange(
        cast("S3Client", client("s3")),
        bucket=settings.bucket,
        sqs=lambda: cast("SQSClient", client("sqs")),
        queue_url=settings.return_queue_url,
    )


def state_of(settings: Settings) -> State:
    """Make the relay's memory."""
    return State(settings.relay.state_dir)


def sync_of(settings: Settings) -> Sync:
    """Make the use case of one run.

    Raises:
        SettingsError: AWS's region, profile or credentials are wrong.
    """
    state = state_of(settings)
    database = Database(settings.synergetic, settings.password, fetch_size=settings.relay.fetch_size)
    reader = Reader(settings, database, state, clock=now)
    return Sync(settings, reader, exchange=exchange_of(settings.exchange), state=state)
