"""When a query fails, the table or column of the contract that it fails for is named, and nothing else is."""

import pyodbc
import pytest

from relay.database.causes import COLUMN_MISSING, NO_PERMISSION, TABLE_MISSING, UNCLEAR, UNNUMBERED
from relay.database.diagnosis import Needed, explained
from relay.database.errors import translated
from shared.errors import ContractError, IntegrationError, SettingsError, SynergeticUnavailableError
from shared.synergetic import Statement

NEEDED = (Needed("dbo.First", ("A", "B")), Needed("dbo.Second", ("C", "D")))


class Asked:
    """A session that refuses what it is told to."""

    def __init__(self, **refused: str) -> None:
        self.refused = {tuple(place.split("_")): code for place, code in refused.items()}

    def rows(self, statement: Statement, *, doing: str) -> list[tuple[object, ...]]:
        """Answer `SELECT what FROM dbo.Table WHERE 1 = 0`."""
        _, what, _, table, *_ = statement.sql.split()
        if code := self.refused.get((table.removeprefix("dbo."), "TABLE" if what == "1" else what.strip("[]"))):
            raise SettingsError(doing, code=code) if code == NO_PERMISSION else ContractError(doing, code=code)
        return []


def named(session: Asked, code: str = NO_PERMISSION) -> IntegrationError:
    """Fail, and return what is said about it."""
    with pytest.raises(IntegrationError) as caught, explained(session, NEEDED, doing="Reading staff"):
        raise SettingsError("Reading staff failed.", code=code)
    return caught.value


@pytest.mark.parametrize(
    ("refused", "code", "says"),
    [
        ({"Second_TABLE": TABLE_MISSING}, TABLE_MISSING, "the table dbo.Second does not exist"),
        ({"Second_D": COLUMN_MISSING}, COLUMN_MISSING, "the column D of dbo.Second does not exist"),
        ({"First_B": NO_PERMISSION}, NO_PERMISSION, "this login may not read the column B of dbo.First."),
        (
            dict.fromkeys(("Second_TABLE", "Second_C", "Second_D"), NO_PERMISSION),
            NO_PERMISSION,
            "may not read the table dbo.Second.",
        ),
        (dict.fromkeys(("First_TABLE", "Second_C"), NO_PERMISSION), NO_PERMISSION, "may not read the column C of dbo.Second."),
    ],
)
def test_the_first_thing_that_is_wanting_is_named(refused: dict[str, str], code: str, says: str) -> None:
    """A table, or one of its columns; columns that are granted one by one do not look like a table that is not."""
    error = named(Asked(**refused))
    assert error.code == code
    assert says in error.what
    assert "operoo-relay" in error.remedy or code != NO_PERMISSION


def test_what_nothing_explains_stays_as_it_was() -> None:
    """Also what is not worth a look."""
    assert named(Asked()).what == "Reading staff failed."
    assert named(Asked(First_A=NO_PERMISSION), code="database-offline").code == "database-offline"


@pytest.mark.parametrize(
    ("number", "code"),
    [(9001, UNCLEAR), (49918, UNCLEAR), (1, TABLE_MISSING), (20018, TABLE_MISSING), (UNNUMBERED, TABLE_MISSING)],
)
def test_a_server_in_trouble_is_not_a_table_that_is_missing(number: int, code: str) -> None:
    """SQL Server has words of its own for what is lacking; what it calls otherwise is otherwise, whatever is asked next."""
    cause = pyodbc.Error("HY000", f"[HY000] [x] it is in trouble ({number}) (SQLExecDirectW)")
    with (
        pytest.raises(IntegrationError) as caught,
        explained(Asked(First_TABLE=UNCLEAR), NEEDED, doing="Reading staff"),
        translated("Reading staff"),
    ):
        raise cause
    assert caught.value.code == code


def test_a_connection_that_is_gone_explains_nothing() -> None:
    """The first error is told, not that looking failed too."""

    class Gone(Asked):
        def rows(self, statement: Statement, *, doing: str) -> list[tuple[object, ...]]:
            raise SynergeticUnavailableError(doing, code="connection-lost")

    assert named(Gone()).what == "Reading staff failed."
