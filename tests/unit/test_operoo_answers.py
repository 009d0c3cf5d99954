"""What Operoo's answers mean: Retry-After, envelopes, identifiers, and error bodies that quote personal data."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from functions.operoo.answers import (
    complained_fields,
    identifier_text,
    is_page,
    item_of,
    items_of,
    json_of,
    next_address,
    plain_names,
    retry_after,
    says_more,
    says_no,
    says_yes,
    shown_in,
)
from functions.operoo.listing import profile_of, texts_in
from functions.operoo.settings import OperooSettings

_NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sunday, 01-Mar-26 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30),
        ("", None),
        (None, None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("9" * 400, float("inf")),
        ("Sun, 01 Mar 99999999999 12:00:00 GMT", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    """Seconds or a date; a date that is past is now; nonsense is nothing."""
    assert retry_after(header, _NOW) == seconds


@pytest.mark.parametrize(
    "body",
    [
        {"id": 7},
        {"id": "7"},
        {"id": 7.0},
        [{"id": 7}],
        {"member": {"id": 7, "x": {}}},
        {"data": {"id": " 7 "}},
        {"data": [{"member": {"id": 7}}]},
    ],
)
def test_an_identifier_is_found_in_any_envelope(body: object) -> None:
    """Number or text, bare or wrapped."""
    assert identifier_text(item_of(body)["id"]) == "7"


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        [{"id": 7}, {"id": 8}],
        None,
        "7",
        {"id": None},
        {"id": True},
        {"id": ""},
        {"a": {"id": 1}, "b": {"id": 2}},
        {"id": 1.5},
    ],
)
def test_what_holds_no_identifier_is_refused(body: object) -> None:
    """Guessing an identifier would link a child to somebody else's profile."""
    with pytest.raises(ValueError, match="no id"):
        item_of(body)


@pytest.mark.parametrize(
    "body",
    [
        [{"id": 1}],
        {"groups": [{"id": 1}], "name": "School"},
        {"data": [{"id": 1}]},
        {"organization": {"id": 9, "groups": [{"id": 1}]}},
        {"data": {"groups": [{"group": {"id": 1}}]}},
    ],
)
def test_a_list_is_found_in_any_envelope(body: object) -> None:
    """Bare, under its name, under `data`, in an envelope, each item wrapped or not."""
    assert items_of(body, ("groups",)) == [{"id": 1}]


@pytest.mark.parametrize("body", [{}, {"name": "School"}, "x", 3, {"groups": None}, {"a": {}, "b": {}}, {"groups": "none"}])
def test_no_list_is_not_an_empty_list(body: object) -> None:
    """If nothing could be found, everything would be made twice."""
    with pytest.raises(ValueError, match="no list"):
        items_of(body, ("groups",))


def test_a_list_of_something_else_is_refused() -> None:
    """Identifiers alone cannot be matched."""
    with pytest.raises(ValueError, match="not an object"):
        items_of([1, 2], ())


def test_json_errors_do_not_quote_the_text() -> None:
    """A broken answer may hold a child's record."""
    with pytest.raises(ValueError, match="not JSON") as caught:
        json_of(httpx.Response(200, text="Zoë Secretname {"))
    assert caught.value.__cause__ is None
    assert not hasattr(caught.value, "doc")
    with pytest.raises(ValueError, match="not JSON"):
        json_of(httpx.Response(200, text="[" * 100_000))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(200, html="<p>Back soon</p>"), True),
        (httpx.Response(200, content=b"  <!DOCTYPE html>"), True),
        (httpx.Response(200, json={"a": "<"}), False),
        (httpx.Response(204), False),
        (httpx.Response(200, headers={"Content-Type": "text/html; charset=utf-8"}), False),
        (httpx.Response(200, headers={"Content-Type": "text/html"}, content=b' {"id": 1}'), False),
        (httpx.Response(200, headers={"Content-Type": "text/html"}, content=b"Back soon"), True),
    ],
)
def test_a_web_page_is_told_from_data(answer: httpx.Response, expected: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """By its content type, or by how it begins; Rails' bare "done" is called `text/html` and is empty."""
    assert is_page(answer) is expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(200, json={"errors": {"request_email": ["is taken"]}}), True),
        (httpx.Response(200, json={"error": "no"}), True),
        (httpx.Response(200, json={"success": False, "message": "no"}), True),
        (httpx.Response(200, json={"success": "false"}), True),
        (httpx.Response(200, json={"status": "Error"}), True),
        (httpx.Response(200, json={"id": 7, "status": "pending"}), False),
        (httpx.Response(200, json={"id": 7, "errors": [], "error": None, "success": True}), False),
        (httpx.Response(200, json=[{"error": "in a list"}]), False),
        (httpx.Response(200, text="OK"), False),
        (httpx.Response(204), False),
    ],
)
def test_a_no_is_heard_whatever_its_status(answer: httpx.Response, expected: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """An update that was refused with status 200 would otherwise pass for done."""
    assert says_no(answer) is expected


@pytest.mark.parametrize(
    ("body", "address", "more"),
    [
        ([{"id": 1}], "", False),
        ({"data": [{"id": 1}], "meta": {"total": "1", "total_pages": 1, "has_more": "false"}}, "", False),
        ({"data": [{"id": 1}], "meta": {"total": "2"}}, "", True),
        ({"data": [{"id": 1}], "page": 1, "total_pages": "3"}, "", True),
        ({"data": [{"id": 1}], "next": None, "meta": {"total": 1, "next_page": None}}, "", False),
        ({"data": [{"id": 1}], "has_more": True}, "", True),
        ({"data": [{"id": 1}], "meta": {"total": 2}}, "", True),
        ({"data": [{"id": 1}], "pagination": {"next_page": 2}}, "", True),
        ({"data": {"groups": [{"id": 1}], "total_count": 9}}, "", True),
        ({"data": [{"id": 1}], "links": {"next": "/api/v1/groups?page=2"}}, "/api/v1/groups?page=2", True),
        ({"data": [{"id": 1}], "next": "https://operoo.test/x?page=2"}, "https://operoo.test/x?page=2", True),
        ({"data": {"groups": [{"id": 1}], "meta": {"next": "/x?page=2"}}}, "/x?page=2", True),
        ({"data": [{"id": 1}], "meta": {"pagination": {"total": 2}}}, "", True),
        ({"status": "ok", "response": {"groups": [{"id": 1}], "meta": {"total_pages": 2}}}, "", True),
        ({"groups": [{"id": 1}], "settings": {"total": 9}}, "", False),
        ({"data": [{"id": 1}], "_links": {"next": {"href": "/x?page=2"}}}, "/x?page=2", True),
        ({"data": [{"id": 1}], "nextPage": "?page=2"}, "?page=2", True),
        ({"data": [{"id": 1}], "next": {"href": "groups?page=2"}}, "groups?page=2", True),
        ({"data": [{"id": 1}], "pageInfo": {"hasNextPage": True}}, "", True),
        ({"data": [{"id": 1}], "totalPages": 2}, "", True),
        ({"data": [{"id": 1}], "meta": {"next_cursor": "b64"}}, "", True),
        ({"data": [{"id": 1}], "total": "9" * 5000}, "", True),
    ],
)
def test_a_listing_that_goes_on_is_noticed(body: object, address: str, more: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """In the words that interfaces use for it; where there is an address it can be followed."""
    assert (next_address(body), says_more(httpx.Response(200), body, read=1, pages=1)) == (address, more)


@pytest.mark.parametrize(
    ("headers", "more"),
    [
        ({"X-Total-Count": "1", "X-Total-Pages": "1", "X-Next-Page": ""}, False),
        ({"X-Total": "2"}, True),
        ({"X-Next-Page": "2"}, True),
        ({"x-total-pages": "2"}, True),
        ({"X-Total": "many"}, False),
        ({"Content-Range": "items 0-0/9"}, True),
        ({"Content-Range": "items 0-0/*"}, False),
    ],
)
def test_a_listing_that_goes_on_is_noticed_by_its_headers(headers: dict[str, str], *, more: bool) -> None:
    """A plain list has no other place to say it."""
    assert says_more(httpx.Response(200, headers=headers), [{"id": 1}], read=1, pages=1) is more


@pytest.mark.parametrize(
    ("value", "yes"),
    [
        *((no, False) for no in (None, False, 0, "0", " False", "no", "")),
        *((yes, True) for yes in (True, 1, "1", "yes", "2026-01-01T00:00:00Z")),
    ],
)
def test_a_yes_is_told_from_a_no_however_it_is_written(value: object, *, yes: bool) -> None:
    """Who is archived by the text "0" is not archived: taken for gone, they would be made a second time."""
    assert says_yes(value) is yes
    item = {"id": 1, "user_request_id": "1", "archived": value}
    assert (profile_of(item, OperooSettings().resource("members"), "members") is None) is yes


def test_complaints_name_fields_and_nothing_else() -> None:
    """Of an error body only the names of fields that we sent are taken, however it is written."""
    sent = ("first_name", "request_email", "user_request_id")
    for body in (
        {"errors": {"request_email": ["'zoe@example.com' is taken"]}},
        {"errors": ["Request email 'zoe@example.com' is taken"]},
    ):
        assert complained_fields(httpx.Response(422, json=body), sent) == ["request_email"]
    assert complained_fields(httpx.Response(422, text="zoe@example.com Secretname"), sent) == []
    odd = {"Content-Type": "application/json; charset=base64"}
    assert complained_fields(httpx.Response(422, content=b'{"first_name": "x"}', headers=odd), sent) == ["first_name"]


def test_only_plain_names_of_an_answer_are_repeated() -> None:
    """A name at the top of an answer may be a child's; only what looks like a field's name is shown."""
    assert plain_names({"id": 1, "Zoë Secretname": 2, "groups": 3}) == "groups, id"
    assert plain_names([1]) == "no names"


@pytest.mark.parametrize(
    ("status", "body", "shown"),
    [
        (200, {"member": {"id": 7, "request_email": "old@example.test"}}, {"request_email": "old@example.test"}),
        (200, {"data": [{"id": "7", "first_name": "ANN ", "user_request_id": "1"}]}, {"first_name": "ANN "}),
        (200, {"id": 7, "request_email": None, "contacts": ["old"], "profile": {"city": "x"}}, {"request_email": ""}),
        (200, {"id": 7, "request_email": 5}, {}),
        (200, {"id": 8, "request_email": "old@example.test"}, {}),
        (202, {"id": 7, "request_email": "old@example.test"}, {}),
        (204, "", {}),
        (200, {"message": "done"}, {}),
        (200, [], {}),
        (200, "not JSON", {}),
    ],
)
def test_what_an_answer_shows_of_a_profile_is_read(status: int, body: object, shown: dict[str, str]) -> None:
    """Its texts that we may send, of that very profile, and nothing of what is yet to be done."""
    content = b"{" if body == "not JSON" else b"" if status == 204 else json.dumps(body).encode()
    found = shown_in(httpx.Response(status, content=content), {"member", "data"}, "7")
    assert texts_in(found, OperooSettings().resource("members")) == shown
