"""One more who leaves, after others have that day: the console says of how many that is the last."""

from tests.console.quiet_school import quiet_school
from tests.integration.school_rows import school, without


def test_one_more_after_many_is_told_with_the_others() -> None:
    """Else it would say that one student is many."""
    with quiet_school(school(20)) as made:
        site = made.site
        site.cloud.request("everyone", {"kind": "selection", "select": {"all": ["student"]}})
        site.cloud.load(without(school(20), *range(1, 6)), 2)
        site.cloud.load(without(school(20), *range(1, 7)), 3)
        site.listed()
        viewer = site.visitor("viewer")
        [waits] = [one for one in viewer.ask("/")["waiting"] if one["see"].startswith("/holds/")]
        assert waits["told"].startswith("1 student is gone from Synergetic, with 5 more within a day before.")
        page, shown = viewer.ask(waits["see"]), viewer.get(waits["see"]).text
        assert (page["total"], page["earlier"], page["linked"]) == (1, 5, 15)
        assert "<h1>1 student gone from Synergetic</h1>" in shown
        assert "Within a day before, 5 students went the same way without a question." in shown
        assert "Together that is many of the 20 students that were in Operoo" in shown
