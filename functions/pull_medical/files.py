"""Fetches the files of action plans and stores them. What the family says waits for none of them."""

from collections import Counter
from dataclasses import dataclass

from functions.operoo.errors import AttachmentGoneError, AttachmentLateError, AttachmentRefusedError, OperooBusyError
from functions.operoo.medical_reading import MedicalReading, PlanLink, with_files
from functions.operoo.protocol import FetchedFile, OperooMedical
from functions.store.exchange import Exchange
from shared.medical.items import Attachment
from shared.medical.profile import MedicalProfile, ParkedItem

ASKED_FOR_AGAIN = frozenset({AttachmentGoneError.code, AttachmentLateError.code})
"""The codes of files that the next pull asks for again: a link that had run out is another by then, a host may be back."""

# Some in a row are enough to tell that the next will not come either.
_FEW = 3


@dataclass(frozen=True)
class StudentFiles:
    """Where one student's files are."""

    operoo: OperooMedical
    operoo_id: str

    def fetch(self, link: PlanLink) -> FetchedFile:
        """Fetch the file that a link leads to."""
        return self.operoo.attachment(self.operoo_id, link.url)


class PlanFiles:
    """The files of one pull.

    Args:
        exchange: Where they are stored.
        done: Counts what came and what did not.
    """

    def __init__(self, exchange: Exchange, done: Counter[str]) -> None:
        self._exchange = exchange
        self._done = done
        self._failed_in_a_row = 0
        self.failure: OperooBusyError | None = None

    def fetch(self, reading: MedicalReading, files: StudentFiles) -> tuple[MedicalProfile, list[ParkedItem]]:
        """Return a profile with the files that came, and those that did not."""
        found: dict[str, Attachment] = {}
        parked: list[ParkedItem] = []
        for link in reading.links:
            try:
                file = self._fetched(link, files)
            except AttachmentRefusedError as error:
                parked.append(ParkedItem(field="conditions", ref=link.condition, code=error.code, reason=error.what))
                continue
            stored = self._exchange.put_attachment(file.content)
            found[link.condition] = Attachment(digest=stored, type=file.type, name=link.name)
            self._done["files"] += 1
        return with_files(reading.profile, found), parked

    def _fetched(self, link: PlanLink, files: StudentFiles) -> FetchedFile:
        if self._failed_in_a_row < _FEW:
            try:
                file = files.fetch(link)
            except OperooBusyError as error:
                self.failure = error
                self._failed_in_a_row += 1
            else:
                self._failed_in_a_row = 0
                return file
        self._done["files to come"] += 1
        raise AttachmentLateError("Its file does not come now.", remedy="The next reading asks for it again.")
