"""What somebody types in the place of a family's value is refused at once where its column could never hold it."""

import pytest

from functions.console.medical.changes import EditRefusedError, read, tables
from shared.receipts import WrittenRow
from shared.writeback.rows import Value
from shared.writeback.tables import ValueKind


def _typed(kind: ValueKind, text: str) -> Value:
    table, column = next((table, column) for table in tables() for column in table.content if column.kind == kind)
    return read(3, WrittenRow(kind="update", table=table.name), column.name, text)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("moment", " 2026-03-31 ", "2026-03-31"),
        ("moment", "", None),
        ("whole", "12", 12),
        ("whole", "", None),
        ("bit", "yes", True),
        ("bit", "no", False),
        ("text", "one\r\ntwo\u2028three\u200b ", "one\r\ntwo\r\nthree"),
        ("text", "", ""),
    ],
)
def test_what_a_column_takes_is_what_is_written(kind: ValueKind, text: str, value: Value) -> None:
    """An empty field says nothing."""
    assert _typed(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("moment", "tomorrow"),
        ("moment", "31/03/2026"),
        ("moment", "2026-02-30"),
        ("moment", "2026-03-31 10:00:00"),
        ("moment", "0001-01-01"),
        ("whole", "twelve"),
        ("whole", "1_000"),
        ("whole", "9" * 5000),
        ("whole", "9" * 12),
        ("whole", "--1"),
        ("bit", "true"),
        ("text", "\U0001f600"),
    ],
)
def test_what_a_column_could_never_hold_is_refused_before_anything_is_said_to_be_written(kind: ValueKind, text: str) -> None:
    """Else the whole decision is refused later, when nobody looks any more. What was typed is not told again."""
    with pytest.raises(EditRefusedError) as refused:
        _typed(kind, text)
    assert "at item 3, takes " in refused.value.what
    assert text not in refused.value.what
