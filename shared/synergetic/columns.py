"""Short ways to declare the columns that Synergetic has many of. They say "nothing" as it does: '' or 0, and NULL for dates."""

from dataclasses import replace

from shared.synergetic.column_types import BIT, DATETIME, INT, ColumnType, varchar
from shared.synergetic.table_model import Column, Stamp

NAME, CODE, PHONE, MAIL = varchar(50), varchar(15), varchar(30), varchar(100)


def seq(name: str) -> Column:
    """Return a key that the database numbers."""
    return Column(name, INT, key=True, identity=True)


def person(name: str = "ID") -> Column:
    """Return the number of a person or another row; 0 is nobody."""
    return Column(name, INT, default="0")


def key(name: str, kind: ColumnType = INT) -> Column:
    """Return a column that belongs to the table's key."""
    return Column(name, kind, key=True, code=kind.is_text)


def text(name: str, kind: ColumnType = NAME) -> Column:
    """Return a text."""
    return Column(name, kind, default="''")


def code(name: str, kind: ColumnType = CODE) -> Column:
    """Return a code of the school's or of the product's."""
    return Column(name, kind, default="''", code=True)


def flag(name: str) -> Column:
    """Return a yes or no."""
    return Column(name, BIT, default="0")


def moment(name: str) -> Column:
    """Return a day or a point in time."""
    return Column(name, DATETIME, nullable=True)


def number(name: str, kind: ColumnType = INT) -> Column:
    """Return a number that may be missing."""
    return Column(name, kind, nullable=True)


def described() -> Column:
    """Return the description that look-ups have."""
    return text("Description", varchar(100))


def sample(column: Column) -> Column:
    """Return a column that is not read and is in the sample school only."""
    return replace(column, sample=True)


def written(column: Column, *, least: int = 1) -> Column:
    """Return a column that two-way mode writes, where it has room for `least` characters."""
    return replace(column, write=True, least=least)


def given_once(column: Column) -> Column:
    """Return a column that two-way mode writes when it inserts a row, and never changes after."""
    return replace(column, write=True, insert_only=True)


def stamp(column: Column, what: Stamp) -> Column:
    """Return a column that says when, or by whom, a row was changed last, as two-way mode writes it."""
    return replace(column, write=True, stamp=what)
