"""The Lambda function that pulls medical profiles, and carries out decisions about them, one message at a time."""

from collections import Counter
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.operoo.errors import PARTLY
from functions.operoo.medical_file import LARGEST_FILE, read_medical_file
from functions.pull_medical.deciding import Decider
from functions.pull_medical.pulling import Puller, PullSettings
from functions.pull_medical.sending import Sender
from functions.pull_medical.vanished import FieldsVanishedError
from functions.runtime.batches import process_messages
from functions.runtime.observability import count, logger, observed
from functions.runtime.time_left import OutOfTimeError, dead_in_s, time_left
from functions.runtime.wiring import (
    exchange,
    given_settings,
    ledger_table,
    medical_queue,
    medical_settings,
    operoo_medical,
    records_table,
    return_queue,
    settings,
    snapshot_line,
    stops,
)
from functions.store.codes import code_book
from functions.store.snapshots import newest_snapshot
from shared.errors import FatalError, OperooUnavailableError, SettingsError
from shared.medical.codes import CodeBook
from shared.messages import MEDICAL_MESSAGE, DecideCase, PullMedical, SetCodes, UndoWriteBack

GROUP = "medical"
# What one student may take beyond one answer of Operoo that comes late: files, and the writes.
_MORE_S = 90
_NEVER = timedelta(days=36_500)
_SCHEDULED = "schedule"
_EARLY = timedelta(minutes=1)


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle each message of the SQS event, by the settings as they are saved now: a person may be to decide since."""
    has_time = time_left(context, reserve_s=settings(within_s=0).operoo_settings.timeouts.read + _MORE_S)
    medical_queue().hide([record["receiptHandle"] for record in event["Records"]], seconds=dead_in_s(context))
    return process_messages(event, context, parse=MEDICAL_MESSAGE, handle=lambda message: handle(message, has_time))


def handle(message: PullMedical | DecideCase | UndoWriteBack | SetCodes, has_time: Callable[[], bool]) -> None:
    """Carry out one message; none where medical updates are off, even if it was sent while they were on."""
    scheduled = isinstance(message, PullMedical) and _is_scheduled(message)
    if settings().medical_updates == "off":
        if not scheduled:
            logger().warning("medical updates are off", message_type=message.type)
        # Of what was asked before, too, nothing is to be written.
        _sender().withdraw()
        return
    if scheduled and not _is_due():
        return
    match message:
        case SetCodes():
            ledger_table().set_codes(message.codes, order=message.order, by=message.by)
        case DecideCase():
            _decider().decide(message)
        case UndoWriteBack():
            _decider().undo(message)
        case PullMedical():
            pull(message, has_time)


def _is_scheduled(wish: PullMedical) -> bool:
    return wish.why.startswith(_SCHEDULED)


def _is_seldom() -> bool:
    """Say whether a school wants the schedule followed less often than it comes."""
    return settings().medical_minutes > given_settings().medical_minutes


def _is_due() -> bool:
    """Say whether the schedule is followed now; it does not come to the second."""
    before = datetime.now(UTC) - timedelta(minutes=settings().medical_minutes) + _EARLY
    return not _is_seldom() or ledger_table().pulled_at() <= before.isoformat()


def pull(wish: PullMedical, has_time: Callable[[], bool]) -> None:
    """Pull, and send again what the relay did not answer in time.

    An outage of Operoo, a wrong key or a relay in one-way mode does not fail the message: the schedule sends the next one,
    the console tells people, and a metric counts it.
    """
    began, done = datetime.now(UTC), Counter[str]()
    sender = _sender()
    sender.send_overdue(after=timedelta(hours=settings().resend_after_hours), linked=_linked)
    sender.close_unlinked(_linked)
    try:
        chosen = _pull_settings()
        puller = Puller(records_table(), exchange(), sender, _book(), settings=chosen, has_time=has_time)
        done, left = puller.done, puller.left
        if wish.file:
            puller.take_file(read_medical_file(exchange().read(wish.file, at_most=LARGEST_FILE), chosen.medical).readings)
        elif chosen.medical.source != "none":
            puller.pull(operoo_medical(), wish)
        stops().goes_on("medical")
        _note(wish, began)
    except OutOfTimeError:
        # What a file states is told from what was sent; to ask for all students again could take as long each time.
        rest = {} if wish.file else {"students": tuple(sorted(left)), "changed": wish.changed or not wish.students}
        medical_queue().send([wish.model_copy(update={"why": "continued", **rest})], group=GROUP)
        stops().goes_on("medical")
        _note(wish, began)
    except (OperooUnavailableError, FatalError) as error:
        # A new key or a rotated one is read again by the next message, also where this process lives on.
        operoo_medical.cache_clear()
        stops().stopped("medical", error)
        if error.code in {PARTLY, FieldsVanishedError.code}:
            _note(wish, began)
        count("PullStopped")
        logger().error("pull stopped", code=error.code, reason=str(error))
    finally:
        count("MedicalParked", done["parked"])
        logger().info("pulled", outcome=dict(done))


def _note(wish: PullMedical, began: datetime) -> None:
    """Note that the schedule was followed. What was stopped or cut off is done at its next turn, however seldom that may be."""
    if _is_scheduled(wish) and _is_seldom():
        ledger_table().note_pull(began)


def _linked(students: Collection[str]) -> set[str]:
    return {one.id for one in records_table().get_many("student", students).values() if one.two_way}


def _sender() -> Sender:
    return Sender(ledger_table(), exchange(), return_queue(), clock=lambda: datetime.now(UTC))


def _decider() -> Decider:
    return Decider(exchange(), _sender(), settings().write_back_policies, linked=_linked)


def _book() -> CodeBook:
    manifest = newest_snapshot(snapshot_line(), exchange())
    book = code_book(exchange(), manifest, ledger_table().codes()) if manifest else None
    if book is None:
        raise SettingsError(
            "The relay has sent no tables of codes, so nothing can be said in the school's codes.",
            remedy='Set mode = "two-way" under [synergetic] in relay.toml, and let the relay run.',
            code="codes-missing",
        )
    return book


def _pull_settings() -> PullSettings:
    updates = settings().medical_updates
    assert updates != "off"
    half = timedelta(days=settings().keep_medical_days / 2) if settings().keep_medical_days else _NEVER
    again_before = datetime.now(UTC) - half
    return PullSettings(updates, settings().write_back_policies, medical_settings(), again_before)
