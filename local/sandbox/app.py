"""The sandbox as one web application: interface, controls, pages, and the count of requests."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from local.sandbox.api import Interface, RefusedError, refused, unreadable
from local.sandbox.attachments import Attachments
from local.sandbox.bodies import BadBodyError
from local.sandbox.control import Control
from local.sandbox.faults import Faults, FaultyApp
from local.sandbox.options import SandboxOptions
from local.sandbox.pages import Pages
from local.sandbox.parents import ParentPages
from local.sandbox.store import Store


def create_app(options: SandboxOptions) -> ASGIApp:
    """Return the sandbox as an ASGI application with a store of its own."""
    store, faults, requests = Store(options.store), Faults(), Counter[str]()
    interface, pages = Interface(options, store, faults), Pages(options, store, faults, requests)
    routes = [
        Mount("/api", routes=[*Attachments(options, store, interface.admit).routes(), *interface.routes()]),
        Mount("/sandbox", routes=Control(interface, store, faults, requests).routes()),
        *pages.routes(),
        *ParentPages(store, pages).routes(),
    ]

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        store.close()

    handlers = {RefusedError: refused, BadBodyError: unreadable, ClientDisconnect: _hung_up}
    app = Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan)
    return CountedApp(FaultyApp(app, faults), requests)


async def _hung_up(_request: Request, _error: Exception) -> Response:
    """Take note of nothing: whoever asked was stopped in the middle of it, which is no defect of ours."""
    return Response(status_code=400)


class CountedApp:
    """Counts the interface's requests by method and path template, whatever then happens to them."""

    def __init__(self, app: ASGIApp, requests: Counter[str]) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count one request and serve it."""
        if scope["type"] == "http" and scope["path"].startswith("/api/"):
            template = "/".join("{id}" if part.isdecimal() else part for part in scope["path"].split("/"))
            self._requests[f"{scope['method']} {template}"] += 1
        await self._app(scope, receive, send)
