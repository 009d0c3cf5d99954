"""What medical details cost on their way from Operoo to Synergetic, and how long a parent's change takes at the most."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.counting import Usage
from benchmarks.rows import Row
from benchmarks.runs import Run, listed
from benchmarks.stack import PULL, System
from local.stack.stack import TEMPLATE
from local.stack.template import read_template
from relay.settings import RelaySettings
from shared.errors import FatalError

NONE, SOME = "medical, no change", "medical changes"
_CHANGES = 1000
_DAY_MINUTES = 24 * 60
_EACH = 4  # one child in so many
_CONDITION = {"id": "condition", "name": "Allergy", "details": "Made up"}
_ALLERGY = {"id": "allergy", "name": "Egg", "risk_level": "High", "conditions": ["condition"]}
Say = Callable[[str], None]


@dataclass(frozen=True)
class Pulled:
    """A pull and what followed from it, counted."""

    run: Run
    seconds: float


def measure(made: System, configuration: Path, say: Say) -> list[Row]:
    """Let some families share profiles, then change nothing, then one thing of each child, and return the rows of the table.

    Raises:
        FatalError: A change did not come to Synergetic.
    """
    say("Counting: medical profiles")
    members = made.operoo("GET", "state").json()["members"]
    children = [one for one in members if one.get("integration_member_id")][::_EACH]
    _pulled(made, configuration, children, reaction="Swelling")
    none = _pulled(made, configuration)
    some = _pulled(made, configuration, children)
    one = _pulled(made, configuration, children[:1], reaction="Hives")
    return [*_rows_of_none(none.run), *_rows_of_some(some.run, none.run), *_rows_of_time(one.seconds)]


def _pulled(made: System, configuration: Path, changed: list[Any] | None = None, reaction: str = "Rash") -> Pulled:
    for child in changed or ():
        profile = {"safety_alerts": [_CONDITION], "allergies": [_ALLERGY | {"reaction": reaction}]}
        made.operoo("PUT", f"health/{child['id']}", profile)
    before, made.counting.usage = made.operoo_requests(), Usage()
    began = time.perf_counter()
    made.pull_medical()
    done = made.write_back(configuration)
    seconds = time.perf_counter() - began
    if changed is not None and done != len(changed):
        raise FatalError(f"{len(changed)} children were changed, and {done} written back.", code="benchmark-differs")
    operoo = made.operoo_requests() - before
    return Pulled(Run(made.counting.usage, operoo, done, made.memory_mb, PULL), seconds)


def _rows_of_none(run: Run) -> Iterator[Row]:
    functions = run.usage.of("functions")
    yield Row(NONE, "AWS requests of the functions", listed(functions), value=functions.total())
    writes = f"{run.cloud_writes:,} ({run.usage.items.total():,} items)"
    yield Row(NONE, "writes of the functions", writes, "0", run.cloud_writes == 0, run.cloud_writes)
    yield Row(NONE, "Operoo requests", f"{run.operoo.total():,}", value=run.operoo.total())
    minutes = _default("MedicalMinutes")
    pulls = _DAY_MINUTES / minutes
    told = f"USD {run.cost:.6f} a pull, USD {run.cost * pulls:.4f} a day with one every {minutes} minutes"
    yield Row(NONE, "cost at list prices", told, value=run.cost)


def _rows_of_some(run: Run, none: Run) -> Iterator[Row]:
    relay, functions = run.usage.of("relay"), run.usage.of("functions")
    yield Row(SOME, "students with a change", f"{run.touched:,}, all of them written back", value=run.touched)
    yield Row(SOME, "AWS requests of the relay", listed(relay), value=relay.total())
    yield Row(SOME, "AWS requests of the functions", listed(functions), value=functions.total())
    yield Row(SOME, "Operoo requests", f"{run.operoo.total():,}", value=run.operoo.total())
    units = f"{run.usage.write_units:,} to write, {run.usage.read_units:,.0f} to read"
    yield Row(SOME, "DynamoDB request units", units, value=run.usage.write_units)
    invocations = run.usage.invocations.total()
    yield Row(SOME, "Lambda", f"{invocations:,} invocations, about {run.gb_s:.1f} GB-s", value=run.gb_s)
    more = relay.total() + functions.total() - none.usage.of("relay").total() - none.usage.of("functions").total()
    yield Row(SOME, "AWS requests of 1,000 changes, beyond a pull", f"{_each(more, run):,.0f}", value=_each(more, run))
    cost = _each(run.cost - none.cost, run)
    yield Row(SOME, "cost of 1,000 changes at list prices, beyond a pull", f"USD {cost:.4f}", value=cost)


def _each(amount: float, run: Run) -> float:
    return amount / run.touched * _CHANGES


def _rows_of_time(seconds: float) -> Iterator[Row]:
    """Yield how long a change takes: until the schedule's next pull, the pull, until the relay listens again, the write."""
    pull_s, listen_s = 60 * _default("MedicalMinutes"), RelaySettings().poll_every_s
    yield Row(SOME, "one change, from the pull to its receipt, in this process", f"{seconds:.2f} s", value=seconds)
    worst = pull_s + listen_s + seconds
    told = f"{worst / 60:.1f} minutes ({pull_s / 60:.0f} to the pull, {listen_s} s until the relay listens)"
    yield Row(SOME, "from a parent's change to Synergetic, at worst", told, value=worst)
    mean = pull_s / 2 + seconds
    yield Row(SOME, "the same, on average", f"{mean / 60:.1f} minutes (half as long; the relay listens)", value=mean)


def _default(parameter: str) -> int:
    return int(read_template(TEMPLATE)["Parameters"][parameter]["Default"])
