"""Takes in a spreadsheet of medical details that Operoo exported. For the role `medical` alone."""

from pydantic import BaseModel

from functions.console.asking import ask
from functions.console.web.pages import Done, FormKey, Pages
from functions.console.web.sent_files import Sheet, content_of
from functions.operoo.errors import RefusedFileError
from functions.operoo.medical_file import read_medical_file
from functions.operoo.medical_targets import STUDENT
from functions.runtime.wiring import exchange, lists, settings
from functions.store.audit import Deed
from shared.errors import IntegrationError
from shared.manifests import MedicalManifest
from shared.wording import counted

pages = Pages()


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


class MedicalOffError(IntegrationError):
    """Medical updates are off, so that nothing that families say is read."""

    code = "medical-off"


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
    """Have a spreadsheet of medical details read, of whoever in it is synchronised.

    Raises:
        MedicalOffError: Medical updates are off.
        NoFileError: There is no file.
        RefusedFileError: It is too large, no spreadsheet that we read, or about nobody who is synchronised.
    """
    if settings().medical_updates == "off":
        raise MedicalOffError("Medical updates are off, so nothing was read.", remedy="An owner can turn them on in Settings.")
    content = content_of(file, megabytes=settings().upload_megabytes)
    found = read_medical_file(content, settings().operoo_settings.medical)
    linked = {line.id for line in lists().all("student") if line.link == "linked" and line.selected}
    about = linked & found.readings.keys()
    if not about:
        raise RefusedFileError(
            "Nobody in the file is synchronised, so nothing was read.",
            remedy="Look whether its column with the students' numbers holds those of Synergetic.",
            code="spreadsheet-nobody",
        )
    told = counted(len(about), "student")
    key = exchange().put_medical_file(content)
    deed = Deed(who=pages.visit().who, what="medical spreadsheet", to=told)
    ask(MedicalManifest(kind="medical", file=key), deed)
    others = len(found.readings) - len(about)
    passed = f" Not synchronised, and passed over: {others}." if others else ""
    without = f" Rows without a number: {found.unnumbered}." if found.unnumbered else ""
    said = f"The file is about {told}.{passed}{without} What differs comes up here within a minute or two."
    return Done(said=said, see="/medical")
