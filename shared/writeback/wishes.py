"""What stands for a row that is to be written and for what it is to hold, so that what a person declined is known again.

A wish is a column of an item with the value that it shall hold. It stays the same however the rows about it come and go, so who
declines it is not asked again, until somebody wishes something else.
"""

from collections.abc import Collection, Mapping
from typing import Protocol

from shared.digests import digest
from shared.writeback.plan import StepKind
from shared.writeback.rows import Values

_LENGTH = 16
# A new row, or a row's end, as a whole.
WHOLE = ""


class Writing(Protocol):
    """A row that is to be written: a step of a plan, or what a receipt tells of one."""

    @property
    def kind(self) -> StepKind:
        """What is done."""

    @property
    def table(self) -> str:
        """Its table."""

    @property
    def ref(self) -> str:
        """The item that it states."""

    @property
    def where(self) -> Values:
        """By what the row is found."""


def wishes(row: Writing, values: Values) -> Mapping[str, str]:
    """Return what stands for each column of a row that is to hold something, and for a row that comes or goes as a whole.

    Args:
        row: The row.
        values: What it is to hold.
    """
    item = [row.table, row.ref or sorted([name, value] for name, value in row.where.items())]
    # A new row holds nothing in most columns, and nobody wished for that.
    columns = {name: value for name, value in values.items() if row.kind == "update" or value}
    found = {name: _digest([*item, name, value]) for name, value in columns.items()}
    return found if row.kind == "update" else found | {WHOLE: _digest([*item, row.kind])}


def is_declined(row: Writing, values: Values, declined: Collection[str]) -> bool:
    """Say whether a person declined all that a row is to hold."""
    found = wishes(row, values).values()
    return bool(found) and all(one in declined for one in found)


def _digest(wish: object) -> str:
    return digest(wish)[:_LENGTH]
