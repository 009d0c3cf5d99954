"""What may be chosen on the command line, and whether it can be had: said before anything is started."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local.arguments import port

DEFAULT_PORT, CONSOLE_PORT = 8081, 8080
_FEWEST, _MOST = 40, 20_000
_DESCRIPTION = """\
Runs the whole system on this machine and tells what happens.

A made-up school is written as a Synergetic database and read by the real relay through a real ODBC driver; AWS is moto's
server with template.yaml deployed into it and the real functions; Operoo is a sandbox with a page to look at. Nothing leaves
this machine, and every person is made up."""
_EPILOG = """\
Each step says what should come of it and checks that this, and nothing else, came. With --once the exit code is 0 only if
every step came out as expected. Otherwise everything stays up until Ctrl-C, for you to look at and play with."""


@dataclass(frozen=True)
class Options:
    """What was chosen.

    Attributes:
        port: Of the sandbox; None for the usual one, or any that is free.
        console_port: Of the console; the same.
        once: End with the story.
    """

    students: int = 300
    seed: int = 1
    directory: Path = Path(".demo")
    port: int | None = None
    console_port: int | None = None
    once: bool = False


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; a mistake or `--help` ends the program."""
    parser = argparse.ArgumentParser(
        prog="python -m local.demo",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    usual = Options()
    parser.add_argument("--once", action="store_true", help="end when the story is told, instead of staying up")
    parser.add_argument(
        "--students", type=_students, default=usual.students, metavar="N", help="size of the school (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=usual.seed, metavar="N", help="another one makes another school")
    parser.add_argument(
        "--directory",
        type=Path,
        default=usual.directory,
        metavar="PATH",
        help="where everything is kept; emptied at each start (default: %(default)s)",
    )
    parser.add_argument(
        "--port",
        type=port,
        metavar="N",
        help=f"where Operoo's pages are (default: {DEFAULT_PORT}, or a free one if it is taken)",
    )
    parser.add_argument(
        "--console-port",
        type=port,
        metavar="N",
        help=f"where the console is (default: {CONSOLE_PORT}, or a free one if it is taken)",
    )
    return Options(**vars(parser.parse_args(arguments)))


def _students(text: str) -> int:
    if not text.isdecimal() or not _FEWEST <= int(text) <= _MOST:
        raise argparse.ArgumentTypeError(f"the story needs {_FEWEST} to {_MOST:,} students")
    return int(text)
