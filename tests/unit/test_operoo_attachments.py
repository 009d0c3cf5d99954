"""Files behind links: which hosts are asked and with what, how large and of what type a file may be, what is said of it."""

import logging
from collections.abc import Callable, Iterator
from io import BytesIO
from zipfile import ZipFile

import httpx
import pytest

from functions.operoo.attachments import Attachments, type_of
from functions.operoo.errors import AttachmentGoneError, AttachmentRefusedError
from functions.operoo.medical_settings import AttachmentSettings
from functions.operoo.protocol import FetchedFile
from functions.operoo.settings import OperooSettings
from functions.operoo.transport import Transport
from shared.errors import OperooUnavailableError

_BASE = "https://operoo.test/api/v1/"
_PDF = b"%PDF-1.7 plan"
Answers = Callable[[httpx.Request], httpx.Response]


def _zip(*names: str) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w") as parts:
        for name in names:
            parts.writestr(name, "x")
    return file.getvalue()


def _fetch(answers: Answers, link: str = "/files/1", **limits: object) -> FetchedFile:
    settings = OperooSettings.model_validate({"base_url": _BASE, "retries": {"attempts": 2}})
    ticks, transport = iter(range(10_000)), httpx.MockTransport(answers)
    clock = lambda: float(next(ticks))  # noqa: E731 - short as it is
    transport = Transport(settings, "t0ken-that-is-secret", transport=transport, clock=clock, sleep=lambda _: None)
    reader = Attachments(AttachmentSettings.model_validate(limits), _BASE, transport)
    return reader.fetch(link, what="Attachment of members 7")


def _pdf(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, stream=httpx.ByteStream(_PDF), headers={"Content-Type": "text/html"})


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (_PDF, "pdf"),
        (b"\xff\xd8\xff\xe0jpeg", "jpeg"),
        (b"\x89PNG\r\n\x1a\n....", "png"),
        (_zip("[Content_Types].xml", "word/document.xml"), "docx"),
        (_zip("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), None),
        (_zip("[Content_Types].xml", "xl/workbook.xml"), None),
        (b"PK\x03\x04 no zip", None),
        (b"<html><script>", None),
        (b"MZ\x90", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_content_says(content: bytes, kind: str | None) -> None:
    """Whatever its name or its type in the answer: four kinds are taken, and no macros."""
    assert type_of(content) == kind


def test_operoos_own_host_gets_the_token_and_others_do_not() -> None:
    """A link without a host is on Operoo's; an allowed host, and one below an allowed name, is asked as a stranger."""
    asked: list[httpx.Request] = []

    def answers(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return _pdf(request)

    hosts = ("files.test", "*.store.test")
    for link in ("/files/1", "https://operoo.test/x", "https://files.test/x?key=1", "https://a.b.store.test/x"):
        assert _fetch(answers, link, hosts=hosts).content == _PDF
    tokens = ["api_access_token" in request.url.params for request in asked]
    assert tokens == [True, True, False, False]
    assert not any("authorization" in request.headers for request in asked)


@pytest.mark.parametrize(
    "link",
    [
        "https://elsewhere.test/x",
        "https://store.test/x",
        "https://notstore.test/x",
        "http://files.test/x",
        "https://files.test:8443/x",
        "https://user:pass@files.test/x",
        "https://files.test@elsewhere.test/x",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "//elsewhere.test/x",
        "https://[::1/x",
        "javascript:alert(1)",
        "https://operoo.test.elsewhere.test/x",
    ],
)
def test_no_other_host_is_ever_asked(link: str) -> None:
    """Not by another scheme, port, name, nor by a name within a name: the refusal comes before any request."""

    def answers(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request)

    with pytest.raises(AttachmentRefusedError) as refusal:
        _fetch(answers, link, hosts=("files.test", "*.store.test"))
    assert "elsewhere" not in str(refusal.value)


def test_a_redirect_is_followed_to_an_allowed_host_alone() -> None:
    """File stores answer by another link: it goes without the token, and never anywhere else, nor in circles."""
    leads = {"/files/1": "https://files.test/signed?key=s", "/files/2": "https://elsewhere.test/x", "/files/3": "/files/3"}
    asked: list[httpx.Request] = []

    def answers(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        lead = leads.get(request.url.path)
        return httpx.Response(302, headers={"Location": lead}) if lead else _pdf(request)

    assert _fetch(answers, "/files/1", hosts=("files.test",)).type == "pdf"
    assert "api_access_token" not in asked[-1].url.params
    for link in ("/files/2", "/files/3"):
        with pytest.raises(AttachmentRefusedError):
            _fetch(answers, link, hosts=("files.test",))
    assert all(request.url.host in {"operoo.test", "files.test"} for request in asked)


def test_a_file_that_is_too_large_is_not_read_to_its_end() -> None:
    """Whatever length is claimed or not: reading stops at the limit."""
    given: list[bytes] = []

    def endless() -> Iterator[bytes]:
        for _ in range(1000):
            given.append(b"%PDF-" * 20_000)
            yield given[-1]

    with pytest.raises(AttachmentRefusedError, match="larger than 1 MB"):
        _fetch(lambda _: httpx.Response(200, content=endless()), most_mb=1)
    assert len(given) < 20


def test_a_file_that_drips_is_left_to_the_next_run() -> None:
    """Each piece in time is not enough: the whole has a limit too. It is not asked for again at once: it took time enough."""
    asked: list[str] = []

    def dripping() -> Iterator[bytes]:
        asked.append("file")
        for _ in range(1000):
            yield b"%"

    with pytest.raises(OperooUnavailableError, match="more than 5 seconds"):
        _fetch(lambda _: httpx.Response(200, content=dripping()), seconds=5)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, AttachmentGoneError),
        (403, AttachmentGoneError),
        (404, AttachmentGoneError),
        (410, AttachmentGoneError),
        (429, OperooUnavailableError),
        (500, OperooUnavailableError),
        (503, OperooUnavailableError),
    ],
)
def test_an_error_is_of_this_file_alone(status: int, error: type[Exception]) -> None:
    """A link that ran out stops nothing else; a host that is busy is asked again, and then by the next run."""
    asked: list[int] = []

    def answers(_: httpx.Request) -> httpx.Response:
        asked.append(status)
        return httpx.Response(status, content=b"Zoe's plan")

    with pytest.raises(error) as failure:
        _fetch(answers)
    assert "Zoe" not in str(failure.value)
    assert len(asked) == (1 if error is AttachmentGoneError else 2)


@pytest.mark.parametrize("page", [b"<html>please sign in", b"\r\n<!DOCTYPE html><title>Back soon</title>", b"<HTML lang=en>"])
def test_a_web_page_in_the_place_of_a_file_is_asked_for_again(page: bytes) -> None:
    """It says that one has to sign in, or that something is being mended: the plan is still to come."""
    with pytest.raises(AttachmentGoneError, match="a web page in its place"):
        _fetch(lambda _: httpx.Response(200, stream=httpx.ByteStream(page)))


def test_what_is_not_taken_is_refused() -> None:
    """A picture of another kind is no plan, and a school may take fewer types."""
    with pytest.raises(AttachmentRefusedError, match="is not one of") as failure:
        _fetch(lambda _: httpx.Response(200, stream=httpx.ByteStream(b"<svg/>")))
    assert not isinstance(failure.value, AttachmentGoneError)
    with pytest.raises(AttachmentRefusedError, match="is not one of jpeg"):
        _fetch(_pdf, types=("jpeg",))


def test_no_address_of_a_file_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The HTTP library logs each address, and this one may name a child and open the file."""
    with caplog.at_level(logging.DEBUG):
        fetched = _fetch(_pdf, "/files/zoe-lee-plan.pdf?key=signature")
    assert caplog.text == ""
    assert "%PDF" not in repr(fetched)
    assert len(fetched.digest) == 64
