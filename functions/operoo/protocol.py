"""What the rest of the system asks of Operoo, in our words: whoever implements this may stand in for Operoo.

No HTTP may enter here: identifiers are Operoo's own, opaque text; fields are what `functions.operoo.mapping` makes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

Resource = Literal["members", "group_carers", "groups"]
RESOURCES: tuple[Resource, ...] = ("members", "group_carers", "groups")


@dataclass(frozen=True)
class Profile:
    """A student, a member of staff or a group as Operoo's listing shows it.

    Attributes:
        id: Operoo's own identifier.
        request_id: The school's number for the person (`user_request_id`), empty if none.
        integration_id: Our mark on it, empty if it is not synchronised by us.
        fields: Everything the listing shows of it. Personal data: never into a log or an error, hence not in `repr`.
    """

    id: str
    request_id: str
    integration_id: str
    fields: Mapping[str, object] = field(repr=False)


class Operoo(Protocol):
    """Operoo, as far as this system uses it.

    Every method may raise `OperooUnavailableError` (try later) and `FatalError`, above all `OperooDeniedError` (nothing will
    succeed until somebody acts).
    """

    def forget(self) -> None:
        """Forget what was listed: the next `find` reads it again."""
        ...

    def find(self, resource: Resource, *, request_id: str, integration_id: str) -> list[Profile]:
        """Return every profile that carries either identifier; a group is found by its integration identifier alone."""
        ...

    def create(self, resource: Resource, fields: Mapping[str, object]) -> str:
        """Create a profile and return Operoo's identifier.

        Raises:
            CreateInDoubtError: It may or may not exist now: look before trying again.
            RejectedRecordError: Operoo does not accept these fields.
        """
        ...

    def update(self, resource: Resource, operoo_id: str, fields: Mapping[str, object]) -> None:
        """Set fields of a profile.

        Raises:
            ProfileGoneError: Operoo has no such profile any more.
            RejectedRecordError: Operoo does not accept these fields.
        """
        ...

    def archive(self, resource: Resource, operoo_id: str) -> None:
        """Archive a profile; one that is already gone is no error."""
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
            PhotoRefusedError: Operoo does not accept this photo, or knows no photo at this path. It never says that the
                profile is gone: whether photos can be sent at all is an assumption.
        """
        ...
