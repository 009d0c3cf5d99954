"""What goes wrong on a T-SQL server, told in plain words by code: what this driver says of it is not what another one says."""

import pytest

from relay.database.settings import PASSWORD_VARIABLE
from shared.errors import IntegrationError
from tests.sqlserver.conftest import Relay, on_servers
from tests.sqlserver.installation import Installation

pytestmark = pytest.mark.parametrize("installed", on_servers("67", "68.24", double=("67",)), indirect=True)


def failure(relay: Relay) -> IntegrationError:
    """Return how a read fails."""
    with pytest.raises(IntegrationError) as caught:
        relay.read()
    return caught.value


def test_a_wrong_password_is_said_to_be_one(granted: Installation, relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the code; and the message shows neither the password nor the driver's text."""
    monkeypatch.setenv(PASSWORD_VARIABLE, "Wrong-1234-Wrong")
    error = failure(relay)
    assert error.code == "login-refused"
    assert "Wrong-1234" not in str(error)


def test_a_database_that_is_not_there_is_said_to_be_missing(granted: Installation, relay: Relay) -> None:
    """Or, by drivers that pass on only the last of two errors, that the login may not open it."""
    text = relay.config.read_text()
    relay.config.write_text(text.replace(f"Database={granted.database};", f"Database={granted.database}_nowhere;"))
    assert failure(relay).code in {"database-not-found", "no-database-access", "login-refused"}


@pytest.mark.parametrize("table", ["Community", "StudentContacts"])
def test_a_column_that_may_not_be_read_is_named(granted: Installation, relay: Relay, table: str) -> None:
    """Also one that only a query's common part reads."""
    grant = granted.grant_of(table)
    column = grant.columns[-1]
    with granted.without(grant, column):
        error = failure(relay)
    # A server whose errors have other numbers than SQL Server's does not let the two be told apart.
    assert error.code in {"no-permission", "column-missing"}
    assert column in str(error)


def test_a_table_that_is_not_there_is_named(granted: Installation, relay: Relay) -> None:
    """Or not to be seen, which a server does not tell apart."""
    text = relay.config.read_text()
    called = f"{granted.grant_of('luHouse').table}s"
    relay.config.write_text(text.replace("[exchange]", f'table_names = {{ luHouse = "{called}" }}\n[exchange]'))
    error = failure(relay)
    assert error.code in {"table-missing", "no-permission"}
    assert called in str(error)
