"""Makes a sample school: the same file for the same seed, size and day."""

from datetime import date
from pathlib import Path
from random import Random

from local.school.book import Book
from local.school.enrolment import enrol
from local.school.facts import Calendar, SchoolFacts
from local.school.medical import add_medical
from local.school.portraits import UNKNOWN_PHOTO, Format, portrait
from local.school.teaching import add_classes, add_lookups, add_periods, add_staff
from shared.synergetic import Version

_MOST_PHOTOS = 400
_ODD_FORMATS: tuple[Format, ...] = ("PNG", "PNG", "GIF")
_NOBODY = 9_999_001


def create_school(  # noqa: PLR0913 - each has a default and is named by the caller
    path: Path,
    *,
    students: int = 300,
    seed: int = 1,
    version: str = "68.24",
    photos: int | None = None,
    today: date | None = None,
) -> SchoolFacts:
    """Write a school's database to a new file and return what is known of it.

    Args:
        path: Where to; nothing may be there yet.
        students: How many current ones; leavers, future and past students come on top.
        seed: Another one makes another school.
        version: The version of Synergetic it says it is.
        photos: How many people have one; by default all of a small school, some of a large one.
        today: The day the school lives in.

    Raises:
        FileExistsError: There is a file already.
        ContractError: The version is not one that the contract knows.
    """
    book, facts = make_school(students=students, seed=seed, version=version, photos=photos, today=today)
    book.write(path, Version.parse(version))
    return facts


def make_school(
    *, students: int, seed: int = 1, version: str = "68.24", photos: int | None = None, today: date | None = None
) -> tuple[Book, SchoolFacts]:
    """Return a school's rows, before they are written anywhere, and what is known of it.

    Raises:
        ContractError: The version is not one that the contract knows.
    """
    known = Version.parse(version)
    book, rng = Book(), Random(seed)
    calendar = Calendar(today or date.today())  # noqa: DTZ011 - the school's own day
    facts = SchoolFacts(calendar.period, version)
    _add_version(book, known)
    add_periods(book, calendar)
    teachers = add_staff(book, rng, facts, students=students)
    enrolled = enrol(book, rng, calendar, facts, students=students)
    add_lookups(book, teachers, sorted({one.form for one in enrolled}))
    add_classes(book, calendar, facts, enrolled, teachers)
    _add_photos(book, facts, calendar, photos)
    add_medical(book, seed, calendar, facts)
    return book, facts


def _add_version(book: Book, version: Version) -> None:
    """Write the version: up to 67 each of the three databases states it."""
    codes = ("MAIN",) if version.single_database else ("MAIN", "FINANCE", "MEDIA")
    for code in codes:
        book.add("SynDatabases", SynDatabasesSeq=book.sequence("SynDatabases"), Code=code, VersionNumber=str(version))


def _add_photos(book: Book, facts: SchoolFacts, calendar: Calendar, photos: int | None) -> None:
    """Write photos: last year's of some people too, three that are not JPEG, one of no known type, one of nobody."""
    people = sorted([*facts.students, *facts.staff])
    wanted = min(len(people), _MOST_PHOTOS if photos is None else photos)
    with_photo = people[:: max(1, len(people) // wanted)][:wanted] if wanted else []
    year = calendar.period.year
    for number, person in enumerate(with_photo):
        if number == len(_ODD_FORMATS):
            _add_photo(book, person, year, calendar.day(-30), UNKNOWN_PHOTO)
            facts.example("unknown_photo", person)
            continue
        image_format: Format = _ODD_FORMATS[number] if number < len(_ODD_FORMATS) else "JPEG"
        if number % 4 == 0:
            _add_photo(book, person, year - 1, calendar.day(-400), portrait(person, turn=1))
            facts.example("two_photos", person)
        # Two rows in one year: the one changed last counts.
        if number % 9 == 0:
            _add_photo(book, person, year, calendar.day(-60), portrait(person, turn=2))
        _add_photo(book, person, year, calendar.day(-30), portrait(person, image_format=image_format))
        facts.photos.append(person)
    if wanted:
        _add_photo(book, _NOBODY, year, calendar.day(-30), portrait(_NOBODY))


def _add_photo(book: Book, person: int, year: int, modified: str, content: bytes) -> None:
    # Not even the type is reliable: bulk loads leave it empty.
    book.add("Photos", ID=person, FileYear=year, ModifiedDate=modified, PhotoType="JPG" if person % 3 else "", Photo=content)
