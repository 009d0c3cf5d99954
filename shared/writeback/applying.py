"""What a plan makes of rows, without a database: what is expected to be read back, and what a person is shown beforehand."""

from collections.abc import Iterator, Mapping, Sequence

from shared.writeback.comparing import key_of
from shared.writeback.plan import Plan, Step
from shared.writeback.rows import Image, Row, Value, former
from shared.writeback.tables import WriteTable, WriteTables

Numbers = Mapping[tuple[str, str], int]
"""What the database numbered new rows, by table and the row's name in the plan."""


def applied(tables: WriteTables, plan: Plan, numbers: Numbers) -> Image:
    """Return the rows after a plan, each with the item that it states; a new row that has no number yet has none here."""
    return Image(tables={table.name: tuple(_rows(table, plan, numbers)) for table in tables})


def _rows(table: WriteTable, plan: Plan, numbers: Numbers) -> Iterator[Row]:
    labels = [label for label in plan.labels if label.table == table.name]
    steps = [step for step in plan.steps if step.table == table.name]
    moved = {label.ref for label in labels}
    old = {key_of(table, label.where): label.ref for label in labels if not label.new}
    new = {label.new: label.ref for label in labels if label.new}
    for row in plan.before.rows(table.name):
        key = key_of(table, row.values)
        values = changed(row, [step for step in steps if step.where and key_of(table, step.where) == key])
        if values is not None:
            yield Row(values=values, ref=old.get(key, former(row.ref) if row.ref in moved else row.ref))
    for step in steps:
        if step.kind == "insert":
            yield Row(values=inserted(table, step, numbers), ref=new.get(step.new, ""))


def changed(row: Row, steps: Sequence[Step]) -> dict[str, Value] | None:
    """Return the values of a row after steps; None if it goes."""
    if any(step.kind == "delete" for step in steps):
        return None
    return {**row.values, **{name: value for step in steps for name, value in step.values.items()}}


def inserted(table: WriteTable, step: Step, numbers: Numbers) -> dict[str, Value]:
    """Return the values of a new row, with the numbers of the rows it hangs on, and its own."""
    values: dict[str, Value] = {column.name: None for column in table.columns}
    values |= step.values
    values |= {name: numbers.get((table.by_name[name].refers, new)) for name, new in step.parents.items()}
    if table.identity:
        values[table.identity] = numbers.get((table.name, step.new))
    return values
