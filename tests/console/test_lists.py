"""Lists: what the buttons are about, the order, and what changed since a day."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import boto3

from functions.console.people.finding import Filter, matching
from functions.console.web.paging import paged
from functions.records.list_lines import Line
from functions.runtime.wiring import lists, settings
from tests.console.site import Site
from tests.integration.school_rows import changed, school


def test_the_buttons_say_what_they_are_about(site: Site) -> None:
    """All that match, as long as nothing is marked; what is sent then is just that."""
    visitor = site.visitor("administrator")
    text = visitor.get("/students?year_level=7&order=-name").text
    assert 'href="/students/choose?choice=select&amp;year_level=7">Select all 20…</a>' in text
    assert 'data-marked="Select # marked…"' in text
    assert '<p class="printed">20 records found with year level: <bdi>7</bdi></p>' in text
    assert 'class="printed"' not in visitor.get("/students").text
    assert visitor.ask("/students/choose?choice=select&year_level=7")["count"] == 20


def test_hundreds_of_forms_make_no_large_page(site: Site) -> None:
    """They are still there to choose from, and the one that was chosen is."""
    lines = [Line(id=str(number), name=f"Surname{number}, Given", form=f"{number}AB", version=1) for number in range(900)]
    lists().put("student", "0", lines, instead_of=lists().part("student", "0"), day=datetime.now(UTC).date())
    page = site.visitor("administrator").get("/students?form=77AB").text
    assert "<option selected>77AB\n" in page
    assert page.count("<option") > 900
    assert len(page) < 50_000


def test_a_column_sorts_and_keeps_the_filter(site: Site) -> None:
    """Once more turns it round."""
    visitor = site.visitor("viewer")
    text = visitor.get("/students?year_level=7").text
    assert 'aria-sort="ascending"><a class="sort" href="/students?year_level=7&amp;order=-name">' in text
    assert 'href="/students?year_level=7&amp;order=house">' in text
    site.cloud.load(changed(school(), "students", 3, house="BLUE"), 2)
    site.listed()
    assert visitor.ask("/students?order=house")["rows"][0]["id"] == "3"
    assert visitor.ask("/students?order=-house")["rows"][-1]["id"] == "3"


def test_changed_since_a_day_is_since_its_first_reading(site: Site) -> None:
    """Also for who is selected by it; an empty field asks for nothing, and what is no day is said to be none."""
    today = datetime.now(ZoneInfo(settings().time_zone)).date()
    long_ago = (datetime.now(UTC) - timedelta(days=9)).isoformat(timespec="seconds")
    boto3.resource("dynamodb").Table("runs").update_item(
        Key={"pk": "run", "sk": "000000000001"},
        UpdateExpression="SET #at = :at",
        ExpressionAttributeNames={"#at": "at"},
        ExpressionAttributeValues={":at": long_ago},
    )
    site.cloud.load(changed(school(), "students", 3, house="BLUE"), 2)
    visitor = site.visitor("administrator")
    assert [row["id"] for row in visitor.ask(f"/students?since={today}")["rows"]] == ["3"]
    assert visitor.ask(f"/students?since={today - timedelta(days=10)}")["total"] == 20
    assert visitor.ask(f"/students?since={today + timedelta(days=1)}")["total"] == 0
    # As a year is typed, digit by digit.
    assert visitor.ask("/students?since=0001-01-01")["total"] == 20
    assert visitor.ask("/students?since=")["total"] == 20
    assert visitor.ask(f"/students/choose?choice=select&since={today}")["count"] == 1
    assert visitor.get("/students?since=yesterday").status == 422


def test_a_page_behind_the_last_one_is_the_last() -> None:
    """Of nothing there is one page."""
    assert paged(range(120), 9) == (range(100, 120), 3, 3, 120)
    assert paged((), 2) == ((), 1, 1, 0)


def test_a_word_of_a_name_is_found_wherever_it_begins() -> None:
    """Behind a hyphen or a bracket too; with or without accents, and by the number."""
    named = {"10024": "Whitby-Hughes, Zo\u00eb", "class:A:2026:S:7MAT1": "Mathematics (7MAT1)", "manual:X-1": "O'Neil, Al"}
    lines = [Line(*one) for one in named.items()]
    for typed, found in (
        ("hughes", ["10024"]),
        ("whitby-hughes zoe", ["10024"]),
        ("7mat", ["class:A:2026:S:7MAT1"]),
        ("class:a:2026", ["class:A:2026:S:7MAT1"]),
        ("manual:x-1", ["manual:X-1"]),
        ("neil", ["manual:X-1"]),
        ("1002", ["10024"]),
        ("ughes", []),
        ("-", []),
    ):
        assert [line.id for line in matching(lines, Filter(q=typed))] == found, typed


def test_a_list_that_finds_nobody_says_where_else_to_look(site: Site) -> None:
    """Among who is gone, and in Synergetic; what somebody searched for goes along."""
    visitor = site.visitor("viewer")
    text = visitor.get("/students?q=Nob%22ody").text
    assert 'href="/students?show=gone&amp;q=Nob%22ody"' in text
    assert "a current student" in text
    assert "show=gone&amp;q" not in visitor.get("/students?q=Nobody&show=gone").text
    assert "Perhaps gone" not in visitor.get("/students?house=none").text
    assert "whether they are active" in visitor.get("/staff?q=Nobody").text
