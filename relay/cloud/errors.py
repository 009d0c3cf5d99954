"""What AWS's refusals mean for a school, as a table, and the one place where botocore's errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)
from botocore.exceptions import (
    ConnectionError as AwsConnectionError,
)

from shared.errors import IntegrationError, SettingsError, TransientError

_CREDENTIALS = "Check the AWS credentials of this relay: the access key or role, and that it was made for this bucket's stack."
_CLOCK = "Set this machine's clock (turn time synchronisation on); AWS refuses requests more than 15 minutes off."
# Code of AWS -> (our class, our code, what it means, what to do).
_CODES: dict[str, tuple[type[IntegrationError], str, str, str]] = {
    "AccessDenied": (SettingsError, "exchange-denied", "AWS does not allow it", _CREDENTIALS),
    "AccessDeniedException": (SettingsError, "exchange-denied", "AWS does not allow it", _CREDENTIALS),
    "403": (SettingsError, "exchange-denied", "AWS does not allow it", _CREDENTIALS),
    "AllAccessDisabled": (SettingsError, "exchange-denied", "AWS has closed the bucket", _CREDENTIALS),
    "InvalidAccessKeyId": (SettingsError, "exchange-credentials", "AWS does not know the access key", _CREDENTIALS),
    "InvalidClientTokenId": (SettingsError, "exchange-credentials", "AWS does not know the access key", _CREDENTIALS),
    "SignatureDoesNotMatch": (
        SettingsError,
        "exchange-credentials",
        "the secret key does not fit the access key",
        _CREDENTIALS,
    ),
    "ExpiredToken": (TransientError, "exchange-credentials", "the temporary credentials have expired", _CREDENTIALS),
    "NoSuchBucket": (
        SettingsError,
        "no-bucket",
        "the bucket does not exist",
        "Check `bucket` and `region` in [exchange]: the stack prints both as outputs.",
    ),
    "PermanentRedirect": (SettingsError, "wrong-region", "the bucket is in another region", "Correct `region` in [exchange]."),
    "AuthorizationHeaderMalformed": (
        SettingsError,
        "wrong-region",
        "the bucket is in another region",
        "Correct `region` in [exchange].",
    ),
    "IllegalLocationConstraintException": (
        SettingsError,
        "wrong-region",
        "the bucket is in another region",
        "Correct `region` in [exchange].",
    ),
    "AWS.SimpleQueueService.NonExistentQueue": (
        SettingsError,
        "no-return-queue",
        "the return queue does not exist",
        "Check `return_queue_url` in [exchange]: the stack prints it as an output.",
    ),
    "RequestTimeTooSkewed": (SettingsError, "clock-skew", "this machine's clock is wrong", _CLOCK),
    "RequestExpired": (SettingsError, "clock-skew", "this machine's clock is wrong", _CLOCK),
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
        code = str(error.response.get("Error", {}).get("Code", ""))
        kind, ours, what, remedy = _CODES.get(code, _SERVICE_DOWN)
        raise kind(f"{doing} failed: {what} ({code}).", remedy=remedy, code=ours) from error
    except (NoCredentialsError, PartialCredentialsError, ProfileNotFound) as error:
        raise SettingsError(
            f"{doing} failed: there are no AWS credentials on this machine.",
            remedy="Set them up by any of AWS's standard ways, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
            code="exchange-credentials",
        ) from error
    except NoRegionError as error:
        raise SettingsError(
            f"{doing} failed: no AWS region is set.", remedy="Set `region` in [exchange].", code="wrong-region"
        ) from error
    except (AwsConnectionError, HTTPClientError) as error:
        raise TransientError(
            f"{doing} failed: AWS cannot be reached from this machine.",
            remedy="Check the internet connection, the proxy (HTTPS_PROXY) and the firewall: HTTPS to amazonaws.com.",
            code="exchange-unreachable",
        ) from error
    except BotoCoreError as error:
        raise TransientError(
            f"{doing} failed in AWS's client ({type(error).__name__}).",
            remedy="Check [exchange] and the AWS settings of this machine.",
            code="exchange-unavailable",
        ) from error
