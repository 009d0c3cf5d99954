"""Every statement of the contract, for every version: it names what is declared, and gives the declared columns."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

from shared.manifests import ROW_SETS as MANIFEST_ROW_SETS
from shared.manifests import Period
from shared.owners import owner_key
from shared.synergetic import (
    CHUNK_COLUMNS,
    ROW_SETS,
    SQLITE,
    TABLES,
    TSQL,
    Mode,
    Queries,
    Statement,
    SynergeticSettings,
    Table,
    Version,
    create_statements,
    row_sets_of,
    version_statement,
)
from shared.synergetic.medical_codes import CODE_TABLES

# Words that SQL Server does not take as a name without brackets.
_RESERVED = (
    "add all alter and any as asc authorization backup begin between break browse bulk by cascade case check checkpoint "
    "close clustered coalesce collate column commit compute constraint contains containstable continue convert create "
    "cross current current_date current_time current_timestamp current_user cursor database dbcc deallocate declare "
    "default delete deny desc disk distinct distributed double drop dump else end errlvl escape except exec execute "
    "exists exit external fetch file fillfactor for foreign freetext freetexttable from full function goto grant group "
    "having holdlock identity identity_insert identitycol if in index inner insert intersect into is join key kill left "
    "like lineno load merge national nocheck nonclustered not null nullif of off offsets on open opendatasource "
    "openquery openrowset openxml option or order outer over percent pivot plan precision primary print proc procedure "
    "public raiserror read readtext reconfigure references replication restore restrict return revert revoke right "
    "rollback rowcount rowguidcol rule save schema securityaudit select session_user set setuser shutdown some "
    "statistics system_user table tablesample textsize then to top tran transaction trigger truncate try_convert tsequal "
    "union unique unpivot update updatetext use user values varying view waitfor when where while with writetext"
)
RESERVED = frozenset(_RESERVED.split())
VERSIONS = ("65", "65.19", "66", "66R2", "67", "68.24", "69", "70.16.1", "71.58")
PERIOD = Period(year=2026, semester=2)
TODAY = date(2026, 9, 1)
PLAIN = SynergeticSettings()
ODD = SynergeticSettings(
    present_meanings=(),
    present_codes=("1", "2"),
    file_types=("A", "C"),
    contact_types=("SC1",),
    relationship_holder="student",
    table_names={"Photos": "tPhotos"},
    column_names={"Community.DeceasedFlag": "", "Photos.Photo": "Picture", "SubjectClassStaff.ClassCampus": ""},
)


def statements(queries: Queries, mode: Mode = "two-way") -> Iterator[Statement]:
    """Give every statement of a mode."""
    yield queries.version()
    yield queries.current_periods()
    yield queries.photo(1)
    for name in row_sets_of(mode):
        yield queries.row_set(name, PERIOD, today=TODAY)
        yield queries.count(name, PERIOD, today=TODAY)


@pytest.mark.parametrize("name", ROW_SETS)
def test_output_columns_are_those_declared_in_every_branch(name: str) -> None:
    """Each branch of a row set's union names its output exactly as the row set declares it, in order."""
    parsed = sqlglot.parse_one(
        Queries.of(Version.parse("68"), PLAIN, TSQL).row_set(name, PERIOD, today=TODAY).sql, dialect="tsql"
    )
    branches = list(_branches(parsed))
    assert branches
    for branch in branches:
        assert tuple(one.alias for one in branch.selects) == ROW_SETS[name].columns


def _branches(query: exp.Expression) -> Iterator[exp.Select]:
    if isinstance(query, exp.SetOperation):
        yield from _branches(query.left)
        yield from _branches(query.right)
    else:
        assert isinstance(query, exp.Select)
        yield query


def _reads(sql: str) -> dict[str, set[str]]:
    """Say which columns of which tables a statement reads; fails for a column that cannot be told."""
    schema = {table.name: {column.name: column.type.sql for column in table.columns} for table in TABLES.values()}
    parsed = qualify(
        sqlglot.parse_one(sql.replace("dbo.", "").replace("media.", ""), dialect="tsql"),
        schema=schema,
        dialect="tsql",
        validate_qualify_columns=True,
        quote_identifiers=False,
        identify=False,
    )
    reads: dict[str, set[str]] = defaultdict(set)
    for scope in traverse_scope(parsed):
        for column in scope.columns:
            source = scope.sources.get(column.table)
            if isinstance(source, exp.Table):
                reads[source.name].add(column.name)
    return reads


def _lower(names: set[str] | frozenset[str]) -> set[str]:
    return {name.lower() for name in names}


@pytest.mark.parametrize("name", ROW_SETS)
def test_a_row_set_reads_exactly_the_tables_it_declares(name: str) -> None:
    """The tables a row set declares, from which permissions follow, are the ones its SELECT reads."""
    reads = _reads(Queries.of(Version.parse("68"), PLAIN, TSQL).row_set(name, PERIOD, today=TODAY).sql)
    assert _lower(set(reads)) == _lower(ROW_SETS[name].tables)


def test_declared_columns_are_exactly_the_ones_that_are_read() -> None:
    """Every column declared as read that has a name is in a statement, and none besides: grants are made from declarations."""
    queries = Queries.of(Version.parse("68"), PLAIN, TSQL)
    used: dict[str, set[str]] = defaultdict(set)
    for statement in statements(queries, "one-way"):
        for table, columns in _reads(statement.sql).items():
            used[table.lower()] |= _lower(columns)
    assert used == _declared(table for table in TABLES.values() if table.mode == "one-way")
    codes = {table.lower(): _lower(columns) for table, columns in _reads(_codes(queries)).items()}
    assert codes == _declared(TABLES[table] for table in CODE_TABLES.values())


def _declared(tables: Iterable[Table]) -> dict[str, set[str]]:
    return {table.name.lower(): {column.name.lower() for column in table.read if column.named} for table in tables}


def _codes(queries: Queries) -> str:
    return queries.row_set("codes", PERIOD, today=TODAY).sql


def test_codes_come_without_what_a_school_lacks() -> None:
    """A look-up that is not there has no rows; without a flag every code is in use; other names are the school's."""
    lacking = SynergeticSettings(
        table_names={"luMedicalAllergyType": "", "luMedicalEquipmentType": "luEquipmentType"},
        column_names={"luMedicalConditionType.SynergyMeaning": "", "luMedicalImmunisationType.ActiveFlag": ""},
    )
    sql = _codes(Queries.of(Version.parse("68"), lacking, TSQL))
    branches = {branch.selects[0].this.name: branch.sql("tsql") for branch in _branches(sqlglot.parse_one(sql, dialect="tsql"))}
    assert tuple(branches) == tuple(CODE_TABLES)
    assert "1 = 0" in branches["allergy"]
    assert "CAST(NULL AS VARCHAR(15)) AS SynergyMeaning" in branches["condition"]
    assert "CAST(NULL AS BIT) AS ActiveFlag" in branches["immunisation"]
    assert "FROM dbo.[luEquipmentType]" in branches["equipment"]
    assert "CAST(NULL AS BIT) AS ActiveFlag" in branches["consent"]


def test_one_way_reads_no_codes() -> None:
    """Only what two-way mode matches needs them."""
    assert set(row_sets_of("two-way")) - set(row_sets_of("one-way")) == {"codes"}
    assert row_sets_of("two-way") == tuple(ROW_SETS)


@pytest.mark.parametrize("version", VERSIONS)
def test_tables_stand_where_the_version_keeps_them(version: str) -> None:
    """Up to 67 names have a database, from 68 on a schema; photos are in their own."""
    queries = Queries.of(Version.parse(version), PLAIN, TSQL)
    sql = queries.row_set("photos", PERIOD, today=TODAY).sql
    old = Version.parse(version) < Version.parse("68")
    assert ("SynergyOneMedia.dbo.Photos" in sql) == old
    assert ("SynergyOne.dbo.Community" in sql) == old
    assert (" media.Photos" in sql) != old
    assert (" dbo.Community" in sql) != old


def test_no_name_is_a_reserved_word() -> None:
    """SQL Server takes every alias, column and table name as it stands, without brackets."""
    names = {name for table in TABLES.values() for name in (table.name, *(column.name for column in table.columns))}
    for statement in statements(Queries.of(Version.parse("67"), PLAIN, TSQL)):
        parsed = sqlglot.parse_one(statement.sql, dialect="tsql")
        names |= {one.name for one in parsed.find_all(exp.Identifier)}
    assert not {name.lower() for name in names} & RESERVED


def test_the_version_is_read_from_wherever_the_connection_is() -> None:
    """The first statement names no database, because the layout is not known yet."""
    assert version_statement(PLAIN, TSQL).sql.endswith("FROM dbo.SynDatabases AS d")


def test_the_version_is_read_under_the_schools_own_names() -> None:
    """Else a name that is set is the one thing that is not looked at, and what fails says nothing of it."""
    names = {"table_names": {"SynDatabases": "usrBases"}, "column_names": {"SynDatabases.VersionNumber": "usrNumber"}}
    sql = version_statement(SynergeticSettings.model_validate(names), TSQL).sql
    assert sql.endswith("FROM (SELECT Code AS Code, [usrNumber] AS VersionNumber FROM dbo.[usrBases]) AS d")


def test_settings_change_names_and_leave_out_what_is_missing() -> None:
    """A renamed column is read under its name here, one that does not exist as NULL."""
    queries = Queries.of(Version.parse("68"), ODD, TSQL)
    assert "[Picture] AS Photo" in queries.photo(1).sql
    assert "FROM media.[tPhotos]" in queries.photo(1).sql
    contacts = queries.row_set("contacts", PERIOD, today=TODAY).sql
    assert "CAST(NULL AS bit) AS DeceasedFlag" in contacts
    assert "q.ID = k.ID AND q.RelatedID = c.ID" in contacts
    assert "n.ClassCampus, ''" not in queries.row_set("teachers", PERIOD, today=TODAY).sql


def test_values_come_in_the_order_of_their_marks() -> None:
    """Meanings, codes, the year, then the period and the file types; of students also who goes home: no code at all, too."""
    settings = SynergeticSettings(present_codes=("EXC",), file_types=("A", "C"))
    queries = Queries.of(Version.parse("68"), settings, TSQL)
    days = ("2026-09-02", "2026-09-01", "1901-01-01")
    here = (*settings.present_meanings, "EXC", 2026)
    assert queries.row_set("memberships", PERIOD, today=TODAY).parameters == (*here, 2026, 2, "A", "C", 2026, 2, *days)
    assert queries.row_set("students", PERIOD, today=TODAY).parameters == (*here, "", *settings.day_codes)
    assert queries.year_statuses(PERIOD).parameters == here


@pytest.mark.parametrize("version", VERSIONS)
def test_sample_ddl_is_t_sql_for_every_layout(version: str) -> None:
    """The sample DDL parses as T-SQL, creates each table once, and the SELECTs' tables are among them."""
    parsed = [sqlglot.parse_one(one, dialect="tsql") for one in create_statements(Version.parse(version), PLAIN, TSQL)]
    created = [one.find(exp.Table).name for one in parsed if isinstance(one, exp.Create) and one.kind == "TABLE"]
    assert sorted(created) == sorted(name for name, table in TABLES.items() if table.named)


def test_row_sets_are_the_manifests_and_consistent() -> None:
    """Names are those of the manifest; owner and key are among the columns, which are our own words."""
    assert tuple(ROW_SETS) == MANIFEST_ROW_SETS
    for name, row_set in ROW_SETS.items():
        assert set(row_set.owner) | set(row_set.key) <= set(row_set.columns)
        assert len(row_set.columns) == len(set(row_set.columns))
        assert all(column == column.lower() for column in (*row_set.columns, *CHUNK_COLUMNS[name]))
        assert set(row_set.owner) <= set(CHUNK_COLUMNS[name])


def test_owner_of_a_row_is_the_identifier_of_its_record() -> None:
    """A student's row belongs to the ID; a group's to its key without the empty parts."""
    assert [(71, "SC1", 5)[place] for place in ROW_SETS["contacts"].owner_positions] == [71]
    places = ROW_SETS["groups"].owner_positions
    for row, owner in (
        (("class", "A", "2026", "S", "7MAT1", "Maths", "7"), "class:A:2026:S:7MAT1"),
        (("year_level", "", "", "S ", "7", "Year 7", "7"), "year_level:S:7"),
        (("form", "", "", "", "7A", None, None), "form:7A"),
    ):
        assert owner_key(*(row[place] for place in places)) == owner


def test_sqlite_statements_have_no_schemas() -> None:
    """The sample school's file has plain table names and its own word for a blob's length."""
    sql = Queries.of(Version.parse("67"), PLAIN, SQLITE).row_set("photos", PERIOD, today=TODAY).sql
    assert "FROM Photos AS n" in sql
    assert "LENGTH(n.Photo)" in sql
    assert "DATALENGTH" not in sql


def test_of_photos_nothing_but_their_length_is_ranked() -> None:
    """What is ranked is held for everybody at once: the photos themselves would be the size of the school's album."""
    for dialect, length in ((TSQL, "DATALENGTH"), (SQLITE, "LENGTH")):
        sql = Queries.of(Version.parse("68"), SynergeticSettings(), dialect).row_set("photos", PERIOD, today=TODAY).sql
        assert re.findall(r"\S*\bPhoto\b\S*", sql) == [f"{length}(n.Photo)", "n.Photo"]
        assert sql.index("n.Photo IS NOT NULL") > 0
