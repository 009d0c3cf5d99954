"""What the rest of the system asks of Operoo, in our words: whoever implements this may stand in for Operoo.

No HTTP may enter here: identifiers are Operoo's own, opaque text; fields are what `functions.operoo.mapping` makes.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

from shared.digests import sha256

Resource = Literal["members", "group_carers", "groups"]
RESOURCES: tuple[Resource, ...] = ("members", "group_carers", "groups")
FileType = Literal["pdf", "jpeg", "png", "docx"]


@dataclass(frozen=True)
class Profile:
    """A student, a member of staff or a group as Operoo's listing shows it.

    Attributes:
        id: Operoo's own identifier.
        request_id: The school's number for the person (`user_request_id`), empty if none.
        integration_id: Our mark on it, empty if it is not synchronised by us.
        fields: What the listing shows of both, and of the texts that we send, by Operoo's names.
    """

    id: str
    request_id: str
    integration_id: str
    fields: Mapping[str, object] = field(repr=False)


class Created(NamedTuple):
    """A profile that was created.

    Attributes:
        id: Operoo's identifier.
        shows: What the answer shows of the texts that we send, by Operoo's names; empty if it shows none.
    """

    id: str
    shows: Mapping[str, str] = MappingProxyType({})


class Operoo(Protocol):
    """Operoo, as far as this system uses it.

    Every method may raise `OperooUnavailableError` (try later) and `FatalError`, above all `OperooDeniedError` (nothing will
    succeed until somebody acts).
    """

    def forget(self) -> None:
        """Forget what was listed: the next `find` reads it again."""
        ...

    def find(self, resource: Resource, *, request_id: str, integration_id: str, made: bool = False) -> list[Profile]:
        """Return every profile that carries either identifier; a group is found by its integration identifier alone.

        The school's number may be spelled otherwise there (`0003` for 3): what that means is for the caller to say. If it is
        `made`, or that was begun, no answer may come of a listing in which nothing of ours would be seen.
        """
        ...

    def listed(self, resource: Resource, operoo_ids: Collection[str]) -> set[str]:
        """Return those of these profiles that the listing shows in which `find` looks."""
        ...

    def shown(self, resource: Resource, operoo_id: str, *, again: bool = False) -> Mapping[str, str]:
        """Return what a listing shows of a profile's texts, by Operoo's names; empty if it does not show the profile.

        It is one of its own, which tells what was there when it was read, `again` or for the first time; nobody is found in it.
        """
        ...

    def create(self, resource: Resource, fields: Mapping[str, object]) -> Created:
        """Create a profile.

        Raises:
            CreateInDoubtError: It may or may not exist now: look before trying again.
            RejectedRecordError: Operoo does not accept these fields.
        """
        ...

    def update(self, resource: Resource, operoo_id: str, fields: Mapping[str, object]) -> Mapping[str, str]:
        """Set fields of a profile; return what the answer shows of its texts, sent or not, and nothing if it shows none.

        Operoo may say yes, and keep another text all the same.

        Raises:
            ProfileGoneError: Operoo has no such profile any more.
            RejectedRecordError: Operoo does not accept these fields.
        """
        ...

    def archive(self, resource: Resource, operoo_id: str) -> None:
        """Archive a profile.

        Raises:
            ProfileGoneError: Operoo has no such profile any more.
        """
        ...

    def unlink(self, resource: Resource, operoo_id: str) -> None:
        """Take our mark off a profile and leave everything else as it is.

        Raises:
            ProfileGoneError: Operoo has no such profile any more.
        """
        ...

    def set_photo(self, resource: Resource, operoo_id: str, content: bytes, type: str) -> None:  # noqa: A002 - the record's word
        """Set a profile's photo (`type` is jpeg, png or gif), or do nothing where photos are off.

        Raises:
            PhotoNowhereError: Operoo knows no photo at this path. That alone never says that the profile is gone: whether
                photos can be sent at all is an assumption.
            PhotoRefusedError: Operoo does not accept this photo.
        """
        ...


@dataclass(frozen=True)
class FetchedFile:
    """A file that a medical profile links to, such as an action plan.

    Attributes:
        type: What its first bytes say it is, whatever its name says.
        content: The bytes: medical data.
    """

    type: FileType
    content: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the bytes, which names the file wherever it is kept: its own name may name the child."""
        return sha256(self.content)


@dataclass(frozen=True)
class MedicalAnswer:
    """What Operoo states of one student's health.

    Attributes:
        id: Operoo's own identifier.
        request_id: The school's number for the person, empty if none: whose profile it is must be checked by it.
        integration_id: Our mark on it, empty if it is not synchronised by us.
        fields: The medical profile as JSON. None if the family has shared none: nothing is known then, which is not health.
    """

    id: str
    request_id: str
    integration_id: str
    fields: Mapping[str, object] | None = field(repr=False)


class OperooMedical(Protocol):
    """The medical side of Operoo. Both methods may raise what every method of `Operoo` may."""

    def medical_profiles(self, operoo_ids: Collection[str]) -> Iterator[MedicalAnswer]:
        """Yield what Operoo states of these students; who is not there, or is archived, is left out.

        Raises:
            FatalError: The answer cannot be understood, or shows nobody's profile at all.
        """
        ...

    def attachment(self, operoo_id: str, url: str) -> FetchedFile:
        """Return the file that a student's profile links to.

        Raises:
            AttachmentRefusedError: The link leads where we may not ask, or to what we do not take.
        """
        ...
