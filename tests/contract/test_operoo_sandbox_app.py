"""The sandbox as an application, without a socket."""

import asyncio

from starlette.types import Message

from local.sandbox.app import create_app
from local.sandbox.options import SandboxOptions


def test_whoever_is_stopped_in_the_middle_of_a_request_is_no_defect() -> None:
    """A function that is killed, or a demo at Ctrl-C, hangs up within a body; that is answered, and not raised."""
    options = SandboxOptions()
    heard: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    said: list[Message] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/members",
        "query_string": f"api_access_token={options.token}".encode(),
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"100")],
        "state": {},
    }

    async def receive() -> Message:
        return heard.pop(0)

    async def send(message: Message) -> None:
        said.append(message)

    asyncio.run(create_app(options)(scope, receive, send))  # type: ignore[arg-type]
    assert said[0]["status"] == 400
