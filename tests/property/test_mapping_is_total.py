"""Mapping never fails, whatever stands in the rows, and gives each owner one outcome."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.map_rows.mapping import map_bucket
from functions.records.kinds import ROW_SETS_OF
from functions.records.mapped import decode, encode
from shared.owners import KINDS, Kind, owner_key
from shared.synergetic import CHUNK_COLUMNS, ROW_SETS

VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(["", " ", "0", "SC1", "class", "a@b.test", "\0", "1899-12-30T00:00:00", "0001-01-01", "jpeg"]),
    st.lists(st.integers(), max_size=2),
)
FEW = st.sampled_from([1, 2, "3", 0, None, "x", -1, "7\ud83d"])


@st.composite
def rows_of(draw: st.DrawFn) -> tuple[Kind, dict[str, list[dict[str, Any]]]]:
    """Draw a kind and any rows for it; identifiers often meet."""
    kind: Kind = draw(st.sampled_from(KINDS))
    rows = {}
    for name in ROW_SETS_OF[kind]:
        owners = {"id", "student_id", "staff_id", "contact_id", "code"}
        row = st.fixed_dictionaries({column: FEW if column in owners else VALUES for column in CHUNK_COLUMNS[name]})
        rows[name] = draw(st.lists(row, max_size=4))
    return kind, rows


@given(rows_of())
def test_mapping_is_total_and_stable(drawn: tuple[Kind, dict[str, list[dict[str, Any]]]]) -> None:
    """Any rows map to outcomes that read back, equal when mapped again; each owner has one, under the relay's word for it."""
    kind, rows = drawn
    mapped = map_bucket(kind, rows)  # type: ignore[arg-type]
    again = map_bucket(kind, rows)  # type: ignore[arg-type]
    assert encode(mapped) == encode(again)
    assert decode(encode(mapped).splitlines()) == mapped
    ids = [one.id for one in mapped]
    assert len(ids) == len(set(ids))
    leading = ROW_SETS_OF[kind][0]
    assert set(ids) == {owner_key(*(row[column] for column in ROW_SETS[leading].owner)) for row in rows[leading]} - {""}
