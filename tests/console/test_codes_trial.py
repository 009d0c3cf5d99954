"""Codes for families' words are tried on one real student before they are confirmed: what is written now, and what would be."""

from typing import Any

import pytest

from functions.console.medical import codes_trial_page
from tests.console.medical_site import MedicalSite
from tests.console.site import deeds


def _says(medical: MedicalSite, word: str) -> dict[str, list[str]]:
    """Have a family say a word that is no code's, and one that is; return the form that gives it one."""
    egg = {"id": "a1", "name": "Egg", "reaction": "Hives"}
    medical.says(allergies=[egg, {"id": "a2", "name": word, "reaction": "Cough"}])
    return {"kind": ["allergy"], "word": [word], "code": ["POL"]}


def _values(items: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(item["effect"], change["value"]) for item in items for change in item["changes"]}


def _deeds() -> int:
    return sum(one.what == "codes for words" for one in deeds())


def test_a_code_is_tried_on_a_student_whose_family_says_the_word(medical: MedicalSite) -> None:
    """What would be written besides is shown, and what waits no longer; nothing is changed, and no address has the word."""
    word = f"Grass {medical.student}"
    form = _says(medical, word)
    nurse = medical.site.visitor("medical")
    see = nurse.do("/medical/codes/try", **form)["see"]
    assert "POL" not in see
    assert "Grass" not in see
    trial = nurse.ask(see)
    assert [(one["before"], one["why_before"], one["after"]) for one in trial["words"]] == [
        ("", "code-unmatched", "Pollen (POL)")
    ]
    assert (trial["student"]["id"], trial["updates"]) == (medical.student, "review")
    assert {("adds", "POL"), ("adds", "Cough")} <= _values(trial["more"])
    assert "EGG" not in {value for _, value in _values(trial["more"])}, "what is written anyhow is no change"
    assert trial["less"] == []
    assert [one["word"] for one in trial["parked_before"]] == [word]
    assert trial["parked_after"] == []
    page = nurse.get(see).text
    assert all(words in page for words in (word, "Pollen (POL)", "Would be written into Synergetic", "Give this code"))
    assert word not in {one["word"] for one in nurse.ask("/medical/codes")["given"]}
    nurse.do("/medical/codes", **form)
    medical.follows()
    assert "POL" in {change["value"] for one in nurse.ask(medical.page)["items"] for change in one["changes"]}


def test_that_a_code_is_taken_back_is_tried_as_well(medical: MedicalSite) -> None:
    """What would be written no more is shown on whoever is asked for; of who said nothing, that nothing is known."""
    form = _says(medical, f"Reeds {medical.student}")
    nurse = medical.site.visitor("medical")
    nurse.do("/medical/codes", **form)
    medical.follows()
    see = nurse.do("/medical/codes/try", take_back="yes", **form)["see"]
    trial = nurse.ask(f"{see}?student={medical.student}")
    assert [(one["before"], one["after"], one["why_after"]) for one in trial["words"]] == [
        ("Pollen (POL)", "", "code-unmatched")
    ]
    assert ("adds", "POL") in _values(trial["less"])
    assert trial["more"] == []
    assert [one["word"] for one in trial["parked_after"]] == form["word"]
    assert nurse.ask(see)["student"]["id"] == medical.student, "found by itself"
    assert "Remove the code" in nurse.get(see).text
    nobody = nurse.ask(f"{see}?student=4711")
    assert (nobody["unknown"], nobody["student"]) == (True, None)


def test_nobody_is_looked_at_twice(medical: MedicalSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for a code is in Operoo as well, and takes the place of nobody else."""
    form = _says(medical, f"Reed {medical.student}")
    looked_at: list[str] = []
    monkeypatch.setattr(codes_trial_page, "cases_of", lambda some: looked_at.extend(one.student for one in some) or [])
    nurse = medical.site.visitor("medical")
    assert nurse.ask(nurse.do("/medical/codes/try", **form | {"word": ["nobody says it"]})["see"])["student"] is None
    assert looked_at.count(medical.student) == 1
    assert len(looked_at) == len(set(looked_at))


def test_what_cannot_be_done_is_said_before_anything_is_shown(medical: MedicalSite) -> None:
    """A code that the school does not have, one that was given meanwhile, and a role that may not; nothing is noted."""
    form = _says(medical, f"Hay {medical.student}")
    nurse = medical.site.visitor("medical")
    before = _deeds()

    def code(**given: object) -> str:
        return str(nurse.post("/medical/codes/try", accept="application/json", **{**form, **given}).json["code"])

    assert code(code=["NONSENSE"]) == "override-unusable"
    assert code(code=[""]) == "override-unusable"
    assert code(take_back="yes") == "codes-changed"
    see = nurse.do("/medical/codes/try", **form)["see"]
    for other in ("viewer", "administrator", "owner"):
        visitor = medical.site.visitor(other)
        assert visitor.get(see, accept="application/json").status == 403
        assert visitor.post("/medical/codes/try", accept="application/json", **form).status == 403
    assert _deeds() == before
