"""Long lists, a page at a time: whatever the size of the school, a page is as quick to make and to load."""

from collections.abc import Sequence
from typing import Annotated, Generic, NamedTuple, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Query

PAGE = 50
PageNumber = Annotated[int, Query(ge=1, le=100_000, description="Which page; behind the last one that is meant.")]
One = TypeVar("One")


class Paged(NamedTuple, Generic[One]):
    """A page of a list.

    Attributes:
        shown: What is on it.
        page: Which it is, from 1.
        pages: How many there are, at least one.
        total: How many there are on all pages.
    """

    shown: Sequence[One]
    page: int
    pages: int
    total: int


def paged(everything: Sequence[One], wanted: int, *, size: int = PAGE) -> Paged[One]:
    """Return the page that was asked for, or the last one there is."""
    pages = max(1, -(-len(everything) // size))
    page = min(wanted, pages)
    return Paged(everything[(page - 1) * size : page * size], page, pages, len(everything))
