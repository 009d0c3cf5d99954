"""API Gateway's HTTP API on one machine: whatever comes over HTTP goes to the function as an event of payload format 2.0."""

import base64
import socket
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from queue import LifoQueue
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from local.stack.function import FailedInvocationError, FunctionProcess

_LARGEST = 10 * 2**20
_TEXT = frozenset({"application/x-www-form-urlencoded", "application/json"})


class _Quiet(WSGIRequestHandler):
    """Leaves requests out of the terminal: they hold names that somebody searched for."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


class HttpApi:
    """Serves one function at an address of this machine until it is stopped."""

    def __init__(self, processes: Iterable[FunctionProcess], listener: socket.socket) -> None:
        self._processes = list(processes)
        # Last in, first out: a warm process is preferred to starting another.
        self._free: LifoQueue[FunctionProcess] = LifoQueue()
        for process in reversed(self._processes):
            self._free.put(process)
        host, port = listener.getsockname()
        application = Request.application(self._answer)
        self._server: BaseWSGIServer = make_server(
            host, port, application, threaded=True, request_handler=_Quiet, fd=listener.fileno()
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        # werkzeug listens on a copy of it.
        listener.close()
        self.url = f"http://localhost:{port}"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for process in self._processes:
            process.close()

    def _answer(self, request: Request) -> Response:
        if (request.content_length or 0) > _LARGEST:
            return _told(413, "Request Too Long")
        process = self._free.get()
        try:
            return response_of(process.invoke(event_of(request)))
        except FailedInvocationError:
            return _told(500, "Internal Server Error")
        finally:
            self._free.put(process)


def event_of(request: Request) -> dict[str, Any]:
    """Return the event that API Gateway makes of a request."""
    headers: dict[str, str] = {}
    for name, value in request.headers:
        if name.lower() != "cookie":
            headers[name.lower()] = f"{headers[name.lower()]},{value}" if name.lower() in headers else value
    # Whatever a client says here, API Gateway says what is true.
    headers |= {"x-forwarded-proto": "http", "x-forwarded-for": request.remote_addr or ""}
    query: dict[str, str] = {}
    for name, value in request.args.items(multi=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    path = unquote(request.environ["RAW_URI"].partition("?")[0] if "RAW_URI" in request.environ else request.path)
    body = request.get_data()
    is_text = request.mimetype in _TEXT or request.mimetype.startswith("text/")
    now = time.time()
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.query_string.decode(),
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": request.host,
            "domainPrefix": request.host.partition(":")[0],
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.remote_addr or "",
                "userAgent": request.headers.get("User-Agent", ""),
            },
            "requestId": str(uuid4()),
            "routeKey": "$default",
            "stage": "$default",
            "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": bool(body) and not is_text,
    }
    # What is empty API Gateway leaves out.
    if cookies := [f"{name}={value}" for name, value in request.cookies.items()]:
        event["cookies"] = cookies
    if query:
        event["queryStringParameters"] = query
    if body:
        event["body"] = body.decode(errors="replace") if is_text else base64.b64encode(body).decode()
    return event


def response_of(result: Any) -> Response:  # noqa: ANN401 - whatever a function answers
    """Return the response that API Gateway makes of a function's answer."""
    if not isinstance(result, dict) or "statusCode" not in result:
        return _told(500, "Internal Server Error")
    body = result.get("body") or ""
    content = base64.b64decode(body) if result.get("isBase64Encoded") else body.encode()
    response = Response(content, status=result["statusCode"])
    response.headers.pop("Content-Type", None)
    for name, value in result.get("headers", {}).items():
        response.headers[name] = str(value)
    for cookie in result.get("cookies", []):
        response.headers.add("Set-Cookie", cookie)
    return response


def _told(status: int, message: str) -> Response:
    return Response(f'{{"message":"{message}"}}', status=status, content_type="application/json")
