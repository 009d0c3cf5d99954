"""Reads one row of a spreadsheet, or one form: a record as a person means it, or the reasons why there is none.

Pure functions. What they say goes on the page of whoever brought the row, and nowhere else.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from functions.console.manual.columns import COLUMNS
from functions.operoo.settings import OperooSettings
from functions.operoo.spreadsheets import whole_number
from shared.digests import sha256
from shared.owners import Kind, manual_id
from shared.records import Contact, Name, Staff, Student

Cells = Mapping[str, Sequence[str]]
_LONGEST, _LONGEST_EMAIL = 100, 254
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_EMAIL = re.compile(r"(?!.*\.\.)[^@\s,;:<>()\"]+@[^@\s,;:<>()\"]+\.[^@\s,;:<>()\".]{2,}")
_PHONE = re.compile(r"\+?[0-9 ()./-]{6,30}")
# An Australian mobile number whose cell a spreadsheet program took for a number: the nought before it is gone.
_LACKS_NOUGHT = re.compile(r"4[0-9]{8}")
# What a cell holds when its formula failed.
ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
_SHOWN = 40
_DATES = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%d %B %Y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%d/%m/%Y %I:%M:%S %p",
)
_EARLIEST = date(1900, 1, 1)


@dataclass
class Read:
    """What a row says.

    Attributes:
        number: By which the school knows the person.
        shown: Their name, for the page.
        record: The person, unless there is a reason against it.
        groups: Names of groups they are in.
        reasons: Why the row cannot be taken.
    """

    number: str = ""
    shown: str = ""
    record: Student | Staff | None = None
    groups: tuple[str, ...] = ()
    reasons: list[str] = field(default_factory=list)


class Reader:
    """Reads rows as a school's settings want them.

    Args:
        kind: Whether rows are students or staff.
        settings: Whether nobody can be asked without an e-mail address.
    """

    def __init__(self, kind: Kind, settings: OperooSettings) -> None:
        self._kind = kind
        self._settings = settings

    def read(self, cells: Cells) -> Read:
        """Return what a row says; `cells` are texts by field, of which several columns may be one."""
        row = _Row(self._kind, cells)
        name = row.name()
        is_student = self._kind == "student"
        email = row.email("contact_email" if is_student else "email", wanted=self._wants_email())
        read = Read(number=row.number(email, wanted=is_student), shown=f"{name.given or name.preferred} {name.surname}".strip())
        record = self._student(row, read.number, name, email) if is_student else self._staff(row, read.number, name, email)
        read.groups, read.reasons = row.names("groups"), row.reasons
        read.record = None if row.reasons else record
        return read

    def _wants_email(self) -> str:
        if self._kind == "student" and self._settings.require_request_email:
            return "Parent Email is empty, so Operoo has nobody to ask. Fill it in."
        if self._kind == "staff" and self._settings.require_staff_email:
            return "Email is empty. Fill it in."
        return ""

    def _student(self, row: "_Row", number: str, name: Name, email: str) -> Student:
        contact = Contact(
            # One adult may be there for several children: they are known by their address.
            id=manual_id(sha256(email.casefold().encode())[:12] if email else f"{number}.1"),
            type="SC1",
            order=1,
            relationship=row.text("contact_relationship"),
            name=Name(given=row.text("contact_first_name"), surname=row.text("contact_last_name")),
            email=email,
            mobile=row.phone("contact_mobile"),
        )
        return Student(
            id=manual_id(number),
            name=name,
            birth_date=row.day("birth_date"),
            year_level=row.text("year_level"),
            campus=row.text("campus").upper(),
            house=row.text("house").upper(),
            form=row.text("form").upper(),
            contacts=(contact,) if contact.email or contact.mobile else (),
        )

    def _staff(self, row: "_Row", number: str, name: Name, email: str) -> Staff:
        return Staff(id=manual_id(number), name=name, email=email, mobile=row.phone("mobile"))


class _Row:
    """The cells of a row, read one by one; what is wrong with them is gathered."""

    def __init__(self, kind: Kind, cells: Cells) -> None:
        self._titles = {column.field: column.title for column in COLUMNS[kind]}
        self._cells = cells
        self.reasons: list[str] = []

    def text(self, name: str) -> str:
        """Return a cell's text."""
        text = self._plain(name)
        if len(text) > _LONGEST:
            self.reasons.append(f"{self._titles[name]} is longer than {_LONGEST} characters. Shorten it.")
        return text

    def name(self) -> Name:
        """Return the person's name, of its parts or of one cell."""
        given, surname, whole = self.text("first_name"), self.text("last_name"), self.text("full_name")
        if whole and not given and not surname:
            given, surname = _divided(whole)
        if not given and not surname:
            self.reasons.append("There is no name. Fill in First Name and Last Name.")
        return Name(given=given, surname=surname, preferred=self.text("preferred_name"), middle=self.text("middle_names"))

    def number(self, email: str, *, wanted: bool) -> str:
        """Return the school's number for the person, if it is one; staff without one are known by their address."""
        number = whole_number(self.text("number"))
        if not number and email and not wanted:
            return f"m-{sha256(email.casefold().encode())[:8]}"
        if not number:
            title = self._titles["number"]
            self.reasons.append(f"{title} is empty. Fill it in." if wanted else f"{title} and Email are empty. Fill one in.")
        elif not _NUMBER.fullmatch(number):
            self._refuse("number", number, "has more than 40 characters, or others than letters, digits, dots and hyphens")
            return ""
        return number

    def email(self, name: str, *, wanted: str) -> str:
        """Return an e-mail address; `wanted` is what to say if there is none, or nothing."""
        text = self._plain(name)
        if text and not (len(text) <= _LONGEST_EMAIL and _EMAIL.fullmatch(text)):
            self._refuse(name, text, "is not one e-mail address, such as ana@example.com")
        elif not text and wanted:
            self.reasons.append(wanted)
        return text

    def phone(self, name: str) -> str:
        """Return a telephone number."""
        text = self._plain(name)
        if text and not _PHONE.fullmatch(text):
            self._refuse(name, text, "is not one telephone number, such as 0491 570 006")
        return f"0{text}" if _LACKS_NOUGHT.fullmatch(text) else text

    def day(self, name: str) -> date | None:
        """Return a day, as Australians write it or as computers do."""
        text = self.text(name)
        found = day_of(text)
        if text and found is None:
            self._refuse(name, text, "is not a day that somebody may be born on, such as 25/3/2012")
        return found

    def names(self, name: str) -> tuple[str, ...]:
        """Return the names in a list with commas or semicolons between them."""
        texts = [plain(one) for cell in self._cells.get(name, ()) for one in re.split(r"[,;\n]", cell)]
        if any(len(text) > _LONGEST for text in texts):
            self.reasons.append(f"Groups: a name has more than {_LONGEST} characters. Shorten it.")
        self.reasons += [error_in("Groups", text) for text in texts if text in ERRORS]
        return tuple(dict.fromkeys(filter(None, texts)))

    def _plain(self, name: str) -> str:
        text = plain(" ".join(self._cells.get(name, ())))
        if text in ERRORS:
            self.reasons.append(error_in(self._titles[name], text))
            return ""
        return text

    def _refuse(self, name: str, text: str, why: str) -> None:
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        self.reasons.append(f"{self._titles[name]}: {shown} {why}. Correct it.")


def error_in(title: str, text: str) -> str:
    """Return why a cell is not taken that holds what a spreadsheet program says of a formula that failed."""
    return f"{title}: {text} is what a spreadsheet program writes where a formula failed. Correct it."


def plain(text: str) -> str:
    """Return a text with single blanks and without what controls a terminal; marks of direction and joined emoji stay."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = "".join(" " if unicodedata.category(one) in {"Cc", "Zl", "Zp"} else one for one in text.replace("\0", ""))
    return unicodedata.normalize("NFC", " ".join(kept.split())).encode("utf-8", "ignore").decode()


def day_of(text: str) -> date | None:
    """Return the day that a text means, None if it means none that anybody was born on."""
    for form in _DATES if text else ():
        try:
            day = datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
        return day if _EARLIEST <= day <= datetime.now(UTC).date() else None
    return None


def ids_in(text: str) -> tuple[str, ...]:
    """Return the numbers in a list with commas, semicolons or blanks between them."""
    return tuple(dict.fromkeys(map(whole_number, filter(None, re.split(r"[,;\s]+", plain(text))))))


def _divided(whole: str) -> tuple[str, str]:
    surname, comma, given = whole.partition(",")
    if comma:
        return given.strip(), surname.strip()
    given, _, surname = whole.rpartition(" ")
    return given, surname
