"""Medical profiles in each shape that an answer may have: what is read, what is kept aside, what is never taken for said."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest

from functions.operoo.medical_reading import MedicalReading, read_medical, with_files
from functions.operoo.medical_settings import MedicalSettings
from shared.medical.items import Attachment
from shared.medical.profile import MedicalProfile

_ALERT = {"id": 7, "name": "Asthma", "risk_level": "HIGH", "description": "Worse in spring", "medication": "Ventolin"}


def _read(stated: Mapping[str, object], names: Mapping[str, str] | None = None) -> MedicalReading:
    return read_medical("1001", stated, MedicalSettings.model_validate({"fields": names or {}}))


def _profile(stated: Mapping[str, object], names: Mapping[str, str] | None = None) -> MedicalProfile:
    return _read(stated, names).profile


def test_the_public_fields_of_a_safety_alert_are_read() -> None:
    """The seven fields that a school's own tool was seen to use are read without any setting."""
    link = {"attachment_url": "/files/9", "attachment_name": "plan.pdf", "updated_at": "2026-03-01T00:00:00Z"}
    reading = _read({"safety_alerts": [{**_ALERT, **link}]})
    (condition,) = reading.profile.conditions
    assert (condition.ref, condition.type, condition.severity) == ("condition:7", "Asthma", "HIGH")
    assert (condition.details, condition.treatment) == ("Worse in spring", "Ventolin")
    (found,) = reading.links
    assert (found.condition, found.url, found.name) == ("condition:7", "/files/9", "plan.pdf")
    assert found.changed == "2026-03-01T00:00:00Z"
    assert reading.profile.unmapped == {}


def test_what_is_not_there_was_not_said() -> None:
    """A school keeps what it has of all that an answer does not speak of; an empty list and an empty text are spoken of."""
    assert _profile({}).model_fields_set == {"student", "unmapped", "parked"}
    said = _profile({"safety_alerts": [], "medicare_number": None, "allergies": None, "dentist": None})
    assert said.model_fields_set & {"conditions", "medicare", "allergies", "dentist"} == {"conditions", "medicare"}
    assert said.medicare.model_fields_set == {"number"}


def test_a_table_of_yes_and_no_with_forms_below_is_a_list() -> None:
    """Parents answer by yes or no, and each yes opens a form: what is answered by no, or not at all, is not there."""
    table = {
        "Asthma": {"answer": "Yes", "form": {"details": "Exercise", "since": "5 March 2019", "colour": "green"}},
        "Epilepsy": "No",
        "Migraine": "yes",
        "Diabetes": None,
        "Hay fever": {"answer": "no", "form": {"details": "gone"}},
        "Eczema": "a little",
    }
    names = {"conditions": "conditions", "conditions.details": "form.details", "conditions.started": "form.since"}
    profile = _profile({"conditions": table}, names)
    assert {one.type: one.details for one in profile.conditions} == {"Asthma": "Exercise", "Migraine": "", "Eczema": ""}
    assert [one.started for one in profile.conditions if one.type == "Asthma"] == [date(2019, 3, 5)]
    assert profile.unmapped == {"conditions.Asthma.form.colour": ("green",), "conditions.Eczema": ("a little",)}


@pytest.mark.parametrize(
    ("stated", "types"),
    [
        (["Asthma", " Hay fever ", "none", None], ["Asthma", "Hay fever"]),
        ("Asthma; Hay fever", ["Asthma", "Hay fever"]),
        ("None", []),
        ("no", []),
        ("N", []),
        (["N", "Asthma"], ["Asthma"]),
        (False, []),
        ("", []),
        ({}, []),
        ([{}], []),
        ({"name": "Asthma"}, ["Asthma"]),
        ({"name": "Asthma", "plans": [{"name": "Plan"}]}, ["Asthma"]),
        ({"data": [{"name": "Asthma"}], "total": 1}, ["Asthma"]),
        ([{"safety_alert": _ALERT}], ["Asthma"]),
        ([{"name": "Asthma", "answer": "No"}, {"name": "Migraine", "answer": "Yes"}], ["Migraine"]),
        ([{"name": "Asthma", "answer": "sometimes"}], ["Asthma"]),
    ],
)
def test_conditions_are_read_in_each_shape(stated: object, types: list[str]) -> None:
    """A list of objects or words, one object, a text, nothing: only a clear no takes a condition away."""
    profile = _profile({"safety_alerts": stated})
    assert sorted(one.type for one in profile.conditions) == types
    assert "conditions" in profile.model_fields_set
    assert profile.parked == ()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"safety_alerts": True}, "conditions"),
        ({"safety_alerts": "Yes"}, "conditions"),
        ({"medications": ["y"]}, "medications"),
        ({"medications": {"current": [{"name": "Ventolin"}], "past": [{"name": "Zyrtec"}]}}, "medications"),
        ({"medications": {"Ventolin": "yes", "others": [{"name": "Zyrtec"}]}}, "medications"),
        ({"safety_alerts": 3}, "conditions"),
        ({"safety_alerts": [3]}, "conditions"),
        ({"safety_alerts": [{**_ALERT, "start_date": "next spring"}]}, "conditions"),
        ({"safety_alerts": [{**_ALERT, "description": {"text": "x"}}]}, "conditions"),
        ({"medicare_line": "two"}, "medicare"),
        ({"ambulance_cover": "perhaps"}, "ambulance"),
        ({"updated_at": "long ago"}, "confirmed"),
    ],
)
def test_what_cannot_be_read_is_parked_without_its_value(fields: dict[str, object], field: str) -> None:
    """The reason names the field and never says what stood in it."""
    (parked,) = _profile(fields).parked
    assert (parked.field, parked.code) == (field, "day-unreadable" if "start_date" in str(fields) else "item-unreadable")
    for value in ("spring", "two", "perhaps", "ago"):
        assert value not in parked.reason


def test_a_consent_is_given_only_by_a_yes() -> None:
    """A question that nobody answered, or an answer that is no answer, never lets a school do anything to a child."""
    names = ("Yes one", "No one", "Unanswered", "Odd", "Listed only")
    stated: list[object] = [
        {"name": name, "answer": answer} for name, answer in zip(names, ("yes", "no", None, "ask us"), strict=False)
    ]
    profile = _profile({"consents": [*stated, "Listed only"]})
    assert {one.type: one.given for one in profile.consents} == {"Yes one": True, "No one": False}
    assert [one.field for one in profile.parked] == ["consents", "consents"]
    table = _profile({"consents": {"Yes one": True, "No one": "no", "Unanswered": "", "Odd": "ask us"}})
    assert {one.type: one.given for one in table.consents} == {"Yes one": True, "No one": False}
    assert len(table.parked) == 1


def test_links_by_identifier_name_and_object_lead_to_the_condition() -> None:
    """Whatever an allergy or a medication names its condition by, it is found; equal names of two are a doubt."""
    linked = [
        {"name": "a", "conditions": [7]},
        {"name": "b", "conditions": "asthma"},
        {"name": "c", "conditions": [{"id": "7"}]},
        {"name": "d", "conditions": 7},
        {"name": "e", "conditions": {"id": "7"}},
    ]
    profile = _profile({"safety_alerts": [_ALERT], "allergies": linked, "medications": [{"name": "d", "conditions": [8]}]})
    assert {one.type: one.conditions for one in profile.allergies} == dict.fromkeys("abcde", ("condition:7",))
    assert [(one.field, one.code) for one in profile.parked] == [("medications", "link-unknown")]


def test_no_link_is_told_from_nothing_said_of_links() -> None:
    """What JSON has nothing for is not stated, and the thing itself is read all the same; what is empty links to nothing."""
    stated = [{"name": "a", "conditions": None}, {"name": "b", "conditions": []}, {"name": "c", "conditions": {}}]
    profile = _profile({"safety_alerts": [_ALERT], "medications": stated})
    assert {one.name: "conditions" in one.model_fields_set for one in profile.medications} == {"a": False, "b": True, "c": True}
    assert ({one.conditions for one in profile.medications}, profile.parked) == ({()}, ())


def test_a_plan_waits_for_its_file_and_then_has_it() -> None:
    """Until the file is fetched nothing is said of it; no link means that there is no plan."""
    alerts = [{**_ALERT, "attachment_url": "https://x.test/a?key=s"}, {"id": 8, "name": "Epilepsy", "attachment_url": None}]
    reading = _read({"safety_alerts": alerts})
    first, second = reading.profile.conditions
    assert first.action_plan is not None
    assert "attachment" not in first.action_plan.model_fields_set
    assert (second.action_plan, "action_plan" in second.model_fields_set) == (None, True)
    kept = Attachment(digest="d" * 64, type="pdf", name="plan.pdf")
    full = with_files(reading.profile, {"condition:7": kept})
    assert full.conditions[0].action_plan is not None
    assert full.conditions[0].action_plan.attachment == kept
    assert full.conditions[1] == second


def test_the_same_answer_has_the_same_digest_whatever_the_link() -> None:
    """A link that is signed anew for each answer is no change of the child's health."""
    one, other = (_profile({"safety_alerts": [{**_ALERT, "attachment_url": f"/f?key={key}"}]}) for key in ("a", "b"))
    assert one.digest == other.digest


def test_every_unread_value_is_kept_by_its_name() -> None:
    """Nothing is lost: what has no place is kept and counted; only what is on the list of ignored names is not."""
    fields = {
        "operations": [{"name": "Appendix", "id": 3}, {"name": "Tonsils"}],
        "safety_alerts": [{**_ALERT, "colour": "red"}],
        "notes": "",
        "created_at": "2026-01-01",
        "allergies": [{"name": "Egg", "answer": "not sure"}],
    }
    profile = _profile(fields)
    assert profile.unmapped == {
        "allergies.answer": ("not sure",),
        "operations.name": ("Appendix", "Tonsils"),
        "safety_alerts.colour": ("red",),
    }
    assert profile.unmapped_counts == {"allergies.answer": 1, "operations.name": 2, "safety_alerts.colour": 1}


def test_who_confirmed_is_kept_without_when() -> None:
    """An exported spreadsheet says whose profile it is, and not on which day they confirmed it."""
    profile = _profile({"confirmed_by": "Ann"})
    assert profile.confirmed is not None
    assert (profile.confirmed.by.name, profile.confirmed.at) == ("Ann", None)
    assert (profile.parked, profile.unmapped) == ((), {})
    said = _profile({"confirmed_by": "Ann", "updated_at": "2026-03-01T10:00:00+11:00"}).confirmed
    assert said is not None
    assert (said.at, said.by.name) == (datetime(2026, 2, 28, 23, tzinfo=UTC), "Ann")


def test_empty_forms_are_none() -> None:
    """A condition whose forms are blank has no asthma: else each child with a condition would."""
    (condition,) = _profile({"safety_alerts": [{**_ALERT, "asthma": {"triggers": "", "action": None}}]}).conditions
    assert (condition.asthma, "asthma" in condition.model_fields_set) == (None, True)


@pytest.mark.parametrize("answer", [{}, {"answer": ""}, {"answer": "yes"}])
def test_an_empty_form_with_a_part_of_its_own_is_none(answer: dict[str, object]) -> None:
    """A consent without a name, by nobody: there is nothing to be parked, which would keep all others from ending."""
    profile = _profile({"consents": [{"name": " ", "given_by": "", "given_by_email": None, **answer}]})
    assert (profile.consents, profile.parked) == ((), ())


@pytest.mark.parametrize(
    "form",
    [
        {"title": "Peanut", "level": "high"},
        {"id": 7, "title": "Peanut"},
        {"allergy": {"title": "Peanut"}},
        {"name": "None", "comment": "Peanut"},
        {"name": "", "answer": "yes"},
    ],
)
def test_what_is_said_by_names_that_nobody_knows_is_no_empty_list(form: dict[str, object]) -> None:
    """With the names mistaken, every allergy at the school would else be taken for gone."""
    profile = _profile({"allergies": [form]})
    assert profile.allergies == ()
    assert [(one.field, one.code) for one in profile.parked] == [("allergies", "item-unreadable")]


@pytest.mark.parametrize("word", ["None", "n/a", " Nil ", "No", "-"])
def test_a_form_with_a_word_for_nothing_is_nothing(word: str) -> None:
    """Families write so, where a form asks what there is; what stands beside it makes it a thing."""
    profile = _profile({"allergies": [{"id": 1, "name": word, "risk_level": word}], "doctors": [{"name": word}]})
    assert (profile.allergies, profile.doctors, profile.parked) == ((), (), ())
    (allergy,) = _profile({"allergies": [{"name": word, "reaction": "Hives"}]}).allergies
    assert allergy.description == "Hives"


@pytest.mark.parametrize("form", [{}, {"id": 7}, {"id": 7, "name": None, "created_at": "2026-01-01", "position": 3}])
def test_a_blank_form_is_nothing(form: dict[str, object]) -> None:
    """What numbers it, and says when it was made, is nothing of a child's."""
    profile = _profile({"allergies": [form]})
    assert (profile.allergies, profile.parked) == ((), ())
    assert "allergies" in profile.model_fields_set


def test_half_a_character_in_the_name_of_what_cannot_be_read_can_be_stored() -> None:
    """What is parked stands in the case; one that cannot be written would keep everybody's profile from being read."""
    profile = _profile({"safety_alerts": [{**_ALERT, "id": "\ud83d", "start_date": "next spring"}]})
    assert [one.ref for one in profile.parked] == ["condition:?"]
    assert profile.model_dump_json()


def test_a_reading_shows_nothing_of_itself() -> None:
    """Neither the profile nor a link to a file may stand in a log."""
    reading = _read({"safety_alerts": [{**_ALERT, "attachment_url": "/secret", "attachment_name": "Zoe.pdf"}], "odd": "Oddity"})
    for word in ("Asthma", "spring", "secret", "Zoe", "Oddity"):
        assert word not in repr(reading)
