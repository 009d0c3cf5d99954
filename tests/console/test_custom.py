"""Custom groups and profile requests: made by hand, beside what Synergetic states, and never touched by a run."""

import re

import pytest

from functions.console.web.addresses import segment
from functions.runtime.wiring import records_table
from shared.records import Group
from tests.console.desk import Desk
from tests.console.site import deeds
from tests.integration.school_rows import school, student

MAIL = {"contact_email": "home@home.example"}


def group(desk: Desk, name: str, **form: str) -> None:
    """Make a group of two students and a teacher."""
    address = desk.visitor.do("/custom/group", group=name)["see"]
    desk.visitor.do(f"{address}/people", add=["student#1", "student#2", "student#3", "staff#500", "student#no"])
    desk.visitor.do(f"{address}/people", drop=["student#2"])
    desk.visitor.do(address, group=name, **form)
    desk.site.settle()


def test_a_custom_group_is_made_of_people_of_synergetic_and_survives_a_run(desk: Desk) -> None:
    """Operoo has it with its members, whatever the snapshots say."""
    desk.site.cloud.request("two", {"kind": "selection", "select": {"students": ["1", "3"]}})
    group(desk, "Choir", select="yes")
    for students in (12, 13, 20):
        desk.snapshot(school(students))
    assert len(desk.group("Choir")["student_memberships"]) == 2  # type: ignore[arg-type]
    [row] = desk.brought("group", "Choir")
    assert (row["size"], row["cloud"], row["origin"]) == (2, True, "custom")


def test_a_group_is_edited_and_two_editors_do_not_undo_each_other(desk: Desk) -> None:
    """The later one is told, and begins anew."""
    group(desk, "Band", select="yes")
    [row] = desk.brought("group", "Band")
    first, second = (desk.visitor.do("/custom/group", record=row["id"])["see"] for _ in range(2))
    assert [person["id"] for person in desk.visitor.ask(first)["people"]] == ["1", "3", "500"]
    desk.visitor.do(f"{first}/everyone", who="student", q="Surname1")
    desk.visitor.do(first, group="Big band")
    desk.site.settle()
    assert desk.code(second, group="Band") == "changed-since"
    [row] = desk.brought("group", "Big band")
    assert row["size"] == 12
    assert desk.group("Big band")


def test_what_is_typed_and_marked_is_not_lost_whichever_button_is_pressed(desk: Desk) -> None:
    """A new name stays while people are added, and who is marked when the group is saved is in it."""
    address = desk.visitor.do("/custom/group", group="Madrigal")["see"]
    desk.visitor.do(f"{address}/people", add=["student#1"], group=" Madrigals ")
    page = desk.visitor.ask(address)
    assert (page["name"], page["select"]) == ("Madrigals", False), "nor is it selected against somebody's will"
    assert 'name="select" value="yes">' in desk.visitor.get(address).text
    desk.visitor.do(f"{address}/everyone", who="student", q="Surname2", group="", select="yes")
    page = desk.visitor.ask(address)
    assert (page["name"], page["select"]) == ("Madrigals", True)
    assert desk.visitor.ask(f"{address}?q=%20")["total"] == 0, "a blank looks for nobody"
    desk.visitor.do(address, group="Madrigals", add=["student#3", "staff#500", "staff#no"], drop=["student#1"])
    desk.site.settle()
    [row] = desk.brought("group", "Madrigals")
    [group] = [one.record() for one in records_table().all("group") if one.id == row["id"]]
    assert isinstance(group, Group)
    assert ({*group.members} & {"1", "2", "3"}, group.staff) == ({"2", "3"}, ("500",))


def test_a_large_group_comes_in_pages_and_has_an_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how many are in it, and takes nobody in without a word of whom it leaves out."""
    monkeypatch.setattr("functions.console.web.paging.paged.__kwdefaults__", {"size": 5})
    monkeypatch.setattr("functions.console.manual.custom_groups_page._MOST_PEOPLE", 12)
    address = desk.visitor.do("/custom/group", group="Orchestra")["see"]
    desk.visitor.do(f"{address}/people", add=["staff#500"])
    desk.visitor.do(f"{address}/everyone", who="student", q="Surname1")
    first, last = (desk.visitor.ask(f"{address}?page={page}") for page in (1, 9))
    assert (first["students"], first["staff"], first["pages"], last["page"]) == (11, 1, 3, 3)
    assert (len(first["people"]), len(last["people"])) == (5, 2)
    assert "Page 1 of 3" in desk.visitor.get(address).text
    assert desk.code(f"{address}/everyone", who="student", q="Surname") == "group-too-large"
    assert desk.visitor.ask(address)["students"] == 11


def test_a_group_that_is_there_is_not_made_again(desk: Desk) -> None:
    """Neither beside one of Synergetic's nor beside a custom one."""
    group(desk, "Drama")
    assert {desk.code("/custom/group", group=name) for name in ("drama", "7mat1", " ")} == {"group-name-taken"}


def test_a_profile_request_is_made_edited_and_removed(desk: Desk) -> None:
    """Whoever has no number gets one, and keeps it; who is removed is archived."""
    page = desk.entered("student", first_name="Mia", last_name="Moore", birth_date="5/3/2012", **MAIL)
    assert (page["effect"], page["mails"]) == ("creates", True)
    desk.saved(page, select="yes")
    [row] = desk.brought("student", "Moore")
    shown = desk.visitor.ask(f"/students/{segment(row['id'])}")
    assert shown["number"] == row["number"]
    assert desk.visitor.ask(shown["edit"])["id"] == row["id"]
    told = {(run["what"], run["detail"]) for run in desk.visitor.ask("/runs")["runs"]}
    assert ("Records brought or removed", "1 record brought") in told
    edited = desk.entered("student", row["id"], contact_email="new@home.example", number="other")
    assert edited["effect"] == "updates"
    assert {field["field"]: field["value"] for field in edited["fields"]}["birth_date"] == "2012-03-05"
    desk.saved(edited)
    assert desk.profiles(row["number"])[row["number"]]["request_email"] == "new@home.example"
    desk.visitor.do("/custom/remove", kind="student", record=row["id"])
    desk.site.settle()
    assert not desk.profiles(row["number"])
    assert not desk.brought("student", "Moore")


def test_what_is_wrong_with_a_person_is_said_and_nothing_is_saved(desk: Desk) -> None:
    """The form comes back as it was; what is said leads to its field, which says that it is about it."""
    page = desk.entered("staff", first_name="Co", last_name="Ach", email="nowhere")
    assert (page["effect"], page["seen"], len(page["reasons"])) == ("rejected", "", 1)
    assert {field["field"]: field["value"] for field in page["fields"]}["email"] == "nowhere"
    html = desk.visitor.get(f"/custom/person/{page['draft']}").text
    assert f'<a href="#email">{page["reasons"][0]}</a>' in html
    (field,) = re.findall('<input id="email"[^>]*>', html)
    assert 'aria-invalid="true" aria-describedby="reasons help-email"' in field
    assert html.count("aria-invalid") == 1


def test_a_double_of_somebody_in_synergetic_is_pointed_out_before_and_after(desk: Desk) -> None:
    """Before it is made, and when Synergetic comes to have the same number."""
    page = desk.entered("student", first_name="Given4", last_name="Surname4", number="77", **MAIL)
    assert "(4)" in page["warnings"][0]
    desk.saved(page)
    assert [one["id"] for one in desk.brought("student", "Surname4")[0]["doubles"]] == ["4"]
    rows = school()
    rows["students"].append(student(77, surname="Other"))
    desk.snapshot(rows)
    [row] = desk.brought("student", "Surname4")
    assert sorted(one["id"] for one in row["doubles"]) == ["4", "77"]
    assert "perhaps the same" in desk.visitor.get("/custom").text
    taken = desk.entered("student", first_name="A", last_name="B", number="077", **MAIL)
    assert "Synergetic" in taken["reasons"][0]


def test_however_many_were_brought_the_page_stays_short(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Synergetic may have too comes first; the others are found by name or number."""
    monkeypatch.setattr("functions.console.manual.custom_page._SHOWN", 1)
    rows = "Aa,Many,Y1,y@home.example\nGiven3,Surname3,Y2,y@home.example\n"
    desk.confirmed(desk.sent(f"First Name,Surname,ID,Email\n{rows}"))
    page = desk.visitor.ask("/custom")
    [first] = page["rows"]["student"]
    assert first["doubles"]
    assert page["totals"]["student"] > 1
    assert "are shown" in desk.visitor.get("/custom").text
    assert [row["number"] for row in desk.visitor.ask("/custom?q=Y1")["rows"]["student"]] == ["Y1"]
    assert "None is found" in desk.visitor.get("/custom?q=nobody").text


def test_what_comes_from_synergetic_is_not_edited_or_removed_here(desk: Desk) -> None:
    """Not even by a request that no page of ours makes."""
    for address, form in (
        ("/custom/remove", {"kind": "student", "record": "1"}),
        ("/custom/group", {"record": "class:A:2026:S:7MAT1"}),
        ("/custom/person", {"kind": "student", "record": "1", "values": ["a", "b"]}),
    ):
        assert desk.code(address, **form) == "not-brought"
    assert desk.visitor.get("/custom/person?kind=student&record=1").status == 409


def test_pages_are_shown_with_any_name(desk: Desk) -> None:
    """Names are text, whatever is in them."""
    name = '<b>"\N{RIGHT-TO-LEFT OVERRIDE}\N{PARTY POPPER}'
    page = desk.entered("student", first_name=name, last_name="X", **MAIL)
    desk.saved(page)
    address = desk.visitor.do("/custom/group", group=name)["see"]
    looked = f"/custom/person/{page['draft']}"
    for shown in ("/custom", address, f"{address}?q={name[3:]}", looked, "/upload", "/download", "/students?show=manual"):
        answer = desk.visitor.get(shown)
        assert answer.status == 200
        assert "<b>" not in answer.text


def test_the_audit_trail_and_the_timeline_say_who_it_was(desk: Desk) -> None:
    """By e-mail address, and without a name of whom it is about."""
    desk.saved(desk.entered("student", first_name="Zoe", last_name="Zander", **MAIL))
    [row] = desk.brought("student", "Zander")
    [event] = records_table().timeline("student", row["id"])
    assert (event.event, event.detail) == ("made by hand", "by administrator@school.example")
    deed = next(deed for deed in deeds() if deed.what == "enter")
    assert (deed.who, deed.to, "Zander" in str(deed)) == ("administrator@school.example", f"1: {row['id']}", False)
    assert (deed.before, deed.after) == ("0 of them here", "1 student here")
    desk.saved(desk.entered("student", row["id"], first_name="Zoë"), select="yes")
    deed = next(deed for deed in deeds() if deed.what == "enter")
    assert (deed.before, deed.after) == ("1 of them here", "1 student here, selected")


def test_two_who_make_one_group_at_once_lose_nobody(desk: Desk) -> None:
    """The name is free to both of them until the first one's group is in the list."""
    begun = [desk.visitor.do("/custom/group", group="Twice Made")["see"] for _ in range(2)]
    for address, number in zip(begun, ("1", "2"), strict=True):
        desk.visitor.do(address, group="Twice Made", add=[f"student#{number}"])
    desk.site.settle()
    (row,) = desk.brought("group", "Twice Made")
    assert row["size"] == 2


def test_one_who_was_brought_is_done_again_by_the_number_beside_the_name(desk: Desk) -> None:
    """The relay is asked for nothing then: it cannot read them, and the request would be refused as a whole."""
    desk.saved(desk.entered("student", first_name="Nia", last_name="Resynced", number="R77", **MAIL))
    wish = "what=one&kind=student&id=R77&step=stage&full_read=true"
    look = desk.visitor.ask(f"/resync/look?{wish}")
    assert (look["about"], look["records"], look["reads"]) == ("Resynced, Nia", 1, False)
    done = desk.visitor.do("/resync", wished=wish)
    desk.site.settle()
    steps = desk.visitor.ask(done["see"])["steps"]
    assert [step["state"] for step in steps][:2] == ["done", "done"]
    assert steps[2]["said"] == "What is here is what was entered here last."


def test_what_is_changed_after_it_was_looked_at_is_looked_at_again(desk: Desk) -> None:
    """Whichever button is pressed, nothing that somebody typed is lost, and nothing is saved unseen."""
    looked = desk.entered("student", first_name="Tim", last_name="Typo", number="T1", **MAIL)
    address = f"/custom/person/{looked['draft']}"
    form = desk.visitor.get(address).text
    assert f'form="person-form" formaction="{address}">Save</button>' in form
    texts = [field["value"] for field in looked["fields"]]
    changed = ["Tom" if one == "Tim" else one for one in texts]
    again = desk.visitor.do(address, seen=looked["seen"], values=changed, select="yes")
    assert "Nothing is saved yet" in again["said"]
    page = desk.visitor.ask(again["see"])
    assert (page["fields"][0]["value"], page["select"], page["done"]) == ("Tom", True, "")
    assert 'name="select" value="yes" checked>' in desk.visitor.get(again["see"]).text, "what was ticked stays so"
    by_other_button = desk.visitor.do("/custom/person", kind="student", values=changed, select="yes")
    assert desk.visitor.ask(by_other_button["see"])["select"]
    desk.visitor.do(address, seen=page["seen"], values=[field["value"] for field in page["fields"]])
    desk.site.settle()
    assert [row["name"] for row in desk.brought("student", "Typo")] == ["Typo, Tom"]


def test_what_is_gone_while_the_list_still_has_it_is_told_so(desk: Desk) -> None:
    """The list follows some seconds later."""
    desk.confirmed(desk.sent("group_name,member_ids\nGone Soon,1\n", "group"))
    desk.saved(desk.entered("staff", first_name="Gone", last_name="Too", number="G9", email="gone@x.example"))
    (group,), (person,) = desk.brought("group", "Gone Soon"), desk.brought("staff", "Too")
    desk.visitor.do("/custom/remove", kind="group", record=group["id"])
    desk.visitor.do("/custom/remove", kind="staff", record=person["id"])
    desk.site.cloud.pump()
    assert desk.code("/custom/group", record=group["id"]) == "not-brought"
    refused = desk.visitor.get(f"/custom/person?kind=staff&record={person['id']}", accept="application/json")
    assert (refused.status, refused.json["code"]) == (409, "not-brought")
