"""How a canonical record looks in Operoo: which resource, under which identifiers, with which fields.

What is empty at the school is sent as empty, so that a number that was taken away there goes away in Operoo too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from functions.operoo.best_contact import best_contact
from functions.operoo.protocol import Resource
from functions.operoo.settings import ContactSettings, OperooSettings
from shared.errors import RejectedRecordError
from shared.owners import Kind, is_manual, number_of, owner_key
from shared.records import Contact, Group, Name, Record, Staff, Student

RESOURCE_OF: dict[Kind, Resource] = {"student": "members", "staff": "group_carers", "group": "groups"}
_NO_LINKS: Mapping[str, str] = {}


@dataclass(frozen=True)
class Identity:
    """Where a record lives in Operoo and what it is found by there.

    Attributes:
        request_id: The school's number for a person; empty for groups.
        integration_id: Synergetic's key, or that of what a person brought: our mark.
    """

    resource: Resource
    request_id: str
    integration_id: str


def link_key(kind: Kind, record_id: str) -> str:
    """Return the key of a record in `links`: by kind, because a student may later be staff under the same Community ID."""
    return f"{kind}#{record_id}"


def identity_of(record: Record, settings: OperooSettings) -> Identity:
    """Return where a record lives in Operoo and what it is found by."""
    number = number_of(record.id)
    if isinstance(record, Staff) and settings.staff_number == "code" and not is_manual(record.id):
        number = record.code
    return Identity(RESOURCE_OF[record.kind], "" if isinstance(record, Group) else number, record.id)


def fields_of(record: Record, settings: OperooSettings, *, links: Mapping[str, str] = _NO_LINKS) -> dict[str, object]:
    """Return Operoo's fields for a record.

    Args:
        record: What the school says.
        settings: Names of the fields, and the choices a school makes.
        links: Operoo's identifier of each linked record, by `link_key`. Only a group needs it, and holds only who is in it.

    Raises:
        RejectedRecordError: Operoo would not take it: no name, or nobody who can be asked.
    """
    identity = identity_of(record, settings)
    names = settings.resource(identity.resource).fields
    values = values_of(record, settings, links=links)
    every = {"integration_id": identity.integration_id, "request_id": identity.request_id, **values}
    return {names[field]: value for field, value in every.items() if names.get(field)}


def values_of(record: Record, settings: OperooSettings, *, links: Mapping[str, str] = _NO_LINKS) -> dict[str, object]:
    """Return what Operoo is told of a record, by our own names of the fields; the arguments are those of `fields_of`.

    Raises:
        RejectedRecordError: Operoo would not take it: no name, or nobody who can be asked.
    """
    match record:
        case Student():
            return _student(record, settings)
        case Staff():
            return _staff(record, settings)
        case Group():
            return _group(record, settings, links)
        case _:
            assert_never(record)


def needs_email(kind: Kind, settings: OperooSettings) -> bool:
    """Return whether a record of a kind is not taken if nobody can be asked about it by e-mail."""
    return {"student": settings.require_request_email, "staff": settings.require_staff_email, "group": False}[kind]


def _student(student: Student, settings: OperooSettings) -> dict[str, object]:
    first, last = _shown_name(student.name, settings, f"Student {student.id}")
    choice = best_contact(student, settings.contacts)
    if choice.best is None and settings.require_request_email:
        raise RejectedRecordError(
            f"Student {student.id} has no contact who can be asked by e-mail ({choice.reasons}).",
            remedy="Enter an e-mail address for a contact in Synergetic, or change the contact rules in the Operoo settings.",
            code="no-request-email",
        )
    best = choice.best
    fields: dict[str, object] = {
        "first_name": first,
        "last_name": last,
        "preferred_first_name": student.name.preferred or student.name.given,
        "preferred_last_name": student.name.surname,
        "middle_names": student.name.middle,
        "request_email": best.email if best else "",
        "request_mobile": mobile_of(best, settings.contacts) if best else "",
    }
    if settings.contacts.style != "none":
        fields["contacts"] = [_contact(one, settings, is_best=one is best) for one in choice.usable]
    return fields


def _contact(contact: Contact, settings: OperooSettings, *, is_best: bool) -> dict[str, object]:
    """Return a contact's fields; the identifier comes first, which a form needs (`functions.operoo.encoding`)."""
    first, last = chosen_name(contact.name, settings)
    silent_phone = contact.silent_phone and not settings.contacts.send_silent_numbers
    every: dict[str, object] = {
        "integration_id": contact.id,
        "first_name": first,
        "last_name": last,
        "relationship": contact.relationship,
        "email": contact.email,
        "mobile": mobile_of(contact, settings.contacts),
        "home_phone": "" if silent_phone else contact.home_phone,
        "primary": is_best,
    }
    names = settings.contacts.fields
    return {names[field]: value for field, value in every.items() if names.get(field)}


def _staff(staff: Staff, settings: OperooSettings) -> dict[str, object]:
    first, last = _shown_name(staff.name, settings, f"Staff {staff.id}")
    if not staff.email and settings.require_staff_email:
        raise RejectedRecordError(
            f"Staff {staff.id} has no e-mail address.",
            remedy="Enter the work e-mail address in Synergetic.",
            code="no-staff-email",
        )
    return {
        "first_name": first,
        "last_name": last,
        "name": f"{first} {last}".strip(),
        "request_email": staff.email,
        "request_mobile": mobile_of(staff, settings.contacts),
    }


def _group(group: Group, settings: OperooSettings, links: Mapping[str, str]) -> dict[str, object]:
    fields: dict[str, object] = {
        "name": group.name or group.code,
        "members": _references("student", group.members, settings, links),
        "staff": _references("staff", group.staff, settings, links),
    }
    if group.type == "class" and settings.class_parent == "year_level":
        above = link_key("group", owner_key("year_level", group.campus, group.year_level))
        fields["parent"] = links.get(above, "") if group.year_level else ""
    return fields


def _references(kind: Kind, people: tuple[str, ...], settings: OperooSettings, links: Mapping[str, str]) -> list[str]:
    """Return how a group names those of its people who are linked, in a fixed order and each once."""
    linked = {person: links[link_key(kind, person)] for person in people if link_key(kind, person) in links}
    if settings.membership_reference == "operoo_id":
        return sorted(linked.values())
    return sorted(map(number_of, linked) if settings.membership_reference == "request_id" else linked)


def _shown_name(name: Name, settings: OperooSettings, who: str) -> tuple[str, str]:
    first, last = chosen_name(name, settings)
    if not first:
        raise RejectedRecordError(f"{who} has no name.", remedy="Enter the name in Synergetic.", code="no-name")
    return first, last


def chosen_name(name: Name, settings: OperooSettings) -> tuple[str, str]:
    """Return first and last name; somebody with one name alone has it as the first, which Operoo asks for."""
    everyday, legal = name.preferred, name.given
    first = (everyday or legal) if settings.name_choice == "preferred" else (legal or everyday)
    return (first, name.surname) if first else (name.surname, "")


def mobile_of(person: Contact | Staff, settings: ContactSettings) -> str:
    """Return a person's mobile number, if it may be said."""
    return "" if person.silent_mobile and not settings.send_silent_numbers else person.mobile
