"""What every test may count on: no credentials and no settings of whoever runs the tests."""

import functools
import gc
import logging
import os
from collections.abc import Iterator

import botocore.session
import pyodbc
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.endpoint import Endpoint
from botocore.useragent import UserAgentComponent
from hypothesis import HealthCheck, settings

from relay.logs import LOGGER
from tests import dynamodb_in_process

# How fast examples come and go is the machine's business, which may be busy with other things.
settings.register_profile("usual", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("usual"), max_examples=1000)
settings.load_profile("usual")

# As the relay does, and before a test module asks which drivers there are.
pyodbc.pooling = False

_OURS = ("AWS_", "OPEROO_", "POWERTOOLS_", "SYNERGETIC_")
_KEEP = {"SYNERGETIC_TEST_ADMIN_DSN"}
LAMBDA = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "ap-southeast-2",
    "AWS_REGION": "ap-southeast-2",
    "POWERTOOLS_SERVICE_NAME": "tests",
    "POWERTOOLS_METRICS_NAMESPACE": "OperooSynergetic",
    "POWERTOOLS_TRACE_DISABLED": "true",
}
"""What a Lambda function always has in its environment."""

# So many new objects, not some hundreds, are a reason to look for garbage.
_OBJECTS = 50_000
# What is collected stays: to look through it for garbage, again and again, is time for nothing.
gc.disable()


def pytest_collection_finish() -> None:
    """Let the garbage collector begin with what the tests make."""
    gc.freeze()
    gc.set_threshold(_OBJECTS)
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let files with slow tests begin and unit tests end, in random order each: no worker is left alone with a long one."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, item.path.parent.name == "unit"))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Name what failed last of all, also when the run itself broke: of a long run often only the end is kept."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return
    for kind in ("failed", "error"):
        for report in reporter.stats.get(kind, []):
            crash = getattr(report.longrepr, "reprcrash", None)
            why = crash.message if crash else str(report.longrepr)
            reporter.write_line(f"{kind}: {report.nodeid}: {' '.join(why.split())[:300]}")


@pytest.fixture(scope="session", autouse=True)
def botocore_remembers() -> Iterator[None]:
    """Let botocore work out once what is the same for each session and request.

    Each reading of the descriptions of AWS's services takes a fifth of a second; each request names the same user agent twice.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", functools.cache(botocore.session.create_loader))
        patch.setattr(UserAgentComponent, "to_string", functools.cache(UserAgentComponent.to_string))
        # Of S3's requests the signing tells how their body is packed.
        patch.setattr(S3SigV4Auth, "add_auth", SigV4Auth.add_auth)
        patch.setattr(SigV4Auth, "add_auth", _name_only)
        patch.setattr(Endpoint, "make_request", dynamodb_in_process.make_request)
        yield


def _name_only(signer: SigV4Auth, request: AWSRequest) -> None:
    scope = f"{signer.credentials.access_key}/20260101/{signer._region_name}/{signer._service_name}/aws4_request"
    request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"


@pytest.fixture(autouse=True)
def relay_log() -> Iterator[None]:
    """Leave no handler on the relay's log: after one for machines, the next command tells a person nothing."""
    logger = logging.getLogger(LOGGER)
    before = list(logger.handlers)
    yield
    for handler in {*logger.handlers} - {*before}:
        logger.removeHandler(handler)
        handler.close()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scrub the environment and set what a Lambda function always has."""
    for name in [name for name in os.environ if name.startswith(_OURS) and name not in _KEEP]:
        monkeypatch.delenv(name)
    for name, value in LAMBDA.items():
        monkeypatch.setenv(name, value)
