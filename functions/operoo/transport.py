"""One call to Operoo: token, budget, retries, and every failure translated. No resource or field is known here."""

import random
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Self, TypeVar

import httpx

from functions.operoo.answers import complained_fields, is_page, retry_after, says_no, status_words
from functions.operoo.budget import Budget
from functions.operoo.errors import (
    CALL_UNKNOWN,
    MADE_AGAIN,
    CreateInDoubtError,
    ListingForbiddenError,
    OperooBusyError,
    OperooFailedError,
    OperooForbiddenError,
    ProfileGoneError,
    RefusedError,
)
from functions.operoo.redaction import TokenFilter, unlogged
from functions.operoo.settings import OperooSettings
from shared.errors import IntegrationError, OperooDeniedError, OperooUnavailableError, SettingsError

_AGENT = "operoo-synergetic"
_LATER = "Nothing is lost: what waits is tried again by the next run."
_OF_JSON = frozenset('{}"')
_TOKEN_NAMES = {"query": "api_access_token", "header": "Authorization"}
_GONE = frozenset({404, 410})
_NOT_SPOKEN = frozenset({404, 405, 406, 410, 415, 501})
# What headers say of the bytes on their way, not of what was unpacked from them.
_OF_THE_WIRE = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Call:
    """What to ask.

    Attributes:
        what: The call in words, with identifiers at most: it stands in errors.
        path: Relative to the base address, or a whole address on the same host.
        repeatable: Doing it twice is the same as doing it once. Only what is not may end in doubt.
        names_profile: The path ends in a profile's identifier, so 404 says that the profile is gone.
        files: Files by the name of their field: name, content and type; sent as a multipart form.
        sent: Names of the fields in the body; of these an error may speak.
    """

    method: str
    path: str
    what: str
    query: tuple[tuple[str, str], ...] = ()
    content: bytes | None = None
    content_type: str = ""
    files: Mapping[str, tuple[str, bytes, str]] | None = None
    repeatable: bool = True
    names_profile: bool = False
    sent: tuple[str, ...] = ()

    @property
    def about_all(self) -> bool:
        """Whether what it meets concerns all records, and not perhaps just the one that it writes or asks for."""
        return self.method == "GET" and not self.names_profile


class Transport:
    """Makes calls with one school's token, within its budget. As a context manager it closes its connections.

    Args:
        settings: Address, authentication, timeouts, retries and budget.
        token: The API access token.
        transport: Stands in for the network in tests.
        clock: Monotonic seconds.
        sleep: Waits that many seconds.

    Raises:
        SettingsError: The token is not one.
    """

    def __init__(
        self,
        settings: OperooSettings,
        token: str,
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        auth = _Token(settings, token)
        self.clock = clock
        self._base = httpx.URL(settings.base_url)
        self._retries = settings.retries
        self._patience = settings.timeouts.read
        self._sleep = sleep
        self._budget = Budget(per_second=settings.requests_per_second, burst=settings.burst, clock=clock, sleep=sleep)
        timeouts = settings.timeouts
        self._http = httpx.Client(
            auth=auth,
            headers={"User-Agent": _AGENT, "Accept": "application/json"},
            timeout=httpx.Timeout(connect=timeouts.connect, read=timeouts.read, write=timeouts.write, pool=timeouts.connect),
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            transport=transport,
        )

    def __enter__(self) -> Self:
        """Return the caller itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._http.close()

    def make(self, call: Call) -> httpx.Response:
        """Make a call, again as long as that is safe and may help, and return the answer to it.

        Raises:
            OperooDeniedError: Operoo refuses the key or our address.
            OperooUnavailableError: Operoo cannot be reached or cannot serve.
            CreateInDoubtError: A call that is not repeatable may or may not have been carried out.
            ProfileGoneError: The profile that the path names does not exist.
            RejectedRecordError: Operoo does not accept the content.
            SettingsError: Operoo does not know the call at all.
        """
        return self.repeated(lambda: self._once(call))

    def repeated(self, once: Callable[[], _Answer]) -> _Answer:
        """Do something, again as long as Operoo is merely busy and tries are left.

        Raises:
            OperooUnavailableError: Operoo cannot be reached or cannot serve.
        """
        attempt = 1
        while True:
            try:
                return once()
            except OperooBusyError as error:
                if attempt >= self._retries.attempts or not error.at_once:
                    raise
                self._sleep(self._pause(attempt, error.retry_after))
            attempt += 1

    def _pause(self, attempt: int, asked: float | None) -> float:
        """Return what Operoo asks for, else a time drawn from zero to a limit that doubles, so that callers spread out."""
        limit = min(self._retries.backoff_most, self._retries.backoff * 2 ** (attempt - 1))
        return random.uniform(0, limit) if asked is None else asked  # noqa: S311 - spreads callers, guards nothing

    @contextmanager
    def stream(self, call: Call, url: httpx.URL) -> Iterator[httpx.Response]:
        """Ask for `url` and yield the answer to be read bit by bit; the token goes along to Operoo's own host alone.

        Raises:
            OperooUnavailableError: The host cannot be reached or breaks off.
        """
        self._budget.spend()
        auth = httpx.USE_CLIENT_DEFAULT if self.is_own(url) else None
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        with unlogged(), _translated(call), self._http.stream(call.method, url, headers=headers, auth=auth) as answer:
            yield answer

    def is_own(self, url: httpx.URL) -> bool:
        """Tell whether an address is on Operoo's own host, which alone may see the token."""
        return (url.scheme, url.host, url.port) == (self._base.scheme, self._base.host, self._base.port)

    def unmasked(self, url: httpx.URL) -> httpx.URL:
        """Return an address as it is from outside: who stands behind something that does TLS may take itself for `http`."""
        ours = self._base.scheme == "https" and (url.scheme, url.host, url.port) == ("http", self._base.host, self._base.port)
        return url.copy_with(scheme="https") if ours else url

    def _once(self, call: Call) -> httpx.Response:
        self._budget.spend()
        url = self._url(call)
        headers = {"Content-Type": call.content_type} if call.content_type else {}
        with (
            _translated(call),
            self._http.stream(call.method, url, content=call.content, files=call.files, headers=headers) as stream,
        ):
            answer = self._whole(stream)
        if not answer.is_success:
            raise self._failure(call, answer)
        if is_page(answer):
            raise _no_service(call, "answered with a web page instead of data")
        if not call.about_all and says_no(answer):
            raise _rejected(call, answer)
        return answer

    def _whole(self, stream: httpx.Response) -> httpx.Response:
        """Return an answer with its body, which has to come in the time that Operoo has for one: a trickle would never end."""
        until = self.clock() + self._patience
        pieces = []
        for piece in stream.iter_bytes():
            pieces.append(piece)
            if self.clock() > until:
                raise httpx.ReadTimeout("The answer does not end.", request=stream.request)
        # As bytes: a header may hold what no encoding reads, such as the school's own name.
        headers = [(name, value) for name, value in stream.headers.raw if name.lower() not in _OF_THE_WIRE]
        return httpx.Response(stream.status_code, headers=headers, content=b"".join(pieces), request=stream.request)

    def _url(self, call: Call) -> httpx.URL:
        with _translated(call):
            url = self._base.join(call.path)
        if not self.is_own(url):
            raise SettingsError(
                f"{call.what} leads away from Operoo's own host.",
                remedy="The token goes to the host of base_url alone: check the paths in the settings, or set page_parameter.",
                code="operoo-other-host",
            )
        return url.copy_merge_params(httpx.QueryParams(call.query)) if call.query else url

    def _failure(self, call: Call, answer: httpx.Response) -> IntegrationError:
        status = answer.status_code
        if status in {401, 403} or answer.is_redirect:
            return _denied(call, answer)
        if status == httpx.codes.TOO_MANY_REQUESTS:
            return self._busy(call, answer)
        if call.names_profile and status in _GONE:
            return ProfileGoneError(
                f"{call.what}: Operoo has no such profile any more ({status_words(answer)}).", remedy=MADE_AGAIN
            )
        # A reading of all names no record: what is wrong with it is wrong for all, and must not park them one by one.
        failed = status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.REQUEST_TIMEOUT
        if status in _NOT_SPOKEN or (call.about_all and not failed):
            return SettingsError(
                f"{call.what}: Operoo does not know this call ({call.method}, {status_words(answer)}).",
                remedy="Check base_url, paths and verbs in the Operoo settings against docs/operoo-assumptions.md.",
                code=CALL_UNKNOWN,
            )
        if not failed:
            return _rejected(call, answer)
        return self._busy(call, answer) if call.repeatable else _in_doubt(call, f"answered {status_words(answer)}")

    def _busy(self, call: Call, answer: httpx.Response) -> OperooUnavailableError:
        asked = retry_after(answer.headers.get("retry-after"), datetime.now(UTC))
        what = f"{call.what}: Operoo cannot serve now ({status_words(answer)})."
        if asked is not None and asked > self._retries.wait_most:
            return OperooUnavailableError(f"{what} It asks to wait {asked:.0f} seconds.", remedy=_LATER)
        too_many = answer.status_code == httpx.codes.TOO_MANY_REQUESTS
        error = OperooBusyError(what, remedy=_LATER) if too_many else _failed(call, what)
        error.retry_after = asked
        return error


class _Token(httpx.Auth):
    """Puts the token on a request at the last moment, so that no address that we build or name holds it."""

    def __init__(self, settings: OperooSettings, token: str) -> None:
        secret = token.strip()
        # AWS's own page stores a name and a value unless told otherwise: JSON, which Operoo would take for a wrong token.
        if not secret or not secret.isascii() or not secret.isprintable() or not _OF_JSON.isdisjoint(secret):
            raise SettingsError(
                "The Operoo token is empty, or holds characters that no token has.",
                remedy="Store the API access token alone, as plain text, in the secret, without quotation marks or braces.",
                code="operoo-token",
            )
        TokenFilter.guard(secret)
        self._in_query = settings.auth == "query"
        self._name = settings.auth_name or _TOKEN_NAMES[settings.auth]
        self._value = secret if self._in_query else settings.auth_prefix + secret

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the token to the query or to a header."""
        if self._in_query:
            request.url = request.url.copy_merge_params({self._name: self._value})
        else:
            request.headers[self._name] = self._value
        yield request


@contextmanager
def _translated(call: Call) -> Iterator[None]:
    """Turn httpx's errors into ours: the one place where that is done."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
        raise OperooBusyError(f"{call.what}: Operoo cannot be reached.", remedy=_LATER) from error
    except (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL):
        # Not chained: the cause quotes the header or the address, which may hold the token.
        raise SettingsError(
            f"{call.what}: the request cannot be made.",
            remedy="Check base_url, auth_name and the paths.",
            code="operoo-settings",
        ) from None
    except httpx.TimeoutException as error:
        late = _no_service(call, "did not answer in time")
        if isinstance(late, OperooFailedError):
            late.at_once = False
        raise late from error
    except httpx.RequestError as error:
        raise _no_service(call, "broke off the connection") from error


def _no_service(call: Call, how: str) -> IntegrationError:
    return _failed(call, f"{call.what}: Operoo {how}.") if call.repeatable else _in_doubt(call, how)


def _failed(call: Call, what: str) -> OperooBusyError:
    return (OperooBusyError if call.about_all else OperooFailedError)(what, remedy=_LATER)


def _in_doubt(call: Call, how: str) -> CreateInDoubtError:
    return CreateInDoubtError(
        f"{call.what}: Operoo {how}, so it may have been done or not.", remedy="It is looked up before it is tried again."
    )


def _denied(call: Call, answer: httpx.Response) -> OperooDeniedError:
    by_key = (answer.is_redirect and call.about_all) or answer.status_code == httpx.codes.UNAUTHORIZED
    forbidden = ListingForbiddenError if call.about_all else OperooForbiddenError
    return (OperooDeniedError if by_key else forbidden)(
        f"{call.what}: Operoo refused us ({status_words(answer)}). Either the API key is wrong or was regenerated, "
        "or the address that this system calls from is not on Operoo's list of allowed IP addresses.",
        remedy="Only a Super Administrator of the school's Operoo can see or make a key; store it in the Operoo secret. "
        "The address to list is an output of the stack. Nothing is lost: everything stays pending.",
        code="operoo-redirect" if answer.is_redirect else None,
    )


def _rejected(call: Call, answer: httpx.Response) -> RefusedError:
    named = complained_fields(answer, call.sent)
    fields = f" It names: {', '.join(named)}." if named else ""
    refused = RefusedError(
        f"{call.what}: Operoo does not accept it ({status_words(answer)}).{fields}",
        remedy="Correct the record in Synergetic; it is tried again when it changes.",
    )
    refused.status, refused.fields = answer.status_code, frozenset(named)
    return refused
