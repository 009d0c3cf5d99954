"""The same as for plans, in a database through a real driver: what is written stands there, once, and can be taken back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from relay.database.settings import DatabaseSettings
from relay.version_check import VersionCheck
from relay.writeback.database import WriteDatabase
from relay.writeback.executor import Executor
from relay.writeback.journal import Journal
from relay.writeback.receipts import ReceiptWriter
from relay.writeback.write_contract import checked_contract
from shared.medical.reading import read_profile
from shared.messages import Undo, WriteBack
from shared.receipts import WriteReceipt
from shared.synergetic import SQLITE, SynergeticSettings, Version, create_statements
from shared.synergetic.medical_rows import desired_rows
from shared.writeback.plan import Policies
from shared.writeback.rows import Desired
from tests.property.medical_families import CODES, Family
from tests.property.paper_tables import STUDENT

OTHER = STUDENT + 1
JOINS = ("MedicalConditionAllergy", "MedicalConditionMedication")
STAMPS = {"ModifiedDate", "ModifiedBy", "CommunityModifiedDate", "CommunityModifiedBy"}
VERSION = Version.parse("68.24")
POLICIES = st.builds(Policies, remove=st.sampled_from(["deactivate", "delete"]))
Rows = dict[str, list[dict[str, object]]]


class Ward:
    """A school's medical tables, and the desk at which its students are written."""

    def __init__(self, path: Path, executor: Executor) -> None:
        self._path, self._executor = path, executor
        self._requests = 0

    def write(self, student: int, desired: Desired | None = None, **more: object) -> WriteReceipt:
        """Carry out a message."""
        self._requests += 1
        return self._executor.write(
            WriteBack(request=f"r{self._requests}", student=str(student), version=self._requests, desired=desired, **more)
        )

    def rows(self, student: int | None = None) -> Rows:
        """Return the rows of one student, without stamps, keys that the database gave, and rows that say who hangs on whom."""
        with closing(sqlite3.connect(self._path)) as connection:
            connection.row_factory = sqlite3.Row
            names = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
            found = {name: [dict(row) for row in connection.execute(f"select * from {name}")] for name in names}
        owned = {name: [row for row in rows if row.get("ID") == student] for name, rows in found.items() if name not in JOINS}
        conditions = {row["MedicalConditionSeq"] for row in owned["MedicalCondition"]}
        joins = {name: [row for row in found[name] if row["MedicalConditionSeq"] in conditions] for name in JOINS}
        return owned | joins

    def said(self, student: int) -> dict[str, list[str]]:
        """Return what a student's rows say, however they are numbered."""
        return {
            # A day is the same day with and without a time.
            name: sorted(
                str({key: row[key] for key in row if not key.endswith("Seq") and key not in STAMPS}).replace(" 00:00:00", "")
                for row in rows
            )
            for name, rows in self.rows(student).items()
        }


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """Return the tables, with two students and an open connection."""
    folder = tmp_path_factory.mktemp("ward")
    path = folder / "school.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in create_statements(VERSION, SynergeticSettings(), SQLITE):
            connection.execute(statement)
        connection.execute("insert into SynDatabases (VersionNumber, Code) values ('68.24', 'MAIN')")
        for person in (STUDENT, OTHER):
            connection.execute("insert into Community (ID) values (?)", (person,))
            connection.execute("insert into Students (ID) values (?)", (person,))
    chosen = DatabaseSettings(driver="SQLite3", database=str(path), mode="two-way")
    database, journal = WriteDatabase(chosen, lambda: SecretStr("")), Journal(folder, about="")
    with database.writing() as session, closing(journal):
        contract = checked_contract(session, chosen, VersionCheck("1", ""))
        receipt_writer = ReceiptWriter("relay", lambda: datetime(2026, 3, 2, tzinfo=UTC))
        yield Ward(path, Executor(session, contract, journal, receipt_writer=receipt_writer))


def _desired(rng: Random, student: int = STUDENT) -> Desired:
    return desired_rows(read_profile(str(student), Family(rng).profile()), CODES).desired


def _without_numbers(receipt: WriteReceipt) -> object:
    """Return what a receipt says that is the same whether it was done or only looked at."""
    after = receipt.after.tables if receipt.after else {}
    items = {name: sorted(row.ref for row in rows) for name, rows in after.items()}
    return items, receipt.before, receipt.counts, receipt.parked, receipt.kept, receipt.conflicts, receipt.held


@settings(deadline=None, max_examples=max(12, settings().max_examples // 8))
@given(st.integers(0, 2**48), POLICIES)
def test_what_is_written_stands_there_once_and_can_be_taken_back(ward: Ward, seed: int, policies: Policies) -> None:
    """From whatever an earlier example left: a preview tells it before, again changes nothing, undo brings back what was."""
    rng = Random(seed)
    ward.write(OTHER, _desired(rng, OTHER))
    others = ward.rows(OTHER)
    seen = ward.write(STUDENT, _desired(rng), policies=policies).after
    was, desired = ward.said(STUDENT), _desired(rng)
    before = ward.rows(STUDENT)
    looked = ward.write(STUDENT, desired, policies=policies, seen=seen, preview=True)
    assert ward.rows(STUDENT) == before
    done = ward.write(STUDENT, desired, policies=policies, seen=seen)
    assert looked.outcome == "planned"
    assert _without_numbers(looked) == _without_numbers(done)
    now = ward.rows(STUDENT)
    again = ward.write(STUDENT, desired, policies=policies, seen=done.after)
    assert (again.outcome, again.after, ward.rows(STUDENT)) == ("unchanged", done.after, now)
    assert done.before is not None
    assert done.after is not None
    back = ward.write(STUDENT, undo=Undo(before=done.before, after=done.after))
    assert back.outcome == ("applied" if done.outcome == "applied" else "unchanged")
    assert back.conflicts == ()
    assert ward.said(STUDENT) == was
    assert ward.rows(OTHER) == others
