"""Medical: what waits for a person. For the role `medical` alone."""

from collections import Counter
from typing import get_args

from pydantic import BaseModel

from functions.console.medical.possible import reads
from functions.console.medical.reading import Who, cases_of, students
from functions.console.people.finding import sorting
from functions.console.web.pages import Pages
from functions.console.web.paging import PageNumber, paged
from functions.records.case import MedicalCase
from functions.records.chosen_settings import MedicalUpdates
from functions.records.ledger import Entry, Work
from functions.runtime.wiring import ledger_table, settings
from shared.synergetic.plain_words import TABLE_WORDS

pages = Pages()
WORKS: tuple[Work, ...] = get_args(Work)


class Waiting(BaseModel):
    """A student on a list.

    Attributes:
        items: What there is to decide: how many of which kind of thing, such as allergies.
    """

    student: Who
    version: int
    purpose: str
    since: str
    outcome: str
    code: str
    parked: dict[str, int]
    left: int
    items: dict[str, int] = {}


class Medical(BaseModel):
    """What waits.

    Attributes:
        updates: `off`, `automatic` or `review`.
        reads: A student can be read from Operoo by itself.
        counts: How many students are on each list.
    """

    updates: MedicalUpdates
    reads: bool
    work: Work
    counts: dict[Work, int]
    rows: list[Waiting]
    page: int
    pages: int


@pages.page("/medical", "medical.html.j2", role="medical")
def overview(work: Work = "review", page: PageNumber = 1) -> Medical:
    """Show which students wait for what."""
    waiting = list(ledger_table().waiting(work))
    who = students(waiting)
    part = paged(sorted(waiting, key=lambda one: (sorting(who[one].name), one)), page)
    entries = ledger_table().entries(part.shown)
    cases = {case.student: case for case in cases_of(entries.values())} if work == "review" else {}
    return Medical(
        updates=settings().medical_updates,
        reads=reads(),
        work=work,
        counts={one: len(waiting) if one == work else ledger_table().count_waiting(one) for one in WORKS},
        rows=[_waiting(who[one], entries[one], cases.get(one)) for one in part.shown if one in entries],
        page=part.page,
        pages=part.pages,
    )


def _waiting(who: Who, entry: Entry, case: MedicalCase | None) -> Waiting:
    new = [item for item in case.items if not item.rejected] if case else []
    return Waiting(
        student=who,
        version=entry.version,
        purpose=entry.purpose,
        since=entry.sent_at if entry.state == "asked" else entry.answered_at,
        outcome=entry.outcome,
        code=entry.code,
        parked=entry.parked,
        left=entry.left,
        items=Counter(TABLE_WORDS[item.row.table] for item in new if item.row.table in TABLE_WORDS),
    )
