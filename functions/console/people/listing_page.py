"""Students, staff and groups: the staging area as lists."""

from typing import Annotated
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from functions.console.people.finding import Filter, find
from functions.console.people.listing import Row, first_since, row_of
from functions.console.web.addresses import SINGULARS, Plural
from functions.console.web.pages import Pages
from functions.runtime.wiring import lists

pages = Pages()


class Listing(BaseModel):
    """A page of a list.

    Attributes:
        filter: What was asked for.
        query: The same as an address says it, without the page.
        filter_query: The same without the order too.
        facets: What can be filtered by: values, and how many have them.
        totals: How many of all there are, are selected, and are synchronised; and how many are gone from Synergetic and still
            have the cloud icon.
    """

    kind: Plural
    filter: Filter
    query: str
    filter_query: str
    rows: list[Row]
    total: int
    pages: int
    facets: dict[str, dict[str, int]]
    totals: dict[str, int]


@pages.page("/<kind>", "records.html.j2")
def show(kind: Plural, wanted: Annotated[Filter, Query()]) -> Listing:
    """Show a page of students, staff or groups."""
    lines = lists().all(SINGULARS[kind])
    found = find(lines, wanted, since=first_since(wanted))
    present = [line for line in lines if line.present]
    return Listing(
        kind=kind,
        filter=wanted,
        query=urlencode(wanted.model_dump(exclude_defaults=True, exclude={"page"})),
        filter_query=urlencode(wanted.chosen()),
        rows=[row_of(line) for line in found.lines],
        total=found.total,
        pages=found.pages,
        facets=found.facets,
        totals={
            "present": len(present),
            "selected": sum(line.selected for line in present),
            "synchronised": sum(line.link == "linked" for line in present),
            "gone": sum(line.link == "linked" for line in lines if not line.present),
        },
    )
