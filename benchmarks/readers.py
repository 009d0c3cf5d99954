"""One way to read the school's row sets, measured in this process alone: `python -m benchmarks.readers READER DATABASE`.

All of them run the same SELECTs through the same driver with the same connection string. Each writes one line of JSON.
"""

import importlib
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pyodbc
from pydantic import SecretStr

from relay.database.connection import Database, Session
from relay.database.literals import inlined
from relay.database.settings import DatabaseSettings
from relay.reading.extract import Extractor
from relay.reading.outbox import Outbox
from relay.reading.school import School, Source
from relay.reading.scope import NOTHING
from relay.reading.spool import DiskBudget
from relay.settings import RelaySettings
from shared.manifests import RowSetName
from shared.owners import choose_digits
from shared.synergetic import row_sets_of

# Photos' bytes are read one by one, and only those that changed: no comparison of loops over rows.
READ = tuple(name for name in row_sets_of("one-way") if name != "photos")
_OWNERS: tuple[RowSetName, ...] = ("students", "staff", "groups")


@dataclass
class Account:
    """What reading took.

    Attributes:
        rows: How many rows were read.
        cpu_s: Processor seconds, of child processes too.
        wall_s: Seconds on the clock.
        count_cpu_s: Of the processor seconds, those of the COUNT queries that prove the read complete.
        count_wall_s: The same of the seconds on the clock.
        peak_mb: The most memory the process had at any time.
    """

    rows: int = 0
    cpu_s: float = 0
    wall_s: float = 0
    count_cpu_s: float = 0
    count_wall_s: float = 0
    peak_mb: float = 0


@dataclass(frozen=True)
class Place:
    """What is read: the open session, and the row sets as they are there."""

    connection_string: str
    session: Session
    sources: tuple[Source, ...]

    @staticmethod
    def sql(source: Source) -> str:
        """Return a row set's SELECT as the driver is given it."""
        return inlined(source.select).sql


@contextmanager
def opened(database: Path) -> Iterator[Place]:
    """Connect as the relay does."""
    settings = DatabaseSettings(driver="SQLite3", database=str(database))
    made = Database(settings, lambda: SecretStr(""), fetch_size=RelaySettings().fetch_size)
    today = date.today()  # noqa: DTZ011 - the school's own day
    with made.session() as session:
        school = School.found_in(session, settings.contract, today=today)
        yield Place(settings.family.text(settings.place), session, tuple(school.source(name) for name in READ))


def bare(place: Place) -> Account:
    """Fetch every row and drop it: what any program that reads through this driver spends at least."""
    account, size = Account(), RelaySettings().fetch_size
    with closing(pyodbc.connect(place.connection_string, autocommit=True, readonly=True)) as connection:
        cursor = connection.cursor()
        cursor.execute("BEGIN")
        for source in place.sources:
            cursor.execute(place.sql(source))
            while rows := cursor.fetchmany(size):
                account.rows += len(rows)
        cursor.execute("ROLLBACK")
    return account


def relay(place: Place) -> Account:
    """Read as a run of the relay does that has everything to send."""
    account, limits = Account(), RelaySettings()
    with tempfile.TemporaryDirectory() as folder:
        budget = DiskBudget(limits.spool_disk_bytes)
        outbox = Outbox(Path(folder), budget=budget, last=None, restate=NOTHING)
        cpu, wall = time.process_time(), time.perf_counter()
        counted = {one.name: place.session.number(one.count, doing="Counting") for one in place.sources}
        account.count_cpu_s, account.count_wall_s = time.process_time() - cpu, time.perf_counter() - wall
        digits = choose_digits(max(counted[name] for name in _OWNERS))
        extractor = Extractor(outbox, Path(folder), digits=digits, memory_limit=limits.spool_memory_bytes)
        for source in place.sources:
            account.rows += extractor.read(place.session, source, counted=counted[source.name]).rows
        outbox.close()
    return account


def relay_with_aws(place: Place) -> Account:
    """Do the same with the relay's clients of AWS loaded, as they are in a real run."""
    from relay.settings import ExchangeSettings  # noqa: PLC0415 - botocore is large, and the other readers do without it
    from relay.wiring import exchange_of  # noqa: PLC0415 - the same

    nowhere = "http://127.0.0.1:9"
    os.environ |= {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    clients = exchange_of(ExchangeSettings(bucket="none", region="ap-southeast-2", endpoint_url=nowhere))
    account = relay(place)
    del clients
    return account


def dlt(place: Place, *, backend: str, compressed: bool) -> Account:
    """Let dlt do it."""
    from benchmarks.reading_by_dlt import read  # noqa: PLC0415 - dlt is in a dependency group of its own

    statements = {str(one.name): (one.columns, place.sql(one)) for one in place.sources}
    return Account(rows=read(place.connection_string, statements, backend=backend, compressed=compressed))


READERS: dict[str, Callable[[Place], Account]] = {
    "bare": bare,
    "relay": relay,
    "relay-with-aws": relay_with_aws,
    "dlt-sqlalchemy-gzip": lambda place: dlt(place, backend="sqlalchemy", compressed=True),
    "dlt-sqlalchemy-plain": lambda place: dlt(place, backend="sqlalchemy", compressed=False),
    "dlt-pyarrow-gzip": lambda place: dlt(place, backend="pyarrow", compressed=True),
    "dlt-pyarrow-plain": lambda place: dlt(place, backend="pyarrow", compressed=False),
}


def measured(reader: str, database: Path) -> Account:
    """Run a reader in this process and return its account."""
    if reader.startswith("dlt"):
        # What it costs to load a program is nobody's speed of reading; the other readers are loaded by now.
        importlib.import_module("benchmarks.reading_by_dlt")
    with opened(database) as place:
        cpu, wall = _cpu_s(), time.perf_counter()
        account = READERS[reader](place)
        account.cpu_s, account.wall_s = _cpu_s() - cpu, time.perf_counter() - wall
    account.peak_mb = _peak_mb()
    return account


def _cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage says on Linux includes the parent's memory at the moment of the fork.
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


if __name__ == "__main__":
    print(json.dumps(asdict(measured(sys.argv[1], Path(sys.argv[2])))))
