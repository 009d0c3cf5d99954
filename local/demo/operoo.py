"""What the demo sees of Operoo: everything the sandbox holds at a moment, and what differs between two moments."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from local.sandbox.server import Sandbox

Resource = Literal["members", "group_carers", "groups"]
PEOPLE: tuple[Resource, ...] = ("members", "group_carers")
_MARKS: dict[Resource, str] = {
    "members": "integration_member_id",
    "group_carers": "integration_id",
    "groups": "integration_group_id",
}
_NOUNS = {"members": "student", "group_carers": "staff member", "groups": "group"}
_VERBS = {"POST": "create", "PATCH": "update", "DELETE": "archive"}
# What every write of the sandbox changes, and says nothing of what was sent.
_BOOKKEEPING = {"updated_at"}
Profile = Mapping[str, Any]


@dataclass(frozen=True)
class State:
    """Operoo at one moment.

    Attributes:
        profiles: Everything with our mark, by resource and Synergetic's identifier.
        by_hand: Everything without it, by Operoo's identifier.
        requests: How often it was asked what, since it was started.
    """

    profiles: dict[Resource, dict[str, Profile]]
    by_hand: dict[str, Profile]
    requests: Counter[str]

    def present(self, resource: Resource) -> set[str]:
        """Return who is there and not archived."""
        return {key for key, profile in self.profiles[resource].items() if not profile["archived"]}

    def members_of(self, group: str) -> set[str]:
        """Return the students of a group that came from Synergetic."""
        inside = set(map(int, self.profiles["groups"].get(group, {}).get("student_memberships", ())))
        return {key for key, profile in self.profiles["members"].items() if profile["id"] in inside}

    def alone(self) -> set[str]:
        """Return the students with each of whom a group would end: a year level does with its last member, a class does not."""
        members = (self.members_of(group) for group in self.present("groups") if not group.startswith("class:"))
        return {one for some in members if len(some) == 1 for one in some}

    @property
    def photos(self) -> dict[str, str]:
        """Return each person's photo by its digest."""
        found = {key: one["photo"] for resource in PEOPLE for key, one in self.profiles[resource].items() if one["photo"]}
        return {key: str(digest) for key, digest in found.items()}


@dataclass(frozen=True)
class Difference:
    """What happened in Operoo between two moments, as sets of Synergetic's identifiers.

    Attributes:
        changed: Which fields of whom, the photo being one of them.
        writes: How often Operoo was asked to write what, such as `update group`.
        by_hand: Whether anything without our mark was touched.
    """

    created: dict[Resource, set[str]] = field(default_factory=dict)
    archived: dict[Resource, set[str]] = field(default_factory=dict)
    changed: dict[Resource, dict[str, set[str]]] = field(default_factory=dict)
    writes: Counter[str] = field(default_factory=Counter)
    by_hand: bool = False

    @property
    def touched(self) -> set[str]:
        """Return everybody and everything to which anything happened."""
        lists = [*self.created.values(), *self.archived.values(), *self.changed.values()]
        return {key for one in lists for key in one}


def difference(before: State, after: State) -> Difference:
    """Compare two moments."""
    found = Difference(by_hand=before.by_hand != after.by_hand)
    for resource, profiles in after.profiles.items():
        known = before.profiles[resource]
        found.created[resource] = profiles.keys() - known.keys()
        found.archived[resource] = before.present(resource) - after.present(resource)
        fields = {key: _fields(known[key], profile) for key, profile in profiles.items() if key in known}
        found.changed[resource] = {key: one for key, one in fields.items() if one and key not in found.archived[resource]}
    for request, count in (after.requests - before.requests).items():
        found.writes[_in_words(request)] += count
    del found.writes[""]
    return found


def _in_words(request: str) -> str:
    """Return what a request asks for, as verb and noun; empty if it only reads."""
    method, path = request.split()
    parts = path.split("/")[3:]
    if method not in _VERBS:
        return ""
    return "send photo" if parts[-1] == "photo" else f"{_VERBS[method]} {_NOUNS[parts[0]]}"


def _fields(before: Profile, after: Profile) -> set[str]:
    names = (before.keys() | after.keys()) - _BOOKKEEPING
    return {name for name in names if before.get(name) != after.get(name)}


class OperooView:
    """Looks into a running sandbox, and makes it fail."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = sandbox.url
        self._http = httpx.Client(base_url=sandbox.url, timeout=30, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def state(self) -> State:
        """Return everything that Operoo holds now."""
        told = self._http.get("/sandbox/state").raise_for_status().json()
        profiles: dict[Resource, dict[str, Profile]] = {}
        by_hand: dict[str, Profile] = {}
        for resource, mark in _MARKS.items():
            profiles[resource] = {str(one[mark]): one for one in told[resource] if one.get(mark)}
            by_hand |= {str(one["id"]): one for one in told[resource] if not one.get(mark)}
        return State(profiles, by_hand, Counter(told["requests"]))

    def make_by_hand(self, resource: Resource, fields: Mapping[str, str]) -> None:
        """Make a profile or group as an administrator does on Operoo's own pages."""
        self._http.post(f"/sandbox/profiles/{resource}", json=dict(fields)).raise_for_status()

    def change_by_hand(self, resource: Resource, number: int, fields: Mapping[str, object]) -> None:
        """Change a profile or group as an administrator does on Operoo's own pages."""
        self._http.patch(f"/sandbox/profiles/{resource}/{number}", json=dict(fields)).raise_for_status()

    def families_share(self) -> None:
        """Let families share medical profiles, but for a few."""
        self._http.post("/sandbox/health", json={}).raise_for_status()

    def says(self, member: Profile, profile: Mapping[str, object]) -> None:
        """Let a parent say something of a child's health, as their page does."""
        self._http.put(f"/sandbox/health/{member['id']}", json=dict(profile)).raise_for_status()

    def page_of(self, member: Profile) -> str:
        """Return where a parent says it."""
        return f"{self.url}/members/{member['id']}/health"

    def go_down(self) -> None:
        """Answer every request with an error from now on."""
        self._http.post("/sandbox/faults", json={"kind": "status", "status": 503, "times": None}).raise_for_status()

    def come_back(self) -> None:
        """Answer as usual again."""
        self._http.delete("/sandbox/faults").raise_for_status()
