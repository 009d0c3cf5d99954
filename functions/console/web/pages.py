"""Pages: a route answers what it has to say as a model; a browser gets that as HTML, a program as JSON.

A route states who may use it. What changes something is a POST with a form that only our own pages can make.
"""

import re
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Signature, signature
from typing import Annotated, Any, TypeVar, cast

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver, Router
from aws_lambda_powertools.event_handler.middlewares import BaseMiddlewareHandler
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import OpenAPIResponseValidationMiddleware
from aws_lambda_powertools.event_handler.openapi.params import Form
from pydantic import BaseModel

from functions.console.access.roles import Role
from functions.console.access.visits import Visit, forged, visit_of
from functions.console.web.cookies import said_cookie, said_in, session_in
from functions.console.web.navigation import PLACES
from functions.console.web.reading import READ, form_key
from functions.console.web.rendering import render
from functions.console.web.security import HEADERS
from functions.runtime.wiring import given_settings

Route = TypeVar("Route", bound=Callable[..., Any])
Answer = Response[Any]
Next = Callable[[APIGatewayHttpResolver], Answer]
Middleware = Callable[[APIGatewayHttpResolver, Next], Answer] | BaseMiddlewareHandler[APIGatewayHttpResolver]
FormKey = Annotated[str, Form(description="What the page's forms carry, so that no other page can send one.")]
# Lambda answers 6 MB at most, of which a quarter is for the way that bytes take, and some for the rest of the answer.
LARGEST_FILE = 4_400_000
_ELSEWHERE = range(300, 400)
_PAGE, _JSON, _HTML = "text/html", "application/json", "text/html; charset=utf-8"
# The nearest first.
_PAGES, _PROGRAMS = (_PAGE, "text/*", "*/*"), (_JSON, "application/*", "*/*")
_QUALITY = re.compile(r"[01](\.\d{0,3})?")
_ANY: Any = {"*/*": {}}
_AS_STATED = OpenAPIResponseValidationMiddleware(has_response_validation_error=True)


class Done(BaseModel):
    """What an action answers: what was done, and where that can be seen."""

    said: str
    see: str


class Pages(Router):
    """The routes of one part of the console."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def page(self, rule: str, template: str, *, role: Role | None = "viewer") -> Callable[[Route], Route]:
        """Register a page, for those who have a role; without one, for everybody who is signed in."""
        return self._registered(self.get, rule, [_allowed(role), READ, _shown(template)])

    def door(self, rule: str, template: str, *, sends: bool = False) -> Callable[[Route], Route]:
        """Register a page for those who are not signed in yet, or what its form sends."""
        return self._registered(self.post if sends else self.get, rule, [_from_here, READ, _shown(template)])

    def action(self, rule: str, *, role: Role | None) -> Callable[[Route], Route]:
        """Register what changes something, for the same. Its route takes `forms: FormKey` and answers `Done`."""
        return self._registered(self.post, rule, [_allowed(role), _ours, READ, _see_other])

    def file(self, rule: str, *, role: Role = "viewer") -> Callable[[Route], Route]:
        """Register what is downloaded or shown as it is; its route answers an `Answer` with bytes."""
        register = self.get(
            rule,
            middlewares=[_allowed(role), READ, _AS_STATED],
            responses={200: {"description": "The file", "content": _ANY}},
        )
        return lambda route: register(as_bytes(route))

    def visit(self) -> Visit:
        """Return whose request this is."""
        visit: Visit = self.context["visit"]
        return visit

    def _registered(self, method: Any, rule: str, middlewares: list[Middleware]) -> Callable[[Route], Route]:  # noqa: ANN401
        decorator: Callable[[Route], Route] = method(rule, middlewares=[*middlewares, _AS_STATED])
        return decorator


def as_bytes(route: Route) -> Route:
    """Return a route that Powertools knows no answer's type of: it would make JSON of it."""

    @wraps(route)
    def answered(**given: Any) -> Any:  # noqa: ANN401 - whatever the route takes and answers
        return route(**given)

    untyped = signature(route).replace(return_annotation=Signature.empty)
    answered.__signature__ = untyped  # type: ignore[attr-defined]
    return cast("Route", answered)


def _allowed(role: Role | None) -> Middleware:
    def check(app: APIGatewayHttpResolver, go_on: Next) -> Answer:
        event = app.current_event
        visit = visit_of(session_in(event.resolved_cookies_field, event.headers))
        if role is not None:
            visit.require(role)
        app.context["visit"] = visit
        return go_on(app)

    return check


def _from_here(app: APIGatewayHttpResolver, go_on: Next) -> Answer:
    """Let nobody be signed in by somebody else's page: there is no key yet, but browsers say where a form comes from."""
    event = app.current_event
    if event.http_method == "POST" and event.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        raise forged()
    return go_on(app)


def _ours(app: APIGatewayHttpResolver, go_on: Next) -> Answer:
    app.context["visit"].require_form(form_key(app))
    return go_on(app)


def _shown(template: str) -> Middleware:
    def show(app: APIGatewayHttpResolver, go_on: Next) -> Answer:
        response = go_on(app)
        if not wants_html(app.current_event.headers) or response.status_code in _ELSEWHERE:
            return response
        shown = html(app, template, response.body, visit=app.context.get("visit"), status=response.status_code)
        shown.cookies += response.cookies
        return shown

    return show


def _see_other(app: APIGatewayHttpResolver, go_on: Next) -> Answer:
    response = go_on(app)
    if not wants_html(app.current_event.headers) or not isinstance(response.body, dict):
        return response
    cookie = said_cookie(response.body["said"], app.current_event.headers)
    return Response(status_code=303, headers={"Location": response.body["see"]}, cookies=[cookie])


def wants_html(headers: Mapping[str, str]) -> bool:
    """Return whether a page is for a person's eyes: a program likes JSON better; or as well, and names it before any page."""
    likings = dict(_liking(one) for one in headers.get("accept", "").lower().split(","))
    page, program = (next((likings[one] for one in kinds if one in likings), 0.0) for kinds in (_PAGES, _PROGRAMS))
    names = [kind for kind, liked in likings.items() if liked and kind in {_PAGE, _JSON}]
    return page > program or (page == program and names[:1] != [_JSON])


def _liking(accepted: str) -> tuple[str, float]:
    """Return a type that is accepted, and how well it is liked; what cannot be read says nothing."""
    kind, *parameters = (part.strip() for part in accepted.split(";"))
    quality = next((one[2:] for one in parameters if one.startswith("q=")), "1")
    return kind, float(quality) if _QUALITY.fullmatch(quality) else 1.0


def html(
    app: APIGatewayHttpResolver,
    template: str,
    page: Any,  # noqa: ANN401 - what the page says
    *,
    visit: Visit | None = None,
    status: int = 200,
) -> Answer:
    """Return a page as HTML. The sentence that an action left for it is said once."""
    event = app.current_event
    said = said_in(event.resolved_cookies_field, event.headers)
    around = {
        "school": given_settings().school_name,
        "here": event.path,
        "places": [place for place in PLACES if visit and visit.may(place.role)],
        "said": said,
        "who": visit.who if visit else "",
        "roles": visit.roles if visit else (),
        "forms": visit.session.forms if visit else "",
    }
    body = render(template, {"page": page, **around})
    cookies = [said_cookie("", event.headers)] if said else []
    return Response(status_code=status, content_type=_HTML, body=body, cookies=cookies, compress=True)


def with_headers(app: APIGatewayHttpResolver, go_on: Next) -> Answer:
    """Give every answer the headers that keep it safe."""
    return secured(go_on(app))


def secured(response: Answer) -> Answer:
    """Return an answer with the headers that keep it safe; a header that it has stays."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
