"""What one-way never does, what two-way does between and within runs, and what nobody gets to read."""

import logging
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyodbc
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from relay.command_line import app
from relay.database.timed_connection import TimedConnection
from relay.logs import LOGGER
from relay.running.sync import now
from relay.wiring import check_of, write_backs_of
from relay.writeback.database import WriteDatabase
from relay.writeback.executor import Executor
from shared.errors import ContractError, SettingsError, SynergeticUnavailableError
from shared.keys import WITHDRAWN
from shared.messages import FullRead
from shared.writeback.plan import Policies
from shared.writeback.rows import Desired, DesiredRow, Value
from tests.integration.relay_school import execute
from tests.integration.writeback_site import STUDENT, TRIGGER, Aws, WriteSite, rows_of, wanted

MARKER = "Markerwort"
ONE_WAY = re.compile(r"^(SELECT|WITH|SET|BEGIN TRANSACTION|ROLLBACK TRANSACTION)\b")
WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE|COMMIT|CREATE|ALTER|DROP|EXEC|IMMEDIATE)\b", re.IGNORECASE)


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return all SQL that any connection of the relay executes from now on."""
    said: list[str] = []
    made = TimedConnection.__init__

    class Cursor:
        def __init__(self, cursor: pyodbc.Cursor) -> None:
            self._cursor = cursor

        def __getattr__(self, name: str) -> object:
            return getattr(self._cursor, name)

        def execute(self, sql: str, *values: object) -> None:
            said.append(sql)
            self._cursor.execute(sql, *values)

    class Connection:
        def __init__(self, connection: pyodbc.Connection) -> None:
            self._connection = connection

        def __getattr__(self, name: str) -> object:
            return getattr(self._connection, name)

        def cursor(self) -> Cursor:
            return Cursor(self._connection.cursor())

    def recorded(self: TimedConnection, connect: Callable[[], Any], **times: float) -> None:
        made(self, lambda: Connection(connect()), **times)

    monkeypatch.setattr(TimedConnection, "__init__", recorded)
    return said


@pytest.fixture
def logged() -> Iterator[list[logging.LogRecord]]:
    """Return what the relay logs from now on, and nothing else is done with it."""
    logger, records = logging.getLogger(LOGGER), []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    before, level, logger.handlers[:] = list(logger.handlers), logger.level, [Kept()]
    logger.setLevel(logging.DEBUG)
    yield records
    logger.handlers[:] = before
    logger.setLevel(level)


def test_one_way_only_ever_reads(tmp_path: Path, path: Path, aws: Aws, executed: list[str]) -> None:
    """All SQL of whole runs, and of listening in between, only reads; what asks for a write stays on the queue."""
    site = WriteSite(tmp_path, path, aws, mode="one-way")
    before = path.read_bytes()
    site.want()
    site.ask(FullRead(request="f"), group="read")
    sync = site.sync()
    sync.run()
    sync.listen(0, now() + timedelta(minutes=5))
    sync.look()
    assert len(executed) > 10
    assert [sql for sql in executed if not ONE_WAY.match(sql) or WRITES.search(sql)] == []
    assert path.read_bytes() == before
    assert site.waiting() == 1
    assert not (site.settings.relay.state_dir / "writeback.db").exists()


def test_one_way_cannot_be_made_to_write(tmp_path: Path, path: Path, aws: Aws, executed: list[str]) -> None:
    """Neither the class, nor the use case, nor the command gets as far as to connect."""
    site = WriteSite(tmp_path, path, aws, mode="one-way")
    with pytest.raises(SettingsError, match="only ever reads"):
        WriteDatabase(site.settings.synergetic, lambda: pytest.fail("asked for a password"))
    site.want()
    sync = site.sync()
    use_case = write_backs_of(site.settings, aws.exchange, site.state, clock=now)
    with pytest.raises(SettingsError, match="only ever reads"):
        use_case.carry_out(aws.exchange.queues.receive())
    found = CliRunner().invoke(app, ["writeback", "--config", str(site.config)])
    assert isinstance(found.exception, SettingsError)
    assert executed == []
    assert site.waiting() == 1
    assert sync is not None


def test_a_relay_that_does_not_listen_is_not_told_that_there_is_nothing(tmp_path: Path, path: Path, aws: Aws) -> None:
    """Without a return queue the command says so, rather than that nothing waits."""
    site = WriteSite(tmp_path, path, aws)
    lines = site.config.read_text().splitlines()
    site.config.write_text("\n".join(line for line in lines if not line.startswith("return_queue_url")))
    found = CliRunner().invoke(app, ["writeback", "--config", str(site.config), "--dry-run"])
    assert isinstance(found.exception, SettingsError)
    assert found.exception.code == "not-listening"


def test_the_search_knows_a_write(tmp_path: Path, path: Path, aws: Aws, executed: list[str]) -> None:
    """The test above could fail: in two-way mode the same search finds writes."""
    site = WriteSite(tmp_path, path, aws)
    site.want()
    site.sync().run()
    assert any(WRITES.search(sql) for sql in executed)
    assert all(WRITES.search(sql) for sql in executed if not ONE_WAY.match(sql))


def test_two_way_writes_within_runs_and_between_them(tmp_path: Path, path: Path, aws: Aws) -> None:
    """What was asked before a run is written in it; what comes after it, as soon as it is heard."""
    site = WriteSite(tmp_path, path, aws)
    sync = site.sync()
    site.want(1)
    sync.run()
    assert [row["ConditionDetails"] for row in rows_of(path, "MedicalCondition")] == ["Peanuts"]
    writing = aws.bucket.heartbeat()["writing"]
    assert (writing["refused"], writing["written"], writing["failed"], writing["unsent"]) == ("", 1, 0, 0)
    site.want(2, desired=wanted(details="Cashews"))
    assert not sync.listen(0, now() + timedelta(minutes=5))
    assert [row["ConditionDetails"] for row in rows_of(path, "MedicalCondition")] == ["Cashews"]
    assert [one.outcome for one in site.receipts()] == ["applied", "applied"]


def test_reading_goes_on_where_writing_is_refused(
    tmp_path: Path, path: Path, aws: Aws, logged: list[logging.LogRecord]
) -> None:
    """A column that is not there any more refuses every write, is told once, and keeps no run from being sent."""
    execute(path, "alter table MedicalCondition drop column EmergencyTreatmentDetails")
    site = WriteSite(tmp_path, path, aws)
    site.want()
    sync = site.sync()
    assert sync.run().row_sets
    sync.listen(0, now() + timedelta(minutes=5))
    assert aws.bucket.heartbeat()["writing"]["refused"] == "column-missing"
    assert [(one.outcome, one.code) for one in site.receipts()] == [("refused", "column-missing")]
    assert [record.levelname for record in logged if "written back" in record.getMessage()] == ["WARNING"]
    assert site.waiting() == 1


def test_a_check_looks_at_writing(tmp_path: Path, path: Path, aws: Aws) -> None:
    """Before anything is asked for: whether it may be written and answered. Later also what became of it, and what waits."""
    site = WriteSite(tmp_path, path, aws)

    def told() -> dict[str, list[tuple[str, str]]]:
        found = check_of(site.settings).run().findings
        return {one.what: [(one.verdict.value, one.code)] for one in found if one.topic in {"writing", "AWS", "receipt queue"}}

    well = told()
    assert well["Database, login and relay are as writing back needs them."] == [("ok", "")]
    assert well["The bucket takes receipts that are too large for their queue."] == [("ok", "")]
    assert well["Messages that are too large for the return queue can be read."] == [("ok", "")]
    assert well["The bucket tells what is not to be written back any more."] == [("ok", "")]
    message = site.want()
    site.sync().run()
    writer = write_backs_of(site.settings, aws.exchange, site.state, clock=now)
    writer._journal.conclude(writer._receipt_writer.plain(message, "unchanged"))
    execute(path, "alter table MedicalCondition drop column EmergencyTreatmentDetails")
    ill = told()
    assert ill["Nothing is written back, for the reason given above."] == [("error", "column-missing")]
    assert ill["1 receipts of what was written wait to be sent."] == [("warning", "receipts-unsent")]
    assert any("1 messages written, 0 tries failed" in what for what in ill)


def test_a_check_tells_that_the_stack_is_older(tmp_path: Path, path: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its credentials may not list what was withdrawn, and then nothing is written back; all else is looked at."""
    site, real = WriteSite(tmp_path, path, aws), BaseClient._make_api_call

    def call(self: BaseClient, name: str, arguments: dict[str, object]) -> object:
        if arguments.get("Prefix") == WITHDRAWN:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, name)
        return real(self, name, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    found = check_of(site.settings).run().findings
    (denied,) = [one for one in found if one.code == "exchange-denied"]
    assert denied.verdict.value == "error"
    assert "not to be written back any more" in denied.what
    assert "The bucket takes receipts that are too large for their queue." in {one.what for one in found}


def test_a_dry_run_shows_all_and_does_nothing(tmp_path: Path, path: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, statements and what is parked are told, values only if they are asked for; a student can be picked out."""
    execute(path, "insert into MedicalDetails (ID, MedicareNo) values (?, '999')", STUDENT)
    site = WriteSite(tmp_path, path, aws)
    before = path.read_bytes()
    site.want(desired=wanted(details="Peanuts " * 60))

    def told(*options: str) -> str:
        monkeypatch.setattr("relay.wiring.exchange_of", lambda settings: aws.exchange_for(site, settings))
        found = CliRunner().invoke(app, ["writeback", "--config", str(site.config), *options])
        assert found.exit_code == 0, found.exception
        return found.output

    masked = told("--dry-run")
    assert "~ update   MedicalDetails MedicalDetailsSeq 1" in masked
    assert "MedicareNo: ••• → •••" in masked
    assert "+ insert   MedicalCondition" in masked
    assert "INSERT INTO MedicalCondition" in masked
    assert "! parked   MedicalAllergy: text-too-long" in masked
    assert not re.search("Peanuts|999|1234|Adrenaline", masked)
    assert "MedicareNo: '999' → '1234'" in told("--dry-run", "--show-values")
    assert told("--dry-run", "--student", "4711").startswith("There is nothing to write back.")
    assert (path.read_bytes(), site.waiting(), site.receipts()) == (before, 1, [])
    assert "applied" in told("--student", str(STUDENT))
    assert len(rows_of(path, "MedicalCondition")) == 1


def test_who_is_in_use_is_told(tmp_path: Path, path: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written for now is not nothing to write: the command names the student, and fails."""
    site = WriteSite(tmp_path, path, aws)
    monkeypatch.setattr("relay.wiring.exchange_of", lambda settings: aws.exchange_for(site, settings))
    monkeypatch.setattr(Executor, "write", _somebody_has_it)
    site.want()
    found = CliRunner().invoke(app, ["writeback", "--config", str(site.config)])
    assert f"not written and are tried again: {STUDENT}." in " ".join(found.output.split())
    assert ("nothing to write" in found.output, found.exit_code, site.waiting(), site.receipts()) == (False, 1, 1, [])


def _somebody_has_it(*_: object) -> None:
    raise SynergeticUnavailableError("Somebody has it.", remedy="Wait.", code="database-timeout")


def _marked() -> Desired:
    """Return what a family says, with a marker word in every text."""

    def marked(row: DesiredRow) -> DesiredRow:
        def value(name: str, given: Value) -> Value:
            is_word = isinstance(given, str) and not name.endswith("Date") and not name.endswith("Code")
            return f"{MARKER}{given}"[:18] if is_word and name != "BloodGroup" else given

        return row.model_copy(update={"values": {name: value(name, given) for name, given in row.values.items()}})

    desired = wanted()
    return desired.model_copy(update={"tables": {name: tuple(map(marked, rows)) for name, rows in desired.tables.items()}})


def test_no_medical_word_gets_out(
    tmp_path: Path, path: Path, aws: Aws, logged: list[logging.LogRecord], capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever becomes of a message, neither logs nor errors, nor the reason in a receipt, hold a word of it."""
    site = WriteSite(tmp_path, path, aws)
    site.want(1, desired=_marked())
    (first,) = site.run()
    execute(path, f"update MedicalCondition set ConditionDetails = '{MARKER} of the nurse' where ID = ?", STUDENT)
    site.want(2, desired=wanted(details=f"{MARKER} new"), seen=first.after, policies=Policies(conflict="ask"))
    site.run()
    object_to = "before insert on Consent begin select raise(abort, 'Markerwort in a constraint'); end"
    execute(path, f"create trigger {TRIGGER}2 {object_to}")
    site.allow(f"{TRIGGER}2")
    consent = DesiredRow(ref=MARKER, values={"ConsentCode": MARKER, "ActiveFlag": True})
    site.want(3, desired=Desired(student=str(STUDENT), tables={"Consent": (consent,)}))
    site.run()
    execute(path, "alter table Consent drop column ConsentGivenBy")
    with pytest.raises(ContractError) as caught:
        site.run()
    receipts = site.receipts()
    assert [one.outcome for one in receipts] == ["applied", "applied", "failed", "refused"]
    assert [len(one.conflicts) for one in receipts] == [0, 1, 0, 0]
    told = [f"{one.reason}{one!r}{one}" for one in receipts] + [f"{record.getMessage()}{record.__dict__}" for record in logged]
    assert len(logged) >= 3
    assert MARKER not in "".join([*told, str(caught.value), repr(caught.value), *capfd.readouterr()])
