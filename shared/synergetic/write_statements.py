"""Every statement that reads or changes a student's rows in two-way mode, made from the contract; values are always apart.

A change names only columns that the contract lets two-way mode write. It finds its row by the key, and by the student too where
the table has a column for that, so it cannot reach another student's row whatever it is told.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from shared.errors import SettingsError
from shared.synergetic.access import Access, accesses
from shared.synergetic.dialect import Dialect
from shared.synergetic.procedure_statements import Part, changing, inserting
from shared.synergetic.procedures import Call, Calls
from shared.synergetic.quoting import bracketed
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.statements import Statement
from shared.synergetic.table_model import Stamp
from shared.synergetic.version import Version
from shared.writeback.rows import Value, Values
from shared.writeback.tables import WriteColumn, WriteTable, WriteTables

# Whoever is in Synergetic at all has a row in it.
PEOPLE = "Community"
_WHOLE = frozenset({"tinyint", "smallint", "int", "bigint"})
_LONG = frozenset({"text", "ntext"})


@dataclass(frozen=True)
class Change:
    """A statement that changes rows, and what to ask for what it did: in the same batch, or right after it.

    Attributes:
        numbered: Whether the answer is the new row's number; else it is how many rows were changed.
    """

    statement: Statement
    answer: Statement | None = None
    numbered: bool = False


@dataclass(frozen=True)
class ModifiedBy:
    """Who is said to have changed a row.

    Attributes:
        number: The Community ID, where the database keeps one; 0 is nobody.
        login: The name, where it keeps a login.
    """

    number: int = 0
    login: str = "operoo"


class WriteStatements:
    """The statements for one school.

    Raises:
        ContractError: A configured database is a stale copy.
        SettingsError: The name that stands for the relay does not fit its column.
    """

    def __init__(  # noqa: PLR0913 - all that a statement is made of
        self,
        version: Version,
        settings: SynergeticSettings,
        dialect: Dialect,
        tables: WriteTables,
        *,
        modified_by: ModifiedBy,
        calls: Calls | None = None,
    ) -> None:
        self._dialect = dialect
        self._tables = tables
        self._modified_by = modified_by
        self._calls = calls or {}
        found = (access for access in accesses("two-way", version, settings) if access.table.name in tables)
        self._accesses: dict[str, Access] = {access.table.name: access for access in found}
        self._called: dict[str, Mapping[str, str]] = {
            name: {one.column.name: bracketed(one.called) for one in access.columns} for name, access in self._accesses.items()
        }
        # Each is executed several times a student.
        self._reads = {table.name: self._reading(table) for table in tables}
        # What does not fit is found before anything is written for anybody.
        self._stamps = {table.name: self._stamping(table) for table in tables}

    def called(self, table: str) -> str:
        """Return what a table is called here."""
        access = self._accesses[table]
        return self._dialect.qualify(access.spot, access.called)

    def read(self, table: WriteTable, student: Value) -> Statement:
        """Return what reads a student's rows of a table, in the order of its columns, and holds them as they are."""
        sql, times = self._reads[table.name]
        return Statement(sql, (student,) * times)

    def _reading(self, table: WriteTable) -> tuple[str, int]:
        """Return what reads a student's rows, and how often it names the student."""
        columns = ", ".join(f"r.{self._column(table, column.name)}" for column in table.columns)
        owned = tuple(self._owned(table))
        condition = " OR ".join(owned) or "1 = 0"
        sql = f"SELECT {columns} FROM {self.called(table.name)} AS r{self._dialect.writes.hold} WHERE {condition}"  # noqa: S608
        return sql, len(owned)

    def _owned(self, table: WriteTable) -> Iterator[str]:
        """Yield the conditions of which one makes a row a student's."""
        if table.owner:
            yield f"r.{self._column(table, table.owner)} = ?"
            return
        for column in table.references:
            if column.refers in self._tables and (parent := self._tables[column.refers]).owner:
                same = f"p.{self._column(parent, parent.identity)} = r.{self._column(table, column.name)}"
                of = f"p.{self._column(parent, parent.owner)} = ?"
                yield f"EXISTS (SELECT 1 FROM {self.called(parent.name)} AS p WHERE {same} AND {of})"  # noqa: S608

    def insert(self, table: WriteTable, values: Values) -> Change:
        """Return what inserts a row.

        Raises:
            KeyError: A column may not be written.
        """
        columns = {name: self._value(self._writable(table, name), value) for name, value in values.items()}
        columns |= self._stamps[table.name]
        if call := self._calls.get((table.name, "insert")):
            return self._inserted(table, call, columns)
        names = ", ".join(self._column(table, name) for name in columns)
        marks = ", ".join(sql for sql, _ in columns.values())
        sql = f"INSERT INTO {self.called(table.name)} ({names}) VALUES ({marks})"  # noqa: S608 - the contract's names
        return self._change(sql, _values(columns.values()), numbered=bool(table.identity))

    def update(self, table: WriteTable, where: Values, values: Values, *, student: Value) -> Change:
        """Return what changes a row.

        Raises:
            KeyError: A column may not be changed.
        """
        columns = {name: self._value(self._writable(table, name, again=True), value) for name, value in values.items()}
        columns |= self._stamps[table.name]
        if call := self._calls.get((table.name, "update")):
            return self._changed(table, call, columns, row=self._where(table, where, student))
        condition, found_by = self._where(table, where, student)
        changes = ", ".join(f"{self._column(table, name)} = {sql}" for name, (sql, _) in columns.items())
        sql = f"UPDATE {self.called(table.name)} SET {changes} WHERE {condition}"  # noqa: S608 - the contract's names
        return self._change(sql, (*_values(columns.values()), *found_by))

    def delete(self, table: WriteTable, where: Values, *, student: Value) -> Change:
        """Return what deletes a row.

        Raises:
            KeyError: Rows of this table may not be deleted.
        """
        if not table.deletes:
            raise KeyError(table.name)
        if call := self._calls.get((table.name, "delete")):
            return self._changed(table, call, {}, row=self._where(table, where, student), removes=True)
        condition, found_by = self._where(table, where, student)
        return self._change(f"DELETE FROM {self.called(table.name)} WHERE {condition}", found_by)  # noqa: S608 - as above

    def _inserted(self, table: WriteTable, call: Call, columns: Mapping[str, Part]) -> Change:
        number, owner = self._column(table, table.identity), self._column(table, table.owner)
        # Nobody else adds a row of this student before the end, and a new number is the largest.
        last = f"SELECT MAX({number}) AS Numbered FROM {self.called(table.name)} WHERE {owner} = ?"  # noqa: S608 - as above
        _, student = columns[table.owner]
        return Change(
            inserting(call, self._procedure(table, call), self._named(table, columns), look=(last, student)), numbered=True
        )

    def _changed(
        self, table: WriteTable, call: Call, columns: Mapping[str, Part], *, row: Part, removes: bool = False
    ) -> Change:
        condition, found_by = row
        row = f"{self.called(table.name)}{self._dialect.writes.hold} WHERE {condition}", found_by
        return Change(changing(call, self._procedure(table, call), self._named(table, columns), row=row, removes=removes))

    def _procedure(self, table: WriteTable, call: Call) -> str:
        return self._dialect.qualify(self._accesses[table.name].spot, call.called)

    def _named(self, table: WriteTable, columns: Mapping[str, Part]) -> Mapping[str, Part]:
        here = {one.column.name: one.called for one in self._accesses[table.name].columns}
        return {here[name]: part for name, part in columns.items()}

    def _change(self, sql: str, values: tuple[object, ...], *, numbered: bool = False) -> Change:
        words = self._dialect.writes
        asked = words.numbered if numbered else words.changed
        if words.batched:
            return Change(Statement(f"{sql}; {asked}", values), numbered=numbered)
        return Change(Statement(sql, values), Statement(asked), numbered)

    def _where(self, table: WriteTable, where: Values, student: Value) -> tuple[str, tuple[object, ...]]:
        if not where or set(where) != set(table.key):
            raise KeyError(table.name)
        found_by = {**where, table.owner: student} if table.owner else where
        parts = [self._same(table.by_name[name], self._column(table, name), value) for name, value in found_by.items()]
        return " AND ".join(sql for sql, _ in parts), _values(parts)

    def _same(self, column: WriteColumn, called: str, value: Value) -> tuple[str, tuple[object, ...]]:
        if value is None:
            return f"{called} IS NULL", ()
        left = self._dialect.writes.words.format(column=called) if column.type in _LONG else called
        mark, values = self._value(column, value)
        return f"{left} = {mark}", values

    def _value(self, column: WriteColumn, value: Value) -> tuple[str, tuple[object, ...]]:
        if value is None:
            return "NULL", ()  # a driver would have to be told the type of what is not there
        if column.kind == "moment":
            return self._dialect.writes.moment, (value,)
        return "?", (int(value) if column.kind == "bit" else value,)

    def _stamping(self, table: WriteTable) -> dict[str, tuple[str, tuple[object, ...]]]:
        kinds = {one.column.name: one.column.stamp for one in self._accesses[table.name].written if one.column.stamp}
        return {name: self._stamp(table.by_name[name], kind) for name, kind in kinds.items() if kind}

    def _stamp(self, column: WriteColumn, kind: Stamp) -> tuple[str, tuple[object, ...]]:
        if kind == "when":
            return self._dialect.writes.now, ()
        if column.type in _WHOLE:
            return "?", (self._modified_by.number,)
        if column.length is not None and len(self._modified_by.login) > column.length:
            raise SettingsError(
                f"The column {column.name} has room for {column.length} characters, fewer than the name that it is to hold.",
                remedy="Give a shorter `modified_by` in [synergetic].",
                code="writer-name-too-long",
            )
        return "?", (self._modified_by.login,)

    def _writable(self, table: WriteTable, name: str, *, again: bool = False) -> WriteColumn:
        column = table.by_name[name]
        if not column.write or column.stamp or (again and column.insert_only):
            raise KeyError(f"{table.name}.{name}")
        return column

    def _column(self, table: WriteTable, name: str) -> str:
        return self._called[table.name][name]


def _values(parts: Iterable[tuple[str, tuple[object, ...]]]) -> tuple[object, ...]:
    return tuple(value for _, values in parts for value in values)
