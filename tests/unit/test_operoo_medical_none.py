"""Entries that say that there is none: they are no items, are counted, and take away no more than an empty list would."""

from collections.abc import Mapping

import pytest

from functions.operoo.medical_reading import read_medical
from functions.operoo.medical_settings import MedicalSettings
from shared.medical.codes import Code, CodeBook
from shared.medical.profile import MedicalProfile
from shared.synergetic.medical_rows import desired_rows
from tests.property.medical_families import CODES

_ALLERGIES = "MedicalAllergy"


def _profile(stated: Mapping[str, object], **settings: object) -> MedicalProfile:
    return read_medical("1001", stated, MedicalSettings.model_validate(settings)).profile


@pytest.mark.parametrize(
    "words", ["Nil known", "NIL KNOWN.", "none", "N.K.A.", "NKDA", "N/A", "n / a", "No known allergies", "-", "\u2013", "No."]
)
@pytest.mark.parametrize("field", ["safety_alerts", "allergies", "medications"])
def test_words_for_none_are_no_item_and_are_counted(words: str, field: str) -> None:
    """In whatever shape; how severe it is says nothing more, where that is not severe."""
    more = {"dose": "Nil"} if field == "medications" else {"risk_level": "Low"}
    shapes = (
        [{"id": 7, "name": words, **more}],
        [words],
        words,
        {words: {"name": words}},
        {words: {"answer": "yes"}},
        {words: "yes"},
    )
    for shape in shapes:
        profile = _profile({field: shape})
        assert (profile.conditions, profile.allergies, profile.medications, profile.parked) == ((), (), (), ())
        assert [len(said) for said in profile.none.values()] == [1]
        assert {"safety_alerts": "conditions"}.get(field, field) in profile.model_fields_set


@pytest.mark.parametrize(
    "form",
    [
        {"name": "None of the above, but bees"},
        {"name": "Nil by mouth"},
        {"name": "None?"},
        {"name": "Nil known", "risk_level": "High"},
        {"name": "None", "reaction": "Hives"},
        {"name": "Unknown"},
    ],
)
def test_what_says_more_than_none_is_an_item(form: dict[str, object]) -> None:
    """A person looks at it."""
    profile = _profile({"allergies": [form]})
    assert ([one.type for one in profile.allergies], profile.none) == ([form["name"]], {})


def test_a_yes_before_none_is_not_understood() -> None:
    """Whoever answers that there is something, and calls it nothing, contradicts themselves."""
    profile = _profile({"allergies": [{"answer": "yes", "name": "Nil known"}]})
    assert ([one.code for one in profile.parked], profile.none) == (["item-unreadable"], {})


def test_a_school_has_its_own_words() -> None:
    """They stand in the place of the defaults."""
    said = {"allergies": [{"name": "Keine"}, {"name": "None"}]}
    profile = _profile(said, none_words=["keine"])
    assert ([one.type for one in profile.allergies], profile.none) == (["None"], {"allergies": ("Keine",)})


def test_alone_they_say_what_an_empty_list_says() -> None:
    """What Synergetic has of it then goes by the same rules."""
    alone, empty = (desired_rows(_profile({"allergies": said}), CODES) for said in ([{"name": "Nil known"}], []))
    assert (alone.desired, alone.parked) == (empty.desired, ())


def test_beside_others_they_take_nothing_away() -> None:
    """Such a list contradicts itself: what it names is written, and what it does not name stays."""
    mapped = desired_rows(_profile({"allergies": [{"name": "Nil known"}, {"name": "Nuts", "conditions": []}]}), CODES)
    assert (len(mapped.desired.tables[_ALLERGIES]), mapped.parked) == (1, ())
    assert set(mapped.desired.incomplete) == {_ALLERGIES}


def test_a_consent_that_is_refused_goes_all_the_same() -> None:
    """An entry that asks for nothing says nothing of the others."""
    consents = [{"name": "None", "answer": "yes"}, {"name": "Photos", "answer": "no"}]
    mapped = desired_rows(_profile({"consents": consents}), CODES)
    assert (mapped.desired.tables["Consent"], mapped.desired.incomplete) == ((), ())


def test_a_school_with_a_code_for_none_has_it_written() -> None:
    """By its description, or by an administrator's word."""
    codes = CodeBook({"allergy": (Code(code="NKA", description="No known allergies"),)}, {"allergy": {"nil": "NKA"}})
    for said in ([{"name": "No known allergy"}], [{"name": "Nil"}, "NIL"]):
        mapped = desired_rows(_profile({"allergies": said}), codes)
        (row,) = mapped.desired.tables[_ALLERGIES]
        assert (row.values["MedicalAllergyTypeCode"], mapped.desired.incomplete) == ("NKA", ())
