"""Finds a student whose medical details are wanted, and hands out a family's files. For the role `medical` alone."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel

from functions.console.medical.reading import Who, who
from functions.console.people.finding import Filter, by_name, matching
from functions.console.web.pages import LARGEST_FILE, Answer, Pages
from functions.operoo.attachments import type_of
from functions.operoo.protocol import FileType
from functions.runtime.wiring import audit_trail, exchange, lists
from functions.store.audit import AuditEntry
from functions.store.exchange import MissingObjectError, TooLargeError
from shared.digests import sha256
from shared.errors import IntegrationError
from shared.keys import attachment_key

pages = Pages()
_MOST = 50
_TYPES: dict[FileType | None, tuple[str, str]] = {
    "pdf": ("application/pdf", "pdf"),
    "jpeg": ("image/jpeg", "jpg"),
    "png": ("image/png", "png"),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
}


class FileTooLargeError(IntegrationError):
    """A family handed in a larger file than the console can hand out."""

    code = "file-too-large"


class FoundStudents(BaseModel):
    """Students who were looked for."""

    q: str
    rows: list[Who]
    total: int


@pages.page("/medical/find", "medical_find.html.j2", role="medical")
def find(q: Annotated[str, Query(max_length=100)] = "") -> FoundStudents:
    """Find students by name or number."""
    found = sorted(matching(lists().all("student"), Filter(q=q)), key=by_name) if q.strip() else []
    return FoundStudents(q=q, rows=[who(line) for line in found[:_MOST]], total=len(found))


@pages.file("/medical/file/<digest>", role="medical")
def family_file(digest: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]) -> Answer:
    """Hand out a file that a family handed in, such as an action plan. It is saved, never shown as a page of ours.

    Raises:
        FileTooLargeError: It cannot be handed out here.
    """
    try:
        content = exchange().read(attachment_key(digest), at_most=LARGEST_FILE)
    except MissingObjectError:
        raise NotFoundError from None
    except TooLargeError:
        raise FileTooLargeError(
            "The file is larger than 4 MB, and cannot be handed out here.",
            remedy="Look at it in Operoo, or ask whoever runs the system to fetch it.",
        ) from None
    if sha256(content) != digest:
        raise NotFoundError
    audit_trail().note(AuditEntry(who=pages.visit().who, what="download", to=f"file of a family: {digest}"))
    kind, ending = _TYPES.get(type_of(content), ("application/octet-stream", "bin"))
    saved = {"Content-Disposition": f'attachment; filename="file.{ending}"'}
    return Response(status_code=200, content_type=kind, body=content, headers=saved)
