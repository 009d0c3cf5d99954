"""Upload: students, staff or groups by spreadsheet. Read, mapped, checked row by row, looked at, and then confirmed."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Form, Path, Query
from pydantic import BaseModel

from functions.console.manual import sending
from functions.console.manual.checking import Checked, Numbered, Outcome
from functions.console.manual.columns import COLUMNS, NONE, fields_of, missing, repeated, titles_in, to_remember
from functions.console.manual.drafts import UploadDraft
from functions.console.web import drafts
from functions.console.web.addresses import PLURALS
from functions.console.web.drafts import DRAFT
from functions.console.web.pages import Answer, Done, FormKey, Pages
from functions.console.web.sent_files import Sheet, content_of, too_large
from functions.console.web.sheets import Format, as_file, as_meant
from functions.console.web.wording import how_many
from functions.operoo.errors import RefusedFileError
from functions.operoo.import_rows import TITLES
from functions.operoo.spreadsheets import sheet_of
from functions.runtime.wiring import audit_trail, known_columns, settings
from functions.store.audit import AuditEntry
from shared.errors import IntegrationError
from shared.owners import Kind

pages = Pages()
Name = Annotated[str, Path(pattern=DRAFT)]
_MOST_TEXT = 16_000_000
_SHOWN, _SAMPLES, _LONGEST_SAMPLE = 50, 3, 60


class KnownColumn(BaseModel):
    """A column that an upload may have."""

    field: str
    title: str
    operoo: bool


class Upload(BaseModel):
    """The page on which a file is chosen."""

    megabytes: float
    rows: int
    titles: dict[Kind, list[str]]
    columns: dict[Kind, list[KnownColumn]]


class FileColumn(BaseModel):
    """A column of a file, with what stands in its first rows, and which field it is (`-` is none)."""

    title: str
    samples: list[str]
    field: str


class Check(BaseModel):
    """What a file would do.

    Attributes:
        missing: Titles of columns without which no row can be read.
        repeated: Fields that several columns are said to be.
        seen: What stands for what is shown; empty if nothing is to be done.
        done: What was said when it was confirmed; empty until then.
    """

    draft: str
    kind: Kind
    place: str
    columns: list[FileColumn]
    fields: list[KnownColumn]
    missing: list[str]
    repeated: list[str]
    counts: dict[Literal["creates", "updates", "unchanged", "rejected"], int]
    rejected: list[Checked]
    warned: list[Checked]
    warnings: int
    names: list[str]
    mails: int
    groups_made: int
    groups_joined: int
    seen: str
    done: str


class NothingToBringError(IntegrationError):
    """Something was confirmed that would change nothing."""

    code = "nothing-to-bring"


@pages.page("/upload", "upload.html.j2", role="administrator")
def choose_file() -> Upload:
    """Ask for a spreadsheet of students, staff or groups."""
    return Upload(
        megabytes=settings().upload_megabytes,
        rows=settings().upload_rows,
        titles={kind: list(TITLES[kind]) for kind in COLUMNS},
        columns={kind: _columns(kind) for kind in COLUMNS},
    )


@pages.action("/upload", role="administrator")
def upload(
    kind: Annotated[Kind, Form()],
    forms: FormKey,  # noqa: ARG001 - checked before
    file: Sheet,
) -> Done:
    """Read a spreadsheet; nothing is changed yet.

    Raises:
        NoFileError: There is none.
        RefusedFileError: It is too large, or no spreadsheet that we read.
    """
    found = _rows(content_of(file, megabytes=settings().upload_megabytes))
    titles, *rows = found[titles_in(kind, [row for _, row in found], known_columns().of(kind)) :]
    width = max(len(titles[1]), *(len(row) for _, row in rows))
    shown = [*titles[1], *[""] * (width - len(titles[1]))]
    draft = UploadDraft(
        kind=kind,
        titles=shown,
        fields=fields_of(kind, shown, known_columns().of(kind)),
        numbers=[number for number, _ in rows],
        rows=[[*row, *[""] * (width - len(row))] for _, row in rows],
    )
    above = f" The titles of its columns are taken from row {titles[0]}." if titles is not found[0] else ""
    said = f"The file was read. Rows: {len(rows)}.{above} Nothing is changed yet."
    return Done(said=said, see=f"/upload/{drafts.begin(draft)}")


@pages.file("/upload/template", role="administrator")
def template(kind: Kind, form: Annotated[Format, Query(alias="format")] = "xlsx") -> Answer:
    """Give a spreadsheet with the columns of Operoo's own import, and no rows."""
    return as_file([TITLES[kind]], f"{PLURALS[kind]}-template", form, headers=pages.current_event.headers)


@pages.page("/upload/<name>", "upload_check.html.j2", role="administrator")
def check(name: Name) -> Check:
    """Show what a file would do."""
    draft = drafts.find(UploadDraft, name)
    outcome = _outcome(draft)
    warned = [row for row in outcome.rows if row.warnings and row.effect != "rejected"]
    return Check(
        draft=name,
        kind=draft.kind,
        place=PLURALS[draft.kind],
        columns=[_column(draft, place) for place in range(len(draft.titles))],
        fields=_columns(draft.kind),
        missing=missing(draft.kind, draft.fields),
        repeated=repeated(draft.fields),
        counts={
            "creates": outcome.count("creates"),
            "updates": outcome.count("updates"),
            "unchanged": outcome.count("unchanged"),
            "rejected": outcome.count("rejected"),
        },
        rejected=[row for row in outcome.rows if row.effect == "rejected"][:_SHOWN],
        warned=warned[:_SHOWN],
        warnings=len(warned),
        names=[row.name for row in outcome.rows if row.effect == "creates"][:_SHOWN],
        mails=len(outcome.asked),
        groups_made=outcome.groups_made,
        groups_joined=outcome.groups_joined,
        seen=sending.seen(outcome.given) if outcome.given and not draft.done else "",
        done=draft.done,
    )


@pages.action("/upload/<name>/columns", role="administrator")
def say_columns(
    name: Name,
    fields: Annotated[list[str], Form(description="The field of each column in order; `-` for none.")],
    forms: FormKey,  # noqa: ARG001 - checked before
) -> Done:
    """Say which field each column is; that is remembered for the next file with such a title."""
    draft = drafts.find_open(UploadDraft, name)
    allowed = {column.field for column in COLUMNS[draft.kind]}
    given = [field if field in allowed else NONE for field in fields][: len(draft.titles)]
    given += [NONE] * (len(draft.titles) - len(given))
    deed = AuditEntry(who=pages.visit().who, what="columns", to=f"spreadsheets of {PLURALS[draft.kind]}")
    # A file without titles has somebody's data in their place, so only our own words for them are noted.
    audit_trail().note(deed.model_copy(update={"before": ", ".join(draft.fields), "after": ", ".join(given)}))
    drafts.keep(name, draft.model_copy(update={"fields": given}))
    known_columns().remember(draft.kind, to_remember(draft.titles, given))
    return Done(said="The columns are remembered for the next file.", see=f"/upload/{name}")


@pages.file("/upload/<name>/rejected", role="administrator")
def rejected(name: Name, form: Annotated[Format, Query(alias="format")] = "xlsx") -> Answer:
    """Give the rejected rows as they came, each with the reasons."""
    draft = drafts.find(UploadDraft, name)
    reasons = {row.row: " ".join(row.reasons) for row in _outcome(draft).rows if row.effect == "rejected"}
    numbered = zip(draft.numbers, draft.rows, strict=True)
    rows = [[*cells, reasons[number]] for number, cells in numbered if number in reasons]
    file = as_file(
        [[*draft.titles, "Why it was rejected"], *rows],
        f"{PLURALS[draft.kind]}-rejected",
        form,
        headers=pages.current_event.headers,
    )
    audit_trail().note(AuditEntry(who=pages.visit().who, what="download", to=f"rejected rows of upload {name}"))
    return file


@pages.action("/upload/<name>", role="administrator")
def confirm(
    name: Name,
    seen: Annotated[str, Form()],
    forms: FormKey,  # noqa: ARG001 - checked before
    select: Annotated[Literal["yes", ""], Form(description="Also select what is brought.")] = "",
) -> Done:
    """Bring the rows that can be taken to the staging area.

    Raises:
        NothingToBringError: There are none.
        ChangedSinceError: Something else would be done than was shown.
        DoneAlreadyError: It was done before.
    """
    draft = drafts.find_open(UploadDraft, name)
    given = _outcome(draft).given
    if not given:
        raise NothingToBringError("There is nothing to bring.", remedy="Correct the rejected rows and upload the file again.")
    sending.require_seen(given, seen)
    sending.bring(given, "upload", who=pages.visit().who, select=select == "yes")
    people = sum(one.kind == draft.kind for one in given)
    what = how_many(people, draft.kind) if people else how_many(len(given), "group")
    said = f"Uploaded: {what}. The list has it within a minute."
    drafts.keep(name, draft.model_copy(update={"done": said}))
    return Done(said=said, see=f"/{PLURALS[draft.kind]}?show=manual")


def _rows(content: bytes) -> list[tuple[int, tuple[str, ...]]]:
    most = settings().upload_rows
    rows = [(number, tuple(map(as_meant, row))) for number, row in sheet_of(content).rows]
    if len(rows) < 2:  # noqa: PLR2004 - the titles, and a row
        raise RefusedFileError(
            "The file has no rows.",
            remedy="Its first row holds the titles of the columns; people come below.",
            code="spreadsheet-empty",
        )
    if len(rows) - 1 > most:
        raise too_large(f"it has {len(rows) - 1:,} rows, more than {most:,}")
    if sum(len(cell) for _, row in rows for cell in row) > _MOST_TEXT:
        raise too_large("there is too much text in it")
    return rows


def _outcome(draft: UploadDraft) -> Outcome:
    if missing(draft.kind, draft.fields) or repeated(draft.fields):
        return Outcome()
    rows = [Numbered(number, _cells(draft.fields, row)) for number, row in zip(draft.numbers, draft.rows, strict=True)]
    return sending.checker().check(draft.kind, rows)


def _cells(fields: list[str], row: list[str]) -> dict[str, list[str]]:
    cells: dict[str, list[str]] = {}
    for field, text in zip(fields, row, strict=True):
        if field != NONE:
            # Also an empty cell says something: only a column that is not there does not.
            cells.setdefault(field, []).extend([text] if text else [])
    return cells


def _column(draft: UploadDraft, place: int) -> FileColumn:
    samples = [row[place][:_LONGEST_SAMPLE] for row in draft.rows if row[place]][:_SAMPLES]
    return FileColumn(title=draft.titles[place], samples=samples, field=draft.fields[place])


def _columns(kind: Kind) -> list[KnownColumn]:
    return [KnownColumn(field=one.field, title=one.title, operoo=one.operoo) for one in COLUMNS[kind]]
