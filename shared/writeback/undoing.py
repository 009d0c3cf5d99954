"""Plans how to take back what a receipt tells of: the rows as they were before, if nobody has touched them since.

A row that was deleted comes back under another number, and with it what hung on it. What has been taken back already is found
to be so, and is not done again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from shared.writeback.case import parents_of
from shared.writeback.comparing import by_key, comparable, differing, key_of, labelled, nothing
from shared.writeback.plan import Conflict, Label, Plan, Step
from shared.writeback.removing import deletions
from shared.writeback.rows import Image, Row, Value
from shared.writeback.tables import Key, WriteTable, WriteTables

_Rows = dict[Key, Row]


@dataclass
class _Undoing:
    """One table after another; `numbers` and `names` say what became of rows that come back."""

    tables: WriteTables
    current: Image
    before: Image
    after: Image
    steps: list[Step] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    numbers: dict[tuple[str, object], Value] = field(default_factory=dict)
    names: dict[tuple[str, object], str] = field(default_factory=dict)


def undo_plan(tables: WriteTables, current: Image, *, before: Image, after: Image, seen: Image | None = None) -> Plan:
    """Return what makes the rows as they were before; if somebody has changed any of them since, conflicts and no steps.

    Args:
        tables: The tables, as the database has them.
        current: The rows as they are.
        before: The rows before what is taken back.
        after: The rows after it.
        seen: The rows as they were told of last, whose items are those that rows state now; None if that is `after`.
    """
    undoing = _Undoing(tables, current, before, after)
    inserts = [step for table in tables if table.writes for step in _inserts(undoing, table)]
    updates = [step for table in tables if table.writes for step in _updates(undoing, table)]
    deletes = [step for table in reversed(tuple(tables)) if table.writes for step in _deletes(undoing, table)]
    undoing.conflicts.extend(_hanging(undoing, deletes))
    refused = bool(undoing.conflicts)
    return Plan(
        steps=() if refused else (*deletes, *updates, *inserts),
        before=labelled(tables, current, seen or after),
        labels=() if refused else tuple(undoing.labels),
        conflicts=tuple(undoing.conflicts),
    )


def _images(undoing: _Undoing, table: WriteTable) -> tuple[_Rows, _Rows, _Rows]:
    images = (undoing.before, undoing.after, undoing.current)
    before, after, current = (by_key(table, image.rows(table.name)) for image in images)
    return before, after, current


def _updates(undoing: _Undoing, table: WriteTable) -> Iterator[Step]:
    before, after, current = _images(undoing, table)
    columns = [column for column in table.content if not column.insert_only]
    for key in (key for key in before if key in after):
        was, made, now = before[key], after[key], current.get(key)
        if was.ref != made.ref:
            undoing.labels.append(Label(table.name, was.ref, where=table.where(was)))
        written = [column for column in columns if was.values.get(column.name) != made.values.get(column.name)]
        if not written:
            continue
        if now is None:
            undoing.conflicts.append(Conflict(table.name, "removed", table.where(was), ref=was.ref))
            continue
        if all(now.values.get(column.name) == was.values.get(column.name) for column in written):
            continue
        if changed := differing(written, made.values, now.values):
            undoing.conflicts.append(Conflict(table.name, "changed", table.where(now), changed, made.ref))
        values = {column.name: was.values.get(column.name) for column in written}
        yield Step("update", table.name, table.where(now), values, ref=_item(table, was))


def _deletes(undoing: _Undoing, table: WriteTable) -> Iterator[Step]:
    before, after, current = _images(undoing, table)
    others = {key: row for key, row in current.items() if key not in after and key not in before}
    for key, made in after.items():
        now = current.get(key)
        if key in before:
            continue
        if now is None:
            # One that went and came back has another number. Nobody can tell it from one that the school has entered itself.
            if twin := _back(table, dict(made.values), others):
                undoing.conflicts.append(Conflict(table.name, "added", table.where(twin), ref=made.ref))
            continue
        emptied = {column.name: nothing(column) for column in table.content if not column.insert_only}
        if not (table.deletes or differing(table.content, now.values, {**now.values, **emptied})):
            continue
        # What the school has put into a row that is to go could not be brought back.
        lost = (*table.content, *table.others) if table.deletes else table.content
        if changed := differing(lost, made.values, now.values):
            undoing.conflicts.append(Conflict(table.name, "changed", table.where(now), changed, made.ref))
        if table.deletes:
            yield from deletions(table, (row for row in undoing.current.rows(table.name) if key_of(table, row.values) == key))
        else:
            yield Step("update", table.name, table.where(now), emptied)


def _inserts(undoing: _Undoing, table: WriteTable) -> Iterator[Step]:
    _, after, current = _images(undoing, table)
    # A row that went may be there under its own number: the database was restored from a backup.
    free = {key: row for key, row in current.items() if key not in after}
    for place, was in enumerate(undoing.before.rows(table.name)):
        key = key_of(table, was.values)
        if key in after:
            continue
        values, parents = _moved(undoing, table, was)
        back = None if parents else free.get(key) or _back(table, values, free if table.identity else current)
        if back is not None:
            free.pop(key_of(table, back.values), None)
            _note(undoing, table, was, back)
            if changed := differing(table.content, values, back.values):
                undoing.conflicts.append(Conflict(table.name, "added", table.where(back), changed, was.ref))
            continue
        new = f"back:{place}"
        if table.identity:
            undoing.names[table.name, key[0]] = new
        if was.ref:
            undoing.labels.append(Label(table.name, was.ref, new))
        yield Step("insert", table.name, values=values, parents=parents, new=new, ref=_item(table, was))


def _item(table: WriteTable, was: Row) -> str:
    """Return the item that a row states again; the only row of a table states several, and goes by the table's name."""
    return table.name if table.single else was.ref


def _moved(undoing: _Undoing, table: WriteTable, was: Row) -> tuple[dict[str, Value], dict[str, str]]:
    """Return what a row is to hold, and which of the rows it hung on come back under another number."""
    # A column that was not known of then holds nothing, as in any new row.
    values = {column.name: was.values.get(column.name, nothing(column)) for column in table.content}
    parents = {}
    for column in table.references:
        place = (column.refers, comparable(column, was.values.get(column.name)))
        if place in undoing.names:
            parents[column.name] = undoing.names[place]
            del values[column.name]
        elif place in undoing.numbers:
            values[column.name] = undoing.numbers[place]
    return values, parents


def _back(table: WriteTable, values: dict[str, Value], rows: _Rows) -> Row | None:
    """Return the row that came back already, or that is in its place."""
    if not table.identity:
        return rows.get(key_of(table, values))
    return next((row for row in rows.values() if not differing(table.content, values, row.values)), None)


def _note(undoing: _Undoing, table: WriteTable, was: Row, now: Row) -> None:
    if table.identity:
        undoing.numbers[table.name, key_of(table, was.values)[0]] = now.values[table.identity]
    if was.ref:
        undoing.labels.append(Label(table.name, was.ref, where=table.where(now)))


def _hanging(undoing: _Undoing, deletes: list[Step]) -> Iterator[Conflict]:
    """Yield what somebody has hung on a row that is to go."""
    going = {(step.table, key_of(undoing.tables[step.table], step.where)) for step in deletes}
    for table in undoing.tables:
        for key, row in by_key(table, undoing.current.rows(table.name)).items():
            if (table.name, key) not in going and going & set(parents_of(table, row)):
                yield Conflict(table.name, "added", table.where(row))
