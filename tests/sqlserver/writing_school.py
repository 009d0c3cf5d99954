"""A school that two-way mode writes to on a T-SQL server, with a trigger of its own, and a relay there with a letter box."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import pyodbc
from pydantic import SecretStr

from relay.cloud.queues import QueueMessage
from relay.running.sync import now
from relay.settings import load_settings
from relay.version_check import VersionCheck
from relay.writeback.database import WriteDatabase
from relay.writeback.journal import Journal
from relay.writeback.receipts import ReceiptWriter
from relay.writeback.student import stored
from relay.writeback.writer import WriteBacks
from shared.messages import WriteBack
from shared.receipts import WriteReceipt
from shared.synergetic import TABLES, TSQL, Dialect
from shared.synergetic.statements import column_name
from shared.synergetic.writing import write_tables
from shared.writeback.rows import Desired, DesiredRow, Image, Row, Value
from shared.writeback.tables import WriteTable
from tests.integration.relay_site import BUCKET, REGION
from tests.sqlserver.admin import run
from tests.sqlserver.installation import Installation

# Each test has some for itself, and on a named server all tests share one school.
STUDENTS = 150
TRIGGER, HISTORY = "trSchoolKeepsHistory", "uHistory"
Rows = dict[str, list[dict[str, object]]]


@dataclass
class WritingSchool:
    """Synergetic with a history: a row of it for every new condition and medication, numbered on its own."""

    made: Installation
    has_triggers: bool = True
    tables: dict[str, WriteTable] = field(init=False, repr=False)
    _columns: dict[str, list[str]] = field(init=False, repr=False)
    _students: Iterator[int] = field(default=iter(()), repr=False)

    def __post_init__(self) -> None:
        made = self.made
        self.tables = {table.name: table for table in write_tables(made.version, made.settings)}
        self._columns = {HISTORY: ["uHistorySeq", "What"]}
        for table in (TABLES[name] for name in self.tables):
            called = (column_name(table, column, made.settings, made.version) for column in table.columns)
            self._columns[table.name] = [name for name in called if name]

    def furnish(self) -> None:
        """Make the history and its triggers; find the students whom nobody says anything of but in their details."""
        with self.changing() as office:
            # Its numbers are far from ours.
            run(office, f"CREATE TABLE dbo.{HISTORY} (uHistorySeq int IDENTITY(90000, 1) NOT NULL, What varchar(50) NOT NULL)")
            # What a trigger does its owner may; not every server goes by that, and not every one knows `public`.
            with suppress(pyodbc.Error):
                run(office, f"GRANT INSERT ON dbo.{HISTORY} TO public")
            self._keep_history(office)
        plain = {row["ID"] for row in self.rows("MedicalDetails")} - {row["ID"] for row in self.rows("MedicalCondition")}
        self._students = iter(sorted(int(str(one)) for one in plain))

    def _keep_history(self, office: pyodbc.Cursor) -> None:
        try:
            for table, what in (("MedicalCondition", "MedicalConditionCode"), ("Medication", "Medication")):
                run(office, _keeps_history(table, what))
        except pyodbc.Error:
            if self.made.server.double is not None:
                raise
            self.has_triggers = False

    def student(self) -> int:
        """Return a student whom no other test has had."""
        return next(self._students)

    @contextmanager
    def changing(self) -> Iterator[pyodbc.Cursor]:
        """Change the database as the school's own staff would, every statement for itself."""
        with self.made.server.administering(self.made.database) as cursor:
            yield cursor

    def change(self, sql: str) -> None:
        """Change it by one statement."""
        with self.changing() as office:
            run(office, sql)

    def rows(self, table: str) -> list[dict[str, object]]:
        """Return all rows of a table, as the administrator reads them."""
        with self.changing() as office:
            return self._rows(office, table)

    def everything(self) -> Rows:
        """Return all rows that writing could reach."""
        with self.changing() as office:
            return {name: self._rows(office, name) for name in self._columns}

    def _rows(self, office: pyodbc.Cursor, table: str) -> list[dict[str, object]]:
        names = self._columns[table]
        found = office.execute(f"SELECT {', '.join(names)} FROM dbo.{table}").fetchall()
        return sorted((dict(zip(names, row, strict=True)) for row in found), key=str)

    def of(self, student: int, found: Rows) -> Rows:
        """Return those that are a student's."""
        return {name: [row for row in found[name] if self._owned(name, row, student, found)] for name in self.tables}

    def others(self, student: int, found: Rows) -> Rows:
        """Return those that are not."""
        return {name: [row for row in found[name] if not self._owned(name, row, student, found)] for name in self.tables}

    def _owned(self, name: str, row: Mapping[str, object], student: int, found: Rows) -> bool:
        table = self.tables[name]
        if table.owner:
            return row["ID"] == student
        return any(
            row[column.name] == parent[column.name] and parent.get("ID") == student
            for column in table.references
            for parent in found[column.refers]
        )

    def image(self, student: int, found: Rows) -> dict[str, list[dict[str, Value]]]:
        """Return a student's rows as an image holds them."""
        own = self.of(student, found)
        return {
            name: _sorted({column.name: stored(column, row[column.name]) for column in table.columns} for row in own[name])
            for name, table in self.tables.items()
        }

    def stated(self, student: int, found: Rows) -> dict[str, list[str]]:
        """Return what a student's rows state: without their own numbers and stamps, and the others by what they stand for."""
        own, names = self.of(student, found), dict[tuple[str, object], str]()
        told: dict[str, list[str]] = {}
        for name, table in self.tables.items():
            told[name] = []
            for row in own[name]:
                left = {one for one in row if one != table.identity and not (one in table.by_name and table.by_name[one].stamp)}
                refers = {column.name: column.refers for column in table.references}
                text = str([(one, names.get((refers.get(one, ""), row[one]), row[one])) for one in row if one in left])
                names[name, row.get(table.identity)] = text
                told[name].append(text)
            told[name].sort()
        return told

    def kept(self, student: int, found: Rows) -> dict[str, dict[str, object]]:
        """Return, by table and number, what a student's rows hold in columns that are never written."""
        return {
            f"{name} {row.get(table.identity) or row['ID']}": {
                one: value for one, value in row.items() if not TABLES[name].column(one).write
            }
            for name, table in self.tables.items()
            for row in self.of(student, found)[name]
            if table.identity or table.key == ("ID",)
        }


def image_rows(image: Image | None) -> dict[str, list[dict[str, Value]]]:
    """Return an image's rows in a fixed order."""
    assert image is not None
    return {name: _sorted(row.values for row in rows) for name, rows in image.tables.items()}


def _sorted(rows: Any) -> list[dict[str, Value]]:
    return sorted(rows, key=lambda row: str(sorted(row.items())))


def _keeps_history(table: str, what: str) -> str:
    then = f"INSERT INTO dbo.{HISTORY} (What) SELECT {what} FROM inserted"
    return f"CREATE TRIGGER dbo.{TRIGGER}{table} ON dbo.{table} AFTER INSERT AS {then}"


class Impatient(WriteDatabase):
    """The relay's way to the database, but for how long it waits for a lock."""

    lock_ms = 30_000

    @property
    def dialect(self) -> Dialect:
        """The SQL, with another time."""
        before = tuple(sql.replace("30000", str(self.lock_ms)) for sql in TSQL.writes.before)
        return replace(TSQL, writes=replace(TSQL.writes, before=before))


class Watched(Journal):
    """The journal, and what happens meanwhile just before a commit."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def intend(self, receipt: WriteReceipt) -> None:
        """Note it, then let it happen."""
        super().intend(receipt)
        self.meanwhile()


@dataclass
class LetterBox:
    """The cloud's side, as far as a relay that writes back knows it."""

    answers: bool = True
    sent: list[WriteReceipt] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    def opened(self, message: WriteBack) -> WriteBack:
        """Return the message."""
        return message

    def withdrawn(self) -> dict[str, int]:
        """Say that everybody is selected still."""
        return {}

    def send(self, receipt: WriteReceipt) -> None:
        """Take a receipt."""
        self.sent.append(receipt)

    def done(self, queued: QueueMessage) -> None:
        """Take a message off."""
        self.taken.append(queued.handle)


class WritingRelay:
    """A relay in two-way mode that logs in as the script has it.

    Attributes:
        box: What it was asked and what it answered.
        lock_ms: How long it waits for a lock.
        meanwhile: What happens just before each commit.
    """

    def __init__(self, folder: Path, made: Installation, contract: str = "") -> None:
        self.folder = folder
        self.config = folder / "relay.toml"
        allowed = ", ".join(f'"{TRIGGER}{table}"' for table in ("MedicalCondition", "Medication"))
        self.config.write_text(
            made.section.replace("[synergetic]\n", '[synergetic]\nmode = "two-way"\nmodified_by_id = 42\n', 1)
            + f"allowed_triggers = [{allowed}]\n{contract}\n"
            + f'[exchange]\nbucket = "{BUCKET}"\nregion = "{REGION}"\n'
        )
        self.password = made.password
        self.box, self.lock_ms = LetterBox(), 30_000
        self.meanwhile: Callable[[], object] = lambda: None
        self._versions = count(1)

    def write(self, student: int, desired: Desired | None = None, **message: Any) -> WriteReceipt | None:
        """Carry out a message, and return its receipt if it was done or failed."""
        version = next(self._versions)
        asked = WriteBack(request=f"r{version}", student=str(student), version=version, desired=desired, **message)
        return next(iter(self.again(asked)), None)

    def again(self, message: WriteBack) -> list[WriteReceipt]:
        """Live through one pass with a message on the queue."""
        database = load_settings(self.config).synergetic
        journal = Watched(self.folder / "state", about="school")
        journal.meanwhile = self.meanwhile
        use_case = WriteBacks(
            database,
            lambda: self._impatient(database),
            journal=journal,
            messages=self.box,
            version_check=lambda: VersionCheck.here(""),
            receipt_writer=ReceiptWriter("school", now),
            folder=self.folder / "state",
        )
        try:
            return use_case.carry_out([QueueMessage(message, message.request)])
        finally:
            journal.close()

    def _impatient(self, settings: Any) -> Impatient:
        made = Impatient(settings, lambda: SecretStr(self.password))
        made.lock_ms = self.lock_ms
        return made


def row(ref: str, parents: dict[str, str] | None = None, **values: Value) -> DesiredRow:
    """Return a desired row."""
    return DesiredRow(ref=ref, values=values, parents=parents or {})


def seen_of(receipt: WriteReceipt | None) -> Image:
    """Return what the cloud has last seen, by a receipt."""
    assert receipt is not None
    assert receipt.after is not None
    return receipt.after


def named(image: Image, table: str) -> dict[str, Row]:
    """Return the rows of a table by the items that they state."""
    return {one.ref: one for one in image.rows(table) if one.ref}
