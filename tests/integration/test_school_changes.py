"""The sample school itself: the same for the same seed, and its changes do what they say."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pyodbc
import pytest

from local.school import connection_string, create_school
from local.school.changes import (
    Change,
    change_mobile,
    current_period,
    enrol_student,
    mark_left,
    move_class,
    new_photo,
    remove_students,
    return_students,
)
from local.school.facts import Calendar
from local.school.rollover import next_semester
from shared.errors import ContractError
from shared.manifests import Period
from shared.owners import owner_key
from shared.synergetic import ROW_SETS, SQLITE, Queries, SynergeticSettings, Version
from shared.synergetic.row_sets import RowSet

TODAY = date(2026, 9, 1)
SETTINGS = SynergeticSettings()


@pytest.fixture(params=["pyodbc", "sqlite3"])
def connection(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A connection to a small school of its own, by either library."""
    path = tmp_path / "synergetic.db"
    create_school(path, students=60, photos=10, today=TODAY)
    opened: Any = pyodbc.connect(connection_string(path)) if request.param == "pyodbc" else sqlite3.connect(path)
    with closing(opened):
        yield opened


def read(connection: Any, *, version: str = "68", today: date = TODAY) -> dict[str, set[tuple[object, ...]]]:
    """Read all row sets of the current period."""
    queries = Queries.of(Version.parse(version), SETTINGS, SQLITE)
    found = {}
    for name in ROW_SETS:
        statement = queries.row_set(name, current_period(connection), today=today)
        found[name] = {tuple(row) for row in connection.execute(statement.sql, statement.parameters).fetchall()}
    return found


def owner(row_set: RowSet, row: tuple[object, ...]) -> str:
    """Give the identifier of whom a row is about."""
    return owner_key(*(row[position] for position in row_set.owner_positions))


def touched(before: dict[str, set[tuple[object, ...]]], after: dict[str, set[tuple[object, ...]]]) -> dict[str, set[str]]:
    """Say whose rows differ, per row set."""
    owners = {name: {owner(ROW_SETS[name], row) for row in before[name] ^ after[name]} for name in before}
    return {name: found for name, found in owners.items() if found}


CHANGES: dict[str, tuple[Callable[..., Change], set[str]]] = {
    "enrol": (enrol_student, {"students", "contacts", "memberships"}),
    "leave": (mark_left, {"students", "contacts", "memberships"}),
    "move": (move_class, {"memberships"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_touches_those_it_names(connection: Any, name: str) -> None:
    """After a change exactly the rows of the students and groups that it returns are different."""
    change, expected = CHANGES[name]
    before = read(connection)
    result = change(connection, today=TODAY)
    found = touched(before, read(connection))
    assert set(found) - {"groups", "teachers", "photos"} == expected
    assert found.get("students", set()) | found.get("contacts", set()) <= set(result.students)
    assert found["memberships"] == set(result.groups)


def test_a_new_number_touches_every_child(connection: Any) -> None:
    """A parent's mobile number changes the contact rows of exactly the children returned."""
    before = read(connection)
    result = change_mobile(connection)
    assert touched(before, read(connection)) == {"contacts": set(result.students)}


def test_a_new_number_touches_a_child_whose_code_is_padded(connection: Any) -> None:
    """Blanks behind a code hide nobody, as in the school's own comparisons."""
    children = change_mobile(connection).students
    connection.execute("UPDATE StudentYears SET Status = Status || '  ' WHERE ID = ?", (children[-1],))
    assert change_mobile(connection).students == children


def test_a_new_photo_replaces_the_last(connection: Any) -> None:
    """The person returned has another photo."""
    before = read(connection)
    result = new_photo(connection, today=TODAY)
    assert touched(before, read(connection)) == {"photos": set(result.people)}


def test_many_leave_and_come_back(connection: Any) -> None:
    """A bulk mistake takes many students out of every row set, and undoing it restores all rows."""
    before = read(connection)
    result = remove_students(connection, 20, today=TODAY)
    gone = touched(before, read(connection))
    assert gone["students"] == set(result.students)
    assert len(result.students) == 20
    return_students(connection, [int(student) for student in result.students])
    assert read(connection) == before


def test_semester_and_year_turn(connection: Any) -> None:
    """A new year moves students up a level, lets the last level go and makes new classes; the next semester is its second."""
    connection.execute("UPDATE StudentYears SET Form = '7P' WHERE YearLevel = 7", ())
    before = read(connection)
    turn = next_semester(connection, Calendar(date(2027, 2, 1)))
    assert turn.period == current_period(connection) == Period(year=2027, semester=1)
    after = read(connection, today=date(2027, 2, 1))
    assert turn.moved_up <= len(after["students"]) < len(before["students"])
    assert turn.gone > 0
    assert {row[0] for row in after["groups"]} == {row[0] for row in before["groups"]}
    forms = connection.execute("SELECT DISTINCT Form FROM StudentYears WHERE FileYear = 2027 AND YearLevel = 8", ())
    assert ("8P",) in {tuple(row) for row in forms.fetchall()}
    classes = {row for row in after["groups"] if row[0] == "class"}
    assert classes
    assert {row[2] for row in classes} == {"2027"}
    second = next_semester(connection, Calendar(date(2027, 8, 1)))
    assert second.period == current_period(connection) == Period(year=2027, semester=2)


def test_the_same_seed_makes_the_same_school(tmp_path: Path) -> None:
    """Two schools of one seed, size and day are equal row by row; another seed makes another."""
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        create_school(tmp_path / name, students=40, seed=seed, photos=5, today=TODAY)
    dumps = []
    for name in "abc":
        with closing(sqlite3.connect(tmp_path / name)) as opened:
            dumps.append(list(opened.iterdump()))
    assert dumps[0] == dumps[1]
    assert dumps[0] != dumps[2]


@pytest.mark.parametrize("version", ["65", "66R2", "67", "69", "71"])
def test_every_version_gives_the_same_rows(tmp_path: Path, version: str) -> None:
    """Whatever version the school says it is, its rows are those of 68."""
    found = []
    for number, one in enumerate(("68.24", version)):
        path = tmp_path / str(number)
        create_school(path, students=40, photos=4, version=one, today=TODAY)
        with closing(pyodbc.connect(connection_string(path))) as opened:
            stated = [row[0] for row in opened.execute(Queries.of(Version.parse(one), SETTINGS, SQLITE).version().sql)]
            assert Version.choose(stated) == Version.parse(one)
            found.append(read(opened, version=one))
    assert found[0] == found[1]


def test_a_file_that_exists_is_not_overwritten(tmp_path: Path) -> None:
    """Neither a school nor anything else is lost by making a school."""
    path = tmp_path / "synergetic.db"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        create_school(path, students=10)
    assert path.read_bytes() == b"precious"


def test_a_school_of_an_unknown_version_is_not_made(tmp_path: Path) -> None:
    """A version that the contract does not know is refused before anything is written."""
    with pytest.raises(ContractError):
        create_school(tmp_path / "synergetic.db", version="64")
    assert not list(tmp_path.iterdir())
