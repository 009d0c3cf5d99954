"""The page on which a parent edits what a school must know: what it says is what the interface then states."""

import re
from html import unescape

import pytest

from tests.contract.conftest import Play, Playground

_PARENT = {"first_name": "Ann", "last_name": "Lee", "email": "ann@example.com"}
_FORM = re.compile(r"<(input|textarea|select)\b([^>]*)>(.*?)(?=<(?:input|textarea|select|fieldset|button)\b|</form)", re.DOTALL)
_NAME, _VALUE = re.compile(r'\bname="([^"]*)"'), re.compile(r'\bvalue="([^"]*)"')
_CHOSEN = re.compile(r'<option(?: value="([^"]*)")? selected>([^<]*)')
Fields = list[tuple[str, str]]


@pytest.fixture
def home(play: Play) -> "Home":
    """Return a child with one parent, and their page."""
    return Home(play())


class Home:
    """A parent at the page of one child, with a browser that sends back every field of the form as it stands."""

    def __init__(self, ground: Playground) -> None:
        self.ground = ground
        child = {"first_name": "Zoë", "last_name": "Lee", "user_request_id": "1001", "contacts": [_PARENT]}
        self.id = ground.control("POST", "profiles/members", child)["id"]
        self.url = f"{ground.sandbox.url}/members/{self.id}/health"

    def page(self) -> str:
        """Return the page as it is now."""
        answer = self.ground.web.get(self.url)
        assert answer.status_code == 200
        return answer.text

    def fields(self) -> Fields:
        """Return what the form would send, unchanged."""
        form = self.page().partition('enctype="multipart/form-data">')[2].partition("</form>")[0] + "</form"
        found: Fields = []
        for kind, attributes, inner in _FORM.findall(form):
            name = _NAME.search(attributes)
            if name and "file" not in attributes and "checkbox" not in attributes:
                found.append((unescape(name[1]), unescape(_value(kind, attributes, inner))))
        return found

    def save(self, fields: Fields) -> None:
        """Press the button."""
        parts = [(name, (None, value)) for name, value in fields]
        assert self.ground.web.post(self.url, files=parts).status_code == 303

    def profile(self) -> dict[str, object]:
        """Return the profile as the sandbox keeps it."""
        found = self.ground.items("members")[0].get("profile")
        assert isinstance(found, dict)
        return found


def _value(kind: str, attributes: str, inner: str) -> str:
    if kind == "textarea":
        return inner.partition("</textarea>")[0]
    if kind == "select":
        chosen = _CHOSEN.search(inner)
        return (chosen[1] if chosen[1] is not None else chosen[2]) if chosen else ""
    value = _VALUE.search(attributes)
    return value[1] if value else ""


def _things(profile: dict[str, object], name: str) -> list[dict[str, object]]:
    found = profile[name]
    assert isinstance(found, list)
    return found


def _filled(fields: Fields, part: str, **values: str) -> Fields:
    """Fill in the empty place at the end of a list."""
    start = max(place for place, (name, _) in enumerate(fields) if name == f"{part}[][id]")
    filled = {f"{part}[][{name}]": value for name, value in values.items()}
    return [(name, filled.get(name, value) if place > start else value) for place, (name, value) in enumerate(fields)]


def test_a_parent_adds_changes_and_takes_out(home: Home) -> None:
    """A condition is added, an allergy is tied to it, both are changed, and one is taken out: each step is stated at once."""
    assert "Nothing has been shared yet" in home.page()
    home.save(_filled(home.fields(), "safety_alerts", name="Asthma & more", risk_level="High", **{"asthma.triggers": "Dust"}))
    (alert,) = _things(home.profile(), "safety_alerts")
    assert (alert["name"], alert["risk_level"], alert["asthma"]) == (
        "Asthma & more",
        "High",
        {"triggers": "Dust", "action": ""},
    )
    assert 'value="Asthma &amp; more"' in home.page()
    home.save(_filled(home.fields(), "allergies", name="Dust mites", conditions=str(alert["id"])))
    (allergy,) = _things(home.profile(), "allergies")
    assert allergy["conditions"] == [alert["id"]]
    changed = [(name, "Low" if value == "High" else value) for name, value in home.fields()]
    home.save([*changed])
    assert [one["risk_level"] for one in _things(home.profile(), "safety_alerts")] == ["Low"]
    assert [one["id"] for one in _things(home.profile(), "safety_alerts")] == [alert["id"]]
    place = [name for name, _ in home.fields()].index("safety_alerts[][id]") + 1
    fields = home.fields()
    home.save([*fields[:place], ("safety_alerts[][remove]", "yes"), *fields[place:]])
    assert _things(home.profile(), "safety_alerts") == []
    assert [one["conditions"] for one in _things(home.profile(), "allergies")] == [[]]


def test_saving_a_page_as_it_stands_changes_the_stamp_alone(home: Home) -> None:
    """A profile goes through the page and back unharmed, with fields that the page does not ask for; it is confirmed."""
    sample = {"operations": ["Appendix"], "blood_group": "X?", "safety_alerts": [{"id": 5, "name": "Epilepsy", "odd": "kept"}]}
    home.ground.control("PUT", f"health/{home.id}", sample)
    home.save(home.fields())
    before = home.profile()
    home.save(home.fields())
    after = home.profile()
    assert str(after.pop("updated_at")) > str(before.pop("updated_at"))
    assert after == before
    assert (after["operations"], after["blood_group"]) == (["Appendix"], "X?")
    assert _things(after, "safety_alerts")[0]["odd"] == "kept"
    assert (after["confirmed_by"], after["confirmed_by_email"]) == ("Ann Lee", "ann@example.com")


def test_a_consent_says_who_gave_it_and_when(home: Home) -> None:
    """A new or changed answer is given by whoever is at the page; an unchanged one stays with whoever gave it."""
    home.save(_filled(home.fields(), "consents", name="May swim", answer="yes"))
    (consent,) = _things(home.profile(), "consents")
    assert (consent["answer"], consent["given_by"]) == ("yes", "Ann Lee")
    home.save([(name, "Bo Lee" if name == "parent" else value) for name, value in home.fields()])
    assert [one["given_by"] for one in _things(home.profile(), "consents")] == ["Ann Lee"]
    changed = {"parent": "Bo Lee", "consents[][answer]": "no"}
    fields = home.fields()
    first = [name for name, _ in fields].index("consents[][answer]")
    home.save(
        [
            (name, changed.get(name, value) if place <= first or name == "parent" else value)
            for place, (name, value) in enumerate(fields)
        ]
    )
    assert [(one["answer"], one["given_by"]) for one in _things(home.profile(), "consents")] == [("no", "Bo Lee")]


def test_confirming_and_withdrawing(home: Home) -> None:
    """A parent may confirm without a change, which moves the stamp, and may share the profile no more."""
    home.save(home.fields())
    before = home.profile()
    confirm = home.ground.web.post(f"{home.url}/confirm", data={"parent": "Bo"})
    assert confirm.status_code == 303
    after = home.profile()
    assert (after["confirmed_by"], str(after["updated_at"]) > str(before["updated_at"])) == ("Bo", True)
    assert home.ground.web.post(f"{home.url}/withdraw").status_code == 303
    assert home.ground.items("members")[0].get("profile") is None
    assert home.ground.web.get(f"{home.ground.sandbox.url}/members/99999/health").status_code == 404


@pytest.mark.parametrize("given", [None, "x1"])
def test_a_profile_from_the_controls_needs_no_numbers(home: Home, given: str | None) -> None:
    """Whoever states a profile as JSON may number its things, in any way, or not: the family's page can be used either way."""
    condition = {"name": "Asthma"} | ({"id": given} if given else {})
    home.ground.control("PUT", f"health/{home.id}", {"safety_alerts": [condition], "allergies": [{"name": "Egg"}]})
    number = _things(home.profile(), "safety_alerts")[0]["id"]
    home.save([(name, str(number) if name == "allergies[][conditions]" else value) for name, value in home.fields()])
    assert [one["conditions"] for one in _things(home.profile(), "allergies")] == [[number]]
