"""Start the sandbox from a terminal: `python -m local.sandbox`."""

import argparse
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import suppress

from local.arguments import address, count, port
from local.ports import listen
from local.sandbox.options import SandboxOptions
from local.sandbox.server import server


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sandbox until it is interrupted."""
    given = _parser().parse_args(arguments)
    options = SandboxOptions.model_validate(
        {name: value for name, value in vars(given).items() if name not in {"host", "port"}}
    )
    try:
        serving = server(options, host=given.host, port=given.port)
        listener = listen(given.port, given.host)
    except (OSError, sqlite3.Error) as error:
        what = f"--store {given.store}" if isinstance(error, sqlite3.Error) else f"--host {given.host} --port {given.port}"
        print(f"The sandbox does not start: {what} cannot be used: {error}.", file=sys.stderr)
        return 1
    host = f"[{given.host}]" if ":" in given.host else given.host
    url = f"http://{host}:{listener.getsockname()[1]}"
    print(f"Operoo sandbox: {url}/  (interface: {url}/api/v1/)", flush=True)
    with suppress(KeyboardInterrupt):
        serving.run(sockets=[listener])
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.sandbox",
        description="An Operoo of your own: the documented interface, pages to look at what arrived, faults on demand.",
        epilog="Faults: POST JSON to /sandbox/faults, or use the page Traffic. State: GET /sandbox/state. "
        "Medical profiles: POST {} to /sandbox/health, or use a student's parents' page.",
    )
    defaults = SandboxOptions()
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine alone)")
    parser.add_argument("--port", type=port, default=8081, help="port to listen on (default: 8081)")
    parser.add_argument("--token", default=defaults.token, help="the API access token that is accepted")
    parser.add_argument(
        "--allow", dest="allowed", type=address, action="append", default=[], metavar="IP", help="accept calls from here alone"
    )
    parser.add_argument("--store", default="", metavar="FILE", help="keep everything in this SQLite file (default: in memory)")
    parser.add_argument("--organization", default=defaults.organization, help="the school's name on the pages")
    parser.add_argument(
        "--archived", choices=["restored", "gone"], default="restored", help="an archived profile that is updated"
    )
    parser.add_argument(
        "--addresses",
        choices=["taken", "refused", "kept"],
        default="taken",
        help="another e-mail address for somebody who was asked already: kept is the old one, without a word",
    )
    parser.add_argument("--page-size", type=count, default=0, help="items of a listing at once (default: all)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
