"""The SELECTs on databases that break every rule a real one keeps: doubled look-ups and statuses, padded codes, loose ends."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.manifests import Period
from shared.owners import owner_key
from shared.synergetic import ROW_SETS, SQLITE, TABLES, Column, Queries, SynergeticSettings, Table, Version, create_statements
from shared.synergetic.medical_codes import CODE_TABLES

YEAR, SEMESTER = 2026, 2
PERIOD = Period(year=YEAR, semester=SEMESTER)
TODAY = date(YEAR, 9, 1)
VERSION = Version.parse("68")
# Whose key is trusted: the product numbers these rows itself. All other keys are taken away.
TRUSTED = {"Community", "Addresses"}
VALUES = {
    "varchar": st.sampled_from(["", "A", "A ", "a", " A", "B", "NOR"]),
    "int": st.integers(0, 3),
    "smallint": st.sampled_from([0, 7, YEAR]),
    "tinyint": st.sampled_from([1, SEMESTER]),
    "bit": st.sampled_from([0, 1, None]),
    "datetime": st.sampled_from([None, "2026-01-01 00:00:00", "1899-12-30 00:00:00"]),
    "varbinary": st.sampled_from([None, b"", b"x", b"yy"]),
}
# Without these hardly any row of the others would be current.
USUAL: dict[tuple[str, str], st.SearchStrategy[object]] = {
    ("StudentYears", "FileYear"): st.just(YEAR),
    ("StudentYears", "Status"): st.sampled_from(["NOR", "NOR ", "LEF", ""]),
    ("luStudentStatus", "Code"): st.sampled_from(["NOR", "NOR ", "LEF"]),
    ("luStudentStatus", "SynergyMeaning"): st.sampled_from(["NORMAL", "LEFT", "LOA"]),
    ("StudentContacts", "ContactType"): st.sampled_from(["SC1", "SC1 ", "SC2", "SE1"]),
    ("Relationships", "Relationship"): st.sampled_from(["MR", "FR", ""]),
    **{
        (table, column): values
        for table in ("SubjectClasses", "StudentClasses", "SubjectClassStaff")
        for column, values in {
            "FileType": st.sampled_from(["A", "A "]),
            "FileYear": st.just(YEAR),
            "FileSemester": st.just(SEMESTER),
            "ClassCampus": st.sampled_from(["S", "S "]),
            "ClassCode": st.sampled_from(["7MAT", "7MAT ", "7mat", " 7MAT", ""]),
        }.items()
    },
    **dict.fromkeys([("Community", "DeceasedFlag"), ("StudentContacts", "PrimaryOnlyFlag")], st.sampled_from([0, 0, None, 1])),
}


def _columns(name: str) -> list[Column]:
    """Return the columns that a school has whose settings name no others."""
    return [column for column in TABLES[name].columns if column.named]


def _value(table: Table, column: Column) -> st.SearchStrategy[object]:
    return USUAL.get((table.name, column.name), VALUES[column.type.name])


def _rows(table: Table) -> st.SearchStrategy[list[tuple[object, ...]]]:
    columns = [st.none() if column.identity else _value(table, column) for column in _columns(table.name)]
    unique = (lambda row: row[0]) if table.name in TRUSTED else None
    return st.lists(st.tuples(*columns), max_size=6, unique_by=unique)


READ = {name: table for name, table in TABLES.items() if table.mode == "one-way" or name in CODE_TABLES.values()}
SCHOOLS = st.fixed_dictionaries({name: _rows(table) for name, table in READ.items()})


def _loose(statement: str) -> str:
    """Take away a table's key and what forbids NULL, unless it is trusted."""
    if any(statement.startswith(f"CREATE TABLE {name} ") for name in TRUSTED):
        return statement.replace("NOT NULL", "NULL")
    return re.sub(r",\s*PRIMARY KEY \([^)]*\)", "", statement).replace("NOT NULL", "NULL")


STATEMENTS = [
    _loose(statement)
    for statement in create_statements(VERSION, SynergeticSettings(), SQLITE)
    if any(re.search(rf"(TABLE|ON) {name} ", statement) for name in READ)
]


def _open(school: dict[str, list[tuple[object, ...]]]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    for statement in STATEMENTS:
        connection.execute(statement)
    for name, rows in school.items():
        marks = ", ".join("?" * len(_columns(name)))
        connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
    return connection


def _read(connection: sqlite3.Connection) -> Iterator[tuple[str, list[Any], int]]:
    queries = Queries.of(VERSION, SynergeticSettings(), SQLITE)
    for name in ROW_SETS:
        statement, count = queries.row_set(name, PERIOD, today=TODAY), queries.count(name, PERIOD, today=TODAY)
        ((counted,),) = connection.execute(count.sql, count.parameters)
        yield name, connection.execute(statement.sql, statement.parameters).fetchall(), counted


@settings(deadline=None)
@given(SCHOOLS)
def test_no_row_is_doubled_and_every_row_has_its_owner(school: dict[str, list[tuple[object, ...]]]) -> None:
    """Keys are unique, counts agree, and members, teachers, contacts and photos belong to someone who is read."""
    with closing(_open(school)) as connection:
        found = {}
        for name, rows, counted in _read(connection):
            row_set = ROW_SETS[name]
            keys = [tuple(row[row_set.columns.index(column)] for column in row_set.key) for row in rows]
            assert len(set(keys)) == len(keys) == counted, name
            found[name] = [owner_key(*(row[place] for place in row_set.owner_positions)) for row in rows]
    assert len(set(found["groups"])) == len(found["groups"])
    assert {*found["memberships"], *found["teachers"]} <= set(found["groups"])
    assert set(found["contacts"]) <= set(found["students"])
    assert set(found["photos"]) <= {*found["students"], *found["staff"]}


@settings(deadline=None)
@given(SCHOOLS)
def test_current_students_are_found_whatever_blanks_follow_their_status(school: dict[str, list[tuple[object, ...]]]) -> None:
    """The students read are exactly those whose last row this year has a present status, in Community and not deceased."""
    lookup = [column.name for column in _columns("luStudentStatus")]
    status, meaning = lookup.index("Code"), lookup.index("SynergyMeaning")
    present = {str(row[status]).rstrip() for row in school["luStudentStatus"] if row[meaning] in {"NORMAL", "LOA"}}
    years = [column.name for column in _columns("StudentYears")]
    people = [column.name for column in _columns("Community")]
    alive = {row[people.index("ID")] for row in school["Community"] if not row[people.index("DeceasedFlag")]}
    last = {row[years.index("ID")]: str(row[years.index("Status")]).rstrip() for row in school["StudentYears"]}
    expected = {person for person, code in last.items() if code in present and person in alive}
    with closing(_open(school)) as connection:
        rows = next(rows for name, rows, _ in _read(connection) if name == "students")
    assert {row[0] for row in rows} == expected


def _row(table: str, **values: object) -> tuple[object, ...]:
    nothing = {"varchar": "", "datetime": None, "varbinary": None}
    columns = _columns(table)
    return tuple(values.get(one.name, None if one.identity else nothing.get(one.type.name, 0)) for one in columns)


_TERM = {"FileYear": YEAR, "FileSemester": SEMESTER}
CAMPUSES, CODES, PEOPLE = ("", "J", "S"), ("7A", "X:Y", "q"), range(1, 25)
MEMBERS = st.builds(
    lambda person, kind, campus, code: _row(
        "StudentClasses", ID=person, FileType=kind, ClassCampus=campus, ClassCode=code, **_TERM
    ),
    st.sampled_from(PEOPLE),
    st.sampled_from(["A", "A "]),
    st.sampled_from(CAMPUSES),
    st.sampled_from([f"{code}{blanks}" for code in CODES for blanks in ("", "  ")]),
)


@settings(deadline=None, max_examples=25)
@given(st.lists(MEMBERS, min_size=20, max_size=40))
def test_a_class_has_the_members_of_each_spelling(members: list[tuple[object, ...]]) -> None:
    """Whatever indexes there are, and whichever the database makes by itself: SQLite's are blind to a column's collation."""
    school: dict[str, list[tuple[object, ...]]] = {
        "Community": [_row("Community", ID=person) for person in PEOPLE],
        "StudentYears": [_row("StudentYears", ID=person, FileYear=YEAR, Status="NOR") for person in PEOPLE],
        "luStudentStatus": [_row("luStudentStatus", Code="NOR", SynergyMeaning="NORMAL")],
        "SubjectClasses": [
            _row("SubjectClasses", FileType="A", ClassCampus=campus, ClassCode=code, **_TERM)
            for campus in CAMPUSES
            for code in CODES
        ],
        "StudentClasses": members,
    }
    names = [column.name for column in _columns("StudentClasses")]
    person, campus, code = (names.index(name) for name in ("ID", "ClassCampus", "ClassCode"))
    expected = {(str(row[campus]), str(row[code]).strip().upper(), row[person]) for row in members}
    with closing(_open(school)) as connection:
        rows = next(rows for name, rows, _ in _read(connection) if name == "memberships")
    assert {(row[3], row[4], row[5]) for row in rows if row[0] == "class"} == expected
