"""Writing through a real driver to a double of SQL Server: one batch, values apart, and the answer past a trigger's counts."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import SecretStr

from relay.database.settings import DatabaseSettings
from relay.writeback.database import WriteDatabase
from shared.errors import RejectedRecordError
from shared.synergetic import TSQL, SynergeticSettings, Version
from shared.synergetic.procedures import procedure_calls
from shared.synergetic.write_statements import Change, ModifiedBy, WriteStatements
from shared.synergetic.writing import write_tables
from tests.tds.answers import Count, Login, Rows, SqlError
from tests.tds.drivers import EACH_DRIVER
from tests.tds.kinds import kind_of
from tests.tds.server import Double, serving
from tests.unit.contract_schools import as_declared, products


class Ledger:
    """An engine that keeps what it is told, numbers every new row 41, and has a trigger that counts aloud."""

    def __init__(self) -> None:
        self.values: list[object] = []

    def knows(self, _user: str, _password: str) -> bool:
        """Know everybody."""
        return True

    def opens(self, _database: str, _user: str) -> bool:
        """Open everything."""
        return True

    def run(self, _login: Login, sql: str, parameters: Mapping[str, object]) -> Iterator[Rows | Count]:
        """Answer."""
        if "DELETE" in sql:
            raise SqlError(547, "The DELETE statement conflicted with a constraint.")
        if sql.startswith(("INSERT", "UPDATE", "DECLARE")):
            self.values += parameters.values()
            yield Count(3)
            yield Count(1)
            name, number = ("Numbered", 41) if " AS Numbered" in sql else ("Changed", 1)
            yield Rows([(name, kind_of("int", None))], [(number,)])


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """Return the engine."""
    return Ledger()


@pytest.fixture(scope="module")
def server(ledger: Ledger) -> Iterator[Double]:
    """Run the server."""
    with serving(ledger) as double:
        yield double


def changes(**settings: Any) -> tuple[Change, Change, Change]:
    """Return an insert, an update and a delete."""
    version, contract = Version.parse("68"), SynergeticSettings(**settings)
    tables, found = write_tables(version, contract), as_declared("68", contract)
    calls, _ = procedure_calls(version, contract, found, products(contract, found, "68").values())
    statements = WriteStatements(version, contract, TSQL, tables, modified_by=ModifiedBy(number=7), calls=calls)
    table, where = tables["MedicalCondition"], {"MedicalConditionSeq": 41}
    values = {"ID": 1000, "MedicalConditionCode": "ALL", "ActiveFlag": True, "ConditionDetails": "Zoë 🥜"}
    return (
        statements.insert(table, values | {"NotifiedStartDate": "2026-02-01", "ConditionEndDate": None}),
        statements.update(table, where, {"SeverityCode": "H"}, student=1000),
        statements.delete(table, where, student=1000),
    )


@pytest.fixture(params=EACH_DRIVER)
def database(server: Double, request: pytest.FixtureRequest) -> WriteDatabase:
    """Return the relay's way to it."""
    settings = DatabaseSettings(
        mode="two-way", driver=request.param, server="localhost", port=server.port, database="S", user="w", encrypt=False
    )
    return WriteDatabase(settings, lambda: SecretStr("x"))


def test_a_driver_takes_what_is_written(database: WriteDatabase, server: Double, ledger: Ledger) -> None:
    """A new row's number and the count of changed ones come back, texts arrive whole, and what is refused is known as that."""
    ledger.values.clear()
    server.statements.clear()
    insert, update, delete = changes()
    with database.writing() as session:
        with session.transaction():
            assert session.change(insert, doing="Inserting") == 41
            assert session.change(update, doing="Updating") == 1
            session.commit()
        with session.transaction(), pytest.raises(RejectedRecordError) as caught:
            session.change(delete, doing="Deleting")
    assert "constraint" not in str(caught.value).partition("Look for")[0]
    assert ledger.values == [1000, "ALL", 1, "Zoë 🥜", "2026-02-01", 7, "H", 7, 41, 1000]
    said = [str(one) for one in server.statements]
    assert any("SERIALIZABLE" in one for one in said)
    assert [one for one in said if "COMMIT" in one] == ["COMMIT TRANSACTION"]


def test_a_driver_takes_what_calls_a_procedure(database: WriteDatabase, ledger: Ledger) -> None:
    """A batch of variables with values apart is one to the driver too, and its answer is the last row."""
    ledger.values.clear()
    insert, update, delete = changes(write_by_procedure=("MedicalCondition",))
    with database.writing() as session, session.transaction():
        assert session.change(insert, doing="Inserting") == 41
        assert session.change(update, doing="Updating") == 1
        assert session.change(delete, doing="Deleting") == 1
    assert ledger.values[:4] == [1000, "ALL", 1, "Zoë 🥜"]
    assert ledger.values[-8:] == [41, 1000, "H", 7, 41, 1000, 41, 1000]
