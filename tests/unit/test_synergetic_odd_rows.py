"""What the SELECTs make of rows that contradict one another, or hold NULL where others hold nothing."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import Any

import pytest

from shared.manifests import Period, RowSetName
from shared.synergetic import ROW_SETS, SQLITE, Queries, SynergeticSettings, Version, create_statements

PERIOD, TODAY = Period(year=2026, semester=2), date(2026, 9, 1)
VERSION, PLAIN = Version.parse("68"), SynergeticSettings()
CLASS = {"FileType": "A", "FileYear": 2026, "FileSemester": 2, "ClassCode": "7MAT"}
NAMES = [("0", "NORMAL"), ("4", "LEFT"), ("9", "")]


class Paper:
    """A school in memory, whose columns may all be NULL."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def add(self, table: str, **columns: object) -> None:
        """Insert a row."""
        marks = ", ".join("?" * len(columns))
        self.connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", tuple(columns.values()))

    def student(self, number: int, *statuses: str | None, **columns: object) -> None:
        """Insert a person with a row of the year for each status, in that order."""
        self.add("Community", ID=number)
        for status in statuses:
            self.add("StudentYears", **{"ID": number, "FileYear": 2026, "Status": status, **columns})

    def read(self, name: RowSetName, settings: SynergeticSettings = PLAIN) -> list[dict[str, Any]]:
        """Read a row set."""
        statement = Queries.of(VERSION, settings, SQLITE).row_set(name, PERIOD, today=TODAY)
        rows = self.connection.execute(statement.sql, statement.parameters)
        return [dict(zip(ROW_SETS[name].columns, row, strict=True)) for row in rows]


@pytest.fixture
def paper() -> Iterator[Paper]:
    """A school with nothing but statuses."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in create_statements(VERSION, PLAIN, SQLITE):
            connection.execute(statement.replace("NOT NULL", "NULL"))
        school = Paper(connection)
        for code, meaning in NAMES:
            school.add("luStudentStatus", Code=code, SynergyMeaning=meaning)
        yield school


@pytest.mark.parametrize(
    ("statuses", "current"),
    [(("0",), True), (("0", "4"), False), (("4", "0"), True), (("0", "0"), True), (("0", None), False), (("0", "?"), False)],
)
def test_of_several_rows_in_a_year_the_last_says_who_is_current(
    paper: Paper, statuses: tuple[str | None, ...], *, current: bool
) -> None:
    """A leaver whose older row still says "normal" has left; who came back is here, and stands there once."""
    paper.student(1, *statuses)
    assert [row["id"] for row in paper.read("students")] == ([1] if current else [])


def test_everybody_with_a_row_this_year_is_counted_once_with_what_their_status_means(paper: Paper) -> None:
    """Who is not current is not lost without a word: nor is who stands there twice, or is no person that is known."""
    paper.student(1, "0")
    paper.student(2, "0", "4")
    paper.student(3, "9")
    paper.student(4, None)
    paper.student(5, "0")
    paper.connection.execute("UPDATE Community SET DeceasedFlag = 1 WHERE ID = 5")
    paper.add("StudentYears", ID=6, FileYear=2026, Status="0")
    paper.student(7, "0")
    paper.connection.execute("UPDATE StudentYears SET FileYear = 2025 WHERE ID = 7")
    statement = Queries.of(VERSION, PLAIN, SQLITE).year_statuses(PERIOD)
    assert sorted(paper.connection.execute(statement.sql, statement.parameters).fetchall()) == [
        (1, 0, 1, 1, "LEFT"),
        (1, 0, 1, 2, ""),
        (1, 1, 0, 2, "NORMAL"),
        (1, 1, 1, 1, "NORMAL"),
        (2, 1, 1, 1, "NORMAL"),
    ]


@pytest.mark.parametrize("of_class", [None, "", "  "])
@pytest.mark.parametrize("of_people", [None, "", "  "])
def test_no_campus_is_no_campus_however_it_is_written(paper: Paper, of_class: str | None, of_people: str | None) -> None:
    """A class without a campus keeps its members and its teachers; those of a class with one stay with that."""
    paper.student(1, "0")
    paper.add("Community", ID=2)
    paper.add("Staff", ID=2, ActiveFlag=1)
    paper.add("SubjectClasses", ClassCampus=of_class, **CLASS)
    paper.add("SubjectClasses", ClassCampus="S", **CLASS)
    paper.add("StudentClasses", ID=1, ClassCampus=of_people, **CLASS)
    paper.add("SubjectClassStaff", StaffID=2, ClassCampus=of_people, **CLASS)
    for name, person in (("memberships", "student_id"), ("teachers", "staff_id")):
        found = [(row["campus"], row[person]) for row in paper.read(name) if row["group_type"] == "class"]  # type: ignore[arg-type]
        assert found == [("", {"student_id": 1, "staff_id": 2}[person])]
    assert sorted(row["campus"] for row in paper.read("groups") if row["group_type"] == "class") == ["", "S"]


@pytest.mark.parametrize(
    ("code", "boards"),
    [(None, 0), ("", 0), ("N", 0), ("n ", 0), ("D", 0), ("B", 1), ("W", 1), ("X", 0), ("1", 1), ("Z", 1)],
)
def test_who_boards_is_what_the_code_means_or_else_what_it_says(paper: Paper, code: str | None, boards: int) -> None:
    """Codes are a school's own: `X` means a day student here, and `D`, which means nothing, says so itself."""
    for boarding, meaning in (("B", "BOARDER"), ("X", "Day "), ("1", "WEEKLY"), ("D", ""), ("Z", None)):
        paper.add("luBoarder", Code=boarding, SynergyMeaning=meaning)
    paper.student(1, "0", Boarder=code)
    assert [row["boarder"] for row in paper.read("students")] == [boards]


def test_a_schools_own_name_may_be_a_word_of_the_language() -> None:
    """The catalogue and the grants take it; so do the SELECTs."""
    settings = SynergeticSettings(table_names={"Photos": "Index"}, column_names={"luHouse.HeadOfHouseID": "Order"})
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in create_statements(VERSION, settings, SQLITE):
            connection.execute(statement)
        assert [name for name in ROW_SETS if Paper(connection).read(name, settings)] == []


@pytest.mark.parametrize("flags", [(1, 0), (0, 1), (None, 1), (1, None)])
def test_of_several_legal_rows_without_a_date_the_careful_one_is_read(paper: Paper, flags: tuple[int | None, ...]) -> None:
    """And always the same, in whatever order the database has them."""
    paper.student(1, "0")
    paper.connection.executescript(
        "ALTER TABLE CommunityLegal RENAME TO Keyed; CREATE TABLE CommunityLegal AS SELECT * FROM Keyed"
    )
    for flag in flags:
        paper.add("CommunityLegal", ID=1, ParentsSeparatedFlag=flag)
    assert [row["parents_separated"] for row in paper.read("students")] == [1]


def test_which_codes_and_meanings_say_that_somebody_goes_home_is_a_setting(paper: Paper) -> None:
    """And without a table of meanings the codes decide."""
    paper.student(1, "0", Boarder="H")
    paper.student(2, "0", Boarder="D")
    settings = SynergeticSettings(day_codes=("h",), table_names={"luBoarder": ""})
    assert {row["id"]: row["boarder"] for row in paper.read("students", settings)} == {1: 0, 2: 1}


@pytest.mark.parametrize(
    ("status", "code", "meaning"), [("nor", "NOR", "NORMAL"), ("NOR  ", " NOR", "Normal "), ("X", "x ", "loa")]
)
def test_codes_are_the_same_however_they_are_written_whatever_the_collation(
    paper: Paper, status: str, code: str, meaning: str
) -> None:
    """A database may tell upper from lower case, and a char(5) holds blanks: nobody has left for that."""
    binary(paper, "StudentYears", "luStudentStatus", "StudentContacts", "luHouse", "luRelationship", "Relationships")
    paper.add("luStudentStatus", Code=code, SynergyMeaning=meaning)
    paper.student(1, status, StudentCampus="s ", House=" red")
    paper.add("luHouse", Campus="S  ", Code="Red ", Description="Red House")
    paper.add("Community", ID=2)
    paper.add("StudentContacts", StudentContactsSeq=1, ID=1, ContactType="sc1 ", LinkedID=2)
    for relationship in ("   ", "mr "):
        paper.add("Relationships", ID=2, Relationship=relationship, RelatedID=1)
    paper.add("luRelationship", Code="MR", Description="Mother")
    assert [row["status_meaning"] for row in paper.read("students")] == [meaning]
    assert [row["relationship_description"] for row in paper.read("contacts")] == ["Mother"]
    assert [row["description"] for row in paper.read("groups") if row["group_type"] == "house"] == ["Red House"]
    by_code = SynergeticSettings(present_meanings=(), present_codes=("Nor", "x"), contact_types=("Sc1",))
    assert len(paper.read("contacts", by_code)) == 1


@pytest.mark.parametrize("collation", ["binary", "as the sample's"])
def test_people_are_in_their_class_however_their_rows_write_its_key(paper: Paper, collation: str) -> None:
    """Each once, and on their own campus: a class that a database finds by other letters has lost its members."""
    if collation == "binary":
        binary(paper, "SubjectClasses", "StudentClasses", "SubjectClassStaff")
    for campus in ("S", "N"):
        paper.add("SubjectClasses", ClassCampus=campus, **CLASS)
    written = [("7MAT", "A", "S"), ("7mat", "a ", "s"), (" 7Mat", " A", " S  "), ("7MAT  ", "A", "n")]
    paper.add("SubjectClasses", ClassCampus="s ", **CLASS | {"ClassCode": "7mat", "FileType": "a"})
    for number, (code, kind, campus) in enumerate(written, 1):
        paper.student(number, "0")
        paper.add("Staff", ID=number, ActiveFlag=1)
        key = CLASS | {"ClassCode": code, "FileType": kind, "ClassCampus": campus}
        paper.add("SubjectClassStaff", StaffID=number, **key)
        for one in (key, CLASS | {"ClassCampus": campus.upper()}):  # as it is written there, and once more as it ought to be
            paper.add("StudentClasses", ID=number, **one)
    for name, person in (("memberships", "student_id"), ("teachers", "staff_id")):
        found = [row for row in paper.read(name) if row["group_type"] == "class"]  # type: ignore[arg-type]
        assert {(row["file_type"], row["code"]) for row in found} == {("A", "7MAT")}
        assert sorted((row[person], row["campus"]) for row in found) == [(1, "S"), (2, "S"), (3, "S"), (4, "N")]


def test_teachers_without_a_campus_teach_the_class_on_each(paper: Paper) -> None:
    """Where their table has no such column, nobody can tell which."""
    settings = SynergeticSettings(column_names={"SubjectClassStaff.ClassCampus": ""})
    paper.add("Community", ID=2)
    paper.add("Staff", ID=2, ActiveFlag=1)
    for campus in ("S", "N"):
        paper.add("SubjectClasses", ClassCampus=campus, **CLASS)
        paper.add("SubjectClassStaff", StaffID=2, ClassCampus=campus, **CLASS)
    assert sorted(row["campus"] for row in paper.read("teachers", settings)) == ["N", "S"]


def test_classes_cost_what_they_are_many_without_an_index_too(paper: Paper) -> None:
    """Twice the classes with their members take twice the work, not eight times."""
    binary(paper, "SubjectClasses", "StudentClasses", "SubjectClassStaff")
    work: list[int] = []
    for classes in (range(1, 101), range(101, 201)):
        for number in classes:
            paper.student(number, "0")
            paper.add("SubjectClasses", ClassCampus="S", **CLASS | {"ClassCode": f"C{number}"})
            paper.add("StudentClasses", ID=number, ClassCampus="S", **CLASS | {"ClassCode": f"C{number}"})
        work.append(0)
        paper.connection.set_progress_handler(lambda: work.append(work.pop() + 1), 1000)
        assert len(paper.read("memberships")) == classes[-1]
        paper.connection.set_progress_handler(None, 0)
    assert work[1] < 3 * work[0]


def test_contacts_cost_what_they_are_many_without_an_index_too(paper: Paper) -> None:
    """Twice the families take twice the work, not four times."""
    paper.connection.execute("DROP INDEX IX_Relationships_1")
    work: list[int] = []
    for families in (range(1, 301), range(301, 601)):
        for number in families:
            paper.student(number, "0")
            paper.add("Community", ID=1000 + number)
            paper.add("StudentContacts", ID=number, ContactType="SC1", LinkedID=1000 + number)
            paper.add("Relationships", ID=1000 + number, Relationship="MR", RelatedID=number)
        work.append(0)
        paper.connection.set_progress_handler(lambda: work.append(work.pop() + 1), 1000)
        assert len(paper.read("contacts")) == families[-1]
        paper.connection.set_progress_handler(None, 0)
    assert work[1] < 3 * work[0]


def binary(paper: Paper, *tables: str) -> None:
    """Have columns of some tables compared by their very characters."""
    for table in tables:
        ((declared,),) = paper.connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,))
        paper.connection.execute(f"DROP TABLE {table}")
        paper.connection.execute(declared.replace("COLLATE RTRIM", ""))
