"""AWS through a proxy: a real one on this machine, which asks for a password, looks into what is encrypted, or is not there."""

import base64
import functools
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from botocore.loaders import create_loader

from relay.cloud import clients, unattended
from relay.passwords import PROXY_PASSWORD_VARIABLE
from relay.settings import ExchangeSettings
from relay.wiring import exchange_of
from shared.errors import IntegrationError, SettingsError, TransientError
from tests.tds.encryption import self_signed

ANSWERS = """echo '{"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b", "Expiration": "%s"}'"""
KEY = "aws_access_key_id = a\naws_secret_access_key = b\n"
ROLE = "arn:aws:iam::123456789012:role/relay"
AWS = "s3.ap-southeast-2.amazonaws.com"
EMPTY = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"


@dataclass
class Proxy:
    """A proxy that answers itself, as if it were AWS.

    Attributes:
        login: The only `name:password` it lets through, if it asks for one.
        certificate: What it shows for AWS.
        asked: What it was asked for.
    """

    certificate: Path
    port: int = 0
    login: str = ""
    asked: list[str] = field(default_factory=list)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """Return what answers one connection."""
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                proxy.asked.append(f"GET {self.path}")
                if self._let_through():
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(EMPTY)))
                    self.end_headers()
                    self.wfile.write(EMPTY)

            def do_CONNECT(self) -> None:
                proxy.asked.append(f"CONNECT {self.path}")
                if not self._let_through():
                    return
                self.send_response(200)
                self.end_headers()
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(proxy.certificate)
                try:
                    with context.wrap_socket(self.connection, server_side=True) as inside:
                        Inside(inside, self.client_address, self.server)
                except OSError:
                    self.close_connection = True

            def _let_through(self) -> bool:
                given = self.headers.get("Proxy-Authorization", "")
                if not proxy.login or given == "Basic " + base64.b64encode(proxy.login.encode()).decode():
                    return True
                self.send_response(407)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return False

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Inside(Handler):
            def _let_through(self) -> bool:
                return True

        return Handler


# What AWS's services are like is read from large files once, not once for each client.
LOADER = functools.cache(create_loader)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make no request twice."""
    monkeypatch.setattr(clients, "_ATTEMPTS", 1)
    monkeypatch.setattr("botocore.session.create_loader", LOADER)


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    """Run a proxy."""
    made = Proxy(self_signed(tmp_path, host=AWS))
    server = ThreadingHTTPServer(("127.0.0.1", 0), made.handler())
    made.port = server.server_port
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


def look(**given: object) -> None:
    """Make one request to AWS."""
    settings = ExchangeSettings(**({"bucket": "school", "region": "ap-southeast-2", "endpoint_url": f"https://{AWS}"} | given))
    assert exchange_of(settings).last_manifest() is None


def failed(**given: object) -> IntegrationError:
    """Make a request that fails, and return why."""
    with pytest.raises(IntegrationError) as caught:
        look(**given)
    assert caught.value.remedy
    assert "hunter2" not in str(caught.value)
    return caught.value


def test_everything_goes_through_the_proxy(proxy: Proxy) -> None:
    """Encrypted from end to end, with the authority that the school names; the proxy is told no more than the host."""
    look(proxy=f"http://127.0.0.1:{proxy.port}", ca_bundle=proxy.certificate)
    assert proxy.asked[0] == f"CONNECT {AWS}:443"
    assert "prefix=manifests" in proxy.asked[1]


def test_the_environment_names_the_proxy_if_nothing_else_does(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it did before there was a setting; the setting counts more."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    look(ca_bundle=proxy.certificate)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    look(ca_bundle=proxy.certificate, proxy=f"http://127.0.0.1:{proxy.port}")
    assert [one for one in proxy.asked if one.startswith("CONNECT")] == [f"CONNECT {AWS}:443"] * 2


@pytest.mark.parametrize("endpoint", [f"https://{AWS}", f"http://{AWS}"])
def test_a_proxy_that_asks_for_a_password(proxy: Proxy, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    """It is in the environment, and whatever is in it arrives; a wrong one is told as such."""
    proxy.login = "relay:ge/h:ei@m"
    given = {"proxy": f"http://relay@127.0.0.1:{proxy.port}", "ca_bundle": proxy.certificate, "endpoint_url": endpoint}
    monkeypatch.setenv(PROXY_PASSWORD_VARIABLE, "ge/h:ei@m")
    look(**given)
    monkeypatch.setenv(PROXY_PASSWORD_VARIABLE, "hunter2")
    error = failed(**given)
    assert isinstance(error, SettingsError)
    assert error.code == "proxy-login-refused"


def test_a_proxy_that_is_not_there() -> None:
    """It may be there again later."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = failed(proxy=f"http://127.0.0.1:{port}")
    assert isinstance(error, TransientError)
    assert error.code == "proxy-unreachable"


def test_a_proxy_that_looks_into_what_is_encrypted(proxy: Proxy) -> None:
    """Its certificate is not believed until the school says so."""
    error = failed(proxy=f"http://127.0.0.1:{proxy.port}")
    assert error.code == "exchange-certificate"
    assert "ca_bundle" in error.remedy


def test_a_profile_from_a_file_of_ones_own(proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account without a home finds its credentials beside the configuration; a profile that is not in it is named."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    file = tmp_path / "aws.ini"
    file.write_text(
        '[profile relay]\ncredential_process = echo \'{"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b"}\'\n'
        "[profile broken]\ncredential_process = false\n"
    )
    given = {
        "aws_config_file": file,
        "proxy": f"http://127.0.0.1:{proxy.port}",
        "ca_bundle": proxy.certificate,
    }
    look(profile="relay", **given)
    for profile in ("broken", "none"):
        assert failed(profile=profile, **given).code == "exchange-credentials"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[default]\ncredential_process = /nowhere/aws_signing_helper credential-process\n", "cannot be run (No such file"),
        ("[default]\ncredential_process = /etc/passwd\n", "cannot be run (Permission denied"),
        ("[default]\ncredential_process = echo hello\n", "does not answer with credentials"),
        ('[default]\ncredential_process = "/opt/a helper\n', "does not answer with credentials"),
        ("[default]\ncredential_process = echo []\n", "does not answer with credentials"),
        (f"[default]\ncredential_process = {ANSWERS % '2020-01-01T00:00:00Z'}\n", "expired already, by this machine's clock"),
        (f"[default]\ncredential_process = {ANSWERS % 'tomorrow'}\n", "does not answer with credentials"),
        ("\ufeff[default]\naws_access_key_id = a\n", "is not in the form that AWS's tools read"),
        (f"[default]\nrole_arn = {ROLE}\nsource_profile = of\nmfa_serial = {ROLE}\n[profile of]\n{KEY}", "nobody is there"),
        ("[default]\n", "there are no AWS credentials"),
    ],
)
def test_a_profile_that_is_not_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, says: str) -> None:
    """What is wrong with it is said, whatever botocore raises."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (tmp_path / "aws.ini").write_text(text, encoding="utf-8")
    error = failed(aws_config_file=tmp_path / "aws.ini")
    assert error.code == "exchange-credentials"
    assert says in error.what
    assert error.remedy


def test_a_program_that_fails_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it answers when credentials run out is looked at as its first answer was."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    soon = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    (tmp_path / "program").write_text(ANSWERS % soon + '; echo echo sorry > "$0"\n')
    (tmp_path / "aws.ini").write_text(f"[default]\ncredential_process = sh {tmp_path}/program\n")
    assert "does not answer with credentials" in failed(aws_config_file=tmp_path / "aws.ini").what


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("AWS_ENDPOINT_URL", "here", "exchange-settings"),
        ("AWS_CA_BUNDLE", "/nowhere/authorities.pem", "ca-bundle-unusable"),
        ("AWS_DEFAULTS_MODE", "mine", "exchange-unavailable"),
    ],
)
def test_a_variable_of_aws_that_makes_no_sense(monkeypatch: pytest.MonkeyPatch, name: str, value: str, code: str) -> None:
    """It is said that it is a setting of AWS's tools, and no program for credentials is blamed."""
    monkeypatch.setenv(name, value)
    error = failed(endpoint_url=None)
    assert error.code == code
    assert "program" not in str(error)
    assert code == "ca-bundle-unusable" or "begin with AWS_" in error.remedy


@pytest.mark.parametrize(
    "text",
    [
        "[default]\ncredential_process = sleep 600\n",
        # What it has started itself goes on, with its output open.
        "[default]\ncredential_process = sh -c 'sleep 1; true'\n",
        f"[default]\nrole_arn = {ROLE}\nsource_profile = of\n[profile of]\ncredential_process = sleep 9\n",
    ],
)
def test_a_program_for_credentials_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """It is ended, whichever profile names it, and keeps no run waiting with its lock held."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(unattended, "_PATIENCE_S", 0.05)
    (tmp_path / "aws.ini").write_text(text)
    error = failed(aws_config_file=tmp_path / "aws.ini")
    assert isinstance(error, TransientError)
    assert error.code == "exchange-credentials"
    assert "does not end" in error.what


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read: No such file"), ("no certificate", "holds no certificate")]
)
def test_a_file_of_authorities_that_is_none_is_named(proxy: Proxy, tmp_path: Path, content: str | None, said: str) -> None:
    """Before anything is asked of AWS, which would only seem to be out of reach."""
    path = tmp_path / "authority.pem"
    if content is not None:
        path.write_text(content)
    error = failed(proxy=f"http://127.0.0.1:{proxy.port}", ca_bundle=path)
    assert error.code == "ca-bundle-unusable"
    assert f"{path} {said}" in str(error)
    assert proxy.asked == []
