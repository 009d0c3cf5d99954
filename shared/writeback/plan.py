"""What is to be done to a student's rows, in order, and what is left undone and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.private import Private
from shared.writeback.rows import Image, Value, Values

StepKind = Literal["insert", "update", "delete"]
Removal = Literal["deactivate", "delete"]
OnConflict = Literal["overwrite", "refuse", "ask"]
Ownership = Literal["replace", "merge"]


class Policies(BaseModel):
    """What a school wants done where there is a choice.

    Attributes:
        conflict: What to do about a row that somebody changed since the cloud last saw it: `overwrite` it; or leave it, write
            the rest, and tell (`refuse`), or ask a person (`ask`).
        ownership: `replace` a student's rows in the tables that are written, or `merge`: only rows that came from Operoo are
            changed or removed, and what a family leaves empty empties nothing of a table's only row.
        remove: Whether a row that is no longer stated is deactivated or deleted, where both can be done.
        remove_from: The same for single tables.
    """

    model_config = ConfigDict(frozen=True)

    conflict: OnConflict = "overwrite"
    ownership: Ownership = "replace"
    remove: Removal = "deactivate"
    remove_from: dict[str, Removal] = Field(default_factory=dict)

    def removal(self, table: str) -> Removal:
        """Return what becomes of rows of a table that are no longer stated."""
        return self.remove_from.get(table, self.remove)


class Rejected(Private):
    """What a person does not want written. What matches nothing that would be written asks for nothing.

    Attributes:
        table: The table, by the contract's name.
        ref: The item that the row is to state; of the only row of a table, the table's name. Empty for a row that is no longer
            stated.
        where: By what the row is found; nothing for a new one. A row is meant if either says so.
        columns: Only these columns of it; the row as a whole if there is none. A row is not removed, and not added without what
            it is known by, if one of its columns is rejected.
    """

    table: str
    ref: str = ""
    where: dict[str, Value] = Field(default_factory=dict)
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One statement.

    Attributes:
        where: By what the row is found, in the values that it has; nothing for a new row.
        values: The columns to write, stamps apart.
        parents: For columns that refer to a row that is new too, the name of that row.
        new: The name of a new row, unique in its table.
        ref: The item that the row is to state; of the only row of a table, the table's name. Empty if it states none any more.
        rows: How many rows the statement changes.
    """

    kind: StepKind
    table: str
    where: Values = field(default_factory=dict, repr=False)
    values: Values = field(default_factory=dict, repr=False)
    parents: Mapping[str, str] = field(default_factory=dict)
    new: str = ""
    ref: str = ""
    rows: int = 1


@dataclass(frozen=True)
class Parked:
    """A desired row that is not written; what is there for it stays."""

    table: str
    ref: str
    code: str
    reason: str


@dataclass(frozen=True)
class Kept:
    """A row that is no longer stated, and stays all the same."""

    table: str
    where: Values = field(repr=False)
    code: str = ""


@dataclass(frozen=True)
class Conflict:
    """A row that somebody changed, added or removed since the cloud last saw it, and that a step would change.

    Attributes:
        how: What somebody did.
        columns: What they changed, of what the step would write.
    """

    table: str
    how: Literal["changed", "added", "removed"]
    where: Values = field(repr=False)
    columns: tuple[str, ...] = ()
    ref: str = ""


@dataclass(frozen=True)
class Label:
    """Which row states an item: the name of a new row, or what the row is found by."""

    table: str
    ref: str
    new: str = ""
    where: Values = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes:
        steps: In the order in which they can be done.
        before: All rows as they are.
        labels: Which row will state which item.
        parked: Desired rows that are not written.
        kept: Rows that are no longer stated and stay.
        conflicts: Rows that somebody else changed. They are changed all the same if the policy is to overwrite.
        held: Steps that are left out because of a conflict, or because a person rejected them.
        contested: Those of them that are left out because of a conflict.
        trimmed: What a person rejected of steps that are done otherwise: the columns that these leave out.
        left_out: Counts of values that have no column here, by table and column.
    """

    steps: tuple[Step, ...]
    before: Image = field(repr=False)
    labels: tuple[Label, ...] = ()
    parked: tuple[Parked, ...] = ()
    kept: tuple[Kept, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    held: tuple[Step, ...] = ()
    contested: tuple[Step, ...] = ()
    trimmed: tuple[Step, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
