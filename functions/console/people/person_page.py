"""One person: why they are, or are not, in Operoo; what is known of them here and there; and what happened."""

from typing import Literal
from urllib.parse import urlencode

from pydantic import BaseModel

from functions.console.asking import sync_record
from functions.console.people.comparing import Comparison, compare
from functions.console.people.descriptions import TimelineLine, contact_in_words, timeline_in_words
from functions.console.people.explaining import SOURCES, Explanation, called, explain
from functions.console.people.listing import Row, row_of
from functions.console.people.lookup import CAME, SENT, Segment, chosen, found, when
from functions.console.web.addresses import SINGULARS, segment
from functions.console.web.pages import Done, FormKey, Pages
from functions.operoo.best_contact import Verdict, best_contact
from functions.operoo.settings import ContactSettings
from functions.records.ledger import Entry, Noted, timeline
from functions.records.projection import line_of
from functions.runtime.wiring import ledger_table, lists, memberships, records_table, selection_rules, settings
from shared.owners import Kind, is_manual, number_of
from shared.records import Contact, Name, Staff, Student

pages = Pages()
PersonKind = Literal["students", "staff"]


class ContactLine(BaseModel):
    """One adult whom the school may reach about a student.

    Attributes:
        use: `asked` by e-mail, `known` to Operoo, or `not-used`.
        why: The same with its reason.
        flags: What Synergetic says of them, in plain words.
    """

    name: str
    relationship: str
    email: str
    mobile: str
    home_phone: str
    flags: list[str]
    use: Literal["asked", "known", "not-used"]
    why: str


class Medical(BaseModel):
    """How it stands with a student's medical details, for who may know.

    Attributes:
        read: What the family states is read, so that there is more to see.
    """

    said: str
    at: str = ""
    waits: bool = False
    read: bool = True


class Person(BaseModel):
    """One person.

    Attributes:
        segment: The identifier as addresses have it.
        number: By which people know them.
        edit: Where an administrator changes them, if a person brought them.
        source: Where it comes from.
        since: Since when Operoo has it by us, if it does.
        sent_at: When something was last sent.
        chosen: Why it is selected, or nothing.
        left_out: What Synergetic says that could not be used: what, and why.
        medical: How it stands with medical details; None for who may not know.
    """

    kind: PersonKind
    id: str
    segment: str
    number: str
    edit: str
    name: str
    legal_name: str
    source: str
    row: Row
    explanation: Explanation
    operoo_id: str
    since: str
    sent_at: str
    chosen: str
    comparison: Comparison
    court_order: bool = False
    separated: bool = False
    contacts: list[ContactLine] = []
    groups: list[Row]
    left_out: list[tuple[str, str]]
    medical: Medical | None
    timeline: list[TimelineLine]


@pages.page("/<kind>/<record_id>", "person.html.j2")
def show(kind: PersonKind, record_id: Segment) -> Person:
    """Show a student or a member of staff.

    Raises:
        NotFoundError: Nobody has this identifier.
    """
    staged = found(SINGULARS[kind], record_id)
    operoo, rules = settings().operoo_settings, selection_rules().all()
    record = staged.record() if staged.content else None
    student = record if isinstance(record, Student) else None
    name = record.name if isinstance(record, Student | Staff) else Name()
    events = records_table().timeline(staged.kind, staged.id)
    is_medical = pages.visit().may("medical") and staged.kind == "student"
    entry, history = _ledger(staged.id) if is_medical else (Entry(student=staged.id), [])
    return Person(
        kind=kind,
        id=staged.id,
        segment=segment(staged.id),
        number=number_of(staged.id),
        edit=f"/custom/person?{urlencode({'kind': staged.kind, 'record': staged.id})}" if is_manual(staged.id) else "",
        name=_full(name.preferred or name.given, name.surname) or called(staged),
        legal_name=_full(name.given, name.middle, name.surname),
        source=SOURCES[staged.origin],
        row=row_of(line_of(staged)),
        explanation=explain(staged, archives=settings().archive_policy == "archive"),
        operoo_id=staged.operoo_id,
        since=when(events, CAME) if staged.link == "linked" else "",
        sent_at=when(events, SENT),
        chosen=chosen(staged, rules),
        comparison=compare(staged, operoo),
        court_order=student is not None and student.court_order,
        separated=student is not None and student.parents_separated,
        contacts=_contacts(student, operoo.contacts) if student else [],
        groups=_groups(staged.kind, staged.id),
        left_out=[(note.field.replace("_", " "), note.reason) for note in staged.notes],
        medical=_medical(entry) if is_medical else None,
        timeline=timeline_in_words(timeline(events, history), rules),
    )


@pages.action("/<kind>/<record_id>/sync", role="administrator")
def sync(kind: PersonKind, record_id: Segment, forms: FormKey) -> Done:  # noqa: ARG001 - checked before
    """Have a person read, staged and applied again now."""
    return sync_record(found(SINGULARS[kind], record_id), by=pages.visit().who)


def _full(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _groups(kind: Kind, record_id: str) -> list[Row]:
    within = memberships().groups_of(kind, record_id)
    lines = (line for line in lists().all("group") if line.id in within) if within else ()
    return [row_of(line) for line in sorted(lines, key=lambda line: (line.type != "class", line.type, line.name))]


def _contacts(student: Student, settings: ContactSettings) -> list[ContactLine]:
    choice = best_contact(student, settings)

    def line(contact: Contact, verdict: Verdict) -> ContactLine:
        known = contact in choice.usable
        return ContactLine(
            name=_full(contact.name.title, contact.name.preferred or contact.name.given, contact.name.surname),
            relationship=contact.relationship,
            email=contact.email,
            # A silent number is not for others to see, nor for this page.
            mobile="" if contact.silent_mobile else contact.mobile,
            home_phone="" if contact.silent_phone else contact.home_phone,
            flags=_flags(contact),
            use="asked" if verdict is Verdict.CHOSEN else "known" if known else "not-used",
            why=contact_in_words(contact, verdict, choice, settings),
        )

    return [line(contact, verdict) for contact, verdict in choice.verdicts]


def _flags(contact: Contact) -> list[str]:
    told = {
        "parent": contact.parent,
        "lives with the student": contact.lives_with,
        "normal mail": contact.normal_mail,
        "reports": contact.reports,
        "spouse of the contact above": contact.through_spouse,
        "primary only: the spouse is left out": contact.primary_only,
        "silent mobile number": contact.silent_mobile and bool(contact.mobile),
        "silent home number": contact.silent_phone and bool(contact.home_phone),
        "deceased": contact.deceased,
    }
    return [name for name, holds in told.items() if holds]


def _ledger(student: str) -> tuple[Entry, list[Noted]]:
    if settings().medical_updates == "off":
        return Entry(student=student), []
    return ledger_table().entry(student), ledger_table().history(student)


def _medical(entry: Entry) -> Medical:
    if is_manual(entry.student):
        return Medical(said="What the family says is not read: it has no place in Synergetic.", read=False)
    if settings().medical_updates == "off":
        return Medical(said="This school does not write medical details back to Synergetic.")
    match entry.state:
        case "review":
            return Medical(said="A change of the family's waits for a decision.", at=entry.answered_at, waits=True)
        case "asked":
            return Medical(said="The school's relay was asked to write, and has not answered yet.", at=entry.sent_at)
        case "failed":
            return Medical(said="A change could not be written, and waits for a person.", at=entry.answered_at, waits=True)
    said = "Synergetic has what the family states." if entry.version else "Nothing has been written to Synergetic yet."
    left = " Some items could not be written." if entry.parked or entry.left else ""
    return Medical(said=said + left, at=entry.answered_at, waits=bool(left))
