"""Runs: what was read and asked for, what each planned, and what was refused."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from functions.console.operations.histories import ACTIONS, ORDER, PlannedView, RunView, hold_of, in_order, plan_view, run_view
from functions.console.web.addresses import from_segment, segment
from functions.console.web.pages import Answer, Pages
from functions.console.web.paging import PageNumber, paged
from functions.console.web.sheets import as_file
from functions.console.web.wording import local_time
from functions.records.list_lines import Line
from functions.records.runs import Run
from functions.runtime.wiring import audit_trail, holds, lists, plans, runs_table
from functions.store.audit import AuditEntry
from shared.owners import KINDS, Kind

pages = Pages()
_RUNS = 30
Shown = Literal["", "create", "update", "archive", "unlink", "skip"]
After = Annotated[str, Query(pattern=r"^(\d{4}-[0-9T:+.-]{6,40}Z? .{1,300})?$", description="As `after` of the page before.")]


class History(BaseModel):
    """A page of the history, newest first.

    Attributes:
        first: Whether this is its first page.
        after: What the next page is asked for with; empty if this is the last.
        parked: How many records have a problem now.
    """

    runs: list[RunView]
    first: bool
    after: str
    parked: int


class OneRun(BaseModel):
    """One run with its plan.

    Attributes:
        shown: Only the lines with this action.
        actions: How many lines have which action.
        holds: The holds that lines of the plan wait in, with how many of each wait still; none once it is decided.
    """

    run: RunView
    shown: Shown
    actions: dict[str, int]
    words: dict[str, str]
    lines: list[PlannedView]
    total: int
    page: int
    pages: int
    holds: dict[str, int]
    place: str


@pages.page("/runs", "runs.html.j2")
def show_runs(after: After = "") -> History:
    """Show what was read and asked for."""
    found = runs_table().history(_RUNS, after=after)
    parked = sum(line.work == "parked" for kind in KINDS for line in lists().all(kind))
    return History(runs=[run_view(run) for run in found.runs], first=not after, after=found.after, parked=parked)


@pages.page("/runs/<run>", "run.html.j2")
def show_run(run: str, show: Shown = "", page: PageNumber = 1) -> OneRun:
    """Show one run: what was planned, why, and what became of it."""
    found = _found(run)
    plan = plans().get(found.run)
    lines = _lines({line.kind for line in plan})
    part = paged(in_order([line for line in plan if not show or line.action == show], lines), page)
    return OneRun(
        run=run_view(found),
        shown=show,
        actions={name: count for name in ORDER if (count := sum(line.action == name for line in plan))},
        words=ACTIONS,
        lines=plan_view(part.shown, lines),
        total=part.total,
        page=part.page,
        pages=part.pages,
        holds={hold: _waiting(hold) for hold in sorted(set(map(hold_of, plan))) if hold},
        place=f"/runs/{segment(found.run)}",
    )


@pages.file("/runs/<run>/plan")
def download_plan(run: str) -> Answer:
    """Download a run's plan as CSV."""
    found = _found(run)
    plan = plans().get(found.run)
    head = ["Kind", "Number", "Name", "What would be done", "Why", "Code"]
    lines = _lines({line.kind for line in plan})
    told = plan_view(in_order(plan, lines), lines)
    rows = [[one.kind, one.id, one.name, one.does, one.why, one.reason] for one in told]
    file = as_file([head, *rows], f"plan-{local_time(found.at).translate(_PLAIN)}", "csv", headers=pages.current_event.headers)
    audit_trail().note(AuditEntry(who=pages.visit().who, what="download", to=f"plan of {found.run}"))
    return file


def _waiting(hold: str) -> int:
    found = holds().get(hold)
    return len(found.records) if found is not None and found.state == "open" else 0


_PLAIN = str.maketrans({" ": "-", ",": None, ":": None})


def _found(run: str) -> Run:
    found = runs_table().run(from_segment(run))
    if found is None:
        raise NotFoundError
    return found


def _lines(kinds: set[Kind]) -> dict[tuple[Kind, str], Line]:
    return {(kind, line.id): line for kind in sorted(kinds) for line in lists().all(kind)}
