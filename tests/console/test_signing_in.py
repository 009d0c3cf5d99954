"""Who comes in, and who does not."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from botocore.exceptions import ClientError, EndpointConnectionError

from functions.console.access.user_pool import Person, UserPool
from functions.console.access.visits import end
from functions.console.web.addresses import from_segment, own_address, segment
from functions.runtime.wiring import user_pool
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


def test_nobody_is_signed_in_by_somebody_elses_page(site: Site) -> None:
    """Browsers say where a form comes from; programs say nothing."""
    site.person("known@school.example", "viewer")
    form = {"email": "known@school.example", "password": PASSWORD}
    came = {
        where: Visitor().send("POST", "/sign-in", {"Accept": "text/html", "Sec-Fetch-Site": where}, form).status
        for where in ("cross-site", "same-site", "same-origin", "none")
    }
    assert came == {"cross-site": 403, "same-site": 403, "same-origin": 303, "none": 303}


def test_the_cookie_is_for_the_browser_alone(site: Site) -> None:
    """No script reads it, no other site sends it along with a form."""
    site.person("known@school.example", "viewer")
    visitor = Visitor()
    (cookie,) = visitor.post("/sign-in", email="known@school.example", password=PASSWORD).cookies
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/"))


def test_signing_in_again_ends_the_session_that_this_browser_had(site: Site) -> None:
    """As somebody else, too; a password that is wrong ends nothing."""
    visitor = site.visitor("viewer")
    kept = Visitor()
    kept.cookies |= visitor.cookies
    site.person("next@school.example", "viewer")
    assert visitor.post("/sign-in", email="next@school.example", password="Wrong-Password-1").status == 401
    assert kept.get("/").status == 200
    assert visitor.post("/sign-in", email="next@school.example", password=PASSWORD).status == 303
    assert kept.get("/").headers["location"] == "/sign-in"
    assert visitor.get("/").status == 200


def test_signing_out_ends_the_session_also_for_who_kept_the_cookie(site: Site) -> None:
    """The session is on the server."""
    visitor = site.visitor("viewer")
    kept = dict(visitor.cookies)
    visitor.post("/sign-out")
    visitor.cookies = kept
    assert visitor.get("/").headers["location"] == "/sign-in"


def test_who_signs_out_while_another_page_is_made_stays_signed_out(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where that page asks Cognito again, it does not bring the session back."""
    visitor, ask_again = site.visitor("viewer"), UserPool.again

    def slowly(pool: UserPool, refresh_token: str) -> Person:
        person = ask_again(pool, refresh_token)
        monkeypatch.setattr("functions.console.access.visits.ASK_AGAIN", timedelta(hours=1))
        end(visitor.cookies["session"])
        return person

    monkeypatch.setattr("functions.console.access.visits.ASK_AGAIN", timedelta(-1))
    monkeypatch.setattr(UserPool, "again", slowly)
    assert visitor.get("/").status == 200
    assert visitor.get("/").headers["location"] == "/sign-in"


class _Unwell:
    """A Cognito that answers everything with one error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, _name: str) -> Callable[..., None]:
        def answer(**_given: object) -> None:
            raise self._error

        return answer


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "?"}}, "AdminInitiateAuth"),
        ClientError({"Error": {"Code": "InternalErrorException", "Message": "?"}}, "AdminInitiateAuth"),
        EndpointConnectionError(endpoint_url="https://cognito.example"),
    ],
    ids=["too many", "unwell", "away"],
)
def test_a_cognito_that_is_unwell_puts_nobody_out(site: Site, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """A browser is told in words that the page failed, and the session goes on; who signs out is out all the same."""
    visitor = site.visitor("viewer")
    with monkeypatch.context() as patch:
        patch.setattr("functions.console.access.visits.ASK_AGAIN", timedelta(-1))
        patch.setattr(user_pool(), "_client", _Unwell(error))
        failed = visitor.get("/students")
        assert (failed.status, "This page could not be made" in failed.text) == (500, True)
    assert visitor.get("/students").status == 200
    monkeypatch.setattr(user_pool(), "_client", _Unwell(error))
    assert visitor.post("/sign-out").headers["location"] == "/sign-in"
    assert visitor.get("/").headers["location"] == "/sign-in"


def test_every_page_keeps_strangers_out(site: Site) -> None:
    """Headers say that nothing comes from elsewhere, and that nothing is kept."""
    visitor = site.visitor("viewer")
    for address in ("/", "/students", "/sign-in", "/nowhere"):
        headers = visitor.get(address).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


def test_who_came_for_a_page_gets_there_after_signing_in(site: Site) -> None:
    """Also after a wrong password, which leaves the e-mail address where it was, but not in an address."""
    site.person("known@school.example", "viewer")
    site.person("new@school.example", "viewer")
    visitor = Visitor()
    wanted = f"/groups/{segment('class:A:2026:S:10/B')}?q=a%26b"
    door = visitor.get(wanted).headers["location"]
    assert parse_qs(urlsplit(door).query) == {"to": [wanted]}
    assert 'name="to" value="/groups/' in visitor.get(door).text
    typed = '"><b>known@school.example'
    refused = visitor.post("/sign-in", email=typed, password="Wrong-Password-1", to=wanted)
    assert 'value="&#34;&gt;&lt;b&gt;known@school.example"' in refused.text
    assert 'name="to" value="/groups/' in refused.text
    boto3.client("cognito-idp").admin_set_user_password(
        UserPoolId=site.pool, Username="new@school.example", Password=PASSWORD, Permanent=False
    )
    step = Visitor().post("/sign-in", email="new@school.example", password=PASSWORD, to=wanted)
    assert 'autocomplete="new-password"' in step.text
    assert 'name="to" value="/groups/' in step.text
    let_in = visitor.post("/sign-in", email="known@school.example", password=PASSWORD, to=wanted)
    assert let_in.headers["location"] == wanted
    assert Visitor().get("/").headers["location"] == "/sign-in"


def test_who_sends_a_form_too_late_comes_back_to_it(site: Site) -> None:
    """Nothing is done; they read so on the door, and are back on the page of the form once they are in."""
    site.person("known@school.example", "administrator")
    visitor = site.visitor("administrator")
    visitor.cookies.clear()
    door = visitor.post("/resync", page="http://localhost/resync?step=apply").headers["location"]
    assert parse_qs(urlsplit(door).query) == {"to": ["/resync?step=apply"], "undone": ["yes"]}
    shown = visitor.get(door).text
    assert "what you sent was not done" in shown
    assert 'name="to" value="/resync?step=apply"' in shown
    for page in ("", "http://evil.example/resync", "http://localhost//evil.example", "nonsense"):
        assert visitor.post("/resync", page=page).headers["location"] == "/sign-in?undone=yes"
    assert visitor.post("/sign-out").headers["location"] == "/sign-in"


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "\\/evil.example", "/\t/evil.example", "/\n//evil.example",
        " //evil.example", "/%0d\r\nSet-Cookie: a=b", "///evil.example", "/a//evil.example", "javascript:alert(1)",
        "evil.example", "", "/sign-out", "/sign-in?to=/", "/\u2028", "/ö", "/\x7f", "/" + "a" * 2000,
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere_by_signing_in(text: str) -> None:
    """Only what is a page of ours to every browser is kept."""
    assert own_address(text) == ""


def test_an_address_of_ours_is_kept() -> None:
    """With its query."""
    for text in ("/", "/students?year_level=7&show=problem", f"/groups/{segment('class:A:2026:S:10/Ä B?#%1')}"):
        assert own_address(text) == text


def test_an_address_with_a_longer_key_than_dynamodb_takes_names_nothing() -> None:
    """It is not asked for it."""
    assert from_segment("%C3%A4" * 400) == "ä" * 400
    with pytest.raises(NotFoundError):
        from_segment("%C3%A4" * 401)


def test_a_door_with_a_foreign_address_leads_home(site: Site) -> None:
    """Whether it is in the link or in the form."""
    site.person("known@school.example", "viewer")
    visitor = Visitor()
    assert "evil" not in visitor.get("/sign-in?to=//evil.example").text
    let_in = visitor.post("/sign-in", email="known@school.example", password=PASSWORD, to="//evil.example")
    assert let_in.headers["location"] == "/"
