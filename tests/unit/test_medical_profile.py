"""Reading a medical profile: what cannot be read is parked, what has no place is kept, and the rest goes on."""

from datetime import UTC, date, datetime

import pytest

from functions.console.medical.stated import stated
from functions.records.case import MedicalCase
from shared.medical.profile import MedicalProfile
from shared.medical.reading import read_profile
from shared.medical.values import clean_day, clean_flag, clean_text

MARKER = "zebra-marker"


def test_what_was_not_stated_is_not_there() -> None:
    """A missing field and None say nothing; an empty list and an empty text say that there is none."""
    profile = read_profile("7", {"conditions": [], "medicare": {"number": ""}, "allergies": None, "confirmed": None})
    assert {"conditions", "medicare"} == profile.model_fields_set - {"student", "unmapped", "parked"}
    assert profile.medicare.model_fields_set == {"number"}


def test_everything_has_its_place() -> None:
    """Nested forms, days, yes and no, and links between items."""
    profile = read_profile(
        "7",
        {
            "medicare": {"number": 1234, "line": "2", "expiry": "2027-05-01T00:00:00"},
            "conditions": [
                {
                    "id": 5,
                    "type": "Asthma",
                    "confidential": "yes",
                    "asthma": {"triggers": "Cold air"},
                    "action_plan": {"id": "p1", "attachment": {"digest": "abc", "type": "pdf"}, "review": "2027-01-31"},
                }
            ],
            "medications": [{"name": "Salbutamol", "conditions": ["asthma"], "plans": ["p1"]}],
            "confirmed": {"at": "2026-09-01T10:00:00+10:00", "by": {"id": "501"}},
        },
    )
    (condition,), (medication,) = profile.conditions, profile.medications
    assert (profile.medicare.number, profile.medicare.line, profile.medicare.expiry) == ("1234", 2, date(2027, 5, 1))
    assert condition.confidential
    assert condition.asthma is not None
    assert condition.action_plan is not None
    assert (condition.asthma.triggers, condition.action_plan.review) == ("Cold air", date(2027, 1, 31))
    assert (medication.conditions, medication.plans) == (("condition:5",), ("p1",))
    assert profile.confirmed is not None
    assert profile.confirmed.at.isoformat() == "2026-09-01T00:00:00+00:00"
    assert profile.parked == ()


def test_a_bad_item_is_parked_and_the_rest_goes_on() -> None:
    """The reason names the field and not the value; a section is parked as a whole, so that no half of it is written."""
    profile = read_profile(
        "7",
        {
            "conditions": [{"id": 1, "type": "Asthma"}, {"id": 2, "type": "Other", "confidential": MARKER}, MARKER],
            "medicare": {"number": "1", "line": MARKER},
            "doctors": MARKER,
            "symptoms": [{"conditions": [1]}],
        },
    )
    assert [one.ref for one in profile.conditions] == ["condition:1"]
    assert {(one.field, one.ref, one.code) for one in profile.parked if "?" not in one.ref} == {
        ("conditions", "condition:2", "item-unreadable"),
        ("medicare", "medicare", "item-unreadable"),
        ("doctors", "doctors", "item-unreadable"),
        ("symptoms", profile.parked[-1].ref, "item-nameless"),
    }
    assert profile.symptoms == ()
    assert any(one.reason.startswith("conditions.confidential: ") for one in profile.parked)
    assert MARKER not in str(profile.parked)
    assert "medicare" not in profile.model_fields_set


def test_a_day_that_is_none_is_left_out_and_told() -> None:
    """An allergy does not wait for when it began; an immunisation or a consent is nothing without its day."""
    profile = read_profile(
        "7",
        {
            "conditions": [{"id": 1, "type": "Asthma", "started": MARKER, "ended": "2026-02-03"}],
            "medications": [{"id": 2, "name": "Ventolin", "expiry": MARKER, "conditions": [1]}],
            "immunisations": [{"id": 3, "type": "MMR", "given": MARKER}],
            "consents": [{"id": 4, "type": "Panadol", "given": True, "on": MARKER}],
        },
    )
    (condition,), (medication,) = profile.conditions, profile.medications
    assert (condition.type, condition.started, condition.ended) == ("Asthma", None, date(2026, 2, 3))
    assert ("started" in condition.model_fields_set, medication.conditions) == (False, ("condition:1",))
    assert {(one.field, one.code) for one in profile.parked} == {
        ("conditions", "day-unreadable"),
        ("medications", "day-unreadable"),
        ("immunisations", "item-unreadable"),
        ("consents", "item-unreadable"),
    }
    assert "conditions.started: is not a date." in {one.reason for one in profile.parked}
    assert MARKER not in str(profile.parked)


def test_a_plan_whose_review_is_no_day_keeps_nobody_from_a_condition() -> None:
    """Only the day is left out; with something else amiss the condition waits, and the reason is told once."""
    plan = {"id": "p", "review": MARKER}
    profile = read_profile(
        "7",
        {
            "conditions": [
                {"id": 1, "type": "Anaphylaxis", "started": MARKER, "action_plan": plan},
                {"id": 2, "type": "Asthma", "confidential": MARKER, "action_plan": plan},
                {"id": 3, "type": "Epilepsy", "action_plan": {"id": MARKER, "review": None}},
                {"id": 4, "type": "Other", "action_plan": MARKER},
            ]
        },
    )
    assert [one.type for one in profile.conditions] == ["Anaphylaxis", "Epilepsy"]
    made = profile.conditions[0].action_plan
    assert made is not None
    assert (made.id, made.model_fields_set) == ("p", {"id"})
    assert [(one.ref, one.code) for one in profile.parked] == [
        ("condition:1", "day-unreadable"),
        ("condition:2", "item-unreadable"),
        ("condition:4", "item-unreadable"),
    ]
    assert MARKER not in str(profile.parked)


def test_what_is_nested_without_end_is_parked() -> None:
    """As any other thing that is no form; nobody else's profile suffers from it."""
    deep: list[object] = []
    for _ in range(900):
        deep = [deep]
    forms: object = {}
    for _ in range(900):
        forms = {"in it": forms}
    profile = read_profile("1", {"conditions": [deep, {"type": "Asthma"}], "unheard_of": deep})
    assert read_profile("1", {"unheard_of": [forms, float("nan"), b"bytes"]}).digest
    assert ([one.type for one in profile.conditions], [one.code for one in profile.parked]) == (["Asthma"], ["item-unreadable"])
    assert profile.unmapped_counts == {"unheard_of": 1}


def test_an_empty_form_is_not_an_item() -> None:
    """Forms that nobody filled in say nothing, whatever boxes are ticked by default."""
    profile = read_profile("7", {"doctors": [{"name": "", "phone": ""}, {"name": "Dr X"}], "equipment": [{"held": True}]})
    assert [one.name for one in profile.doctors] == ["Dr X"]
    assert (profile.equipment, profile.parked) == ((), ())
    nobody = read_profile("7", {"doctors": [{"name": "", "phone": "5550"}]})
    assert ([one.phone for one in nobody.doctors], nobody.parked) == (["5550"], ())
    unsaid = read_profile("7", {"allergies": None, "blood": None, "unheard_of": None})
    assert (unsaid.model_fields_set, unsaid.unmapped_counts) == ({"student", "unmapped", "parked"}, {"unheard_of": 1})


def test_items_can_be_followed() -> None:
    """By the source's identifier, whatever changes; else by what they are; and equals are told apart."""

    def refs(*conditions: dict[str, object]) -> list[str]:
        return [one.ref for one in read_profile("7", {"conditions": list(conditions)}).conditions]

    assert refs({"id": 5, "type": "Asthma"}) == refs({"id": 5, "type": "Other"}) == ["condition:5"]
    (natural,) = refs({"type": "Asthma", "details": "mild"})
    assert refs({"type": "ASTHMA", "details": "worse"}) == [natural]
    assert "asthma" not in natural.lower()
    twins = refs({"type": "Other", "details": "a"}, {"type": "Other", "details": "b"}, {"type": "Other", "details": "a"})
    assert len(set(twins)) == 2


def test_who_comes_among_equals_renames_nobody() -> None:
    """Where a source gives no identifiers, as a spreadsheet: each keeps its row, and only the new one is written."""
    said = [{"type": "Allergy", "details": str(number)} for number in range(9)]
    fewer, more = (read_profile("1", {"conditions": some}).conditions for some in (said[1:], said))
    assert {one.ref for one in fewer} == {one.ref for one in more if one.details != "0"}
    assert len({one.ref for one in more}) == len(said)


def test_whoever_is_named_twice_keeps_the_first_place() -> None:
    """Whom to call first is not called second because somebody wrote them down again."""
    gran, aunt = ({"name": name, "phone": "1"} for name in ("Gran", "Aunt"))
    profile = read_profile("7", {"emergency_contacts": [gran, aunt, gran]})
    assert [one.name for one in profile.emergency_contacts] == ["Gran", "Aunt"]


def test_two_items_of_one_identifier_are_not_both_believed() -> None:
    """Equal ones are one; of different ones the same one is taken whatever their order, and the other is parked."""
    equal = read_profile("7", {"consents": [{"id": 1, "type": "Swim"}] * 2})
    assert (len(equal.consents), equal.parked) == (1, ())
    items = [{"id": 1, "type": "Swim"}, {"id": 1, "type": "Climb"}]
    one, other = (read_profile("7", {"consents": found}) for found in (items, items[::-1]))
    assert one == other
    assert ([kept.ref for kept in one.consents], [parked.code for parked in one.parked]) == (["consent:1"], ["item-twice"])


def test_a_link_to_nothing_is_told() -> None:
    """The item stays; without the student's conditions nothing is said about links at all."""
    allergies = [{"type": "Nuts", "conditions": ["Asthma", "none such"]}]
    profile = read_profile("7", {"allergies": allergies, "conditions": [{"type": "Asthma"}]})
    assert profile.allergies[0].conditions == (profile.conditions[0].ref,)
    assert [one.code for one in profile.parked] == ["link-unknown"]
    alone = read_profile("7", {"allergies": allergies})
    assert "conditions" not in alone.allergies[0].model_fields_set
    assert alone.parked == ()


def test_one_cell_links_to_several() -> None:
    """As in a spreadsheet, where a medication has one cell for all its conditions; a name may have a comma of its own."""
    conditions = [{"type": "Asthma"}, {"type": "Allergy, food"}, {"type": "Other"}]

    def linked(words: str) -> tuple[set[str], list[str]]:
        profile = read_profile("7", {"conditions": conditions, "medications": [{"name": "X", "conditions": [words]}]})
        names = {one.ref: one.type for one in profile.conditions}
        return {names[ref] for ref in profile.medications[0].conditions}, [one.code for one in profile.parked]

    assert linked("asthma, OTHER") == ({"Asthma", "Other"}, [])
    assert linked("Allergy, food") == ({"Allergy, food"}, [])
    assert linked("Asthma, Gout") == ({"Asthma"}, ["link-unknown"])
    assert linked(" , Asthma,") == ({"Asthma"}, [])
    assert linked(" ") == (set(), [])


def test_a_name_that_two_conditions_have_links_to_neither() -> None:
    """Which of them is meant would be a guess; an identifier is not."""
    conditions = [{"id": 1, "type": "Other", "name": "a"}, {"id": 2, "type": "Other", "name": "b"}]
    stated = {"conditions": conditions, "symptoms": [{"text": "x", "conditions": ["Other", 2]}]}
    profile = read_profile("7", stated)
    assert profile.symptoms[0].conditions == ("condition:2",)
    assert [one.code for one in profile.parked] == ["link-unknown"]


def test_what_has_no_place_is_kept_and_counted() -> None:
    """At every level, and a name of our own is not taken from outside."""
    conditions = [
        {"type": "Asthma", "colour": "red", "ref": "mine", "asthma": {"spacer": True}},
        {"type": "Other", "colour": 1.5},
    ]
    profile = read_profile("7", {"conditions": conditions, "operations": [{"name": "x"}], "student": "8"})
    assert profile.student == "7"
    assert profile.unmapped_counts == {
        "conditions.asthma.spacer": 1,
        "conditions.colour": 2,
        "conditions.ref": 1,
        "operations": 1,
        "student": 1,
    }
    assert profile.unmapped["conditions.colour"] == ("red", 1.5)


def test_a_profile_shows_nothing() -> None:
    """Neither a printed profile nor the error of one that cannot be made tells what is in it."""
    profile = read_profile("7", {"conditions": [{"type": MARKER}], "blood": {"group": MARKER}})
    assert MARKER not in f"{profile!r} {profile} {profile.conditions!r}"


def test_texts_are_cleaned_of_what_cannot_be_seen() -> None:
    """Line ends and blanks are of one kind, characters are composed, halves and invisible ones are gone, and empty decimals."""
    assert (clean_text(2950123456.0), clean_text(2.5)) == ("2950123456", "2.5")
    assert clean_text("  a\u200bb\r\nc\u00a0d e\u0301 \u2011 x\0\ud83d ") == "ab\nc d é - x?"
    for odd in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="text"):
            clean_text(odd)


def test_yes_and_no_are_said_in_many_ways_and_nothing_else_is() -> None:
    """A word that is neither is told, as one would be taken for the other."""
    for value in ("Yes", "y", "TRUE", "t", "1", 1, 1.0, True):
        assert clean_flag(value) is True
    for value in ("No", "n", "false", "F", "0", 0, False, "", " ", None):
        assert clean_flag(value) is False
    for odd in ("perhaps", "2", 0.5, [], {"yes": True}):
        with pytest.raises(ValueError, match=r"neither|text"):
            clean_flag(odd)


def test_days_and_numbers_are_read_whole_or_not_at_all() -> None:
    """A part of what is no day or number is none either."""
    day = date(2026, 1, 31)
    for value in ("2026-01-31", " 2026-01-31T10:30:00Z", "2026-01-31 00:00", day, datetime(2026, 1, 31, 9, tzinfo=UTC)):
        assert clean_day(value) == day
    assert (clean_day(""), clean_day(None)) == (None, None)
    for odd in ("2026-01-31x", "31/01/2026", "2026-02-30", 2026):
        with pytest.raises(ValueError, match="date"):
            clean_day(odd)
    lines = {one: read_profile("1", {"medicare": {"line": one}}) for one in (2, "2147483648", "", "-1", "2.5", "٣", "1" * 11)}
    assert [one.medicare.line for one in lines.values() if not one.parked] == [2, 2147483648, None]
    assert [code.code for one in lines.values() for code in one.parked] == ["item-unreadable"] * 4


def test_the_digest_is_of_what_is_stated() -> None:
    """Not of order, nor of defaults; whether something was stated at all counts."""
    one = read_profile("7", {"immunisations": [{"type": "A"}, {"type": "B"}], "blood": {}})
    other = read_profile("7", {"blood": {}, "immunisations": [{"type": "B"}, {"type": "A"}]})
    assert one.digest == other.digest
    assert one.digest != read_profile("7", {"immunisations": [{"type": "A"}, {"type": "B"}]}).digest
    assert one.digest == MedicalProfile.model_validate_json(one.model_dump_json(exclude_unset=True)).digest


def test_a_case_says_no_more_than_the_family_did() -> None:
    """Of a question that nobody answered there is no *no* once the case is read again."""
    case = MedicalCase(student="7", profile=read_profile("7", {"ambulance": {"covered": "no"}, "conditions": [{"type": "A"}]}))
    again = MedicalCase.model_validate_json(case.model_dump_json()).profile
    assert again is not None
    told = {(one.thing, fact.called, fact.told) for one in stated(again) for fact in one.facts}
    assert told == {("Ambulance", "Covered", "No"), ("Conditions", "Type", "A")}
