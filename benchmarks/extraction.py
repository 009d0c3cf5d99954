"""How fast the relay reads, beside what else could be done: in turns, each in a process of its own.

Of a speed the best turn counts. Of a ratio it is the median of what each turn says: both of its readers met the machine in the
same mood.
"""

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.options import Options
from benchmarks.readers import READERS, Account
from benchmarks.rows import Row
from local.school.create import create_school
from local.school.odbc import require_driver
from shared.errors import FatalError

GROUP = "extraction"
_LEAST_SHARE, _LEAST_TIMES, _MOST_MB = 0.70, 3.5, 80
_NO_DLT = "dlt is not installed: `make bench` installs it"
Say = Callable[[str], None]


def measure(options: Options, say: Say) -> list[Row]:
    """Make a school, let every reader read it, and return the rows of the table.

    Raises:
        SettingsError: The ODBC driver is not installed.
        FatalError: A reader failed.
    """
    require_driver()
    readers = [name for name in READERS if importlib.util.find_spec("dlt") or not name.startswith("dlt")]
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder, "school.sqlite")
        say(f"Writing a school of {options.students:,} students")
        create_school(database, students=options.students, photos=0)
        turns: list[dict[str, Account]] = []
        for turn in range(options.repeat):
            turns.append({})
            for name in readers:
                say(f"Reading, turn {turn + 1} of {options.repeat}: {name}")
                turns[-1][name] = _in_a_process(name, database)
    if len({account.rows for turn in turns for account in turn.values()}) != 1:
        counts = ", ".join(f"{name} {account.rows}" for name, account in turns[-1].items())
        raise FatalError(f"The readers did not read the same: {counts}.", code="benchmark-differs")
    return list(rows(turns))


def _in_a_process(reader: str, database: Path) -> Account:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.readers", reader, str(database)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise FatalError(f"The reader {reader} failed: {done.stderr.strip()[-600:]}", code="benchmark-failed")
    return Account(**json.loads(done.stdout.splitlines()[-1]))


def rows(turns: Sequence[Mapping[str, Account]]) -> Iterator[Row]:
    """Yield the rows of the table."""
    best = {name: min((turn[name] for turn in turns), key=lambda one: one.cpu_s) for name in turns[0]}
    bare, relay = best["bare"], best["relay"]
    reading_s = relay.cpu_s - relay.count_cpu_s
    share = median(turn["bare"].cpu_s / _reading_s(turn) for turn in turns)
    with_counts = median(turn["bare"].cpu_s / turn["relay"].cpu_s for turn in turns)
    yield Row(GROUP, "rows read by each reader", f"{bare.rows:,} in {len(best)} readers", value=bare.rows)
    yield Row(GROUP, "bare pyodbc loop", _speed(bare), value=bare.rows / bare.cpu_s)
    yield Row(GROUP, "relay, without its COUNT queries", _speed(relay, counts=False), value=relay.rows / reading_s)
    yield Row(GROUP, "relay, with its COUNT queries", _speed(relay), value=relay.rows / relay.cpu_s)
    goal = f"≥ {_LEAST_SHARE:.0%}"
    yield Row(GROUP, "relay as a share of the bare loop", f"{share:.0%}", goal, share >= _LEAST_SHARE, share)
    yield Row(GROUP, "the same with its COUNT queries", f"{with_counts:.0%}", value=with_counts)
    yield from _dlt_rows(best, turns)
    least = f"< {_MOST_MB} MB"
    yield Row(GROUP, "relay, peak memory", f"{relay.peak_mb:.0f} MB", least, relay.peak_mb < _MOST_MB, relay.peak_mb)
    loaded = best["relay-with-aws"].peak_mb
    yield Row(GROUP, "the same with its AWS clients loaded", f"{loaded:.0f} MB", value=loaded)


def _reading_s(turn: Mapping[str, Account]) -> float:
    return turn["relay"].cpu_s - turn["relay"].count_cpu_s


def _dlt_rows(best: Mapping[str, Account], turns: Sequence[Mapping[str, Account]]) -> Iterator[Row]:
    """Yield what dlt did, and what both add to the fetch that neither can avoid."""
    goal = f"≥ {_LEAST_TIMES:g}:1"
    for name in (name for name in READERS if name.startswith("dlt")):
        one = best.get(name)
        said = f"{_speed(one)}, {one.peak_mb:.0f} MB" if one else _NO_DLT
        yield Row(GROUP, name.replace("-", ", "), said, value=one.rows / one.cpu_s if one else None)
    ratios = [_against_dlt(turn) for turn in turns]
    times, *others = ((measure, _middle(ratio[measure] for ratio in ratios)) for measure in ratios[0])
    met = None if times[1] is None else times[1] >= _LEAST_TIMES
    yield Row(GROUP, times[0], _ratio(times[1]), goal, met, times[1])
    yield from (Row(GROUP, measure, _ratio(value), value=value) for measure, value in others)


def _middle(ratios: Iterable[float | None]) -> float | None:
    found = [ratio for ratio in ratios if ratio is not None]
    return median(found) if found else None


def _against_dlt(turn: Mapping[str, Account]) -> dict[str, float | None]:
    """Return ratios of time; None for each where there is no dlt."""
    found = {name: one for name, one in turn.items() if name.startswith("dlt")}
    fetch_s, whole_s, reading_s = turn["bare"].cpu_s, turn["relay"].cpu_s, _reading_s(turn)
    fastest_s = min((one.cpu_s for one in found.values()), default=None)
    compressed_s = min((one.cpu_s for name, one in found.items() if name.endswith("gzip")), default=None)
    # Where the relay adds too little to be measured, a ratio to it says nothing.
    own_s = reading_s - fetch_s if reading_s > fetch_s else None
    return {
        "relay against dlt's best": fastest_s and fastest_s / reading_s,
        "the same with the relay's COUNT queries": fastest_s and fastest_s / whole_s,
        "relay against dlt's best with gzip": compressed_s and compressed_s / reading_s,
        "the bare loop against dlt's best": fastest_s and fastest_s / fetch_s,
        "work beyond the fetch, dlt's best against the relay": (fastest_s - fetch_s) / own_s if fastest_s and own_s else None,
    }


def _ratio(value: float | None) -> str:
    return "not to be said: see dlt's rows" if value is None else f"{value:.1f}:1"


def _speed(account: Account, *, counts: bool = True) -> str:
    cpu_s = account.cpu_s - (0 if counts else account.count_cpu_s)
    wall_s = account.wall_s - (0 if counts else account.count_wall_s)
    return f"{account.rows / cpu_s:,.0f} rows per CPU second ({cpu_s:.2f} s; {wall_s:.2f} s on the clock)"
