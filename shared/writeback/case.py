"""One student's case: what is there, what ought to be there, what the cloud last saw, and what the school wants done."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from shared.writeback.comparing import by_key, comparable, key_of
from shared.writeback.plan import Policies, Rejected, Step, StepKind
from shared.writeback.rows import Desired, Image, Row, Value
from shared.writeback.tables import Key, WriteTable, WriteTables

Place = tuple[str, Key]
Forbidden = tuple[StepKind, str, str | Key]
"""Which step, in which table, of which item: of a row that states none, its key; of a table's only row, a part or the table."""


@dataclass(frozen=True)
class Case:
    """Everything that a plan follows from.

    Attributes:
        current: The student's rows as they are now.
        seen: The rows as the cloud last saw them: the image after the last receipt, whose rows bear the names of the items
            that they came from, or what a snapshot stated. None if it never saw any, and then nothing can be in conflict.
        rejected: What a person does not want written.
        declined: What stands for what a person did not want written before, as `shared.writeback.declined` has it.
        forbidden: What the database was asked to do, and a constraint of its own forbids.
    """

    tables: WriteTables
    current: Image
    desired: Desired
    seen: Image | None = None
    policies: Policies = field(default_factory=Policies)
    rejected: tuple[Rejected, ...] = ()
    declined: frozenset[str] = frozenset()
    forbidden: frozenset[Forbidden] = frozenset()

    @property
    def merges(self) -> bool:
        """Whether only rows that came from Operoo may be changed or removed."""
        return self.policies.ownership == "merge"

    @property
    def owner(self) -> Value:
        """The student, as the database numbers people."""
        student = self.desired.student
        return int(student) if student.isascii() and student.isdecimal() else student

    @cached_property
    def there(self) -> Mapping[str, Mapping[Key, Row]]:
        """The rows that are there, by table and key."""
        return {table.name: by_key(table, self.current.rows(table.name)) for table in self.tables}

    @cached_property
    def was_seen(self) -> Mapping[str, Mapping[Key, Row]]:
        """The rows that the cloud last saw, by table and key."""
        seen = self.seen or Image()
        return {table.name: by_key(table, seen.rows(table.name)) for table in self.tables}

    @cached_property
    def known(self) -> Mapping[tuple[str, str], Key]:
        """The key of the row that stated an item when the cloud last saw it, by table and item."""
        return {(table, row.ref): key for table, rows in self.was_seen.items() for key, row in rows.items() if row.ref}

    def is_ours(self, table: str, key: Key) -> bool:
        """Say whether a row came from Operoo."""
        row = self.was_seen[table].get(key)
        return bool(row and row.ref)

    @cached_property
    def children(self) -> Mapping[Place, tuple[Place, ...]]:
        """The rows that hang on a row, by its place."""
        found: defaultdict[Place, list[Place]] = defaultdict(list)
        for table in self.tables:
            for key, row in self.there[table.name].items():
                for parent in parents_of(table, row):
                    found[parent].append((table.name, key))
        return {place: tuple(children) for place, children in found.items()}


def forbidden(tables: WriteTables, step: Step) -> Forbidden:
    """Return what a case calls a step that a constraint forbids."""
    return step.kind, step.table, step.ref or key_of(tables[step.table], step.where)


def part_of(ref: str) -> str:
    """Return what a part of a table's only row belongs to: whoever stands in one place of a list may have stood in another."""
    return ref.partition(":")[0]


def parents_of(table: WriteTable, row: Row) -> tuple[Place, ...]:
    """Return the places of the rows that a row hangs on."""
    named = ((column.refers, comparable(column, row.values.get(column.name))) for column in table.references)
    return tuple((refers, (number,)) for refers, number in named if number)


def holds(table: WriteTable, row: Row) -> bool:
    """Say whether a row still holds, and is not history."""
    return not table.active or bool(comparable(table.by_name[table.active], row.values.get(table.active)))
