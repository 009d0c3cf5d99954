"""What runs cost in the cloud: requests, units and dollars of a first load, of an idle run and of one after a small change."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from benchmarks import medical
from benchmarks.counting import REGION, Usage
from benchmarks.options import Options
from benchmarks.rows import Row
from benchmarks.runs import Run, listed
from benchmarks.stack import System, system
from local.demo.relay import Relay
from local.school.changes import Change, change_mobile, move_class, new_photo, present_students
from local.school.create import create_school
from local.school.odbc import require_driver
from shared.owners import KINDS

FIRST, NONE, SOME = "first load", "no change", "1 % changed"
_MOST_REQUESTS = 3
# How much more one touched record may take than a record of the first load, before it is no longer in proportion.
_SLACK = 1.5
Say = Callable[[str], None]


def measure(options: Options, say: Say) -> list[Row]:
    """Let the whole system do three runs and pull medical profiles, and return the rows of the table.

    Raises:
        SettingsError: The ODBC driver is not installed.
        RuntimeError: A function failed.
    """
    require_driver()
    with tempfile.TemporaryDirectory() as name, system() as made:
        database, relay = Path(name, "school.sqlite"), Relay(Path(name, "relay"), {})
        say(f"Writing a school of {options.cloud_students:,} students")
        create_school(database, students=options.cloud_students)
        relay.configure(database, made.outputs, region=REGION)
        made.request("all", {"kind": "selection", "select": {"all": list(KINDS)}})
        counted = {}
        for run in (FIRST, NONE, SOME):
            say(f"Counting: {run}")
            touched = _some_days(database) if run == SOME else 0
            counted[run] = _counted(made, relay.configuration, touched)
        return [*rows(counted), *medical.measure(made, relay.configuration, say)]


def _counted(made: System, configuration: Path, touched: int) -> Run:
    before = made.operoo_requests()
    made.counting.usage = Usage()
    outcome = made.run_relay(configuration)
    made.settle()
    rows = {one.name: one.rows for one in outcome.row_sets}
    everyone = sum(rows[name] for name in ("students", "staff", "groups"))
    operoo = made.operoo_requests() - before
    return Run(made.counting.usage, operoo, touched or everyone, made.memory_mb)


def _some_days(database: Path) -> int:
    """Change something about 1 % of the students, at least three, and return how many of our records that touches."""
    touched: set[str] = set()
    with closing(sqlite3.connect(database)) as office:
        students = present_students(office, limit=10**6)
        some = students[:: max(1, len(students) // max(3, len(students) // 100))]
        for number, student in enumerate(some):
            touched |= _records((_phone, _class, _photo)[number % 3](office, student))
    return len(touched)


def _phone(office: sqlite3.Connection, student: int) -> Change:
    return change_mobile(office, contact_of=student)


def _class(office: sqlite3.Connection, _: int) -> Change:
    return move_class(office)  # the next who can: not every class has a parallel one


def _photo(office: sqlite3.Connection, student: int) -> Change:
    return new_photo(office, person=student)


def _records(change: Change) -> set[str]:
    # A new phone touches the children, a class change the groups, a photo the person.
    if change.groups:
        return set(change.groups)
    return set(change.students or change.people)


def rows(counted: dict[str, Run]) -> Iterator[Row]:
    """Yield the rows of the table."""
    for name, run in counted.items():
        yield Row(name, "records concerned", "none" if name == NONE else f"{run.touched:,}", value=run.touched)
        yield from _request_rows(name, run)
        yield from _proportion_rows(name, run, counted[FIRST])
        yield from _cost_rows(name, run)


def _request_rows(name: str, run: Run) -> Iterator[Row]:
    relay, functions = run.usage.of("relay"), run.usage.of("functions")
    idle = name == NONE
    goal = f"≤ {_MOST_REQUESTS}" if idle else ""
    met = relay.total() <= _MOST_REQUESTS if idle else None
    yield Row(name, "AWS requests of the relay", listed(relay), goal, met, relay.total())
    yield Row(name, "AWS requests of the functions", listed(functions), value=functions.total())
    nothing = run.cloud_writes == 0 if idle else None
    writes = f"{run.cloud_writes:,} ({run.usage.items.total():,} items, {functions['s3:PutObject']:,} objects, "
    writes += f"{functions['sqs:SendMessageBatch']:,} message batches)"
    yield Row(name, "writes of the functions", writes, "0" if idle else "", nothing, run.cloud_writes)
    units = f"{run.usage.write_units:,} to write, {run.usage.read_units:,.0f} to read"
    yield Row(name, "DynamoDB request units", units, value=run.usage.write_units)
    asked = f"{run.operoo.total():,} ({run.operoo_writes:,} write)"
    yield Row(
        name, "Operoo requests", asked, "0" if idle else "", run.operoo.total() == 0 if idle else None, run.operoo.total()
    )


def _proportion_rows(name: str, run: Run, first: Run) -> Iterator[Row]:
    if name != SOME:
        return
    for what, amount, whole in (
        ("items written", run.usage.items.total(), first.usage.items.total()),
        ("writes to Operoo", run.operoo_writes, first.operoo_writes),
    ):
        each, usual, share = amount / run.touched, whole / first.touched, amount / whole
        said = f"{each:.1f} (first load: {usual:.1f}); {share:.1%} of it for {run.touched / first.touched:.1%} of the records"
        yield Row(name, f"{what} per record concerned", said, "in proportion", each <= usual * _SLACK, each)


def _cost_rows(name: str, run: Run) -> Iterator[Row]:
    amounts = run.amounts()
    invocations = f"{amounts['Lambda invocation']:,.0f} invocations, about {amounts['Lambda GB-second']:.1f} GB-s"
    yield Row(name, "Lambda", invocations, value=amounts["Lambda GB-second"])
    queues = amounts["SQS request"] + amounts["SQS FIFO request"]
    also = f"{queues:,.0f} SQS with AWS's own, {amounts['KMS request']:,.0f} KMS"
    yield Row(name, "other requests that are charged", also, value=queues)
    yield Row(name, "cost at list prices", f"USD {run.cost:.6f}", value=run.cost)
