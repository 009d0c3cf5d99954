"""Canonical records: what a row of the school means, whatever version of Synergetic it came from.

Identifiers are Synergetic's own: a person's is the Community ID, kept for life; a group's is its natural key
(`class:A:2026:S:7MAT1`, `year_level:S:7`). What a person brought begins with `manual:` instead.
"""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.owners import Kind

GroupType = Literal["class", "year_level", "form", "house", "tutor", "campus", "custom"]
# Who states a record: the snapshots, a spreadsheet that somebody uploaded, or somebody at the console.
Origin = Literal["synergetic", "upload", "custom"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Name(_Record):
    """A person's names. `given` and `surname` are the legal ones, `preferred` the everyday given name."""

    title: str = ""
    given: str = ""
    middle: str = ""
    preferred: str = ""
    surname: str = ""

    def __bool__(self) -> bool:
        """Tell whether there is a name that somebody could be called by."""
        return bool(self.given or self.preferred or self.surname)


class Contact(_Record):
    """One adult whom the school may reach about a student.

    Attributes:
        id: The adult's own Community ID: one person, however many children name them.
        type: Synergetic's contact type, `SC1` the first.
        order: Place in the student's list, from 1; a spouse comes right after the linked contact.
        through_spouse: Has no contact row of their own: is the spouse of the linked contact.
        silent_mobile: The mobile number must not be shown to others.
        silent_phone: The same for the home phone.
    """

    id: str
    type: str
    order: int
    through_spouse: bool = False
    relationship: str = ""
    name: Name = Name()
    email: str = ""
    mobile: str = ""
    home_phone: str = ""
    silent_mobile: bool = False
    silent_phone: bool = False
    primary_only: bool = False
    normal_mail: bool = False
    reports: bool = False
    parent: bool = False
    lives_with: bool = False
    deceased: bool = False


class Photo(_Record):
    """A photo by reference to its bytes in the Exchange bucket."""

    digest: str
    type: Literal["jpeg", "png", "gif"]


class Student(_Record):
    """A current student."""

    kind: Literal["student"] = "student"
    id: str
    name: Name = Name()
    birth_date: date | None = None
    gender: str = ""
    email: str = ""
    mobile: str = ""
    status: str = ""
    year_level: str = ""
    campus: str = ""
    house: str = ""
    form: str = ""
    tutor: str = ""
    boarder: bool = False
    parents_separated: bool = False
    court_order: bool = False
    contacts: tuple[Contact, ...] = ()
    photo: Photo | None = None


class Staff(_Record):
    """An active member of staff."""

    kind: Literal["staff"] = "staff"
    id: str
    name: Name = Name()
    code: str = ""
    email: str = ""
    mobile: str = ""
    silent_mobile: bool = False
    photo: Photo | None = None


class Group(_Record):
    """A class or a cohort, with who is in it and who leads it, by Community ID."""

    kind: Literal["group"] = "group"
    id: str
    type: GroupType
    code: str
    name: str = ""
    campus: str = ""
    year_level: str = ""
    members: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()


Record = Student | Staff | Group
RECORD_TYPES: dict[Kind, type[Student] | type[Staff] | type[Group]] = {"student": Student, "staff": Staff, "group": Group}


class Parked(BaseModel):
    """A record that could not be made from its rows, and why, in plain words and without personal data."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    id: str
    code: str
    reason: str


class DroppedValue(BaseModel):
    """A value that was dropped from a record, and why."""

    model_config = ConfigDict(frozen=True)

    field: str
    reason: str
