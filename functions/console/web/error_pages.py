"""What is answered when a page cannot be: in plain words, as HTML or JSON, and without a word of what is inside."""

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from pydantic import BaseModel

from functions.console.access.visits import ForgedFormError, NotAllowedError, NotSignedInError, Visit, visit_of
from functions.console.web.addresses import SINGULARS, address_of, own_address
from functions.console.web.cookies import session_cookie, session_in
from functions.console.web.pages import Answer, html, secured, wants_html
from functions.runtime.observability import account, failed, logger
from shared.errors import IntegrationError


class Failure(BaseModel):
    """Why a page could not be answered."""

    code: str
    what: str
    remedy: str = ""


_STATUS: dict[type[IntegrationError], HTTPStatus] = {
    NotSignedInError: HTTPStatus.UNAUTHORIZED,
    NotAllowedError: HTTPStatus.FORBIDDEN,
    ForgedFormError: HTTPStatus.FORBIDDEN,
}


def add_to(app: APIGatewayHttpResolver) -> None:
    """Register what is answered to errors."""
    handlers: dict[type[Exception], Callable[..., Answer]] = {
        NotSignedInError: partial(_sign_in_first, app),
        IntegrationError: partial(_ours, app),
        RequestValidationError: partial(_not_valid, app),
        Exception: partial(_unforeseen, app),
    }
    for error, handler in handlers.items():
        app.exception_handler(error)(handler)
    app.not_found(partial(_nowhere, app))


def _sign_in_first(app: APIGatewayHttpResolver, error: NotSignedInError) -> Answer:
    if not wants_html(app.current_event.headers):
        return _answer(app, HTTPStatus.UNAUTHORIZED, _told(error))
    event = app.current_event
    looked = event.http_method == "GET"
    wanted = own_address(address_of(event.path, event.raw_query_string)) if looked else _page_of_form(event.headers)
    asked = ({"to": wanted} if wanted.strip("/") else {}) | ({} if looked or event.path == "/sign-out" else {"undone": "yes"})
    door = f"/sign-in?{urlencode(asked)}" if asked else "/sign-in"
    return secured(Response(status_code=303, headers={"Location": door}, cookies=[session_cookie("", event.headers)]))


def _page_of_form(headers: Mapping[str, str]) -> str:
    """Return the page of ours from which a form was sent, as the browser says; nothing if it does not."""
    try:
        page = urlsplit(headers.get("referer", ""))
    except ValueError:
        return ""
    return own_address(page.path + (f"?{page.query}" if page.query else "")) if page.netloc == headers.get("host", "") else ""


def _ours(app: APIGatewayHttpResolver, error: IntegrationError) -> Answer:
    return _answer(app, _STATUS.get(type(error), HTTPStatus.CONFLICT), _told(error))


def _not_valid(app: APIGatewayHttpResolver, error: RequestValidationError) -> Answer:
    places = [tuple(map(str, one["loc"])) for one in error.errors()]
    if any(place[0] == "path" for place in places):
        return _nowhere(app)
    names = ", ".join(sorted(set(map(_field, places))))
    failure = Failure(code="not-valid", what=f"This cannot be read: {names}.", remedy="Go back and correct it.")
    return _answer(app, HTTPStatus.UNPROCESSABLE_ENTITY, failure)


def _field(place: tuple[str, ...]) -> str:
    """Return the field that a fault is in, as a person would call it: neither its group nor which of several values it is."""
    return next((one for one in reversed(place) if not one.isdecimal()), place[0]).replace("_", " ")


def _nowhere(app: APIGatewayHttpResolver, _error: NotFoundError | None = None) -> Answer:
    methods = _methods_of(app)
    if methods and app.current_event.http_method not in methods:
        failure = Failure(code="no-such-method", what="That cannot be asked here.", remedy="Start from Home.")
        answer = _answer(app, HTTPStatus.METHOD_NOT_ALLOWED, failure)
        answer.headers["Allow"] = ", ".join(sorted(methods))
        return answer
    nothing = "There is nothing here: no such page, person, group or run."
    failure = Failure(code="no-such-page", what=nothing, remedy="Start from Home, and look for it there.")
    return _answer(app, HTTPStatus.NOT_FOUND, failure)


def _methods_of(app: APIGatewayHttpResolver) -> set[str]:
    """Return by which methods something may be asked of the address, where it is one of the console's."""
    routes = (*app._static_routes, *app._dynamic_routes)  # noqa: SLF001 - Powertools tells of none but the route it found
    found = [(route.method, route.rule.match(app.current_event.path)) for route in routes]
    methods = {method for method, match in found if match and match.groupdict().get("kind", "staff") in SINGULARS}
    return methods | ({"HEAD"} if "GET" in methods else set())


def _unforeseen(app: APIGatewayHttpResolver, error: Exception) -> Answer:
    failed("page failed", error)
    failure = Failure(
        code="page-failed",
        what="This page could not be made.",
        remedy="Try again. If it goes on, whoever runs the system finds the reason in the function's log.",
    )
    return _answer(app, HTTPStatus.INTERNAL_SERVER_ERROR, failure)


def _told(error: IntegrationError) -> Failure:
    return Failure(code=error.code, what=error.what, remedy=error.remedy)


def _visit(app: APIGatewayHttpResolver) -> Visit | None:
    """Return whose request failed, so that the page keeps its frame; it may have failed before that was found out."""
    try:
        return app.context.get("visit") or visit_of(
            session_in(app.current_event.resolved_cookies_field, app.current_event.headers)
        )
    except IntegrationError:
        return None
    except Exception as error:  # noqa: BLE001 - what the page failed for may well fail here too, and must be told all the same
        logger().warning("who asks is not known", **account(error))
        return None


def _answer(app: APIGatewayHttpResolver, status: HTTPStatus, failure: Failure) -> Answer:
    event = app.current_event
    if wants_html(event.headers):
        back = _page_of_form(event.headers) if event.http_method == "POST" else ""
        page = {**failure.model_dump(), "back": back}
        return secured(html(app, "failure.html.j2", page, visit=_visit(app), status=status))
    return secured(Response(status_code=status, content_type="application/json", body=failure.model_dump()))
