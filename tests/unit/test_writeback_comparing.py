"""When two values mean the same, and what a column can hold: to the boundary, as what is beyond is parked and not cut."""

import pytest

from shared.errors import RejectedRecordError
from shared.writeback.comparing import check_fits, comparable, is_nothing, nothing
from shared.writeback.rows import Value
from shared.writeback.tables import ValueKind, WriteColumn


def column(kind: ValueKind, real: str, **more: object) -> WriteColumn:
    """Return a column."""
    return WriteColumn("Column", kind, real, **more)  # type: ignore[arg-type]


TEXT, CODE, CHAR = column("text", "varchar"), column("text", "varchar", code=True), column("text", "nchar")
BIT, DAY = column("bit", "bit"), column("moment", "datetime")
WHOLE, COUNTED = column("whole", "int", nullable=True), column("whole", "int", nullable=True, nought=True)


@pytest.mark.parametrize(
    ("of", "one", "other", "same"),
    [
        (TEXT, None, "", True),
        (TEXT, "a\r\nb", "a\nb", True),
        (TEXT, "a ", "a", False),
        (TEXT, "A", "a", False),
        (CHAR, "a ", "a", True),
        (column("text", "char"), "a ", "a", True),
        (CHAR, "A", "a", False),
        (CODE, "A ", "a", True),
        (BIT, None, False, True),
        (BIT, "False", False, True),
        (BIT, " 0", "", True),
        (BIT, "", "1", False),
        (WHOLE, None, 0, False),
        (COUNTED, None, 0, True),
        (WHOLE, "5", 5, True),
        (WHOLE, "five", "five", True),
        (WHOLE, "five", None, False),
        (DAY, "2026-01-31 10:30:00", "2026-01-31", True),
        (DAY, "", None, True),
        (DAY, "0001-01-01", None, True),
        (DAY, "0002-01-01", None, False),
        (DAY, "31/01/2026", None, False),
    ],
)
def test_what_means_the_same_is_the_same(of: WriteColumn, one: Value, other: Value, *, same: bool) -> None:
    """Each way of saying nothing, and whatever a driver made of a value; what cannot be understood is itself."""
    assert (comparable(of, one) == comparable(of, other)) == same


@pytest.mark.parametrize(
    ("of", "value"),
    [(TEXT, ""), (BIT, False), (WHOLE, None), (COUNTED, 0), (column("whole", "int"), 0), (DAY, None)],
)
def test_nothing_is_said_as_the_column_has_it(of: WriteColumn, value: Value) -> None:
    """No column is given a NULL that it cannot take, where it has another word for it."""
    assert (nothing(of), is_nothing(of, value)) == (value, True)


WITHIN: list[tuple[WriteColumn, list[Value], list[Value]]] = [
    (column("whole", "tinyint"), [0, 255], [-1, 256]),
    (column("whole", "smallint"), [-(2**15), 2**15 - 1], [-(2**15) - 1, 2**15]),
    (column("whole", "int"), [-(2**31), 2**31 - 1], [-(2**31) - 1, 2**31, "5", True, None]),
    (column("whole", "bigint"), [-(2**63), 2**63 - 1], [-(2**63) - 1, 2**63]),
    (column("whole", "numeric"), [2**31 - 1], [2**31]),
    (column("bit", "bit"), [True, False], [1, "1"]),
    (column("moment", "smalldatetime"), ["1900-01-01", "2079-06-06"], ["1899-12-31", "2079-06-07"]),
    (column("moment", "datetime"), ["1753-01-01", "9999-12-31"], ["1752-12-31", "2026-01-31 10:30:00", "20260131"]),
    (column("moment", "date", nullable=True), ["0002-01-01", "9999-12-31", None], ["0001-01-01", "soon", True]),
    (column("text", "varchar", length=3), ["", "abc", "é€ü"], ["abcd", "Ω", "a\0", True]),
    (column("text", "char", length=3), ["abc"], ["abcd", "Ω"]),
    *((column("text", wide, length=3), ["ΩΩΩ", "Ω🐝"], ["ΩΩΩΩ", "🐝🐝"]) for wide in ("nvarchar", "nchar", "ntext")),
]


@pytest.mark.parametrize(("of", "held", "refused"), WITHIN, ids=lambda one: getattr(one, "type", ""))
def test_a_column_holds_what_its_real_type_does(of: WriteColumn, held: list[Value], refused: list[Value]) -> None:
    """And nothing that a server would round, cut, or take for something else."""
    for value in held:
        check_fits(of, value)
    for value in refused:
        with pytest.raises(RejectedRecordError):
            check_fits(of, value)
