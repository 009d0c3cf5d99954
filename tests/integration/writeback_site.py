"""One relay in two-way mode at a small school: its database, its queues, and a life that ends at any call it makes."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pyodbc
from moto import mock_aws
from pydantic import BaseModel

from relay.cloud.exchange import Exchange
from relay.cloud.queues import QueueMessage
from relay.reading.reader import Reader
from relay.running.sync import Sync, now
from relay.settings import ExchangeSettings, Settings, load_settings
from relay.wiring import assembled, database_of, exchange_of, state_of, write_backs_of
from relay.writeback.writer import WriteBacks
from shared import keys
from shared.messages import WriteBack
from shared.receipts import ANY_RECEIPT, ReceiptClaim, WriteReceipt
from shared.writeback.rows import Desired, DesiredRow, Value
from tests.integration.relay_school import build
from tests.integration.relay_site import BUCKET, REGION, Bucket, Killed

TRIGGER = "school_keeps_history"
STUDENT, OTHER = 1000, 1001
_HISTORY = f"""
create table uHistory (uHistorySeq integer primary key, What text not null);
insert into uHistory (uHistorySeq, What) values (90000, 'begun');
create trigger {TRIGGER} after insert on MedicalCondition
begin insert into uHistory (What) values ('condition ' || new.MedicalConditionCode); end;
"""


def rows_of(path: Path, table: str, student: int | None = STUDENT, owner: str = "ID") -> list[dict[str, Any]]:
    """Return the rows of a table, of one student or of all."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        where = "" if student is None else f" where {owner} = {student}"
        return [dict(row) for row in connection.execute(f"select * from {table}{where} order by 1, 2")]


def with_history(path: Path) -> Path:
    """Give the school a trigger that inserts rows of its own, whose numbers must not be taken for ours."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(_HISTORY)
    return path


def wanted(student: int = STUDENT, *, details: str = "Peanuts", incomplete: tuple[str, ...] = ()) -> Desired:
    """Return what a family says: an allergic child with one medication."""

    def row(ref: str, parents: dict[str, str] | None = None, **values: Value) -> DesiredRow:
        return DesiredRow(ref=ref, values=values, parents=parents or {})

    condition = {"MedicalConditionCode": "ALL", "ActiveFlag": True, "ConditionDetails": details, "SeverityCode": "H"}
    return Desired(
        student=str(student),
        tables={
            "MedicalDetails": (
                row("blood", BloodGroup="A+"),
                row("medicare", MedicareNo="1234", MedicareExpiryDate="2027-05-31"),
            ),
            "MedicalCondition": (row("c1", **condition, NotifiedStartDate="2026-01-02"),),
            "MedicalAllergy": (row("a1", MedicalAllergyTypeCode="NUT", AllergyDescription=details, ActiveFlag=True),),
            "MedicalConditionAllergy": (row("a1+c1", {"MedicalAllergySeq": "a1", "MedicalConditionSeq": "c1"}),),
            "Medication": (row("m1", Medication="Adrenaline", MedicationDetails="Once", ActiveFlag=True),),
            "MedicalConditionMedication": (row("m1+c1", {"MedicationSeq": "m1", "MedicalConditionSeq": "c1"}),),
            "Ability": (row("swim", AbilityTypeCode="SW25"),),
        },
        incomplete=incomplete,
    )


class Aws:
    """The bucket and the clients, which take long to make; each site has queues of its own.

    Attributes:
        site: Whose calls these are.
    """

    def __init__(self) -> None:
        self.bucket = Bucket()
        self.sqs: Any = boto3.client("sqs", region_name=REGION)
        later = "https://sqs.invalid/each-site-has-its-own"
        self.exchange = exchange_of(
            ExchangeSettings(bucket=BUCKET, region=REGION, return_queue_url=later, receipt_queue_url=later)
        )
        self.site: WriteSite | None = None
        client = self.exchange.queues._sqs()
        self.exchange.queues._sqs = lambda: client
        for one in (client, self.exchange._s3()):
            one.meta.events.register("before-call", self._before)
            one.meta.events.register("after-call", self._after)

    def _before(self, model: Any, **_: Any) -> None:
        if self.site is not None:
            self.site._before(model.name)

    def _after(self, **_: Any) -> None:
        if self.site is not None:
            self.site._after()

    def exchange_for(self, site: "WriteSite", settings: ExchangeSettings) -> Exchange:
        """Return the way to the cloud for a site."""
        self.site = site
        self.exchange.queues._return_queue, self.exchange.queues._receipt_queue = (
            settings.return_queue_url,
            settings.receipt_queue_url,
        )
        return self.exchange


class WriteSite:
    """A relay that writes back.

    Attributes:
        calls: What it asked its database, its journal and AWS, in order.
        sql: All statements that its connections executed.
        at: The time that it is.
        fail_at: The number of the call before (or, if negative, after) which its process is killed.
        break_at: The word that begins the statement after which the connection breaks.
        broken: How the driver tells of that.
        deadlock_at: The word that begins the statement that loses a deadlock, `deadlocks` times.
    """

    def __init__(self, folder: Path, school: Path, aws: Aws, *, mode: str = "two-way", receipts: bool = True) -> None:
        self.aws, self.sqs = aws, aws.sqs
        fifo, name = {"FifoQueue": "true", "VisibilityTimeout": "0"}, uuid4().hex
        self.asked = self.sqs.create_queue(QueueName=f"{name}.fifo", Attributes=fifo)["QueueUrl"]
        self.answered = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        self.school, self.folder = school, folder
        answers = f'receipt_queue_url = "{self.answered}"\n' if receipts else ""
        self.config = folder / "relay.toml"
        self.config.write_text(
            f'[synergetic]\ndriver = "SQLite3"\ndatabase = "{school}"\nmode = "{mode}"\n[synergetic.contract]\n'
            f'allowed_triggers = ["{TRIGGER}"]\n'
            f'[exchange]\nbucket = "{BUCKET}"\nregion = "{REGION}"\nreturn_queue_url = "{self.asked}"\n{answers}'
        )
        self.calls: list[str] = []
        self.sql: list[str] = []
        self.at = datetime(2026, 3, 2, 7, tzinfo=UTC)
        self.fail_at = 0
        self.dead = False
        self.break_at = self.deadlock_at = ""
        self.broken: pyodbc.Error = pyodbc.OperationalError("08S01", "[08S01] [x] the link failed (0) (SQLExecDirectW)")
        self.deadlocks = 1

    @property
    def settings(self) -> Settings:
        """The configuration."""
        return load_settings(self.config)

    def ask(self, message: BaseModel | str, *, group: str = "s") -> None:
        """Send the relay a message, as the cloud does."""
        body = message if isinstance(message, str) else message.model_dump_json()
        self.sqs.send_message(QueueUrl=self.asked, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=uuid4().hex)

    def want(self, version: int = 1, **message: Any) -> WriteBack:
        """Send a message about what is wanted, and return it."""
        desired = None if "undo" in message else message.pop("desired", None) or wanted()
        made = WriteBack(request=f"r{version}", student=str(STUDENT), version=version, desired=desired, **message)
        self.ask(made)
        return made

    def allow(self, trigger: str) -> None:
        """Have the school allow one more trigger."""
        self.config.write_text(self.config.read_text().replace(f'["{TRIGGER}"', f'["{TRIGGER}", "{trigger}"'))

    def waiting(self) -> int:
        """Return how many messages are on the return queue."""
        return len(self.sqs.receive_message(QueueUrl=self.asked, MaxNumberOfMessages=10).get("Messages", []))

    def receipts(self) -> list[WriteReceipt]:
        """Take and return the receipts that were sent."""
        found = []
        while messages := self.sqs.receive_message(QueueUrl=self.answered, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                found.append(self._receipt(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.answered, ReceiptHandle=message["ReceiptHandle"])
        return found

    def _receipt(self, body: str) -> WriteReceipt:
        receipt = ANY_RECEIPT.validate_json(body)
        if isinstance(receipt, ReceiptClaim):
            key = keys.receipt_key(receipt.digest)
            receipt = ANY_RECEIPT.validate_json(self.aws.bucket.read(key))
        assert isinstance(receipt, WriteReceipt)
        return receipt

    def run(self) -> list[WriteReceipt]:
        """Live through one pass: hear what is on the queue, and carry it out."""
        with self.lives() as live:
            return live()

    @contextmanager
    def lives(self) -> Iterator[Callable[[], list[WriteReceipt]]]:
        """Give what lives through one pass, as one process that may live through many."""
        self.dead = False
        settings = self.settings
        exchange, state = self.aws.exchange_for(self, settings.exchange), state_of(settings)
        use_case = write_backs_of(settings, exchange, state, clock=lambda: self.at)
        self._watch_over(use_case)

        def live() -> list[WriteReceipt]:
            self.calls.clear()
            queued_messages: Iterable[QueueMessage] = exchange.queues.receive()
            return use_case.carry_out(list(queued_messages))

        try:
            yield live
        finally:
            self.aws.site = None
            use_case._journal.close()
            state.close()

    def sync(self) -> Sync:
        """Make the use case of whole runs, as the wiring does."""
        settings = self.settings
        self.state = state_of(settings)
        reader = Reader(settings, database_of(settings), self.state, clock=now)
        return assembled(settings, reader, exchange=self.aws.exchange_for(self, settings.exchange), state=self.state, clock=now)

    def _watch_over(self, use_case: WriteBacks) -> None:
        made = use_case._database

        def database() -> Any:
            database = made()
            database._connect = self.connect
            return database

        use_case._database = database
        run = use_case._journal._run
        use_case._journal._run = lambda sql, *values: self._counted(f"journal: {sql[:30]}", lambda: run(sql, *values))

    def connect(self, *args: Any, **options: Any) -> Any:
        """Connect as pyodbc does, with an eye on every statement."""
        return _Connection(self, pyodbc.connect(*args, **options))

    def _counted(self, name: str, call: Callable[[], Any]) -> Any:
        self._before(name)
        answer = call()
        self._after()
        return answer

    def _before(self, name: str) -> None:
        if self.dead:
            raise Killed
        self.calls.append(name)
        if self.fail_at == len(self.calls):
            self.dead = True
            raise Killed

    def _after(self) -> None:
        if self.fail_at and self.fail_at == -len(self.calls):
            self.dead = True
            raise Killed


class _Connection:
    def __init__(self, site: WriteSite, connection: pyodbc.Connection) -> None:
        self._site, self._connection = site, connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def cursor(self) -> "_Cursor":
        return _Cursor(self._site, self._connection.cursor())


class _Cursor:
    def __init__(self, site: WriteSite, cursor: pyodbc.Cursor) -> None:
        self._site, self._cursor = site, cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def execute(self, sql: str, *values: object) -> object:
        site = self._site
        site.sql.append(sql)
        if site.deadlock_at and site.deadlocks and sql.startswith(site.deadlock_at):
            site.deadlocks -= 1
            raise pyodbc.Error("40001", "[40001] [x] deadlock victim (1205) (SQLExecDirectW)")
        answer = site._counted(f"sql: {sql[:30]}", lambda: self._cursor.execute(sql, *values))
        if site.break_at and sql.startswith(site.break_at):
            raise site.broken
        return answer


@contextmanager
def aws_in_memory() -> Iterator[Aws]:
    """Give AWS, empty."""
    with mock_aws():
        yield Aws()


def school_file(folder: Path) -> bytes:
    """Return the file of a small school with a trigger."""
    return with_history(build(folder / "school.db")).read_bytes()
