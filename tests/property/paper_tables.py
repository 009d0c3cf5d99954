"""A model of the tables that are written: numbered keys, rows that hang on others, other people's rows, columns nobody reads.

It does what a plan says, step by step, and refuses what a database would refuse.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from shared.synergetic import SynergeticSettings, Version
from shared.synergetic.writing import write_tables
from shared.writeback.comparing import comparable, is_nothing, key_of
from shared.writeback.plan import Plan, Step
from shared.writeback.rows import Image, Row, Value
from shared.writeback.tables import WriteTable, WriteTables
from tests.unit.contract_schools import PLAIN, as_declared

STUDENT, OTHER = 7001, 7002
NAMED = SynergeticSettings(
    column_names={
        "MedicalSymptom.Symptom": "Symptom",
        "MedicalRisk.RiskIdentified": "RiskIdentified",
        "MedicalRisk.RiskRequiredAction": "RiskRequiredAction",
        "MedicalAdditionalAsthmaDetails.AsthmaCategoryCode": "AsthmaCategoryCode",
    }
)
VERSION = Version.parse("68.24")
TABLES = write_tables(VERSION, NAMED, as_declared("68.24", NAMED))
FEWER = write_tables(VERSION, PLAIN, as_declared())
_SECRET = "the school's own"


@dataclass
class PaperTables:
    """The tables of a school, with a column in each that nobody reads."""

    tables: WriteTables = TABLES
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {table.name: [] for table in TABLES})
    number: int = 100

    def add(self, table: WriteTable, values: dict[str, Value]) -> dict[str, Any]:
        """Add a row as somebody at the school would; the database numbers it."""
        row: dict[str, Any] = {column.name: None for column in table.columns}
        row |= values | {"secret": _SECRET}
        if table.identity:
            self.number += 1
            row[table.identity] = self.number
        self.rows[table.name].append(row)
        return row

    def read(self, student: int = STUDENT) -> Image:
        """Return a student's rows."""
        found: dict[str, tuple[Row, ...]] = {}
        for table in self.tables:
            listed = [column.name for column in table.columns]
            rows = [row for row in self.rows[table.name] if self._owner(table, row) == student]
            found[table.name] = tuple(Row(values={name: row[name] for name in listed}) for row in rows)
        return Image(tables=found)

    def _owner(self, table: WriteTable, row: dict[str, Any]) -> int:
        if table.owner:
            return int(row[table.owner])
        owners = {int(parent[parents.owner]) for parents, parent in self._parents(table, row)}
        assert len(owners) == 1
        return owners.pop()

    def _parents(self, table: WriteTable, row: dict[str, Any]) -> Iterator[tuple[WriteTable, dict[str, Any]]]:
        for column in table.references:
            if row[column.name]:
                parents = self.tables[column.refers]
                found = [one for one in self.rows[parents.name] if one[parents.identity] == row[column.name]]
                assert len(found) == 1, "a row hangs on one that is not there"
                yield parents, found[0]

    def rest(self) -> list[tuple[str, str]]:
        """Return all rows of others, in full."""
        kept = ((name, row) for name, rows in self.rows.items() for row in rows)
        return [(name, repr(row)) for name, row in kept if self._owner(self.tables[name], row) != STUDENT]

    def run(self, plan: Plan) -> dict[tuple[str, str], int]:
        """Do what a plan says; return the numbers of new rows."""
        numbers: dict[tuple[str, str], int] = {}
        for step in plan.steps:
            table = self.tables[step.table]
            allowed = {column.name for column in table.content if step.kind == "insert" or not column.insert_only}
            assert step.values.keys() <= allowed
            if step.kind == "insert":
                self._insert(table, step, numbers)
            else:
                self._change(table, step)
        for name, rows in self.rows.items():
            for row in rows:
                self._owner(self.tables[name], row)
        return numbers

    def _insert(self, table: WriteTable, step: Step, numbers: dict[tuple[str, str], int]) -> None:
        assert table.inserts
        given = dict(step.values) | {name: numbers[table.by_name[name].refers, new] for name, new in step.parents.items()}
        row = self.add(table, given)
        list(self._parents(table, row))
        key = key_of(table, row)
        assert table.key[0] != table.identity or row[table.identity]
        assert table.identity or sum(key_of(table, one) == key for one in self.rows[table.name]) == 1 or not keyed(table)
        if table.identity:
            numbers[table.name, step.new] = row[table.identity]

    def _change(self, table: WriteTable, step: Step) -> None:
        hits = [row for row in self.rows[table.name] if all(row[name] == value for name, value in step.where.items())]
        assert len(hits) == step.rows
        assert all(self._owner(table, row) == STUDENT for row in hits)
        if step.kind == "update":
            hits[0].update(step.values)
            return
        assert table.deletes
        self.rows[table.name] = [row for row in self.rows[table.name] if not any(row is hit for hit in hits)]
        for name, rows in self.rows.items():
            for row in rows:
                list(self._parents(self.tables[name], row))

    def stated(self) -> dict[str, Counter[str]]:
        """Return what the student's rows say, in listed columns, whatever numbers they have."""
        found: dict[str, Counter[str]] = {}
        for table in self.tables:
            mine = [row for row in self.rows[table.name] if self._owner(table, row) == STUDENT]
            said = [self._says(table, row) for row in mine if not (table.single and _is_blank(table, row))]
            found[table.name] = Counter(said)
        return found

    def _says(self, table: WriteTable, row: dict[str, Any]) -> str:
        plain = {}
        for column in table.columns:
            if not (column.stamp or column.name == table.identity or column.refers):
                plain[column.name] = row[column.name] if column.write else comparable(column, row[column.name])
        parents = sorted(f"{parents.name} {self._says(parents, parent)}" for parents, parent in self._parents(table, row))
        return repr((sorted(plain.items()), parents))


def keyed(table: WriteTable) -> bool:
    """Say whether the table has a key that we know of."""
    return len(table.key) < len(table.columns)


def _is_blank(table: WriteTable, row: dict[str, Any]) -> bool:
    return all(is_nothing(one, row[one.name]) for one in table.columns if one.name not in table.key and one.name != table.owner)
