"""Who is in which group, beside the console's lists and split as these: one query finds the groups of a person.

The groups' records say the same, but to find one person in them all of them would have to be read.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import zstandard

from functions.store.items import ItemTable
from shared.owners import PEOPLE, Kind
from shared.records import Group

_PLACE = "list#people"
People = dict[str, tuple[Sequence[str], Sequence[str]]]
"""By the groups' ids: members, and staff."""


class Part(NamedTuple):
    """One part, with the revision under which it was read; 0 if it must be made anew."""

    people: People
    revision: int


def people_of(groups: Iterable[Group]) -> People:
    """Return who is in groups."""
    return {group.id: (group.members, group.staff) for group in groups}


class Memberships(ItemTable):
    """Who is in which group. `client` is a DynamoDB client that takes and gives Python values; `table` is the Console table."""

    def groups_of(self, kind: Kind, record_id: str) -> set[str]:
        """Return the groups that a student is in, or a member of staff leads. May be a few seconds old."""
        place = PEOPLE.index(kind)
        parts = map(_people, self._query(_PLACE, consistent=False))
        return {group for people in parts for group, within in people.items() if record_id in within[place]}

    def part(self, digit: str) -> Part:
        """Return one part, strongly consistent; empty with the revision 0 if there is none."""
        item = self._get(_PLACE, digit)
        return Part(_people(item), int(item["revision"])) if item else Part({}, 0)

    def put(self, digit: str, people: People, *, revision: int) -> None:
        """Store a part in place of the one that was read under a revision.

        Raises:
            ChangedMeanwhileError: It was written since it was read.
        """
        content = zstandard.compress(json.dumps(people, separators=(",", ":"), ensure_ascii=False).encode())
        self._replace({"pk": _PLACE, "sk": digit, "people": content}, revision=revision)


def _people(item: Mapping[str, Any]) -> People:
    found = json.loads(zstandard.decompress(bytes(item["people"])))
    return {group: (tuple(members), tuple(staff)) for group, (members, staff) in found.items()}
