"""HTTP on this machine becomes the event that API Gateway would make of it, and an answer the response."""

import base64

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from local.stack.http_api import event_of, response_of


def request(**but: object) -> Request:
    """Return a request."""
    return Request(EnvironBuilder(**but).get_environ())  # type: ignore[arg-type]


def test_a_request_is_told_as_payload_format_2_0_has_it() -> None:
    """Names of headers are small, values under one name are joined, cookies stand apart, what is empty is left out."""
    event = event_of(
        request(path="/students", query_string="ids=1&ids=2&q=a%20b", headers={"Accept": "text/html", "Cookie": "a=1; b=2"})
    )
    assert (event["version"], event["rawPath"], event["requestContext"]["http"]["method"]) == ("2.0", "/students", "GET")
    assert event["queryStringParameters"] == {"ids": "1,2", "q": "a b"}
    assert event["rawQueryString"] == "ids=1&ids=2&q=a%20b"
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["headers"]["accept"] == "text/html"
    assert "cookie" not in event["headers"]
    assert not {"body", "cookies", "queryStringParameters"} & set(event_of(request(path="/")))


def test_nobody_can_say_that_they_came_by_https() -> None:
    """What a client claims is replaced."""
    assert event_of(request(headers={"X-Forwarded-Proto": "https"}))["headers"]["x-forwarded-proto"] == "http"


def test_forms_come_as_text_and_files_as_base64() -> None:
    """As API Gateway tells them apart."""
    form = event_of(request(method="POST", data={"a": "é"}))
    assert (form["isBase64Encoded"], form["body"]) == (False, "a=%C3%A9")
    image = event_of(request(method="POST", data=b"\xff\xd8\x00", content_type="image/jpeg"))
    assert (image["isBase64Encoded"], base64.b64decode(image["body"])) == (True, b"\xff\xd8\x00")


def test_an_answer_becomes_a_response() -> None:
    """Bytes come back as bytes, each cookie has a header of its own, and no answer is an error of the server."""
    answer = {
        "statusCode": 200,
        "headers": {"Content-Type": "image/png"},
        "cookies": ["a=1; Path=/", "b=2"],
        "body": base64.b64encode(b"\x89P").decode(),
        "isBase64Encoded": True,
    }
    response = response_of(answer)
    assert (response.get_data(), response.content_type) == (b"\x89P", "image/png")
    assert response.headers.getlist("Set-Cookie") == ["a=1; Path=/", "b=2"]
    assert response_of(None).status_code == 500
