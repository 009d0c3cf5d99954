"""Whom Operoo asks about a child, and why each contact is or is not used.

A wrong choice can invite a parent whom a court keeps away, so every contact gets a reason that a page can show.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from functions.operoo.settings import ContactSettings
from shared.owners import is_manual
from shared.records import Contact, Staff, Student


class Verdict(StrEnum):
    """What a contact is to Operoo, and why."""

    CHOSEN = "chosen"
    IN_RESERVE = "in reserve: another contact comes first"
    NO_EMAIL = "not asked: no e-mail address"
    REPEATED = "not used: the same person stands further up"
    SELF = "not used: is the student"
    OTHER_TYPE = "not used: not a student contact"
    OTHER_RELATIONSHIP = "not used: the settings leave this relationship out"
    DECEASED = "not used: deceased"
    LACKS_FLAG = "not used: lacks a flag that the settings require"
    COURT_ORDER = "not used: there is a court order, and the child does not live with this contact"


_SENT = frozenset({Verdict.CHOSEN, Verdict.IN_RESERVE, Verdict.NO_EMAIL})


@dataclass(frozen=True)
class Choice:
    """All contacts of a student in the order of the school, each with its verdict.

    Attributes:
        best: The contact who is asked, None if there is none.
        verdicts: Every contact with what it is to Operoo.
    """

    best: Contact | None
    verdicts: tuple[tuple[Contact, Verdict], ...]

    @property
    def usable(self) -> tuple[Contact, ...]:
        """Return the contacts whom Operoo may hear of, with an e-mail address or without, but not without a name."""
        return tuple(contact for contact, verdict in self.verdicts if verdict in _SENT and contact.name)

    @property
    def reasons(self) -> str:
        """Return how many contacts have which verdict, without saying who."""
        counted = {verdict: sum(verdict is one for _, one in self.verdicts) for verdict in Verdict}
        return "; ".join(f"{count} {verdict}" for verdict, count in counted.items() if count) or "no contacts"


def best_contact(student: Student, settings: ContactSettings) -> Choice:
    """Choose whom Operoo asks: preferred flags first, then the school's order; the first with an e-mail address."""
    ordered = sorted(student.contacts, key=lambda contact: contact.order)
    barred = _barred(student, ordered, settings)
    open_ = [contact for place, contact in enumerate(ordered) if place not in barred]
    asked = sorted((contact for contact in open_ if contact.email), key=lambda contact: _place(student, contact, settings))
    best = asked[0] if asked else None

    def verdict(place: int, contact: Contact) -> Verdict:
        if place in barred:
            return barred[place]
        if not contact.email:
            return Verdict.NO_EMAIL
        return Verdict.CHOSEN if contact is best else Verdict.IN_RESERVE

    return Choice(best=best, verdicts=tuple((contact, verdict(place, contact)) for place, contact in enumerate(ordered)))


def asked_at(person: Student | Staff, settings: ContactSettings) -> str:
    """Return the e-mail address at which Operoo asks about a person; nothing if there is none."""
    if isinstance(person, Staff):
        return person.email
    best = best_contact(person, settings).best
    return best.email if best else ""


def _place(student: Student, contact: Contact, settings: ContactSettings) -> tuple[bool, bool, bool]:
    """Sort those who may be asked: the student only if there is nobody else, then who has a name, then who has the flags."""
    return contact.id == student.id, not contact.name, not _has_all(contact, settings.prefer)


def _barred(student: Student, ordered: Sequence[Contact], settings: ContactSettings) -> dict[int, Verdict]:
    """Return the verdict of every row that Operoo may not hear of, by place; each row is judged by its own flags."""
    barred: dict[int, Verdict] = {}
    seen: set[str] = set()
    for place, contact in enumerate(ordered):
        # Whoever wrote a contact down by hand named the one to ask: there is nothing of Synergetic's to judge by.
        reason = None if is_manual(contact.id) else _reason(student, contact, settings)
        if reason is None and contact.id in seen:
            reason = Verdict.REPEATED
        if reason is None:
            seen.add(contact.id)
        else:
            barred[place] = reason
    return barred


def _reason(student: Student, contact: Contact, settings: ContactSettings) -> Verdict | None:
    counted = {one.casefold() for one in settings.relationships}
    barred = {
        Verdict.SELF: contact.id == student.id and not settings.students_for_themselves,
        Verdict.OTHER_TYPE: not contact.type.upper().startswith(settings.types),
        Verdict.OTHER_RELATIONSHIP: bool(counted) and contact.relationship.casefold() not in counted,
        Verdict.DECEASED: contact.deceased,
        Verdict.LACKS_FLAG: not _has_all(contact, settings.barred_without),
        Verdict.COURT_ORDER: settings.court_order_needs_lives_with and student.court_order and not contact.lives_with,
    }
    return next((verdict for verdict, holds in barred.items() if holds), None)


def _has_all(contact: Contact, flags: Sequence[str]) -> bool:
    return all(getattr(contact, flag) for flag in flags)
