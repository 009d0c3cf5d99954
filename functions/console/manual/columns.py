"""The columns of a spreadsheet that somebody uploads: which we know, under which titles, and which are Operoo's own."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from functions.operoo.spreadsheets import Row, place_of_titles
from shared.owners import Kind

NONE = "-"
_LONGEST_TITLE = 100
# What a file may have several columns for: Operoo's staff import has three groups.
REPEATED = frozenset({"groups"})


class Column(NamedTuple):
    """A column that we know.

    Attributes:
        field: Our word for it.
        title: As our own files have it.
        operoo: Whether it is one of the columns of Operoo's own import.
        aliases: Other titles under which it is known, separated by bars.
    """

    field: str
    title: str
    operoo: bool = False
    aliases: str = ""


_NAMES = (
    Column("first_name", "First Name", operoo=True, aliases="first|given name|given names|given1|firstname|legal first name"),
    Column("last_name", "Last Name", operoo=True, aliases="last|surname|family name|lastname|legal last name"),
)
_FULL = Column("full_name", "Full Name", aliases="name|student name|staff name|person name|display name")
_PREFERRED = Column("preferred_name", "Preferred Name", aliases="preferred|known as|preferred first name|everyday name")
COLUMNS: dict[Kind, tuple[Column, ...]] = {
    "student": (
        *_NAMES,
        Column("number", "Student ID", operoo=True, aliases="id|student number|student no|studentid|profile id"),
        Column(
            "contact_email",
            "Parent Email",
            operoo=True,
            aliases="email|e mail|email address|parents email|parent e mail|guardian email|contact email|request email"
            "|profile owners email|parent email address",
        ),
        Column(
            "contact_mobile",
            "Parent Mobile",
            operoo=True,
            aliases="mobile|mobile number|parent mobile number|parents mobile|contact mobile|parent phone|guardian mobile"
            "|profile owners mobile phone|request mobile number",
        ),
        Column("groups", "Groups", operoo=True, aliases="group|group name|group names|group name s|class|classes"),
        _FULL,
        _PREFERRED,
        Column("middle_names", "Middle Names", aliases="middle name|middle"),
        Column("birth_date", "Date of Birth", aliases="birth date|dob|birthdate|person birth date|born"),
        Column("year_level", "Year Level", aliases="year|grade|year group"),
        Column("campus", "Campus"),
        Column("house", "House"),
        Column("form", "Form", aliases="form group|home group|homeroom"),
        Column("contact_first_name", "Parent First Name", aliases="contact first name|guardian first name"),
        Column("contact_last_name", "Parent Last Name", aliases="contact last name|parent surname|guardian last name"),
        Column("contact_relationship", "Relationship", aliases="parent relationship|contact relationship"),
    ),
    "staff": (
        *_NAMES,
        Column("number", "Staff ID", operoo=True, aliases="id|staff number|staffid|staff no|employee id|employee number"),
        Column("email", "Email", operoo=True, aliases="e mail|email address|work email|staff email"),
        Column("mobile", "Mobile", operoo=True, aliases="mobile number|mobile phone|phone"),
        Column(
            "groups",
            "Group 1",
            operoo=True,
            aliases="group 2|group 3|group|groups|group name|group names|group name 1|group name 2|group name 3",
        ),
        _FULL,
        _PREFERRED,
    ),
    "group": (
        Column("group_name", "group_name", operoo=True, aliases="group name|name|group"),
        Column("member_ids", "member_ids", operoo=True, aliases="member ids|members|student ids|students"),
        Column("staff_ids", "staff_ids", operoo=True, aliases="staff ids|staff"),
    ),
}


def folded(title: str) -> str:
    """Return a title as it is compared: without case, punctuation and accents."""
    plain = unicodedata.normalize("NFKD", title).casefold()
    words = re.findall(r"[a-z0-9]+", re.sub("['\N{RIGHT SINGLE QUOTATION MARK}]", "", plain))
    return " ".join(words) or " ".join(plain.split())


def fields_of(kind: Kind, titles: Sequence[str], remembered: Mapping[str, str]) -> list[str]:
    """Return which of our fields each column is, `-` for none: what a person said of a title before prevails."""
    known = {name: column.field for column in COLUMNS[kind] for name in _names(column)}
    fields = {column.field for column in COLUMNS[kind]}
    found: list[str] = []
    for title in map(folded, titles):
        field = remembered.get(title) or known.get(title, NONE)
        taken = field in found and field not in REPEATED
        found.append(field if field in fields and not taken else NONE)
    return found


def titles_in(kind: Kind, rows: Sequence[Row], remembered: Mapping[str, str]) -> int:
    """Return which row holds the titles: the first, or one below it that clearly does."""
    return place_of_titles(rows, lambda row: sum(field != NONE for field in fields_of(kind, row, remembered)))


def to_remember(titles: Sequence[str], fields: Sequence[str]) -> dict[str, str]:
    """Return the field of each title as it is remembered: of several columns of one title, the one that is used."""
    said: dict[str, str] = {}
    for title, field in zip(map(folded, titles), fields, strict=True):
        if 0 < len(title) <= _LONGEST_TITLE and said.get(title, NONE) == NONE:
            said[title] = field
    return said


def missing(kind: Kind, fields: Sequence[str]) -> list[str]:
    """Return the titles of columns without which no row can be read."""
    title = {column.field: column.title for column in COLUMNS[kind]}
    have = set(fields)
    if kind == "group":
        return [title[field] for field in ("group_name",) if field not in have]
    named = [] if have & {"full_name", "last_name", "first_name"} else ["First Name and Last Name"]
    numbered = {"number"} if kind == "student" else {"number", "email"}
    return named if have & numbered else [*named, title["number"]]


def repeated(fields: Sequence[str]) -> list[str]:
    """Return the fields that several columns are said to be, though only one can."""
    return sorted({field for field in fields if field not in {NONE, *REPEATED} and fields.count(field) > 1})


def _names(column: Column) -> list[str]:
    return [folded(column.title), *column.aliases.split("|")] if column.aliases else [folded(column.title)]
