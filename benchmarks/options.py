"""What may be chosen on the command line."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

NAMES = ("extraction", "writing", "cloud", "console")
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
_FEWEST = 20
_QUICK_STUDENTS, _QUICK_CLOUD_STUDENTS = 3000, 60
_DESCRIPTION = """\
Measures the relay and the cloud on a made-up school, and prints one table with goal and verdict per row.

  extraction  rows per second and peak memory of the relay's whole path (fetch, canonical encoding, digest, compression,
              spool) beside a bare pyodbc loop and beside dlt over the same SELECTs, driver and file; each in a process of
              its own, in turns; of a speed the best turn counts, of a ratio the median
  writing     students written back per second beside the bare statements that write the same rows, in turns; and the exact
              counts of statements, with a change and without one
  cloud       exact counts of requests to AWS and Operoo, of DynamoDB's units, and the cost at list prices, of the first
              load, of a run without a change, of a run after 1 % of the students changed, and of medical details
  console     how long each page takes its function at a large school, what it asks of AWS, and how large it is"""
_EPILOG = """\
The exit code is 0 whatever was measured: benchmarks tell, they do not assert. `make bench` installs dlt and runs this.
docs/benchmarks.md is written only after all of it ran at full size; --page FILE writes another file after any run."""


@dataclass(frozen=True)
class Options:
    """What was chosen.

    Attributes:
        only: What to measure.
        students: Size of the school that is read, and whose pages are loaded.
        cloud_students: Size of the school whose runs are counted, and that is written back to.
        repeat: How many turns each reader and writer gets.
        json: Where to write the rows for machines.
        page: The page whose numbers are written.
    """

    only: tuple[str, ...] = NAMES
    students: int = 20_000
    cloud_students: int = 300
    repeat: int = 3
    json: Path | None = None
    page: Path | None = None


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; a mistake or `--help` ends the program."""
    usual = Options()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", action="append", choices=NAMES, help="measure this alone; may be given again")
    parser.add_argument("--quick", action="store_true", help="small schools and one turn each: to see that it works")
    parser.add_argument(
        "--students",
        type=_students,
        metavar="N",
        help=f"size of the school for extraction and console (default: {usual.students})",
    )
    parser.add_argument(
        "--cloud-students",
        type=_students,
        metavar="N",
        help=f"size of the school for writing and cloud (default: {usual.cloud_students})",
    )
    parser.add_argument("--repeat", type=_turns, metavar="N", help=f"turns of each reader (default: {usual.repeat})")
    parser.add_argument("--json", type=_file, metavar="FILE", help="write the rows there too, with every request by operation")
    parser.add_argument("--page", type=_page, metavar="FILE", help="write the numbers into this page")
    given = parser.parse_args(arguments)
    whole = not (given.quick or given.only or given.students or given.cloud_students or given.repeat)
    return Options(
        only=tuple(given.only or NAMES),
        students=given.students or (_QUICK_STUDENTS if given.quick else usual.students),
        cloud_students=given.cloud_students or (_QUICK_CLOUD_STUDENTS if given.quick else usual.cloud_students),
        repeat=given.repeat or (1 if given.quick else usual.repeat),
        json=given.json,
        page=given.page or (PAGE if whole else None),
    )


def _file(text: str) -> Path:
    # Said before, not after an hour of measuring.
    if Path(text).is_dir() or not Path(text).parent.is_dir():
        raise argparse.ArgumentTypeError("a file in a folder that is there")
    return Path(text)


def _page(text: str) -> Path:
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError("a page that is there, such as a copy of docs/benchmarks.md")
    return Path(text)


def _students(text: str) -> int:
    if not text.isdecimal() or int(text) < _FEWEST:
        raise argparse.ArgumentTypeError(f"the sample school needs at least {_FEWEST} students")
    return int(text)


def _turns(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("each gets one turn at least")
    return int(text)
