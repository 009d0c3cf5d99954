"""Fetches the files that a medical profile links to, such as action plans: from the hosts that may be asked, and no others.

Where a link leads is up to whoever filled in the profile, so nothing of it is believed: host, size, time and type are checked.
"""

import re
from io import BytesIO
from zipfile import BadZipFile, ZipFile

import httpx

from functions.operoo.answers import status_words
from functions.operoo.errors import AttachmentGoneError, AttachmentRefusedError, OperooBusyError
from functions.operoo.medical_settings import AttachmentSettings
from functions.operoo.protocol import FetchedFile, FileType
from functions.operoo.transport import Call, Transport

_SIGNATURES: dict[bytes, FileType] = {b"%PDF-": "pdf", b"\xff\xd8\xff": "jpeg", b"\x89PNG\r\n\x1a\n": "png"}
_ZIP = b"PK\x03\x04"
_PAGE = re.compile(rb"\s*<(!doctype html|html)\b", re.IGNORECASE)
_REDIRECTS = 3
_LATER = "It is fetched by the next run."


class Attachments:
    """Fetches attachments within the limits of the settings.

    Args:
        settings: Hosts, size, time and types.
        base_url: Of Operoo, for links without a host.
        transport: Makes the calls, and has the clock.
    """

    def __init__(self, settings: AttachmentSettings, base_url: str, transport: Transport) -> None:
        self._settings = settings
        self._base = httpx.URL(base_url)
        self._transport = transport
        self._clock = transport.clock

    def fetch(self, link: str, *, what: str) -> FetchedFile:
        """Return the file behind a link.

        Args:
            link: An address, whole or on Operoo's host. It may hold a signature, so it never gets into an error.
            what: Whose it is in words, by identifier: it stands in errors.

        Raises:
            AttachmentGoneError: There is none; or a web page in its place, as where one has to sign in or something is mended.
            AttachmentRefusedError: The link leads where we may not ask, or to what we do not take.
            OperooUnavailableError: The host cannot serve now.
        """
        call = Call("GET", "", what)
        content = self._transport.repeated(lambda: self._content(call, self._address(self._base, link, what)))
        if _PAGE.match(content):
            raise _gone(what, "a web page in its place")
        kind = type_of(content)
        if kind is None or kind not in self._settings.types:
            raise _refused(what, f"is not one of {', '.join(self._settings.types)}")
        return FetchedFile(kind, content)

    def _content(self, call: Call, url: httpx.URL) -> bytes:
        for _ in range(_REDIRECTS + 1):
            with self._transport.stream(call, url) as answer:
                if not answer.is_redirect:
                    return self._read(call, answer)
                url = self._address(url, answer.headers.get("location", ""), call.what)
        raise _refused(call.what, f"was redirected more than {_REDIRECTS} times")

    def _address(self, base: httpx.URL, link: str, what: str) -> httpx.URL:
        try:
            url = base.join(link.strip())
        except (httpx.InvalidURL, ValueError):
            raise _refused(what, "has no address that can be understood") from None
        if url.userinfo or not (self._transport.is_own(url) or self._may_ask(url)):
            raise _refused(what, "leads to a host that is not among medical.attachments.hosts, or not by https")
        return url

    def _may_ask(self, url: httpx.URL) -> bool:
        return url.scheme == "https" and url.port is None and any(_fits(url.host, host) for host in self._settings.hosts)

    def _read(self, call: Call, answer: httpx.Response) -> bytes:
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
            raise OperooBusyError(f"{call.what}: the host cannot serve now ({status_words(answer)}).", remedy=_LATER)
        if not answer.is_success:
            raise _gone(call.what, status_words(answer))
        most = int(self._settings.most_mb * 1_000_000)
        until = self._clock() + self._settings.seconds
        content = bytearray()
        for piece in answer.iter_raw():
            content += piece
            if len(content) > most:
                raise _refused(call.what, f"is larger than {self._settings.most_mb:g} MB")
            if self._clock() > until:
                late = OperooBusyError(f"{call.what}: it takes more than {self._settings.seconds:g} seconds.", remedy=_LATER)
                late.at_once = False
                raise late
        return bytes(content)


def type_of(content: bytes) -> FileType | None:
    """Return what a file is by its content, None if it is nothing that we take. A document with macros is nothing we take."""
    found = next((kind for start, kind in _SIGNATURES.items() if content.startswith(start)), None)
    if found is None and content.startswith(_ZIP) and _is_document(content):
        return "docx"
    return found


def _is_document(content: bytes) -> bool:
    """Tell whether a ZIP is a Word document without macros, by its table of contents alone: nothing is unpacked."""
    try:
        with ZipFile(BytesIO(content)) as parts:
            names = {name.lower() for name in parts.namelist()}
    except (BadZipFile, ValueError, NotImplementedError):
        return False
    return {"[content_types].xml", "word/document.xml"} <= names and not any(name.endswith("vbaproject.bin") for name in names)


def _fits(host: str, allowed: str) -> bool:
    """Tell whether a host is the allowed one, or below it where that begins with `*.`."""
    allowed = allowed.lower()
    return host.endswith(allowed[1:]) if allowed.startswith("*.") else host == allowed


def _gone(what: str, why: str) -> AttachmentGoneError:
    return AttachmentGoneError(f"{what} is not there ({why}).", remedy=f"{_LATER} If it never is, look at it in Operoo.")


def _refused(what: str, why: str) -> AttachmentRefusedError:
    return AttachmentRefusedError(
        f"{what} {why}.", remedy="Look at the file in Operoo, or at medical.attachments in the Operoo settings."
    )
