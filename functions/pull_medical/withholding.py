"""What of a family's word waits: that there is none of something, of which too many say so at once.

All else is written before, so that nothing new has to wait with it. Then a person is asked; where nobody knows yet what there
is in Synergetic, the answer tells, and the next pull asks about what would really go.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from functions.pull_medical.emptied import says_something, without
from functions.records.ledger import Entry, Purpose
from shared.digests import digest
from shared.writeback.rows import Desired

_LOOKED = frozenset({"applied", "unchanged", "conflicted", "planned"})


@dataclass(frozen=True)
class Ask:
    """What is to be asked of the relay.

    Attributes:
        withheld: What stands for it, where something waits.
    """

    purpose: Purpose
    desired: Desired
    withheld: str = ""


def withholding(ask: Ask, kinds: Collection[str], entry: Entry, *, is_first: bool) -> Ask:
    """Return what is asked while that there is none of some kinds waits.

    Args:
        ask: What would be asked.
        kinds: What waits.
        entry: The student in the ledger.
        is_first: Nobody knows yet what there is.
    """
    if not kinds:
        return ask
    rest = without(ask.desired, kinds)
    mark = digest(rest.model_dump(mode="json"))
    if is_first:
        return Ask("write", rest, mark) if says_something(rest) else Ask("look", ask.desired)
    if not says_something(rest) or (mark == entry.withheld and entry.outcome in _LOOKED):
        return Ask("review", ask.desired, mark)
    return Ask("write", rest, mark)


def waiting(entry: Entry) -> frozenset[str]:
    """Return what a person is to look at and has not decided yet: it waits, whatever becomes of others meanwhile."""
    waits = bool(entry.withheld) or (entry.purpose == "review" and entry.state in {"asked", "review"})
    return frozenset(entry.emptied) if waits else frozenset()


def lately(entry: Entry, *, since: datetime) -> frozenset[str]:
    """Return what is emptied since a moment, or waits to be."""
    return waiting(entry).union(kind for kind, at in entry.emptied.items() if at >= since.isoformat())
