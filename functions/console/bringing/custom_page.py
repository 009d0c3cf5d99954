"""Custom: groups and people that Synergetic does not have. They live beside the synchronised ones, and no run changes them."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Form
from pydantic import BaseModel

from functions.console.bringing import sending
from functions.console.bringing.brought import require_brought
from functions.console.bringing.known import Known
from functions.console.people.explaining import state_of
from functions.console.people.finding import folded
from functions.console.web.pages import Done, FormKey, Pages
from functions.records.listed import Line
from functions.runtime.wiring import lists
from shared.owners import KINDS, Kind, is_manual, number_of

pages = Pages()


class Double(BaseModel):
    """Somebody of Synergetic's who may be the same."""

    id: str
    name: str


class CustomRow(BaseModel):
    """What a person brought.

    Attributes:
        number: By which people know it; nothing for a group.
        origin: `upload` or `custom`.
        size: How many members a group has.
        doubles: Whom of Synergetic's it may be.
    """

    id: str
    number: str
    name: str
    origin: str
    size: int
    selected: bool
    by_rule: bool
    cloud: bool
    state: str
    why: str
    doubles: list[Double]


class Custom(BaseModel):
    """Everything that people brought, by kind."""

    rows: dict[Kind, list[CustomRow]]


@pages.page("/custom", "custom.html.j2", role="administrator")
def custom() -> Custom:
    """Show what people brought, and what of it Synergetic has too."""
    lines = {kind: lists().all(kind) for kind in KINDS}
    there = Known(lines, staff_by_code=False)
    return Custom(rows={kind: [_row(there, kind, line) for line in _brought(lines[kind])] for kind in KINDS})


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


def _brought(lines: list[Line]) -> list[Line]:
    return sorted((line for line in lines if line.present and is_manual(line.id)), key=lambda line: folded(line.name))


def _row(there: Known, kind: Kind, line: Line) -> CustomRow:
    return CustomRow(
        id=line.id,
        number="" if kind == "group" else number_of(line.id),
        name=line.name,
        origin=line.origin,
        size=line.size,
        selected=line.selected,
        by_rule=line.choice is None and bool(line.rule),
        cloud=line.link == "linked",
        state=state_of(line),
        why=line.problem,
        doubles=[Double(id=one.id, name=one.name) for one in there.doubles(kind, line)],
    )
