"""The first page says whether all is well, and says it only if it is."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import boto3
import pytest

from functions.console.operations.picture import picture_of
from functions.console.operations.waiting import relay_view
from functions.list_records.handler import lambda_handler as list_records
from functions.operoo.errors import OperooBusyError
from functions.records.list_lines import Line
from functions.runtime.wiring import apply_queue, days, settings, stops
from functions.store.conflicts import ChangedMeanwhileError
from functions.store.days import DayCounts, counts_between
from functions.store.lists import Lists
from shared.heartbeats import Heartbeat
from shared.keys import HEARTBEAT
from tests.console.site import Site, Visitor
from tests.integration.cloud import BUCKET, context
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import changed, school

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
SILENT = timedelta(hours=6)


def heartbeat(**but: Any) -> Heartbeat:
    """Return what a relay says that did its work just now."""
    return Heartbeat.model_validate(
        {"relay": "r", "relay_version": "1", "started_at": NOW - timedelta(minutes=1), "at": NOW, "ok": True} | but
    )


def heard(site: Site, **but: Any) -> None:
    """Have the relay say something now."""
    beat = heartbeat(**{"at": datetime.now(UTC), **but})
    site.cloud.s3.put_object(Bucket=BUCKET, Key=HEARTBEAT, Body=beat.model_dump_json().encode())


def test_what_stands_still_is_said_with_why_until_it_goes_on(site: Site, operoo: FakeOperoo) -> None:
    """Operoo does not answer: everybody reads since when; of what families say, only who may see medical details."""
    heard(site)
    viewer = site.visitor("viewer")

    def busy(_: str) -> None:
        raise OperooBusyError("Operoo answered 503 <b>.", remedy="Look at its status page.")

    operoo.before = busy
    site.cloud.request("one", {"kind": "selection", "select": {"students": ["3"]}})
    stops().stopped("medical", OperooBusyError("Operoo answered 503."))
    home = viewer.ask("/")
    assert (home["well"], [stop["work"] for stop in home["stops"]]) == (False, ["apply"])
    shown = viewer.get("/").text
    assert "Something is not well" in shown
    assert "Nothing is brought to Operoo since" in shown
    assert "Operoo answered 503 &lt;b&gt;. Look at its status page." in shown
    assert [stop["work"] for stop in site.visitor("viewer", "medical").ask("/")["stops"]] == ["apply", "medical"]
    operoo.before = lambda _: None
    apply_queue().wake("again")
    site.settle()
    assert viewer.ask("/")["well"]


def test_all_is_well_only_if_the_relay_is_heard_and_nothing_waits(site: Site) -> None:
    """Silence, a failing run, and what waits for a person are each said instead."""
    site.cloud.request("one", {"kind": "selection", "select": {"students": ["3"]}})
    viewer = site.visitor("viewer")
    assert not viewer.ask("/")["well"]
    heard(site)
    assert viewer.ask("/")["well"]
    assert "All is well" in viewer.get("/").text
    for trouble in ({"at": datetime.now(UTC) - timedelta(hours=7)}, {"ok": False, "error": "login-refused"}):
        heard(site, **trouble)
        page = viewer.ask("/")
        assert page["relay"]["trouble"]
        assert not page["well"]
        assert "All is well" not in viewer.get("/").text


def test_the_first_thing_to_do_is_to_choose(site: Site) -> None:
    """As long as nobody is selected, that is said; with a button for whoever may."""
    heard(site)
    pages = {role: site.visitor(role).get("/").text for role in ("administrator", "viewer")}
    assert all("<h1>Choose who is to be in Operoo</h1>" in page for page in pages.values())
    assert '<a class="button" href="/students">' in pages["administrator"]
    assert 'class="button"' not in pages["viewer"]
    assert "Who has the role administrator" in pages["viewer"]


def test_a_refused_request_waits_until_one_of_its_kind_is_accepted(site: Site) -> None:
    """Then it is history."""
    heard(site)
    viewer = site.visitor("viewer")
    site.cloud.request("mistake", {"kind": "selection", "select": {"students": ["999"]}})
    (waits,) = viewer.ask("/")["waiting"]
    assert waits["see"].startswith("/runs/mistake")
    site.cloud.request("other", {"kind": "resync", "step": "stage"})
    assert viewer.ask("/")["waiting"] == [waits]
    _make_older(viewer)
    site.cloud.request("corrected", {"kind": "selection", "select": {"students": ["3"]}})
    assert viewer.ask("/")["waiting"] == []


def test_a_request_that_could_not_be_read_is_over_once_it_is_corrected(site: Site) -> None:
    """A slip of the pen does not wait for two weeks: neither if its kind is known, nor if the file is mended in its place."""
    heard(site)
    viewer = site.visitor("viewer")
    site.cloud.request("slip", {"kind": "selection", "select": {"studnets": ["3"]}})
    site.cloud.request("strange", {"kind": "wish"})
    assert [one["see"].partition("-")[0] for one in viewer.ask("/")["waiting"]] == ["/runs/slip", "/runs/strange"]
    _make_older(viewer)
    site.cloud.request("corrected", {"kind": "selection", "select": {"students": ["3"]}})
    assert [one["see"].partition("-")[0] for one in viewer.ask("/")["waiting"]] == ["/runs/strange"]
    site.cloud.request("strange", {"kind": "resync", "step": "stage"})
    assert viewer.ask("/")["waiting"] == []


def _make_older(viewer: Visitor) -> None:
    """Have the refused runs been refused some minutes ago: times are told by the second."""
    earlier = (datetime.now(UTC) - timedelta(minutes=5)).isoformat(timespec="seconds")
    for run in (one["run"] for one in viewer.ask("/runs")["runs"] if one["state"] == "refused"):
        boto3.resource("dynamodb").Table("runs").update_item(
            Key={"pk": "run", "sk": run},
            UpdateExpression="SET #at = :at",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":at": earlier},
        )


def test_a_day_counts_each_change_once_however_often_it_is_told(site: Site, operoo: FakeOperoo) -> None:
    """What the stream tells again, and a list that is made anew, count nothing twice."""
    today = datetime.now(UTC).date()

    def counted() -> DayCounts:
        found = days().between(today - timedelta(days=1), today + timedelta(days=1)).values()
        return DayCounts(**{name: sum(getattr(one, name) for one in found) for name in DayCounts.model_fields})

    site.listed()
    assert counted() == DayCounts(changed=22)
    site.cloud.request("some", {"kind": "selection", "select": {"students": ["3", "4"]}})
    keys = [
        {"dynamodb": {"Keys": {"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}}}}
        for item in boto3.resource("dynamodb").Table("records").scan()["Items"]
        if str(item["pk"]).startswith("student#")
    ]
    for _ in range(2):
        list_records({"Records": keys}, context("list"))
        site.listed()
    assert counted() == DayCounts(changed=22, applied=2)
    site.cloud.load(changed(school(), "students", 3, surname="Other"), 2)
    for _ in range(2):
        site.listed()
    assert counted() == DayCounts(changed=23, applied=3)
    page = site.visitor("viewer").ask("/")["picture"]
    assert {strip["name"]: strip["total"] for strip in page["strips"]} == {"changed": 23, "applied": 3, "failed": 0}


def test_a_list_of_an_older_format_is_made_anew_and_counts_nothing(site: Site) -> None:
    """Nobody can tell what happened since it was written."""
    site.listed()
    before = days().between(NOW.date() - timedelta(days=400), NOW.date() + timedelta(days=400))
    table = boto3.resource("dynamodb").Table("console")
    for item in table.scan()["Items"]:
        if str(item["pk"]).startswith("list#"):
            table.put_item(Item=item | {"format": 0})
    list_records({"rebuild": True}, context("list"))
    assert days().between(NOW.date() - timedelta(days=400), NOW.date() + timedelta(days=400)) == before
    assert len(Lists(table.meta.client, "console").all("student")) == 20


def test_counts_between_lines() -> None:
    """Who is new counts from nothing, also who was forgotten and came again."""
    before = {"1": Line("1", "a", changes=3, applies=2), "2": Line("2", "b", changes=9)}
    after = [Line("1", "a", changes=4, applies=2, failures=1), Line("2", "b", changes=1), Line("3", "c", changes=1)]
    assert counts_between(before, after) == DayCounts(changed=3, failed=1)


def test_a_relay_is_silent_after_so_many_hours_and_overdue_after_its_next_run() -> None:
    """Unless it was heard between two runs; what it says of itself is repeated with its code."""

    def trouble(**but: Any) -> str:
        return relay_view(heartbeat(**but), NOW, silent_after=SILENT).trouble

    long_ago = NOW - timedelta(hours=7)
    assert trouble() == ""
    assert "silent for 7 hours" in trouble(at=long_ago)
    assert "silent for 3 days" in trouble(at=NOW - timedelta(days=3))
    assert trouble(at=long_ago, polled_at=NOW) == ""
    assert "overdue" in trouble(at=NOW - timedelta(hours=3), next_run_at=NOW - timedelta(hours=2))
    assert trouble(at=NOW - timedelta(hours=3), next_run_at=NOW + timedelta(hours=2)) == ""
    assert "failed" in trouble(ok=False, error="login-refused")
    assert "writes no medical" in trouble(writing={"refused": "contract", "since": NOW})


def test_the_picture_shows_each_day_and_says_the_same_in_words() -> None:
    """Bars are as high as the highest day; a day with a single change among thousands is still to be seen."""
    today = NOW.date()
    ago = {0: 2000, 29: 1, 30: 5}
    counts = {today - timedelta(days=back): DayCounts(changed=changes) for back, changes in ago.items()}
    picture = picture_of(counts, today)
    strip = picture.strips[0]
    assert [(bar.x, bar.height, bar.told) for bar in strip.bars] == [
        (0, 2, "Sun 1 Nov: 1 changed"),
        (290, 40, "Mon 30 Nov: 2,000 changed"),
    ]
    assert strip.total == 2001
    assert [day.changed for day in picture.days] == [2000, 1]


def test_the_days_are_the_schools(site: Site) -> None:
    """They begin at its midnight, whatever the time is in London."""
    site.listed()
    there = datetime.now(UTC).astimezone(ZoneInfo(settings().time_zone)).date()
    assert list(days().between(there, there)) == [there]


def test_a_writer_who_was_too_slow_stores_and_counts_nothing(site: Site) -> None:
    """Part and counts are stored together, or neither is."""
    site.listed()
    table = boto3.resource("dynamodb").Table("console")
    lists = Lists(table.meta.client, "console")
    day = NOW.date() + timedelta(days=900)
    late = lists.part("student", "0")
    lists.put("student", "0", [Line("x", "x", changes=1)], instead_of=late, day=day)
    with pytest.raises(ChangedMeanwhileError):
        lists.put("student", "0", [Line("y", "y", changes=1)], instead_of=late, day=day)
    assert days().between(day, day) == {day: DayCounts(changed=1)}
    assert list(lists.part("student", "0").lines) == ["x"]
