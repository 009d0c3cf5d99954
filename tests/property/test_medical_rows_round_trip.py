"""What rows say, read back in the family's words, is what the profile says, as far as it is mapped at all."""

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.medical.items import Condition, Item, Linked
from shared.medical.profile import MedicalProfile
from shared.medical.reading import read_profile
from shared.synergetic.medical_columns import ITEMS, JOINS, PER_CONDITION, Columns
from shared.synergetic.medical_rows import Mapped, desired_rows
from shared.writeback.comparing import check_fits, comparable
from shared.writeback.rows import DesiredRow
from tests.property.medical_families import CODES, Family
from tests.property.paper_tables import STUDENT, TABLES

Fact = tuple[str, str, str]


def _case(seed: int) -> tuple[MedicalProfile, Mapped]:
    profile = read_profile(str(STUDENT), Family(Random(seed), odd=0.02).profile())
    return profile, desired_rows(profile, CODES)


def _from_profile(field: str, columns: Columns, item: Item) -> set[Fact]:
    facts = set()
    for path in (*columns.plain, *columns.coded):
        if path in item.model_fields_set or columns.plain.get(path) in columns.always:
            value = getattr(item, path)
            word = CODES.match(columns.coded[path].kind, value).found or "" if path in columns.coded else value
            facts.add((field, path, str(word)))
    return facts


def _from_row(field: str, columns: Columns, row: DesiredRow) -> set[Fact]:
    table = TABLES[columns.table]
    named = {column: path for path, column in columns.plain.items()}
    named |= {coded.column: path for path, coded in columns.coded.items()}
    facts = set()
    for name, value in row.values.items():
        if name in named:
            meaning = comparable(table.by_name[name], value)
            facts.add((field, named[name], str(value if named[name] in columns.coded else meaning)))
    return facts


@settings(deadline=None)
@given(st.integers(0, 2**48))
def test_rows_say_what_the_profile_says(seed: int) -> None:
    """Each item that is not parked, its codes and days and flags, and nothing else."""
    profile, mapped = _case(seed)
    parked = {one.ref for one in mapped.parked}
    for field, columns in {**ITEMS, **PER_CONDITION}.items():
        rows = {row.ref: row for row in mapped.desired.tables.get(columns.table, ())}
        items = {one.ref: one for one in getattr(profile, field) if getattr(one, "given", True) or field != "consents"}
        assert {ref.split("+")[0] for ref in rows} == items.keys() - {one.split("+")[0] for one in parked}
        for ref, row in rows.items():
            assert _from_row(field, columns, row) == _from_profile(field, columns, items[ref.split("+")[0]])


@settings(deadline=None)
@given(st.integers(0, 2**48))
def test_links_and_texts_arrive(seed: int) -> None:
    """Each link is one row that names both, and each text of a form stands in its column."""
    profile, mapped = _case(seed)
    for field, (table, column) in JOINS.items():
        links = [(one.ref, ref) for one in getattr(profile, field) if isinstance(one, Linked) for ref in one.conditions]
        rows = [(row.parents[column], row.parents["MedicalConditionSeq"]) for row in mapped.desired.tables.get(table, ())]
        assert Counter(rows) == Counter(links)
    conditions = {one.ref: one for one in profile.conditions}
    for row in mapped.desired.tables.get("MedicalCondition", ()):
        item: Condition = conditions[row.ref]
        assert str(row.values.get("ConditionDetails", "")).replace("\r\n", "\n") == item.details
        assert str(row.values.get("EmergencyTreatmentDetails", "")).replace("\r\n", "\n") == item.emergency_treatment


@settings(deadline=None)
@given(st.integers(0, 2**48))
def test_each_value_is_of_its_columns_kind(seed: int) -> None:
    """Whatever is stated, only its length and its characters can keep it out; and each item is named once in its table."""
    _, mapped = _case(seed)
    for name, rows in mapped.desired.tables.items():
        assert len({row.ref for row in rows}) == len(rows)
        for row in rows:
            for column, value in row.values.items():
                if not isinstance(value, str) or TABLES[name].by_name[column].kind != "text":
                    check_fits(TABLES[name].by_name[column], value)
