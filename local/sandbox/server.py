"""Runs the sandbox on a real socket: in the foreground, or in a thread beside a test or a demo."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from local.ports import listen
from local.sandbox.app import create_app
from local.sandbox.options import SandboxOptions

_START_SECONDS = 60


class DroppableProtocol(H11Protocol):
    """Puts the connection itself into each request's state, so that a fault can close it without an answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take in a new connection."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that is running.

    Attributes:
        url: Its root, where the pages are.
        token: The token that it accepts.
    """

    url: str
    token: str

    @property
    def base_url(self) -> str:
        """Return the address of the interface, for `OperooSettings.base_url`."""
        return f"{self.url}/api/v1/"


def server(options: SandboxOptions, *, host: str, port: int) -> uvicorn.Server:
    """Return the server, ready to run; it logs no addresses, which hold the token."""
    config = uvicorn.Config(
        create_app(options), host=host, port=port, http=DroppableProtocol, log_level="warning", access_log=False, lifespan="on"
    )
    return uvicorn.Server(config)


@contextmanager
def running(options: SandboxOptions, *, listener: socket.socket | None = None) -> Iterator[Sandbox]:
    """Run the sandbox in a thread, on a port that was taken for it, or on any.

    Raises:
        RuntimeError: It does not come up.
    """
    listener = listener or listen()
    host, port = listener.getsockname()
    web = server(options, host=host, port=port)
    thread = threading.Thread(target=web.run, args=([listener],), name="operoo-sandbox", daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not web.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the Operoo sandbox does not start")
            time.sleep(0.01)
        yield Sandbox(url=f"http://{host}:{port}", token=options.token)
    finally:
        web.should_exit = True
        thread.join(timeout=_START_SECONDS)
        listener.close()
