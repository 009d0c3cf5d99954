"""What a login may do against what it needs: each thing that is missing and each that is too much is found and named."""

from collections.abc import Callable

import pytest
import sqlglot
from sqlglot import exp

from relay.database.permissions import found_permissions
from shared.synergetic import Mode, Table, Version
from shared.synergetic.grant_script import grant_script
from shared.synergetic.grants import Grant, grants
from shared.synergetic.login import READER, WRITER
from shared.synergetic.permission_questions import Fact, Facts, narrow_questions, wide_question
from shared.synergetic.permissions import Difference, compare
from tests.unit.paper_school import LOGIN, SETTINGS, paper_school, target, ward
from tests.unit.paper_server import Server

__all__ = ["ward"]
VERSIONS = ("67", "68.24")
MODES: tuple[Mode, ...] = ("one-way", "two-way")
HOME = {"67": "SynergyOne", "68.24": "School"}


class Session:
    """A session whose rows come from the paper server."""

    def __init__(self, rows: Callable[..., list[tuple[str, ...]]]) -> None:
        self.rows = rows


def difference(server: Server, version: str, mode: Mode) -> Difference:
    """Ask the paper server as the relay asks a real one, and compare."""
    expected = grants(mode, Version.parse(version), SETTINGS)
    session = Session(server.rows_for(LOGIN, HOME[version]))
    return compare(expected, found_permissions(session, expected))  # type: ignore[arg-type]


def granted(version: str, mode: Mode) -> Server:
    """Return a server on which the script for this mode was run."""
    server = paper_school(version)
    assert server.run(grant_script(target(version), mode)) == []
    return server


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", VERSIONS)
def test_after_the_script_there_is_no_difference(ward: Table, version: str, mode: Mode) -> None:
    """What the script gives is what is looked for."""
    found = difference(granted(version, mode), version, mode)
    assert (bool(found), found.member) == (False, True), found


@pytest.mark.parametrize("version", VERSIONS)
def test_before_the_script_everything_is_missing(ward: Table, version: str) -> None:
    """A login that may do nothing lacks all of it; that columns do not exist is not said of tables it cannot see."""
    found = difference(paper_school(version), version, "two-way")
    assert found.missing == grants("two-way", Version.parse(version), SETTINGS)
    assert (found.absent, found.excess, found.member) == ((), (), False)


@pytest.mark.parametrize("version", VERSIONS)
def test_each_lacking_column_is_missing_alone(version: str) -> None:
    """Whatever one column is taken away, the line that gives it back names that one."""
    expected = grants("one-way", Version.parse(version), SETTINGS)
    server = granted(version, "one-way")
    for one in expected:
        there = server.databases[one.spot.database or HOME[version]]
        held = (READER, "SELECT", one.spot.schema, one.table, one.columns[-1])
        there.granted.remove(held)
        (missing,) = difference(server, version, "one-way").missing
        assert (missing.table, missing.columns) == (one.table, one.columns[-1:])
        there.granted.add(held)


def test_lacking_permissions_to_write_are_missing(ward: Table) -> None:
    """A login that was granted one-way lacks for two-way what the writer's role would give."""
    found = difference(granted("67", "one-way"), "67", "two-way")
    assert {one.role for one in found.missing} == {WRITER}
    assert {one.permission for one in found.missing if one.table == ward.name} == {"SELECT", "UPDATE", "INSERT", "DELETE"}
    assert not found.member


def test_a_one_way_login_that_can_write_is_told(ward: Table) -> None:
    """Left in the writer's role, a login is in excess of one-way, by role and by permission."""
    found = difference(granted("67", "two-way"), "67", "one-way")
    told = " ".join(one.what for one in found.excess if one.writes)
    assert f"member of {WRITER} in SynergyOne" in told
    for permission in ("INSERT", "DELETE"):
        assert any(permission in one.what and one.writes for one in found.excess)
    assert not found.missing


def test_more_columns_than_needed_are_named() -> None:
    """Of the table with the password that is said with what is at stake."""
    server = granted("67", "one-way")
    there = server.databases["SynergyOne"]
    there.granted |= {(READER, "SELECT", "dbo", "SynDatabases", "Secret"), (READER, "UPDATE", "dbo", "Staff", "ActiveFlag")}
    password, update = sorted(difference(server, "67", "one-way").excess, key=lambda one: one.writes)
    assert "SELECT on more columns of dbo.SynDatabases than it needs: Secret." in password.what
    assert "password" in password.what
    assert "UPDATE on more columns of dbo.Staff than it needs: ActiveFlag." in update.what
    assert update.writes


def test_single_columns_of_other_tables_are_named() -> None:
    """Whoever was given columns one by one, as our own scripts do, may be given some that have nothing to do with the mode."""
    server = granted("67", "one-way")
    there = server.databases["SynergyOne"]
    there.tables["dbo", "Debtors"] = {"ID", "Balance"}
    there.granted |= {(READER, "SELECT", "dbo", "Debtors", "Balance"), (READER, "UPDATE", "dbo", "Debtors", "ID")}
    found = sorted(difference(server, "67", "one-way").excess, key=lambda one: one.writes)
    assert [one.what for one in found] == [
        "It has SELECT on more columns of dbo.Debtors than it needs: Balance.",
        "It has UPDATE on more columns of dbo.Debtors than it needs: ID.",
    ]
    assert [one.writes for one in found] == [False, True]


def test_a_column_that_is_not_there_is_not_a_missing_grant() -> None:
    """If a table can be seen and has no such column, no grant helps."""
    server = granted("67", "one-way")
    there = server.databases["SynergyOne"]
    there.tables["dbo", "Staff"].remove("ActiveFlag")
    there.granted.discard((READER, "SELECT", "dbo", "Staff", "ActiveFlag"))
    found = difference(server, "67", "one-way")
    assert (found.missing, found.absent) == ((), ("dbo.Staff.ActiveFlag",))


def test_a_database_that_cannot_be_entered_is_missing_whole() -> None:
    """A login without a user in the photos' database is asked nothing there, and lacks what it needs there."""
    server = granted("67", "one-way")
    server.databases["SynergyOneMedia"].users.clear()
    found = difference(server, "67", "one-way")
    assert {one.spot.database for one in found.missing} == {"SynergyOneMedia"}


@pytest.mark.parametrize(
    ("wide", "says", "writes"),
    [
        ([("server role", "", "", "sysadmin", "", "")], ["sysadmin"], True),
        ([("server role", "", "", "dbcreator", "", "")], ["dbcreator"], True),
        ([("server", "", "", "", "", "CONTROL SERVER")], ["CONTROL SERVER"], True),
        ([("role", "School", "", "db_owner", "", ""), ("database", "", "", "", "", "CONTROL")], ["db_owner"], True),
        ([("database", "", "", "", "", "CONTROL"), ("database", "", "", "", "", "SELECT")], ["CONTROL of"], True),
        ([("role", "School", "", "db_datareader", "", ""), ("database", "", "", "", "", "SELECT")], ["db_datareader"], False),
        ([("role", "School", "", "db_datawriter", "", "")], ["db_datawriter"], True),
        ([("database", "", "", "", "", "SELECT")], ["SELECT on everything"], False),
        ([("database", "", "", "", "", one) for one in ("INSERT", "EXECUTE")], ["EXECUTE on", "INSERT on"], True),
        ([("object", "", "dbo", "spuSomething", "", "EXECUTE")], ["EXECUTE on what it need not have it on: dbo.spu"], True),
        ([("object", "", "dbo", "Debtors", "", "SELECT")], ["SELECT on what it need not have it on: dbo.Debtors"], False),
        ([("object", "", "dbo", "Staff", "", "ALTER")], ["ALTER on what it need not have it on: dbo.Staff"], True),
        ([("role", "School", "", "db_ddladmin", "", ""), ("object", "", "dbo", "Staff", "", "ALTER")], ["db_ddladmin"], True),
        ([("object", "", "dbo", "Staff", "", "SELECT")], [], False),
        ([("object", "", "dbo", "Staff", "", "DELETE")], ["DELETE on what it need not have it on: dbo.Staff"], True),
    ],
)
def test_each_kind_of_excess_is_named_once(wide: list[tuple[str, ...]], says: list[str], *, writes: bool) -> None:
    """Roles, the server, whole databases, procedures, other tables: the widest is told, and what follows from it is not."""
    server = granted("68.24", "one-way")
    server.wide = wide
    found = difference(server, "68.24", "one-way")
    assert [one.writes for one in found.excess] == [writes] * len(says)
    assert all(word in one.what for word, one in zip(says, found.excess, strict=True))


def test_many_names_are_shortened() -> None:
    """An administrator of everything does not fill the screen."""
    expected = grants("one-way", Version.parse("68"), SETTINGS)
    facts = Facts([("object", "", "dbo", f"T{number}", "", "SELECT") for number in range(2000)])
    (excess,) = compare(expected, facts).excess
    assert excess.what.endswith("dbo.T7 and 1,992 more.")


def test_names_are_compared_without_regard_to_case() -> None:
    """As SQL Server does under the collations that Synergetic asks for."""
    assert Fact("column", "SynergyOne", "DBO", "staff", "id", "SELECT") in Facts(
        [("column", "SYNERGYONE", "dbo", "Staff", "ID", "SELECT")]
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", VERSIONS)
def test_the_questions_are_few_and_are_t_sql(ward: Table, version: str, mode: Mode) -> None:
    """Each parses as one query of six columns, names each place once, and stays within SQL Server's 2,100 values."""
    expected = grants(mode, Version.parse(version), SETTINGS)
    wide = wide_question(expected)
    facts = Facts([("database", one, "", "", "", "CONNECT") for one in {grant.spot.database or "" for grant in expected}])
    narrow = list(narrow_questions(expected, facts))
    assert len(narrow) == (4 if version == "67" else 2)
    for statement in (wide, *narrow):
        (parsed,) = sqlglot.parse(statement.sql, dialect="tsql")
        assert isinstance(parsed, exp.Query)
        assert [one.alias for one in parsed.selects] == [
            "Kind", "DatabaseName", "SchemaName", "ObjectName", "ColumnName", "Permission",
        ]  # fmt: skip
        assert statement.sql.count("?") == len(statement.parameters) < 2100
    asked = [value for statement in narrow for value in statement.parameters]
    assert {grant.table for grant in expected} <= set(asked)


def test_another_database_is_asked_by_its_name() -> None:
    """Up to version 67 the catalogue and the objects are named with their database; from 68 on the connected one is meant."""
    (columns, _, media, _) = narrow_questions(_expected("67"), _entered("67"))
    assert "FROM [SynergyOne].INFORMATION_SCHEMA.COLUMNS AS c" in columns.sql
    assert "HAS_PERMS_BY_NAME(N'[SynergyOneMedia].' + QUOTENAME(c.TABLE_SCHEMA)" in media.sql
    (columns, _) = narrow_questions(_expected("68"), _entered("68"))
    assert "FROM INFORMATION_SCHEMA.COLUMNS AS c" in columns.sql
    assert "HAS_PERMS_BY_NAME(QUOTENAME(c.TABLE_SCHEMA)" in columns.sql


def _expected(version: str) -> tuple[Grant, ...]:
    return grants("one-way", Version.parse(version), SETTINGS)


def _entered(version: str) -> Facts:
    return Facts([("database", one.spot.database or "", "", "", "", "CONNECT") for one in _expected(version)])
