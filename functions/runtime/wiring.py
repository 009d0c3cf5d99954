"""The only place that reads settings and builds clients: each once per process, when first asked for."""

import time
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from functions.runtime.queues import ApplyLine, Queue
from functions.runtime.settings import Settings
from functions.store.exchange import Exchange
from functions.store.ledger import LedgerTable
from functions.store.plans import Plans
from functions.store.records import RecordsTable
from functions.store.runs import RunsTable
from shared.errors import SettingsError

if TYPE_CHECKING:
    from functions.operoo.protocol import Operoo, OperooMedical


@cache
def settings() -> Settings:
    """Return the settings of this function."""
    return Settings.from_environment()


@cache
def exchange() -> Exchange:
    """Return the school's Exchange bucket."""
    return Exchange(boto3.client("s3"), settings().require("exchange_bucket"))


@cache
def records_table() -> RecordsTable:
    """Return the staging area."""
    name = settings().require("records_table")
    return RecordsTable(_dynamodb(), name, forget_after_days=settings().forget_after_days)


@cache
def runs_table() -> RunsTable:
    """Return what is known of runs."""
    return RunsTable(_dynamodb(), settings().require("runs_table"))


@cache
def plans() -> Plans:
    """Return what each run planned, record by record."""
    return Plans(_dynamodb(), settings().require("runs_table"))


@cache
def map_queue() -> Queue:
    """Return the queue to the mapping function."""
    return _queue("map_queue_url")


@cache
def stage_queue() -> Queue:
    """Return the queue to the staging function."""
    return _queue("stage_queue_url")


@cache
def plan_queue() -> Queue:
    """Return the queue to the planning function."""
    return _queue("plan_queue_url")


@cache
def apply_line() -> ApplyLine:
    """Return the line to the applying function."""
    return ApplyLine(_queue("apply_queue_url"), delay_s=settings().apply_delay_seconds, clock=time.time)


@cache
def return_queue() -> Queue:
    """Return the queue to the relay."""
    return _queue("return_queue_url")


@cache
def medical_queue() -> Queue:
    """Return the queue to the function that pulls medical profiles."""
    return _queue("medical_queue_url")


@cache
def ledger_table() -> LedgerTable:
    """Return what is known of write-backs."""
    return LedgerTable(_dynamodb(), settings().require("ledger_table"), keep_days=settings().keep_medical_days)


@cache
def operoo() -> "Operoo":
    """Return the client of Operoo; only the function that applies ever loads it.

    Raises:
        SettingsError: There is no token yet.
    """
    from functions.operoo.client import OperooClient  # noqa: PLC0415 - httpx is loaded by who calls Operoo

    return OperooClient(settings().operoo_settings, token=_operoo_token())


@cache
def operoo_medical() -> "OperooMedical":
    """Return the client of Operoo's medical side; only the function that pulls ever loads it.

    Raises:
        SettingsError: There is no token yet.
    """
    from functions.operoo.medical_client import MedicalClient  # noqa: PLC0415 - as above

    return MedicalClient(settings().operoo_settings, _operoo_token())


def _operoo_token() -> str:
    try:
        secret = boto3.client("secretsmanager").get_secret_value(SecretId=settings().require("operoo_token_secret"))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise SettingsError(
            "The secret for Operoo's API token has no value.",
            remedy="Put the token into it, as docs/operations.md shows.",
            code="operoo-token",
        ) from None
    return secret["SecretString"]


@cache
def _dynamodb() -> Any:  # noqa: ANN401 - a resource's client takes and gives Python values, which its stub does not know
    return boto3.resource("dynamodb").meta.client


def _queue(name: str) -> Queue:
    return Queue(boto3.client("sqs"), settings().require(name))
