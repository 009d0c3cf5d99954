"""The medical tables of two-way mode: what may be written, what waits for a name, and that one-way knows nothing of it."""

import sqlite3
from contextlib import closing

import pytest
import sqlglot
from pydantic import ValidationError
from sqlglot import exp

from shared.synergetic import (
    SQLITE,
    TABLES,
    TSQL,
    Queries,
    SynergeticSettings,
    Version,
    accesses,
    schema_fingerprint,
    write_fingerprint,
)
from shared.synergetic.ddl import Preparation, create_statements, preparations
from tests.unit.contract_schools import PERIOD, PLAIN, TODAY, VERSIONS

KNOWN = Version.parse("68.24")
TWO_WAY = {access.table.name: access for access in accesses("two-way", KNOWN, PLAIN)}
# What public facts name, and only that; a change here is a change of what the product may do to a school's data.
NEVER_WRITTEN = {
    "Community.Surname",
    "Students.MedicalAlert",
    "Students.MedicalAlertFlag",
    "MedicalCondition.Visibility",
    "MedicalCondition.MedicalConditionDocumentID",
    "MedicalPlan.MedicalPlanSeq",
}


def test_one_way_names_nothing_medical() -> None:
    """Its statements, and so its grants, are the same as if there were no two-way mode; nothing in them is written."""
    one_way = accesses("one-way", KNOWN, PLAIN)
    assert not any(access.writes or access.inserts or access.deletes or access.updated for access in one_way)
    named = {f"{access.table.name}.{one.called}" for access in one_way for one in access.columns}
    assert not {name for name in named if "Medic" in name or "Dietary" in name or name.startswith("Students.")}
    assert {access.table.mode for access in one_way} == {"one-way"}


def test_only_people_and_medical_tables_are_written() -> None:
    """No look-up is; of the people's table the dietary columns and the stamps, and no row of it comes or goes."""
    written = {name: access for name, access in TWO_WAY.items() if access.writes}
    assert not [name for name in written if name.startswith("lu")]
    assert {one.called for one in written["Community"].written} == {
        "DietaryRequirements",
        "CommunityModifiedDate",
        "CommunityModifiedBy",
    }
    rows = {name: (access.inserts, access.deletes) for name, access in written.items()}
    assert rows.pop("Community") == rows.pop("Students") == (False, False)
    assert rows.pop("MedicalDetails") == (True, False)
    assert set(rows.values()) == {(True, True)}


def test_no_key_of_the_database_and_nothing_of_the_schools_own_is_written() -> None:
    """Numbered columns, visibility, documents and alerts are read and never named in a write."""
    for access in TWO_WAY.values():
        for one in access.columns:
            name = f"{access.table.name}.{one.column.name}"
            assert not (one.write and (one.column.identity or name in NEVER_WRITTEN)), name


def test_whose_row_it_is_never_changes() -> None:
    """The student and what a row is joined to are written when it is inserted, and are in no update."""
    for name, access in TWO_WAY.items():
        if access.inserts:
            once = {one.called for one in access.written} - {one.called for one in access.updated}
            assert once & {"ID", "MedicalConditionSeq", "MedicationSeq"}, name
            assert not {one.called for one in access.updated} & {"ID", "MedicalConditionSeq"}, name


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ("MedicalCondition", "int"),
        ("MedicalImmunisation", "int"),
        ("Consent", "int"),
        ("MedicalDetails", "varchar(50)"),
        ("Community", "varchar(50)"),
        ("MedicalAllergy", None),
        ("MedicalSymptom", None),
        ("MedicalRisk", None),
    ],
)
def test_who_changed_a_row_is_a_number_or_a_name(table: str, kind: str | None) -> None:
    """The kind of each table's stamp is its column's type; tables without public stamps have none."""
    stamps = {column.stamp: column.type.sql for column in TABLES[table].columns if column.stamp}
    assert stamps == ({"when": "datetime", "who": kind} if kind else {})


def test_a_guess_is_not_used_until_it_is_named() -> None:
    """A symptom's row without the symptom would tell nobody anything: the table is read, and written once there is a column."""
    assert not TWO_WAY["MedicalSymptom"].writes
    assert not TWO_WAY["MedicalRisk"].inserts
    assert "luMedicalConditionVisibility" not in TWO_WAY
    named = SynergeticSettings(
        column_names={"MedicalSymptom.Symptom": "Text1"}, table_names={"luMedicalConditionVisibility": "luVis"}
    )
    found = {access.table.name: access for access in accesses("two-way", KNOWN, named)}
    assert found["luMedicalConditionVisibility"].called == "luVis"
    assert [one.called for one in found["MedicalSymptom"].updated] == ["Text1"]
    assert found["MedicalSymptom"].inserts


def test_what_is_not_there_is_not_needed() -> None:
    """An empty name leaves a table out, and a table whose content is gone is not written: stamps alone say nothing."""
    settings = SynergeticSettings(
        table_names={"MedicalRisk": "", "Students": "tStudents"}, column_names={"Community.DietaryRequirements": ""}
    )
    found = {access.table.name: access for access in accesses("two-way", KNOWN, settings)}
    assert "MedicalRisk" not in found
    assert found["Students"].called == "tStudents"
    assert not found["Community"].writes


@pytest.mark.parametrize(
    "wrong",
    [
        {"table_names": {"Community": ""}},
        {"table_names": {"MedicalDetails": ""}},
        {"table_names": {"Nothing": "x"}},
        {"column_names": {"MedicalCondition.SeverityCode": ""}},
        {"column_names": {"Community.ID": ""}},
        {"present_codes": ["  "]},
    ],
)
def test_what_has_to_be_there_cannot_be_set_missing(wrong: dict[str, object]) -> None:
    """Without it nobody would be a student, or a condition would be written without its severity."""
    with pytest.raises(ValidationError):
        SynergeticSettings.model_validate(wrong)


def test_blanks_around_a_code_do_not_count() -> None:
    """A code that was copied with a blank matches all the same."""
    assert SynergeticSettings(present_codes=(" EXC ",), file_types=("A ",)).present_codes == ("EXC",)


def test_a_school_without_photos_has_none() -> None:
    """An empty table name reads as an empty table, in T-SQL that still gives every column."""
    queries = Queries.of(KNOWN, SynergeticSettings(table_names={"Photos": ""}), TSQL)
    sql = queries.row_set("photos", PERIOD, today=TODAY).sql
    assert "media." not in sql
    assert "CAST(NULL AS varbinary(max)) AS Photo WHERE 1 = 0)" in sql
    sqlglot.parse_one(sql, dialect="tsql")


def test_a_sample_school_without_photos_has_none_either() -> None:
    """A file knows no `(max)`."""
    settings = SynergeticSettings(table_names={"Photos": ""})
    with closing(sqlite3.connect(":memory:")) as school:
        for sql in create_statements(KNOWN, settings, SQLITE):
            school.execute(sql)
        photos = Queries.of(KNOWN, settings, SQLITE).row_set("photos", PERIOD, today=TODAY)
        assert school.execute(photos.sql, photos.parameters).fetchall() == []


def test_reading_and_writing_have_fingerprints_of_their_own() -> None:
    """A renamed medical column changes what is written, not what is read, and the other way round."""
    read, write = schema_fingerprint(PLAIN, KNOWN), write_fingerprint(PLAIN, KNOWN)
    medical = SynergeticSettings(column_names={"Medication.Medication": "Drug"})
    assert (schema_fingerprint(medical, KNOWN), write_fingerprint(medical, KNOWN) == write) == (read, False)
    staff = SynergeticSettings(column_names={"Staff.SchoolStaffCode": "Code"})
    assert (schema_fingerprint(staff, KNOWN) == read, write_fingerprint(staff, KNOWN)) == (False, write)
    assert write_fingerprint(PLAIN, Version.parse("67")) != write
    assert write_fingerprint(SynergeticSettings(file_types=("C",)), Version.parse("69")) == write


def test_the_meaning_of_what_was_read_before_has_not_changed() -> None:
    """The fingerprint for reading is the one that relays have sent so far: a new value would make every school send it all."""
    assert schema_fingerprint(PLAIN, KNOWN) == "ae73b4bfa4f2df137bfb59cd17687e0ec6f8c41510ca57fe95c14517cbabfa45"


@pytest.mark.parametrize("version", VERSIONS)
def test_places_are_made_before_tables(version: str) -> None:
    """Up to 67 two databases, from 68 on one with a schema; each statement is T-SQL, and tables stand in what was made."""
    known = Version.parse(version)
    made = preparations(known, PLAIN, database="Synergetic_AU_VIC_SAMPLE_TST")
    if known.single_database:
        name = "Synergetic_AU_VIC_SAMPLE_TST"
        assert made == [Preparation(f"CREATE DATABASE [{name}]"), Preparation("CREATE SCHEMA [media]", name)]
    else:
        assert made == [Preparation("CREATE DATABASE [SynergyOne]"), Preparation("CREATE DATABASE [SynergyOneMedia]")]
    for statement in (*(one.sql for one in made), *create_statements(known, PLAIN, TSQL)):
        assert isinstance(sqlglot.parse_one(statement, dialect="tsql"), exp.Create)


def test_indexes_follow_renamed_columns() -> None:
    """An index of the sample DDL names what the table was created with, or is left out."""
    settings = SynergeticSettings(column_names={"SubjectClassStaff.ClassCampus": "", "Relationships.RelatedID": "Other"})
    statements = "\n".join(create_statements(KNOWN, settings, TSQL))
    assert "IX_Relationships_1 ON dbo.Relationships (ID, [Other])" in statements
    assert "IX_SubjectClassStaff_1" not in statements
