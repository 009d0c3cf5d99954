"""Groups that lose everybody in them at once wait in a hold of their own, told in words of its own."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.console.quiet_school import QuietSchool, quiet_school
from tests.integration.school_rows import school

PLACE = "/holds/hold-2-group-emptied"


@pytest.fixture
def emptied() -> Iterator[QuietSchool]:
    """Return a school of eight classes in Operoo, of whom Synergetic states no member any more."""
    rows = school(8)
    codes = [f"7MAT{number}" for number in range(8)]
    group, member = rows["groups"][0], rows["memberships"][0]
    rows["groups"] = [group | {"code": code} for code in codes]
    rows["memberships"] = [member | {"code": code, "student_id": number} for number, code in enumerate(codes, 1)]
    with quiet_school(rows) as made:
        made.site.cloud.request("everyone", {"kind": "selection", "select": {"all": ["student", "group"]}})
        made.site.cloud.load(rows | {"memberships": []}, 2)
        made.site.listed()
        yield made


def test_what_is_emptied_is_shown_and_decided_as_that(emptied: QuietSchool) -> None:
    """Nobody in them is archived, and so no page says it."""
    site = emptied.site
    administrator = site.visitor("administrator")
    [waits] = [one for one in administrator.ask("/")["waiting"] if one["see"] == PLACE]
    assert waits["told"].startswith("8 groups have lost all their members or staff in Synergetic at once.")
    page, shown = administrator.ask(PLACE), administrator.get(PLACE).text
    assert (page["effect"], page["total"]) == ("emptied", 8)
    assert "8 groups without members or staff in Synergetic at once" in shown
    one = page["records"][0]
    query = f"decision=approve&ids={quote(one['id'])}"
    preview, asked = administrator.ask(f"{PLACE}/decide?{query}"), administrator.get(f"{PLACE}/decide?{query}").text
    assert "Takes out of 1 group the members or staff whom Synergetic no longer states." in asked
    assert "Archives" not in shown + asked
    done = administrator.do(f"{PLACE}/decide", decision="approve", seen=preview["seen"], only=[one["id"]])
    assert done["said"] == "1 is emptied within a minute or two."
    site.settle()
    assert administrator.ask(PLACE)["total"] == 7
    assert emptied.operoo.calls[-1] == "update groups"
    assert "Approved: to be emptied" in administrator.get(one["place"]).text
    lines = administrator.ask("/runs/000000000002")["lines"]
    assert {line["why"] for line in lines} == {
        "Lost all its members or staff in Synergetic, with many others: waits for approval"
    }
