"""Single calls, with httpx's own stand-in for a network: what the sandbox cannot be made to say."""

import gzip
from collections.abc import Callable, Iterator

import httpx
import pytest

from functions.operoo.client import OperooClient
from functions.operoo.errors import (
    CreateInDoubtError,
    ListingForbiddenError,
    OperooBusyError,
    OperooFailedError,
    OperooForbiddenError,
    ProfileGoneError,
)
from functions.operoo.settings import OperooSettings
from functions.operoo.transport import Transport
from shared.errors import FatalError, OperooDeniedError, RejectedRecordError, SettingsError


def _client(answer: httpx.Response | Exception, **settings: object) -> OperooClient:
    def respond(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content, request=request)

    return _spoken(respond, **settings)


Answers = Callable[[httpx.Request], httpx.Response]


def _spoken(respond: Answers, *, token: str = "k3y-of-tests", **given: object) -> OperooClient:
    settings = OperooSettings.model_validate(given)
    transport = Transport(settings, token, transport=httpx.MockTransport(respond), sleep=lambda _: None)
    return OperooClient(settings, transport)


def test_a_next_page_elsewhere_is_not_followed() -> None:
    """The token goes to Operoo's own host alone, whatever a Link header says."""
    client = _client(httpx.Response(200, json=[], headers={"Link": '<https://elsewhere.test/next>; rel="next"'}))
    with pytest.raises(FatalError, match="away from Operoo's own host"):
        client.find("members", request_id="1", integration_id="1")


def test_a_listing_that_goes_round_in_circles_ends() -> None:
    """Pages have an end, even if the server has none."""
    client = _client(httpx.Response(200, json=[], headers={"Link": '<groups?page=1>; rel="next"'}), pages_most=5, burst=10)
    with pytest.raises(FatalError, match="3 pages in a row held nothing new"):
        client.find("members", request_id="1", integration_id="1")


@pytest.mark.parametrize("name", ["integration_member_id", "integration_id"])
def test_a_create_that_is_answered_with_another_profile_links_nobody(name: str) -> None:
    """Where profiles are known by an address that a family shares, one child must not be kept in step in the other's."""
    client = _client(httpx.Response(200, json={"member": {"id": 41, name: "2", "request_email": "ann@example.test"}}))
    with pytest.raises(RejectedRecordError, match="profile 41") as caught:
        client.create("members", {"integration_member_id": "1", "request_email": "ann@example.test"})
    assert (caught.value.code, "ann" in str(caught.value)) == ("profile-foreign", False)
    same = _client(httpx.Response(200, json={"member": {"id": 41, name: "1"}}))
    assert same.create("members", {"integration_member_id": "1"}).id == "41"


@pytest.mark.parametrize("encoded", ["Collège".encode(), "Collège".encode("latin-1")])
def test_a_header_beyond_ascii_is_no_reason_to_fail(encoded: bytes) -> None:
    """A header may hold any bytes, such as the school's own name, and what the answer says is understood all the same."""
    client = _client(httpx.Response(201, json={"member": {"id": 41}}, headers=[(b"X-Organization", encoded)]))
    assert client.create("members", {"integration_member_id": "1"}).id == "41"


@pytest.mark.parametrize("status", [404, 410])
def test_who_is_gone_is_told_with_what_to_do(status: int) -> None:
    """The reason stands on a person's list, and this is the one that never goes away by itself."""
    with pytest.raises(ProfileGoneError, match="To have it made again, resync this record from apply on"):
        _client(httpx.Response(status)).update("members", "1", {"first_name": "A"})


def test_cookies_are_left_alone() -> None:
    """The token says who we are; what a web application wants kept may be what no request can carry, such as a name."""
    sent: list[str | None] = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers.get("Cookie"))
        return httpx.Response(200, json={}, headers=[(b"Set-Cookie", "school=Collège".encode()), (b"Set-Cookie", b"session=1")])

    client = _spoken(respond)
    for operoo_id in ("1", "2"):
        client.update("members", operoo_id, {"first_name": "A"})
    assert sent == [None, None]


def test_a_redirect_is_a_refusal() -> None:
    """A web application sends whom it does not know to its sign-in page: that is no answer, and is not followed."""
    client = _client(httpx.Response(302, headers={"Location": "https://groups.operoo.com/users/sign_in"}))
    with pytest.raises(OperooDeniedError, match="API key") as caught:
        client.update("members", "1", {"first_name": "A"})
    assert caught.value.code == "operoo-redirect"


@pytest.mark.parametrize(
    ("answer", "one", "all_"),
    [
        (httpx.Response(500), OperooFailedError, OperooBusyError),
        (httpx.RemoteProtocolError("gone"), OperooFailedError, OperooBusyError),
        (httpx.ReadTimeout("late"), OperooFailedError, OperooBusyError),
        (httpx.Response(200, html="<p>"), OperooFailedError, OperooBusyError),
        (httpx.Response(403), OperooForbiddenError, ListingForbiddenError),
        (httpx.Response(302), OperooForbiddenError, OperooDeniedError),
        (httpx.Response(401), OperooDeniedError, OperooDeniedError),
        (httpx.Response(429), OperooBusyError, OperooBusyError),
        (httpx.ConnectError("no"), OperooBusyError, OperooBusyError),
    ],
)
def test_what_may_be_about_one_record_alone_is_told_from_what_is_about_all(
    answer: httpx.Response | Exception, one: type[Exception], all_: type[Exception]
) -> None:
    """A record that always fails must not keep the others waiting; what a reading meets, all records meet."""
    client = _client(answer)
    for call, error in (
        (lambda: client.update("members", "1", {}), one),
        (lambda: client.find("members", request_id="1", integration_id="1"), all_),
    ):
        with pytest.raises(error) as caught:
            call()
        assert type(caught.value) is error


@pytest.mark.parametrize("status", [405, 406, 415, 501])
def test_a_call_that_is_not_spoken_is_a_setting(status: int) -> None:
    """A wrong verb or encoding fails for every record alike, so it must stop the run, not park all records."""
    with pytest.raises(SettingsError, match="Operoo does not know this call"):
        _client(httpx.Response(status)).update("members", "1", {"first_name": "A"})


@pytest.mark.parametrize("status", [400, 409, 418, 422])
def test_other_refusals_are_of_this_record(status: int) -> None:
    """The record is parked and the next one goes on."""
    with pytest.raises(RejectedRecordError, match=str(status)):
        _client(httpx.Response(status)).create("members", {"first_name": "A"})


@pytest.mark.parametrize("status", [400, 402, 409, 422, 423])
def test_a_listing_that_is_refused_stops_the_run_and_parks_nobody(status: int) -> None:
    """It concerns all records alike; parked one by one they would all wait for a person."""
    with pytest.raises(FatalError, match="Operoo does not know this call"):
        _client(httpx.Response(status)).find("members", request_id="1", integration_id="1")


def test_an_error_that_is_called_a_success_is_a_refusal() -> None:
    """Of this record, by whichever call; and in a listing it is no list."""
    client = _client(httpx.Response(200, json={"errors": {"first_name": ["is too long"]}}))
    for call in (client.create, lambda resource, fields: client.update(resource, "1", fields)):
        with pytest.raises(RejectedRecordError, match="It names: first_name"):
            call("members", {"first_name": "A"})
    with pytest.raises(FatalError, match="cannot be understood"):
        client.find("members", request_id="1", integration_id="1")


def test_pages_named_in_the_body_are_followed_and_half_a_listing_is_none() -> None:
    """Who stands on a page that was not read would be made a second time."""
    pages = {
        None: {"groups": [{"id": 1, "integration_group_id": "a"}], "meta": {"next": "?page=2", "total": 2}},
        "2": {"groups": [{"id": 2, "integration_group_id": "b"}], "meta": {"next": None, "total": 2}},
    }

    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=pages[request.url.params.get("page")], request=request)

    client = _spoken(respond)
    assert [one.id for one in client.find("groups", request_id="", integration_id="b")] == ["2"]
    client.forget()
    del pages[None]["meta"]["next"]  # type: ignore[attr-defined]
    with pytest.raises(FatalError, match="more than the 1 that could be read"):
        client.find("groups", request_id="", integration_id="b")


def test_pages_are_asked_for_by_number_where_the_settings_name_it() -> None:
    """Until one is empty, whatever size they have, and once more: pages may move while they are read."""
    asked: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        page = request.url.params["page"]
        asked.append(page)
        items = [{"id": f"{page}{n}", "integration_group_id": f"{page}-{n}"} for n in range({"1": 3, "2": 1}.get(page, 0))]
        return httpx.Response(200, json=items, headers={"X-Total-Pages": "2"}, request=request)

    client = _spoken(respond, resources={"groups": {"listing": {"page_parameter": "page"}}})
    assert [one.id for one in client.find("groups", request_id="", integration_id="2-0")] == ["20"]
    assert asked == ["1", "2", "3"] * 2


def test_an_answer_that_trickles_is_late() -> None:
    """Each byte comes in time, and the last one never: a call takes as long as it may, and no longer."""
    now = [0.0]

    def trickle() -> Iterator[bytes]:
        while True:
            now[0] += 20
            yield b" "

    settings = OperooSettings()
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=trickle()))
    transport = Transport(settings, "k3y-of-tests", transport=transport, clock=lambda: now[0], sleep=lambda _: None)
    client = OperooClient(settings, transport)
    for call, error in (
        (lambda: client.create("members", {"first_name": "A"}), CreateInDoubtError),
        (lambda: client.update("members", "1", {"first_name": "A"}), OperooFailedError),
    ):
        with pytest.raises(error, match="did not answer in time"):
            call()
    assert now[0] <= 2 * 80


def test_a_packed_answer_is_unpacked() -> None:
    """Once, whatever its headers said of its bytes on their way."""
    packed = gzip.compress(b'{"member": {"id": 41}}')
    headers = {"Content-Encoding": "gzip", "Content-Length": str(len(packed))}
    client = _spoken(lambda _: httpx.Response(201, headers=headers, stream=httpx.ByteStream(packed)))
    assert client.create("members", {"first_name": "A"}).id == "41"


@pytest.mark.parametrize("token", ["", "  ", "line\nbreak", "schlüssel", "tab\tbed", '{"token":"k3y"}', '"k3y"'])
def test_a_token_that_is_none_is_refused_at_once(token: str) -> None:
    """An HTTP library would quote it in its own error."""
    with pytest.raises(SettingsError, match="token") as caught:
        Transport(OperooSettings(), token)
    assert token.strip() not in str(caught.value) or not token.strip()


def test_a_header_that_cannot_be_made_quotes_nothing() -> None:
    """The library's own error quotes the header, and with it the token."""
    client = _client(httpx.LocalProtocolError("Illegal header value b'token-value'"))
    with pytest.raises(SettingsError) as caught:
        client.update("members", "1", {})
    assert caught.value.__cause__ is None
    assert "token-value" not in str(caught.value)


def test_an_identifier_cannot_lead_elsewhere() -> None:
    """Identifiers are opaque text: one that looks like a path stays one part of the path."""
    asked: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        return httpx.Response(204)

    client = _spoken(respond, auth="header")
    client.archive("members", "../groups/1?x")
    assert asked == ["/api/v1/members/..%2Fgroups%2F1%3Fx"]


def test_the_token_travels_as_the_settings_say() -> None:
    """In the query by v1's name, or raw in the header as v2 has it, with another name or prefix if asked for."""
    asked: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=[])

    for settings in (
        {},
        {"auth": "header"},
        {"auth": "header", "auth_name": "X-Key", "auth_prefix": "Key "},
        {"auth_name": "k"},
    ):
        client = _spoken(respond, token="k3y a", **settings)
        client.find("members", request_id="1", integration_id="1")
    query, header, named, other = asked
    assert (query.url.params["api_access_token"], query.url.params["profile_request"]) == ("k3y a", "true")
    assert header.headers["authorization"] == "k3y a"
    assert "api_access_token" not in header.url.params
    assert named.headers["x-key"] == "Key k3y a"
    assert other.url.params["k"] == "k3y a"
