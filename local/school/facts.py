"""What is known of a sample school from having made it, so that demo and tests need not ask the database what to expect."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from shared.manifests import Period

_LAST_MONTH_OF_FIRST_SEMESTER = 6


@dataclass(frozen=True)
class Calendar:
    """The school's day: what is current, and how dates are written."""

    today: date

    @property
    def period(self) -> Period:
        """The current year and semester."""
        return Period(year=self.today.year, semester=1 if self.today.month <= _LAST_MONTH_OF_FIRST_SEMESTER else 2)

    def day(self, days: int = 0) -> str:
        """Return the day so many days from today, at midnight."""
        return written(self.today + timedelta(days=days))

    def semester(self, year: int, semester: int) -> tuple[date, date]:
        """Return the first and last day of a semester; the current one always reaches from before today to after it."""
        first, last = (date(year, 1, 28), date(year, 6, 26)) if semester == 1 else (date(year, 7, 14), date(year, 12, 11))
        if (year, semester) == (self.period.year, self.period.semester):
            return min(first, self.today - timedelta(days=20)), max(last, self.today + timedelta(days=45))
        return first, last


def written(day: date) -> str:
    """Return a day as the file holds it."""
    return f"{day.isoformat()} 00:00:00"


@dataclass
class SchoolFacts:
    """Counts, and who is an example of what.

    Attributes:
        students: Current students.
        staff: Active staff.
        leavers: Students of this year who have left and are still in its lists.
        on_leave: Current students on leave of absence.
        future: Students enrolled for later, or whose status has no meaning.
        photos: People with a photo of a known type.
        families: Current students by the kind of family they come from (`local.school.families.PLANS`).
        examples: A person by what they are an example of.
        groups: A group's identifier by what it is an example of.
    """

    period: Period
    version: str
    students: list[int] = field(default_factory=list)
    staff: list[int] = field(default_factory=list)
    leavers: list[int] = field(default_factory=list)
    on_leave: list[int] = field(default_factory=list)
    future: list[int] = field(default_factory=list)
    photos: list[int] = field(default_factory=list)
    families: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    examples: dict[str, int] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)

    def example(self, name: str, identifier: int) -> None:
        """Keep the first example of something."""
        self.examples.setdefault(name, identifier)
