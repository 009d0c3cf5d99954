"""Writing through procedures: what they are given, by which right, and that nothing is done where one asks for the unknown."""

from collections.abc import Iterator

import pytest
import sqlglot
from pydantic import ValidationError
from sqlglot import exp

from shared.synergetic import SQLITE, TSQL, Catalogue, SynergeticSettings, Version
from shared.synergetic.compatibility import Finding, findings
from shared.synergetic.fingerprint import write_fingerprint
from shared.synergetic.grants import grants
from shared.synergetic.login import WRITER
from shared.synergetic.parameters import FoundParameter, FoundProcedure
from shared.synergetic.permission_questions import Facts
from shared.synergetic.permissions import compare
from shared.synergetic.procedures import found_procedures, procedure_calls, procedure_questions
from shared.synergetic.write_statements import Change, ModifiedBy, WriteStatements
from shared.synergetic.writing import write_tables
from shared.writeback.comparing import nothing
from tests.unit.contract_schools import PLAIN, Procedures, altered, as_declared, products, with_column

TABLES = ("MedicalDetails", "MedicalCondition", "MedicalAllergy", "Medication", "MedicalImmunisation", "Consent")
ALL = SynergeticSettings(write_by_procedure=TABLES)
ALLERGY = SynergeticSettings(write_by_procedure=("MedicalAllergy",))
KNOWN = Version.parse("68.24")


def told(settings: SynergeticSettings, procedures: Procedures, found: Catalogue | None = None) -> tuple[Finding, ...]:
    """Return what stands in the way."""
    return procedure_calls(KNOWN, settings, found or as_declared(), procedures.values())[1]


def statements(
    settings: SynergeticSettings, procedures: Procedures | None = None, found: Catalogue | None = None, version: Version = KNOWN
) -> WriteStatements:
    """Return the statements for a school with these procedures."""
    found = found or as_declared(str(version), settings)
    calls, unfit = procedure_calls(version, settings, found, (procedures or products(settings, found, str(version))).values())
    assert unfit == ()
    tables = write_tables(version, settings, found)
    return WriteStatements(version, settings, TSQL, tables, modified_by=ModifiedBy(number=7), calls=calls)


def without(procedures: Procedures, name: str, *parameters: str) -> Procedures:
    """Return the procedures, one of which lacks some parameters."""
    left = tuple(one for one in procedures[name].parameters if one.name not in parameters)
    return {**procedures, name: FoundProcedure(name, left)}


def also(procedures: Procedures, name: str, *parameters: FoundParameter) -> Procedures:
    """Return the procedures, one of which has other or more parameters."""
    left = without(procedures, name, *(one.name for one in parameters))[name].parameters
    return {**procedures, name: FoundProcedure(name, (*left, *parameters))}


def changes(made: WriteStatements, version: Version, settings: SynergeticSettings) -> Iterator[tuple[str, Change]]:
    """Give every kind of change of the tables that have procedures."""
    for table in write_tables(version, settings, as_declared(str(version), settings)):
        if table.name in settings.write_by_procedure:
            where = {name: nothing(table.by_name[name]) for name in table.key}
            yield "insert", made.insert(table, {column.name: nothing(column) for column in table.content})
            again = {column.name: None for column in table.content if not column.insert_only}
            yield "update", made.update(table, where, again, student=1000)
            if table.deletes:
                yield "delete", made.delete(table, where, student=1000)


@pytest.mark.parametrize("version", ["67", "68.24"])
def test_no_table_with_procedures_is_written_directly(version: str) -> None:
    """Each batch is T-SQL, calls one procedure of its kind with a variable for each parameter, and answers with one row."""
    known = Version.parse(version)
    found = as_declared(version, ALL)
    procedures, done = products(ALL, found, version), set()
    for kind, change in changes(statements(ALL, version=known), known, ALL):
        parts = [
            sqlglot.parse_one(one.removeprefix("IF @found = 1 "), dialect="tsql") for one in change.statement.sql.split("; ")
        ]
        assert {type(one) for one in parts} <= {exp.Declare, exp.Set, exp.Select, exp.Execute}
        (call,) = (one for one in parts if isinstance(one, exp.Execute))
        assert isinstance(parts[-1], exp.Select)
        assert change.statement.sql.count("?") == len(change.statement.parameters)
        assert (change.answer, change.numbered) == (None, kind == "insert")
        name = call.this.name
        done.add(name)
        assert name.startswith({"insert": "spi", "update": "spu", "delete": "spd"}[kind])
        assert (call.this.catalog == "SynergyOne") == (version == "67")
        assert all(f"{one.name} = @given" in change.statement.sql for one in procedures[name].parameters)
    assert done == set(procedures)
    assert len(done) == 3 * len(TABLES) - 1


def test_a_new_rows_number_comes_back() -> None:
    """By the parameter for it; where a procedure has none, the student's newest row is looked for."""
    found = as_declared()
    table = write_tables(KNOWN, ALLERGY, found)["MedicalAllergy"]
    values = {"ID": 1000, "MedicalAllergyTypeCode": "NUT", "AllergyDescription": None, "ActiveFlag": True}
    change = statements(ALLERGY).insert(table, values)
    assert "DECLARE @given0 int; DECLARE @given1 int = ?; DECLARE @given2 varchar(15) = ?" in change.statement.sql
    assert "@MedicalAllergySeq = @given0 OUTPUT, @ID = @given1" in change.statement.sql
    assert change.statement.sql.endswith("; SELECT @given0 AS Numbered")
    assert change.statement.parameters == (1000, "NUT", 1)
    silent = without(products(ALLERGY, found), "spiMedicalAllergy", "@MedicalAllergySeq")
    change = statements(ALLERGY, silent).insert(table, values)
    assert change.statement.sql.endswith("; SELECT MAX([MedicalAllergySeq]) AS Numbered FROM dbo.MedicalAllergy WHERE [ID] = ?")
    assert change.statement.parameters == (1000, "NUT", 1, 1000)


def test_an_update_gives_back_what_it_does_not_change() -> None:
    """All that the row holds is read in the same batch, columns too that the contract does not know; stamps are ours."""
    settings = SynergeticSettings(write_by_procedure=("MedicalCondition",))
    found = altered(as_declared(), "MedicalCondition", with_column("Grade", type="decimal", length=None))
    procedures = also(products(settings, found), "spuMedicalCondition", FoundParameter("@Grade", "decimal", None, 9, 2))
    table = write_tables(KNOWN, settings, found)["MedicalCondition"]
    change = statements(settings, procedures, found).update(
        table, {"MedicalConditionSeq": 5}, {"SeverityCode": "H"}, student=1000
    )
    sql = change.statement.sql
    assert "decimal(9, 2)" in sql
    (read,) = (part for part in sql.split("; ") if part.startswith("SELECT @given0"))
    assert "= [Visibility]" in read
    assert "= [Grade] FROM dbo.MedicalCondition WITH (UPDLOCK, HOLDLOCK) WHERE [MedicalConditionSeq] = ? AND [ID] = ?" in read
    assert sql.count("SET @given") == 3
    assert "= GETDATE()" in sql
    assert change.statement.parameters == (5, 1000, "H", 7)
    table = write_tables(KNOWN, settings, found)["MedicalCondition"]
    gone = statements(settings, procedures, found).delete(table, {"MedicalConditionSeq": 5}, student=1000).statement
    assert "SELECT @found - (SELECT COUNT(*) FROM dbo.MedicalCondition WITH (UPDLOCK, HOLDLOCK) WHERE" in gone.sql
    assert gone.parameters == (5, 1000, 5, 1000)


def test_what_a_procedure_asks_for_must_have_a_source() -> None:
    """A procedure that is not there or does not fit, in either direction, stops writing."""
    whole = products(ALLERGY, as_declared())
    insert = "spiMedicalAllergy"
    cases = {
        "is not there": {name: one for name, one in whole.items() if name != insert},
        "no parameter for the column SeverityCode": without(whole, insert, "@SeverityCode"),
        "no parameter for the column MedicalAllergySeq": without(whole, "spdMedicalAllergy", "@MedicalAllergySeq"),
        "asks for @LoginName": also(whole, insert, FoundParameter("@LoginName", "varchar", 50)),
        "asks for @SeverityCode": also(whole, insert, FoundParameter("@SeverityCode", "varchar", 15, is_output=True)),
        "asks for @MedicalAllergySeq": also(whole, insert, FoundParameter("@MedicalAllergySeq", "int")),
        "less room in @SeverityCode": also(whole, "spuMedicalAllergy", FoundParameter("@SeverityCode", "varchar", 5)),
        "less room in @AllergyDescription": also(whole, insert, FoundParameter("@AllergyDescription", "varchar", 255)),
        "less room in @AllergyTreatment": also(whole, insert, FoundParameter("@AllergyTreatment", "varchar", 8000)),
        "less room in @ID": also(whole, "spuMedicalAllergy", FoundParameter("@ID", "smallint")),
    }
    for what, procedures in cases.items():
        (one,) = told(ALLERGY, procedures)
        assert what in one.what
        assert (one.severity, one.mode, one.table) == ("error", "two-way", "MedicalAllergy")
        assert one.code == ("procedure-missing" if what == "is not there" else "procedure-parameter")
    for one in (FoundParameter("@SeverityCode", "nvarchar", 15), FoundParameter("@AllergyTreatment", "text", -1)):
        assert told(ALLERGY, also(whole, "spuMedicalAllergy", one)) == ()
    assert told(ALLERGY, {name.lower(): one for name, one in whole.items()}) == told(PLAIN, {}) == ()


def test_settings_say_what_is_otherwise() -> None:
    """Names of procedures and parameters, and what is given for one that stands for no column, or left to its default."""
    settings = SynergeticSettings(
        write_by_procedure=("MedicalAllergy",),
        procedure_names={"MedicalAllergy.insert": "uspiAllergy"},
        parameter_names={"MedicalAllergy.ID": "StudentID"},
        parameter_values={"MedicalAllergy.LoginName": "operoo", "MedicalAllergy.Reason": ""},
    )
    whole = products(settings, as_declared())
    extra = (
        FoundParameter("@StudentID", "int"),
        FoundParameter("@LoginName", "varchar", 50),
        FoundParameter("@Reason", "text"),
    )
    procedures = without(also(whole, "uspiAllergy", *extra), "uspiAllergy", "@ID")
    table = write_tables(KNOWN, settings)["MedicalAllergy"]
    change = statements(settings, procedures).insert(table, {"ID": 1000, "MedicalAllergyTypeCode": "NUT"})
    assert "EXEC dbo.[uspiAllergy]" in change.statement.sql
    assert "@StudentID = @given" in change.statement.sql
    assert "varchar(50) = ?" in change.statement.sql
    assert "Reason" not in change.statement.sql
    assert change.statement.parameters == ("NUT", 1000, "operoo")


def test_a_constant_takes_no_columns_place() -> None:
    """Of a row that is there it would overwrite what the school keeps; of a new one, what the family says."""
    settings = SynergeticSettings(
        write_by_procedure=("MedicalCondition",),
        parameter_values={"MedicalCondition.Visibility": "NURSE", "MedicalCondition.SeverityCode": "H"},
    )
    table, made = write_tables(KNOWN, settings)["MedicalCondition"], statements(settings)
    change = made.insert(table, {"ID": 1000, "MedicalConditionCode": "AST", "SeverityCode": "L"})
    assert "NURSE" in change.statement.parameters
    assert "H" not in change.statement.parameters
    again = made.update(table, {"MedicalConditionSeq": 5}, {"SeverityCode": "L"}, student=1000)
    assert again.statement.parameters == (5, 1000, "L", 7)


def test_a_new_row_has_nothing_where_we_write_nothing() -> None:
    """NULL if that may be, else a blank; where neither is one, somebody has to say what it is given."""
    found = as_declared()
    for kind, nullable, blank in (("uniqueidentifier", True, "NULL"), ("varchar", False, "''"), ("int", False, "0")):
        there = altered(found, "MedicalAllergy", with_column("Grade", type=kind, length=None, nullable=nullable))
        procedures = also(products(ALLERGY, there), "spiMedicalAllergy", FoundParameter("@Grade", kind))
        table = write_tables(KNOWN, ALLERGY, there)["MedicalAllergy"]
        assert f"{kind} = {blank};" in statements(ALLERGY, procedures, there).insert(table, {"ID": 1}).statement.sql
    there = altered(found, "MedicalAllergy", with_column("Grade", type="uniqueidentifier", length=None, nullable=False))
    assert [one.code for one in told(ALLERGY, products(ALLERGY, there), there)] == ["procedure-parameter"]


def test_the_catalogue_is_asked_and_understood() -> None:
    """In the tables' own spot, for no more than is needed; lengths are characters, and no variable is of an old type."""
    assert procedure_questions(KNOWN, PLAIN, TSQL) == ()
    (question,) = procedure_questions(Version.parse("67"), ALLERGY, TSQL)
    assert question.statement.parameters == ("dbo", "spiMedicalAllergy", "spuMedicalAllergy", "spdMedicalAllergy")
    assert "[SynergyOne].sys.all_parameters" in question.statement.sql
    assert isinstance(sqlglot.parse_one(question.statement.sql, dialect="tsql"), exp.Select)
    assert "NULL" in procedure_questions(KNOWN, ALLERGY, SQLITE)[0].statement.sql
    rows = [
        ("a", "@One", "nvarchar", 100, 0, 0, False),
        ("a", "@Two", "text", 16, 0, 0, False),
        ("a", "@Three", "datetime2", 8, 27, 7, True),
        ("b", None, None, None, None, None, None),
    ]
    one, other = found_procedures(rows)
    assert [parameter.variable for parameter in one.parameters] == ["nvarchar(50)", "varchar(max)", "datetime2(7)"]
    assert [parameter.is_output for parameter in one.parameters] == [False, False, True]
    assert other == FoundProcedure("b", ())


def test_the_writer_may_execute_instead_of_write() -> None:
    """Exactly the procedures, and the table may be read as a whole; a login with just that has what it needs, and no more."""
    plain, given = grants("two-way", KNOWN, PLAIN), grants("two-way", KNOWN, ALLERGY)
    assert {(one.table, one.permission, one.columns, one.role) for one in set(given) - set(plain)} == {
        ("MedicalAllergy", "SELECT", (), WRITER),
        *((name, "EXECUTE", (), WRITER) for name in ("spiMedicalAllergy", "spuMedicalAllergy", "spdMedicalAllergy")),
    }
    assert {(one.table, one.permission) for one in set(plain) - set(given)} == {
        ("MedicalAllergy", permission) for permission in ("SELECT", "INSERT", "UPDATE", "DELETE")
    }
    assert "GRANT EXECUTE ON [dbo].[spiMedicalAllergy] TO [operoo_writer];" in {one.grant for one in given}
    rows = [
        ("column", "", one.spot.schema, one.table, name, permission)
        for one in given
        for name in one.columns
        for permission in ("", one.permission)
    ]
    rows += [("column", "", "dbo", "MedicalAllergy", name, "SELECT") for name in ("ID", "Unknown")]
    rows += [("object", "", "dbo", one.table, "", one.permission) for one in given if not one.columns]
    found = compare(given, Facts([*rows, *(("role", "", "", role, "", "") for role in {one.role for one in given})]))
    assert not found
    assert {one.permission for one in compare(given, Facts(())).missing} >= {"EXECUTE", "SELECT"}
    assert write_fingerprint(ALLERGY, KNOWN) != write_fingerprint(PLAIN, KNOWN)


@pytest.mark.parametrize(
    "wrong",
    [
        {"write_by_procedure": ("Community",)},
        {"write_by_procedure": ("MedicalSymptom",)},
        {"procedure_names": {"MedicalAllergy.merge": "x"}},
        {"procedure_names": {"MedicalAllergy.insert": ""}},
        {"parameter_names": {"MedicalAllergy.Nothing": "x"}},
        {"parameter_names": {"MedicalAllergy.ID": "x; DROP"}},
        {"parameter_values": {"MedicalAllergy": "x"}},
        {"parameter_values": {"MedicalAllergy.a b": "x"}},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    """A table whose rows have no number of their own, a change that there is none of, a name that is none."""
    with pytest.raises(ValidationError):
        SynergeticSettings.model_validate(wrong)


def test_a_column_that_a_new_row_needs_is_the_procedures_matter() -> None:
    """A direct write would be refused for a column without a default; a procedure may well fill it."""
    there = altered(as_declared(), "MedicalAllergy", with_column("Grade", type="int", nullable=False, has_default=False))
    assert [one.code for one in findings("two-way", KNOWN, PLAIN, there)] == ["column-required"]
    assert findings("two-way", KNOWN, ALLERGY, there) == ()
    assert told(ALLERGY, products(ALLERGY, there), there) == ()
