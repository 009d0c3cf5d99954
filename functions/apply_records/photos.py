"""Sends photos. One that cannot be had or is not taken must not undo a profile's link, and keeps no profile waiting."""

from collections.abc import Callable

from functions.operoo.errors import OperooForbiddenError, PhotoNowhereError, PhotoRefusedError
from functions.operoo.protocol import Operoo, Resource
from functions.operoo.settings import OperooSettings
from functions.records.staged import Problem, StagedRecord
from shared.errors import OperooUnavailableError
from shared.records import Group, Photo, Record

_FEW = 3


class Photos:
    """Sends the photos that profiles lack.

    Args:
        operoo: Operoo, behind its protocol.
        settings: How this school's Operoo is spoken to.
        read: Reads a photo's bytes by their digest.

    Attributes:
        failures: Why photos could not be sent, for all that remain to be sent.
    """

    def __init__(self, operoo: Operoo, settings: OperooSettings, read: Callable[[str], bytes]) -> None:
        self._operoo = operoo
        self._settings = settings
        self._read = read
        self.failures: list[OperooUnavailableError | OperooForbiddenError] = []
        self._failed_in_a_row = 0

    def lacking(self, staged: StagedRecord, record: Record, *, fresh: bool) -> Photo | None:
        """Return the photo that Operoo's profile does not have yet; what a profile had before it was linked is not known."""
        if isinstance(record, Group) or record.photo is None or self._settings.photos.style == "off":
            return None
        sent_before = "" if fresh else staged.applied_photo
        return record.photo if record.photo.digest != sent_before else None

    def send(
        self, photo: Photo, resource: Resource, operoo_id: str, staged: StagedRecord, *, is_there: bool
    ) -> tuple[Problem | None, bool]:
        """Send a photo; return what is wrong with it, and whether it waits because Operoo fails. Some in a row are enough.

        One that cannot be had or is not taken is a problem to show: it must not undo the profile's link.

        Raises:
            PhotoNowhereError: It may be the profile that is not there.
        """
        if self._failed_in_a_row >= _FEW:
            return None, True
        problem = None
        try:
            self._operoo.set_photo(resource, operoo_id, self._read(photo.digest), photo.type)
        except (OperooUnavailableError, OperooForbiddenError) as error:
            # Also where it is too many requests: there may be a limit of its own on what is that large.
            self.failures.append(error)
            self._failed_in_a_row += 1
            return None, True
        except ValueError as error:
            reason = (
                f"The photo of {staged.kind} {staged.id} cannot be used: {error}. "
                "Upload a resync manifest with full_read, so that the relay sends all photos again, and then one for this "
                "record with the step apply."
            )
            problem = Problem(code="photo-missing", reason=reason, digest=staged.digest)
        except PhotoRefusedError as refusal:
            if isinstance(refusal, PhotoNowhereError) and not is_there:
                raise
            problem = Problem(code=refusal.code, reason=str(refusal), digest=staged.digest)
        self._failed_in_a_row = 0
        return problem, False
