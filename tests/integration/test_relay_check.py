"""`operoo-relay check`: what it finds at a school that is well and at schools that are not, and that it tells nobody's data."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError

from relay.__main__ import main
from relay.checking.bundle import bundle as bundled
from relay.checking.report import Finding, Report, Verdict
from relay.wiring import check_of, state_of
from shared import keys
from shared.errors import TransientError
from shared.receipts import ANY_RECEIPT, Hello
from tests.integration.relay_school import STUDENTS, execute
from tests.integration.relay_site import REGION, Bucket, Site

Found = set[tuple[str, str]]


def checked(site: Site) -> Report:
    """Look at everything."""
    return check_of(site.settings).run()


def codes(report: Report) -> Found:
    """Return the topics and codes of what is not well, but for what moto cannot enforce and the site does not have."""
    beside = {("AWS", "exchange-too-open"), ("return queue", "not-listening")}
    return {(finding.topic, finding.code) for finding in report.findings if finding.code} - beside


def deny(monkeypatch: pytest.MonkeyPatch, operation: str, code: str, *, key: str = "") -> None:
    """Have AWS answer every request of one kind, or every such request about one object, with an error."""
    real = BaseClient._make_api_call

    def call(self: BaseClient, name: str, arguments: dict[str, object]) -> object:
        if name == operation and (not key or arguments.get("Key") == key):
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, name)
        return real(self, name, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)


def test_a_school_that_is_well(site: Site, bucket: Bucket) -> None:
    """Nothing is an error, the facts are those of the school, and nothing that counts was sent."""
    report = checked(site)
    assert codes(report) == set()
    assert {finding.verdict for finding in report.findings} <= {Verdict.OK, Verdict.NOTE, Verdict.WARNING}
    assert report.facts["synergetic_version"] == "68.24"
    assert report.facts["rows"]["students"] == len(STUDENTS)
    assert {key.split("/")[0] for key in bucket.keys("")} == {"chunks", "photos", "heartbeat"}
    assert (bucket.heartbeat()["ok"], bucket.heartbeat()["last_success_at"]) == (False, None)


def test_what_stands_is_left_as_it_is(site: Site, bucket: Bucket) -> None:
    """That a manifest and a heartbeat can be put is found out without putting one: the cloud must not take it for a run."""
    site.run()
    before = bucket.manifest(), bucket.heartbeat()
    report = checked(site)
    assert any("number 1" in finding.what and finding.verdict is Verdict.OK for finding in report.findings)
    assert (bucket.manifest(), bucket.heartbeat()) == before


def test_a_heartbeat_that_may_not_be_put(site: Site, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks and photos may be, and still nobody would hear of the relay."""
    site.run()
    deny(monkeypatch, "PutObject", "AccessDenied", key=keys.HEARTBEAT)
    assert ("AWS", "exchange-denied") in codes(checked(site))


def test_a_defect_ends_one_look_and_no_other(site: Site, bucket: Bucket) -> None:
    """It is a line of the report with its type, without what it quotes; all other looks are made."""

    def broken(*_: object, **__: object) -> None:
        raise KeyError("Jane Citizen")

    topics = {finding.topic for finding in checked(site).findings}
    for place, topic in {
        "relay.checking.checker.look_at_proxy": "proxy",
        "relay.checking.synergetic.look_at_tables": "tables",
        "relay.checking.synergetic.found_version": "version",
        "relay.database.connection.Session.product": "connection",
        "relay.checking.synergetic.School.found_in": "rows",
        "relay.cloud.probe.Probe.put_photo": "AWS",
    }.items():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(place, broken)
            report = checked(site)
        told = json.dumps(report.to_json())
        assert [(one.topic, one.verdict) for one in report.findings if one.code == "unexpected"] == [(topic, Verdict.ERROR)]
        assert {finding.topic for finding in report.findings} == topics
        assert report.exit_code == 2
        assert "Jane" not in told
        assert "KeyError" in told


def test_credentials_that_can_do_too_much_are_called_out(site: Site, bucket: Bucket) -> None:
    """Where what was sent can be read back, as with an administrator's key, the report warns."""
    report = checked(site)
    assert sum(finding.code == "exchange-too-open" for finding in report.findings) == 2
    assert report.exit_code == 1


def test_credentials_as_they_should_be(site: Site, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where reading back is denied, that is well."""
    deny(monkeypatch, "GetObject", "AccessDenied")
    report = checked(site)
    assert sum(finding.code == "exchange-too-open" for finding in report.findings) == 1


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (("PutObject", "AccessDenied"), "exchange-denied"),
        (("PutObject", "NoSuchBucket"), "no-bucket"),
        (("PutObject", "RequestTimeTooSkewed"), "clock-skew"),
        (("ListObjectsV2", "AccessDenied"), "exchange-denied"),
    ],
)
def test_what_aws_refuses_is_an_error(
    site: Site, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, refusal: tuple[str, str], code: str
) -> None:
    """A refusal of what the relay needs is told with its code, and the database is looked at all the same."""
    deny(monkeypatch, *refusal)
    report = checked(site)
    assert ("AWS", code) in codes(report)
    assert report.facts["rows"]["students"] == len(STUDENTS)
    assert report.exit_code == 2


def test_aws_out_of_reach(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the internet the rest is looked at, and the report says what to look for."""

    def call(self: BaseClient, name: str, arguments: object) -> object:
        raise EndpointConnectionError(endpoint_url="https://s3")

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    assert ("AWS", "exchange-unreachable") in codes(checked(site))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("drop table luHouse", {("tables", "table-missing")}),
        ("alter table Community drop column MobilePhone", {("tables", "column-missing")}),
        ("update FileSemesters set SystemCurrentFlag = 0", {("rows", "no-current-period")}),
        ("update FileSemesters set SystemCurrentFlag = 1", {("rows", "several-current-periods")}),
        ("update luStudentStatus set SynergyMeaning = ''", {("rows", "no-students")}),
        ("alter table Community rename column MobilePhone to Mobile", {("tables", "column-missing")}),
        ("update SynDatabases set VersionNumber = 'new'", {("version", "version-unreadable")}),
        ("update SynDatabases set VersionNumber = '64'", {("version", "version-unsupported")}),
    ],
)
def test_what_is_wrong_at_the_school(site: Site, bucket: Bucket, change: str, found: Found) -> None:
    """Each fault is an error with its code and a remedy, and keeps nothing else from being looked at."""
    execute(site.school, change)
    report = checked(site)
    assert found <= codes(report)
    assert all(finding.remedy for finding in report.findings if finding.verdict is Verdict.ERROR)
    assert report.exit_code == 2
    assert any(finding.topic == "AWS" and finding.verdict is Verdict.OK for finding in report.findings)


def test_proposals_can_be_copied(site: Site, bucket: Bucket) -> None:
    """What the check proposes stands there as lines that `relay.toml` takes, all at once, and they put it right."""
    site.config.write_text(site.config.read_text().replace("[synergetic]", '[synergetic]\nmode = "two-way"'))
    for change in ("Photos rename to tPhotos", "luMedicalEquipmentType rename to luEquipmentType"):
        execute(site.school, f"alter table {change}")
    for column in ("DoctorName", "EmergencyPhone"):
        execute(site.school, f"alter table Students rename column {column} to Student{column}")
    lines = [finding.remedy.rpartition("[synergetic.contract]: ")[2] for finding in _missing(site)]
    assert len(lines) == 4
    contract = "\n".join(["[synergetic.contract]", *lines, "[exchange]"])
    site.config.write_text(site.config.read_text().replace("[exchange]", contract))
    assert _missing(site) == []


def _missing(site: Site) -> list[Finding]:
    codes = ("table-missing", "column-missing")
    return [one for one in checked(site).findings if one.topic == "tables" and one.code in codes]


def test_what_is_missing_is_said_once(site: Site, bucket: Bucket) -> None:
    """Row sets that need a table that is not there are not counted, and do not repeat it; the others are."""
    execute(site.school, "drop table luHouse")
    rows = {finding.what.split(":")[0]: finding for finding in checked(site).findings if finding.topic == "rows"}
    assert rows["groups"].verdict is Verdict.UNKNOWN
    assert rows["groups"].code == ""
    assert rows["students"].verdict is Verdict.OK


def test_a_database_that_is_not_there(site: Site, bucket: Bucket) -> None:
    """What could not be looked at is listed as such, and is not taken for well."""
    site.school.unlink()
    report = checked(site)
    assert ("connection", "database-not-opened") in codes(report)
    skipped = {finding.topic for finding in report.findings if finding.verdict is Verdict.UNKNOWN}
    assert {"version", "tables", "permissions", "rows"} <= skipped


def test_who_is_left_out_is_counted(site: Site, bucket: Bucket) -> None:
    """Who is not current, whom nobody would be asked about, which contacts are barred, which photos are none by their bytes."""
    execute(site.school, "update StudentContacts set NormalMailFlag = 1")
    execute(site.school, "delete from StudentContacts where ID = ?", STUDENTS[0])
    execute(site.school, "update Community set DeceasedFlag = 1 where ID = 7001")
    execute(site.school, "update Community set Email = '' where ID in (7002, 7003)")
    execute(site.school, "update Community set Email = 'none', OccupEmail = 'a@b.example; c@d.example' where ID = 7004")
    execute(site.school, "update Photos set Photo = ? where ID = ?", b"", STUDENTS[1])
    execute(site.school, "update Photos set PhotoType = 'BMP' where ID = ?", STUDENTS[2])
    execute(site.school, "insert into luStudentStatus (Code, SynergyMeaning) values ('9', ''), ('LFT', 'LEFT')")
    insert = "insert into StudentYears (ID, FileYear, Status) values (?, 2026, ?)"
    for person, status in zip(STUDENTS[10:], ("9", "LFT", "0"), strict=False):
        execute(site.school, insert, person, status)
    told = " ".join(finding.what for finding in checked(site).findings if finding.topic == "left out")
    assert "no current students: 1 have a status without a meaning; 1 have left. 3 have several rows" in told
    assert "For 5 of 38 students" in told
    assert "1 have no contact, 4 none" in told
    assert "1 are deceased; 2 have no e-mail address; 1 have something else in place of an e-mail address" in told
    assert "1 of 7 photos are neither" in told


@pytest.mark.parametrize(("minutes", "exit_code"), [(1, 1), (20, 2)])
def test_a_wrong_clock(site: Site, bucket: Bucket, minutes: int, exit_code: int) -> None:
    """A clock that is a little off is a warning, one that AWS would refuse is an error."""
    check, off = check_of(site.settings), timedelta(minutes=minutes)
    check._clock = lambda: datetime.now(UTC) + off
    report = check.run()
    assert ("clock", "clock-skew") in codes(report)
    assert any("ahead of" in finding.what for finding in report.findings)
    assert report.exit_code == exit_code


def test_a_relay_that_is_too_old(site: Site, bucket: Bucket) -> None:
    """What the stack has asked for is held against this relay's own version."""
    with closing(state_of(site.settings)) as state:
        state.remember_minimum_version("99.0")
    assert ("relay", "relay-outdated") in codes(checked(site))


def test_a_secret_that_everybody_can_read(site: Site, bucket: Bucket) -> None:
    """An access key in a file of the default mode is called out; in a private file, or where there is none, all is well."""
    file = site.folder / "aws.ini"
    site.config.write_text(site.config.read_text().replace("[relay]", 'aws_config_file = "aws.ini"\n[relay]'))
    for text, mode, told in (
        ("[default]\naws_secret_access_key = hunter2\n", 0o644, True),
        ("[default]\naws_secret_access_key = hunter2\n", 0o640, False),
        ("[default]\ncredential_process = true\n", 0o644, False),
    ):
        file.write_text(text)
        file.chmod(mode)
        assert (("credentials", "credentials-open") in codes(checked(site))) is told
    file.unlink()
    file.mkdir()
    assert not [finding for finding in checked(site).findings if finding.topic == "credentials"]


def test_a_full_disk(site: Site, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little room for a run is said before the run."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10 * 1024 * 1024}))
    assert ("disk", "disk-short") in codes(checked(site))


def test_something_else_where_rows_are_to_lie(site: Site, bucket: Bucket) -> None:
    """Is said as a run would say it."""
    (site.folder / "operoo-relay-state").mkdir()
    (site.folder / "operoo-relay-state" / "spool").write_text("")
    assert ("folder", "disk-unusable") in codes(checked(site))


def test_a_report_tells_nobodys_data(site: Site, bucket: Bucket) -> None:
    """Neither the report nor the bundle holds a name, an address, a number, a path or an account."""
    execute(site.school, "drop table luHouse")
    report = checked(site)
    written = bundled(report, site.settings, datetime.now(UTC))
    for private in ("O'Brien", "Zoë", "example.com", "0400000000", str(site.folder), "school-exchange", "hunter2"):
        assert private not in written
    content = json.loads(written)
    assert content["configuration"]["synergetic"]["database"] == "set"
    assert content["configuration"]["synergetic"]["driver"] == "SQLite3"
    assert content["facts"]["database"]["driver_version"]


def test_a_bundle_tells_no_place_even_in_what_went_wrong(site: Site) -> None:
    """Messages name a file, a login or a database, so that a person finds it; support sees which setting is meant."""
    text = site.config.read_text().replace('driver = "SQLite3"', 'server = "sql01.school"\nuser = "jsmith"\nport = 1433')
    site.config.write_text(text.replace(str(site.school), "Synergetic_AUVIC_X_PRD"))
    settings, folder = site.settings, site.settings.relay.state_dir
    whats = (
        f"The folder {folder} cannot be used.",
        "There is no password for the login jsmith.",
        "Snapshot isolation is not allowed in synergetic_auvic_x_prd: see Synergetic's page.",
    )
    report = Report([Finding("x", Verdict.ERROR, what, what) for what in whats])
    findings = json.loads(bundled(report, settings, datetime.now(UTC)))["findings"]
    assert [one["what"] for one in findings] == [one["remedy"] for one in findings]
    assert [one["what"] for one in findings] == [
        "The folder <state_dir> cannot be used.",
        "There is no password for the login <user>.",
        "Snapshot isolation is not allowed in <database>: see Synergetic's page.",
    ]


def test_a_relay_that_does_not_answer(site: Site, bucket: Bucket) -> None:
    """To be asked and not to be able to answer is a warning."""
    url = boto3.client("sqs", region_name=REGION).create_queue(QueueName="asks")["QueueUrl"]
    site.config.write_text(site.config.read_text().replace("[relay]", f'return_queue_url = "{url}"\n[relay]'))
    assert ("receipt queue", "not-answering") in codes(checked(site))


def test_the_receipt_queue_is_told_hello(site: Site, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """That receipts can be sent is found out by one of nothing, which the cloud passes over; a refusal is an error."""
    sqs = boto3.client("sqs", region_name=REGION)
    url = sqs.create_queue(QueueName="answers")["QueueUrl"]
    site.config.write_text(site.config.read_text().replace("[relay]", f'receipt_queue_url = "{url}"\n[relay]'))
    assert "receipt queue" not in {topic for topic, _ in codes(checked(site))}
    (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert isinstance(ANY_RECEIPT.validate_json(message["Body"]), Hello)
    for code, told in (("AccessDenied", "exchange-denied"), ("KMS.AccessDeniedException", "exchange-denied")):
        deny(monkeypatch, "SendMessage", code)
        assert ("receipt queue", told) in codes(checked(site))
    sqs.delete_queue(QueueUrl=url)
    monkeypatch.undo()


def test_the_command(site: Site, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It shows a table, or JSON alone, writes the bundle, and ends with the report's exit code."""
    monkeypatch.setenv("COLUMNS", "160")
    target = site.folder / "support.json"

    def run(*arguments: str) -> tuple[object, str]:
        monkeypatch.setattr(sys, "argv", ["operoo-relay", "check", "--config", str(site.config), *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().out

    code, out = run()
    assert code == 1
    assert "students: 40 rows." in out
    assert "The relay works." in out
    code, out = run("--json", "--bundle", str(target))
    assert code == 1
    assert json.loads(out)["counts"]["error"] == 0
    assert json.loads(target.read_text())["facts"]["mode"] == "one-way"
    for place in (str(site.folder / "nowhere" / "support.json"), "/dev/full", str(site.config)):
        # 1 would tell a monitor that the relay works.
        code, _ = run("--bundle", place)
        assert code == 2


def test_a_configuration_that_cannot_be_used_is_told_as_a_report(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And ends as what does not work: to a monitor 1 would mean that it does."""
    site.config.write_text("[synergetic")
    monkeypatch.setattr(sys, "argv", ["operoo-relay", "check", "--config", str(site.config), "--json", "--bundle", "b.json"])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    assert (ended.value.code, report["exit_code"]) == (2, 2)
    assert [(one["topic"], one["code"]) for one in report["findings"]] == [("configuration", "configuration-invalid")]
    assert "Not written: b.json." in shown.err


def test_the_bundle_is_opened_by_whoever_asks_for_it(
    site: Site, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before root goes on as the relay's account, which may not write in root's folder."""
    target, there = site.folder / "support.json", []
    monkeypatch.setattr("relay.commands.check.act_as_owner", lambda _: there.append(target.exists()))
    monkeypatch.setattr(sys, "argv", ["operoo-relay", "check", "--config", str(site.config), "--bundle", str(target)])
    with pytest.raises(SystemExit):
        main()
    assert there == [True]
    assert json.loads(target.read_text())["findings"]


def test_a_step_that_fails_is_a_finding() -> None:
    """An error within a step is told as a finding, and what was found before it stays."""
    report = Report()

    def step() -> Iterator[object]:
        raise TransientError("It broke.", remedy="Mend it.", code="broken")
        yield

    assert report.tried("thing", step) is False
    assert [(finding.topic, finding.code) for finding in report.findings] == [("thing", "broken")]
    assert report.exit_code == 2
