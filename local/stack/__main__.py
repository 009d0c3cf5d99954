"""`python -m local.stack`: the stack alone, until Ctrl-C, with everything one needs to talk to it printed."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from local.arguments import assignment, port
from local.ports import listen_or_say
from local.stack.stack import LocalStack, Ports
from shared.errors import SettingsError


def main() -> int:
    """Start the stack, say where it is, and wait. Return the exit code."""
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
    try:
        _run(given, asked_to_stop)
    except SettingsError as error:
        print(f"{error.what}\nWhat to do: {error.remedy}", file=sys.stderr)
    except (OSError, RuntimeError) as error:
        print(f"The stack does not start: {error}.", file=sys.stderr)
    else:
        return 0
    return 1


def _run(given: argparse.Namespace, asked_to_stop: threading.Event) -> None:
    # moto takes the port itself, some seconds from now.
    listen_or_say(given.port, usual=0, option="--port").close()
    with (
        listen_or_say(given.console_port, usual=0, option="--console-port") as http,
        LocalStack.start(given.directory, dict(given.parameter), ports=Ports(given.port, http)) as stack,
    ):
        for name, value in stack.environment().items():
            print(f"export {name}={value}")
        for name, value in stack.outputs.items():
            print(f"# {name}: {value}")
        print(f"# The console: {stack.http_url}")
        print("# Ctrl-C stops it.", flush=True)
        asked_to_stop.wait()


if __name__ == "__main__":
    sys.exit(main())
