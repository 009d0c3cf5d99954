"""What AWS's refusals mean for a school, as a table, and the one place where botocore's errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    CredentialRetrievalError,
    HTTPClientError,
    InvalidConfigError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    SSLError,
)
from botocore.exceptions import (
    ConnectionError as AwsConnectionError,
)
from botocore.parsers import ResponseParserError

from relay.cloud.clock import described_skew, is_clock_wrong
from shared.errors import IntegrationError, SettingsError, TransientError

_CREDENTIALS = "Check the AWS credentials of this relay: the access key or role, and that it was made for this bucket's stack."
_CLOCK = (
    "Set this machine's clock (turn time synchronisation on); AWS refuses requests that are more than 5 minutes off. "
    "Until then it takes no sign of life either, so the cloud hears nothing of this."
)
_CERTIFICATE = (
    "If the school's proxy looks into encrypted connections, give its authority as `ca_bundle` in [exchange]. "
    "Check this machine's date, too: under a wrong one no certificate is valid."
)
# How it is said that nobody vouches for a certificate, and that it was made for another name.
_NOT_THEIR_CERTIFICATE = ("CERTIFICATE_VERIFY_FAILED", "doesn't match")
_THEIR_SETTINGS = "the variables of this account that begin with AWS_, and the file that `aws_config_file` in [exchange] names"
_PROXY_LOGIN = (
    SettingsError,
    "proxy-login-refused",
    "the proxy asks for another name or password",
    "Put the name into `proxy` in [exchange] (http://name@host:port) and the password into OPEROO_RELAY_PROXY_PASSWORD.",
)
_WRONG_CLOCK = (SettingsError, "clock-skew", "this machine's clock is wrong", _CLOCK)
_WRONG_SECRET = (SettingsError, "exchange-credentials", "the secret key does not fit the access key", _CREDENTIALS)
# What may ail one service of AWS, or the way to it, and not the others; a wrong clock or secret ails them all.
OF_ONE_SERVICE = frozenset(
    {
        *("no-queue", "exchange-denied", "exchange-key-unusable"),
        *("exchange-unavailable", "exchange-unreachable", "exchange-slow", "exchange-damaged"),
    }
)
# A signature holds the time as well as the secret.
_SIGNATURES = {"SignatureDoesNotMatch", "InvalidSignatureException"}
# Code of AWS -> (our class, our code, what it means, what to do).
_CODES: dict[str, tuple[type[IntegrationError], str, str, str]] = {
    **dict.fromkeys(
        ("AccessDenied", "AccessDeniedException", "403"),
        (SettingsError, "exchange-denied", "AWS does not allow it", _CREDENTIALS),
    ),
    **dict.fromkeys(
        ("KMS.AccessDeniedException", "KmsAccessDenied"),
        (SettingsError, "exchange-denied", "AWS does not allow the use of the stack's key", _CREDENTIALS),
    ),
    # S3 and SQS each have words of their own for one thing. Once the key is put right, all goes on by itself.
    **dict.fromkeys(
        (
            *("KMS.DisabledException", "KMS.NotFoundException", "KMS.InvalidStateException", "KMS.KMSInvalidStateException"),
            *("KmsDisabled", "KmsNotFound", "KmsInvalidState"),
        ),
        (
            TransientError,
            "exchange-key-unusable",
            "the key of the school's stack is turned off, or is to be deleted",
            "Have whoever runs the stack turn the key on again in AWS KMS (Enable, or Cancel key deletion) before it is gone.",
        ),
    ),
    "AllAccessDisabled": (SettingsError, "exchange-denied", "AWS has closed the bucket", _CREDENTIALS),
    **dict.fromkeys(
        ("InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException"),
        (SettingsError, "exchange-credentials", "AWS does not know the access key", _CREDENTIALS),
    ),
    # What S3 says of a session token that is none, or is left from other credentials.
    "InvalidToken": (SettingsError, "exchange-credentials", "AWS does not take the session token", _CREDENTIALS),
    **dict.fromkeys(_SIGNATURES, _WRONG_SECRET),
    **dict.fromkeys(
        ("ExpiredToken", "ExpiredTokenException"),
        (TransientError, "exchange-credentials", "the temporary credentials have expired", _CREDENTIALS),
    ),
    "NoSuchBucket": (
        SettingsError,
        "no-bucket",
        "the bucket does not exist",
        "Check `bucket` and `region` in [exchange]: the stack prints both as outputs.",
    ),
    **dict.fromkeys(
        ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"),
        (SettingsError, "wrong-region", "the bucket is in another region", "Correct `region` in [exchange]."),
    ),
    # SQS has an old and a new word for it; the last is said of the address of a queue in another region.
    **dict.fromkeys(
        ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "InvalidAddress"),
        (
            SettingsError,
            "no-queue",
            "the queue does not exist",
            "Check `return_queue_url`, `receipt_queue_url` and `region` in [exchange]: the stack prints them as outputs.",
        ),
    ),
    "407": _PROXY_LOGIN,
    "RequestTimeTooSkewed": _WRONG_CLOCK,
    "RequestExpired": _WRONG_CLOCK,
    "BadDigest": (
        TransientError,
        "exchange-damaged",
        "what arrived is not what was sent",
        "It is sent again at the next run; if it stays, look for a proxy that changes requests.",
    ),
}
_SERVICE_DOWN = (
    TransientError,
    "exchange-unavailable",
    "AWS cannot serve the request now",
    "It is tried again at the next run.",
)
STRANGER = (
    TransientError,
    "exchange-damaged",
    "something between this machine and AWS answered in its place",
    "Have whoever runs the proxy or filter let this machine through to AWS, with whatever it sends.",
)
_TOO_SLOW = (
    TransientError,
    "exchange-slow",
    "AWS, or what is between, took too long over one request",
    "It is tried again at the next run. If it stays, look at the line and the proxy; a smaller `upload_threads` may help.",
)
_WITHOUT_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    CredentialRetrievalError,
    ConfigParseError,
    InvalidConfigError,
)


# What S3 says of a put on condition that nothing is there yet, where something is, or is being put.
TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})


def code_of(error: ClientError) -> str:
    """Return AWS's own code of a refusal; empty if there is none."""
    return str(error.response.get("Error", {}).get("Code") or "")


class ProgramHangsError(CredentialRetrievalError):
    """The program that fetches temporary credentials has not ended in time."""


class StrangerAnsweredError(BotoCoreError):
    """What answered is not AWS: a filter, or a network that wants somebody to log in first."""


class TooSlowError(BotoCoreError):
    """AWS, or what is between, goes on answering, or taking what is sent, and does not come to an end."""


class ProgramUnusableError(CredentialRetrievalError):
    """It cannot be run, or its answer is of no use; `reason` says why, in our words."""

    def __init__(self, reason: str) -> None:
        super().__init__(provider="custom-process", error_msg=reason)
        self.reason = reason


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn what botocore raises within into this project's errors.

    Args:
        doing: What is being done, as the beginning of a sentence: "Putting a chunk".

    Raises:
        SettingsError: Credentials, bucket, region, queue or clock are wrong.
        TransientError: AWS cannot be reached, or cannot serve now.
    """
    try:
        yield
    except ClientError as error:
        # A page that a proxy or filter shows in AWS's place has no code of AWS, and a number of HTTP.
        number = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", "")
        code = code_of(error) or str(number)
        wrong_clock = code in _SIGNATURES and is_clock_wrong(error.response)
        kind, ours, what, remedy = meaning = _WRONG_CLOCK if wrong_clock else _CODES.get(code, _SERVICE_DOWN)
        if meaning is _WRONG_CLOCK:
            what += described_skew(error.response)
        raise kind(f"{doing} failed: {what} ({code}).", remedy=remedy, code=ours) from error
    except _WITHOUT_CREDENTIALS as error:
        raise _no_credentials(error, doing) from error
    except NoRegionError as error:
        raise SettingsError(
            f"{doing} failed: no AWS region is set.", remedy="Set `region` in [exchange].", code="wrong-region"
        ) from error
    except (AwsConnectionError, HTTPClientError, StrangerAnsweredError, TooSlowError, ResponseParserError) as error:
        kind, ours, what, remedy = _no_connection(error)
        raise kind(f"{doing} failed: {what}.", remedy=remedy, code=ours) from error
    except BotoCoreError as error:
        raise TransientError(
            f"{doing} failed in AWS's client ({type(error).__name__}).",
            remedy=f"Check [exchange], {_THEIR_SETTINGS}.",
            code="exchange-unavailable",
        ) from error


@contextmanager
def settings_understood(doing: str) -> Iterator[None]:
    """Turn what botocore raises of a setting of its own that makes no sense, such as an address that is none, into ours.

    Raises:
        SettingsError: There is one, among the variables or in the configuration file of AWS's tools.
    """
    try:
        yield
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{doing} failed: a setting of AWS's tools on this machine cannot be used ({type(error).__name__}).",
            remedy=f"Check {_THEIR_SETTINGS}.",
            code="exchange-settings",
        ) from error


def _no_credentials(error: BotoCoreError, doing: str) -> IntegrationError:
    code = "exchange-credentials"
    if isinstance(error, ConfigParseError | InvalidConfigError):
        return SettingsError(
            f"{doing} failed: AWS's configuration file is not in the form that AWS's tools read, or names what is not in it.",
            remedy=f"Check {_THEIR_SETTINGS}: it begins with [default] or [profile NAME], and is saved as UTF-8 without a byte "
            "order mark.",
            code=code,
        )
    if isinstance(error, ProfileNotFound):
        return SettingsError(
            f"{doing} failed: AWS's configuration files do not hold the profile.",
            remedy="Check `profile` and `aws_config_file` in [exchange], and as which account the relay runs.",
            code=code,
        )
    if isinstance(error, ProgramUnusableError):
        return SettingsError(
            f"{doing} failed: the program that fetches temporary credentials {error.reason}.",
            remedy="Check the `credential_process` of the profile: the whole path of the program, quotes around a path with "
            "blanks, and that the relay's account may run it. Then run it by hand, and read what it says.",
            code=code,
        )
    if isinstance(error, CredentialRetrievalError):
        how = "does not end, and was ended" if isinstance(error, ProgramHangsError) else "ends with an error"
        return TransientError(
            f"{doing} failed: the program that fetches temporary credentials {how}.",
            remedy="Run the `credential_process` of the profile by hand, as the relay's account, and read what it says.",
            code=code,
        )
    return SettingsError(
        f"{doing} failed: there are no AWS credentials on this machine.",
        remedy="Write them into the file that `aws_config_file` in [exchange] names (docs/relay.md, the relay's way into "
        "AWS), or set them up by another of AWS's standard ways, where the relay's account finds them.",
        code=code,
    )


def _no_connection(error: Exception) -> tuple[type[IntegrationError], str, str, str]:
    if isinstance(error, StrangerAnsweredError | ResponseParserError):
        return STRANGER
    if isinstance(error, TooSlowError):
        return _TOO_SLOW
    if isinstance(error, ProxyConnectionError):
        # Of a tunnel that the proxy did not open nothing is left but a text with HTTP's number in it.
        if "407" in str(error.kwargs.get("error", "")):
            return _PROXY_LOGIN
        return (
            TransientError,
            "proxy-unreachable",
            "the proxy does not answer, or does not let this machine through to AWS",
            "Check `proxy` in [exchange] (or HTTPS_PROXY), and that the proxy allows HTTPS to amazonaws.com.",
        )
    # A connection that is cut while something is sent is such an error as well.
    if isinstance(error, SSLError) and any(sign in str(error) for sign in _NOT_THEIR_CERTIFICATE):
        return (
            SettingsError,
            "exchange-certificate",
            "the certificate that is shown for AWS is for another name, or not trusted on this machine",
            _CERTIFICATE,
        )
    return (
        TransientError,
        "exchange-unreachable",
        "AWS cannot be reached from this machine",
        "Check the internet connection, the proxy (`proxy` in [exchange]) and the firewall: HTTPS to amazonaws.com.",
    )
