"""The grant scripts: what each grants, that it can be run again, and that the other script undoes it."""

import re
from collections import Counter
from copy import deepcopy

import pytest
import sqlglot
from sqlglot import exp

from shared.errors import ContractError, SettingsError
from shared.synergetic import TABLES, Mode, SynergeticSettings, Table, Version, accesses
from shared.synergetic.grant_script import Target, batches, grant_script, revoke_script
from shared.synergetic.grants import grants
from shared.synergetic.login import READER, WRITER, Login
from tests.unit.paper_school import LOGIN, SETTINGS, paper_school, target, ward

__all__ = ["ward"]
VERSIONS = ("65", "66R2", "67", "68.24", "71.58")
MODES: tuple[Mode, ...] = ("one-way", "two-way")
# What sqlglot takes as it stands; it has no grammar for these.
_UNPARSED = re.compile(r"(CREATE|ALTER|DROP) (LOGIN|USER|ROLE) ")


def granted(script: str) -> Counter[tuple[str, ...]]:
    """Count what the statements of a script grant or revoke: database, table, permission, column."""
    found: Counter[tuple[str, ...]] = Counter()
    database = ""
    for batch in batches(script):
        if used := re.search(r"^USE \[(.*)\];$", batch, re.MULTILINE):
            database = used[1]
        text = re.sub(r"^\s*--.*$", "", batch, flags=re.MULTILINE)
        for one in re.findall(r"(?:GRANT|REVOKE) [^;]*;", text):
            (parsed,) = sqlglot.parse(one, dialect="tsql")
            assert isinstance(parsed, exp.Grant | exp.Revoke), one
            table = parsed.args["securable"]
            # sqlglot takes a table with columns for a function with arguments.
            columns = [column.name for column in table.this.args.get("expressions", [])] or [""]
            name = table.this.this.name if isinstance(table.this, exp.Func) else table.name
            (privilege,) = parsed.args["privileges"]
            found.update((database, table.db, name, privilege.name, column) for column in columns)
    return found


def wanted(mode: Mode, version: str) -> Counter[tuple[str, ...]]:
    """Count what the contract says that a mode needs, made without the code that is tested."""
    found: set[tuple[str, ...]] = set()
    for access in accesses(mode, Version.parse(version), SETTINGS):
        place = (access.spot.database or "School", access.spot.schema, access.called)
        found |= {(*place, "SELECT", column.called) for column in access.columns}
        found |= {(*place, "UPDATE", column.called) for column in access.updated}
        found |= {(*place, permission, "") for permission in ("INSERT",) * access.inserts + ("DELETE",) * access.deletes}
    return Counter(found)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_script_grants_exactly_what_the_contract_needs(ward: Table, version: str, mode: Mode) -> None:
    """Every column is granted once, in its own database and schema, and nothing besides."""
    assert granted(grant_script(target(version), mode)) == wanted(mode, version)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", VERSIONS)
def test_every_batch_is_t_sql(ward: Table, version: str, mode: Mode) -> None:
    """Each batch parses; what sqlglot passes over as it stands is about logins, users and roles."""
    for script in (grant_script(target(version), mode), revoke_script(target(version), drop_login=True)):
        for batch in batches(script):
            for statement in sqlglot.parse(batch, dialect="tsql"):
                commands = [one.sql(dialect="tsql") for one in statement.find_all(exp.Command)] if statement else []
                assert all(_UNPARSED.match(one) for one in commands), commands


def test_one_way_writes_nothing_and_reads_no_medical_table(ward: Table) -> None:
    """The script for one-way has no word of writing, and does not name what two-way needs."""
    found = granted(grant_script(target(), "one-way"))
    assert {permission for _, _, _, permission, _ in found} == {"SELECT"}
    assert ward.name not in {table for _, _, table, _, _ in found}


def test_the_table_with_the_password_is_never_granted_whole() -> None:
    """Of SynDatabases two columns are granted, by name."""
    for mode in MODES:
        found = granted(grant_script(target(), mode))
        columns = {column for _, _, table, _, column in found if table == "SynDatabases"}
        assert columns == {"Code", "VersionNumber"}


def test_roles_mean_the_same_in_either_mode(ward: Table) -> None:
    """The reader's permissions are those of one-way, the writer's are what two-way adds."""
    one_way, two_way = (grants(mode, Version.parse("67"), SETTINGS) for mode in MODES)
    assert {grant.role for grant in one_way} == {READER}
    assert two_way[: len(one_way)] == one_way
    assert {grant.role for grant in two_way[len(one_way) :]} == {WRITER}


def test_each_table_is_explained(ward: Table) -> None:
    """Before its first grant stands what a table is for."""
    script = grant_script(target(), "two-way")
    assert f"\n-- {ward.name}: {ward.purpose}\nGRANT SELECT ON [dbo].[Ward]" in script
    assert script.count("INSERT and DELETE for whole tables only") == sum(
        access.inserts or access.deletes for access in accesses("two-way", Version.parse("67"), SETTINGS)
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_script_may_be_run_again(ward: Table, version: str, mode: Mode) -> None:
    """The second run changes nothing and complains of nothing; the login may do what it needs."""
    server = paper_school(version)
    script = grant_script(target(version), mode)
    assert server.run(script) == []
    first = deepcopy(server.databases)
    assert server.run(script) == []
    assert server.databases == first
    may = {
        (place, schema, table, permission, column)
        for place in server.databases
        for permission, schema, table, column in server.may(LOGIN, place)
    }
    assert may == set(wanted(mode, version))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_one_way_script_takes_away_what_two_way_gave(ward: Table, version: str) -> None:
    """After both the login may do what one-way needs, and no more."""
    server = paper_school(version)
    server.run(grant_script(target(version), "two-way"))
    assert server.run(grant_script(target(version), "one-way")) == []
    for place in server.databases:
        assert {permission for permission, *_ in server.may(LOGIN, place)} <= {"SELECT"}
        assert ward.name not in {table for _, _, table, _ in server.may(LOGIN, place)}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", VERSIONS)
def test_revoking_leaves_nothing(ward: Table, version: str, mode: Mode) -> None:
    """After the second script the server is as it was; it may be run again, too, and where nothing was granted."""
    server = paper_school(version)
    revoke = revoke_script(target(version), drop_login=True)
    assert server.run(revoke) == []
    server.run(grant_script(target(version), mode))
    assert server.run(revoke) == []
    assert server.is_bare()
    assert server.run(revoke) == []


def test_revoking_names_what_granting_named(ward: Table) -> None:
    """Each permission that is granted is revoked by name."""
    assert granted(revoke_script(target())) == granted(grant_script(target(), "two-way"))


def test_the_login_stays_unless_it_is_to_go() -> None:
    """It may serve other ends."""
    server = paper_school("67")
    server.run(grant_script(target(), "one-way"))
    server.run(revoke_script(target()))
    assert server.logins == {LOGIN}


def test_revoking_one_login_leaves_the_other() -> None:
    """A role with another member stays, with all its permissions."""
    server = paper_school("67")
    for name in (LOGIN, "another"):
        server.run(grant_script(target(login=name), "one-way"))
    before = server.may("another", "SynergyOne")
    assert server.run(revoke_script(target())) == []
    assert server.may("another", "SynergyOne") == before
    assert server.may(LOGIN, "SynergyOne") == set()


@pytest.mark.parametrize("password", ["", None])
def test_nothing_happens_without_a_password(password: str | None) -> None:
    """An empty password, or none put in place of the variable, ends in a plain complaint in each batch."""
    server = paper_school("67")
    said = server.run(grant_script(target(), "one-way"), password)
    assert said[0].startswith("No password was given")
    assert "does not exist yet" in said[1]
    assert server.is_bare()


def test_nothing_happens_in_a_wrong_database() -> None:
    """Where Synergetic's database is not there, the script does not go on in the one it happens to be in."""
    server = paper_school("67")
    del server.databases["SynergyOne"]
    server.run(grant_script(target(), "one-way"))
    assert not server.databases["master"].roles
    assert server.databases["SynergyOneMedia"].roles


def test_a_restored_databases_user_is_given_back_to_its_login() -> None:
    """In a copy from another server the user exists and belongs to nobody here."""
    server = paper_school("68.24")
    server.databases["School"].users[LOGIN] = "of another server"
    assert server.run(grant_script(target("68.24"), "one-way")) == []
    assert server.databases["School"].users == {LOGIN: LOGIN}


def test_a_contained_user_needs_no_login() -> None:
    """Its password is asked for where it is made."""
    server = paper_school("68.24")
    script = grant_script(Target(Version.parse("68.24"), SETTINGS, Login(LOGIN, "contained"), "School"), "one-way")
    assert server.run(script, None) == ["No password was given in place of OperooPassword. Nothing was done."]
    assert server.run(script) == []
    assert (server.logins, server.databases["School"].users) == (set(), {LOGIN: LOGIN})


def test_a_windows_account_has_no_password_here() -> None:
    """Its login comes from Windows, and nothing is asked for."""
    script = grant_script(Target(Version.parse("67"), SETTINGS, Login(r"SCHOOL\svc-operoo$", "windows")), "one-way")
    assert r"CREATE LOGIN [SCHOOL\svc-operoo$] FROM WINDOWS;" in script
    assert "OperooPassword" not in script


def test_without_a_name_the_script_runs_where_it_is_started() -> None:
    """From version 68 on the database may be chosen by whoever runs it."""
    script = grant_script(Target(Version.parse("68.24"), SETTINGS, Login(LOGIN)), "one-way")
    assert "USE [" not in script
    assert "-d DATABASE" in script


def test_names_of_the_school_are_used() -> None:
    """Tables and columns are granted by what they are called here; a column that is not there is not granted."""
    settings = SynergeticSettings(
        main_database="Main 67",
        table_names={"Photos": "tPhotos"},
        column_names={"Photos.Photo": "Picture", "Staff.SchoolStaffCode": ""},
    )
    found = granted(grant_script(Target(Version.parse("67"), settings, Login(LOGIN)), "one-way"))
    assert found["SynergyOneMedia", "dbo", "tPhotos", "SELECT", "Picture"] == 1
    assert {column for place, _, table, _, column in found if (place, table) == ("Main 67", "Staff")} == {"ID", "ActiveFlag"}


def test_a_table_without_columns_is_not_granted_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """If nothing of a table is read, nothing of it is granted: no columns would mean all of them."""
    monkeypatch.setitem(TABLES, "Empty", Table("Empty", (), "D", "made up"))
    assert "Empty" not in grant_script(target(), "two-way")


def test_a_stale_copy_is_refused() -> None:
    """The databases that were kept when version 68 came are not written into a script."""
    settings = SynergeticSettings(main_database="zPre68SynergyOne")
    with pytest.raises(ContractError, match="zPre68SynergyOne"):
        grant_script(Target(Version.parse("67"), settings, Login(LOGIN)), "one-way")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("", "sql"),
        (" relay", "sql"),
        ("a\nGO\n", "sql"),
        ("x" * 129, "sql"),
        ("$(SQLCMDUSER)", "sql"),
        ("sa", "sql"),
        ("OPEROO_reader", "sql"),
        ("db_owner", "contained"),
        (r"SCHOOL\relay", "sql"),
        (r"SCHOOL\relay", "contained"),
        ("relay", "windows"),
        (r"SCHOOL\\relay", "windows"),
        (r"SCHOOL\a:b", "windows"),
        (r"BUILTIN\Administrators", "windows"),
        (r"NT AUTHORITY\SYSTEM", "windows"),
    ],
)
def test_names_that_cannot_be_the_login_are_refused(name: str, kind: str) -> None:
    """What is wrong is said, and what to give instead."""
    with pytest.raises(SettingsError) as refused:
        Login(name, kind)
    assert refused.value.code == "login-name-invalid"
    assert "operoo_relay" in refused.value.remedy


def test_the_script_for_one_database_reads_like_this() -> None:
    """The whole batch for the photos, as a database administrator reads it."""
    (purpose,) = {one.purpose for one in grants("one-way", Version.parse("67"), SETTINGS) if one.table == "Photos"}
    before, explained, after = batches(grant_script(target(), "one-way"))[-1].partition("\n-- Photos")
    assert before == _MEDIA
    assert " ".join(purpose.split())[:40] in explained + after
    assert after.endswith(
        "\nGRANT SELECT ON [dbo].[Photos] ([ID], [FileYear], [ModifiedDate], [PhotoType], [Photo]) TO [operoo_reader];"
    )


_MEDIA = """\
IF OBJECT_ID(N'[dbo].[Photos]') IS NULL OR DB_NAME() LIKE N'zPre68%'
BEGIN
    RAISERROR(N'Not Synergetic''s live database, or its table Photos is called otherwise. Nothing was done here.', 16, 1);
    RETURN;
END;
IF NOT EXISTS (SELECT 1 FROM sys.server_principals WHERE name = N'operoo_relay')
BEGIN
    RAISERROR(N'The login does not exist yet. Nothing was done here.', 16, 1);
    RETURN;
END;

-- The user. In a database that was restored from another server it exists, and belongs to no login here.
IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'operoo_relay')
    CREATE USER [operoo_relay] FOR LOGIN [operoo_relay];
ELSE IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'operoo_relay'
                     AND sid = SUSER_SID(N'operoo_relay'))
    EXEC (N'ALTER USER [operoo_relay] WITH LOGIN = [operoo_relay]');

IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'operoo_reader')
    CREATE ROLE [operoo_reader];
IF NOT EXISTS (SELECT 1 FROM sys.database_role_members WHERE role_principal_id = DATABASE_PRINCIPAL_ID(N'operoo_reader')
               AND member_principal_id = DATABASE_PRINCIPAL_ID(N'operoo_relay'))
    EXEC sp_addrolemember @rolename = N'operoo_reader', @membername = N'operoo_relay';
"""
