"""The only place that reads settings and builds clients: each once per process, when first asked for."""

import time
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from functions.records.chosen_settings import ChosenSettings
from functions.runtime.observability import count, logger
from functions.runtime.overlay import laid_over
from functions.runtime.queues import ApplyQueue, Queue
from functions.runtime.settings import Settings
from functions.store.audit import AuditTrail
from functions.store.chosen_settings import FRESH_S, ChosenSettingsTable, UnreadableSettingsError
from functions.store.columns import KnownColumns
from functions.store.days import DaysTable
from functions.store.exchange import Exchange, MissingObjectError
from functions.store.holds import Holds
from functions.store.ledger import LedgerTable
from functions.store.link_marks import LinkMarks
from functions.store.lists import Lists
from functions.store.memberships import Memberships
from functions.store.passed import PassedAbsences
from functions.store.plans import Plans
from functions.store.records import RecordsTable
from functions.store.runs import RunsTable
from functions.store.selection_rules import SelectionRules
from functions.store.sessions import Sessions
from functions.store.snapshot_line import SnapshotLine
from functions.store.stops import Stops
from shared.errors import SettingsError
from shared.keys import MEDICAL_FIELDS

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

    from functions.console.access.user_pool import UserPool
    from functions.console.access.users import Users
    from functions.operoo.medical_settings import MedicalSettings
    from functions.operoo.protocol import Operoo, OperooMedical
    from functions.operoo.transport import Transport


@cache
def given_settings() -> Settings:
    """Return the settings of this function as the template gives them."""
    return Settings.from_environment()


def settings(*, within_s: float = FRESH_S) -> Settings:
    """Return the settings of this function: those of the template, with what the school's owners chose laid over them.

    What they chose is read once a minute at most, or as often as is said. If it cannot be used, all of it is as if nobody had
    chosen anything.
    """
    given = given_settings()
    if given.console_table is None:
        return given
    try:
        version = chosen_settings_table().newest(within_s=within_s)
        return given if version is None else _laid_over(version.number, version.chosen.model_dump_json())
    except (UnreadableSettingsError, SettingsError):
        _tell_unusable()
        return given


@lru_cache(maxsize=1)
def _laid_over(_number: int, chosen: str) -> Settings:
    """Return them worked out, once for each version. Who calls Operoo does it by them from then on."""
    operoo.cache_clear()
    operoo_medical.cache_clear()
    return laid_over(given_settings(), ChosenSettings.model_validate_json(chosen))


@cache
def _tell_unusable() -> None:
    """Say so once: it stays so until somebody mends it."""
    logger().error("settings of the console cannot be used", code="settings-unusable")
    count("SettingsUnusable")


@cache
def chosen_settings_table() -> ChosenSettingsTable:
    """Return what the school's owners chose."""
    return ChosenSettingsTable(_dynamodb(), given_settings().require("console_table"))


@cache
def exchange() -> Exchange:
    """Return the school's Exchange bucket."""
    return Exchange(boto3.client("s3"), given_settings().require("exchange_bucket"))


@cache
def records_table() -> RecordsTable:
    """Return the staging area."""
    name = given_settings().require("records_table")
    return RecordsTable(_dynamodb(), name, forget_after_days=given_settings().forget_after_days)


@cache
def runs_table() -> RunsTable:
    """Return what is known of runs."""
    return RunsTable(_dynamodb(), given_settings().require("runs_table"))


@cache
def snapshot_line() -> SnapshotLine:
    """Return the line of snapshots."""
    return SnapshotLine(_dynamodb(), given_settings().require("runs_table"))


@cache
def holds() -> Holds:
    """Return the holds."""
    return Holds(_dynamodb(), given_settings().require("runs_table"))


@cache
def passed() -> PassedAbsences:
    """Return what the guard let through lately."""
    return PassedAbsences(_dynamodb(), given_settings().require("runs_table"))


@cache
def selection_rules() -> SelectionRules:
    """Return the continual selection rules."""
    return SelectionRules(_dynamodb(), given_settings().require("runs_table"))


@cache
def link_marks() -> LinkMarks:
    """Return the marks of who was linked or unlinked."""
    return LinkMarks(_dynamodb(), given_settings().require("runs_table"))


@cache
def stops() -> Stops:
    """Return which work stands still."""
    return Stops(_dynamodb(), given_settings().require("runs_table"))


@cache
def plans() -> Plans:
    """Return what each run planned, record by record."""
    return Plans(_dynamodb(), given_settings().require("runs_table"))


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
def apply_queue() -> ApplyQueue:
    """Return the line to the applying function."""
    return ApplyQueue(_queue("apply_queue_url"), delay_s=given_settings().apply_delay_seconds, clock=time.time)


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
    return LedgerTable(_dynamodb(), given_settings().require("ledger_table"), keep_days=given_settings().keep_medical_days)


@cache
def lists() -> Lists:
    """Return the console's lists."""
    return Lists(_dynamodb(), given_settings().require("console_table"))


@cache
def memberships() -> Memberships:
    """Return who is in which group, for the console."""
    return Memberships(_dynamodb(), given_settings().require("console_table"))


@cache
def known_columns() -> KnownColumns:
    """Return which fields the columns of the school's own spreadsheets are."""
    return KnownColumns(_dynamodb(), given_settings().require("console_table"))


@cache
def days() -> DaysTable:
    """Return how much happened each day."""
    return DaysTable(_dynamodb(), given_settings().require("console_table"))


@cache
def sessions() -> Sessions:
    """Return who is signed in to the console."""
    return Sessions(_dynamodb(), given_settings().require("console_table"))


@cache
def audit_trail() -> AuditTrail:
    """Return who did what in the console."""
    return AuditTrail(_dynamodb(), given_settings().require("console_table"))


@cache
def user_pool() -> "UserPool":
    """Return the school's users."""
    from functions.console.access.user_pool import UserPool  # noqa: PLC0415 - only the console has users

    return UserPool(_cognito(), given_settings().require("user_pool_id"), given_settings().require("user_pool_client_id"))


@cache
def users() -> "Users":
    """Return who may come in to the console, for its owners to look after."""
    from functions.console.access.users import Users  # noqa: PLC0415 - as above

    return Users(_cognito(), given_settings().require("user_pool_id"))


@cache
def _cognito() -> "CognitoIdentityProviderClient":
    # Who waits for a page is told that it failed before API Gateway cuts them off without a word, after half a minute.
    return boto3.client("cognito-idp", config=Config(connect_timeout=3, read_timeout=6, retries={"total_max_attempts": 3}))


@cache
def operoo() -> "Operoo":
    """Return the client of Operoo; only the function that applies ever loads it.

    Raises:
        SettingsError: There is no token yet.
    """
    from functions.operoo.client import OperooClient  # noqa: PLC0415 - httpx is loaded by who calls Operoo

    return OperooClient(settings().operoo_share, _transport())


@cache
def operoo_medical() -> "OperooMedical":
    """Return the client of Operoo's medical side; only the function that pulls ever loads it.

    Raises:
        SettingsError: There is no token yet.
    """
    from functions.operoo.medical_client import MedicalClient  # noqa: PLC0415 - as above

    return MedicalClient(settings().operoo_share, _transport())


def medical_settings() -> "MedicalSettings":
    """Return how this school's Operoo states medical profiles: more names than a parameter can hold lie in the bucket.

    They are read each time: who looks for the right ones tries again and again.

    Raises:
        SettingsError: They cannot be used.
    """
    given = settings().operoo_settings.medical
    try:
        return given.named(exchange().read(MEDICAL_FIELDS))
    except MissingObjectError:
        return given


def _transport() -> "Transport":
    from functions.operoo.transport import Transport  # noqa: PLC0415 - as above

    return Transport(settings().operoo_share, _operoo_token())


_NO_TOKEN = {
    "ResourceNotFoundException": "has no value",
    "InvalidRequestException": "is to be deleted: restore it first (aws secretsmanager restore-secret)",
    **dict.fromkeys(
        ("AccessDeniedException", "DecryptionFailure"),
        "may not be read: let it have the stack's own key, and see that the key is turned on",
    ),
}


def _operoo_token() -> str:
    try:
        secret = boto3.client("secretsmanager").get_secret_value(SecretId=given_settings().require("operoo_token_secret"))
    except ClientError as error:
        why = _NO_TOKEN.get(error.response["Error"]["Code"])
        if why is None:
            raise
        raise SettingsError(
            f"The secret for Operoo's API token {why}.",
            remedy="Put the token into it, as docs/operations.md shows.",
            code="operoo-token",
        ) from None
    # Somebody may have stored it as bytes, which is no text.
    return secret.get("SecretString", "")


@cache
def _dynamodb() -> Any:  # noqa: ANN401 - a resource's client takes and gives Python values, which its stub does not know
    return boto3.resource("dynamodb").meta.client


def _queue(name: str) -> Queue:
    return Queue(boto3.client("sqs"), given_settings().require(name))
