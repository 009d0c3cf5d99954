"""Rules are made from plain choices, looked at before they hold, and take whoever comes to match them."""

from functions.runtime.wiring import selection_rules
from tests.console.site import Site, Visitor
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import CLASS_ID, changed, school

NAME = "Mathematics (7MAT1)"


def make(visitor: Visitor, choices: str) -> None:
    """Make a rule as the pages do."""
    preview = visitor.ask(f"/rules/preview?{choices}")
    visitor.do("/rules", seen=preview["seen"], chosen=preview["chosen"])


def test_a_rule_takes_who_matches_now_and_who_comes_to_match(site: Site, operoo: FakeOperoo) -> None:
    """It says in plain words whom it takes, who made it, and when; nothing holds before it is confirmed."""
    site.cloud.load(changed(school(), "students", 5, year_level="8"), 2)
    visitor = site.visitor("administrator")
    preview = visitor.ask("/rules/preview?kind=student&year_level=7&house=RED")
    assert preview["told"] == "every student of year 7 of house RED"
    assert (preview["count"], preview["preview"]["creates"]) == (19, 19)
    assert selection_rules().all() == {}
    make(visitor, "kind=student&year_level=7&house=RED")
    site.settle()
    (rule,) = visitor.ask("/rules")["rules"]
    assert (rule["takes"], rule["by"]) == (19, "administrator@school.example")
    assert rule["at"]
    site.cloud.load(school(), 3)
    site.settle()
    assert visitor.ask("/rules")["rules"][0]["takes"] == 20
    assert len(operoo.living("members")) == 20
    assert visitor.ask("/rules/preview?kind=student&year_level=7&house=RED")["there"]


def test_a_rule_that_somebody_made_meanwhile_stays_theirs(site: Site) -> None:
    """Who looked before that is told so, and the list goes on saying who made it."""
    first, second = site.visitor("administrator"), site.visitor("administrator", "owner")
    preview = second.ask("/rules/preview?kind=staff")
    make(first, "kind=staff")
    site.settle()
    late = second.post("/rules", accept="application/json", seen=preview["seen"], chosen=preview["chosen"])
    assert (late.status, late.json["code"]) == (409, "rule-changed")
    site.settle()
    (rule,) = first.ask("/rules")["rules"]
    assert rule["by"] == "administrator@school.example"


def test_whom_somebody_deselected_by_name_a_rule_leaves_alone(site: Site) -> None:
    """And the rule says so, before and after."""
    site.cloud.request("not-3", {"kind": "selection", "deselect": {"students": ["3"]}})
    visitor = site.visitor("administrator")
    preview = visitor.ask("/rules/preview?kind=student")
    assert (preview["count"], preview["left_out"], preview["preview"]["creates"]) == (20, 1, 19)
    make(visitor, "kind=student")
    site.settle()
    assert visitor.ask("/rules")["rules"][0]["left_out"] == 1
    assert visitor.ask("/students?show=selected")["total"] == 19


def test_removing_a_rule_lets_go_of_whom_it_alone_selects(site: Site, operoo: FakeOperoo) -> None:
    """Whom another rule takes, or somebody selected by name, stays. Nobody is archived."""
    year_7 = {"kind": "student", "year_level": "7"}
    chosen = {"students": ["3"], "rules": [year_7], "with_members_of": [CLASS_ID]}
    site.cloud.request("two", {"kind": "selection", "select": chosen})
    visitor = site.visitor("administrator")
    by_words = {rule["told"]: rule["id"] for rule in visitor.ask("/rules")["rules"]}
    year = by_words["every student of year 7"]
    assert visitor.ask(f"/rules/{year}/remove")["count"] == 0
    members = by_words[f"every student in {NAME}"]
    for rule, alone in ((members, 0), (year, 19)):
        preview = visitor.ask(f"/rules/{rule}/remove")
        assert preview["preview"]["unlinks"] == alone
        visitor.do(f"/rules/{rule}/remove", seen=preview["seen"])
        site.settle()
    assert visitor.ask("/students?show=selected")["total"] == 1
    assert len(operoo.living("members")) == 20
    assert visitor.get(f"/rules/{year}/remove").status == 404
    again = visitor.post(f"/rules/{year}/remove", seen="x", accept="application/json")
    assert (again.status, again.json["code"]) == (409, "rule-changed")


def test_a_group_is_found_by_a_part_of_its_name(site: Site) -> None:
    """One that is called so is taken, of several one is chosen, and none is said to be none."""
    visitor = site.visitor("administrator")
    found = visitor.ask("/rules/preview?kind=student&group=mathematics")
    assert (found["wanted"]["member_of"], found["count"]) == (CLASS_ID, 20)
    rows = school()
    rows["groups"].append(rows["groups"][0] | {"code": "7MAT2"})
    site.cloud.load(rows, 2)
    site.listed()
    several = visitor.ask("/rules/preview?kind=student&group=mathematics")
    assert (len(several["groups"]), several["count"]) == (2, 0)
    nothing = visitor.ask("/rules/preview?kind=student&group=latin")
    assert (nothing["missing"], nothing["count"]) == (True, 0)
    odd = visitor.get("/rules/preview?kind=group&type=latin", accept="application/json")
    assert (odd.status, odd.json["code"]) == (409, "rule-impossible")


def test_whoever_sees_sees_the_rules_and_makes_none(site: Site) -> None:
    """With who made each; nothing leads to where one is made or removed."""
    administrator, viewer = site.visitor("administrator"), site.visitor("viewer")
    assert "/rules/new" not in viewer.get("/rules").text
    preview = administrator.ask("/rules/preview?kind=staff")
    administrator.do("/rules", seen=preview["seen"], chosen=preview["chosen"])
    site.settle()
    (rule,) = viewer.ask("/rules")["rules"]
    assert (rule["by"], rule["takes"]) == ("administrator@school.example", 1)
    page = viewer.get("/rules").text
    assert 'href="/rules"' in page
    assert "/rules/new" not in page
    assert "/remove" not in page
    assert viewer.get(f"/rules/{rule['id']}/remove").status == 403


def test_only_administrators_make_rules(site: Site) -> None:
    """Also by a forged request; and what was shown is what is made."""
    administrator, viewer = site.visitor("administrator"), site.visitor("viewer")
    preview = administrator.ask("/rules/preview?kind=student")
    assert viewer.get("/rules/new").status == 403
    assert viewer.post("/rules", seen=preview["seen"], chosen="kind=student").status == 403
    other = administrator.post("/rules", seen=preview["seen"], chosen="kind=staff", accept="application/json")
    assert (other.status, other.json["code"]) == (409, "rule-changed")
    site.settle()
    assert selection_rules().all() == {}


def test_the_choices_are_those_of_the_school(site: Site) -> None:
    """With how many each has now; a kind of group is one too."""
    visitor = site.visitor("administrator")
    assert visitor.ask("/rules/new")["choices"]["year_level"] == {"7": 20}
    assert visitor.ask("/rules/new?kind=group")["choices"]["type"] == {"class": 1}
    assert visitor.ask("/rules/preview?kind=group&type=class&campus=S")["count"] == 1
