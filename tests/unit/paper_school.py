"""A Synergetic on the paper server: the tables of the contract, each with a column nobody asked for, and a made-up one."""

import pytest

from shared.synergetic import TABLES, Column, SynergeticSettings, Table, Version, accesses
from shared.synergetic.column_types import INT, varchar
from shared.synergetic.grant_script import Target
from shared.synergetic.login import Login
from tests.unit.paper_server import Server, server_for

LOGIN = "operoo_relay"
SETTINGS = SynergeticSettings()
WARD = Table(
    "Ward",
    (
        Column("WardSeq", INT, key=True, identity=True),
        Column("ID", INT, write=True, insert_only=True),
        Column("Note", varchar(50), write=True),
    ),
    "D",
    "made up",
    mode="two-way",
    purpose="Made up: what a nurse would keep.",
    inserts=True,
    deletes=True,
)


@pytest.fixture
def ward(monkeypatch: pytest.MonkeyPatch) -> Table:
    """Have the contract know one more table, which two-way mode reads and writes."""
    monkeypatch.setitem(TABLES, WARD.name, WARD)
    return WARD


def target(version: str = "67", login: str = LOGIN, database: str | None = None) -> Target:
    """Return what a script is made for; from version 68 on with the one database's name."""
    parsed = Version.parse(version)
    return Target(parsed, SETTINGS, Login(login), database or ("School" if parsed.single_database else None))


def paper_school(version: str) -> Server:
    """Return a server with the databases of this version; every table has a column that nobody asked for."""
    spots: dict[str, list[tuple[str, str, set[str]]]] = {}
    for access in accesses("two-way", Version.parse(version), SETTINGS):
        columns = {column.called for column in access.columns}
        spots.setdefault(access.spot.database or "School", []).append((access.spot.schema, access.called, {*columns, "Secret"}))
    return server_for(spots)
