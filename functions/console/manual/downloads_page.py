"""Download: spreadsheets for Operoo's own imports, for schools whose Operoo is not reached by its interface."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from functions.console.web.addresses import PLURALS
from functions.console.web.pages import Answer, Pages
from functions.console.web.sheets import Format, as_file
from functions.operoo.import_rows import TITLES, group_rows, staff_rows, student_rows, told_apart
from functions.operoo.mapping import needs_email
from functions.operoo.spreadsheets import LONGEST_CELL
from functions.records.list_lines import Line
from functions.records.mailboxes import asking
from functions.runtime.wiring import audit_trail, lists, records_table, settings
from functions.store.audit import AuditEntry
from shared.errors import IntegrationError
from shared.owners import KINDS, Kind
from shared.records import Group, Staff, Student

pages = Pages()
Scope = Literal["selected", "all"]
SomeRecord = TypeVar("SomeRecord", Student, Staff)


class Part(BaseModel):
    """What the file of a kind would hold.

    Attributes:
        titles: The columns.
        rows: How many rows, by scope.
        left_out: How many people have nobody who could be asked by e-mail, by scope: they have no row.
    """

    titles: list[str]
    rows: dict[Scope, int]
    left_out: dict[Scope, int]


class Download(BaseModel):
    """The page on which a file is chosen."""

    parts: dict[Kind, Part]


class CellTooLongError(IntegrationError):
    """What belongs into one cell is longer than a workbook can hold: cut off, it would name others, or nobody."""

    code = "cell-too-long"


@pages.page("/download", "download.html.j2", role="administrator")
def choose_file() -> Download:
    """Show what can be downloaded."""
    return Download(parts={kind: _part(kind) for kind in KINDS})


@pages.file("/download/file", role="administrator")
def download(kind: Kind, scope: Scope = "selected", form: Annotated[Format, Query(alias="format")] = "xlsx") -> Answer:
    """Give students, staff or groups as Operoo's import takes them.

    Raises:
        CellTooLongError: A workbook cannot hold them.
    """
    operoo = settings().operoo_settings
    groups = _groups(scope)
    rows: list[tuple[str, ...]]
    if kind == "student":
        rows = student_rows(_records(Student, kind, scope), groups, operoo)
    elif kind == "staff":
        rows = staff_rows(_records(Staff, kind, scope), groups, operoo)
    else:
        rows = group_rows(groups, _records(Student, "student", scope), _records(Staff, "staff", scope), operoo)
    if form == "xlsx" and any(len(cell) > LONGEST_CELL for row in rows for cell in row):
        raise CellTooLongError(
            "A group has so many people that their numbers do not fit into a cell of an Excel file. No file was made.",
            remedy="Go back and take CSV.",
        )
    file = as_file([TITLES[kind], *rows], f"operoo-{PLURALS[kind]}", form, headers=pages.current_event.headers)
    audit_trail().note(AuditEntry(who=pages.visit().who, what="download", to=f"{PLURALS[kind]}, {scope}, {len(rows)} rows"))
    return file


def _part(kind: Kind) -> Part:
    operoo = settings().operoo_settings
    asked, asks = asking(operoo.contacts), needs_email(kind, operoo)
    lines = [line for line in lists().all(kind) if line.present]
    scoped: dict[Scope, list[Line]] = {"selected": [line for line in lines if line.selected], "all": lines}
    left_out: dict[Scope, int] = {scope: sum(asks and not asked(line) for line in some) for scope, some in scoped.items()}
    rows: dict[Scope, int] = {scope: len(some) - left_out[scope] for scope, some in scoped.items()}
    return Part(titles=list(TITLES[kind]), rows=rows, left_out=left_out)


def _groups(scope: Scope) -> list[Group]:
    """Return groups, each by the name that it has whichever others are selected."""
    staged = [one for one in records_table().all("group") if one.present and one.content]
    named = told_apart([Group.model_validate_json(one.content) for one in staged])
    return [group for one, group in zip(staged, named, strict=True) if scope == "all" or one.selected]


def _records(model: type[SomeRecord], kind: Kind, scope: Scope) -> Iterator[SomeRecord]:
    """Yield whole records. It reads the kind, which takes seconds in a large school: it is done once, for a file."""
    for staged in records_table().all(kind):
        if staged.present and staged.content and (scope == "all" or staged.selected):
            yield model.model_validate_json(staged.content)
