"""What was read and asked for can be looked up: what was planned, why, who asked, and what was refused."""

import csv
import io

from functions.records.runs import Run
from functions.runtime.wiring import runs_table
from shared.errors import RejectedRecordError
from tests.console.site import Site
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import changed, school

EVERYONE = {"kind": "selection", "by": "office@school.example", "reason": "a new year", "select": {"all": ["student"]}}


def test_the_history_is_newest_first_whatever_the_names_and_goes_on_page_by_page(site: Site) -> None:
    """A run's name says nothing of its time. No run is missing, and none stands there twice."""
    for number in range(60):
        at = f"2026-03-01T10:{number:02d}:00+00:00"
        runs_table().begin_run(Run(run=f"{'za'[number % 2]}-{number}", kind="resync", state="done", manifest_key="k", at=at))
    viewer = site.visitor("viewer")
    found, address = [], "/runs"
    while address:
        page = viewer.ask(address)
        found += page["runs"]
        address = f"/runs?after={page['after'].replace('+', '%2B')}" if page["after"] else ""
    assert len({run["run"] for run in found}) == len(found) == 61
    assert [run["at"] for run in found] == sorted((run["at"] for run in found), reverse=True)


def test_a_runs_plan_says_what_would_be_done_to_whom_and_why(site: Site) -> None:
    """Counts first, then each record by its name; what looks like a formula is none in the download."""
    site.cloud.request("everyone", EVERYONE)
    site.cloud.request("but-one", {"kind": "selection", "deselect": {"students": ["5"]}})
    site.settle()
    site.cloud.load(changed(school(), "students", 3, surname="=cmd()"), 2)
    viewer = site.visitor("viewer")
    page = viewer.ask("/runs/000000000002")
    assert page["run"]["counts"]["student"] == {"to update": 1, "in step already": 18, "not selected": 1}
    (line,) = page["lines"]
    assert (line["name"], line["does"], line["why"]) == ("=cmd(), Given3", "Update in Operoo", "Changed in Synergetic")
    assert line["now"] == {"state": "synchronised", "why": "", "by_rule": False}
    assert ">Synchronised</span>" in viewer.get("/runs/000000000002").text
    assert viewer.ask("/runs/000000000002?show=archive")["total"] == 0
    download = viewer.get("/runs/000000000002/plan")
    rows = list(csv.reader(io.StringIO(download.content.decode("utf-8-sig"))))
    assert rows[1] == ["student", "3", "'=cmd(), Given3", "Update in Operoo", "Changed in Synergetic", "changed"]
    assert 'filename="plan-' in download.headers["content-disposition"]


def test_a_run_says_who_asked_why_and_what_the_relay_answered(site: Site) -> None:
    """As the request itself said it."""
    site.cloud.request("everyone", EVERYONE)
    (run,) = (run for run in runs_table().runs() if run.kind == "selection")
    runs_table().answer_run(run.run, at="2026-03-01T10:00:00.000+00:00", answer="read again", stated_by=2)
    told = site.visitor("viewer").ask(f"/runs/{run.run}")["run"]
    assert (told["by"], told["reason"], told["answer"]) == ("office@school.example", "a new year", "read again")


def test_a_refused_request_says_why_and_what_to_do(site: Site) -> None:
    """Also one that is refused only as it is carried out."""
    site.cloud.request("no-hold", {"kind": "approve", "by": "a@school.example", "hold": "hold-9-student"})
    site.cloud.request("nobody", {"kind": "resync", "by": "a@school.example", "students": ["999"]})
    told = [run for run in site.visitor("viewer").ask("/runs")["runs"] if run["state"] == "refused"]
    assert {run["code"] for run in told} == {"hold-unknown", "record-unknown"}
    assert all(run["by"] == "a@school.example" and run["detail"] and run["remedy"] for run in told)
    assert {run["kind"] for run in told} == {"approve", "resync"}


def test_what_failed_is_tried_again(site: Site, operoo: FakeOperoo) -> None:
    """The marked first, then all that are left; others are left alone, and a viewer may only look."""

    def refuse(call: str) -> None:
        if call == "create members":
            raise RejectedRecordError("Operoo does not take it.", code="operoo-rejected")

    operoo.before = refuse
    site.cloud.request("some", {"kind": "selection", "select": {"students": ["3", "4", "5"]}})
    administrator = site.visitor("administrator")
    failed = administrator.ask("/failed")
    assert [one["key"] for one in failed["records"]] == ["student 3", "student 4", "student 5"]
    assert failed["records"][0]["short"] == "Operoo does not accept it"
    assert (failed["counts"], administrator.ask("/failed?kind=staff")["total"]) == ({"student": 3}, 0)
    viewer = site.visitor("viewer")
    assert viewer.post("/failed").status == 403
    assert administrator.post("/failed", kind="staff", accept="application/json").json["code"] == "nothing-failed"
    operoo.before = lambda _: None
    administrator.do("/failed", ids=["student 4"])
    site.settle()
    assert [one["id"] for one in administrator.ask("/failed")["records"]] == ["3", "5"]
    administrator.do("/failed")
    site.settle()
    assert administrator.ask("/failed")["records"] == []
    assert len(operoo.living("members")) == 3
    again = administrator.post("/failed", accept="application/json")
    assert (again.status, again.json["code"]) == (409, "nothing-failed")


def test_there_is_no_such_run(site: Site) -> None:
    """An address that was mistyped is no error of ours."""
    viewer = site.visitor("viewer")
    assert viewer.get("/runs/nowhere").status == 404
    assert viewer.get("/runs/nowhere/plan").status == 404


def test_what_was_selected_is_planned_and_what_became_of_it_is_told(site: Site) -> None:
    """Whom Operoo got, and who is still missing, with why."""
    site.cloud.load(changed(school(), "contacts", 5, email=""), 2)
    site.cloud.request("some", {"kind": "selection", "select": {"students": ["4", "5"]}})
    site.settle()
    viewer = site.visitor("viewer")
    (run,) = (run for run in viewer.ask("/runs")["runs"] if run["kind"] == "selection")
    page = viewer.ask(run["place"])
    assert page["actions"] == {"create": 2}
    told = {line["id"]: (line["does"], line["now"]["state"], line["now"]["why"]) for line in page["lines"]}
    assert told["4"] == ("Make in Operoo", "synchronised", "")
    assert told["5"] == ("Make in Operoo", "problem", "no-request-email")
    assert "No contact to ask by e-mail" in viewer.get(run["place"]).text
    assert viewer.get(f"{run['place']}/plan").status == 200
