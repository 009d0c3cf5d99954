"""Plausible medical profiles for the sample school's children, the same for a child each time. They are nobody's.

The words are those of families, so most of them mean a code of the sample school, and a few mean none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from local.sandbox.medical import items, numbered
from local.sandbox.questions import BLOOD, CONSENTS, RISKS, SWIMMING
from local.school import names

_UNSHARED, _WELL = 0.08, 0.55
_ALLERGENS = ("Nuts", "Egg", "Bee sting", "Penicillin", "Grass pollen", "Kiwi fruit")
_IMMUNISATIONS = ("Measles, mumps, rubella", "Diphtheria, tetanus, pertussis", "HPV", "Chickenpox")
_FOOD = ("Vegetarian", "Halal", "No nuts", "Gluten free", "No pork")
_FUNDS = ("Sample Health", "Example Mutual")
_EPOCH = date(2026, 1, 31)


@dataclass(frozen=True)
class Sample:
    """A profile, and the action plan of its first condition if there is one: name and content."""

    profile: dict[str, object]
    plan: tuple[str, bytes] | None = None


def sample(number: str, member: int, seed: int = 0) -> Sample | None:
    """Return the medical profile of a child; None for a family that has shared none.

    Args:
        number: The school's number, which it is drawn by.
        member: Operoo's, which the numbers of the profile's things begin with.
        seed: Another one makes others.
    """
    rng = Random(f"health {seed} {number}")
    if names.chance(rng, _UNSHARED):
        return None
    illness = _Illness(rng)
    if not names.chance(rng, _WELL):
        illness.fall_ill()
    notes = {"notes": "Wears glasses"} if names.chance(rng, 0.1) else {}
    profile = numbered({**_cards(rng), **_people(rng), **_habits(rng), **illness.lists, **notes}, member)
    alerts = [one["id"] for one in items(profile, "safety_alerts")]
    for name in ("allergies", "medications", "equipment"):
        things = items(profile, name)
        profile[name] = [{**one, "conditions": [alerts[int(str(place))] for place in _places(one)]} for one in things]
    return Sample(profile, illness.plan)


def _places(thing: Mapping[str, object]) -> Sequence[object]:
    found = thing.get("conditions")
    return found if isinstance(found, list) else ()


def _day(rng: Random, first: int, last: int) -> str:
    return (_EPOCH + timedelta(days=rng.randrange(first, last))).isoformat()


def _cards(rng: Random) -> dict[str, object]:
    insured, ambulance, card = (names.chance(rng, share) for share in (0.45, 0.6, 0.15))
    return {
        "medicare_number": names.medicare(rng),
        "medicare_line": str(rng.randrange(1, 7)),
        "medicare_expiry": _day(rng, 200, 1500),
        "ambulance_cover": "yes" if ambulance else "no",
        "ambulance_number": f"{rng.randrange(10**6):06d}" if ambulance else "",
        "health_care_card": "yes" if card else "no",
        # Those of people begin with another digit.
        "health_care_card_number": f"0{rng.randrange(10**8):08d}H" if card else "",
        "health_care_card_expiry": _day(rng, 100, 900) if card else "",
        "private_insurance": "yes" if insured else "no",
        "private_insurance_fund": rng.choice(_FUNDS) if insured else "",
        "private_insurance_number": f"{rng.randrange(10**8):08d}" if insured else "",
        "blood_group": rng.choice(BLOOD) if names.chance(rng, 0.3) else "",
    }


def _people(rng: Random) -> dict[str, object]:
    doctor = {
        "name": f"Dr {names.surname(rng)}",
        "phone": names.landline(rng),
        "address": f"{rng.randrange(1, 200)} High Street",
    }
    dentist = {"name": f"Dr {names.surname(rng)}", "phone": names.landline(rng)} if names.chance(rng, 0.6) else {}
    first, _, _ = names.given_names(rng)
    call = {"name": f"{first} {names.surname(rng)}", "relationship": "Grandmother", "phone": names.mobile(rng)}
    return {"doctors": [doctor], "dentist": dentist or {"name": "", "phone": ""}, "emergency_contacts": [call]}


def _habits(rng: Random) -> dict[str, object]:
    given = [{"name": name, "date": _day(rng, -3000, -300)} for name in _IMMUNISATIONS if names.chance(rng, 0.7)]
    consents = [
        {"name": name, "answer": "yes" if names.chance(rng, 0.85) else "no", "given_by": "A parent", "given_on": "2026-01-28"}
        for name in CONSENTS
    ]
    return {
        "immunisations": given,
        "dietary_requirements": [{"name": rng.choice(_FOOD)}] if names.chance(rng, 0.15) else [],
        "swimming_ability": rng.choice(SWIMMING) if names.chance(rng, 0.8) else "",
        "consents": consents,
    }


class _Illness:
    """Gives a child something: conditions, and what belongs to them by their place among them."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.plan: tuple[str, bytes] | None = None
        self.lists: dict[str, list[dict[str, object]]] = {
            "safety_alerts": [],
            "allergies": [],
            "medications": [],
            "equipment": [],
        }

    def fall_ill(self) -> None:
        """Draw what it is."""
        kinds = (self._asthma, self._allergy, self._diabetes, self._other)
        self._rng.choices(kinds, weights=(8, 7, 2, 3))[0]()

    def _condition(self, name: str, risk: str, details: str, **more: object) -> None:
        alert = {"name": name, "risk_level": risk, "description": details, "medication": "", "emergency_treatment": ""}
        self.lists["safety_alerts"].append({**alert, "start_date": _day(self._rng, -3000, -200), **more})

    def _add(self, name: str, /, **thing: object) -> None:
        self.lists[name].append({**thing, "conditions": [len(self.lists["safety_alerts"]) - 1]})

    def _asthma(self) -> None:
        form = {"triggers": "Cold air, exercise", "action": "Sit upright, 4 puffs, wait 4 minutes"}
        self._condition("Asthma", self._rng.choice(RISKS), "Worse in spring", medication="Preventer at home", asthma=form)
        dose = {"dose": "2 puffs", "frequency": "Before sport", "expiry_date": _day(self._rng, 60, 600)}
        self._add("medications", name="Salbutamol", type="Puffer", **dose)
        if names.chance(self._rng, 0.5):
            self._add("equipment", name="Spacer")

    def _allergy(self) -> None:
        allergen, severe = self._rng.choice(_ALLERGENS), names.chance(self._rng, 0.35)
        about, risk = f"Reacts to {allergen.lower()}", "High" if severe else self._rng.choice(RISKS[1:])
        if severe:
            review = {"attachment_review_date": _day(self._rng, 30, 365)}
            self._condition("Anaphylaxis", risk, about, emergency_treatment="Auto-injector, then call 000", **review)
            self.plan = ("Anaphylaxis action plan.pdf", plan_file(allergen))
            dose = {"dose": "0.3 mg", "frequency": "Once", "expiry_date": _day(self._rng, 60, 500)}
            self._add("medications", name="Adrenaline", type="EpiPen", **dose)
        else:
            self._condition("Allergy", risk, about, medication="Antihistamine")
        reaction = "Swelling" if severe else "Rash"
        self._add("allergies", name=allergen, risk_level=risk, reaction=reaction, treatment="Antihistamine")

    def _diabetes(self) -> None:
        self._condition("Diabetes (Type 1)", "high", "On a pump", emergency_treatment="Glucose gel, then call the parents")
        self._add("equipment", name="Blood glucose meter")

    def _other(self) -> None:
        self._condition(self._rng.choice(("Hay fever", "Migraine", "Epilepsy")), self._rng.choice(RISKS), "For some years")


def plan_file(about: str) -> bytes:
    """Return a small document that stands for an action plan."""
    text = f"BT /F1 18 Tf 60 760 Td (Action plan: {about}) Tj ET"
    resources = "<</Font <</F1 <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>>>>>"
    page = "<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources"
    parts = (
        "1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj",
        "2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj",
        f"3 0 obj {page} {resources}>> endobj",
        f"4 0 obj <</Length {len(text)}>> stream\n{text}\nendstream endobj",
        "trailer <</Root 1 0 R>>",
    )
    return "\n".join(("%PDF-1.4", *parts, "%%EOF", "")).encode()
