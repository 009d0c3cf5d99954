"""One group's page: who is in it, that Synergetic's staff prevail, and choosing it with everyone in it."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.console.web.addresses import segment
from tests.console.quiet_school import QuietSchool, quiet_school
from tests.integration.school_rows import school

SEEN, SYNCED, CHOSEN, ODD = (f"class:A:2026:S:{code}" for code in ("SEEN", "SYNCED", "CHOSEN", "10/Ä B?#%1"))


def _rows() -> dict[str, list[dict[str, Any]]]:
    """Return a school of four classes with one teacher and two students each; the last has a code that addresses dislike."""
    rows = school(8)
    like = {name: rows[name][0] for name in ("groups", "memberships", "teachers")}
    codes = [one.split(":", 4)[4] for one in (SEEN, SYNCED, CHOSEN, ODD)]
    rows["groups"] = [{**like["groups"], "code": code, "description": code} for code in codes]
    rows["teachers"] = [{**like["teachers"], "code": code} for code in codes]
    rows["memberships"] = [
        {**like["memberships"], "code": code, "student_id": 2 * place + n} for place, code in enumerate(codes) for n in (1, 2)
    ]
    return rows


@pytest.fixture(scope="module")
def made() -> Iterator[QuietSchool]:
    """Return the school of this module."""
    with quiet_school(_rows()) as made:
        yield made


@pytest.fixture
def here(made: QuietSchool, monkeypatch: pytest.MonkeyPatch) -> QuietSchool:
    """Return it for one test."""
    return made.enter(monkeypatch)


def test_it_shows_who_is_in_it_and_who_leads_it(here: QuietSchool) -> None:
    """By name, linked to their pages; for a viewer without buttons."""
    visitor = here.site.visitor("viewer")
    page, html = visitor.ask(f"/groups/{SEEN}"), visitor.get(f"/groups/{SEEN}").text
    assert [row["id"] for row in page["members"]] == ["1", "2"]
    assert (page["total"], page["synchronised"], page["pages"]) == (2, 0, 1)
    assert [row["id"] for row in page["staff"]] == ["500"]
    assert 'href="/students/2"' in html
    assert 'href="/staff/500"' in html
    assert "/choose" not in html
    assert "is overwritten" not in html


def test_of_a_synchronised_one_staff_assigned_by_hand_are_overwritten(here: QuietSchool) -> None:
    """That is said, and when; and it can be synced from its page."""
    here.site.cloud.request("one", {"kind": "selection", "select": {"groups": [SYNCED]}})
    visitor = here.site.visitor("administrator")
    html = visitor.get(f"/groups/{SYNCED}").text
    assert "What somebody assigns by hand in Operoo is overwritten: when the group changes" in html
    see = visitor.do(f"/groups/{SYNCED}/sync")["see"]
    here.site.settle()
    steps = {step["name"]: step["state"] for step in visitor.ask(see)["steps"]}
    assert (steps["Staged"], steps["Applied to Operoo"]) == ("done", "done")


def test_it_is_chosen_with_everyone_in_it_and_that_is_taken_back(here: QuietSchool) -> None:
    """But for who was deselected by name. What was shown happens; the rule goes as it came."""
    here.site.cloud.request("but", {"kind": "selection", "deselect": {"students": ["5"]}})
    address, visitor = f"/groups/{CHOSEN}/choose", here.site.visitor("administrator")
    preview = visitor.ask(f"{address}?choice=select")
    assert [preview[one]["creates"] for one in ("students", "staff", "group")] == [1, 1, 1]
    assert preview["kept_out"] == 1
    assert "<strong>1 new student profile</strong> will be made" in visitor.get(f"{address}?choice=select").text
    visitor.do(address, choice="select", seen=preview["seen"])
    here.site.settle()
    group = visitor.ask(f"/groups/{CHOSEN}")
    assert group["members_chosen"] is True
    deed = here.site.visitor("owner").ask("/audit")["deeds"][1]
    assert (deed["what"], deed["to"]) == ("select with members", f"group {CHOSEN}, 3 people")
    assert (deed["before"], deed["after"]) == ("not selected, and 0 of them", "selected, with everyone in it, now and later")
    assert {row["id"]: row["cloud"] for row in (*group["members"], *group["staff"])} == {"5": False, "6": True, "500": True}
    back = visitor.ask(f"{address}?choice=deselect")
    assert [back[one]["unlinks"] for one in ("students", "staff", "group")] == [1, 1, 1]
    visitor.do(address, choice="deselect", seen=back["seen"])
    here.site.settle()
    assert not any(row["cloud"] for row in visitor.ask(f"/groups/{CHOSEN}")["members"])


def test_what_changed_since_it_was_looked_at_is_looked_at_again(here: QuietSchool) -> None:
    """And a viewer cannot do it at all."""
    address = f"/groups/{SEEN}/choose"
    stale = here.site.visitor("administrator").post(address, choice="select", seen="other", accept="application/json")
    assert (stale.status, stale.json["code"]) == (409, "list-changed")
    assert here.site.visitor("viewer").post(address, choice="select", seen="other").status == 403


def test_a_group_with_an_odd_code_has_its_page(here: QuietSchool) -> None:
    """Slashes, blanks and other signs in codes lead where they should, from a person's page and from the list."""
    visitor = here.site.visitor("viewer")
    address = f"/groups/{segment(ODD)}"
    for page in ("/students/7", "/groups"):
        assert f'href="{address}"' in visitor.get(page).text
    assert visitor.ask(address)["id"] == ODD
