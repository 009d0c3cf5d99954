"""Takes in a spreadsheet of medical details that Operoo exported: read, looked at, and then confirmed. For `medical` alone."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import BaseModel

from functions.console.asking import ask
from functions.console.medical.possible import require_on
from functions.console.web import drafts
from functions.console.web.drafts import DRAFT, Draft
from functions.console.web.pages import Done, FormKey, Pages
from functions.console.web.sent_files import Sheet, content_of
from functions.operoo.errors import RefusedFileError
from functions.operoo.medical_file import MedicalFile, read_medical_file
from functions.operoo.medical_targets import STUDENT
from functions.records.chosen_settings import MedicalUpdates
from functions.runtime.wiring import exchange, lists, settings
from functions.store.audit import AuditEntry
from shared.manifests import MedicalManifest
from shared.wording import counted

pages = Pages()
Name = Annotated[str, Path(pattern=DRAFT)]


class MedicalUpload(BaseModel):
    """The page on which the file is chosen.

    Attributes:
        student: The title of the column with the students' numbers.
        columns: The titles of all others that are read.
    """

    megabytes: float
    off: bool
    student: str
    columns: list[str]


class MedicalContents(BaseModel):
    """What is in a file, by numbers and without a word of what it states.

    Attributes:
        students: How many students it is about who are synchronised: these are read.
        others: How many it is about who are known here, but not synchronised.
        unknown: How many numbers it has that no student has.
        unnumbered: How many of its rows are not of a student: they have no number, or a report's own words in its place.
        unread: How many things it states of those who are read that cannot be understood, and are left out.
        unused: Titles of its columns that nothing is read from.
    """

    students: int
    others: int
    unknown: int
    unnumbered: int
    unread: int
    unused: list[str]


class MedicalDraft(Draft):
    """A file that somebody uploaded. `file` is where it lies."""

    file: str
    contents: MedicalContents


class MedicalCheck(BaseModel):
    """What a file would do, for a person to confirm.

    Attributes:
        updates: `automatic` writes what differs; in `review` a person decides; `off` does nothing.
        done: What was said when it was confirmed; empty until then.
    """

    draft: str
    updates: MedicalUpdates
    contents: MedicalContents
    done: str


@pages.page("/medical/upload", "medical_upload.html.j2", role="medical")
def choose() -> MedicalUpload:
    """Ask for a spreadsheet of medical details."""
    columns = settings().operoo_settings.medical.columns
    return MedicalUpload(
        megabytes=settings().upload_megabytes,
        off=settings().medical_updates == "off",
        student=columns[STUDENT],
        columns=sorted({title for target, title in columns.items() if target != STUDENT}),
    )


@pages.action("/medical/upload", role="medical")
def upload(forms: FormKey, file: Sheet) -> Done:  # noqa: ARG001 - checked before
    """Read a spreadsheet of medical details; nothing is changed yet.

    Raises:
        MedicalOffError: Medical updates are off.
        NoFileError: There is no file.
        RefusedFileError: It is too large, no spreadsheet that we read, or about nobody who is synchronised.
    """
    require_on()
    content = content_of(file, megabytes=settings().upload_megabytes)
    read = read_medical_file(content, settings().operoo_settings.medical)
    contents = _contents(read)
    if not contents.students:
        raise RefusedFileError(
            "Nobody in the file is synchronised, so nothing was read.",
            remedy="Look whether its column with the students' numbers holds those of Synergetic.",
            code="spreadsheet-nobody",
        )
    draft = MedicalDraft(file=exchange().put_medical_file(content), contents=contents)
    above = f" The titles of its columns are taken from row {read.titles_row}." if read.titles_row else ""
    return Done(said=f"The file was read.{above} Nothing is changed yet.", see=f"/medical/upload/{drafts.begin(draft)}")


@pages.page("/medical/upload/<name>", "medical_upload_check.html.j2", role="medical")
def check(name: Name) -> MedicalCheck:
    """Show what a file would do."""
    draft = drafts.find(MedicalDraft, name)
    return MedicalCheck(draft=name, updates=settings().medical_updates, contents=draft.contents, done=draft.done)


@pages.action("/medical/upload/<name>", role="medical")
def confirm(name: Name, forms: FormKey) -> Done:  # noqa: ARG001 - checked before
    """Have what a file states go the way of everything else that families say, of whoever in it is synchronised.

    Raises:
        MedicalOffError: Medical updates are off.
        DraftGoneError: It is not there.
        DoneAlreadyError: It was done before.
    """
    require_on()
    draft = drafts.find_open(MedicalDraft, name)
    told = counted(draft.contents.students, "student")
    deed = AuditEntry(
        who=pages.visit().who, what="medical spreadsheet", to=told, before="as read last", after="as the file says"
    )
    ask(MedicalManifest(kind="medical", file=draft.file), deed)
    said = f"The file is taken in, about {told}. What differs comes up here within a minute or two."
    drafts.keep(name, draft.model_copy(update={"done": said}))
    return Done(said=said, see="/medical")


def _contents(file: MedicalFile) -> MedicalContents:
    here = {line.id: line for line in lists().all("student") if line.present and line.origin == "synergetic"}
    about = {number for number in file.readings if number in here}
    taken = {number for number in about if here[number].selected and here[number].link == "linked"}
    return MedicalContents(
        students=len(taken),
        others=len(about) - len(taken),
        unknown=len(file.readings) - len(about),
        unnumbered=file.unnumbered,
        unread=sum(len(file.readings[number].profile.parked) for number in taken),
        unused=list(file.unused),
    )
