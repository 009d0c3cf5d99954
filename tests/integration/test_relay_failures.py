"""Whatever goes wrong between the school and the cloud: a plain error, a heartbeat that says so, and no half manifest."""

import io
from collections.abc import Iterator
from typing import Any

import pyodbc
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import ClientError, EndpointConnectionError, InvalidConfigError, SSLError
from botocore.parsers import ResponseParserError
from moto import mock_aws
from pydantic import SecretStr

from relay.cloud.clients import Clients
from relay.cloud.errors import translated
from relay.cloud.exchange import Exchange
from relay.cloud.queues import RelayQueues
from relay.database.connection import Database
from relay.settings import ExchangeSettings
from shared import keys
from shared.errors import IntegrationError, RefusedManifestError, SettingsError, TransientError
from shared.receipts import ReadReceipt
from tests.integration.relay_school import STUDENTS, execute
from tests.integration.relay_site import BUCKET, REGION, Bucket, Site


def failed(site: Site, bucket: Bucket) -> IntegrationError:
    """Do a run that fails, and prove that it left nothing behind but a heartbeat that says so."""
    before = bucket.keys(keys.SNAPSHOTS)
    with pytest.raises(IntegrationError) as caught:
        site.run()
    error = caught.value
    assert error.remedy
    assert bucket.keys(keys.SNAPSHOTS) == before
    assert bucket.heartbeat()["ok"] is False
    assert bucket.heartbeat()["error"] == error.code
    assert not (site.folder / "operoo-relay-state" / "spool").exists()
    assert "O'Brien" not in str(error)
    return error


def test_a_path_that_leads_nowhere(site: Site, bucket: Bucket) -> None:
    """A misspelt database is not answered with an empty one."""
    site.school.unlink()
    assert failed(site, bucket).code == "database-not-opened"
    assert not site.school.exists()


def test_a_file_that_is_no_database(site: Site, bucket: Bucket) -> None:
    """It is refused at the first query."""
    site.school.write_bytes(b"no database" * 1000)
    assert failed(site, bucket).code == "database-not-opened"


def test_the_copy_from_before_version_68_is_refused_also_as_a_file(site: Site, bucket: Bucket) -> None:
    """Nobody updates it any more, so everybody who came since would look gone."""
    stale = site.school.rename(site.school.with_name("zPre68SynergyOne.db"))
    site.config.write_text(site.config.read_text().replace(str(site.school), str(stale)))
    assert failed(site, bucket).code == "stale-database"


def test_a_database_that_is_not_synergetic(site: Site, bucket: Bucket) -> None:
    """The first table that is missing is named."""
    site.school.unlink()
    execute(site.school, "create table something (a int)")
    error = failed(site, bucket)
    assert error.code == "table-missing"
    assert "SynDatabases" in error.what


@pytest.mark.parametrize(
    ("change", "code", "names"),
    [
        ("drop table StudentContacts", "table-missing", "StudentContacts"),
        ("drop table luStudentStatus", "table-missing", "luStudentStatus"),
        ("drop table Photos", "table-missing", "Photos"),
        ("update FileSemesters set FileYear = ''", "no-current-period", "no year"),
        ("alter table Community rename column MobilePhone to Mobile", "column-missing", "the column MobilePhone of Community"),
        ("alter table FileSemesters rename column SystemCurrentFlag to Cur", "column-missing", "SystemCurrentFlag"),
        ("update FileSemesters set SystemCurrentFlag = 0", "no-current-period", "0 periods"),
        ("update FileSemesters set SystemCurrentFlag = 1", "several-current-periods", "2 periods"),
        ("update SynDatabases set VersionNumber = '64'", "version-unsupported", "64"),
        ("update luStudentStatus set SynergyMeaning = ''", "no-students", "no current student"),
    ],
)
def test_what_synergetic_lacks_is_named(site: Site, bucket: Bucket, change: str, code: str, names: str) -> None:
    """A missing table or column, or a period that is not clear, is named, and nothing is sent."""
    site.run()
    execute(site.school, change)
    error = failed(site, bucket)
    assert error.code == code
    assert names in error.what


def test_a_defect_leaves_a_heartbeat_too(site: Site, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody thought of it, and still the cloud hears of it, without what it quotes; listening does not end by one either."""

    def broken(*_: object, **__: object) -> None:
        raise KeyError("O'Brien")

    monkeypatch.setattr("relay.running.transfer.Transfer.send", broken)
    assert failed(site, bucket).code == "unexpected"
    monkeypatch.setattr("relay.running.requests.Requests.hear", broken)
    assert site.sync().listen(0, site.now) is False


LOST = pyodbc.OperationalError("08S01", "[08S01] Communication link failure")
DEADLOCK = pyodbc.Error("40001", "[40001] [x] deadlock victim (1205) (SQLFetch)")


class Breaking:
    """A real connection that fails at its n-th fetch, as if the server went away or preferred somebody else's query."""

    def __init__(self, connection: pyodbc.Connection, left: list[int], error: pyodbc.Error) -> None:
        self._connection = connection
        self._left = left
        self._error = error

    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith("_"):
            super().__setattr__(name, value)
        else:
            setattr(self._connection, name, value)

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def cursor(self) -> "BreakingCursor":
        """Return a cursor that fails with it."""
        return BreakingCursor(self._connection.cursor(), self._left, self._error)


class BreakingCursor:
    """Its cursor."""

    def __init__(self, cursor: pyodbc.Cursor, left: list[int], error: pyodbc.Error) -> None:
        self._cursor = cursor
        self._left = left
        self._error = error

    def fetchmany(self, size: int) -> list[pyodbc.Row]:
        """Fetch, or fail."""
        self._left[0] -= 1
        if self._left[0] == -1:
            raise self._error
        return self._cursor.fetchmany(size)

    def __getattr__(self, name: str) -> object:
        return getattr(self._cursor, name)


def break_at(site: Site, fetches: int, error: pyodbc.Error) -> list[int]:
    """Let the database fail once after so many fetches; return how many are left, below none when it has."""
    left, made = [fetches], site.sync

    def breaking(_: Database) -> Database:
        settings = site.settings
        return Database(
            settings.synergetic,
            lambda: SecretStr(""),
            connect=lambda *args, **options: Breaking(pyodbc.connect(*args, **options), left, error),
        )

    site.sync = lambda: made(database=breaking)
    return left


@pytest.mark.parametrize("fetches", [0, 2, 4, 6, 8, 10, 15, 22, 30, 38])
def test_a_deadlock_anywhere_fails_no_run(site: Site, bucket: Bucket, fetches: int) -> None:
    """What lost is asked again: the version, who there are at all, a row set, a photo."""
    left = break_at(site, fetches, DEADLOCK)
    assert site.run().sent
    assert left[0] < 0
    assert bucket.heartbeat()["ok"] is True


@pytest.mark.parametrize("fetches", [0, 3, 8, 15, 22, 30])
def test_a_database_that_goes_away_while_it_is_read(site: Site, bucket: Bucket, fetches: int) -> None:
    """Wherever the connection breaks, the last manifest stands, and the next run goes on."""
    site.run()
    execute(site.school, "update Community set Email = 'new@example.com' where ID = ?", STUDENTS[0])
    made = site.sync
    break_at(site, fetches, LOST)
    assert failed(site, bucket).code == "connection-lost"
    site.sync = made
    assert site.run().sent
    assert bucket.rows()


def test_a_bucket_that_does_not_exist(site: Site) -> None:
    """The setting is named; the heartbeat cannot be given, and that does not hide the error."""
    with mock_aws(), pytest.raises(SettingsError) as caught:
        site.run()
    assert caught.value.code == "no-bucket"
    assert "[exchange]" in caught.value.remedy


@pytest.mark.parametrize("prefix", ["chunks/", "photos/", "manifests/", "heartbeat/"])
def test_a_bucket_that_may_not_be_written(site: Site, bucket: Bucket, prefix: str) -> None:
    """Whatever AWS refuses, no manifest comes to be without its chunks, and it mends itself when allowed."""

    def refuse(params: dict[str, object], **_: object) -> None:
        if str(params.get("Key", "")).startswith(prefix):
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "secret detail"}}, "PutObject")

    events = site.exchange._s3().meta.events
    events.register("before-parameter-build.s3.PutObject", refuse)
    with pytest.raises(SettingsError) as caught:
        site.run()
    assert caught.value.code == "exchange-denied"
    assert "secret detail" not in str(caught.value)
    if prefix != "heartbeat/":
        assert not bucket.keys(keys.SNAPSHOTS)
    events.unregister("before-parameter-build.s3.PutObject", refuse)
    site.run()
    assert bucket.rows()


@pytest.mark.parametrize("status", [200, 302, 403, 404])
@pytest.mark.parametrize("service", ["s3", "sqs"])
def test_a_page_in_the_place_of_what_aws_says(site: Site, bucket: Bucket, service: str, status: int) -> None:
    """It is no empty bucket, no queue without a message, no receipt that was sent, and no refusal of AWS's."""
    url = f"https://{service}.ap-southeast-2.amazonaws.com/"
    client = Clients(ExchangeSettings(bucket=BUCKET, region=REGION))
    queues = RelayQueues(lambda: client.sqs, return_queue=url, receipt_queue=url)
    exchange = Exchange(lambda: client.s3, bucket=BUCKET, queues=queues)
    page = {"Content-Type": "text/html", "Location": "https://portal.school.example/"}

    def shown(request: AWSRequest, **_: object) -> AWSResponse:
        return AWSResponse(request.url, status, page, Page(b"<html><br>Log in first"))

    for made in (client.s3, client.sqs):
        made.meta.events.register_first("before-send", shown)
    receipt = ReadReceipt(request="r", relay="r", relay_version="1", at=site.now, sequence=1, rows={}, photos=0)
    asks = {"s3": [exchange.last_manifest], "sqs": [queues.receive, lambda: queues.send(receipt)]}
    for ask in asks[service]:
        with pytest.raises(TransientError) as caught:
            ask()
        assert caught.value.code == "exchange-damaged"


@pytest.mark.parametrize(("status", "said"), [(200, b""), (204, b""), (200, b"Log in first")])
@pytest.mark.parametrize("service", ["s3", "sqs"])
def test_nothing_in_the_place_of_what_aws_says(site: Site, bucket: Bucket, service: str, status: int, said: bytes) -> None:
    """AWS numbers what it answers, also where it has nothing to say."""
    url = f"https://{service}.ap-southeast-2.amazonaws.com/"
    client = Clients(ExchangeSettings(bucket=BUCKET, region=REGION))
    queues = RelayQueues(lambda: client.sqs, return_queue=url, receipt_queue=url)
    exchange = Exchange(lambda: client.s3, bucket=BUCKET, queues=queues)
    for made in (client.s3, client.sqs):
        made.meta.events.register_first("before-send", lambda request, **_: AWSResponse(request.url, status, {}, Page(said)))
    with pytest.raises(TransientError) as caught:
        exchange.last_manifest() if service == "s3" else queues.receive()
    assert caught.value.code == "exchange-damaged"


class Page(io.BytesIO):
    """A body as it comes from the network."""

    def stream(self, **_: object) -> Iterator[bytes]:
        """Yield it."""
        yield self.read()


@pytest.mark.parametrize("prefix", ["chunks/", "photos/", "manifests/"])
def test_a_filter_that_answers_in_the_place_of_aws(site: Site, bucket: Bucket, prefix: str) -> None:
    """With a page of its own and a 200: that nobody took what was sent is noticed, and nothing is stated that is not there."""

    def page(params: dict[str, object], **_: object) -> tuple[AWSResponse, dict[str, object]] | None:
        # What botocore makes of such a page: it looks for nothing in the body of this answer.
        return (AWSResponse("", 200, {}, None), {}) if f"/{prefix}" in str(params["url"]) else None

    events = site.exchange._s3().meta.events
    events.register("before-call.s3.PutObject", page)
    assert failed(site, bucket).code == "exchange-damaged"
    events.unregister("before-call.s3.PutObject", page)
    site.run()
    assert bucket.rows()


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (EndpointConnectionError(endpoint_url="https://x"), TransientError, "exchange-unreachable"),
        (SSLError(endpoint_url="https://x", error="EOF occurred in violation"), TransientError, "exchange-unreachable"),
        (SSLError(endpoint_url="https://x", error="CERTIFICATE_VERIFY_FAILED"), SettingsError, "exchange-certificate"),
        (SSLError(endpoint_url="https://x", error="hostname 'x' doesn't match 'y'"), SettingsError, "exchange-certificate"),
        (ResponseParserError("not well-formed"), TransientError, "exchange-damaged"),
        (InvalidConfigError(error_msg="The source_profile is missing"), SettingsError, "exchange-credentials"),
        (ClientError({"Error": {"Code": "RequestTimeTooSkewed"}}, "x"), SettingsError, "clock-skew"),
        (ClientError({"Error": {"Code": "InvalidAccessKeyId"}}, "x"), SettingsError, "exchange-credentials"),
        (ClientError({"Error": {"Code": "UnrecognizedClientException"}}, "x"), SettingsError, "exchange-credentials"),
        (ClientError({"Error": {"Code": "ExpiredTokenException"}}, "x"), TransientError, "exchange-credentials"),
        (ClientError({"Error": {"Code": "InvalidToken"}}, "x"), SettingsError, "exchange-credentials"),
        (ClientError({"Error": {"Code": "PermanentRedirect"}}, "x"), SettingsError, "wrong-region"),
        (ClientError({"Error": {"Code": "InvalidAddress"}}, "x"), SettingsError, "no-queue"),
        (ClientError({"Error": {"Code": "QueueDoesNotExist"}}, "x"), SettingsError, "no-queue"),
        (
            ClientError({"Error": {"Code": ""}, "ResponseMetadata": {"HTTPStatusCode": 407}}, "x"),
            SettingsError,
            "proxy-login-refused",
        ),
        (ClientError({"Error": {"Code": "SlowDown"}}, "x"), TransientError, "exchange-unavailable"),
        (ClientError({"Error": {"Code": "KMS.DisabledException"}}, "x"), TransientError, "exchange-key-unusable"),
        (ClientError({"Error": {"Code": "KmsInvalidState"}}, "x"), TransientError, "exchange-key-unusable"),
        (ClientError({"Error": {"Code": "KMS.ThrottlingException"}}, "x"), TransientError, "exchange-unavailable"),
    ],
)
def test_what_aws_says_is_told_plainly(error: Exception, kind: type[IntegrationError], code: str) -> None:
    """Each refusal has a class, a code and a remedy."""
    with pytest.raises(kind) as caught, translated("Putting the manifest"):
        raise error
    assert caught.value.code == code
    assert caught.value.remedy


def test_a_put_that_meets_another_of_which_nothing_came(site: Site, bucket: Bucket) -> None:
    """AWS says so of our own put as well, if the client asks again while it is under way: that is no second relay."""
    conflict = {"Error": {"Code": "ConditionalRequestConflict", "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 409}}

    def refuse(model: object, params: dict[str, Any], **_: object) -> tuple[AWSResponse, dict[str, Any]] | None:
        if "If-None-Match" not in params["headers"]:
            return None
        return AWSResponse("https://x", 409, {}, None), conflict

    events = site.exchange._s3().meta.events
    events.register("before-call.s3.PutObject", refuse)
    error = failed(site, bucket)
    assert (type(error), error.code) == (TransientError, "exchange-unavailable")
    events.unregister("before-call.s3.PutObject", refuse)
    assert site.run().manifest.sequence == 1


def test_no_credentials_are_told_plainly(site: Site, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any credentials the error says how to give some."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(site.folder))
    with pytest.raises(SettingsError) as caught:
        site.run()
    assert caught.value.code == "exchange-credentials"


def test_what_a_person_puts_among_the_manifests_keeps_nothing_back(site: Site, bucket: Bucket) -> None:
    """Only what has a snapshot's name is taken for the last one: a request in the wrong folder must not stop the school."""
    site.run()
    for name in ("select-year-7.json", "000000000001 (1).json", "9.json"):
        bucket.s3.put_object(Bucket=BUCKET, Key=f"{keys.SNAPSHOTS}{name}", Body=b"{}")
    assert not site.run().sent
    site.forget()
    assert site.run().manifest.sequence == 2


@pytest.mark.parametrize("content", [b"", b"no JSON", b"{}", b'{"kind": "selection"}'])
def test_a_manifest_that_is_none_is_not_built_upon(site: Site, bucket: Bucket, content: bytes) -> None:
    """What somebody else, or a newer relay, put among the manifests is refused and named."""
    bucket.s3.put_object(Bucket=BUCKET, Key=keys.snapshot_key(5), Body=content)
    with pytest.raises(RefusedManifestError) as caught:
        site.run()
    assert (caught.value.code, keys.snapshot_key(5) in caught.value.what) == ("manifest-invalid", True)
    assert "have the operator of the stack remove the file" in caught.value.remedy
    assert bucket.heartbeat()["error"] == "manifest-invalid"
