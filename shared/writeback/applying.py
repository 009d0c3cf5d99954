"""What a plan makes of rows, without a database: what is expected to be read back, and what a person is shown beforehand."""

from collections.abc import Iterator, Mapping, Sequence

from shared.writeback.comparing import key_of
from shared.writeback.plan import Plan, Step
from shared.writeback.rows import Image, Row, Value
from shared.writeback.tables import WriteTable, WriteTables

Numbers = Mapping[tuple[str, str], int]
"""What the database numbered new rows, by table and the row's name in the plan."""


def applied(tables: WriteTables, plan: Plan, numbers: Numbers) -> Image:
    """Return the rows after a plan, each with the item that it states; a new row that has no number yet has none here."""
    return Image(tables={table.name: tuple(_rows(table, plan, numbers)) for table in tables})


def acknowledged(tables: WriteTables, plan: Plan, after: Image, seen: Image | None) -> Image:
    """Return what the cloud is to hold for seen: the rows after a plan, but what it left as somebody else had it.

    Of that it is told what the plan would have made of it. So it differs from what is there for as long as somebody else's word
    stands, and the next message finds the same conflict again, whatever else changes meanwhile.
    """
    left = [*plan.held, *plan.trimmed]
    return Image(tables={table.name: tuple(_told(table, left, after, seen or Image())) for table in tables})


def _told(table: WriteTable, left: Sequence[Step], after: Image, seen: Image) -> Iterator[Row]:
    here = [step for step in left if step.table == table.name]
    for row in after.rows(table.name):
        key = key_of(table, row.values)
        values = _changed(row, [step for step in here if step.where and key_of(table, step.where) == key])
        if values is not None:
            yield row.model_copy(update={"values": values})
    # Somebody removed it, and a family states it still.
    missed = {step.ref for step in here if step.kind == "insert" and step.ref}
    yield from (row for row in seen.rows(table.name) if row.ref in missed)


def _rows(table: WriteTable, plan: Plan, numbers: Numbers) -> Iterator[Row]:
    labels = [label for label in plan.labels if label.table == table.name]
    steps = [step for step in plan.steps if step.table == table.name]
    moved = {label.ref for label in labels}
    old = {key_of(table, label.where): label.ref for label in labels if not label.new}
    new = {label.new: label.ref for label in labels if label.new}
    for row in plan.before.rows(table.name):
        key = key_of(table, row.values)
        values = _changed(row, [step for step in steps if step.where and key_of(table, step.where) == key])
        if values is not None:
            yield Row(values=values, ref=old.get(key, "" if row.ref in moved else row.ref))
    for step in steps:
        if step.kind == "insert":
            yield Row(values=inserted(table, step, numbers), ref=new.get(step.new, ""))


def _changed(row: Row, steps: Sequence[Step]) -> dict[str, Value] | None:
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
