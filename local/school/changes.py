"""What happens at a school from one day to the next.

Each function changes the database as the school's office would, commits, and returns whom and what it touched. Who is chosen,
where nobody is named, is always the same in the same school.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

from local.school.enrolment import LEFT, NEW, NORMAL
from local.school.facts import written
from local.school.names import MOBILES
from local.school.portraits import portrait
from shared.manifests import Period
from shared.owners import owner_key
from shared.synergetic.codes import CLASS, LEFT_MEANING


class Connection(Protocol):
    """An open connection of pyodbc, or of sqlite3."""

    def execute(self, sql: str, parameters: Sequence[Any], /) -> Any:  # noqa: ANN401 - a cursor of either
        """Execute one statement."""

    def commit(self) -> None:
        """Commit."""


@dataclass(frozen=True)
class Change:
    """What was touched, by the identifiers our records have."""

    students: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def current_period(connection: Connection) -> Period:
    """Return the school's current period."""
    year, semester = connection.execute(
        "SELECT FileYear, FileSemester FROM FileSemesters WHERE SystemCurrentFlag = 1", ()
    ).fetchone()
    return Period(year=year, semester=semester)


def present_students(connection: Connection, *, limit: int = 1, status: str = NORMAL, last: bool = False) -> list[int]:
    """Return current students of a status, the first or last enrolled ones."""
    sql = "SELECT ID FROM StudentYears WHERE FileYear = ? AND Status = ? ORDER BY ID"
    rows = connection.execute(sql, (current_period(connection).year, status)).fetchall()
    return [row[0] for row in (rows[::-1] if last else rows)[:limit]]


def enrol_student(connection: Connection, *, like: int | None = None, today: date | None = None) -> Change:
    """Enrol a new student with both parents behind one contact row, into the cohorts and classes of another student."""
    like = like or present_students(connection)[0]
    period, day = current_period(connection), written(_today(today))
    student, mother, father = _new_people(connection, like)
    years = "StudentCampus, YearLevel, House, Form, Tutor, Boarder"
    connection.execute(
        f"INSERT INTO StudentYears (ID, FileYear, Status, {years}) "  # noqa: S608
        f"SELECT ?, FileYear, ?, {years} FROM StudentYears WHERE ID = ? AND FileYear = ?",
        (student, NEW, like, period.year),
    )
    connection.execute(
        "INSERT INTO StudentContacts "
        "(ID, ContactType, LinkedID, LinkedIDSeq, NormalMailFlag, ReportsFlag, ParentFlag, LivesWithFlag) "
        "VALUES (?, 'SC1', ?, 1, 1, 1, 1, 1)",
        (student, mother),
    )
    for person, word in ((mother, "MR"), (father, "FR")):
        connection.execute("INSERT INTO Relationships (ID, Relationship, RelatedID) VALUES (?, ?, ?)", (person, word, student))
    classes = _classes_of(connection, like, period, _today(today))
    for key in classes:
        _join_class(connection, student, key, day)
    connection.commit()
    groups = (*(_group(key) for key in classes), *_cohorts_of(connection, student, period))
    return Change((str(student),), (str(mother), str(father)), groups)


def change_mobile(connection: Connection, *, person: int | None = None, contact_of: int | None = None) -> Change:
    """Give an adult, by default the first contact of a student, who is by default the first one, another mobile number."""
    person = person or _first_contact(connection, contact_of or present_students(connection)[0])
    (old,) = connection.execute("SELECT MobilePhone FROM Community WHERE ID = ?", (person,)).fetchone()
    digits = "".join(letter for letter in old if letter.isdigit()).removeprefix("61").zfill(10)
    number = next(mobile for mobile in MOBILES if mobile != digits)
    connection.execute("UPDATE Community SET MobilePhone = ? WHERE ID = ?", (number, person))
    connection.commit()
    # A child is touched by the person's own contact rows and by those of the person they are the spouse of. Some releases of
    # SQLite miss a padded code where they join by it, so its blanks are taken off.
    sql = (
        "SELECT DISTINCT k.ID FROM StudentContacts AS k JOIN Community AS c ON c.ID = k.LinkedID "
        "JOIN StudentYears AS y ON y.ID = k.ID AND y.FileYear = ? JOIN luStudentStatus AS s ON s.Code = RTRIM(y.Status) "
        "WHERE k.ContactType LIKE 'SC%' AND (k.LinkedID = ? OR (c.SpouseID = ? AND k.PrimaryOnlyFlag = 0)) "
        "AND s.SynergyMeaning NOT IN ('', ?) ORDER BY k.ID"
    )
    year = current_period(connection).year
    children = connection.execute(sql, (year, person, person, LEFT_MEANING)).fetchall()
    return Change(tuple(str(row[0]) for row in children), (str(person),))


def mark_left(connection: Connection, *, student: int | None = None, today: date | None = None) -> Change:
    """Let a student leave, by default the last enrolled one; class rows stay, as they do."""
    return _leave(connection, [student] if student else present_students(connection, last=True), _today(today))


def remove_students(
    connection: Connection, count: int, *, among: Sequence[int] | None = None, today: date | None = None
) -> Change:
    """Let many students leave at once, as a mistaken bulk change does: the first of `among`, or the last enrolled ones."""
    students = present_students(connection, limit=count, last=True) if among is None else among[:count]
    return _leave(connection, students, _today(today))


def return_students(connection: Connection, students: Sequence[int]) -> Change:
    """Take back students who have left."""
    year = current_period(connection).year
    for student in students:
        sql = "UPDATE StudentYears SET Status = ?, LeavingDate = NULL WHERE ID = ? AND FileYear = ?"
        connection.execute(sql, (NORMAL, student, year))
    connection.commit()
    return Change(tuple(str(student) for student in students))


def move_class(connection: Connection, *, among: Sequence[int] | None = None, today: date | None = None) -> Change:
    """Move a student, one of `among` if given, into the parallel class: the old row ends, a new one begins today."""
    period, day = current_period(connection), _today(today)
    some = f"AND m.ID IN ({', '.join(map(str, map(int, among)))})" if among is not None else ""
    sql = f"""
        SELECT m.Seq, m.ID, a.FileType, a.ClassCampus, a.ClassCode, b.ClassCode
        FROM StudentClasses AS m
        JOIN SubjectClasses AS a ON a.FileType = m.FileType AND a.FileYear = m.FileYear AND a.FileSemester = m.FileSemester
            AND a.ClassCampus = m.ClassCampus AND a.ClassCode = m.ClassCode
        JOIN SubjectClasses AS b ON b.FileType = a.FileType AND b.FileYear = a.FileYear AND b.FileSemester = a.FileSemester
            AND b.ClassCampus = a.ClassCampus AND b.Description = a.Description AND b.ClassCode <> a.ClassCode
        JOIN StudentYears AS y ON y.ID = m.ID AND y.FileYear = m.FileYear AND y.Status = ?
        WHERE m.FileType = 'A' AND m.FileYear = ? AND m.FileSemester = ?
            AND (m.StartDate IS NULL OR m.StartDate < ?) AND (m.StopDate IS NULL OR m.StopDate > ?)
            AND (SELECT COUNT(*) FROM StudentClasses AS o WHERE o.ID = m.ID AND o.FileYear = m.FileYear
                 AND o.FileSemester = m.FileSemester AND o.ClassCode IN (a.ClassCode, b.ClassCode)) = 1
            {some}
        ORDER BY m.Seq, b.ClassCode LIMIT 1"""  # noqa: S608 - numbers only
    before = written(day - timedelta(days=1))
    found = connection.execute(sql, (NORMAL, period.year, period.semester, before, written(day))).fetchone()
    row, student, file_type, campus, old, new = found
    connection.execute("UPDATE StudentClasses SET StopDate = ? WHERE Seq = ?", (before, row))
    left, joined = ((file_type, period.year, period.semester, campus, code) for code in (old, new))
    _join_class(connection, student, joined, written(day))
    connection.commit()
    return Change((str(student),), groups=(_group(left), _group(joined)))


def new_photo(connection: Connection, *, person: int | None = None, today: date | None = None) -> Change:
    """Take a new photo of somebody, by default the first student; this year's row is replaced if there is one."""
    person = person or present_students(connection)[0]
    year, day = current_period(connection).year, written(_today(today))
    content = portrait(person, turn=_today(today).toordinal())
    changed = connection.execute(
        "UPDATE Photos SET Photo = ?, ModifiedDate = ?, PhotoType = 'JPG' WHERE ID = ? AND FileYear = ?",
        (content, day, person, year),
    )
    if not changed.rowcount:
        sql = "INSERT INTO Photos (ID, FileYear, ModifiedDate, PhotoType, Photo) VALUES (?, ?, ?, 'JPG', ?)"
        connection.execute(sql, (person, year, day, content))
    connection.commit()
    return Change(people=(str(person),))


_ClassKey = tuple[object, ...]


def _today(today: date | None) -> date:
    return today or date.today()  # noqa: DTZ011 - the school's own day


def _leave(connection: Connection, students: Sequence[int], today: date) -> Change:
    period = current_period(connection)
    groups: dict[str, None] = {}
    for student in students:
        groups |= dict.fromkeys(_group(key) for key in _classes_of(connection, student, period, today))
        groups |= dict.fromkeys(_cohorts_of(connection, student, period))
        sql = "UPDATE StudentYears SET Status = ?, LeavingDate = ? WHERE ID = ? AND FileYear = ?"
        connection.execute(sql, (LEFT, written(today), student, period.year))
    connection.commit()
    return Change(tuple(str(student) for student in students), groups=tuple(groups))


def _new_people(connection: Connection, like: int) -> tuple[int, int, int]:
    """Write a student and both parents, at the address of nobody else."""
    (last,) = connection.execute("SELECT MAX(ID) FROM Community", ()).fetchone()
    (address,) = connection.execute("SELECT MAX(AddressID) + 1 FROM Addresses", ()).fetchone()
    student, mother, father = last + 1, last + 2, last + 3
    connection.execute("INSERT INTO Addresses (AddressID, Phone) VALUES (?, '(03) 5550 4321')", (address,))
    columns = "ID, Title, Given1, Preferred, Surname, Gender, Email, MobilePhone, AddressID, SpouseID, BirthDate"
    insert = f"INSERT INTO Community ({columns}) VALUES ({', '.join('?' * 11)})"  # noqa: S608
    (born,) = connection.execute("SELECT BirthDate FROM Community WHERE ID = ?", (like,)).fetchone()
    born = born if isinstance(born, str) or born is None else born.isoformat(sep=" ")
    mail = f"zoe.obrien{mother}@example.org"
    connection.execute(insert, (student, "", "Noémie", "Noé", "O'Brien-Grünwald", "F", "", "", address, 0, born))
    connection.execute(insert, (mother, "Dr", "Zoë", "", "O'Brien", "F", mail, MOBILES[1], address, father, None))
    connection.execute(insert, (father, "Mr", "Jürgen", "", "Grünwald", "M", "", MOBILES[2], address, mother, None))
    return student, mother, father


def _first_contact(connection: Connection, student: int) -> int:
    sql = "SELECT LinkedID FROM StudentContacts WHERE ID = ? AND ContactType = 'SC1'"
    return int(connection.execute(sql, (student,)).fetchone()[0])


def _classes_of(connection: Connection, student: int, period: Period, today: date) -> list[_ClassKey]:
    """Return the classes a student is in on that day."""
    sql = (
        "SELECT DISTINCT FileType, FileYear, FileSemester, ClassCampus, ClassCode FROM StudentClasses "
        "WHERE ID = ? AND FileYear = ? AND FileSemester = ? AND FileType = 'A' "
        "AND COALESCE(StartDate, '0') <= ? AND COALESCE(StopDate, '9') >= ? ORDER BY ClassCode"
    )
    day = written(today)
    values = (student, period.year, period.semester, day, day)
    return [tuple(row) for row in connection.execute(sql, values).fetchall()]


def _join_class(connection: Connection, student: int, key: _ClassKey, start: str) -> None:
    columns = "ID, FileType, FileYear, FileSemester, ClassCampus, ClassCode, StartDate"
    sql = f"INSERT INTO StudentClasses ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
    connection.execute(sql, (student, *key, start))


def _group(key: _ClassKey) -> str:
    file_type, year, _, campus, code = key
    return owner_key(CLASS, file_type, year, campus, code)


def _cohorts_of(connection: Connection, student: int, period: Period) -> tuple[str, ...]:
    sql = "SELECT StudentCampus, YearLevel, House, Form, Tutor FROM StudentYears WHERE ID = ? AND FileYear = ?"
    campus, level, house, form, tutor = connection.execute(sql, (student, period.year)).fetchone()
    cohorts = [("year_level", campus, level), ("form", form), ("house", campus, house), ("tutor", tutor), ("campus", campus)]
    return tuple(owner_key(*cohort) for cohort in cohorts if str(cohort[-1]).strip())
