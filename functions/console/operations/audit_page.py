"""The audit trail: who did what, when, and what it was before and is since."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Annotated
from zoneinfo import ZoneInfo

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from functions.console.web.pages import Answer, Pages
from functions.console.web.paging import PageNumber, paged
from functions.console.web.sheets import as_file
from functions.console.web.wording import local_time
from functions.runtime.wiring import audit_trail, settings
from functions.store.audit import AuditEntry

pages = Pages()
_SHOWN = 100
Month = Annotated[str, Query(pattern=r"^((19|20)\d{2}-(0[1-9]|1[0-2]))?$", description="Such as 2026-11; this month if empty.")]


class Audit(BaseModel):
    """A page of a month's trail, newest first.

    Attributes:
        month: Which month, by the school's clock.
        told: The same in words.
        before: The month before.
        after: The month after; empty if that is still to come.
    """

    month: str
    told: str
    before: str
    after: str
    deeds: list[AuditEntry]
    total: int
    page: int
    pages: int


@pages.page("/audit", "audit.html.j2", role="owner")
def show_audit(month: Month = "", page: PageNumber = 1) -> Audit:
    """Show who did what in a month."""
    month = month or _this_month()
    part = paged(range(audit_trail().count(*_span(month))), page, size=_SHOWN)
    first, after = (part.page - 1) * _SHOWN, _moved(month, 1)
    return Audit(
        month=month,
        told=f"{_first(month):%B %Y}",
        before=_moved(month, -1),
        after=after if after <= _this_month() else "",
        deeds=list(islice(_deeds(month), first, first + _SHOWN)),
        total=part.total,
        page=part.page,
        pages=part.pages,
    )


@pages.file("/audit/download", role="owner")
def download_audit(month: Month = "") -> Answer:
    """Download a month's trail as CSV."""
    month = month or _this_month()
    head = ["When", "Time (UTC)", "Who", "What", "To", "Before", "After", "Request"]
    rows = [
        [local_time(one.at), one.at, one.who, one.what, one.to, one.before, one.after, one.manifest] for one in _deeds(month)
    ]
    file = as_file([head, *rows], f"audit-{month}", "csv", headers=pages.current_event.headers)
    audit_trail().note(AuditEntry(who=pages.visit().who, what="download", to=f"audit trail of {month}"))
    return file


def _deeds(month: str) -> Iterator[AuditEntry]:
    return audit_trail().between(*_span(month))


def _span(month: str) -> tuple[datetime, datetime]:
    return _first(month), _first(_moved(month, 1))


def _zone() -> ZoneInfo:
    return ZoneInfo(settings().time_zone)


def _this_month() -> str:
    return f"{datetime.now(_zone()):%Y-%m}"


def _first(month: str) -> datetime:
    year, number = month.split("-")
    return datetime(int(year), int(number), 1, tzinfo=_zone())


def _moved(month: str, by: int) -> str:
    year, number = month.split("-")
    moved = int(year) * 12 + int(number) - 1 + by
    return f"{moved // 12:04d}-{moved % 12 + 1:02d}"
