"""Maps classes and cohorts with their members and staff."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from functions.map_rows.reader import RowReader, Rows
from shared.chunks import Row
from shared.owners import owner_key
from shared.records import DroppedValue, Group, GroupType, Parked

_TYPES = frozenset(get_args(GroupType))
_OWNER = ("group_type", "file_type", "file_year", "campus", "code")


def map_groups(rows: Rows) -> Iterator[tuple[Group | Parked, Sequence[DroppedValue]]]:
    """Yield each group of the bucket, with who is in it and who leads it in order of their identifiers."""
    members = _people(rows.get("memberships", ()), "student_id")
    staff = _people(rows.get("teachers", ()), "staff_id")
    for row in rows.get("groups", ()):
        dropped: list[DroppedValue] = []
        read = RowReader(row, dropped)
        group_id = _owner(row)
        kind, code = read.text("group_type"), read.text("code")
        if kind not in _TYPES or not code:
            reason = "Its kind or its code is missing in Synergetic."
            yield Parked(kind="group", id=group_id, code="no-code", reason=reason), dropped
            continue
        group = Group.model_validate(
            {
                "id": group_id,
                "type": kind,
                "code": code,
                "name": _name(kind, code, read.text("description")),
                # A campus is one of its own groups.
                "campus": code if kind == "campus" else read.text("campus"),
                "year_level": read.text("year_level"),
                "members": sorted(members.get(group_id, ()), key=_by_number),
                "staff": sorted(staff.get(group_id, ()), key=_by_number),
            }
        )
        yield group, dropped


def _people(rows: Iterable[Row], column: str) -> dict[str, set[str]]:
    people: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        ignored: list[DroppedValue] = []
        read = RowReader(row, ignored)
        person = read.id(column)
        if person:
            people[_owner(row)].add(person)
    return people


def _owner(row: Row) -> str:
    return owner_key(*(row.get(column) for column in _OWNER))


def _name(kind: str, code: str, description: str) -> str:
    """Name a group so that two of them can be told apart: many classes share one description."""
    if not description:
        return f"Year {code}" if kind == "year_level" else code
    return f"{description} ({code})" if kind == "class" and code not in description else description


def _by_number(identifier: str) -> tuple[int, str]:
    return len(identifier), identifier
