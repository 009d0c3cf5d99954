"""A small school for the relay's tests: a SQLite file that the relay reads through the real ODBC driver."""

import functools
import io
import sqlite3
from contextlib import closing
from pathlib import Path

from PIL import Image

from shared.synergetic import SQLITE, SynergeticSettings, Version, create_statements

STUDENTS, STAFF, FIRST_PARENT = range(1000, 1040), range(5000, 5006), 7000


def jpeg(number: int) -> bytes:
    """Return a small photo that differs by number."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (number % 256, number // 256 % 256, 90)).save(file, "JPEG")
    return file.getvalue()


def execute(path: Path, sql: str, *values: object) -> None:
    """Change the school, as its own staff would."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql, values)


def build(path: Path) -> Path:
    """Make the school's file."""
    path.write_bytes(_content())
    return path


@functools.cache
def _content() -> bytes:
    """Make the school, which takes long, once for all tests."""
    with closing(sqlite3.connect(":memory:")) as connection:
        with connection:
            for statement in create_statements(Version.parse("68.24"), SynergeticSettings(), SQLITE):
                connection.execute(statement)
            _fill(connection)
        return connection.serialize()


def _fill(connection: sqlite3.Connection) -> None:
    run, many = connection.execute, connection.executemany
    run("insert into SynDatabases (VersionNumber, Code) values ('68.24', 'MAIN')")
    run("insert into FileSemesters (FileYear, FileSemester, SystemCurrentFlag) values (2026, 1, 1)")
    run("insert into FileSemesters (FileYear, FileSemester, SystemCurrentFlag) values (2025, 2, 0)")
    run("insert into luStudentStatus (Code, SynergyMeaning) values ('0', 'NORMAL')")
    people = [*STUDENTS, *STAFF, *(FIRST_PARENT + number for number in range(len(STUDENTS)))]
    many(
        "insert into Community (ID, Given1, Surname, Email, MobilePhone, BirthDate) values (?, ?, ?, ?, ?, ?)",
        [(one, f"Zoë{one}", "O'Brien", f"p{one}@example.com", "0400000000", "2014-02-03 00:00:00") for one in people],
    )
    many(
        "insert into StudentYears (ID, FileYear, Status, StudentCampus, YearLevel, House, Form) "
        "values (?, 2026, '0', 'S', 7, 'RED', '7A')",
        [(one,) for one in STUDENTS],
    )
    many(
        "insert into StudentContacts (ID, ContactType, LinkedID) values (?, 'SC1', ?)",
        [(one, FIRST_PARENT + number) for number, one in enumerate(STUDENTS)],
    )
    many("insert into Staff (ID, ActiveFlag, SchoolStaffCode) values (?, 1, ?)", [(one, f"T{one}") for one in STAFF])
    key = "FileType, FileYear, FileSemester, ClassCampus, ClassCode"
    classes = [("A", 2026, 1, "S", f"7MAT{number}") for number in range(4)]
    many(f"insert into SubjectClasses ({key}, Description) values (?, ?, ?, ?, ?, 'Mathematics')", classes)
    many(
        f"insert into StudentClasses ({key}, ID) values (?, ?, ?, ?, ?, ?)",
        [(*classes[one % len(classes)], one) for one in STUDENTS],
    )
    many(
        f"insert into SubjectClassStaff ({key}, StaffID) values (?, ?, ?, ?, ?, ?)",
        [(*one, STAFF[number]) for number, one in enumerate(classes)],
    )
    many(
        "insert into Photos (ID, FileYear, ModifiedDate, PhotoType, Photo) values (?, 2026, '2026-01-20 10:00:00', 'JPG', ?)",
        [(one, jpeg(one)) for one in [*STUDENTS[:6], STAFF[0]]],
    )
    run("insert into Photos (ID, FileYear, PhotoType, Photo) values (?, 2026, 'JPG', ?)", (STUDENTS[6], b"BM no photo"))
