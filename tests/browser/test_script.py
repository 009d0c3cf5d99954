"""What the script does where answers come in another order than they were asked for: alone, on a page made for it."""

from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, Route, expect

SCRIPT = Path(__file__).parents[2] / "functions" / "console" / "static" / "console.js"
PAGE = """<!doctype html><script src="/static/console.js" defer></script><p id="heard"></p>
<main id="page" data-poll="1"><form action="/list" data-live="results"><input name="q" aria-label="Search"></form>
<div id="results">{}</div></main>"""


def _open(browser: Browser) -> tuple[Page, list[Route]]:
    """Open a list that is about to change; return the page, and what it asks for from then on, which waits to be answered."""
    page, waiting = browser.new_page(base_url="http://console.test"), list[Route]()
    page.route("**/static/console.js", lambda route: route.fulfill(path=SCRIPT, content_type="text/javascript"))
    page.route("**/list*", lambda route: route.fulfill(body=PAGE.format("everybody"), content_type="text/html"))
    page.goto("/list")
    page.unroute("**/list*")
    page.route("**/list*", lambda route: waiting.append(route))  # noqa: PLW0108 - Playwright marks what it is given
    return page, waiting


def _asked(page: Page, waiting: list[Route]) -> Route:
    """Return what the page asks for next."""
    while not waiting:
        page.wait_for_timeout(20)
    return waiting.pop(0)


def test_what_was_asked_for_before_somebody_typed_does_not_land_over_what_they_find(browser: Browser) -> None:
    """Nor is the list renewed while what they look for is on its way."""
    page, waiting = _open(browser)
    poll = _asked(page, waiting)
    page.get_by_label("Search").fill("zoe")
    found = _asked(page, waiting)
    assert found.request.url.endswith("?q=zoe")
    page.get_by_label("Search").blur()
    page.wait_for_timeout(2500)
    assert not waiting, "nothing else is asked for meanwhile"
    found.fulfill(body=PAGE.format("Zoe alone"), content_type="text/html")
    expect(page.locator("#results")).to_have_text("Zoe alone")
    # Nobody waits for it any more.
    with suppress(Error):
        poll.fulfill(body=PAGE.format("everybody, and a new one"), content_type="text/html")
    page.wait_for_timeout(100)
    assert page.locator("#results").text_content() == "Zoe alone"
    assert page.get_by_label("Search").input_value() == "zoe"
    assert _asked(page, waiting).request.url.endswith("?q=zoe"), "and then it goes on"
    page.close()


def test_how_far_something_has_come_is_read_aloud(browser: Browser) -> None:
    """Once for each step, to whoever cannot see the page renew itself, and not that it is up to date besides."""
    page, tellings = (
        browser.new_page(base_url="http://console.test"),
        iter(["Staged: Under way", "Staged: Done", "Staged: Done"]),
    )
    page.route("**/static/console.js", lambda route: route.fulfill(path=SCRIPT, content_type="text/javascript"))
    steps = """<!doctype html><script src="/static/console.js" defer></script><p id="heard" aria-live="polite"></p>
    <div id="steps" data-told="{}"{}>{}</div>"""

    def answer(route: Route) -> None:
        told = next(tellings)
        route.fulfill(body=steps.format(told, ' data-poll="1"' if "way" in told else "", told), content_type="text/html")

    page.route("**/progress", answer)
    page.goto("/progress")
    assert page.locator("#heard").text_content() == ""
    expect(page.locator("#heard")).to_have_text("Staged: Done")
    page.close()


def test_marks_go_along_to_another_page_of_a_list_that_has_no_filter(browser: Browser) -> None:
    """As of who is held: all are sent that were marked, and each is once, where its page is opened again."""
    page = browser.new_page(base_url="http://console.test")
    page.route("**/static/console.js", lambda route: route.fulfill(path=SCRIPT, content_type="text/javascript"))
    body = """<!doctype html><script src="/static/console.js" defer></script><p id="heard"></p>
    <form action="/decide" data-marks="results"><span data-count>Mark some.</span>
    <div data-kept><table><tbody></tbody></table></div><div id="results"><table><tbody>{rows}</tbody></table>
    <a href="/holds/one?page={other}" rel="next">Page {other}</a></div></form>"""
    row = '<tr><td><input type="checkbox" name="ids" value="{0}" aria-label="Mark {0}"></td></tr>'

    def answer(route: Route) -> None:
        asked = 2 if "page=2" in route.request.url else 1
        rows = "".join(row.format(one) for one in ("ab" if asked == 1 else "cd"))
        route.fulfill(body=body.format(rows=rows, other=3 - asked), content_type="text/html")

    page.route("**/holds/*", answer)
    page.goto("/holds/one")
    page.get_by_label("Mark a").check()
    page.get_by_role("link", name="Page 2").click()
    page.get_by_label("Mark d").check()
    expect(page.locator("[data-count]")).to_have_text("2 marked")
    page.get_by_role("link", name="Page 1").click()
    expect(page.locator("#results input")).to_have_count(1)
    expect(page.locator("input:checked")).to_have_count(2)
    assert page.evaluate("[...new FormData(document.forms[0]).values()].sort().join()") == "a,d"
    page.close()
