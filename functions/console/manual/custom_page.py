"""Custom: groups and people that Synergetic does not have. They live beside the synchronised ones, and no run changes them."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Form, Query
from pydantic import BaseModel

from functions.console.manual import sending
from functions.console.manual.known import Known
from functions.console.manual.manual_only import require_brought
from functions.console.people.finding import Filter, matching, sorting
from functions.console.people.listing import Row, row_of
from functions.console.web.pages import Done, FormKey, Pages
from functions.records.list_lines import Line
from functions.runtime.wiring import lists
from shared.owners import KINDS, Kind, number_of

pages = Pages()
_SHOWN = 100


class Double(BaseModel):
    """Somebody of Synergetic's who may be the same."""

    id: str
    name: str


class CustomRow(Row):
    """What a person brought.

    Attributes:
        number: By which people know it; nothing for a group.
        doubles: Whom of Synergetic's it may be.
    """

    number: str
    doubles: list[Double]


class Custom(BaseModel):
    """What people brought, by kind.

    Attributes:
        q: What was looked for; nothing for everything.
        rows: Those that Synergetic may have too, then the others by name; the first of them.
        totals: How many there are.
    """

    q: str
    rows: dict[Kind, list[CustomRow]]
    totals: dict[Kind, int]


@pages.page("/custom", "custom.html.j2", role="administrator")
def custom(q: Annotated[str, Query(max_length=100)] = "") -> Custom:
    """Show what people brought, and what of it Synergetic has too."""
    lines = {kind: lists().all(kind) for kind in KINDS}
    there = Known(lines, staff_by_code=False)
    brought = {kind: _brought(there, kind, matching(lines[kind], Filter(q=q, show="manual"))) for kind in KINDS}
    return Custom(
        q=q,
        rows={kind: [_row(there, kind, line) for line in some[:_SHOWN]] for kind, some in brought.items()},
        totals={kind: len(some) for kind, some in brought.items()},
    )


@pages.action("/custom/remove", role="administrator")
def remove(
    kind: Annotated[Kind, Form()],
    record: Annotated[str, Form(max_length=200)],
    forms: FormKey,  # noqa: ARG001 - checked before
) -> Done:
    """Take away what a person brought.

    Raises:
        NotBroughtError: Nobody brought it, or it is gone already.
    """
    line = require_brought(kind, record)
    sending.remove({kind: [line.id]}, who=pages.visit().who)
    return Done(said=f"Removed: {line.name}. Operoo follows within a minute or two.", see="/custom")


def _brought(there: Known, kind: Kind, lines: list[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (not there.doubles(kind, line), sorting(line.name), line.id))


def _row(there: Known, kind: Kind, line: Line) -> CustomRow:
    return CustomRow(
        **row_of(line).model_dump(),
        number="" if kind == "group" else number_of(line.id),
        doubles=[Double(id=one.id, name=one.name) for one in there.doubles(kind, line)],
    )
