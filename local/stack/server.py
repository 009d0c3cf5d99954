"""`python -m local.stack.server [PORT]`: moto's server with what we taught it. Says on its standard output which port it took.

It ends when its standard input does, so it cannot outlive the program that started it.
"""

import gc
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.sqs.models import sqs_backends
from werkzeug.serving import make_server

import local.stack.moto.resources
import local.stack.moto.user_pools  # noqa: F401 - importing them teaches moto
from local.stack.aws import MESSAGES
from local.stack.moto import sign_out, speed, transactions, uploads

_OBJECTS = 50_000


def serve(port: int) -> None:
    """Serve until the parent goes."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    # Ctrl-C on a terminal goes to every process of the group; the parent decides when this one stops.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    transactions.teach()
    speed.teach()
    sign_out.teach()
    uploads.teach()
    server = make_server("127.0.0.1", port, _Application(create_backend_app), threaded=True, request_handler=MotoRequestHandler)
    # What was loaded stays; to look through it for garbage with every thousandth object is a tenth of the server's time.
    gc.freeze()
    gc.set_threshold(_OBJECTS)
    print(server.server_port, flush=True)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    server.serve_forever()


class _Application(DomainDispatcherApplication):
    """Moto's services, and one address more: how many messages each queue holds, which SQS tells of one queue at a time."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != MESSAGES:
            answer: Iterable[bytes] = super().__call__(environ, start_response)
            return answer
        start_response("200 OK", [("Content-Type", "application/json")])
        found: Iterable[tuple[str, str, Any]] = sqs_backends.iter_backends()
        queues = [queue for _, _, backend in found for queue in list(backend.queues.values())]
        return [json.dumps({queue.name: len(queue._messages) for queue in queues}).encode()]  # noqa: SLF001 - all, in flight or not


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
