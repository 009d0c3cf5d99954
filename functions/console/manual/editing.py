"""The form for one person: which fields it has, and what stands in them for somebody who is there already. Pure functions."""

import secrets
from collections.abc import Sequence

from functions.console.manual.columns import COLUMNS, Column
from shared.owners import Kind, number_of
from shared.records import Staff, Student

# Groups are looked after on their own page, and a form has a field for each part of a name.
_NOT_IN_FORMS = frozenset({"groups", "full_name"})
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def form_of(kind: Kind) -> list[Column]:
    """Return the fields of the form, in its order."""
    return [column for column in COLUMNS[kind] if column.field not in _NOT_IN_FORMS]


def named(kind: Kind, values: Sequence[str]) -> dict[str, str]:
    """Return what a form sent, by field."""
    return dict(zip((column.field for column in form_of(kind)), values, strict=False))


def new_number() -> str:
    """Return a number for somebody who has none at the school, that looks like none of the school's."""
    return "M-" + "".join(secrets.choice(_LETTERS) for _ in range(6))


def values_of(record: Student | Staff) -> dict[str, str]:
    """Return what stands in the form for somebody who is there."""
    values = {
        "first_name": record.name.given,
        "last_name": record.name.surname,
        "number": number_of(record.id),
        "preferred_name": record.name.preferred,
    }
    if isinstance(record, Staff):
        return {**values, "email": record.email, "mobile": record.mobile}
    contact = record.contacts[0] if record.contacts else None
    asked = {
        "contact_email": contact.email,
        "contact_mobile": contact.mobile,
        "contact_first_name": contact.name.given,
        "contact_last_name": contact.name.surname,
        "contact_relationship": contact.relationship,
    } if contact else {}  # fmt: skip
    return {
        **values,
        **asked,
        "middle_names": record.name.middle,
        "birth_date": record.birth_date.isoformat() if record.birth_date else "",
        "year_level": record.year_level,
        "campus": record.campus,
        "house": record.house,
        "form": record.form,
    }
