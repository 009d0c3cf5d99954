"""A school in two-way mode in one process: the functions on moto, the relay on a real ODBC driver, an Operoo in memory."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from functions.operoo.errors import AttachmentGoneError
from functions.operoo.protocol import FetchedFile, MedicalAnswer
from functions.records.case import MedicalCase
from functions.records.ledger import Entry, Noted
from functions.runtime.wiring import ledger_table, medical_queue
from relay.reading.reader import Reader
from relay.running.sync import now
from relay.settings import load_settings
from relay.wiring import assembled, database_of, exchange_of, state_of, write_backs_of
from shared.keys import case_key
from shared.messages import PullMedical
from shared.receipts import WriteReceipt
from tests.integration.cloud import BUCKET, Cloud, forget_wiring
from tests.integration.fake_operoo import FakeOperoo


class FakeMedical:
    """Medical profiles by Synergetic's number, and files by their address."""

    def __init__(self, operoo: FakeOperoo) -> None:
        self.operoo = operoo
        self.profiles: dict[str, Mapping[str, object] | None] = {}
        self.files: dict[str, FetchedFile] = {}
        self.fetched: list[str] = []

    def medical_profiles(self, operoo_ids: Collection[str]) -> Iterator[MedicalAnswer]:
        """Answer for everybody, as the listing does."""
        for operoo_id, one in self.operoo.profiles.items():
            student = str(one.get("integration_member_id", ""))
            if operoo_id in operoo_ids:
                yield MedicalAnswer(operoo_id, str(one.get("user_request_id", "")), student, self.profiles.get(student))

    def attachment(self, operoo_id: str, url: str) -> FetchedFile:
        """Hand out a file, if there is one."""
        self.fetched.append(operoo_id)
        if url not in self.files:
            raise AttachmentGoneError("It is not there.")
        return self.files[url]


class TwoWay:
    """The school.

    Attributes:
        school: Its Synergetic database.
        medical: What families say.
        environment: What the functions find in their environment.
    """

    def __init__(self, folder: Path, cloud: Cloud, medical: FakeMedical, environment: Mapping[str, str]) -> None:
        self.school = school = folder / "school.db"
        self.cloud, self.medical, self.environment = cloud, medical, environment
        self.config = folder / "relay.toml"
        self.config.write_text(
            f'[synergetic]\ndriver = "SQLite3"\ndatabase = "{school}"\nmode = "two-way"\n'
            f'[exchange]\nbucket = "{BUCKET}"\nregion = "ap-southeast-2"\nupload_threads = 1\n'
            f'return_queue_url = "{cloud.urls["return.fifo"]}"\nreceipt_queue_url = "{cloud.urls["receipt"]}"\n'
        )

    def sync(self) -> None:
        """Have the relay read the school, and everything done that follows."""
        settings = load_settings(self.config)
        with closing(state_of(settings)) as state:
            exchange = exchange_of(settings.exchange)
            reader = Reader(settings, database_of(settings), state, clock=now)
            assembled(settings, reader, exchange=exchange, state=state, clock=now).run()
        self.cloud.pump()

    def pull(self, *students: str) -> None:
        """Have medical profiles pulled."""
        medical_queue().send([PullMedical(why="test", students=students)], group="medical")
        self.cloud.pump()

    def says(self, student: str, profile: dict[str, Any]) -> list[WriteReceipt]:
        """Let a family say something, and have done what follows; return the receipts."""
        self.medical.profiles[student] = profile
        self.pull()
        return self.write()

    def write(self) -> list[WriteReceipt]:
        """Have the relay write back until nothing waits, and everything done that follows."""
        done: list[WriteReceipt] = []
        while receipts := self.write_once():
            done += receipts
        return done

    def write_once(self) -> list[WriteReceipt]:
        """Have the relay write back what the queue hands out at once, and everything done that follows."""
        settings = load_settings(self.config)
        exchange, state = exchange_of(settings.exchange), state_of(settings)
        use_case = write_backs_of(settings, exchange, state, clock=lambda: datetime.now(UTC))
        try:
            return use_case.carry_out(exchange.queues.receive())
        finally:
            use_case._journal.close()
            state.close()
            self.cloud.pump()

    def lose_messages(self) -> None:
        """Lose all that is on its way to the relay."""
        url = self.cloud.urls["return.fifo"]
        while messages := self.cloud.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                self.cloud.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def rows(self, table: str, student: str) -> list[dict[str, Any]]:
        """Return a student's rows of a table."""
        with closing(sqlite3.connect(self.school)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(f"select * from {table} where ID = ? order by 1", (student,))]

    def allergies(self, student: str) -> dict[str, str]:
        """Return what a student's active allergies are said to be like in Synergetic, by the school's code."""
        found = (row for row in self.rows("MedicalAllergy", student) if row["ActiveFlag"])
        return {row["MedicalAllergyTypeCode"]: row["AllergyDescription"] for row in found}

    def execute(self, sql: str, *values: object) -> int:
        """Change the school's database as its own staff would, and return how many rows that changed."""
        with closing(sqlite3.connect(self.school)) as connection, connection:
            return connection.execute(sql, values).rowcount

    def entry(self, student: str) -> Entry:
        """Return a student in the ledger."""
        return ledger_table().entry(student)

    def history(self, student: str) -> list[Noted]:
        """Return the receipts of a student."""
        return ledger_table().history(student)

    def case(self, student: str) -> MedicalCase:
        """Return what stands behind the last message about a student."""
        key = case_key(self.entry(student).request)
        return MedicalCase.model_validate_json(self.cloud.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def decide(self, student: str, **decision: Any) -> dict[str, Any]:
        """Decide the change of a student that waits, and return the answer."""
        version = self.entry(student).version
        return self.cloud.request(
            f"review-{student}-{version}", {"kind": "review", "student": student, "version": version, **decision}
        )


def reviewed(patch: pytest.MonkeyPatch) -> None:
    """Let a person decide about what families say from now on."""
    patch.setenv("MEDICAL_UPDATES", "review")
    forget_wiring()


def allergic(to: str, reaction: str = "Hives") -> dict[str, Any]:
    """Return what a family states."""
    return {"allergies": [{"id": "a1", "name": to, "risk_level": "High", "reaction": reaction}]}
