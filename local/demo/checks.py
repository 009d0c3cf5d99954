"""What a step of the story expects and what came, side by side. Nothing here does I/O."""

from collections.abc import Collection
from dataclasses import dataclass

_SHOWN = 6


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        what: In plain words.
        expected: What should have come.
        came: What did.
    """

    what: str
    expected: object
    came: object

    @property
    def holds(self) -> bool:
        """Whether it came as expected."""
        return self.expected == self.came

    def __str__(self) -> str:
        """Say what came; and what should have come, if that is something else."""
        if self.holds:
            return f"{self.what}: {shown(self.came)}"
        return f"{self.what}: expected {shown(self.expected)}, came {shown(self.came)}"


def shown(value: object) -> str:
    """Return a value as a person reads it; of many, how many and the first few."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, (set, frozenset)):
        return _listed(value)
    return "none" if value in (None, "") else str(value)


def counted(count: int, noun: str) -> str:
    """Return so many of something: `1 photo`, `2 photos`."""
    return f"{count:,} {noun if count == 1 else noun + 's'}"


def _listed(values: Collection[object]) -> str:
    if not values:
        return "none"
    names = sorted(map(str, values))
    more = ", ..." if len(names) > _SHOWN else ""
    return f"{len(names):,} ({', '.join(names[:_SHOWN])}{more})"
