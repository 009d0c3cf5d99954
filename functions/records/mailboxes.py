"""Whom Operoo would ask by e-mail about the records of a list.

That hangs on the settings, which change when no record does. So a line holds what they choose by, without anybody's name, and
the choice is made when somebody looks.
"""

from collections.abc import Callable
from functools import cache

from functions.operoo.best_contact import asked_at
from functions.operoo.settings import ContactSettings
from functions.records.list_lines import Line
from shared.digests import digest
from shared.owners import is_manual, manual_id
from shared.records import Contact, Name, Student

_FLAGS = {"n": "normal_mail", "r": "reports", "p": "parent", "l": "lives_with", "d": "deceased"}
_COURT_ORDER, _NAMED, _REACHED = "C", "N", "@"


def mailbox(address: str) -> str:
    """Return what stands for an e-mail address in a line; nothing for nothing."""
    return digest(address.casefold())[:10] if address else ""


def of_student(student: Student) -> tuple[str, str]:
    """Return `mail` and `contacts` of a student's line, with everybody who has an address."""
    # One person can be in several rows, and the first of these that counts stands for them, also if it has no address.
    reached = {contact.id for contact in student.contacts if contact.email}
    listed = [one for one in sorted(student.contacts, key=lambda contact: contact.order) if one.id in reached]
    numbers = {one: str(number) for number, one in enumerate(dict.fromkeys([student.id, *(one.id for one in listed)]))}
    ids = {one: manual_id(number) if is_manual(one) else number for one, number in numbers.items()}
    first = f"{ids[student.id]}\t{_COURT_ORDER * student.court_order}"
    return " ".join(mailbox(one.email) for one in listed), "\n".join([first, *(_written(one, ids[one.id]) for one in listed)])


def asking(settings: ContactSettings) -> Callable[[Line], str]:
    """Return what tells of a line the one of `mail` that would be asked by these settings, or nothing."""

    # A school has many students, and few kinds of families.
    @cache
    def place_of(contacts: str) -> int | None:
        place = asked_at(_student(contacts), settings)
        return int(place) if place else None

    def asked(line: Line) -> str:
        if not line.contacts:
            return line.mail
        place = place_of(line.contacts)
        return "" if place is None else line.mail.split(" ")[place]

    return asked


def _written(contact: Contact, id_: str) -> str:
    flags = "".join(letter for letter, flag in _FLAGS.items() if getattr(contact, flag))
    flags += _NAMED * bool(contact.name) + _REACHED * bool(contact.email)
    return "\t".join((id_, flags, *(" ".join(text.split()) for text in (contact.type, contact.relationship))))


def _student(contacts: str) -> Student:
    """Return a student with such contacts; the address of each is its place in `mail`."""
    first, *rows = contacts.split("\n")
    id_, flags = first.split("\t")
    listed = tuple(_contact(place, row) for place, row in enumerate(rows))
    return Student(id=id_, court_order=_COURT_ORDER in flags, contacts=listed)


def _contact(place: int, row: str) -> Contact:
    id_, flags, type_, relationship = row.split("\t")
    given = {flag: letter in flags for letter, flag in _FLAGS.items()}
    name = Name(surname="-" if _NAMED in flags else "")
    email = str(place) if _REACHED in flags else ""
    return Contact.model_validate(
        {**given, "id": id_, "type": type_, "relationship": relationship, "order": place, "name": name, "email": email}
    )
