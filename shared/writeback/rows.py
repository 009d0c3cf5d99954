"""Rows of a student in the tables that are written: as they are, and as they ought to be. In JSON, by the contract's names."""

from collections.abc import Mapping

from pydantic import Field, StrictBool, StrictInt, StrictStr

from shared.private import Private

Value = StrictBool | StrictInt | StrictStr | None
Values = Mapping[str, Value]


class Row(Private):
    """A row as it was read; days and times are text in ISO form.

    Attributes:
        ref: The item that it states, if it came from Operoo.
    """

    values: dict[str, Value]
    ref: str = ""


def former(ref: str) -> str:
    """Return the `ref` of a row whose item another row states now: it came from Operoo still, and states what nobody does."""
    return ref and f"{ref} before"


class Image(Private):
    """All rows of one student in the tables that are written, at one moment."""

    tables: dict[str, tuple[Row, ...]] = Field(default_factory=dict)

    def rows(self, table: str) -> tuple[Row, ...]:
        """Return the rows of a table."""
        return self.tables.get(table, ())


class DesiredRow(Private):
    """A row that ought to be there, or a part of the only row of a table.

    Attributes:
        ref: The item that it states; no other row of its table has it.
        values: What the row ought to hold. Columns that are left out stay as they are.
        parents: For columns that refer to another row, the `ref` of that row.
    """

    ref: str
    values: dict[str, Value]
    parents: dict[str, str] = Field(default_factory=dict)


class Desired(Private):
    """What ought to be there for one student.

    Attributes:
        tables: The rows of each table. A table that is left out stays as it is; one without rows ought to be empty.
        incomplete: Tables in which an item is parked, or of which an entry says that there is none beside others: nothing is
            removed from them.
    """

    student: str
    tables: dict[str, tuple[DesiredRow, ...]] = Field(default_factory=dict)
    incomplete: tuple[str, ...] = ()
