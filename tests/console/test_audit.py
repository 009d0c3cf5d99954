"""Whatever somebody does here is in the audit trail, for the owner."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import boto3

from functions.runtime.wiring import audit_trail
from functions.store.audit import AuditEntry
from tests.console.site import Site


def _note(found: list[str], parsed: Mapping[str, Any], **_: object) -> None:
    found += [one["what"] for one in parsed.get("Items", ()) if "what" in one]


def test_a_deed_is_listed_with_before_and_after_and_downloads_safely(site: Site) -> None:
    """Who, what, to whom, what it was; a cell that looks like a formula is none."""
    administrator, owner = site.visitor("administrator"), site.visitor("owner")
    preview = administrator.ask("/students/choose?choice=select&ids=3")
    administrator.do("/students/choose", choice="select", seen=preview["seen"], chosen="ids=3")
    audit_trail().note(AuditEntry(who="=cmd()@school.example", what="select"))
    page = owner.ask("/audit")
    deed = page["deeds"][1]
    assert (deed["who"], deed["what"], deed["to"]) == ("administrator@school.example", "select", "1 students: 3")
    assert (deed["before"], deed["after"]) == ("not selected", "selected")
    rows = list(csv.reader(io.StringIO(owner.get("/audit/download").content.decode("utf-8-sig"))))
    assert rows[1][2] == "'=cmd()@school.example"
    assert rows[2][2:4] == ["administrator@school.example", "select"]


def test_a_choice_of_many_says_how_they_stood(site: Site) -> None:
    """Of a mixed set how many were selected and how many not; of a rule, how many it took."""
    site.cloud.request("some", {"kind": "selection", "select": {"students": ["3", "4"], "rules": [{"kind": "staff"}]}})
    site.settle()
    administrator = site.visitor("administrator")
    preview = administrator.ask("/students/choose?choice=select")
    administrator.do("/students/choose", choice="select", seen=preview["seen"])
    (rule,) = administrator.ask("/rules")["rules"]
    preview = administrator.ask(f"/rules/{rule['id']}/remove")
    administrator.do(f"/rules/{rule['id']}/remove", seen=preview["seen"])
    removed, chosen = site.visitor("owner").ask("/audit")["deeds"][1:3]
    assert (chosen["before"], chosen["after"]) == ("2 selected, 18 not selected", "selected")
    assert (removed["before"], removed["after"]) == ("takes 1 now", "no rule, and 1 are no longer selected")


def test_a_month_is_the_schools(site: Site) -> None:
    """What was done in the first hours of its month is in it, though in London it was the month before."""
    for at in ("2026-03-31T12:59:00.000+00:00", "2026-03-31T13:01:00.000+00:00", "2026-04-30T13:59:00.000+00:00"):
        item = AuditEntry(at=at, who="a@school.example", what=at[:16]).model_dump() | {"pk": f"audit#{at[:7]}", "sk": f"{at}#1"}
        boto3.resource("dynamodb").Table("console").put_item(Item=item)
    owner = site.visitor("owner")
    assert [deed["what"] for deed in owner.ask("/audit?month=2026-04")["deeds"]] == ["2026-04-30T13:59", "2026-03-31T13:01"]
    assert [deed["what"] for deed in owner.ask("/audit?month=2026-03")["deeds"]] == ["2026-03-31T12:59"]
    assert owner.ask("/audit?month=2026-04")["before"] == "2026-03"


def test_a_page_reads_no_more_than_it_shows(site: Site) -> None:
    """However many a month has, and over the turn of a month in London; each page has its own, and none is left out."""
    owner = site.visitor("owner")
    for number in range(230):
        day = datetime(2026, 3, 31, 13, tzinfo=UTC) + timedelta(hours=number)
        at = day.isoformat(timespec="microseconds")
        item = AuditEntry(at=at, who="a@school.example", what=f"{number}").model_dump() | {
            "pk": f"audit#{at[:7]}",
            "sk": f"{at}#1",
        }
        boto3.resource("dynamodb").Table("console").put_item(Item=item)
    pages = [owner.ask(f"/audit?month=2026-04&page={page}") for page in (1, 2, 3)]
    assert {(page["total"], page["pages"]) for page in pages} == {(230, 3)}
    assert [deed["what"] for page in pages for deed in page["deeds"]] == [f"{number}" for number in reversed(range(230))]
    found: list[str] = []
    events = audit_trail()._client.meta.events
    note = partial(_note, found)
    events.register("after-call.dynamodb.Query", note)
    owner.ask("/audit?month=2026-04")
    events.unregister("after-call.dynamodb.Query", note)
    assert len(found) == 200


def test_nobody_else_reads_it(site: Site) -> None:
    """An administrator neither."""
    administrator = site.visitor("administrator", "viewer", "medical")
    assert administrator.get("/audit").status == 403
    assert administrator.get("/audit/download").status == 403


def test_who_came_in_and_who_took_a_list_of_people_is_said(site: Site) -> None:
    """Signing in and out, and each download: of what, never of whom by name."""
    administrator, owner = site.visitor("administrator"), site.visitor("owner")
    administrator.get("/download/file?kind=student&scope=all&format=csv")
    owner.get("/audit/download?month=2026-03")
    administrator.do("/sign-out")
    deeds = [(one["who"].partition("@")[0], one["what"], one["to"]) for one in reversed(owner.ask("/audit")["deeds"])]
    assert deeds == [
        ("administrator", "sign in", ""),
        ("owner", "sign in", ""),
        ("administrator", "download", "students, all, 20 rows"),
        ("owner", "download", "audit trail of 2026-03"),
        ("administrator", "sign out", ""),
    ]
