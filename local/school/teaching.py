"""Teaching: staff, classes of several periods with their members and teachers, and the look-ups that name cohorts."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from random import Random

from local.school import names
from local.school.book import Book
from local.school.enrolment import (
    BOARDING,
    CAMPUSES,
    EXCHANGE,
    FIRST_SENIOR_LEVEL,
    FUTURE,
    HOUSES,
    JUNIOR,
    LEFT,
    NEW,
    SENIOR,
    STATUSES,
    TOP_LEVEL,
    Enrolled,
    campus_of,
)
from local.school.facts import Calendar, SchoolFacts, written
from local.school.families import RELATIONSHIPS
from shared.owners import owner_key
from shared.synergetic.codes import CLASS

_SUBJECTS = {
    "ENG": "English",
    "MAT": "Mathematics",
    "SCI": "Science",
    "HUM": "Humanities",
    "PED": "Physical Education",
    "ART": "Visual Arts",
    "FRE": "French",
}
_JUNIOR_SUBJECTS = {"HRM": "Home Room", "LIB": "Library", "MUS": "Music", "PED": "Physical Education"}
_CLASS_SIZE = 25
_SMALL_SCHOOL, _SUBJECTS_OF_A_SMALL_SCHOOL = 100, 2
CHESS = "CHESS"


@dataclass(frozen=True)
class ClassList:
    """A class and who is in it."""

    file_type: str
    campus: str
    code: str
    description: str
    level: int | None
    members: tuple[int, ...]


def add_staff(book: Book, rng: Random, facts: SchoolFacts, *, students: int) -> list[int]:
    """Write staff, active and not; return those who teach. The last active ones teach nothing."""
    active = max(12, students // 12)
    for number in range(active + max(2, active // 8)):
        person = _write_staff(book, rng, number, active=number < active)
        if number < active:
            facts.staff.append(person)
        else:
            facts.example("inactive_staff", person)
    idle = max(2, active // 10)
    facts.example("idle_staff", facts.staff[-1])
    return facts.staff[:-idle]


def _write_staff(book: Book, rng: Random, number: int, *, active: bool) -> int:
    person = book.new_person()
    first, second, preferred = names.given_names(rng)
    surname = names.surname(rng)
    code = f"{names.mail_name(surname).replace('.', '').replace('-', '')[:3].upper()}{number:02d}"
    address = book.new_address()
    book.add("Addresses", AddressID=address, Phone=names.landline(rng), Suburb="Sampleton", State="VIC", PostCode="3999")
    book.add(
        "Community",
        ID=person,
        Title=rng.choice(("Mr", "Ms", "Mrs", "Mx", "Dr")),
        Given1=first,
        Given2=second,
        Preferred=preferred,
        Surname=surname,
        Email=f"{names.mail_name(first)}{person}@example.org",
        OccupEmail=f"{names.mail_name(first, surname)}.{number}@school.test",
        MobilePhone=names.mobile(rng),
        SilentMobilePhoneFlag=int(names.chance(rng, 0.2)),
        OccupMobilePhone=names.mobile(rng) if names.chance(rng, 0.3) else "",
        AddressID=address,
        NetworkLogin=code.lower(),
    )
    book.add("Staff", ID=person, ActiveFlag=int(active), SchoolStaffCode=code)
    return person


def add_lookups(book: Book, staff: Sequence[int], forms: Sequence[str]) -> None:
    """Write the look-ups, with coordinators, heads of house and form teachers among `staff`."""
    for code, (meaning, description) in STATUSES.items():
        book.add("luStudentStatus", Code=code, SynergyMeaning=meaning, Description=description)
    for code, description in RELATIONSHIPS.items():
        book.add("luRelationship", Code=code, Description=description)
    for code, (meaning, description) in BOARDING.items():
        book.add("luBoarder", Code=code, SynergyMeaning=meaning, Description=description)
    for campus, description in CAMPUSES.items():
        book.add("luCampus", Code=campus, Description=description)
        for number, (code, house) in enumerate(HOUSES.items()):
            head = staff[number % len(staff)]
            book.add("luHouse", Campus=campus, Code=code, Description=f"{house} House", HeadOfHouseID=head, ActiveFlag=1)
    for level in range(TOP_LEVEL + 1):
        description = f"Year {level}" if level else "Preparatory"
        coordinator = staff[level % len(staff)] if level != TOP_LEVEL else 0
        book.add("luYearLevel", Campus=campus_of(level), Code=level, Description=description, YearLevelCoordID=coordinator)
    for number, form in enumerate(forms):
        book.add("luForm", FormSeq=number + 1, Code=form, Description=f"Form {form}", ID=staff[number % len(staff)])
    for code in HOUSES:
        for level in range(FIRST_SENIOR_LEVEL, TOP_LEVEL + 1):
            book.add("luTutor", Code=f"{code[0]}{level:02d}", Description=f"{HOUSES[code]} tutor group {level}")


def add_periods(book: Book, calendar: Calendar) -> None:
    """Write the semesters of the last, this and the next year; one of them is current."""
    current = calendar.period
    for year in range(current.year - 1, current.year + 2):
        for semester in (1, 2):
            first, last = calendar.semester(year, semester)
            book.add(
                "FileSemesters",
                FileSemestersSeq=book.sequence("FileSemesters"),
                FileYear=year,
                FileSemester=semester,
                SystemCurrentFlag=int((year, semester) == (current.year, current.semester)),
                StartDate=written(first),
                EndDate=written(last),
                Description=f"Semester {semester}, {year}",
            )


def add_classes(book: Book, calendar: Calendar, facts: SchoolFacts, enrolled: Sequence[Enrolled], staff: Sequence[int]) -> None:
    """Write last semester's or last year's classes and this year's, whose members are the same in both semesters."""
    year = calendar.period.year
    before = [
        replace(one, level=one.level - 1) for one in enrolled if one.level > 0 and one.status not in {NEW, FUTURE, EXCHANGE}
    ]
    writer = ClassWriter(book, calendar, staff, facts)
    writer.write_period(year - 1, 2, list(class_lists(before)))
    for campus, name in ((JUNIOR, "chess_junior"), (SENIOR, "chess_senior")):
        facts.groups[name] = owner_key(CLASS, "A", year, campus, CHESS)
    now = list(class_lists([one for one in enrolled if one.status not in {FUTURE, EXCHANGE}]))
    for semester in (1, 2):
        writer.write_period(year, semester, now, left=frozenset(one.id for one in enrolled if one.status == LEFT))


def class_lists(enrolled: Sequence[Enrolled]) -> Iterator[ClassList]:
    """Yield the classes: by form in the junior school, by section of 25 in the senior one, and a few that cut across."""
    # A school for a quick look or a test has as few classes to the student as a large one.
    few = _SUBJECTS_OF_A_SMALL_SCHOOL if len(enrolled) < _SMALL_SCHOOL else None
    by_form: dict[tuple[int, str], list[int]] = defaultdict(list)
    by_level: dict[int, list[int]] = defaultdict(list)
    for one in enrolled:
        by_form[one.level, one.form].append(one.id)
        by_level[one.level].append(one.id)
    for (level, form), members in by_form.items():
        if level < FIRST_SENIOR_LEVEL:
            for subject, title in islice(_JUNIOR_SUBJECTS.items(), few):
                yield ClassList("A", JUNIOR, f"{form}{subject}", f"{title} {form}", level, tuple(members))
    for level, members in by_level.items():
        if level >= FIRST_SENIOR_LEVEL:
            yield from _sections(level, members, few)
    for campus in CAMPUSES:
        some = [one.id for one in enrolled if one.campus == campus][::12]
        yield ClassList("A", campus, CHESS, f"Chess, {CAMPUSES[campus]}", None, tuple(some))
        yield ClassList("C", campus, CHESS, "Chess club", None, tuple(some[::2]))
        yield ClassList("SS", campus, "NETBALL", "Netball", None, tuple(some[1::2]))


def _sections(level: int, members: Sequence[int], few: int | None) -> Iterator[ClassList]:
    count = -(-len(members) // _CLASS_SIZE) + (1 if len(members) > 1 else 0)
    for shift, (subject, title) in enumerate(islice(_SUBJECTS.items(), few)):
        for section in range(count):
            inside = tuple(members[(section + shift) % count :: count])
            yield ClassList("A", SENIOR, f"{level}{subject}{section + 1}", f"Year {level} {title}", level, inside)


class ClassWriter:
    """Writes one period's classes after another, each with its members and teachers."""

    def __init__(self, book: Book, calendar: Calendar, staff: Sequence[int], facts: SchoolFacts | None = None) -> None:
        self._book, self._calendar, self._staff, self._facts = book, calendar, staff, facts
        self._turn = 0

    def write_period(self, year: int, semester: int, lists: Sequence[ClassList], *, left: frozenset[int] = frozenset()) -> None:
        """Write a period's classes."""
        first, last = self._calendar.semester(year, semester)
        is_current = (year, semester) == (self._calendar.period.year, self._calendar.period.semester)
        for one in lists:
            self._turn += 1
            key = _key(one, year, semester)
            self._book.add(
                "SubjectClasses",
                SubjectClassesSeq=self._book.sequence("SubjectClasses"),
                Description=one.description,
                NormalYearLevel=one.level,
                **key,
            )
            has_exceptions = is_current and one.file_type == "A" and self._turn % 10 == 0
            for place, member in enumerate(one.members):
                stays = self._exceptions(one, year, place) if has_exceptions else ()
                if not stays:
                    # Some schools fill in the last day, some leave it open, and a leaver's row stays.
                    end = self._calendar.day(-12) if is_current and member in left else written(last) if member % 2 else None
                    stays = ((written(first) if member % 5 else None, end),)
                for start, stop in stays:
                    self._book.add("StudentClasses", ID=member, StartDate=start, StopDate=stop, **key)
            self._write_teachers(key)

    def _exceptions(self, one: ClassList, year: int, place: int) -> tuple[tuple[str | None, str | None], ...]:
        """Return the stays of the first few in a class: one has left it, one has come back, one is yet to come."""
        day = self._calendar.day
        stays = {
            # The very same row twice happens, too.
            0: ("stopped", ((day(-19), day(-9)), (day(-19), day(-9)))),
            1: ("returned", ((day(-19), day(-9)), (day(-2), None))),
            2: ("starting", ((day(14), None),)),
        }
        if place not in stays:
            return ()
        name, found = stays[place]
        if self._facts is not None and one.members[place] in self._facts.students:
            self._facts.example(f"{name}_member", one.members[place])
            self._facts.groups.setdefault(name, owner_key(CLASS, one.file_type, year, one.campus, one.code))
        return found

    def _write_teachers(self, key: dict[str, object]) -> None:
        teachers = {self._staff[self._turn % len(self._staff)]}
        if self._turn % 7 == 0:
            teachers.add(self._staff[(self._turn + 3) % len(self._staff)])
        for teacher in sorted(teachers):
            self._book.add("SubjectClassStaff", StaffID=teacher, **key)


def _key(one: ClassList, year: int, semester: int) -> dict[str, object]:
    return {
        "FileType": one.file_type,
        "FileYear": year,
        "FileSemester": semester,
        "ClassCampus": one.campus,
        "ClassCode": one.code,
    }
