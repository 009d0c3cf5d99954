"""What is bad ends in a clear error, a heartbeat that says so, and no half manifest; what only looks bad arrives unharmed."""

import json
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pyodbc
import pytest
from botocore.awsrequest import AWSResponse
from botocore.model import OperationModel
from botocore.parsers import create_parser

from functions.map_rows.mapping import map_bucket
from relay.cloud.probe import Probe
from relay.database.settings import PASSWORD_VARIABLE
from relay.running.status import find_status
from relay.running.timetable import Timetable
from relay.wiring import check_of, state_of
from shared import keys
from shared.digests import sha256
from shared.errors import FatalError, IntegrationError, SettingsError
from tests.integration.relay_school import STUDENTS, execute, jpeg
from tests.integration.relay_site import Bucket, Site
from tests.integration.relay_trouble import Surroundings, failed, surroundings
from tests.integration.twin_server import Twin
from tests.tds.server import Double, serving

needs_freetds = pytest.mark.skipif("FreeTDS" not in pyodbc.drivers(), reason="FreeTDS's ODBC driver is not installed")
FIRST, SECOND, THIRD, FOURTH = STUDENTS[:4]
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    """Make the school and AWS, which the tests of this file share."""
    with surroundings(tmp_path_factory.mktemp("small")) as made:
        yield made


@pytest.fixture
def bucket(around: Surroundings) -> Iterator[Bucket]:
    """Return the Exchange bucket, empty."""
    yield around.bucket
    around.empty()


@pytest.fixture
def site(tmp_path: Path, around: Surroundings) -> Site:
    """Return a relay at the school."""
    return around.site(tmp_path)


@pytest.fixture
def server(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Double]:
    """Put the school behind a double of SQL Server, and let the relay read it through FreeTDS."""
    monkeypatch.setenv(PASSWORD_VARIABLE, "hunter2")
    with serving(Twin(site.school)) as double:
        reached = {"driver": "FreeTDS", "server": "localhost", "port": double.port, "database": "Synergetic", "user": "reader"}
        reached |= {"encrypt": False, "login_timeout_s": 60, "query_timeout_s": 60}
        lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in reached.items())
        _, rest = site.config.read_text().split("[exchange]")
        site.config.write_text(f"[synergetic]\n{lines}\n[exchange]{rest}")
        yield double


def found(site: Site, topic: str) -> dict[str, str]:
    """Check everything, and return what was found about something: what is the matter, by its code."""
    check, exchange = check_of(site.settings), site.exchange
    probe = Probe(exchange._s3(), sqs=lambda: None, settings=site.settings.exchange)
    check._parts = replace(check._parts, cloud=lambda: (exchange, probe))
    return {finding.code: finding.what for finding in check.run().findings if finding.topic == topic and finding.code}


# A table dropped between check and sync.


def test_a_table_dropped_between_check_and_sync(site: Site, bucket: Bucket) -> None:
    """The check was well, the run names the table, and so does the next check; when it is there again the next run sends."""
    assert found(site, "tables") == {}
    with closing(sqlite3.connect(site.school)) as connection:
        (made,) = connection.execute("select sql from sqlite_master where name = 'StudentContacts'").fetchone()
    execute(site.school, "drop table StudentContacts")
    failed(site, bucket, "table-missing", says="the table StudentContacts does not exist")
    assert "StudentContacts" in found(site, "tables")["table-missing"]
    execute(site.school, made)
    assert site.run().sent
    assert bucket.heartbeat()["last_error"] == "table-missing"


@needs_freetds
def test_a_table_dropped_while_it_is_about_to_be_read(site: Site, bucket: Bucket, server: Double) -> None:
    """What was read before it is not sent."""
    server.engine.before["SELECT.*StudentContacts"] = lambda: execute(site.school, "drop table StudentContacts")
    failed(site, bucket, "table-missing", says="the table dbo.StudentContacts does not exist")
    assert bucket.keys(keys.CHUNKS) == set()


# A column narrowed.


def test_a_column_narrowed(site: Site, bucket: Bucket) -> None:
    """Reading does not mind. Two-way, which would write longer texts, is told by the check which columns those are."""
    site.run()
    with closing(sqlite3.connect(site.school)) as connection, connection:
        connection.execute("pragma writable_schema = on")
        narrower = "update sqlite_master set sql = replace(sql, '{0}(255)', '{0}({1})') where type = 'table'"
        connection.execute(narrower.format("AllergyDescription nvarchar", 20))
        connection.execute(narrower.format("DoctorAddress varchar", 100))
    assert found(site, "tables") == {}
    assert site.run().sent is False
    site.config.write_text(site.config.read_text().replace("[synergetic]", '[synergetic]\nmode = "two-way"'))
    told = found(site, "tables")
    assert "MedicalAllergy.AllergyDescription has room for 20 characters" in told["column-too-short"]
    assert "Students.DoctorAddress has room for 100 characters" in told["column-short"]


# Dates and texts that look bad.

LONG, MIXED = "n" * 8192, '😀 Ünï Ω 漢字 "\\\u2028\x01'
# What is in Synergetic, what SQLite's driver and FreeTDS make of it in the chunk, and what the cloud makes of that.
ODD = [
    (FIRST, "birth_date", "0001-01-01 00:00:00", "0001-01-01T00:00:00", "0001-01-01", ""),
    (SECOND, "birth_date", "1753-01-01 00:00:00", "1753-01-01T00:00:00", "1753-01-01", ""),
    (THIRD, "birth_date", "9999-12-31 23:59:59", "9999-12-31T23:59:59", "9999-12-31", "9999-12-31"),
    (FIRST, "given", MIXED, MIXED, MIXED, MIXED),
    (SECOND, "given", LONG, LONG, LONG, LONG),
    (THIRD, "given", "😀" * 2048, "😀" * 2048, "😀" * 2048, "😀" * 2048),
    # SQLite's driver ends a text at a NUL.
    (FIRST, "surname", "A\0B", None, "A\0B", "AB"),
    (SECOND, "surname", "A\ud83dB", None, "A\ufffdB", "A\ufffdB"),
]
COLUMNS = {"birth_date": "BirthDate", "given": "Given1", "surname": "Surname"}


@pytest.mark.parametrize("driver", ["SQLite", pytest.param("FreeTDS", marks=needs_freetds)])
def test_what_only_looks_bad_arrives_and_is_mapped(
    site: Site, bucket: Bucket, request: pytest.FixtureRequest, driver: str
) -> None:
    """Old dates, long texts, emoji, NUL and half characters arrive; the cloud drops what is no good, and parks nobody."""
    if driver == "FreeTDS":
        server = request.getfixturevalue("server")
        server.engine.types |= {"birth_date": "date", "court_order_date": "smalldatetime"}
    expected = []
    for person, column, stored, by_sqlite, by_freetds, mapped in ODD:
        arrives = by_sqlite if driver == "SQLite" else by_freetds
        if arrives is not None:
            sql = f"update Community set {COLUMNS[column]} = cast(? as text) where ID = ?"
            execute(site.school, sql, stored.encode("utf-8", "surrogatepass"), person)
            expected.append((person, column, arrives, mapped))
    execute(site.school, "insert into CommunityLegal (ID, CourtOrderDate) values (?, '2079-06-06 23:59:00')", FOURTH)
    site.run()
    rows = bucket.rows()
    students = {row["id"]: row for row in rows["students"]}
    assert [(person, column, students[person][column]) for person, column, *_ in expected] == [one[:3] for one in expected]
    assert students[FOURTH]["court_order_date"] == "2079-06-06T23:59:00"
    outcomes = {int(one.id): one for one in map_bucket("student", rows)}
    assert not any(one.parked for one in outcomes.values())
    records = {person: json.loads(one.record) for person, one in outcomes.items()}
    flat = {person: {"birth_date": "", **record, **record["name"]} for person, record in records.items()}
    assert [(person, column, flat[person][column]) for person, column, *_ in expected] == [
        (*one[:2], one[3]) for one in expected
    ]
    assert [note.field for note in outcomes[SECOND].notes] == ["birth_date"]


def test_half_a_character_in_a_file_keeps_nobody_from_being_read(site: Site, bucket: Bucket) -> None:
    """The driver hands it over in bytes that are no UTF-8: each comes as the mark for what cannot be read, all else as ever."""
    site.run()
    before = {row["id"]: row for row in bucket.rows()["students"]}
    execute(site.school, "update Community set Surname = cast(? as text) where ID = ?", b"A\xed\xa0\xbdB", SECOND)
    site.run()
    after = {row["id"]: row for row in bucket.rows()["students"]}
    assert after == before | {SECOND: before[SECOND] | {"surname": "A\ufffd\ufffd\ufffdB"}}


@needs_freetds
@pytest.mark.parametrize("kind", ["decimal", "float"])
def test_numbers_of_another_type_are_the_same_people(site: Site, bucket: Bucket, server: Double, kind: str) -> None:
    """1000.00 is who 1000 is: in the bucket that the cloud looks in, with their contacts and photo, and not parked."""
    sent = site.run().manifest
    numbers = ("id", "student_id", "contact_id", "staff_id", "person", "FileYear", "FileSemester")
    server.engine.types |= dict.fromkeys(numbers, kind)
    site.forget()
    again = site.run().manifest
    assert {name: set(one.chunks) for name, one in again.row_sets.items()} == {
        name: set(one.chunks) for name, one in sent.row_sets.items()
    }
    outcomes = {one.id: one for one in map_bucket("student", bucket.rows())}
    assert {number: one.parked for number, one in outcomes.items()} == dict.fromkeys(map(str, STUDENTS[:4]))
    records = [json.loads(one.record) for one in outcomes.values()]
    assert all(record["contacts"] and record["photo"] for record in records)


# Photos of no byte and of 20 MB.


def test_empty_and_large_photos(site: Site, bucket: Bucket) -> None:
    """One of just 20 MB is sent; a larger and an empty one are left out, counted, and missed by nobody."""
    largest = jpeg(1) + bytes(20 * MEGABYTE - len(jpeg(1)))
    execute(site.school, "update Photos set Photo = ? where ID = ?", largest, FIRST)
    execute(site.school, "update Photos set Photo = zeroblob(?) where ID = ?", len(largest) + 1, SECOND)
    execute(site.school, "update Photos set Photo = zeroblob(0) where ID = ?", THIRD)
    outcome = site.run()
    assert (outcome.photos, outcome.photo_bytes) == (2, len(largest) + len(jpeg(FOURTH)))
    assert bucket.read(keys.photo_key(sha256(largest))) == largest
    assert bucket.heartbeat()["left_out"] == {"photos": {"empty": 1, "too-large": 1}}
    records = {int(one.id): json.loads(one.record) for one in map_bucket("student", bucket.rows())}
    assert [person for person, record in records.items() if record.get("photo")] == [FIRST, FOURTH]


# A server that hangs mid-fetch.


@needs_freetds
@pytest.mark.parametrize(
    ("fault", "doing"), [({"at": r"(?m)^ {7}k\.LivesWithFlag", "after": 2}, "contacts"), ({"at": r"^SELECT o\.Photo"}, "photo")]
)
def test_a_server_that_hangs(site: Site, bucket: Bucket, server: Double, fault: dict[str, object], doing: str) -> None:
    """In the midst of a row set's rows, or at a photo: the query's time-out ends it, and the next run goes on."""
    server.fail(does="hang", **fault)
    usual = site.config.read_text()
    site.config.write_text(usual.replace("query_timeout_s = 60", "query_timeout_s = 1"))
    failed(site, bucket, "database-timeout", says=doing)
    site.config.write_text(usual)
    assert site.run().sent
    assert bucket.rows()


# Disk full while spooling.


def test_a_disk_that_fills_up(site: Site, bucket: Bucket) -> None:
    """The operating system takes no more of a file: the folder is named, and the next run has room again."""
    site.run()
    execute(site.school, "update Community set Email = hex(randomblob(20000))")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
    try:
        failed(site, bucket, "disk-full", says="operoo-relay-state")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert site.run().sent


def test_an_allowance_that_is_used_up(tmp_path: Path, around: Surroundings, bucket: Bucket) -> None:
    """A run that needs more disk than it may use is told apart from a disk that is full."""
    site = around.site(tmp_path, relay="spool_disk_mb = 1")
    execute(site.school, "update Community set Email = hex(randomblob(400000))")
    assert "spool_disk_mb" in failed(site, bucket, "spool-limit", says="1 MB").remedy


# A wrong clock.


@contextmanager
def answering(client: object, status: int, body: bytes, *, at: datetime) -> Iterator[None]:
    """Let AWS answer every request so, at a time by its own clock."""
    said = {"status_code": status, "headers": {"date": format_datetime(at, usegmt=True)}, "body": body}

    def answer(model: OperationModel, **_: object) -> tuple[AWSResponse, object]:
        parser = create_parser(model.service_model.resolved_protocol)
        return AWSResponse("", status, {}, None), parser.parse(said, model.output_shape)

    client.meta.events.register("before-call", answer)
    try:
        yield
    finally:
        client.meta.events.unregister("before-call", answer)


def status(site: Site) -> dict[str, object]:
    """Return how the relay says that it is doing."""
    with closing(state_of(site.settings)) as state:
        timetable = Timetable(site.settings.relay, state, steered=False)
        return find_status(lambda: site.exchange, timetable=timetable, clock=lambda: site.now)


def test_a_clock_that_aws_refuses(site: Site, bucket: Bucket) -> None:
    """Check and sync say what to set; no heartbeat can be given, but the relay itself knows, and the next run says it."""
    site.run()
    body = b"<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large.</Message></Error>"
    with answering(site.exchange._s3(), 403, body, at=datetime.now(UTC) + timedelta(hours=1)):
        assert "clock is wrong: it is 60 minutes behind AWS's" in found(site, "AWS")["clock-skew"]
        with pytest.raises(SettingsError, match="the cloud hears nothing of this") as caught:
            site.run()
        cut_off = status(site)
    assert (cut_off["state"], cut_off["last_run"]) == ("cut-off", "failed: clock-skew")
    assert "60 minutes behind" in str(cut_off["exchange"])
    assert caught.value.code == "clock-skew"
    assert bucket.heartbeat()["ok"] is True
    assert (status(site)["state"], status(site)["last_run"]) == ("failing", "failed: clock-skew")
    site.run()
    assert bucket.heartbeat()["last_error"] == "clock-skew"


@pytest.mark.parametrize(("hours", "code"), [(1, "clock-skew"), (-1, "clock-skew"), (0, "exchange-credentials")])
def test_a_signature_of_another_time(site: Site, bucket: Bucket, hours: int, code: str) -> None:
    """SQS says the same of a wrong clock and of a wrong secret; the time of its answer tells one from the other."""
    queue = 'return_queue_url = "https://sqs.example.com/1/return.fifo"\n[relay]'
    site.config.write_text(site.config.read_text().replace("[relay]", queue))
    del site.exchange
    body = b'{"__type": "com.amazon.coral.service#InvalidSignatureException", "message": "Signature expired: Zo\xc3\xab"}'
    with answering(site.exchange.queues._sqs(), 400, body, at=datetime.now(UTC) + timedelta(hours=hours)):
        failed(site, bucket, code, says="Looking into the return queue failed")


@pytest.mark.parametrize(("days", "again"), [(1, 0), (200, 4)])
def test_a_clock_that_is_set_back(site: Site, bucket: Bucket, days: int, again: int) -> None:
    """Numbers go on; what was sent at a time that is far ahead now is sent again, once, before the cloud could forget it."""
    site.run()
    site.now -= timedelta(days=days)
    outcome = site.run()
    assert (outcome.sent, outcome.photos) == (bool(again), again)
    execute(site.school, "update Community set MobilePhone = '0499999999' where ID = ?", FIRST)
    outcome = site.run()
    assert (outcome.manifest.sequence, outcome.photos) == (3 if again else 2, 0)
    assert len([one for one in outcome.row_sets if one.changed]) == 1
    assert datetime.fromisoformat(bucket.heartbeat()["at"]) == site.now


# Two relays with the same configuration.


@contextmanager
def meanwhile(site: Site, do: Callable[[], object]) -> Iterator[None]:
    """Do something just before a relay puts its next manifest."""
    waiting = [do]

    def before(params: dict[str, str], **_: object) -> None:
        if waiting and params["Key"].startswith(keys.SNAPSHOTS):
            waiting.pop()()

    events = site.exchange._s3().meta.events
    events.register("before-parameter-build.s3.PutObject", before)
    yield
    events.unregister("before-parameter-build.s3.PutObject", before)
    assert not waiting


def test_two_relays_on_two_machines(site: Site, bucket: Bucket, tmp_path: Path) -> None:
    """Of two that run at the same time one commits, the other says that there are two; nothing of one gets into the other's."""
    (tmp_path / "other").mkdir()
    other = Site(tmp_path / "other", site.school)
    other.now += timedelta(seconds=7)
    site.run()
    execute(site.school, "update Community set MobilePhone = '0499999999' where ID = ?", FIRST)
    with meanwhile(other, site.run), pytest.raises(FatalError, match="find out where the other one runs") as caught:
        other.run()
    assert caught.value.code == "two-relays"
    assert bucket.heartbeat()["error"] == "two-relays"
    assert len(bucket.keys(keys.SNAPSHOTS)) == 2
    assert bucket.rows()
    assert (other.run().sent, site.run().sent) == (True, False)
    assert bucket.heartbeat()["ok"] is True


def test_two_relays_on_one_machine(site: Site, bucket: Bucket) -> None:
    """The second does nothing and says why; the first is not disturbed, and speaks for both."""
    other = Site(site.folder, site.school)

    def second() -> None:
        with pytest.raises(IntegrationError, match="still at work") as caught:
            other.run()
        assert caught.value.code == "already-running"
        assert bucket.keys(keys.HEARTBEAT) == set()

    with meanwhile(site, second):
        assert site.run().sent
    assert bucket.heartbeat()["ok"] is True
    assert other.run().sent is False
