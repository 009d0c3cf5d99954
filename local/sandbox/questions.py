"""What a parent is asked about a child's health: the parts of the page, and how its answers become a profile."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from local.sandbox.medical import COMMON, Profile, items

Kind = Literal["text", "long", "date", "answer", "choice", "file", "condition"]
RISKS = ("High", "Medium", "Low")
BLOOD = ("O+", "O-", "A+", "A-", "B+", "B-", "AB+", "AB-")
SWIMMING = ("Cannot swim", "Swims 25 metres", "Swims 50 metres")
CONSENTS = ("Paracetamol may be given", "First aid may be given", "May swim")


@dataclass(frozen=True)
class Question:
    """One field of the page.

    Attributes:
        name: The field in the profile, with a dot within a form of its own. The page's field is called the same.
        suggestions: For a choice all that may be chosen, for a text what is offered.
    """

    name: str
    label: str
    kind: Kind = "text"
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """Questions under one heading.

    Attributes:
        title: The heading.
        questions: What is asked; of a list's things, the first says what it is.
        list: The list in the profile whose things are asked about; empty for the profile itself.
    """

    title: str
    questions: tuple[Question, ...]
    list: str = ""


def _answer(name: str, label: str) -> Question:
    return Question(name, label, "answer")


PARTS = (
    Part(
        "Conditions",
        (
            Question("name", "What", suggestions=(*COMMON, "Hay fever", "Migraine")),
            Question("risk_level", "Risk", "choice", RISKS),
            Question("description", "Details", "long"),
            Question("medication", "Usual treatment", "long"),
            Question("emergency_treatment", "In an emergency", "long"),
            Question("start_date", "Since", "date"),
            Question("asthma.triggers", "Asthma: what triggers it"),
            Question("asthma.action", "Asthma: what to do"),
            Question("attachment", "Action plan", "file"),
            Question("attachment_review_date", "Review the plan on", "date"),
        ),
        "safety_alerts",
    ),
    Part(
        "Allergies",
        (
            Question("name", "To what"),
            Question("risk_level", "Risk", "choice", RISKS),
            Question("reaction", "What happens"),
            Question("treatment", "What to do"),
            Question("conditions", "Part of", "condition"),
        ),
        "allergies",
    ),
    Part(
        "Medications",
        (
            Question("name", "What"),
            Question("type", "Kind", suggestions=("Inhaler", "Auto-injector", "Tablet")),
            Question("dose", "Dose"),
            Question("frequency", "How often"),
            Question("expiry_date", "Expires", "date"),
            Question("conditions", "For", "condition"),
        ),
        "medications",
    ),
    Part(
        "Equipment",
        (
            Question("name", "What", suggestions=("Spacer", "Auto-injector kit", "Glucose meter")),
            Question("conditions", "For", "condition"),
        ),
        "equipment",
    ),
    Part("Immunisations", (Question("name", "Against what"), Question("date", "Given on", "date")), "immunisations"),
    Part("Food", (Question("name", "What to eat, or not to"),), "dietary_requirements"),
    Part("Swimming", (Question("swimming_ability", "The child", "choice", SWIMMING),)),
    Part("Doctors", (Question("name", "Name"), Question("phone", "Phone"), Question("address", "Address")), "doctors"),
    Part("Dentist", (Question("dentist.name", "Name"), Question("dentist.phone", "Phone"))),
    Part(
        "In an emergency, call",
        (Question("name", "Name"), Question("relationship", "Who that is"), Question("phone", "Phone")),
        "emergency_contacts",
    ),
    Part(
        "Cards and cover",
        (
            Question("medicare_number", "Medicare number"),
            Question("medicare_line", "Number before the name"),
            Question("medicare_expiry", "Valid to", "date"),
            _answer("ambulance_cover", "Ambulance cover"),
            Question("ambulance_number", "Ambulance number"),
            _answer("health_care_card", "Health care card"),
            Question("health_care_card_number", "Card number"),
            Question("health_care_card_expiry", "Card valid to", "date"),
            _answer("private_insurance", "Private insurance"),
            Question("private_insurance_fund", "Fund"),
            Question("private_insurance_number", "Fund number"),
            Question("blood_group", "Blood group", "choice", BLOOD),
        ),
    ),
    Part("You consent to", (Question("name", "What", "choice", CONSENTS), _answer("answer", "You say")), "consents"),
)


def answered(form: Mapping[str, object], before: Profile) -> dict[str, object]:
    """Return the profile that a filled-in page states; what no question asks for stays as it was.

    Args:
        form: The page's fields, nested.
        before: The profile as it was.
    """
    profile = dict(before)
    for part in PARTS:
        if part.list:
            profile[part.list] = list(_things(part, form, items(before, part.list)))
        else:
            _put_all(profile, part, form)
    return _with_known_conditions(profile)


def told(part: Part, form: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return what a page says of a list's things, without those that are taken out and the empty place for another."""
    given = form.get(part.list)
    told = [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
    return [one for one in told if one.get(part.questions[0].name) and not one.get("remove")]


def value_of(thing: Profile, name: str) -> object:
    """Return a field of a profile or of one of its things, through dots; empty if it is not there."""
    head, _, rest = name.partition(".")
    found = thing.get(head)
    if rest:
        return value_of(found, rest) if isinstance(found, Mapping) else ""
    return "" if found is None else found


def _things(part: Part, form: Mapping[str, object], before: list[dict[str, object]]) -> Iterator[dict[str, object]]:
    """Yield the things of a list: as they were, with what is now said of them."""
    known = {str(one.get("id", "")): one for one in before}
    for one in told(part, form):
        thing = dict(known.get(str(one.get("id", "")), {}))
        _put_all(thing, part, one)
        yield thing


def _put_all(thing: dict[str, object], part: Part, form: Mapping[str, object]) -> None:
    for question in part.questions:
        if question.kind != "file":
            value = str(form.get(question.name, ""))
            _put(thing, question.name, _linked(value) if question.kind == "condition" else value)


def _linked(number: str) -> list[object]:
    return [int(number) if number.isdecimal() else number] if number else []


def _with_known_conditions(profile: dict[str, object]) -> dict[str, object]:
    """Take out what names a condition that is there no more."""
    known = {one.get("id") for one in items(profile, "safety_alerts")}
    linked = [part.list for part in PARTS if any(question.kind == "condition" for question in part.questions)]
    for name in linked:
        for one in items(profile, name):
            assert isinstance(one["conditions"], list)
            one["conditions"][:] = [which for which in one["conditions"] if which in known]
    return profile


def _put(thing: dict[str, object], name: str, value: object) -> None:
    head, _, rest = name.partition(".")
    if not rest:
        thing[head] = value
        return
    below = thing.get(head)
    inner = dict(below) if isinstance(below, Mapping) else {}
    _put(inner, rest, value)
    thing[head] = inner
