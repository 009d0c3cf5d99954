"""`python -m local.stack`: the stack alone, until Ctrl-C, with everything one needs to talk to it printed."""

import argparse
import signal
import threading
from pathlib import Path

from local.arguments import assignment, port
from local.ports import listen
from local.stack.stack import LocalStack, Ports


def main() -> None:
    """Start the stack, say where it is, and wait."""
    parser = argparse.ArgumentParser(prog="python -m local.stack", description=__doc__)
    parser.add_argument("--directory", type=Path, default=Path(".demo/stack"), help="where the logs go")
    parser.add_argument("--port", type=port, default=0, help="where AWS listens; a free port if not given")
    parser.add_argument("--console-port", type=port, default=0, help="where the console is; a free port if not given")
    parser.add_argument(
        "--parameter", type=assignment, action="append", default=[], metavar="NAME=VALUE", help="a parameter of the template"
    )
    given = parser.parse_args()
    asked_to_stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked_to_stop.set())
    signal.signal(signal.SIGINT, lambda *_: asked_to_stop.set())
    with LocalStack.start(given.directory, dict(given.parameter), ports=Ports(given.port, listen(given.console_port))) as stack:
        for name, value in stack.environment().items():
            print(f"export {name}={value}")
        for name, value in stack.outputs.items():
            print(f"# {name}: {value}")
        print(f"# The console: {stack.http_url}")
        print("# Ctrl-C stops it.", flush=True)
        asked_to_stop.wait()


if __name__ == "__main__":
    main()
