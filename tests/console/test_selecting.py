"""Who is synchronised is chosen here: found, looked at, confirmed, and then done."""

from html import unescape
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from functions.console.people.choosing import all_chosen, preview, year_groups
from functions.console.web.wording import follows
from functions.operoo.settings import OperooSettings
from functions.records.list_lines import Line
from tests.console.site import Site
from tests.integration.cloud import forget_wiring
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import changed, school


def test_a_year_level_is_selected_and_gets_its_clouds(site: Site, operoo: FakeOperoo) -> None:
    """The preview says what will happen, nothing happens before it is confirmed, and then just that does."""
    visitor = site.visitor("administrator")
    before = visitor.ask("/students?year_level=7")
    assert (before["total"], before["totals"]["selected"]) == (20, 0)
    preview = visitor.ask("/students/choose?choice=select&year_level=7")
    assert (preview["count"], preview["preview"]["creates"], preview["preview"]["mails"]) == (20, 20, 20)
    assert not operoo.profiles
    visitor.do("/students/choose", choice="select", seen=preview["seen"], chosen=preview["query"])
    site.settle()
    after = visitor.ask("/students?year_level=7")
    assert all(row["cloud"] and row["state"] == "synchronised" for row in after["rows"])
    assert len(operoo.profiles) == 20


def test_those_who_are_marked_are_selected_and_nobody_else(site: Site) -> None:
    """Marks prevail over the filter of the list they were made in."""
    visitor = site.visitor("administrator")
    preview = visitor.ask("/students/choose?choice=select&ids=3&ids=5&year_level=7")
    assert preview["count"] == 2
    done = visitor.do("/students/choose", choice="select", seen=preview["seen"], chosen="ids=3,5&year_level=7")
    assert done["said"].startswith("Selected: 2 students.")
    site.settle()
    assert {row["id"] for row in visitor.ask("/students?show=synchronised")["rows"]} == {"3", "5"}


def test_a_class_with_any_code_is_marked_looked_at_and_selected(site: Site) -> None:
    """A comma is no end of it, nor is a percent sign an escape; and however long a code is, it has a page of its own."""
    rows, codes = school(2), ["7MAT,1", "7MAT%2C2", "\u8ab2" * 80]
    like = {name: rows[name][0] for name in ("groups", "memberships")}
    for name, one in like.items():
        rows[name] += [one | {"code": code} for code in codes]
    site.cloud.load(rows, 2)
    site.settle()
    visitor = site.visitor("administrator")
    ids = sorted(row["id"] for row in visitor.ask("/groups")["rows"] if row["id"].rpartition(":")[2] in codes)
    assert len(ids) == len(codes)
    address = f"/groups/choose?{urlencode({'choice': 'select', 'ids': ids}, doseq=True)}"
    chosen = unescape(visitor.get(address).text.partition('name="chosen" value="')[2].partition('"')[0])
    visitor.do("/groups/choose", choice="select", seen=visitor.ask(address)["seen"], chosen=chosen)
    site.settle()
    assert sorted(row["id"] for row in visitor.ask("/groups?show=selected")["rows"]) == ids
    assert {visitor.get(f"/groups/{quote(quote(one, safe=':'), safe=':')}").status for one in ids} == {200}


def test_the_page_after_it_renews_itself_until_it_has_happened(site: Site) -> None:
    """At once nothing shows yet; then it is on its way; and in the end nobody needs to look again."""
    visitor = site.visitor("administrator")
    preview = visitor.ask("/students/choose?choice=select&ids=3")
    see = visitor.post("/students/choose", choice="select", seen=preview["seen"], chosen="ids=3").headers["location"]
    assert 'data-poll="3" data-looks="5"' in visitor.get(see).text
    assert "data-poll" not in visitor.get(see).text
    for queue in ("intake", "stage"):
        site.cloud._once(queue)
    site.listed()
    for address in (see, "/students", "/"):
        assert "data-poll" in visitor.get(address).text
    site.settle()
    for address in (see, "/students", "/"):
        assert "data-poll" not in visitor.get(address).text


def test_what_changed_since_it_was_looked_at_is_looked_at_again(site: Site) -> None:
    """A confirmation is about those whom it showed."""
    visitor = site.visitor("administrator")
    preview = visitor.ask("/students/choose?choice=select&ids=3")
    refused = visitor.post(
        "/students/choose", choice="select", seen=preview["seen"], chosen="ids=3,4", accept="application/json"
    )
    assert (refused.status, refused.json["code"]) == (409, "list-changed")
    page = "/students/choose?choice=select&ids=3"
    told = visitor.post("/students/choose", choice="select", seen="other", chosen="ids=3", page=f"http://localhost{page}").text
    assert f'href="{page.replace("&", "&amp;")}">Back to the page, as it is now</a>' in told
    site.settle()
    assert visitor.ask("/students?show=selected")["total"] == 0


def test_a_viewer_cannot_select_even_by_a_forged_request(site: Site) -> None:
    """Roles are checked where the deed is done."""
    viewer, administrator = site.visitor("viewer"), site.visitor("administrator")
    preview = administrator.ask("/students/choose?choice=select&ids=3")
    assert 'name="choice"' not in viewer.get("/students").text
    forged = viewer.post("/students/choose", choice="select", seen=preview["seen"], chosen="ids=3")
    assert forged.status == 403
    site.settle()
    assert administrator.ask("/students?show=selected")["total"] == 0


def test_a_form_from_elsewhere_does_nothing(site: Site) -> None:
    """Who is signed in cannot be made to send a form by another page."""
    administrator = site.visitor("administrator")
    preview = administrator.ask("/students/choose?choice=select&ids=3")
    for key in ("", "guessed"):
        forged = administrator.post("/students/choose", choice="select", seen=preview["seen"], chosen="ids=3", forms=key)
        assert forged.status in {403, 422}
    site.settle()
    assert administrator.ask("/students?show=selected")["total"] == 0


def _line(number: str, **but: Any) -> Line:
    return Line(number, f"Name {number}", year_level="7", campus="S", mail=number)._replace(**but)


def test_who_selects_thousands_is_told_how_long_it_takes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Operoo takes five requests a second; who is deselected asks it for nothing."""
    visitor = site.visitor("administrator")
    assert follows(20_000) == "Operoo follows in 67 minutes or more"
    assert follows(1) == follows(0) == "Operoo follows within a minute or two"
    assert "minutes or more" not in visitor.get("/students/choose?choice=select").text
    monkeypatch.setenv("OPEROO_SETTINGS", '{"requests_per_second": 0.1}')
    forget_wiring()
    assert "That takes 4 minutes or more." in visitor.get("/students/choose?choice=select").text
    monkeypatch.setattr("functions.console.people.selecting_page.follows", lambda records: f"{records} are sent")
    seen = {choice: visitor.ask(f"/students/choose?choice={choice}")["seen"] for choice in ("select", "deselect")}
    said = {choice: visitor.do("/students/choose", choice=choice, seen=one)["said"] for choice, one in seen.items()}
    assert said["select"] == "Selected: 20 students. 20 are sent. Until then this page shows how it was."
    assert said["deselect"] == "Deselected: 20 students. 0 are sent. Until then this page shows how it was."


def test_each_record_has_one_effect() -> None:
    """What is said of it is what is done: also of who cannot be asked, has a problem, is gone, or is on its way."""
    lines = {
        "creates": _line("1"),
        "unasked": _line("2", mail=""),
        "relinks": _line("3", known=True),
        "stuck": _line("4", choice=True, problem="operoo-rejected"),
        "gone": _line("5", present=False),
        "as_it_is": _line("6", rule="r", link="linked", problem="operoo-photo"),
    }
    selected = preview(list(lines.values()), "select", "student", OperooSettings())
    assert all(getattr(selected, effect) == 1 for effect in lines)
    assert (selected.mails, [one.id for one in selected.unasked_first]) == (1, ["2"])
    assert preview([lines["unasked"]], "select", "student", OperooSettings(require_request_email=False)).creates == 1
    held = _line("7", present=False, choice=True, link="linked")
    deselected = preview([*lines.values(), held], "deselect", "student", OperooSettings())
    assert (deselected.unlinks, deselected.drops, deselected.as_it_is) == (2, 1, 4)


def test_brothers_and_sisters_are_one_family(site: Site) -> None:
    """Operoo asks one address about both, however it is written."""
    rows = changed(changed(school(), "contacts", 1, email="home@home.example"), "contacts", 2, email="Home@home.example")
    site.cloud.load(rows, 2)
    site.settle()
    shown = site.visitor("administrator").ask("/students/choose?choice=select")["preview"]
    assert (shown["creates"], shown["mails"]) == (20, 19)


def test_who_cannot_be_asked_is_named_before_it_is_confirmed(site: Site, operoo: FakeOperoo) -> None:
    """On the previews of students, of a rule and of a group: as many are made as they say."""
    site.cloud.load(changed(school(), "contacts", 3, email=""), 2)
    site.listed()
    visitor = site.visitor("administrator")
    for place in ("/students/choose?choice=select&year_level=7", "/rules/preview?kind=student"):
        shown, html = visitor.ask(place)["preview"], visitor.get(place).text
        assert (shown["creates"], shown["mails"], shown["unasked"]) == (19, 19, 1)
        assert "cannot be made: no contact to ask by e-mail" in html
        assert '<a href="/students/3"><bdi>Surname3, Given3</bdi></a>' in html
    group = visitor.get("/groups/class:A:2026:S:7MAT1/choose?choice=select").text
    assert '<a href="/students/3"><bdi>Surname3, Given3</bdi></a>' in group
    page = visitor.ask("/students/choose?choice=select&year_level=7")
    visitor.do("/students/choose", choice="select", seen=page["seen"], chosen=page["query"])
    site.settle()
    assert len(operoo.living("members")) == 19
    again = visitor.get("/students/choose?choice=select&year_level=7").text
    assert '<a href="/students?year_level=7&amp;show=problem">See what is wrong.</a>' in again


def test_where_nothing_would_change_there_is_nothing_to_confirm(site: Site) -> None:
    """Who is selected by name is; who is not selected yet can still be kept out of every rule."""
    site.cloud.request("two", {"kind": "selection", "select": {"students": ["3", "4"]}, "deselect": {"students": ["5"]}})
    site.listed()
    visitor = site.visitor("administrator")
    for ids, choice, title in (
        ("ids=3&ids=4", "select", "2 students are selected already"),
        ("ids=5", "deselect", "1 student is not selected"),
    ):
        html = visitor.get(f"/students/choose?choice={choice}&{ids}").text
        assert f"<h1>{title}</h1>" in html
        assert 'action="/students/choose"' not in html
        assert ">Back</a>" in html
    never = visitor.get("/students/choose?choice=deselect&ids=6").text
    assert '<button class="plain">Deselect by name too</button>' in never
    assert "Deselect 1 student?" in visitor.get("/students/choose?choice=deselect&ids=3").text


def test_a_year_level_comes_with_its_group_unless_somebody_does_not_want_it(site: Site) -> None:
    """It is offered where the list is one of a year level; then it is selected with them, and is not offered again."""
    rows = school()
    year = {"group_type": "year_level", "file_type": "", "file_year": "", "campus": "S", "code": "7"}
    rows["groups"].append({**rows["groups"][0], **year, "description": "Year 7"})
    site.cloud.load(rows, 2)
    site.listed()
    visitor = site.visitor("administrator")
    place = "/students/choose?choice=select&year_level=7"
    assert "<td>Year level</td>" in visitor.get("/groups").text
    assert visitor.ask("/students/choose?choice=select")["groups"] == []
    page = visitor.ask(place)
    assert [one["name"] for one in page["groups"]] == ["Year 7"]
    assert page["groups_whole"]
    assert 'value="groups=yes" checked' in visitor.get(place).text
    one = visitor.ask(f"{place}&ids=3")
    assert (len(one["groups"]), one["groups_whole"]) == (1, False)
    visitor.do("/students/choose", choice="select", seen=one["seen"], chosen="ids=3&year_level=7")
    site.settle()
    assert "Not selected yet: the group <bdi>Year 7</bdi>" in visitor.get(f"{place}&ids=3").text
    two = visitor.ask(f"{place}&ids=4")
    done = visitor.do("/students/choose", choice="select", seen=two["seen"], chosen=["ids=4&year_level=7", "groups=yes"])
    assert "the group Year 7" in done["said"]
    site.settle()
    assert [row["type"] for row in visitor.ask("/groups?show=synchronised")["rows"]] == ["year_level"]
    assert visitor.ask(place)["groups"] == []


def test_a_group_of_a_year_level_is_known_by_year_and_campus() -> None:
    """One that somebody deselected by name, or of another campus, is not offered; whole is one that lacks nobody."""
    groups = [_line(one, type="year_level", mail="") for one in ("g1", "g2", "g3", "g4")]
    groups[1:] = [groups[1]._replace(campus="N"), groups[2]._replace(choice=False), groups[3]._replace(campus=" s ")]
    chosen, other = [_line("1")], _line("2")
    assert {one.id for one in year_groups(groups, chosen)} == {"g1", "g4"}
    assert all_chosen(groups[:1], chosen, chosen)
    assert not all_chosen(groups[:1], [*chosen, other], chosen)
    assert all_chosen(groups[:1], [*chosen, other._replace(rule="r"), other._replace(campus="N")], chosen)
