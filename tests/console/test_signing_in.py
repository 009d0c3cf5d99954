"""Who comes in, and who does not."""

from tests.console.site import PASSWORD, Site, Visitor


def test_nobody_sees_anything_before_they_signed_in(site: Site) -> None:
    """A browser is sent to the door, a program is told."""
    assert Visitor().get("/").headers["location"] == "/sign-in"
    assert Visitor().get("/students", accept="application/json").json["code"] == "not-signed-in"
    assert Visitor().get("/sign-in").status == 200


def test_a_wrong_password_a_stranger_and_a_blocked_account_hear_the_same(site: Site) -> None:
    """Nobody learns who has an account."""
    site.person("known@school.example", "viewer")
    told = {
        (answer.status, answer.json["problem"])
        for email, password in (("known@school.example", "Wrong-Password-1"), ("unknown@school.example", PASSWORD))
        for answer in [Visitor().post("/sign-in", email=email, password=password, accept="application/json")]
    }
    assert len(told) == 1
    assert told.pop()[0] == 401


def test_the_cookie_is_for_the_browser_alone(site: Site) -> None:
    """No script reads it, no other site sends it along with a form."""
    site.person("known@school.example", "viewer")
    visitor = Visitor()
    (cookie,) = visitor.post("/sign-in", email="known@school.example", password=PASSWORD).cookies
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/"))


def test_signing_out_ends_the_session_also_for_who_kept_the_cookie(site: Site) -> None:
    """The session is on the server."""
    visitor = site.visitor("viewer")
    kept = dict(visitor.cookies)
    visitor.post("/sign-out")
    visitor.cookies = kept
    assert visitor.get("/").headers["location"] == "/sign-in"


def test_every_page_keeps_strangers_out(site: Site) -> None:
    """Headers say that nothing comes from elsewhere, and that nothing is kept."""
    visitor = site.visitor("viewer")
    for address in ("/", "/students", "/sign-in", "/nowhere"):
        headers = visitor.get(address).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
