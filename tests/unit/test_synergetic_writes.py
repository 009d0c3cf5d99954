"""The statements that write: SQL Server's own, only on the write list, and never without the student."""

from collections.abc import Iterator

import pytest
import sqlglot
from sqlglot import exp

from shared.errors import SettingsError
from shared.synergetic import SQLITE, TSQL, Catalogue, SynergeticSettings, Version, accesses
from shared.synergetic.catalogue import FoundColumn, FoundTable
from shared.synergetic.layout import Layout
from shared.synergetic.write_statements import Change, ModifiedBy, WriteStatements
from shared.synergetic.writing import write_tables
from shared.writeback.comparing import nothing
from shared.writeback.tables import WriteTable, WriteTables

PLAIN = SynergeticSettings()
OTHER = SynergeticSettings(
    main_database="Synergy-One 1",
    table_names={"MedicalPlan": "", "Medication": "tMedication"},
    column_names={"MedicalSymptom.Symptom": "Words", "MedicalCondition.ConditionDetails": "Order"},
)
BOTH = pytest.mark.parametrize("settings", [PLAIN, OTHER], ids=["plain", "other"])
EACH = pytest.mark.parametrize("version", ["67", "68.24"])


def made(version: str, settings: SynergeticSettings, found: Catalogue | None = None) -> tuple[WriteTables, WriteStatements]:
    """Return the tables and their statements."""
    known = Version.parse(version)
    tables = write_tables(known, settings, found)
    return tables, WriteStatements(known, settings, TSQL, tables, modified_by=ModifiedBy(number=7))


def changes(table: WriteTable, statements: WriteStatements) -> Iterator[Change]:
    """Give every kind of change there can be of a table."""
    where = {name: nothing(table.by_name[name]) for name in table.key}
    content = {column.name: nothing(column) for column in table.content}
    again = {column.name: None for column in table.content if not column.insert_only}
    if table.inserts:
        yield statements.insert(table, content)
    if again:
        yield statements.update(table, where, again, student=1000)
    if table.deletes:
        yield statements.delete(table, where, student=1000)


@BOTH
@EACH
def test_reads_hold_a_students_rows(version: str, settings: SynergeticSettings) -> None:
    """Each is one query, names its columns, is about the student alone, and holds what it reads until the end."""
    tables, statements = made(version, settings)
    for table in tables:
        statement = statements.read(table, 1000)
        (query,) = sqlglot.parse(statement.sql, dialect="tsql")
        assert isinstance(query, exp.Select)
        assert len(query.selects) == len(table.columns)
        assert "WITH (UPDLOCK, HOLDLOCK)" in statement.sql
        assert set(statement.parameters) == {1000}


@BOTH
@EACH
def test_changes_name_the_write_list_only(version: str, settings: SynergeticSettings) -> None:
    """A change sets columns that two-way may write, and no other; insert-only ones are never set again."""
    tables, statements = made(version, settings)
    known = {access.table.name: access for access in accesses("two-way", Version.parse(version), settings)}
    kinds = set()
    for table in tables:
        access = known[table.name]
        for change in changes(table, statements):
            written, asked = sqlglot.parse(change.statement.sql, dialect="tsql")
            assert isinstance(asked, exp.Select)
            assert change.answer is None
            kinds.add(type(written))
            assert change.statement.sql.count("?") == len(change.statement.parameters)
            if isinstance(written, exp.Insert):
                assert {one.name for one in written.this.expressions} <= {one.called for one in access.written}
            if isinstance(written, exp.Update):
                assert {one.this.name for one in written.expressions} <= {one.called for one in access.updated}
    assert kinds == {exp.Insert, exp.Update, exp.Delete}


@EACH
def test_a_row_is_found_by_the_student_too(version: str) -> None:
    """Whatever key a change is told, it does not reach another student's row."""
    tables, statements = made(version, PLAIN)
    owned = [table for table in tables if table.owner]
    assert len(owned) > 8
    for table in owned:
        for change in changes(table, statements):
            if not change.statement.sql.startswith("INSERT"):
                assert f"[{table.owner}] = ?" in change.statement.sql.split(" WHERE ")[1]
                assert 1000 in change.statement.parameters


def test_what_may_not_be_written_cannot_be() -> None:
    """Columns off the list, insert-only ones of a row that is there, keys in part, and rows of tables that keep theirs."""
    tables, statements = made("68.24", PLAIN)
    condition, details = tables["MedicalCondition"], tables["MedicalDetails"]
    with pytest.raises(KeyError):
        statements.insert(condition, {"Visibility": "X"})
    with pytest.raises(KeyError):
        statements.insert(condition, {"ModifiedBy": 1})
    with pytest.raises(KeyError):
        statements.update(condition, {"MedicalConditionSeq": 1}, {"ID": 2}, student=1)
    with pytest.raises(KeyError):
        statements.update(condition, {}, {"SeverityCode": ""}, student=1)
    with pytest.raises(KeyError):
        statements.delete(tables["MedicalEquipment"], {"MedicalConditionSeq": 1}, student=1)
    with pytest.raises(KeyError):
        statements.delete(details, {"MedicalDetailsSeq": 1}, student=1)


def test_stamps_are_as_the_column_asks() -> None:
    """Who changed a row is a number or a login, by the column's real type; a name that does not fit is a matter of settings."""
    spot = Layout.of(Version.parse("68"), PLAIN).main

    def found(kind: str, length: int | None) -> Catalogue:
        columns = (FoundColumn("ModifiedBy", kind, length), FoundColumn("ModifiedDate", "datetime"))
        return Catalogue({(spot, "medicalcondition"): FoundTable("MedicalCondition", columns)})

    for kind, length, stamp in (("int", None, 7), ("varchar", 20, "operoo")):
        tables, statements = made("68", PLAIN, found(kind, length))
        table = tables["MedicalCondition"]
        change = statements.update(table, {"MedicalConditionSeq": 1}, {"SeverityCode": "H"}, student=1)
        assert change.statement.parameters == ("H", stamp, 1, 1)
        assert "[ModifiedDate] = GETDATE()" in change.statement.sql
    with pytest.raises(SettingsError) as caught:  # before anything is written for anybody
        made("68", PLAIN, found("varchar", 3))
    assert caught.value.code == "writer-name-too-long"


def test_long_texts_and_nothing_can_be_looked_for() -> None:
    """A row without a key of its own is found by all it holds: SQL Server compares no `text`, and nothing equals NULL."""
    spot = Layout.of(Version.parse("68"), OTHER).main
    catalogue = Catalogue({(spot, "medicalsymptom"): FoundTable("MedicalSymptom", (FoundColumn("Words", "text"),))})
    tables, statements = made("68", OTHER, catalogue)
    where = {"ID": 1, "MedicalConditionSeq": None, "Symptom": "x"}
    change = statements.delete(tables["MedicalSymptom"], where, student=1)
    assert "[MedicalConditionSeq] IS NULL AND CAST([Words] AS nvarchar(max)) = ?" in change.statement.sql


def test_the_words_of_both_products_are_complete() -> None:
    """SQL Server answers in the batch, where a trigger cannot come between; a file is asked right after."""
    assert {"SET XACT_ABORT ON", "SET NOCOUNT ON"} < set(TSQL.writes.before)
    assert TSQL.writes.batched
    assert not SQLITE.writes.batched
    assert all(sqlglot.parse(sql, dialect="tsql") for sql in (TSQL.writes.begin, TSQL.writes.commit, TSQL.writes.numbered))
