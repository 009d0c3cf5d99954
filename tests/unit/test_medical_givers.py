"""Who gave a consent is found among the student's contacts, if it can only be one."""

import pytest

from functions.pull_medical.givers import with_givers
from shared.medical.reading import read_profile
from shared.records import Contact, Name

SAM = Contact(
    id="7001", type="SC1", order=1, name=Name(given="Samuel", preferred="Sam", surname="Lee"), email="lee@home.example"
)
ANN = Contact(id="7002", type="SC1", order=2, name=Name(given="Ann", surname="Lee"), email="lee@home.example")
OLD = Contact(id="7003", type="SC2", order=3, name=Name(given="Ann", surname="Lee"), email="Ann.Lee@work.example")


@pytest.mark.parametrize(
    ("by", "contacts", "found"),
    [
        ({"email": "ann.lee@WORK.example"}, (SAM, ANN, OLD), "7003"),
        ({"email": "lee@home.example", "name": " sam  LEE"}, (SAM, ANN), "7001"),
        ({"email": "lee@home.example"}, (SAM, ANN), ""),
        ({"name": "Samuel Lee"}, (SAM, ANN, OLD), "7001"),
        ({"name": "Ann Lee"}, (SAM, ANN, OLD), ""),
        ({"name": "Ann Lee"}, (ANN, ANN.model_copy(update={"type": "SE1"})), "7002"),
        ({"name": "A parent", "email": "other@home.example"}, (SAM,), ""),
        ({"name": "Sam Lee", "id": "9"}, (SAM,), "9"),
    ],
)
def test_a_giver_is_the_only_contact_of_that_address_or_name(
    by: dict[str, str], contacts: tuple[Contact, ...], found: str
) -> None:
    """Where two have it nobody is guessed, and a number that was stated stays."""
    profile = read_profile("1", {"consents": [{"type": "Photos", "by": by}]})
    (consent,) = with_givers(profile, lambda: contacts).consents
    assert consent.by.id == found


def test_nobody_is_looked_for_where_nobody_is_named() -> None:
    """And what was not stated stays unstated."""
    profile = read_profile("1", {"consents": [{"type": "Photos"}]})
    same = with_givers(profile, lambda: pytest.fail("the contacts are read"))
    assert (same, same.model_fields_set) == (profile, profile.model_fields_set)
