"""The OpenAPI document is what the console does: every operation is tried with what it takes, and with what it does not."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from werkzeug.wrappers import Request, Response

from functions.console.handler import console, lambda_handler
from functions.console.openapi import openapi
from local.stack.http_api import event_of, response_of
from tests.conftest import LAMBDA
from tests.console.site import Site, Visitor
from tests.integration.cloud import cloud, context
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import school

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"
OPERATIONS = [
    (path, method)
    for path, operations in json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"].items()
    for method in operations
    if path != "/sign-out"
]
_CHECKS = (checks.not_a_server_error, checks.content_type_conformance, checks.response_schema_conformance)


def test_the_document_is_up_to_date() -> None:
    """`docs/openapi.json` is what `make openapi` would write now."""
    assert json.loads(DOCUMENT.read_text(encoding="utf-8")) == openapi(console())


class _SignedIn:
    """The console as a WSGI application, for somebody with all roles who sends the key of their forms along."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor

    def answer(self, request: Request) -> Response:
        if request.path == "/openapi.json":
            return Response(json.dumps(openapi(console())), content_type="application/json")
        event = event_of(request)
        event["headers"]["accept"] = "application/json"
        event["cookies"] = [f"{name}={value}" for name, value in self._visitor.cookies.items()]
        return response_of(lambda_handler(event, context("console")))


@pytest.fixture(scope="module")
def api() -> Iterator[tuple[Any, str]]:
    """Return the console's schema, over a school that was read once, and the key of the forms."""
    operoo = FakeOperoo()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in LAMBDA.items():
            patch.setenv(name, value)
        patch.setattr("functions.apply_records.handler.operoo", cache(lambda: operoo))
        with cloud(patch.setenv) as stack:
            stack.load(school(), 1)
            visitor = Site(stack, patch.setenv).visitor("administrator", "medical", "owner", "viewer")
            yield schemathesis.openapi.from_wsgi("/openapi.json", Request.application(_SignedIn(visitor).answer)), visitor.forms


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_whatever_is_sent_is_answered_as_the_document_says(api: tuple[Any, str], path: str, method: str) -> None:
    """No input ends in an error of ours, and each answer has the form that the document gives it."""
    document, forms = api

    @settings(max_examples=5, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None, database=None)
    @given(case=document[path][method.upper()].as_strategy())
    def sent(case: Any) -> None:
        if isinstance(case.body, dict):
            case.body["forms"] = forms
        case.call_and_validate(checks=list(_CHECKS))

    sent()
