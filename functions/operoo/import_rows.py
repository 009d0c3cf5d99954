"""Rows for Operoo's own spreadsheet imports, for schools that give no access to its interface: exactly the documented columns.

They say what the interface would be told: the same names, the same adult who is asked, no number that is silent.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from functions.operoo.best_contact import best_contact
from functions.operoo.mapping import chosen_name, identity_of, mobile_of
from functions.operoo.settings import OperooSettings
from shared.records import Group, Staff, Student

TITLES: Mapping[str, Sequence[str]] = {
    "student": ("First Name", "Last Name", "Student ID", "Parent Email", "Parent Mobile", "Groups"),
    "staff": ("First Name", "Last Name", "Staff ID", "Email", "Mobile", "Group 1", "Group 2", "Group 3"),
    "group": ("group_name", "member_ids", "staff_ids"),
}
_GROUPS_OF_STAFF = 3


def student_rows(students: Iterable[Student], groups: Sequence[Group], settings: OperooSettings) -> list[tuple[str, ...]]:
    """Return a row for each student whom somebody can be asked about, by name."""
    named = _names_of((group, group.members) for group in groups)
    rows = []
    for student in students:
        best = best_contact(student, settings.contacts).best
        if best is None and settings.require_request_email:
            continue
        first, last = chosen_name(student.name, settings)
        asked = (best.email, mobile_of(best, settings.contacts)) if best is not None else ("", "")
        number = identity_of(student, settings).request_id
        rows.append((first, last, number, *asked, ", ".join(named.get(student.id, ()))))
    return sorted(rows, key=lambda row: (row[1].casefold(), row[0].casefold(), row[2]))


def staff_rows(staff: Iterable[Staff], groups: Sequence[Group], settings: OperooSettings) -> list[tuple[str, ...]]:
    """Return a row for each member of staff who can be asked; Operoo takes up to three groups of each."""
    named = _names_of((group, group.staff) for group in groups)
    rows = []
    for person in staff:
        if not person.email and settings.require_staff_email:
            continue
        first, last = chosen_name(person.name, settings)
        some = [*named.get(person.id, ())[:_GROUPS_OF_STAFF], "", "", ""][:_GROUPS_OF_STAFF]
        asked = (person.email, mobile_of(person, settings.contacts))
        rows.append((first, last, identity_of(person, settings).request_id, *asked, *some))
    return sorted(rows, key=lambda row: (row[1].casefold(), row[0].casefold(), row[2]))


def group_rows(
    groups: Iterable[Group], students: Iterable[Student], staff: Iterable[Staff], settings: OperooSettings
) -> list[tuple[str, ...]]:
    """Return a row for each group. It names those people alone who are among the given ones: Operoo must have them first."""
    numbers = {student.id: identity_of(student, settings).request_id for student in students}
    staff_numbers = {person.id: identity_of(person, settings).request_id for person in staff}
    rows = []
    for group in groups:
        members = sorted(numbers[one] for one in group.members if one in numbers)
        leaders = sorted(staff_numbers[one] for one in group.staff if one in staff_numbers)
        rows.append((_name(group), ",".join(members), ",".join(filter(None, leaders))))
    return sorted(rows, key=lambda row: row[0].casefold())


def told_apart(groups: Sequence[Group]) -> list[Group]:
    """Return groups with a name each: imports know a group by it alone, and would make one of two houses of one name."""
    named = Counter(_name(group).casefold() for group in groups)
    return [group if named[_name(group).casefold()] == 1 else _with_codes(group) for group in groups]


def _with_codes(group: Group) -> Group:
    codes = " ".join(filter(None, dict.fromkeys((group.campus, group.code))))
    return group.model_copy(update={"name": f"{_name(group)} ({codes})"})


def _names_of(groups: Iterable[tuple[Group, Sequence[str]]]) -> dict[str, list[str]]:
    """Return the names of each person's groups, in their order."""
    names: dict[str, list[str]] = {}
    for group, people in sorted(groups, key=lambda one: _name(one[0]).casefold()):
        for person in people:
            names.setdefault(person, []).append(_name(group))
    return names


def _name(group: Group) -> str:
    """Return a group's name as the imports take it: a slash would make two groups of it, one within the other; a comma, two."""
    return " ".join((group.name or group.code).replace("/", "-").replace(",", " ").split())
