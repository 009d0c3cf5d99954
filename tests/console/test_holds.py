"""Many who are gone at once wait for a person, who sees what would happen, and decides about all or some."""

import json
from collections.abc import Iterator

import pytest

from functions.records.runs import Hold
from functions.runtime.wiring import holds
from shared.keys import REQUESTS
from tests.console.quiet_school import QuietSchool, quiet_school
from tests.console.site import Site, deeds
from tests.integration.cloud import BUCKET
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import school, without

GONE = tuple(range(1, 13))


@pytest.fixture(scope="module")
def held() -> Iterator[QuietSchool]:
    """Return a school of forty students in Operoo, of whom twelve are gone at once."""
    with quiet_school(school(40)) as made:
        made.site.cloud.request("everyone", {"kind": "selection", "select": {"all": ["student"]}})
        made.site.cloud.load(without(school(40), *GONE), 2)
        made.site.listed()
        yield made


@pytest.fixture
def site(held: QuietSchool, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Return that school for one test; none decides about whom another one does."""
    return held.enter(monkeypatch).site


@pytest.fixture
def operoo(held: QuietSchool) -> FakeOperoo:
    """Return its Operoo."""
    return held.operoo


def test_who_would_be_archived_is_shown_with_since_when_they_are_gone(site: Site) -> None:
    """Whoever may look sees them, and the first page leads there."""
    viewer = site.visitor("viewer")
    (waits,) = [one for one in viewer.ask("/")["waiting"] if one["see"].startswith("/holds/")]
    page = viewer.ask(waits["see"])
    assert page["state"] == "open"
    assert {str(one) for one in GONE[6:]} <= {one["id"] for one in page["records"]}
    assert all(one["gone_at"] and one["name"].startswith("Surname") for one in page["records"])
    shown = viewer.get(waits["see"]).text
    assert 'name="decision"' not in shown
    assert "before an administrator decides" in shown
    assert "Something is waiting for an administrator" in viewer.get("/").text
    administrator = site.visitor("administrator")
    assert "Something is waiting for you" in administrator.get("/").text
    marking = administrator.get(waits["see"]).text
    assert marking.index('data-marks="results"') < marking.index("data-kept") < marking.index('id="results"')
    run = viewer.ask(page["run_place"])
    assert run["holds"] == {page["hold"]: len(page["records"])}
    assert f"{len(page['records'])} wait for approval." in viewer.get(page["run_place"]).text


def test_a_list_of_all_students_counts_those_who_are_gone_apart(site: Site) -> None:
    """So no more are synchronised than there are, as the first page says it too."""
    viewer = site.visitor("viewer")
    totals, home = viewer.ask("/students")["totals"], viewer.ask("/")["counts"]["student"]
    assert (totals["present"], totals["synchronised"]) == (home["present"], home["synchronised"]) == (28, 28)
    assert f"{totals['gone']} more are gone from Synergetic and still have the cloud icon" in viewer.get("/students").text


def test_many_are_shown_page_by_page_and_decided_together(site: Site) -> None:
    """However many they are."""
    ids = tuple(str(number) for number in range(10_000, 10_120))
    holds().put(Hold(hold="hold-9", kind="student", run="9", state="lapsed", records=ids, linked=200, at="2026-03-01"))
    viewer = site.visitor("viewer")
    pages = [viewer.ask(f"/holds/hold-9?page={page}") for page in (1, 2, 3)]
    assert tuple(one["id"] for page in pages for one in page["records"]) == ids
    assert {(page["total"], page["pages"]) for page in pages} == {(120, 3)}
    last = viewer.get("/holds/hold-9?page=9").text
    assert 'href="/holds/hold-9?page=2" rel="prev"' in last
    assert "120 students gone from Synergetic at once" in last


def test_the_marked_are_archived_and_the_others_go_on_waiting(site: Site, operoo: FakeOperoo) -> None:
    """The preview says how many are archived and how many stay, and nothing happens before it is confirmed."""
    administrator = site.visitor("administrator")
    preview = administrator.ask("/holds/hold-2-student/decide?decision=approve&ids=1&ids=2")
    assert (preview["count"], preview["count"] + preview["stay"]) == (2, len(operoo.living("members")))
    before = preview["count"] + preview["left"]
    text = administrator.get("/holds/hold-2-student/decide?decision=approve&ids=1&ids=2").text
    assert f"Archives 2 profiles in Operoo; {preview['stay']} stay." in text
    done = administrator.do("/holds/hold-2-student/decide", decision="approve", seen=preview["seen"], only=["1", "2"])
    assert done["said"] == "2 are archived within a minute or two."
    site.settle()
    assert len(operoo.living("members")) == preview["stay"]
    left = {one["id"] for one in administrator.ask("/holds/hold-2-student")["records"]}
    assert len(left) == before - 2
    assert left.isdisjoint({"1", "2"})


def test_who_is_named_twice_stands_for_nobody_else(site: Site) -> None:
    """As many names as there are records are not all of them."""
    hold = Hold(hold="hold-8", kind="student", run="8", records=("1", "2"), linked=20, at="2026-03-01", sequence=2)
    holds().put(hold)
    administrator = site.visitor("administrator")
    try:
        preview = administrator.ask("/holds/hold-8/decide?decision=approve&ids=1&ids=1")
        administrator.do("/holds/hold-8/decide", decision="approve", seen=preview["seen"], only=["1", "1"])
    finally:
        holds().put(hold.model_copy(update={"state": "lapsed", "revision": 1}))
    keys = [one["Key"] for one in site.cloud.s3.list_objects_v2(Bucket="exchange", Prefix=REQUESTS)["Contents"]]
    asked = [json.loads(site.cloud.s3.get_object(Bucket="exchange", Key=key)["Body"].read()) for key in keys]
    assert preview["count"] == 1
    assert [one["only"] for one in asked if one.get("hold") == "hold-8"] == [["1"]]


def test_who_is_discarded_stays_in_operoo(site: Site, operoo: FakeOperoo) -> None:
    """And is not held again by the next run."""
    administrator = site.visitor("administrator")
    before = len(operoo.living("members"))
    preview = administrator.ask("/holds/hold-2-student/decide?decision=discard&ids=3&ids=4")
    assert preview["stay"] == before
    administrator.do("/holds/hold-2-student/decide", decision="discard", seen=preview["seen"], only=["3", "4"])
    (key,) = [one.manifest for one in deeds() if one.what == "discard"]
    asked = json.loads(site.cloud.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    assert (asked["only"], asked["as_of"]) == (["3", "4"], 2), "who is gone later was not shown"
    site.settle()
    assert len(operoo.living("members")) == before
    assert {"3", "4"}.isdisjoint(one["id"] for one in administrator.ask("/holds/hold-2-student")["records"])


def test_what_was_decided_meanwhile_is_not_decided_again(site: Site) -> None:
    """Nor is anything decided about others than those who were shown, or about strangers."""
    administrator = site.visitor("administrator")
    preview = administrator.ask("/holds/hold-2-student/decide?decision=approve&ids=5")
    for only in (["6"], ["20"], ["5", "6"]):
        refused = administrator.post(
            "/holds/hold-2-student/decide",
            decision="approve",
            seen=preview["seen"],
            only=only,
            accept="application/json",
        )
        assert (refused.status, refused.json["code"]) == (409, "hold-changed")


def test_nobody_is_archived_who_was_to_be_let_go(site: Site) -> None:
    """Nor the other way round: what becomes of them may be changed between the look and the decision."""
    administrator, owner = site.visitor("administrator"), site.visitor("owner")
    shown = administrator.ask("/holds/hold-2-student/decide?decision=approve&ids=6")
    trial = owner.ask("/settings/try?archive_policy=unlink")
    owner.do("/settings", chosen=trial["query"], number=trial["number"])
    form = {"decision": "approve", "seen": shown["seen"], "only": ["6"]}
    refused = administrator.post("/holds/hold-2-student/decide", accept="application/json", **form)
    assert (shown["effect"], refused.json["code"]) == ("archived", "hold-changed")
    back = owner.ask("/settings/try?archive_policy=")
    owner.do("/settings", chosen=back["query"], number=back["number"])


def test_a_viewer_decides_nothing(site: Site) -> None:
    """Also by a forged request."""
    viewer = site.visitor("viewer")
    assert viewer.get("/holds/hold-2-student/decide?decision=approve").status == 403
    assert viewer.post("/holds/hold-2-student/decide", decision="approve", seen="").status == 403
