"""Operoo in memory, behind the adapter's protocol, for tests that break things at every call.

The contract suite holds the real adapter against the sandbox; this one only has to behave as the protocol's text says.
"""

from collections.abc import Callable, Collection, Mapping
from copy import deepcopy

from functions.operoo.errors import PhotoNowhereError, ProfileGoneError
from functions.operoo.listing import spelled
from functions.operoo.protocol import Created, Profile, Resource


class FakeOperoo:
    """Profiles by Operoo's id. `before` and `after` are called around every call and may raise.

    Its answers show a profile only if it `tells`; `looks` has how its listing was looked at.
    """

    def __init__(self) -> None:
        self.profiles: dict[str, dict[str, object]] = {}
        self.photos: dict[str, str] = {}
        self.calls: list[str] = []
        self.looks: list[str] = []
        self.tells = False
        self.before: Callable[[str], None] = lambda _: None
        self.after: Callable[[str], None] = lambda _: None
        self._ids = 0

    def take_over(self, other: "FakeOperoo") -> None:
        """Have what another one has, and nothing that this one had."""
        self.profiles, self.photos, self._ids = deepcopy((other.profiles, other.photos, other._ids))
        self.calls.clear()

    def add(self, resource: Resource, **fields: object) -> str:
        """Put a profile there as somebody by hand would."""
        self._ids += 1
        operoo_id = str(self._ids)
        self.profiles[operoo_id] = {"resource": resource, "archived": False, **fields}
        return operoo_id

    def living(self, resource: Resource) -> list[dict[str, object]]:
        """Return the profiles of a resource that are not archived."""
        return [one for one in self.profiles.values() if one["resource"] == resource and not one["archived"]]

    def member(self, number: str) -> dict[str, object]:
        """Return the student of a school's number."""
        return next(one for one in self.living("members") if one["user_request_id"] == number)

    def forget(self) -> None:
        """There is no listing to forget."""

    def find(self, resource: Resource, *, request_id: str, integration_id: str, made: bool = False) -> list[Profile]:
        """Look up by either identifier; this listing shows everything, whoever `made` it."""
        self._step(f"find {resource}")
        return [
            Profile(operoo_id, str(one.get("user_request_id", "")), _mark(one), one)
            for operoo_id, one in self.profiles.items()
            if one["resource"] == resource
            and not one["archived"]
            and (
                _mark(one) == integration_id
                or (request_id and spelled(str(one.get("user_request_id", ""))) == spelled(request_id))
            )
        ]

    def listed(self, resource: Resource, operoo_ids: Collection[str]) -> set[str]:
        """Return those that are there."""
        living = {one for one, profile in self.profiles.items() if profile["resource"] == resource and not profile["archived"]}
        return {*operoo_ids} & living

    def shown(self, resource: Resource, operoo_id: str, *, again: bool = False) -> Mapping[str, str]:
        """Return the texts of a profile."""
        self.looks.append("again" if again else "first")
        return self._texts(operoo_id) if self.listed(resource, [operoo_id]) else {}

    def create(self, resource: Resource, fields: Mapping[str, object]) -> Created:
        """Create."""
        self._step(f"create {resource}")
        operoo_id = self.add(resource, **fields)
        self.after(f"create {resource}")
        return Created(operoo_id, self._texts(operoo_id) if self.tells else {})

    def update(self, resource: Resource, operoo_id: str, fields: Mapping[str, object]) -> Mapping[str, str]:
        """Update; an archived profile is gone."""
        self._step(f"update {resource}")
        if operoo_id not in self.profiles or self.profiles[operoo_id]["archived"]:
            raise ProfileGoneError(f"{resource} {operoo_id} is gone.")
        self.profiles[operoo_id] |= fields
        self.after(f"update {resource}")
        return self._texts(operoo_id) if self.tells else {}

    def archive(self, resource: Resource, operoo_id: str) -> None:
        """Archive."""
        self._step(f"archive {resource}")
        if operoo_id not in self.profiles:
            raise ProfileGoneError(f"{resource} {operoo_id} is gone.")
        self.profiles[operoo_id]["archived"] = True
        self.after(f"archive {resource}")

    def unlink(self, resource: Resource, operoo_id: str) -> None:
        """Take the mark off."""
        self.update(resource, operoo_id, dict.fromkeys(_MARKS, ""))

    def set_photo(self, resource: Resource, operoo_id: str, content: bytes, type: str) -> None:  # noqa: A002 - the protocol's word
        """Keep the photo's type and size."""
        self._step(f"photo {resource}")
        if operoo_id not in self.profiles:
            raise PhotoNowhereError(f"{resource} {operoo_id} is nowhere.")
        self.photos[operoo_id] = f"{type} {len(content)}"
        self.after(f"photo {resource}")

    def _texts(self, operoo_id: str) -> dict[str, str]:
        return {
            name: value for name, value in self.profiles[operoo_id].items() if name != "resource" and isinstance(value, str)
        }

    def _step(self, call: str) -> None:
        self.before(call)
        self.calls.append(call)


_MARKS = ("integration_id", "integration_member_id", "integration_group_id")


def _mark(profile: Mapping[str, object]) -> str:
    return next((str(profile[name]) for name in _MARKS if profile.get(name)), "")
