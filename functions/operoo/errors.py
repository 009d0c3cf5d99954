"""Errors that only a user of Operoo has to tell apart; the tree is `shared.errors`."""

from shared.errors import (
    FatalError,
    IntegrationError,
    OperooDeniedError,
    OperooUnavailableError,
    RejectedRecordError,
    TransientError,
)

REJECTED = "operoo-rejected"
"""The code of what Operoo does not accept."""
PARTLY = "operoo-partly"
"""The code of what failed for some records alone."""
CALL_UNKNOWN = "operoo-call-unknown"
"""The code of a call that Operoo does not know."""
MADE_AGAIN = "To have it made again, resync this record from apply on. To leave it away, do nothing, or deselect it."
"""What to do about a profile that is gone."""


def partly(error: IntegrationError, what: str) -> IntegrationError:
    """Return an error of the same kind that says that it was not everything that failed."""
    return type(error)(f"{what} Of the last that could not: {error.what}", remedy=error.remedy, code=PARTLY)


class ProfileGoneError(RejectedRecordError):
    """Operoo has no profile under this identifier any more: find it again, or create it anew."""

    code = "operoo-profile-gone"


class RefusedError(RejectedRecordError):
    """Operoo does not accept what was sent.

    Attributes:
        status: The status of its answer.
        fields: Which of the fields that we sent it speaks of.
    """

    code = REJECTED
    status: int = 0
    fields: frozenset[str] = frozenset()


class NotNowError(RejectedRecordError):
    """Whether this record is to be refused shows when all others are done: it comes last, and is then refused for good."""


class RefusedCreateError(RejectedRecordError):
    """Operoo does not accept what was to be created, so there is no profile."""

    code = REJECTED


class NumberTakenError(NotNowError, RefusedCreateError):
    """Operoo refuses to create what has our number already: a look at what there is now tells which profile that is."""

    code = REJECTED


class ForeignProfileError(NotNowError):
    """A profile has our number and belongs to another record, which may yet be archived."""

    code = "profile-foreign"


class PhotoRefusedError(RejectedRecordError):
    """Operoo does not take this photo, or no photos at all as the settings send them; the profile itself is in step."""

    code = "operoo-photo"


class PhotoNowhereError(PhotoRefusedError):
    """Operoo knows no photo at this path: it takes none, or the profile is gone."""


class AttachmentRefusedError(RejectedRecordError):
    """An attachment is not fetched or not kept; the medical profile that names it is read all the same."""

    code = "operoo-attachment"


class AttachmentGoneError(AttachmentRefusedError):
    """There is no file behind the link. It may have run out, and the next reading has another."""

    code = "operoo-attachment-gone"


class AttachmentLateError(AttachmentRefusedError):
    """The host of a file does not hand it out now; the next reading asks again."""

    code = "operoo-attachment-late"


class CreateInDoubtError(TransientError):
    """A create was sent and no clear answer came, so the profile may exist: look it up before trying again."""

    code = "operoo-create-in-doubt"


class CreatedUnnamedError(CreateInDoubtError):
    """Operoo said that it created the profile, and not under which identifier: the listing shows it."""


class ListingIncompleteError(FatalError):
    """The listing lacks most of what is known to be there, so whom it does not show may be there too: nothing is created."""

    code = "operoo-listing-incomplete"


class OperooBusyError(OperooUnavailableError):
    """Operoo did not serve this call, and it may safely be made again soon.

    Attributes:
        retry_after: Seconds that Operoo asks to wait; None if it does not say.
        at_once: Making it again right now may help. Who let us wait in vain has taken time enough.
    """

    code = "operoo-unavailable"
    retry_after: float | None = None
    at_once: bool = True


class OperooFailedError(OperooBusyError):
    """Operoo failed at a call about one record: that record may be the reason, so others may go well."""


class OperooForbiddenError(OperooDeniedError):
    """Operoo refuses a call about one record: for our key, our address, or that record alone."""


class ListingForbiddenError(OperooDeniedError):
    """Operoo refuses to list something: for our key, our address, or this list alone, which the key may not see."""


class ListingUnreadableError(FatalError):
    """A list cannot be had as the settings say, or not be understood, so nothing of that kind is created; all else may be."""

    code = "operoo-listing-not-understood"


class UnreadableProfileError(FatalError):
    """An answer about somebody's health cannot be understood."""

    code = "operoo-medical-not-understood"


class RefusedFileError(RejectedRecordError):
    """An uploaded spreadsheet is refused as a whole: what it says of a student could not be told from damage."""

    code = "spreadsheet-unreadable"
