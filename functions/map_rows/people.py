"""Maps students with their contacts and photo, and staff with theirs."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from functions.map_rows.reader import RowReader, Rows
from shared.chunks import Row
from shared.owners import Kind, owner_key
from shared.records import Contact, DroppedValue, Name, Parked, Photo, Staff, Student

_TYPE_NUMBER = re.compile(r"^SC(\d{1,4})$")
_AFTER_ALL_NUMBERS = 99
# Some programs write 1753-01-01, 1899-12-30 or 1900-01-01 for "no date".
_NO_DATE = date(1900, 1, 1)
# The relay says 1 or 0. One of before stated the school's own code, of which these say no in any school.
_NO_BOARDER = frozenset({"", "0", "N", "NO"})


def map_students(rows: Rows) -> Iterator[tuple[Student | Parked, Sequence[DroppedValue]]]:
    """Yield each student of the bucket with whoever may be contacted about them."""
    contacts = _by_owner(rows.get("contacts", ()), "student_id")
    photos = _photos(rows.get("photos", ()))
    for row in rows.get("students", ()):
        dropped: list[DroppedValue] = []
        read = RowReader(row, dropped)
        student_id, name = read.id("id"), read.name()
        if (parked := _unfit("student", row, student_id, name)) is not None:
            yield parked, dropped
            continue
        student = Student(
            id=student_id,
            name=name,
            birth_date=read.date("birth_date", after=_NO_DATE),
            gender=read.text("gender"),
            email=read.email("email", "work_email"),
            mobile="" if read.flag("silent_mobile", default=True) else read.text("mobile"),
            status=read.text("status_meaning", "status"),
            year_level=read.text("year_level"),
            campus=read.text("campus"),
            house=read.text("house"),
            form=read.text("form"),
            tutor=read.text("tutor"),
            boarder=read.text("boarder").upper() not in _NO_BOARDER,
            parents_separated=read.flag("parents_separated"),
            court_order=bool(read.text("court_order_type")) or read.date("court_order_date") is not None,
            contacts=_contacts(contacts.get(student_id, ()), dropped),
            photo=photos.get(student_id),
        )
        yield student, dropped


def map_staff(rows: Rows) -> Iterator[tuple[Staff | Parked, Sequence[DroppedValue]]]:
    """Yield each member of staff of the bucket."""
    photos = _photos(rows.get("photos", ()))
    for row in rows.get("staff", ()):
        dropped: list[DroppedValue] = []
        read = RowReader(row, dropped)
        staff_id, name = read.id("id"), read.name()
        if (parked := _unfit("staff", row, staff_id, name)) is not None:
            yield parked, dropped
            continue
        mobile, silent = _mobile(read, first="work", then="")
        staff = Staff(
            id=staff_id,
            name=name,
            code=read.text("staff_code"),
            email=read.email("work_email"),
            mobile=mobile,
            silent_mobile=silent,
            photo=photos.get(staff_id),
        )
        yield staff, dropped


def _unfit(kind: Kind, row: Row, person_id: str, name: Name) -> Parked | None:
    """Return why no record can be made of a person's row, if none can."""
    owner = owner_key(row.get("id"))
    if person_id != owner:
        # Kept under what stands there: that is what the row's bucket was chosen by.
        reason = "The ID of this person in Synergetic is not a whole number above zero, written plainly. Correct it there."
        return Parked(kind=kind, id=owner, code="no-identifier", reason=reason)
    if not name:
        reason = "Synergetic has neither a surname nor a given or preferred name for this person. Enter one there."
        return Parked(kind=kind, id=owner, code="no-name", reason=reason)
    return None


def _contacts(rows: Iterable[Row], dropped: list[DroppedValue]) -> tuple[Contact, ...]:
    """Return the contacts in order, each adult once: the same adult may be reached by several rows and as somebody's spouse.

    Whoever has a row of their own is what that row says: a spouse's row knows nothing of their flags, and may be the only one
    that would let a barred parent through.
    """
    readers = [RowReader(row, dropped) for row in sorted(rows, key=_contact_order)]
    named = [(read, read.id("contact_id"), read.flag("through_spouse")) for read in readers]
    own = {contact_id for _, contact_id, through_spouse in named if not through_spouse}
    seen: dict[str, Contact] = {}
    for read, contact_id, through_spouse in named:
        if contact_id and contact_id not in seen and not (through_spouse and contact_id in own):
            seen[contact_id] = _contact(read, contact_id, order=len(seen) + 1)
    return tuple(seen.values())


def _contact(read: RowReader, contact_id: str, *, order: int) -> Contact:
    mobile, silent = _mobile(read, first="", then="work")
    return Contact(
        id=contact_id,
        type=read.text("contact_type"),
        order=order,
        through_spouse=read.flag("through_spouse"),
        relationship=read.text("relationship_description", "relationship"),
        name=read.name(),
        email=read.email("email", "work_email"),
        mobile=mobile,
        home_phone=read.text("home_phone"),
        silent_mobile=silent,
        silent_phone=read.flag("silent_phone", default=True),
        primary_only=read.flag("primary_only"),
        normal_mail=read.flag("normal_mail"),
        reports=read.flag("reports"),
        parent=read.flag("parent"),
        lives_with=read.flag("lives_with"),
        deceased=read.flag("deceased"),
    )


def _contact_order(row: Row) -> tuple[int, str, int, int, bool]:
    """Sort student contacts by the number in their type, then the others; a spouse right after the linked contact."""
    ignored: list[DroppedValue] = []
    read = RowReader(row, ignored)
    kind = read.text("contact_type").upper()
    number = _TYPE_NUMBER.match(kind)
    place = int(number[1]) if number else _AFTER_ALL_NUMBERS
    return place, kind, int(read.id("link_order") or 0), int(read.id("contact_seq") or 0), read.flag("through_spouse")


def _mobile(read: RowReader, *, first: str, then: str) -> tuple[str, bool]:
    """Return the personal or work mobile number, in the asked order, and whether that one is silent."""
    for which in (first, then):
        name = f"{which}_mobile" if which else "mobile"
        number = read.text(name)
        if number:
            return number, read.flag(f"silent_{name}", default=True)
    return "", False


def _photos(rows: Iterable[Row]) -> dict[str, Photo]:
    photos: dict[str, Photo] = {}
    for row in rows:
        ignored: list[DroppedValue] = []
        read = RowReader(row, ignored)
        kind = read.text("type")
        if kind in {"jpeg", "png", "gif"}:
            photos[read.id("id")] = Photo.model_validate({"digest": read.text("digest"), "type": kind})
    return photos


def _by_owner(rows: Iterable[Row], column: str) -> dict[str, list[Row]]:
    owned: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        ignored: list[DroppedValue] = []
        owned[RowReader(row, ignored).id(column)].append(row)
    return owned
