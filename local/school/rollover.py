"""The turn of a semester or of a year: the largest change a school makes on purpose."""

from dataclasses import dataclass

from local.school.book import Book
from local.school.changes import Connection, current_period
from local.school.enrolment import NORMAL, TOP_LEVEL, Enrolled, write_year
from local.school.facts import Calendar
from local.school.teaching import ClassWriter, class_lists
from shared.manifests import Period
from shared.synergetic.codes import PRESENT_MEANINGS


@dataclass(frozen=True)
class Rollover:
    """What the turn did: the period that is current now, how many students moved up, how many are gone."""

    period: Period
    moved_up: int = 0
    gone: int = 0


def next_semester(connection: Connection, calendar: Calendar) -> Rollover:
    """Make the next semester current; after the last one of a year, move everybody up and write the new year's classes."""
    period = current_period(connection)
    result = Rollover(Period(year=period.year, semester=2))
    if period.semester > 1:
        result = _new_year(connection, calendar, period.year)
    connection.execute("UPDATE FileSemesters SET SystemCurrentFlag = 0 WHERE SystemCurrentFlag = 1", ())
    connection.execute(
        "UPDATE FileSemesters SET SystemCurrentFlag = 1 WHERE FileYear = ? AND FileSemester = ?",
        (result.period.year, result.period.semester),
    )
    connection.commit()
    return result


def _new_year(connection: Connection, calendar: Calendar, year: int) -> Rollover:
    """Move students up a level with their house and form letter; those of the top level have no row in the new year."""
    book = Book()
    for table, column in (("StudentYears", "StudentYearsSeq"), ("SubjectClasses", "SubjectClassesSeq")):
        (last,) = connection.execute(f"SELECT MAX({column}) FROM {table}", ()).fetchone()  # noqa: S608
        book.continue_after(table, int(last))
    students = _present(connection, year)
    moved = [
        Enrolled(one.id, one.level + 1, NORMAL, f"{one.level + 1}{one.form.removeprefix(str(one.level or 'P'))}", one.house)
        for one in students
        if one.level < TOP_LEVEL
    ]
    for one in moved:
        write_year(book, (year + 1, one.level, NORMAL), one)
    staff = [row[0] for row in connection.execute("SELECT ID FROM Staff WHERE ActiveFlag = 1 ORDER BY ID", ()).fetchall()]
    ClassWriter(book, calendar, staff).write_period(year + 1, 1, list(class_lists(moved)))
    for name, rows in book.rows.items():
        for row in rows:
            connection.execute(book.insert_statement(name), row)
    return Rollover(Period(year=year + 1, semester=1), len(moved), len(students) - len(moved))


def _present(connection: Connection, year: int) -> list[Enrolled]:
    # As in local.school.changes: some releases of SQLite miss a padded code where they join by it.
    sql = (
        "SELECT y.ID, y.YearLevel, y.Form, y.House, s.SynergyMeaning FROM StudentYears AS y "
        "JOIN luStudentStatus AS s ON s.Code = RTRIM(y.Status) WHERE y.FileYear = ? ORDER BY y.ID"
    )
    rows = connection.execute(sql, (year,)).fetchall()
    return [Enrolled(row[0], row[1], NORMAL, row[2].strip(), row[3]) for row in rows if row[4] in PRESENT_MEANINGS]
