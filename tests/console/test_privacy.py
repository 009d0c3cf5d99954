"""Nobody's name, address or secret gets into a log, whatever page is loaded and whatever goes wrong."""

from collections.abc import Callable

import pytest

from functions.console.operations import home_page
from tests.console.site import PASSWORD, Site, Visitor

_PRIVATE = ("Surname", "Given", "@example.test", "@school.example", PASSWORD, "Staff500")


@pytest.fixture
def emitted(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Return what tells all that was logged and printed so far: messages, their fields, and metrics."""
    caplog.set_level("INFO")
    return lambda: "".join([*(str(vars(record)) for record in caplog.records), *capfd.readouterr()])


def test_pages_log_nothing_of_anybody(site: Site, emitted: Callable[[], str]) -> None:
    """Lists, searches, people, groups, a refused sign-in and a wish."""
    visitor = site.visitor("administrator", "medical", "owner", "viewer")
    Visitor().post("/sign-in", email="nobody@school.example", password=PASSWORD)
    for address in (
        "/",
        "/students?q=Surname3",
        "/students/3",
        "/staff/500",
        "/groups",
        "/nowhere/Surname3",
        "/students?show=x",
    ):
        visitor.get(address)
    seen = visitor.ask("/students/choose?choice=select&ids=3")["seen"]
    visitor.do("/students/choose", choice="select", seen=seen, chosen="ids=3")
    site.settle()
    told = emitted()
    assert [word for word in _PRIVATE if word in told] == []


def test_an_unforeseen_error_shows_and_logs_where_and_not_what(
    site: Site, monkeypatch: pytest.MonkeyPatch, emitted: Callable[[], str]
) -> None:
    """Its text may quote what somebody entered."""
    visitor = site.visitor("viewer")

    def broken() -> None:
        raise RuntimeError("Surname3 of Given3")

    monkeypatch.setattr(home_page, "runs_table", broken)
    answer = visitor.get("/")
    told = emitted()
    assert (answer.status, "Surname3" in answer.text) == (500, False)
    assert "page failed" in told
    assert "Surname3" not in told
