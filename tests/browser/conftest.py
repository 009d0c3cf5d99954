"""A real browser over the whole system on this machine: school, relay, stack, Operoo's sandbox, and the console as served."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from local.chromium import OPTIONS, chromium
from local.demo.operoo import Profile
from local.demo.options import Options
from local.demo.world import PASSWORD, World, opened
from local.stack import Pace

CHROMIUM = chromium()
SHOTS = Path(__file__).parents[2] / "build" / "screenshots"
_SERIOUS = {"serious", "critical"}
_PATIENCE_MS = 300_000
Come = Callable[..., Page]
# How far what was shown already has moved, as browsers measure it; nobody has clicked anything.
SHIFTED = """() => new Promise(tell => {
  const moved = new PerformanceObserver(list => tell(list.getEntries().reduce((sum, one) => sum + one.value, 0)));
  moved.observe({ type: "layout-shift", buffered: true });
  setTimeout(() => tell(0), 50);
})"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave these tests out where there is no browser, and say so."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is here: scripts/browser installs one"))
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return the whole system, where the relay has run once and nobody is selected."""
    directory = tmp_path_factory.mktemp("browser") / "world"
    options = Options(students=40, seed=3, directory=directory, port=0, console_port=0)
    with opened(options, lambda _: None, pace=Pace(clock=10, concurrency=1), MedicalUpdates="review") as made:
        made.run()
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the system's Chromium."""
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield running
        running.close()


@pytest.fixture
def complaints() -> list[str]:
    """Return what the browser complains about: scripts, styles and pictures that are refused or missing."""
    return []


@pytest.fixture
def signed_in(browser: Browser, world: World, complaints: list[str]) -> Iterator[Come]:
    """Return what opens the console as somebody, on the first page; nothing that the browser complains about is overlooked."""
    pages: list[Page] = []

    def opened_page(email: str = "office@school.example", *, width: int = 1200) -> Page:
        page = browser.new_page(base_url=world.cloud.stack.http_url, viewport={"width": width, "height": 900})
        page.set_default_timeout(_PATIENCE_MS)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        pages.append(page)
        come_in(page, email)
        return page

    yield opened_page
    for page in pages:
        page.close()
    assert complaints == []


def come_in(page: Page, email: str) -> None:
    """Sign in as somebody, on the first page."""
    page.goto("/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Parts")).to_be_visible()


def shot(page: Page, name: str) -> None:
    """Keep a picture of the page, after the test of whoever cannot see it."""
    found = [f"{one['id']}: {one['help']}" for one in Axe().run(page).response["violations"] if one["impact"] in _SERIOUS]
    assert found == []
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")


def chosen(world: World, **selection: object) -> None:
    """Have records selected as somebody did before, and everything done that follows."""
    world.request(f"chosen-{len(world.cloud.runs.runs())}", {"kind": "selection", "select": selection})


def confirm(page: Page, world: World, button: str) -> None:
    """Confirm what is looked at, have everything done that follows, and look again."""
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("status")).to_be_visible()
    world.cloud.settle()
    page.reload()


def allergic(world: World, member: Profile, to: str) -> None:
    """Have a family say that their child is allergic to something, and bring it to the school until somebody has to decide."""
    world.operoo.says(
        member, {"allergies": [{"id": 1, "name": to, "risk_level": "high", "reaction": "Hives", "conditions": []}]}
    )
    for _ in range(2):
        world.cloud.pull_medical()
        world.relay.write_back()
        world.cloud.settle()
