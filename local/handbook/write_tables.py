"""What the pages on two-way mode say of tables and columns, made from the contract: what is written where, and what of rows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from shared.synergetic.medical_columns import (
    ASTHMA,
    CONDITION,
    ITEMS,
    JOINS,
    ONE_TEXT,
    PER_CONDITION,
    PLACES,
    SECTIONS,
    Columns,
)
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.tables import TABLES
from shared.synergetic.version import NEWEST, Version
from shared.synergetic.writing import write_tables
from shared.writeback.tables import WriteTable

_UNNAMED = "nothing, until a setting names its columns"
_FATES = (
    "| | Table | What it holds | Belongs to | Rows are | No longer stated |",
    "|---|---|---|---|---|---|",
)
_COLUMNS = (
    "| Table | Written | In new rows only | Says who and when | Read, and never written | Two rows are of one thing by |",
    "|---|---|---|---|---|---|",
)


def table_fates() -> str:
    """Return the tables that are written, in the order of new rows, and what becomes of their rows."""
    return "\n".join((*_FATES, *(f"| {place} | {_fate(table)} |" for place, table in enumerate(_tables(), start=1))))


def table_columns() -> str:
    """Return which columns of these tables are written, and by what their rows are found again."""
    return "\n".join((*_COLUMNS, *map(_written, _tables())))


def _tables() -> Iterator[WriteTable]:
    yield from write_tables(Version(NEWEST), SynergeticSettings())


def _fate(table: WriteTable) -> str:
    above = ", ".join(f"`{column.refers}`" for column in table.references if column.refers)
    verbs = {"added": table.inserts, "changed": any(not one.insert_only for one in table.content), "removed": table.deletes}
    does = ", ".join(verb for verb, does in verbs.items() if does) or "left as they are"
    return " | ".join((f"`{table.name}`", TABLES[table.name].purpose, above, does, _removal(table)))


def _removal(table: WriteTable) -> str:
    if not table.writes:
        return _UNNAMED
    if table.name not in _filled():
        return "no field stands in it; its rows go with what they belong to"
    if not table.deletes:
        return "the columns are emptied, the row stays"
    return f"`{table.active}` is taken away, or the row is deleted (`remove`)" if table.active else "the row is deleted"


def _filled() -> frozenset[str]:
    """Return the tables that a profile has fields for."""
    several = (one for columns in PLACES.values() for one in columns)
    every = (*SECTIONS.values(), *ITEMS.values(), *PER_CONDITION.values(), ASTHMA, *several)
    of_others = (*(table for table, _, _ in ONE_TEXT.values()), *(table for table, _ in JOINS.values()))
    return frozenset((*(columns.table for columns in every), *of_others))


def _written(table: WriteTable) -> str:
    stamps = (column.name for column in table.columns if column.stamp)
    again = (column.name for column in table.content if not column.insert_only)
    once = (column.name for column in table.content if column.insert_only)
    same = "there is one" if table.single else _names(table.same or table.key) if table.writes else ""
    cells = (_names(again), _names(once), _names(stamps), _names(column.name for column in table.others), same)
    return f"| `{table.name}` | {' | '.join(cells)} |"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def places() -> Mapping[str, str]:
    """Return where each field of a medical profile stands in Synergetic, and how sure the column is; others stand nowhere."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for field, place in _places():
        found[field].append(place)
    return {field: "; ".join(dict.fromkeys(places)) for field, places in found.items()}


def _places() -> Iterator[tuple[str, str]]:
    for name, columns in (*SECTIONS.items(), *ITEMS.items(), *PER_CONDITION.items(), ("conditions.asthma", ASTHMA)):
        yield from _of(name, columns)
    for name, several in PLACES.items():
        yield name, f"the first {len(several)}, in columns of one row of `{several[0].table}`"
        for columns in several:
            yield from _of(name, columns)
    for name, (table, column, field) in ONE_TEXT.items():
        yield name, f"all in one text, `{table}.{column}`"
        yield f"{name}.{field}", _column(table, column)
    for name, columns in ITEMS.items():
        yield name, f"a row of `{columns.table}` each"
    for name, columns in PER_CONDITION.items():
        yield name, f"a row of `{columns.table}` for each condition, or one without a condition"
        yield f"{name}.conditions", _column(columns.table, CONDITION)
    for name, (table, _) in JOINS.items():
        yield f"{name}.conditions", f"a row of `{table}` each"


def _of(name: str, columns: Columns) -> Iterator[tuple[str, str]]:
    for path, column in columns.plain.items():
        yield f"{name}.{path}", _column(columns.table, column)
    for path, coded in columns.coded.items():
        yield f"{name}.{path}", f"{_column(columns.table, coded.column)}, as a code: `{coded.kind}`"
    for path, column in columns.people.items():
        yield f"{name}.{path}", f"{_column(columns.table, column)}, if it is a Community ID"
    for column, parts in columns.texts.items():
        for label, path in parts:
            after = f", after “{label}:”" if label else ""
            yield f"{name}.{path}", f"a line of {_column(columns.table, column)}{after}"


def _column(table: str, name: str) -> str:
    column = TABLES[table].column(name)
    sure = column.certainty or TABLES[table].certainty
    return f"`{table}.{name}` ({sure}{'' if column.named else ', no name yet'})"
