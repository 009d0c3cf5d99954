"""The compatibility check on databases that are altered at random: it always ends, and what it proposes helps."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shared.synergetic import Catalogue, SynergeticSettings, Version, findings
from shared.synergetic.catalogue import FoundColumn, FoundTable
from shared.synergetic.column_types import MAX
from tests.unit.contract_schools import PLAIN, as_declared

KNOWN = Version.parse("67")
WHOLE = as_declared("67")
TABLES = sorted(WHOLE.tables, key=lambda one: one[1])
TYPES = ["int", "smallint", "bit", "varchar", "nvarchar", "text", "datetime", "date", "image", "timestamp", "xml", ""]


@st.composite
def altered_tables(draw: st.DrawFn) -> tuple[tuple[object, str], FoundTable | None]:
    """Drop a table, or drop, rename, retype or add one of its columns."""
    key = draw(st.sampled_from(TABLES))
    table = WHOLE.tables[key]
    column = draw(st.sampled_from(table.columns))
    rest = tuple(one for one in table.columns if one is not column)
    new = FoundColumn(
        draw(st.sampled_from([column.name, f"Student{column.name}", column.name.upper(), "Surprise"])),
        draw(st.sampled_from(TYPES)),
        draw(st.sampled_from([None, 0, 1, 60, MAX])),
        *(draw(st.booleans()) for _ in range(4)),
    )
    columns = draw(st.sampled_from([None, rest, (*rest, new), (*table.columns, replace(new, name="Surprise"))]))
    return key, None if columns is None else replace(table, columns=columns)


@given(st.lists(altered_tables(), max_size=8))
def test_it_ends_and_its_proposals_help(changes: list[tuple[tuple[object, str], FoundTable | None]]) -> None:
    """Two-way finds what one-way finds; with every proposal made, no table or column that had one is missing any more."""
    tables: dict[object, FoundTable | None] = {**WHOLE.tables, **dict(changes)}
    found = Catalogue({key: table for key, table in tables.items() if table is not None})  # type: ignore[misc]
    all_of_it = findings("two-way", KNOWN, PLAIN, found)
    reading = findings("one-way", KNOWN, PLAIN, found)
    assert {(one.code, one.table, one.column) for one in reading} == {
        (one.code, one.table, one.column) for one in all_of_it if one.mode == "one-way"
    }
    proposed = [one for one in all_of_it if one.proposal]
    settings: dict[str, dict[str, str]] = {"table_names": {}, "column_names": {}}
    for one in proposed:
        assert one.proposal is not None
        settings[one.proposal.setting][one.proposal.of] = one.proposal.value
    after = findings("two-way", KNOWN, SynergeticSettings.model_validate(settings), found)
    assert not {one.proposal.of for one in after if one.proposal} & {one.proposal.of for one in proposed if one.proposal}
