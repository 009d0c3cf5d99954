"""The AWS clients, as `[exchange]` says that AWS is reached."""

import functools
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from relay.cloud.errors import StrangerAnsweredError, settings_understood, translated
from relay.cloud.patience import bounded
from relay.cloud.proxy import proxies_of
from relay.settings import ExchangeSettings
from shared.errors import SettingsError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S, _ATTEMPTS = 10, 60, 5
# Where AWS is; something else of a school's own may answer as it likes.
_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
# What AWS puts on all that it answers.
_NUMBERED = {"x-amz-request-id", "x-amzn-requestid"}
_BEGINS = {"s3": b"<", "sqs": b"{"}
_REDIRECTS, _PROXY_LOGIN, _FAILING = 300, 407, 500


class Clients:
    """Makes each client once, when it is first asked for; no request is made yet.

    Raises:
        SettingsError: Region, profile, credentials or `ca_bundle` are wrong.
    """

    def __init__(self, settings: ExchangeSettings) -> None:
        self._make = _maker(settings)

    @functools.cached_property
    def s3(self) -> "S3Client":
        """The client for the bucket."""
        return cast("S3Client", self._make("s3"))

    @functools.cached_property
    def sqs(self) -> "SQSClient":
        """The client for the queues."""
        return cast("SQSClient", self._make("sqs"))


def _maker(settings: ExchangeSettings) -> Callable[[str], Any]:
    # Imported here, since it is large and help does without it; botocore rather than boto3, which adds resources nobody uses.
    from botocore.config import Config  # noqa: PLC0415
    from botocore.session import Session  # noqa: PLC0415

    from relay.cloud.unattended import make_unattended  # noqa: PLC0415 - as it imports botocore

    config = Config(
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=_READ_TIMEOUT_S,
        retries={"mode": "standard", "max_attempts": _ATTEMPTS},
        max_pool_connections=settings.upload_threads,
        user_agent_extra="operoo-relay",
        proxies=proxies_of(settings),
    )
    session = Session(profile=settings.profile)
    # For the session, so that it holds for what the session itself asks AWS on the way to credentials too.
    session.set_default_client_config(config)
    for name, path in {"ca_bundle": settings.ca_bundle, "config_file": settings.aws_config_file}.items():
        if path is not None:
            session.set_config_variable(name, str(path))

    def client(service: str) -> object:
        # Making the first client fetches credentials.
        with settings_understood("Setting up AWS"), translated("Setting up AWS"):
            if authorities := session.get_config_variable("ca_bundle"):  # of ours, of a profile, or the variable AWS_CA_BUNDLE
                _check_authorities(Path(authorities))
            make_unattended(session)
            made = session.create_client(service, region_name=settings.region, endpoint_url=settings.endpoint_url)
        # Fetching credentials is in it, and trying again; a client has nothing else that all its calls go through.
        made._make_api_call = bounded(made._make_api_call)  # type: ignore[attr-defined]  # noqa: SLF001
        if made.meta.endpoint_url.endswith(_AWS):
            # By this name it comes before all that is registered for S3 alone, which makes an error of S3's of such a page.
            made.meta.events.register("before-parse.*.*", _refuse_strangers)
        return made

    return client


def _refuse_strangers(response_dict: dict[str, Any], operation_model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's own
    """Refuse what something else shows in AWS's place: to botocore it is an empty bucket, or a receipt that was sent.

    Raises:
        StrangerAnsweredError: It is such a page, or nothing at all.
    """
    status, headers = response_dict["status_code"], {name.lower(): value for name, value in response_dict["headers"].items()}
    if headers.keys() & _NUMBERED or status == _PROXY_LOGIN or status >= _FAILING:
        return
    # botocore would ask where it was sent to for the bucket's region, and be sent on, and on.
    is_page = "location" in headers or headers.get("content-type", "").startswith("text/html")
    body = response_dict["body"]
    begins = _BEGINS[operation_model.service_model.service_name]
    # What is put has an ETag and no body; what is fetched is not bytes yet.
    is_nothing = (
        status < _REDIRECTS and "etag" not in headers and isinstance(body, bytes) and not body.lstrip().startswith(begins)
    )
    if is_page or is_nothing:
        raise StrangerAnsweredError


def _check_authorities(path: Path) -> None:
    """Look at what AWS is to be trusted by: botocore says of a file that is not there only that AWS cannot be reached."""
    remedy = "Give `ca_bundle` in [exchange] a file with certificates as PEM text, which this account may read."
    try:
        ssl.create_default_context(cafile=str(path))
    except ssl.SSLError:
        raise SettingsError(f"{path} holds no certificate.", remedy=remedy, code="ca-bundle-unusable") from None
    except OSError as error:
        what = f"{path} cannot be read: {error.strerror}."
        raise SettingsError(what, remedy=remedy, code="ca-bundle-unusable") from None
