"""The generated scripts on a T-SQL server: what they grant is enough to read, and nothing else; and they take it back."""

from collections.abc import Iterator

import pyodbc
import pytest

from shared.synergetic import accesses
from shared.synergetic.access import Access
from shared.synergetic.statements import column_name
from tests.sqlserver.admin import refused, run
from tests.sqlserver.conftest import on_servers, skip_unless_enforced
from tests.sqlserver.installation import Installation

# The script differs by layout alone.
pytestmark = pytest.mark.parametrize("installed", on_servers("67", "68.24"), indirect=True)


def forbidden(made: Installation, database: str, *statements: str) -> bool:
    """Tell whether the reader's login is refused each of these statements, which mean something: the administrator may."""
    with made.server.administering(database) as admin, made.reader(database) as reader:
        for sql in statements:
            run(admin, sql)
            if not refused(lambda sql=sql: run(reader, sql)):
                return False
    return True


def needed(made: Installation) -> Iterator[tuple[str, str, Access]]:
    """Yield the database, the name in it, and the columns of each table that one-way reads."""
    for access in accesses("one-way", made.version, made.settings):
        yield access.spot.database or made.database, f"{access.spot.schema}.{access.called}", access


@pytest.fixture
def enforced(granted: Installation) -> Installation:
    """Return a granted installation on a server that keeps a login without permissions from reading; skips on others."""
    skip_unless_enforced(granted)
    return granted


def test_the_scripts_may_be_run_again(granted: Installation) -> None:
    """Granting again what is granted, and taking back what has been taken back, is no error."""
    granted.grant("one-way")
    granted.revoke()
    granted.revoke()


def test_the_reader_reads_every_column_it_needs(granted: Installation) -> None:
    """Each table, by the columns of the contract."""
    for database, table, access in needed(granted):
        columns = ", ".join(column.called for column in access.columns)
        with granted.reader(database) as cursor:
            run(cursor, f"SELECT {columns} FROM {table} WHERE 1 = 0")


def test_the_reader_reads_no_other_column(enforced: Installation) -> None:
    """Above all not those of the table that holds a password besides the version."""
    for database, table, access in needed(enforced):
        there = {column_name(access.table, column, enforced.settings, enforced.version) for column in access.table.columns}
        if others := there - {""} - {column.called for column in access.columns}:
            assert forbidden(enforced, database, f"SELECT * FROM {table}", f"SELECT {min(others)} FROM {table}"), table


def test_the_reader_reads_no_other_table(enforced: Installation) -> None:
    """A table that the contract does not read is closed."""
    with enforced.server.administering(enforced.database) as admin:
        run(admin, "CREATE TABLE dbo.uOther (Word varchar(10) NOT NULL)")
        try:
            assert forbidden(enforced, enforced.database, "SELECT Word FROM dbo.uOther")
        finally:
            run(admin, "DROP TABLE dbo.uOther")


def test_the_reader_writes_nothing(enforced: Installation) -> None:
    """Neither rows nor tables, in any table that it reads."""
    for database, table, access in needed(enforced):
        column = next(one.called for one in access.columns if not one.column.identity)
        changes = (
            f"UPDATE {table} SET {column} = {column} WHERE 1 = 0",
            f"DELETE FROM {table} WHERE 1 = 0",
            f"INSERT INTO {table} ({column}) SELECT {column} FROM {table} WHERE 1 = 0",
        )
        assert forbidden(enforced, database, *changes), table
    with enforced.reader() as cursor:
        assert refused(lambda: run(cursor, "CREATE TABLE dbo.uMine (Word varchar(10) NOT NULL)"))


def test_revoking_takes_access_away(enforced: Installation) -> None:
    """After the script the login does not even enter the databases."""
    enforced.revoke()
    for database in enforced.databases:
        with pytest.raises(pyodbc.Error), enforced.reader(database):
            pass
