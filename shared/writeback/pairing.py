"""Finds for each desired row the row that states it already, if there is one.

First by the item it came from; then a row that is the same; then one of the same thing, the most alike first. A row is never
made into one of another thing: what the school keeps beside it, such as a document, would come along.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.errors import RejectedRecordError
from shared.writeback.case import Case, holds, part_of
from shared.writeback.comparing import check_fits, comparable, differing, is_nothing, key_of, nothing
from shared.writeback.plan import Parked, StepKind
from shared.writeback.rows import DesiredRow, Row, Value
from shared.writeback.tables import Key, WriteColumn, WriteTable


@dataclass
class Target:
    """A desired row, or a part of one.

    Attributes:
        values: What it ought to hold in columns that are here, references to rows that are there included.
        parents: For columns that refer to a row that is new, that row's name.
        current: The row that is there for it.
        changes: The columns to write if there is one.
        as_it_is: It is somebody else's row and states the same: nothing is written.
    """

    ref: str
    values: dict[str, Value]
    parents: dict[str, str] = field(default_factory=dict)
    current: Row | None = None
    changes: dict[str, Value] = field(default_factory=dict)
    as_it_is: bool = False


@dataclass
class Pairing:
    """What was found.

    Attributes:
        targets: The desired rows that are written, by table.
        taken: The keys of rows that are there for a desired row, parked ones included, by table.
        rows: The row of each item, by table and item; None if it will be new.
        incomplete: Tables from which nothing may be removed.
    """

    targets: dict[str, list[Target]] = field(default_factory=dict)
    taken: dict[str, set[Key]] = field(default_factory=dict)
    rows: dict[tuple[str, str], Row | None] = field(default_factory=dict)
    parked: list[Parked] = field(default_factory=list)
    incomplete: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)

    def park(self, table: WriteTable, ref: str, why: RejectedRecordError) -> None:
        """Park a desired row: nothing is removed from its table then."""
        self.parked.append(Parked(table.name, ref, why.code, why.what))
        self.incomplete.add(table.name)


def pair(case: Case) -> Pairing:
    """Return what is there for each desired row, table by table, those that others refer to first."""
    found = Pairing(incomplete=set(case.desired.incomplete))
    for name in case.desired.tables.keys() - {table.name for table in case.tables if table.writes}:
        found.left_out[name] += len(case.desired.tables[name])
    for table in case.tables:
        if table.writes and table.name in case.desired.tables:
            targets = _targets(case, table, found)
            if table.single:
                _pair_single(case, table, targets, found)
            elif table.identity:
                _pair_numbered(case, table, targets)
            else:
                targets = _pair_keyed(case, table, targets, found)
            _settle(case, table, targets, found)
    return found


def _targets(case: Case, table: WriteTable, found: Pairing) -> list[Target]:
    """Return the desired rows in terms of what is here; one whose parent is not written is parked."""
    targets = []
    for row in sorted(case.desired.tables[table.name], key=lambda one: one.ref):
        target = Target(row.ref, _here(table, row, found))
        if _attach(table, row, target, found):
            targets.append(target)
        else:
            why = RejectedRecordError("It belongs to something that is parked itself.", code="parent-parked")
            found.park(table, row.ref, why)
    return targets


def _here(table: WriteTable, row: DesiredRow, found: Pairing) -> dict[str, Value]:
    values = {}
    for name, value in row.values.items():
        column = table.by_name.get(name)
        if column is not None and column.write:
            values[name] = value
        elif value not in (None, "", False):
            found.left_out[f"{table.name}.{name}"] += 1
    return values


def _attach(table: WriteTable, row: DesiredRow, target: Target, found: Pairing) -> bool:
    for name, ref in row.parents.items():
        refers = table.by_name[name].refers if name in table.by_name else ""
        if (refers, ref) not in found.rows:
            return False
        parent = found.rows[refers, ref]
        if parent is None:
            target.parents[name] = ref
        else:
            target.values[name] = parent.values.get(name)
    return True


def _pair_single(case: Case, table: WriteTable, targets: list[Target], found: Pairing) -> None:
    there = tuple(case.there[table.name].values())
    problem = _not_single(table, len(there))
    for target in tuple(targets):
        if problem:
            targets.remove(target)
            if there or not _says_nothing(table, target):
                found.park(table, target.ref, problem)
        elif there:
            target.current = there[0]
            target.values = {name: value for name, value in target.values.items() if _may_be_said(case, table, name, value)}
            target.values |= _of_another(table, target, there[0])


def _not_single(table: WriteTable, rows: int) -> RejectedRecordError | None:
    if rows > 1:
        return RejectedRecordError(f"{table.name} has more than one row for the student.", code="row-ambiguous")
    if not (rows or table.inserts):
        return RejectedRecordError(f"{table.name} has no row for the student, and none may be added.", code="row-missing")
    return None


def _may_be_said(case: Case, table: WriteTable, name: str, value: Value) -> bool:
    """Say whether a value may take another's place: no is an answer, an empty field might be one that was not asked for."""
    return not case.merges or value is False or not is_nothing(table.by_name[name], value)


def _of_another(table: WriteTable, target: Target, row: Row) -> dict[str, Value]:
    """Return what was not stated of a person who takes another one's place: theirs if they stood elsewhere, else nothing.

    What the one before them left must not be read as theirs, such as a second phone number.
    """
    found = {}
    for people in table.people:
        for columns in people:
            name, *others = columns
            who = target.values.get(name)
            if name not in target.values or _is_called(table, row, name, who):
                continue
            before = next((one for one in people if who and _is_called(table, row, one[0], who)), ())
            for number, other in enumerate(others, start=1):
                column = table.by_name.get(other)
                if column is not None and column.write and other not in target.values:
                    found[other] = _fitting(column, row.values.get(before[number]) if before else None)
    return found


def _fitting(column: WriteColumn, value: Value) -> Value:
    """Return a value that a column can hold: nothing instead of one that is too long, which nobody stated."""
    try:
        check_fits(column, value)
    except RejectedRecordError:
        return nothing(column)
    return nothing(column) if value is None else value


def _is_called(table: WriteTable, row: Row, name: str, who: Value) -> bool:
    column = table.by_name.get(name)
    return column is not None and _folded(comparable(column, row.values.get(name))) == _folded(comparable(column, who))


def _says_nothing(table: WriteTable, target: Target) -> bool:
    return all(is_nothing(table.by_name[name], value) for name, value in target.values.items())


def _pair_numbered(case: Case, table: WriteTable, targets: list[Target]) -> None:
    free = dict(case.there[table.name])
    for target in targets:
        key = case.known.get((table.name, target.ref))
        if key in free and (_same(table, target, free[key]) or _holds_no_more(case, table, target, key)):
            target.current = free.pop(key)
    # Who states more is harder to please, and chooses first.
    for target in sorted(targets, key=lambda one: -len(one.values)):
        if target.current is None:
            key = next((key for key, row in free.items() if not _differs(table, target, row)), None)
            if key is not None:
                target.current = free.pop(key)
                target.as_it_is = case.merges and not case.is_ours(table.name, key)
    mine = {key: row for key, row in free.items() if not case.merges or case.is_ours(table.name, key)}
    # Most have their row by now, and to compare is what takes long.
    waiting = [target for target in targets if target.current is None]
    for target, key in _most_alike(table, waiting, mine):
        if target.current is None and key in mine:
            target.current = mine.pop(key)


def _holds_no_more(case: Case, table: WriteTable, target: Target, key: Key) -> bool:
    """Say whether a row may state another thing: in it, and on it, is nothing that would be taken for that thing's."""
    row, below = case.there[table.name][key], case.children.get((table.name, key), ())
    unsaid = (one for one in table.content if not (one.insert_only or one.name in target.values))
    return all(is_nothing(column, row.values.get(column.name)) for column in (*table.others, *unsaid)) and all(
        name in case.desired.tables for name, _ in below
    )


def _most_alike(table: WriteTable, waiting: Iterable[Target], free: Mapping[Key, Row]) -> list[tuple[Target, Key]]:
    """Return which rows are of the same thing as which desired ones: the most alike first, those that hold before history."""
    pairs = [
        ((len(_differs(table, target, row)), not holds(table, row), turn, target.ref), target, key)
        for target in waiting
        for turn, (key, row) in enumerate(free.items())
        if _same(table, target, row)
    ]
    return [(target, key) for _, target, key in sorted(pairs, key=lambda one: one[0])]


def _same(table: WriteTable, target: Target, row: Row) -> bool:
    columns = (table.by_name[name] for name in table.same)
    return all(
        _folded(comparable(column, target.values.get(column.name))) == _folded(comparable(column, row.values.get(column.name)))
        for column in columns
    )


def _folded(value: object) -> object:
    return value.strip().casefold() if isinstance(value, str) else value


def _differs(table: WriteTable, target: Target, row: Row) -> tuple[str, ...]:
    return differing((table.by_name[name] for name in target.values), target.values, row.values)


def _pair_keyed(case: Case, table: WriteTable, targets: list[Target], found: Pairing) -> list[Target]:
    """Find rows by their keys, which cannot change: a row of the same key is the row, whoever wrote it."""
    once: dict[Key, Target] = {}
    for target in targets:
        key = _key(case, table, target)
        other = once.setdefault(key, target)
        if other is not target:
            if other.values != target.values:
                why = RejectedRecordError("It would be the same row as another one, with other values.", code="item-twice")
                found.park(table, target.ref, why)
            continue
        target.current = case.there[table.name].get(key)
        if target.current and case.merges and not case.is_ours(table.name, key):
            target.as_it_is = not _differs(table, target, target.current)
            if not target.as_it_is:
                why = RejectedRecordError(
                    "The school has such a row of its own, and only Operoo's are changed.", code="row-not-ours"
                )
                found.park(table, target.ref, why)
                del once[key]
    return list(once.values())


def _key(case: Case, table: WriteTable, target: Target) -> Key:
    values = {**{name: nothing(table.by_name[name]) for name in table.key}, table.owner: case.owner, **target.values}
    named = dict(zip(table.key, key_of(table, values), strict=True))
    return tuple(("new", target.parents[name]) if name in target.parents else named[name] for name in table.key)


def _settle(case: Case, table: WriteTable, targets: list[Target], found: Pairing) -> None:
    """Keep what fits its columns and park the rest; say which row each item will have."""
    taken = found.taken.setdefault(table.name, set())
    kept = []
    for target in targets:
        if target.current is not None:
            taken.add(key_of(table, target.current.values))
            changed = () if target.as_it_is else _differs(table, target, target.current)
            target.changes = {name: target.values[name] for name in changed if not table.by_name[name].insert_only}
        to_write = target.values if target.current is None else target.changes
        try:
            _check_sole(case, table, target)
            _check_allowed(case, table, target)
            for name, value in to_write.items():
                check_fits(table.by_name[name], value)
        except RejectedRecordError as why:
            found.park(table, target.ref, why)
            if target.current is None:
                continue
        else:
            kept.append(target)
        found.rows[table.name, target.ref] = target.current
    found.targets[table.name] = kept


def _check_allowed(case: Case, table: WriteTable, target: Target) -> None:
    """Check that the database was not seen to forbid what is to be done.

    Raises:
        RejectedRecordError: A constraint of its own does.
    """
    kind: StepKind = "insert" if target.current is None else "update"
    names = {table.name, part_of(target.ref)} if table.single else {target.ref}
    if any((kind, table.name, name) in case.forbidden for name in names):
        raise RejectedRecordError("A constraint of the database's forbids it.", code="item-forbidden")


def _check_sole(case: Case, table: WriteTable, target: Target) -> None:
    """Check that a row that is to be changed can be told from all others.

    Raises:
        RejectedRecordError: The table has several of its key.
    """
    if target.current is None or not target.changes:
        return
    key = key_of(table, target.current.values)
    if sum(key_of(table, row.values) == key for row in case.current.rows(table.name)) > 1:
        raise RejectedRecordError(f"{table.name} has more than one such row.", code="row-ambiguous")
