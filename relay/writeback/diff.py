"""What a plan would do, for a person to read: each row with its old and new values, masked unless they are asked for."""

from collections.abc import Callable, Iterator, Mapping

from shared.messages import WriteBack
from shared.synergetic import Statement
from shared.writeback.comparing import key_of
from shared.writeback.plan import Conflict, Plan, Step
from shared.writeback.rows import Value, Values
from shared.writeback.tables import WriteTables

_SIGNS = {"insert": "+", "update": "~", "delete": "-"}
_MASK = "•••"


class Diff:
    """Tells of plans.

    Args:
        tables: The tables, as the database has them.
        called: Tells what a table is called there.
        show_values: Whether values are shown.
    """

    def __init__(self, tables: WriteTables, called: Callable[[str], str], *, show_values: bool) -> None:
        self._tables = tables
        self._called = called
        self._show = show_values

    def lines(self, message: WriteBack, plan: Plan, statements: list[tuple[Step, Statement]]) -> Iterator[str]:
        """Yield the lines about one message."""
        what = "what was written is taken back" if message.undo else "what the family states"
        what = f"{what}, only to look" if message.preview else what
        yield f"Student {message.student}, version {message.version} ({message.request}): {what}"
        if not statements:
            yield "  There is nothing to write."
        for step, statement in statements:
            yield from self._step(plan, step)
            yield f"      {statement.sql}"
            if statement.parameters:
                yield f"      with {', '.join(self._value(value) for value in statement.parameters)}"
        for parked in plan.parked:
            yield f"  ! parked   {self._called(parked.table)}: {parked.code}"
        for kept in plan.kept:
            yield f"  ! stays    {self._called(kept.table)} {self._found_by(kept.where)}: {kept.code}"
        for conflict in plan.conflicts:
            yield self._conflict(message, conflict)
        for step in plan.held:
            yield f"  ! left out {step.kind} {self._called(step.table)}{self._by(step)}"
        for name, count in plan.left_out.items():
            yield f"  ! no place {name}: {count}"

    def _step(self, plan: Plan, step: Step) -> Iterator[str]:
        yield f"  {_SIGNS[step.kind]} {step.kind}   {self._called(step.table)}{self._by(step)}"
        old = self._row(plan, step) if step.where else {}
        if step.kind == "delete":
            for name in (column.name for column in self._tables[step.table].content):
                yield f"      {name}: {self._value(old.get(name))}"
        for name, value in step.values.items():
            before = f"{self._value(old.get(name))} → " if step.kind == "update" else ""
            yield f"      {name}: {before}{self._value(value)}"
        for name, new in step.parents.items():
            yield f"      {name}: the number of the new row {new if self._show else _MASK}"

    def _row(self, plan: Plan, step: Step) -> Mapping[str, Value]:
        table = self._tables[step.table]
        wanted = key_of(table, step.where)
        found = (row.values for row in plan.before.rows(step.table) if key_of(table, row.values) == wanted)
        return next(found, {})

    def _conflict(self, message: WriteBack, conflict: Conflict) -> str:
        columns = f" ({', '.join(conflict.columns)})" if conflict.columns else ""
        overwrites = message.undo is None and message.policies.conflict == "overwrite"
        what = "overwritten" if overwrites else "left as it is"
        table = self._called(conflict.table)
        return f"  ! conflict {table} {self._found_by(conflict.where)}: {conflict.how} by somebody else{columns}, {what}"

    def _by(self, step: Step) -> str:
        return f" {self._found_by(step.where)}" if step.where else ""

    def _found_by(self, where: Values) -> str:
        return ", ".join(f"{name} {value if isinstance(value, int) else self._value(value)}" for name, value in where.items())

    def _value(self, value: object) -> str:
        if value is None:
            return "NULL"
        return repr(value) if self._show else _MASK
