"""All the T-SQL there is, of whatever kind: SQL Server takes it, and nothing in it is another product's."""

import functools
import re
from collections.abc import Iterator
from datetime import date

import pytest
import sqlglot
from sqlglot import TokenType, exp

from local.school.create import make_school
from local.school.inserts import insert_statements
from relay.database import connection
from shared.manifests import Period
from shared.synergetic import ROW_SETS, TSQL, Queries, Statement, SynergeticSettings, Version, create_statements
from shared.synergetic.catalogue import (
    clock_statement,
    column_questions,
    connected_statement,
    snapshot_statement,
    trigger_questions,
)
from shared.synergetic.ddl import preparations
from shared.synergetic.grant_script import Target, batches, grant_script, revoke_script
from shared.synergetic.grants import grants
from shared.synergetic.login import Login
from shared.synergetic.permission_questions import Fact, Facts, databases_of, narrow_questions, wide_question

VERSIONS = ("65", "66", "66R2", "67", "68.24", "69", "70.16.1", "71.58")
PLAIN = SynergeticSettings()
CODES = tuple(f"C{number}" for number in range(200))
# As many values as the settings take, and names that need brackets.
FULL = SynergeticSettings(
    main_database="Synergy-One 1",
    media_database="Synergy.Media $1",
    present_meanings=CODES,
    present_codes=CODES,
    day_codes=CODES,
    file_types=CODES,
    contact_types=CODES,
    relationship_holder="student",
    table_names={"Photos": "tPhotos"},
    column_names={"Community.DeceasedFlag": "", "Photos.Photo": "Picture", "SubjectClassStaff.ClassCampus": ""},
)
BOTH = pytest.mark.parametrize("settings", [PLAIN, FULL], ids=["plain", "full"])
EACH = pytest.mark.parametrize("version", VERSIONS)

# What SQL Server has of functions, as far as they are used.
FUNCTIONS = frozenset(
    {"CAST", "COALESCE", "COUNT", "DATALENGTH", "DB_NAME", "GETDATE", "GETUTCDATE", "HAS_DBACCESS", "HAS_PERMS_BY_NAME"}
    | {"IS_MEMBER", "IS_SRVROLEMEMBER", "LTRIM", "MAX", "MIN", "NULLIF", "QUOTENAME", "ROW_NUMBER", "RTRIM", "SUBSTRING"}
    | {"UPPER"}
)
BEFORE_BRACKETS = frozenset(["AND", "AS", "DISTINCT", "EXISTS", "FROM", "IN", "JOIN", "NOT", "OR", "OVER", "SELECT", "WHERE"])
OTHERS = {
    r"\bLIMIT\b|\bOFFSET\b|\bFETCH\b": "another way to say TOP",
    r"\|\|": "another way to join texts",
    r"==": "another way to compare",
    r"\b(TRUE|FALSE)\b": "SQL Server has no such values",
    r"\b(ILIKE|GLOB|REGEXP|RETURNING|AUTOINCREMENT|PRAGMA|NOCASE|CONFLICT|IFNULL|NULLS|ROWID|USING)\b": "another product's",
    r"\bMERGE\b": "not every T-SQL server has it, and it races",
    r"\b(NOLOCK|READUNCOMMITTED)\b|\bREAD UNCOMMITTED\b": "a dirty read can lose a row",
    r"\bALTER DATABASE\b": "the school's own business",
    r"\bOUTPUT\b(?! INTO\b)": "not allowed on a table with triggers",
    r"\bSELECT \*|\. \*": "columns are named",
}


@functools.cache
def parsed(sql: str) -> list[exp.Expression | None]:
    """Parse a text as T-SQL, once for all versions in which it is the same."""
    return sqlglot.parse(sql, dialect="tsql")


@functools.cache
def words(sql: str) -> str:
    """Return a text without its comments, literals and bracketed names."""
    kept = (TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.IDENTIFIER)
    return " ".join("x" if one.token_type in kept else one.text.upper() for one in sqlglot.tokenize(sql, read="tsql"))


def faults(sql: str) -> list[str]:
    """Return what in a text is not SQL Server's, or must not be done, and why."""
    plain = words(sql)
    return [f"{found[0]}: {why}" for pattern, why in OTHERS.items() if (found := re.search(pattern, plain))]


def functions(sql: str) -> set[str]:
    """Return the functions that a query calls."""
    return set(re.findall(r"(\w+) \(", re.sub(r"AS \w+ \( \w+ \)", "", words(sql)))) - BEFORE_BRACKETS


def queries(version: Version, settings: SynergeticSettings) -> Iterator[Statement]:
    """Give every query: of the school, of the catalogue, of permissions."""
    made = Queries.of(version, settings, TSQL)
    yield from (made.version(), made.current_periods(), made.photo(1), made.year_statuses(Period(year=2026, semester=2)))
    yield made.photo_beginnings(Period(year=2026, semester=2), today=date(2026, 9, 1))
    for name in ROW_SETS:
        yield made.row_set(name, Period(year=2026, semester=2), today=date(2026, 9, 1))
        yield made.count(name, Period(year=2026, semester=2), today=date(2026, 9, 1))
    yield from (question.statement for question in column_questions("two-way", version, settings, TSQL))
    yield from (question.statement for question in trigger_questions(version, settings, TSQL))
    yield from (snapshot_statement(version, settings, TSQL), clock_statement(TSQL), connected_statement(TSQL))
    yield Statement(connection._SNAPSHOT_STATES, ("", ""))
    expected = grants("two-way", version, settings)
    yield wide_question(expected)
    entered = Facts([("database", database, "", "", "", "CONNECT") for database in databases_of(expected)])
    assert Fact("database", databases_of(expected)[0], permission="CONNECT") in entered
    yield from narrow_questions(expected, entered)


def commands(version: Version, settings: SynergeticSettings) -> Iterator[str]:
    """Give everything else: the scripts, the dialect's own words, and what makes a sample school."""
    yield from (TSQL.begin_snapshot, TSQL.begin, TSQL.end, connection._READ_COMMITTED)
    target = Target(version, settings, Login("operoo_relay"), "Synergetic_AUVIC_X_PRD")
    for mode in ("one-way", "two-way"):
        yield from batches(grant_script(target, mode), password="it's")
    yield from batches(revoke_script(target, drop_login=True))
    yield from (one.sql for one in preparations(version, settings, database="Synergetic_AUVIC_X_PRD"))
    yield from create_statements(version, settings, TSQL)


@BOTH
@EACH
def test_every_query_is_sql_servers(version: str, settings: SynergeticSettings) -> None:
    """It parses as one T-SQL query, calls only functions that SQL Server has, and has fewer values than it takes."""
    for statement in queries(Version.parse(version), settings):
        (query,) = parsed(statement.sql)
        assert isinstance(query, exp.Query)
        assert functions(statement.sql) <= FUNCTIONS
        assert faults(statement.sql) == []
        assert len(statement.parameters) == words(statement.sql).count("?") < 2100


@BOTH
@EACH
def test_every_command_is_sql_servers(version: str, settings: SynergeticSettings) -> None:
    """It parses as T-SQL, and holds nothing of another product."""
    for sql in commands(Version.parse(version), settings):
        # sqlglot has no grammar for this one.
        assert sql.startswith("SET TRANSACTION ISOLATION LEVEL ") or all(parsed(sql))
        assert faults(sql) == []


@pytest.mark.parametrize("version", ["67", "68.24"])
def test_the_sample_school_is_written_in_t_sql(version: str) -> None:
    """Few statements with many rows each, no more than SQL Server takes at once, and nothing that has to be bound."""
    book, _ = make_school(students=14, photos=2, version=version, today=date(2026, 9, 1))
    inserts = list(insert_statements(book, Version.parse(version), PLAIN))
    assert len(inserts) < 80
    for insert in inserts:
        assert "?" not in words(insert.sql)
        assert faults(insert.sql) == []
        assert insert.sql.count("\n(") <= 1000
    assert {insert.spot.database for insert in inserts} == ({None} if version == "68.24" else {"SynergyOne", "SynergyOneMedia"})


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a FROM t LIMIT 1",
        "SELECT a || b FROM t",
        "SELECT a FROM t WHERE b = TRUE",
        "SELECT a FROM t WITH (NOLOCK)",
        "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED",
        "SELECT * FROM t",
        "SELECT t.* FROM t",
        "INSERT INTO t (a) OUTPUT inserted.a VALUES (1)",
        "MERGE t USING s ON 1 = 1",
    ],
)
def test_what_is_not_sql_servers_is_found(sql: str) -> None:
    """The search above finds what it is for, and nothing in literals and comments."""
    assert faults(sql)
    assert faults(f"SELECT N'{sql}' AS a, [{sql}] AS b -- {sql}") == []
    assert functions("SELECT LENGTH(a), strftime('%Y', b) FROM t") == {"LENGTH", "STRFTIME"}
