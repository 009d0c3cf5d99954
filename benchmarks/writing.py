"""How fast the relay writes back, beside the bare statements that do the same: in turns, the best turn of each counts."""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyodbc
from pydantic import SecretStr

from benchmarks.options import Options
from benchmarks.rows import Row
from local.school.changes import present_students
from local.school.create import create_school
from local.school.medical import ALLERGIES, CONDITIONS, SEVERITIES
from local.school.odbc import require_driver
from relay.cloud.queues import QueueMessage
from relay.database.settings import DatabaseSettings
from relay.version_check import VersionCheck
from relay.writeback.database import WriteDatabase
from relay.writeback.journal import Journal
from relay.writeback.messages import Messages
from relay.writeback.receipts import ReceiptWriter
from relay.writeback.writer import WriteBacks
from shared.errors import FatalError
from shared.medical.codes import Code, CodeBook, CodeKind
from shared.medical.items import Allergy, Condition, Medicare, Medication
from shared.medical.profile import MedicalProfile
from shared.messages import WriteBack, WriteBackClaim
from shared.receipts import WriteReceipt
from shared.synergetic import TABLES
from shared.synergetic.medical_rows import desired_rows
from shared.writeback.rows import Desired, Image

GROUP = "write-back"
BARE, WHOLE, RELAY = "bare statements, a transaction a student", "the same with all that the relay reads", "relay"
_BEGIN, _COMMIT = "BEGIN IMMEDIATE TRANSACTION", "COMMIT TRANSACTION"
_WRITES = ("INSERT", "UPDATE", "DELETE")
_NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
Say = Callable[[str], None]
Statements = list[tuple[str, tuple[object, ...]]]


@dataclass(frozen=True)
class Turn:
    """What one way of writing took.

    Attributes:
        sql: What was executed, where somebody listened.
    """

    cpu_s: float
    wall_s: float
    receipts: list[WriteReceipt] = field(default_factory=list)
    sql: Statements = field(default_factory=list)

    @property
    def by_student(self) -> list[Statements]:
        """The statements of each student's transaction; what comes before the first is for all of them."""
        found: list[Statements] = []
        for statement in self.sql:
            if statement[0] == _BEGIN:
                found.append([])
            if found:
                found[-1].append(statement)
        return found


def measure(options: Options, say: Say) -> list[Row]:
    """Make a school, write its students' medical details back in both ways, and return the rows of the table.

    Raises:
        SettingsError: The ODBC driver is not installed.
        FatalError: The two did not write the same.
    """
    require_driver()
    with tempfile.TemporaryDirectory() as name:
        folder, school = Path(name), Path(name, "school.sqlite")
        say(f"Writing a school of {options.cloud_students:,} students")
        create_school(school, students=options.cloud_students, photos=0)
        students = _students(school)
        listened = _relay(school, folder / "listened", students, listens=True)
        again = _relay(school, folder / "listened", students, listens=True, seen=listened.receipts)
        turns: dict[str, list[Turn]] = {BARE: [], WHOLE: [], RELAY: []}
        for turn in range(options.repeat):
            say(f"Writing back, turn {turn + 1} of {options.repeat}")
            turns[RELAY].append(_relay(school, folder / f"relay{turn}", students))
            turns[BARE].append(_bare(school, folder / f"bare{turn}.sqlite", listened.by_student, reads=False))
            turns[WHOLE].append(_bare(school, folder / f"whole{turn}.sqlite", listened.by_student, reads=True))
            for other in ("bare", "whole"):
                _compare(folder / f"relay{turn}" / "school.sqlite", folder / f"{other}{turn}.sqlite")
    best = {name: min(found, key=lambda one: one.cpu_s) for name, found in turns.items()}
    return [*_speeds(len(students), best), *_statements(listened, again)]


def _students(school: Path) -> list[int]:
    with closing(sqlite3.connect(school)) as connection:
        return present_students(connection, limit=10**6)


def _codes() -> CodeBook:
    tables: dict[CodeKind, dict[str, str]] = {"condition": CONDITIONS, "severity": SEVERITIES, "allergy": ALLERGIES}
    named = {kind: tuple(Code(code=code, description=told) for code, told in codes.items()) for kind, codes in tables.items()}
    return CodeBook(named)


def _said(student: int) -> Desired:
    """Return what a family says: an allergic child with one medication."""
    condition = Condition(ref="condition", type="Allergy", severity="High", details="Made up")
    profile = MedicalProfile(
        student=str(student),
        medicare=Medicare(number=f"2{student:09}", expiry=date(2031, 5, 31)),
        conditions=(condition,),
        allergies=(Allergy(ref="allergy", type="Egg", severity="High", description="Made up", conditions=("condition",)),),
        medications=(Medication(ref="medication", name="Made up", dose="One", conditions=("condition",)),),
    )
    return desired_rows(profile, _codes()).desired


class _LetterBox(Messages):
    """No cloud: what is asked is at hand, and an answer is kept."""

    def __init__(self) -> None:
        self.receipts: list[WriteReceipt] = []

    @property
    def answers(self) -> bool:
        return True

    def opened(self, message: WriteBack | WriteBackClaim) -> WriteBack:
        assert isinstance(message, WriteBack)
        return message

    def withdrawn(self) -> Mapping[str, int]:
        return {}

    def send(self, receipt: WriteReceipt) -> None:
        self.receipts.append(receipt)

    def done(self, queued: QueueMessage) -> None:
        pass


def _relay(
    school: Path, folder: Path, students: Sequence[int], *, listens: bool = False, seen: Sequence[WriteReceipt] = ()
) -> Turn:
    """Let the relay write back one message for each student; a second time with what it has answered the first time."""
    folder.mkdir(exist_ok=True)
    database, sql = folder / "school.sqlite", list[tuple[str, tuple[object, ...]]]()
    if not seen:
        shutil.copyfile(school, database)
    images = [one.after for one in seen] or [None] * len(students)
    queued_messages = [QueueMessage(_message(*one), "") for one in zip(students, images, strict=True)]
    settings = DatabaseSettings(mode="two-way", driver=require_driver(), database=str(database))
    connect: Any = (lambda *given, **also: _Listening(pyodbc.connect(*given, **also), sql)) if listens else pyodbc.connect
    use_case = WriteBacks(
        settings,
        lambda: WriteDatabase(settings, lambda: SecretStr(""), connect=connect),
        journal=(journal := Journal(folder, about="benchmark")),
        messages=_LetterBox(),
        version_check=lambda: VersionCheck.here(""),
        receipt_writer=ReceiptWriter("benchmark", lambda: _NOW),
        folder=folder,
    )
    with closing(journal):
        began = time.process_time(), time.perf_counter()
        receipts = use_case.carry_out(queued_messages)
        return Turn(time.process_time() - began[0], time.perf_counter() - began[1], receipts, sql)


def _message(student: int, seen: Image | None) -> WriteBack:
    version = 1 if seen is None else 2
    return WriteBack(request=f"{student}-{version}", student=str(student), version=version, desired=_said(student), seen=seen)


class _Listening:
    """A connection, or a cursor of it, that keeps what is executed."""

    def __init__(self, heard: Any, sql: Statements) -> None:  # noqa: ANN401 - pyodbc's own classes
        self._heard, self._sql = heard, sql

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as above
        return getattr(self._heard, name)

    def cursor(self) -> "_Listening":
        return _Listening(self._heard.cursor(), self._sql)

    def execute(self, sql: str, *values: object) -> object:
        self._sql.append((sql, values))
        return self._heard.execute(sql, *values)


def _bare(school: Path, database: Path, transactions: Sequence[Statements], *, reads: bool) -> Turn:
    """Write the same rows, each student's in a transaction, and do nothing else; or read what the relay reads, too."""
    shutil.copyfile(school, database)
    words = (*_WRITES, "SELECT") if reads else _WRITES
    only = [[one for one in statements if one[0].startswith(words)] for statements in transactions]
    text = f"DRIVER={{{require_driver()}}};DATABASE={database}"
    began = time.process_time(), time.perf_counter()
    with closing(pyodbc.connect(text, autocommit=True)) as connection, closing(connection.cursor()) as cursor:
        for statements in only:
            cursor.execute(_BEGIN)
            for sql, values in statements:
                cursor.execute(sql, *values)
                if reads and cursor.description:
                    cursor.fetchall()
            cursor.execute(_COMMIT)
    return Turn(time.process_time() - began[0], time.perf_counter() - began[1])


def _compare(one: Path, other: Path) -> None:
    """Make sure that both hold the same.

    Raises:
        FatalError: They do not.
    """
    found = []
    for path in (one, other):
        with closing(sqlite3.connect(path)) as connection:
            there = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
            found.append({name: _rows(connection, name) for name in there & TABLES.keys()})
    if found[0] != found[1]:
        tables = {name for name in found[0] if found[0][name] != found[1][name]}
        raise FatalError(f"The relay and the bare statements wrote otherwise to {sorted(tables)}.", code="benchmark-differs")


def _rows(connection: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    """Return a table's rows, but for when they were written."""
    stamps = {column.name for column in TABLES[table].columns if column.stamp}
    columns = [row[1] for row in connection.execute(f"pragma table_info({table})") if row[1] not in stamps]
    return connection.execute(f"select {', '.join(columns)} from {table} order by rowid").fetchall()  # our own names


def _speeds(students: int, best: Mapping[str, Turn]) -> Iterator[Row]:
    relay = best[RELAY]
    rows = sum(sum(counts.values()) for one in relay.receipts for counts in one.counts.values())
    yield Row(GROUP, "students written back", f"{students:,}, {rows:,} rows, in {len(best)} ways", value=students)
    for name, turn in best.items():
        told = f"{students / turn.wall_s:,.0f} students a second ({1000 * turn.wall_s / students:.1f} ms each; "
        told += f"{1000 * turn.cpu_s / students:.1f} ms of the CPU)"
        yield Row(GROUP, name, told, value=students / turn.wall_s)
    for name, other in (("relay's time against the bare statements'", BARE), ("the same against those with the reads", WHOLE)):
        wall, cpu = relay.wall_s / best[other].wall_s, relay.cpu_s / best[other].cpu_s
        yield Row(GROUP, name, f"{wall:.1f}:1 on the clock, {cpu:.1f}:1 of the CPU", value=wall)


def _statements(changed: Turn, again: Turn) -> Iterator[Row]:
    for name, turn in (("a new profile", changed), ("an unchanged profile", again)):
        each = [_counted(statements) for statements in turn.by_student]
        counts = {what: [one[what] for one in each] for what in each[0]}
        told = ", ".join(f"{_between(found)} {what}" for what, found in counts.items())
        most = max(sum(one.values()) for one in each)
        written = sum(counts["to write"])
        goal, met = ("0 to write", written == 0) if turn is again else ("", None)
        yield Row(GROUP, f"statements of a student with {name}", told, goal, met, most)
    first = sum(1 for _ in _before_the_first(changed.sql))
    yield Row(GROUP, "statements of a pass besides, however many students", f"{first}", value=first)


def _counted(statements: Statements) -> dict[str, int]:
    found = dict.fromkeys(("to read", "to write", "to begin and end"), 0)
    for sql, _ in statements:
        what = "to write" if sql.startswith(_WRITES) else "to read" if sql.startswith("SELECT") else "to begin and end"
        found[what] += 1
    return found


def _between(found: Sequence[int]) -> str:
    return f"{min(found)}" if min(found) == max(found) else f"{min(found)} to {max(found)}"


def _before_the_first(sql: Statements) -> Iterator[object]:
    for statement in sql:
        if statement[0] == _BEGIN:
            return
        yield statement
