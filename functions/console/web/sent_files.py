"""Spreadsheets that people send with a form."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import File, UploadFile

from functions.operoo.errors import RefusedFileError
from shared.errors import IntegrationError

# A form without a file is answered in words, not by the name of a field.
Sheet = Annotated[UploadFile, File(default_factory=lambda: UploadFile(content=b""), description="CSV or XLSX.")]


class NoFileError(IntegrationError):
    """A form that sends a file came without one."""

    code = "no-file"


def content_of(sheet: UploadFile, *, megabytes: float) -> bytes:
    """Return what was sent.

    Raises:
        NoFileError: It is nothing.
        RefusedFileError: It is too large.
    """
    if not sheet.content:
        raise NoFileError("No file was chosen, or the file is empty.", remedy="Go back, choose a file, and send it.")
    if len(sheet.content) > megabytes * 1_000_000:
        raise too_large(f"it has more than {megabytes:g} MB")
    return sheet.content


def too_large(why: str) -> RefusedFileError:
    """Return what is raised for a file that is larger than the school allows."""
    return RefusedFileError(f"The file is too large: {why}.", remedy="Divide it into several.", code="spreadsheet-too-large")
