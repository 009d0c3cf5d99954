"""Enrolment: students with their years, statuses and cohorts, of this year, the last and the next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from local.school import names
from local.school.book import Book
from local.school.facts import Calendar, SchoolFacts, written
from local.school.families import PLANS, Families, Family, plans
from local.school.medical import diet_of
from shared.synergetic.codes import LEFT_MEANING

JUNIOR, SENIOR = "J", "S"
CAMPUSES = {JUNIOR: "Junior School", SENIOR: "Senior School"}
FIRST_SENIOR_LEVEL, TOP_LEVEL = 7, 12
HOUSES = {"RED": "Waratah", "BLU": "Wattle Bird", "GRN": "Eucalypt", "YEL": "Banksia"}
NORMAL, NEW, REPEATING, LEAVING, LEFT, LOA, FUTURE, EXCHANGE = "NOR", "NEW", "REP", "LVG", "LEF", "LOA", "FUT", "EXC"
STATUSES = {
    NORMAL: ("NORMAL", "Normal"),
    NEW: ("NEW", "New this year"),
    REPEATING: ("REPEATING", "Repeating"),
    LEAVING: ("LEAVING", "Leaving at the end of the year"),
    LEFT: (LEFT_MEANING, "Left"),
    LOA: ("LOA", "Leave of absence"),
    FUTURE: ("", "Future"),
    EXCHANGE: ("", "Exchange student"),
}
# One code says by its meaning that its students go home, one says it itself, and one means nothing that is known.
BOARDER, WEEKLY, DAY_STUDENT = "B", "W", "X"
BOARDING = {BOARDER: ("BOARDER", "Boarder"), WEEKLY: ("", "Weekly boarder"), DAY_STUDENT: ("DAY", "Goes home")}
_FORM_SIZE = 25
_FIRST_FAMILIES, _LARGEST_FAMILY = len(PLANS), 4
_OTHERS = (LEFT, FUTURE, EXCHANGE)


@dataclass(frozen=True)
class Enrolled:
    """A student in a year, as far as classes depend on it."""

    id: int
    level: int
    status: str
    form: str
    house: str

    @property
    def campus(self) -> str:
        """The campus of the year level."""
        return campus_of(self.level)


def campus_of(level: int) -> str:
    """Return the campus that teaches a year level."""
    return SENIOR if level >= FIRST_SENIOR_LEVEL else JUNIOR


def enrol(book: Book, rng: Random, calendar: Calendar, facts: SchoolFacts, *, students: int) -> list[Enrolled]:
    """Write students and their families; return everyone who is in this year's lists, leavers and others included."""
    statuses = _statuses(rng, students)
    families, kinds = Families(book, rng, facts), plans(rng)
    enrolled: list[Enrolled] = []
    while statuses:
        family = families.add(next(kinds))
        size = min(rng.choices((1, 2, 3, 4), (45, 38, 14, 3))[0], len(statuses))
        for level in rng.sample(range(TOP_LEVEL + 1), size):
            one = Enrolled(book.new_person(), level, statuses.pop(), "", rng.choice(tuple(HOUSES)))
            gender = rng.choices("FMX", (48, 48, 4))[0]
            _write_person(book, rng, calendar, (one, family, gender))
            families.link(family, one.id, gender)
            _note(facts, one, family)
            enrolled.append(one)
    enrolled = _in_forms(enrolled)
    for one in enrolled:
        _write_years(book, calendar, rng, one)
    return enrolled


def _statuses(rng: Random, students: int) -> list[str]:
    """Return a status for each student to enrol, `students` of which make a current one."""
    few = max(1, students // 100)
    special = [LOA] * few + [NEW] * (4 * few) + [REPEATING, LEAVING] * few
    first = [NORMAL] * min(max(students - len(special), 0), _FIRST_FAMILIES * _LARGEST_FAMILY)
    present = (special + [NORMAL] * students)[: students - len(first)]
    others = [LEFT] * max(3, students // 40) + [FUTURE] * max(2, students // 50) + [EXCHANGE] * 2
    statuses = present + others
    rng.shuffle(statuses)
    # Statuses are taken from the end: each kind of family then has current students, where there are enough.
    return statuses + first


def _note(facts: SchoolFacts, one: Enrolled, family: Family) -> None:
    lists = {LEFT: facts.leavers, FUTURE: facts.future, EXCHANGE: facts.future}
    lists.get(one.status, facts.students).append(one.id)
    if one.status == EXCHANGE:
        facts.example("exchange_student", one.id)
    if one.status == LOA:
        facts.on_leave.append(one.id)
    if one.status in _OTHERS:
        return
    facts.families[family.plan.name].append(one.id)
    if one.id == facts.families[family.plan.name][0]:
        facts.example(f"{family.plan.name}_student", one.id)
        for number, adult in enumerate(family.adults):
            facts.example(f"{family.plan.name}_adult_{number + 1}", adult.id)


def _in_forms(enrolled: Sequence[Enrolled]) -> list[Enrolled]:
    """Put each year level into forms: 7A, 7B, ... 7Z, 7AA."""
    seen = dict.fromkeys(range(TOP_LEVEL + 1), 0)
    placed = []
    for one in enrolled:
        number = seen[one.level] // _FORM_SIZE
        seen[one.level] += 1
        placed.append(replace(one, form=f"{one.level or 'P'}{form_letters(number)}"))
    return placed


def form_letters(number: int) -> str:
    """Return A, B, ... Z, AA, AB, ..."""
    letters = chr(ord("A") + number % 26)
    return letters if number < 26 else form_letters(number // 26 - 1) + letters  # noqa: PLR2004 - the alphabet


def _write_person(book: Book, rng: Random, calendar: Calendar, who: tuple[Enrolled, Family, str]) -> None:
    one, family, gender = who
    first, second, preferred = names.given_names(rng)
    born = calendar.today.replace(
        year=calendar.today.year - 5 - one.level, month=rng.randrange(1, 13), day=rng.randrange(1, 29)
    )
    book.add(
        "Community",
        ID=one.id,
        Given1=first,
        Given2=second,
        Preferred=preferred if names.chance(rng, 0.9) else "",
        Surname=family.surname,
        BirthDate="1899-12-30 00:00:00" if one.id % 151 == 0 or one.status == LOA else written(born),
        Gender=gender,
        OccupEmail=f"{one.id}@students.school.test" if one.campus == SENIOR else "",
        MobilePhone=names.mobile(rng) if one.campus == SENIOR and names.chance(rng, 0.6) else "",
        SilentMobilePhoneFlag=int(names.chance(rng, 0.05)),
        AddressID=family.address,
        DietaryRequirements=diet_of(one.id),
        NetworkLogin=str(one.id),
    )


def _write_years(book: Book, calendar: Calendar, rng: Random, one: Enrolled) -> None:
    """Write the year before, this year, and for future students the next one too."""
    year = calendar.period.year
    if one.status not in {NEW, FUTURE, EXCHANGE} and one.level > 0:
        write_year(book, (year - 1, one.level - 1, NORMAL), one)
    # A few codes are padded with blanks, as in columns that once were char.
    status = f"{one.status}  " if names.chance(rng, 0.02) else one.status
    write_year(book, (year, one.level, status), one, leaving=calendar.day(-12) if one.status == LEFT else None)
    if one.status == FUTURE:
        write_year(book, (year + 1, min(one.level + 1, TOP_LEVEL), NEW), one)


def _boarding(one: Enrolled) -> str:
    return next((code for share, code in ((29, BOARDER), (31, WEEKLY), (7, DAY_STUDENT), (5, "N")) if one.id % share == 0), "")


def write_year(book: Book, when: tuple[int, int, str], one: Enrolled, *, leaving: str | None = None) -> None:
    """Write a student's row of one year: which year, in which level, and with which status."""
    year, level, status = when
    campus = campus_of(level)
    book.add(
        "StudentYears",
        StudentYearsSeq=book.sequence("StudentYears"),
        ID=one.id,
        FileYear=year,
        Status=status,
        StudentCampus=campus,
        YearLevel=level,
        House=one.house,
        Form=one.form,
        Tutor=f"{one.house[0]}{level:02d}" if campus == SENIOR else "",
        Boarder=_boarding(one) if campus == SENIOR else "",
        LeavingDate=leaving,
    )
