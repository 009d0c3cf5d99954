"""Faults on demand: what a network and somebody else's server do on a bad day, when a test or a person asks for it."""

import asyncio
import random
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Fault(BaseModel):
    """One thing that goes wrong.

    Attributes:
        kind: An answer with a status, a dropped connection, a delay, a web page instead of data, or one record refused.
        after: It goes wrong after the work was done, not before.
        status: For `status`.
        retry_after: For `status`: what the header says, if anything.
        seconds: For `latency`.
        request_id: For `reject`: the school number of who is refused.
        times: For how many requests; None for all.
        probability: How likely each matching request is hit.
        seed: Makes the chance repeatable.
        method: Only this method; `*` for all.
        path: Only paths that match this, such as `/api/v1/members*`.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["status", "drop", "latency", "page", "reject"]
    after: bool = False
    status: int = Field(default=500, ge=400, le=599)
    retry_after: str = ""
    seconds: float = Field(default=0, ge=0)
    request_id: str = ""
    times: int | None = Field(default=1, ge=1)
    probability: float = Field(default=1, ge=0, le=1)
    seed: int = 0
    method: str = "*"
    path: str = "*"


class Faults:
    """The faults that are waiting to happen."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Fault, random.Random]] = []
        self.happened = 0

    def add(self, fault: Fault) -> None:
        """Let this go wrong from now on."""
        self._waiting.append((fault.model_copy(), random.Random(fault.seed)))

    def clear(self) -> None:
        """Let everything go well again."""
        self._waiting.clear()

    def waiting(self) -> list[Fault]:
        """Return the faults that have not run out."""
        return [fault for fault, _ in self._waiting]

    def rejects(self, request_id: str) -> bool:
        """Tell whether the record with this school number is to be refused, and count it."""
        found = next((fault for fault, _ in self._waiting if fault.kind == "reject" and fault.request_id == request_id), None)
        if found:
            self._use(found)
        return found is not None

    def due(self, method: str, path: str) -> list[Fault]:
        """Return what goes wrong with this request, any delays and one thing more, and count it; the rest goes on waiting."""
        hit: list[Fault] = []
        for fault, chance in self._waiting:
            is_free = fault.kind == "latency" or all(one.kind == "latency" for one in hit)
            if is_free and _matches(fault, method, path) and chance.random() < fault.probability:
                hit.append(fault)
        for fault in hit:
            self._use(fault)
        return hit

    def _use(self, fault: Fault) -> None:
        self.happened += 1
        if fault.times is not None:
            fault.times -= 1
        self._waiting = [(one, chance) for one, chance in self._waiting if one.times != 0]


class FaultyApp:
    """Lies around the interface, and makes the faults happen to what lies under `/api/`."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, well or badly."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        due = self._faults.due(scope["method"], scope["path"])
        late = [fault for fault in due if fault.kind == "latency" and fault.after]

        async def send_late(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep(sum(fault.seconds for fault in late))
            await send(message)

        await asyncio.sleep(sum(fault.seconds for fault in due if fault not in late))
        wrong = next((fault for fault in due if fault.kind != "latency"), None)
        if wrong is None:
            await self._app(scope, receive, send_late)
            return
        if wrong.after:
            await self._app(scope, receive, _swallow)
        await _go_wrong(wrong, scope, receive, send_late)


async def _go_wrong(fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
    if fault.kind == "drop":
        await _drop(scope, receive)
        return
    response: Response
    if fault.kind == "page":
        response = HTMLResponse("<!doctype html><title>Down for maintenance</title><h1>Back soon</h1>")
    else:
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        response = JSONResponse({"error": "the sandbox was asked to fail"}, fault.status, headers)
    await response(scope, receive, send)


async def _drop(scope: Mapping[str, object], receive: Receive) -> None:
    """Close the socket without an answer; `local.sandbox.server` puts the connection's transport into the state."""
    state = scope.get("state")
    transport = state.get("transport") if isinstance(state, dict) else None
    assert isinstance(transport, asyncio.Transport), "connections can only be dropped under local.sandbox.server"
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _swallow(_: Message) -> None:
    """Take an answer that nobody shall see."""


def _matches(fault: Fault, method: str, path: str) -> bool:
    return fault.kind != "reject" and fault.method in {"*", method} and fnmatch(path, fault.path)


def describe(faults: Faults) -> Iterator[dict[str, object]]:
    """Yield each waiting fault as plain data, without what is at its default."""
    return (fault.model_dump(exclude_defaults=True) | {"kind": fault.kind, "times": fault.times} for fault in faults.waiting())
