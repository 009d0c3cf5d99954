"""The batches that change a row through a procedure. T-SQL takes no expressions for arguments, so each has a variable.

What a procedure that updates wants and we do not change, the batch reads from the row itself: it never leaves the server, and
comes back as it was.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from shared.synergetic.procedures import Argument, Call
from shared.synergetic.quoting import bracketed
from shared.synergetic.statements import Statement

Part = tuple[str, tuple[object, ...]]
"""Some SQL, and the values of its question marks."""


@dataclass
class _Batch:
    lines: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

    def add(self, sql: str, values: tuple[object, ...] = ()) -> None:
        self.lines.append(sql)
        self.values.extend(values)

    @property
    def statement(self) -> Statement:
        return Statement("; ".join(self.lines), tuple(self.values))


def inserting(call: Call, procedure: str, columns: Mapping[str, Part], *, look: Part) -> Statement:
    """Return what inserts a row and answers with its number: as the procedure tells it, or else by a look at the rows.

    Args:
        call: What the procedure is given.
        procedure: How it is named.
        columns: What the new row is to hold, by the columns' names here.
        look: What finds the number of the row that was added last.
    """
    batch = _Batch()
    for place, one in enumerate(call.arguments):
        sql, values = columns.get(one.column, ("NULL", ())) if one.source == "ours" else _alone(one)
        batch.add(f"DECLARE {_variable(place)} {one.parameter.variable}{f' = {sql}' if sql else ''}", values)
    batch.add(_executed(call, procedure))
    number = next((place for place, one in enumerate(call.arguments) if one.source == "number"), None)
    batch.add(*(look if number is None else (f"SELECT {_variable(number)} AS Numbered", ())))
    return batch.statement


def changing(call: Call, procedure: str, columns: Mapping[str, Part], *, row: Part, removes: bool = False) -> Statement:
    """Return what changes or removes a row and answers how many that were.

    Args:
        call: What the procedure is given.
        procedure: How it is named.
        columns: What the row is to hold otherwise, by the columns' names here.
        row: Where the row is: what stands behind FROM.
        removes: Whether it is to be gone afterwards.
    """
    batch = _Batch()
    place_of_row, found_by = row
    for place, one in enumerate(call.arguments):
        sql, constant = _alone(one)
        batch.add(f"DECLARE {_variable(place)} {one.parameter.variable}{f' = {sql}' if sql else ''}", constant)
    batch.add(f"SELECT {', '.join(_read(call))} FROM {place_of_row}", found_by)  # noqa: S608 - names in brackets
    batch.add("DECLARE @found int = @@ROWCOUNT")
    for place, one in enumerate(call.arguments):
        if one.source == "ours" and one.column in columns:
            sql, new = columns[one.column]
            batch.add(f"SET {_variable(place)} = {sql}", new)
    batch.add(f"IF @found = 1 {_executed(call, procedure)}")
    left = f" - (SELECT COUNT(*) FROM {place_of_row})" if removes else ""  # noqa: S608 - as above
    batch.add(f"SELECT @found{left} AS Changed", found_by if removes else ())
    return batch.statement


def _variable(place: int) -> str:
    # Not one that a driver could have given to a question mark.
    return f"@given{place}"


def _alone(argument: Argument) -> Part:
    """Return the value of an argument that depends on no row; nothing for one that does."""
    if argument.source == "constant":
        return "?", (argument.text,)
    return argument.text, ()


def _read(call: Call) -> Iterator[str]:
    for place, one in enumerate(call.arguments):
        if one.source in {"ours", "column"}:
            yield f"{_variable(place)} = {bracketed(one.column)}"


def _executed(call: Call, procedure: str) -> str:
    given = (
        f"{one.parameter.name} = {_variable(place)}{' OUTPUT' if one.source == 'number' else ''}"
        for place, one in enumerate(call.arguments)
    )
    return f"EXEC {procedure} {', '.join(given)}"
