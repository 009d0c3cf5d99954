"""Values as a T-SQL server gives them, through the driver and the relay's session, where one might think otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

import pyodbc
import pytest

from relay.database.connection import Session
from relay.settings import load_settings
from relay.wiring import database_of
from shared.synergetic import Statement
from tests.sqlserver.admin import run
from tests.sqlserver.conftest import Relay, on_servers
from tests.sqlserver.installation import Installation

moment = datetime.fromisoformat
HERE = pytest.mark.parametrize("installed", on_servers("68.24"), indirect=True)


@contextmanager
def table(made: Installation, columns: str, values: str) -> Iterator[pyodbc.Cursor]:
    """Make a table with a row that the relay's login may read."""
    with made.server.administering(made.database) as cursor:
        run(cursor, f"CREATE TABLE dbo.uValues ({columns})")
        try:
            run(cursor, f"INSERT INTO dbo.uValues VALUES\n({values})")
            run(cursor, f"GRANT SELECT ON dbo.uValues TO {made.login}")
            yield cursor
        finally:
            run(cursor, "DROP TABLE dbo.uValues")


@contextmanager
def session_of(relay: Relay) -> Iterator[Session]:
    """Connect as the relay does."""
    with database_of(load_settings(relay.config)).session() as session:
        yield session


def read(made: Installation, relay: Relay, columns: str, values: str) -> tuple[object, ...]:
    """Return what the relay reads of one row."""
    with table(made, columns, values), session_of(relay) as session:
        (row,) = session.rows(Statement("SELECT * FROM dbo.uValues"), doing="Reading")
    return row


@HERE
def test_a_bit_is_a_truth(granted: Installation, relay: Relay) -> None:
    """And NULL is nothing, not false."""
    assert read(granted, relay, "A bit NULL, B bit NULL, C bit NULL", "1, 0, NULL") == (True, False, None)


@HERE
def test_numbers_are_numbers(granted: Installation, relay: Relay) -> None:
    """Of every width; a tinyint has no sign."""
    columns = "A tinyint NULL, B smallint NULL, C int NULL, D int NULL"
    assert read(granted, relay, columns, "255, -32768, -2147483648, NULL") == (255, -32768, -2147483648, None)


@HERE
def test_an_empty_text_is_not_nothing(granted: Installation, relay: Relay) -> None:
    """Nor does a varchar lose the blanks at its end; a char has them all."""
    columns = "A varchar(5) NULL, B varchar(5) NULL, C varchar(5) NULL, D char(5) NULL"
    assert read(granted, relay, columns, "'', NULL, 'ab  ', 'ab'") == ("", None, "ab  ", "ab   ")


@HERE
def test_letters_of_every_language_arrive(granted: Installation, relay: Relay) -> None:
    """In varchar those of its code page, in nvarchar also those beyond the first 65,536."""
    columns = "A varchar(20) NULL, B nvarchar(20) NULL, C nvarchar(20) NULL"
    found = read(granted, relay, columns, "N'Zoë Müller', N'Mārama Нгуен', N'😀 O''Brien'")
    assert found == ("Zoë Müller", "Mārama Нгуен", "😀 O'Brien")


@HERE
def test_long_text_arrives_whole(granted: Installation, relay: Relay) -> None:
    """Notes of more than 8 kB, in a type of any length, and in the old one."""
    note = "Ä" * 9000
    columns = "A varchar(max) NULL, B nvarchar(max) NULL, C text NULL"
    assert read(granted, relay, columns, f"N'{note}', N'{note}', N'{note}'") == (note, note, note)


@HERE
def test_times_arrive_as_exactly_as_they_are_kept(granted: Installation, relay: Relay) -> None:
    """A datetime counts in three hundredths of a second, a smalldatetime in minutes; dates before 1900 are dates too."""
    columns = "A datetime NULL, B smalldatetime NULL, C datetime NULL, D datetime NULL"
    found = read(granted, relay, columns, "'2026-03-01T23:59:59.997', '2026-03-01T08:30:00', '1753-01-01T00:00:00', NULL")
    assert found == (
        moment("2026-03-01T23:59:59.997"),
        moment("2026-03-01T08:30"),
        moment("1753-01-01"),
        None,
    )


@HERE
@pytest.mark.parametrize("kind", ["varbinary(max)", "image"])
def test_bytes_arrive_whole(granted: Installation, relay: Relay, kind: str) -> None:
    """A photo of a megabyte, one of no bytes, and none; and the server counts its bytes."""
    photo = bytes(range(256)) * 4096
    with (
        table(granted, f"A {kind} NULL, B {kind} NULL, C {kind} NULL", f"0x{photo.hex()}, 0x, NULL"),
        session_of(relay) as session,
    ):
        sql = "SELECT A, B, C, DATALENGTH(A) AS SizeA, DATALENGTH(B) AS SizeB, DATALENGTH(C) AS SizeC FROM dbo.uValues"
        ((whole, empty, none, *sizes),) = session.rows(Statement(sql), doing="Reading")
    assert bytes(whole) == photo
    assert (bytes(empty), none) == (b"", None)
    assert sizes == [len(photo), 0, None]


@HERE
def test_codes_compare_without_regard_to_case_and_blanks_at_the_end(granted: Installation, relay: Relay) -> None:
    """So the statements may rely on it, as they do on Synergetic's own collation."""
    with table(granted, "A varchar(5) NULL", "'Ab  '"), session_of(relay) as session:
        for code in ("aB", "AB ", "ab   "):
            assert (
                session.number(Statement("SELECT COUNT(*) AS Found FROM dbo.uValues WHERE A = ?", (code,)), doing="Reading")
                == 1
            )


@HERE
def test_values_are_bound_by_their_type(granted: Installation, relay: Relay) -> None:
    """A number, a text with a quote in it, and a day that is given as text."""
    columns = "A int NULL, B varchar(20) NULL, C datetime NULL"
    sql = (
        "SELECT COUNT(*) AS Found FROM dbo.uValues WHERE A = ? AND B IN (?, ?) AND C < CAST(? AS date) AND C >= CAST(? AS date)"
    )
    with table(granted, columns, "7, 'O''Brien', '2026-03-01T23:30:00'"), session_of(relay) as session:
        values = (7, "x", "O'Brien", "2026-03-02", "2026-03-01")
        assert session.number(Statement(sql, values), doing="Reading") == 1


@pytest.mark.parametrize("installed", on_servers("68.24", double=()), indirect=True)
def test_a_snapshot_does_not_move(granted: Installation, relay: Relay) -> None:
    """Where the server offers one: what others commit meanwhile is seen only after the transaction."""
    with granted.server.administering() as master, suppress(pyodbc.Error):  # some servers always offer one
        run(master, f"ALTER DATABASE {granted.database} SET ALLOW_SNAPSHOT_ISOLATION ON")
    with table(granted, "A int NULL", "1") as admin, session_of(relay) as session:
        if not session.consistent:
            pytest.skip("this server offers no snapshot isolation")
        count = Statement("SELECT COUNT(*) AS Found FROM dbo.uValues")
        before = session.number(count, doing="Reading")
        run(admin, "INSERT INTO dbo.uValues VALUES\n(2)")
        during = session.number(count, doing="Reading")
        session.refresh()
        assert (before, during, session.number(count, doing="Reading")) == (1, 1, 2)
