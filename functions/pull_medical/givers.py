"""Who of a student's contacts gave a consent, or told of a condition: Synergetic knows people by their number alone. Pure."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from shared.medical.items import Condition, Consent, Person
from shared.medical.profile import MedicalProfile
from shared.records import Contact

_Thing = TypeVar("_Thing", Consent, Condition)


def with_givers(profile: MedicalProfile, contacts: Callable[[], Sequence[Contact]]) -> MedicalProfile:
    """Return a profile in which whoever is one of the student's contacts has that contact's number.

    Args:
        profile: What a family states.
        contacts: Returns the student's contacts; it is only asked if somebody is named.
    """
    stated = {
        "consents": tuple(_with_giver(one, "by", one.by, contacts) for one in profile.consents),
        "conditions": tuple(_with_giver(one, "notified_by", one.notified_by, contacts) for one in profile.conditions),
    }
    return profile.model_copy(update={name: some for name, some in stated.items() if name in profile.model_fields_set})


def _with_giver(thing: _Thing, field: str, person: Person, contacts: Callable[[], Sequence[Contact]]) -> _Thing:
    if person.id or not (person.email or person.name):
        return thing
    found = _only({one.id for one in contacts() if person.email and _folded(one.email) == _folded(person.email)})
    found = found or _only({one.id for one in contacts() if person.name and _folded(person.name) in _names(one)})
    return thing.model_copy(update={field: person.model_copy(update={"id": found})}) if found else thing


def _only(found: set[str]) -> str:
    """Return the one who is meant; of several, such as parents with one address, nobody knows who."""
    return found.pop() if len(found) == 1 else ""


def _names(contact: Contact) -> set[str]:
    name = contact.name
    return {_folded(f"{given} {name.surname}") for given in (name.given, name.preferred) if given}


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
