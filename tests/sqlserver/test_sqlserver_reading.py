"""The whole relay on a T-SQL server: what it reads there is what it reads from the same school's SQLite file."""

from dataclasses import replace
from typing import get_args

import pytest

from functions.map_rows.mapping import map_bucket
from functions.records.mapped import Mapped
from local.school.book import Book
from shared.manifests import RowSetName
from shared.owners import Kind
from shared.synergetic import ROW_SETS
from tests.sqlserver.conftest import VERSIONS, Relay, Row, Stated, on_servers
from tests.sqlserver.installation import SIZE, Installation

KINDS: tuple[Kind, ...] = get_args(Kind)


def plain(value: object) -> object:
    """Return a value as it counts: the SQLite driver gives a number that is no table's own as text."""
    return str(value) if type(value) is int else value


def differing(name: RowSetName, found: list[Row], expected: list[Row]) -> list[object]:
    """Return the keys of rows that only one side has, and the columns in which rows of one key differ."""
    key = ROW_SETS[name].key
    ours, theirs = ({tuple(str(row[column]) for column in key): row for row in rows} for rows in (found, expected))
    columns = {
        (column, ours[row][column], value)
        for row in ours.keys() & theirs.keys()
        for column, value in theirs[row].items()
        if plain(ours[row][column]) != plain(value)
    }
    return [*sorted(ours.keys() ^ theirs.keys())[:5], *sorted(columns, key=str)[:10]]


def records(rows: dict[RowSetName, list[Row]]) -> dict[Kind, list[Mapped]]:
    """Return the records that the cloud makes of rows."""
    return {kind: map_bucket(kind, rows) for kind in KINDS}


@pytest.mark.usefixtures("granted")
def test_every_version_is_read_as_the_sample_file_is(relay: Relay, sample_file: Relay) -> None:
    """Created, filled and granted by the scripts, then read by the reader's login: the same rows, and types."""
    found, expected = relay.read(), sample_file.read()
    different = {name: differing(name, found[name], rows) for name, rows in expected.items()}
    assert {name: what for name, what in different.items() if what} == {}
    assert {name: len(rows) for name, rows in found.items()} == {name: len(rows) for name, rows in expected.items()}


@pytest.mark.parametrize("installed", on_servers(*VERSIONS, double=("68.24",)), indirect=True)
def test_two_way_reads_the_tables_of_codes(installed: Installation, relay: Relay, sample_file: Relay) -> None:
    """With the two-way script's grants: the same codes as in the sample file."""
    installed.ensure("two-way")
    found, expected = relay.read("two-way")["codes"], sample_file.read("two-way")["codes"]
    assert differing("codes", found, expected) == []
    assert len(found) == len(expected) > 0


@pytest.mark.parametrize("installed", on_servers("67", "68.24"), indirect=True)
@pytest.mark.usefixtures("granted")
def test_a_table_that_a_school_does_not_have_is_read_as_empty(relay: Relay) -> None:
    """An empty name says so, and everything else is read."""
    text = relay.config.read_text()
    relay.config.write_text(text.replace("[exchange]", 'table_names = { Photos = "" }\n[exchange]'))
    found = relay.read()
    assert found["photos"] == []
    assert len(found["students"]) == SIZE


@pytest.mark.parametrize("installed", on_servers(*VERSIONS, double=("67",)), indirect=True)
def test_a_run_states_the_same_records(granted: Installation, relay: Relay, expected: Stated) -> None:
    """The cloud would make the same records of it, and the photos' bytes are the same."""
    found = relay.sync()
    assert found.version == str(granted.version)
    assert records(found.rows) == records(expected.rows)
    assert found.photos == expected.photos


@pytest.mark.parametrize("installed", on_servers("68.24", double=("67", "68.24")), indirect=True)
def test_these_tests_leave_nothing(installed: Installation) -> None:
    """Databases, logins and what is in them are dropped, also of an installation that was only half made."""
    if installed.server.crowded:
        pytest.skip(installed.server.crowded)
    half = Installation.of(replace(installed.server, tag=f"{installed.server.tag}_half"), str(installed.version))
    half.create(Book())
    half.grant("two-way")
    half.drop()
    with installed.server.administering() as cursor:
        names = cursor.execute("SELECT name FROM sys.databases UNION ALL SELECT name FROM sys.server_principals").fetchall()
    assert not [name for (name,) in names if half.server.tag in name.lower()]
    half.drop()
