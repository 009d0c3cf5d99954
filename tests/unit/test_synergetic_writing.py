"""The tables that are written, as planning knows them: from the contract, and from what a database really has."""

from shared.synergetic import TABLES, SynergeticSettings, Version
from shared.synergetic.medical_columns import ASTHMA, ITEMS, JOINS, ONE_TEXT, PER_CONDITION, PLACES, SECTIONS, Columns
from shared.synergetic.writing import write_tables
from tests.unit.contract_schools import PLAIN, altered, as_declared, with_column

VERSION = Version.parse("68.24")
HERE = {table.name: table for table in write_tables(VERSION, PLAIN)}


def _named() -> set[tuple[str, str]]:
    """Return every table and column that a field of a profile stands in."""
    things: list[Columns] = [*SECTIONS.values(), *ITEMS.values(), *PER_CONDITION.values(), ASTHMA]
    things += [place for places in PLACES.values() for place in places]
    found = {(table, column) for table, column, _ in ONE_TEXT.values()}
    for one in things:
        coded = [coded.column for coded in one.coded.values()]
        columns = (*one.plain.values(), *one.people.values(), *one.texts, *one.always, *coded)
        found |= {(one.table, column) for column in columns}
    return found


def test_each_written_column_has_a_field_of_the_profile() -> None:
    """The contract lets nothing be written that nobody fills in, and every field's column may be written."""
    once = {"ID", "MedicalConditionSeq", "MedicalAllergySeq", "MedicationSeq", "MedicalPlanSeq"}
    written = {(table.name, column.name) for table in TABLES.values() for column in table.written if not column.stamp}
    assert {one for one in written if one[1] not in once} == _named()
    assert {table for table, _ in JOINS.values()} < set(HERE)


def test_what_a_row_hangs_on_comes_first() -> None:
    """A table stands after those whose rows it names, and a row is known by its number, its key, or all that it says."""
    names = list(HERE)
    for table in HERE.values():
        assert all(names.index(column.refers) < names.index(table.name) for column in table.references)
    assert HERE["MedicalCondition"].key == ("MedicalConditionSeq",)
    assert HERE["MedicalConditionAllergy"].key == ("MedicalAllergySeq", "MedicalConditionSeq")
    assert HERE["MedicalSymptom"].key == ("ID", "MedicalConditionSeq")
    assert [name for name, table in HERE.items() if table.single] == ["Community", "Students", "MedicalDetails"]


def test_nothing_of_a_person_but_their_diet_is_read() -> None:
    """Names and numbers are one-way's; what is compared and kept for an undo has none of them."""
    assert [column.name for column in HERE["Community"].columns] == [
        "ID",
        "DietaryRequirements",
        "CommunityModifiedDate",
        "CommunityModifiedBy",
    ]
    assert {column.name for column in HERE["MedicalCondition"].others} == {"Visibility", "MedicalConditionDocumentID"}


def test_a_table_without_content_is_looked_at_and_not_written() -> None:
    """A condition with symptoms that we may not delete must not be deleted, so they have to be seen."""
    assert not HERE["MedicalSymptom"].deletes
    settings = SynergeticSettings(column_names={"MedicalSymptom.Symptom": "Text1"})
    named = write_tables(VERSION, settings)["MedicalSymptom"]
    assert named.deletes
    assert named.key == ("ID", "MedicalConditionSeq", "Symptom")


def test_real_types_and_lengths_count() -> None:
    """What the database has decides what fits; where nobody has looked yet, it is what the contract says."""
    found = altered(as_declared(), "Medication", with_column("Medication", type="nvarchar", length=40, nullable=True))
    column = write_tables(VERSION, PLAIN, found)["Medication"].by_name["Medication"]
    assert (column.type, column.length, column.nullable) == ("nvarchar", 40, True)
    declared = HERE["Medication"].by_name["Medication"]
    assert (declared.type, declared.length, declared.nullable) == ("varchar", 100, False)
    assert HERE["MedicalAdditionalAsthmaDetails"].by_name["AsthmaAction"].length is None


def test_a_school_may_lack_a_table() -> None:
    """What is not there is not among the tables."""
    assert "Ability" not in write_tables(VERSION, SynergeticSettings(table_names={"Ability": ""}))
