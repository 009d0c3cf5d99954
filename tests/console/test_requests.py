"""What is asked for by other means than a page's own links and forms."""

from collections.abc import Mapping
from io import BytesIO

import pytest

from tests.console.site import Answer, Site, Visitor

JSON = {"Accept": "application/json"}
UNREADABLE = [
    ("text/plain", b"choice=select"),
    ("multipart/form-data", b"--a\r\n"),
    ("multipart/form-data; boundary=", b"--a\r\n"),
    ("application/json", b"{"),
    ("application/json", b"\xff\xfe"),
    ("application/json", b"[]"),
    ("application/json", b"[" * 100_000),
    ("application/json", b'{"forms": "\\ud800", "email": "\\ud800", "password": "\\udfff"}'),
    ("application/x-www-form-urlencoded", b"\xff"),
    ("application/x-www-form-urlencoded", b""),
]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("*/*", "text/html"),
        ("", "text/html"),
        ("text/html, application/json", "text/html"),
        ("application/json", "application/json"),
        ("Application/JSON; charset=utf-8", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
        ("*/*;q=0.1, application/json", "application/json"),
        ("text/html;q=0.5, application/json", "application/json"),
        ("application/json; q=0.5, text/html", "text/html"),
        ("application/json;q=0.9, */*", "text/html"),
        ("text/html;q=0, */*", "application/json"),
        ("application/json;q=0", "text/html"),
        ("application/*", "application/json"),
        ("application/json;q=much", "application/json"),
    ],
)
def test_who_names_json_gets_it(accept: str, form: str) -> None:
    """Unless they like a page better. Browsers name a page first, or anything."""
    assert Visitor().get("/sign-in", accept=accept).headers["content-type"].startswith(form)


def test_head_is_answered_as_get_is_without_what_is_shown(site: Site) -> None:
    """For whoever looks whether a page is there."""
    visitor = site.visitor("viewer")
    for address in ("/", "/students", "/sign-in", "/nowhere"):
        shown, head = visitor.get(address), visitor.send("HEAD", address, {"Accept": "text/html"})
        assert (head.status, head.headers, head.content) == (shown.status, shown.headers, b"")
    assert Visitor().send("HEAD", "/", {}).headers["location"] == "/sign-in"


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"])
def test_what_a_page_does_not_take_is_said(site: Site, method: str) -> None:
    """With what it takes; of what is no page nothing is."""
    visitor = site.visitor("administrator", "owner")
    for address, allow in (("/", "GET, HEAD"), ("/students/choose", "GET, HEAD, POST"), ("/account/password", "POST")):
        refused = visitor.send(method, address, JSON)
        assert (refused.status, refused.json["code"], refused.headers["allow"]) == (405, "no-such-method", allow)
        assert "default-src" in refused.headers["content-security-policy"]
    for address in ("/nowhere", "/nobody/7", "/a/b/c/d"):
        assert visitor.send(method, address, JSON).status == 404


def test_what_is_only_sent_to_cannot_be_looked_at(site: Site) -> None:
    """Who comes to such an address by its name is told."""
    refused = site.visitor("viewer").get("/account/password", accept="application/json")
    assert (refused.status, refused.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(("content_type", "body"), UNREADABLE)
def test_who_somebody_is_counts_before_what_they_sent(site: Site, content_type: str, body: bytes) -> None:
    """A stranger and a viewer hear nothing of the form; who may send it hears that it is not ours, or cannot be read."""

    def sent(visitor: Visitor) -> Answer:
        return visitor.send("POST", "/students/choose", {**JSON, "Content-Type": content_type}, body)

    assert (sent(Visitor()).status, sent(site.visitor("viewer")).json["code"]) == (401, "not-allowed")
    assert (sent(site.visitor("administrator")).status) in {403, 422}


@pytest.mark.parametrize(("content_type", "body"), UNREADABLE)
def test_what_a_stranger_sends_to_the_door_is_never_our_mistake(site: Site, content_type: str, body: bytes) -> None:
    """It sounds no alarm."""
    refused = Visitor().send("POST", "/sign-in", {**JSON, "Content-Type": content_type}, body)
    assert (refused.status, refused.json["code"]) == (422, "not-valid")


@pytest.mark.parametrize("form", [{}, {"forms": ""}, {"forms": "x"}, {"choice": "?", "seen": "x"}])
def test_a_form_that_is_not_ours_is_refused_as_such(site: Site, form: Mapping[str, str]) -> None:
    """Whatever else is in it."""
    refused = site.visitor("administrator").send("POST", "/students/choose", JSON, form)
    assert (refused.status, refused.json["code"]) == (403, "form-expired")


def test_a_file_is_no_text(site: Site) -> None:
    """Neither where the key of the form belongs, nor anywhere else."""
    visitor = site.visitor("administrator")
    for name in ("forms", "seen", "chosen"):
        files = {name: (BytesIO(b"x"), "x.txt")}
        refused = visitor.post("/students/choose", accept="application/json", files=files, choice="select", seen="x")
        assert (refused.status, refused.json["code"]) == (422, "not-valid")
