"""Who is synchronised is chosen here: found, looked at, confirmed, and then done."""

from tests.console.site import Site
from tests.integration.fake_operoo import FakeOperoo


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
    visitor.do("/students/choose", choice="select", seen=preview["seen"], chosen="ids=3,5&year_level=7")
    site.settle()
    assert {row["id"] for row in visitor.ask("/students?show=synchronised")["rows"]} == {"3", "5"}


def test_what_changed_since_it_was_looked_at_is_looked_at_again(site: Site) -> None:
    """A confirmation is about those whom it showed."""
    visitor = site.visitor("administrator")
    preview = visitor.ask("/students/choose?choice=select&ids=3")
    refused = visitor.post(
        "/students/choose", choice="select", seen=preview["seen"], chosen="ids=3,4", accept="application/json"
    )
    assert (refused.status, refused.json["code"]) == (409, "list-changed")
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
