"""Medical: what waits for a person. For the role `medical` alone."""

from collections import Counter
from typing import Annotated, Literal, get_args

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from functions.console.medical.reading import Who, cases_of, students
from functions.console.web.pages import Pages
from functions.records.case import MedicalCase
from functions.records.ledger import Entry, Work
from functions.runtime.wiring import ledger_table, settings
from shared.synergetic.plain_words import TABLE_WORDS

pages = Pages()
WORKS: tuple[Work, ...] = get_args(Work)
_PAGE = 50


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
        counts: How many students are on each list.
    """

    updates: Literal["off", "automatic", "review"]
    work: Work
    counts: dict[Work, int]
    rows: list[Waiting]
    page: int
    pages: int


@pages.page("/medical", "medical.html.j2", role="medical")
def overview(work: Work = "review", page: Annotated[int, Query(ge=1, le=100_000)] = 1) -> Medical:
    """Show which students wait for what."""
    waiting = {one: list(ledger_table().waiting(one)) for one in WORKS}
    who = students(waiting[work])
    ordered = sorted(waiting[work], key=lambda one: (who[one].name.casefold(), one))
    number = max(1, -(-len(ordered) // _PAGE))
    at = (min(page, number) - 1) * _PAGE
    entries = ledger_table().entries(ordered[at : at + _PAGE])
    cases = {case.student: case for case in cases_of(entries.values())} if work == "review" else {}
    return Medical(
        updates=settings().medical_updates,
        work=work,
        counts={one: len(found) for one, found in waiting.items()},
        rows=[_waiting(who[one], entries[one], cases.get(one)) for one in ordered[at : at + _PAGE] if one in entries],
        page=min(page, number),
        pages=number,
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
