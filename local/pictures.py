"""`make pictures`: walks through the console of a made-up school as people do, and takes the pictures of the documentation."""

import io
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import FloatRect, Locator, Page, sync_playwright

from local.arguments import take_none
from local.chromium import OPTIONS, chromium
from local.demo.options import Options
from local.demo.world import PASSWORD, USERS, World, opened
from local.school.changes import remove_students
from shared.records import Student

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
_WIDTH, _WHOLE, _TALLEST = 1000, 1200, 1000
_EXTENT = """main => ({
  top: main.getBoundingClientRect().top + scrollY,
  bottom: Math.max(...[...main.children].map(one => one.getBoundingClientRect().bottom)) + scrollY + 24,
  right: document.body.getBoundingClientRect().right,
})"""
_PATIENCE_MS = 120_000
# The functions read once a minute what an owner has chosen.
_CHOSEN_HOLDS_S = 65
_LEAVERS = 7
_SHEET = """\
First Name,Last Name,Student ID,Parent Email,Date of Birth,Year Level,Groups
Mei,Tanaka,X1001,tanaka@home.example,5/3/2014,7,Exchange
Jonas,Lindqvist,X1002,lindqvist@home.example,17/11/2013,7,Exchange
Amara,Diallo,X1003,,2/6/2014,7,Exchange
Luca,Moretti,X1004,moretti@home,9/9/2014,7,Exchange
Sofia,Petrov,X1005,petrov@home.example,31/2/2014,7,Exchange
"""


class Tour:
    """Somebody who goes from page to page with a camera.

    Args:
        page: The browser's page.
        folder: Where the pictures go.
    """

    def __init__(self, world: World, page: Page, folder: Path) -> None:
        self.world, self.page, self._folder = world, page, folder

    def shoot(self, name: str, *, tallest: int = _TALLEST, whole: bool = False) -> None:
        """Take a picture of the page's content, or of the whole page with what stands above; long ones are cut off."""
        self.page.set_viewport_size({"width": _WHOLE if whole else _WIDTH, "height": 800})
        self.page.wait_for_load_state("networkidle")
        main = self.page.locator("#main").evaluate(_EXTENT)
        top = 0.0 if whole else main["top"]
        height = min(main["bottom"] - top, tallest)
        clip: FloatRect = {"x": 0, "y": top, "width": main["right"], "height": height}
        taken = self.page.screenshot(full_page=True, clip=clip, animations="disabled", caret="hide")
        few = Image.open(io.BytesIO(taken)).convert("RGB").quantize(colors=128, dither=Image.Dither.NONE)
        few.save(self._folder / f"{name}.png", optimize=True)

    def click(self, name: str) -> None:
        """Press what is called so, button or link, and wait for the page that comes."""
        with self.page.expect_navigation():
            self.page.locator("button:visible, a:visible").filter(has_text=re.compile(name)).first.click()

    def open(self, row: Locator) -> None:
        """Follow the first link of a row of a list."""
        with self.page.expect_navigation():
            row.get_by_role("link").first.click()

    def settled(self) -> None:
        """Wait until all that was asked for is done, and look again."""
        self.world.cloud.settle()
        self.page.reload()


def sign_in(tour: Tour) -> None:
    """Come in."""
    tour.page.goto("/")
    tour.shoot("sign-in", tallest=420)
    tour.page.get_by_label("E-mail address").fill(next(iter(USERS)))
    tour.page.get_by_label("Password").fill(PASSWORD)
    tour.click("^Sign in$")
    tour.page.get_by_role("navigation", name="Parts").wait_for()


def settings(tour: Tour) -> None:
    """Look what the legal name would change, leave it, and have a person decide about medical changes."""
    tour.page.goto("/settings")
    tour.page.locator("#name_choice").select_option("legal")
    tour.page.locator("#student").fill(_with_another_legal_name(tour.world))
    tour.click("See what would change")
    tour.shoot("settings")
    tour.page.goto("/settings")
    tour.page.locator("#medical_updates").select_option("review")
    tour.click("See what would change")
    tour.click("Save these settings")


def _with_another_legal_name(world: World) -> str:
    given = ((one.id, record.name) for one in world.cloud.records.all("student") if isinstance(record := one.record(), Student))
    return next(student for student, name in given if name.preferred not in ("", name.given))


def select(tour: Tour) -> None:
    """Select Year 7, and then everybody."""
    tour.page.goto("/students?year_level=7")
    tour.click(r"^Select all \d+")
    tour.shoot("preview")
    tour.click("Select and update Operoo")
    tour.settled()
    tour.page.goto("/students?year_level=7")
    tour.shoot("students", whole=True, tallest=800)
    for place in ("/students", "/groups?type=year_level"):
        tour.page.goto(place)
        tour.click(r"^Select all \d+")
        tour.click("Select and update Operoo")
        tour.world.cloud.settle()


def one_person(tour: Tour) -> None:
    """Ask why a child is not there, and have it looked at anew."""
    tour.page.goto("/failed")
    tour.shoot("failed", tallest=520)
    tour.open(tour.page.locator("tbody tr").first)
    tour.shoot("person", tallest=760)
    tour.page.goto("/students?show=synchronised")
    tour.open(tour.page.locator("tbody tr").first)
    tour.click("^Sync now$")
    tour.world.run()
    tour.page.reload()
    tour.shoot("sync", tallest=560)


def rules(tour: Tour) -> None:
    """Make a rule for all staff."""
    tour.page.goto("/rules/preview?kind=staff")
    tour.shoot("rule")
    tour.click("Make the rule")
    tour.settled()


def group(tour: Tour) -> None:
    """Look at a group."""
    tour.page.goto("/groups?type=year_level&show=synchronised")
    tour.open(tour.page.locator("tbody tr").filter(has_text="Year 7"))
    tour.shoot("group", tallest=820)


def upload(tour: Tour) -> None:
    """Upload a spreadsheet with mistakes."""
    tour.page.goto("/upload")
    tour.page.locator("#file").set_input_files({"name": "exchange.csv", "mimeType": "text/csv", "buffer": _SHEET.encode()})
    tour.click("Read the file")
    tour.shoot("upload", tallest=860)


def hold(tour: Tour) -> None:
    """Lose many students at once."""
    with tour.world.office() as office:
        remove_students(office, len(tour.world.linked()) // 9 + _LEAVERS, among=tour.world.linked())
    tour.world.run()
    tour.page.goto("/")
    tour.shoot("home", whole=True)
    tour.click("^Decide$")
    tour.shoot("hold", tallest=560)
    tour.page.goto("/runs")
    tour.open(tour.page.locator("tbody tr").first)
    tour.shoot("run", tallest=760)


def medical(tour: Tour) -> None:
    """Decide about what a family says."""
    tour.world.operoo.families_share()
    tour.world.cloud.pull_medical()
    tour.world.relay.write_back()
    tour.world.cloud.settle()
    tour.page.goto("/medical?work=review")
    tour.shoot("medical-list", tallest=560)
    tour.open(tour.page.locator("tbody tr").first)
    tour.shoot("medical")
    student = tour.page.url
    tour.click("^Write what is marked$")
    tour.world.cloud.settle()
    tour.world.relay.write_back()
    tour.world.cloud.settle()
    tour.page.goto(student)
    tour.click("^Look or take back$")
    tour.shoot("medical-undo", tallest=820)
    tour.page.goto("/medical/codes")
    tour.shoot("codes", tallest=580)


STEPS: tuple[Callable[[Tour], None], ...] = (sign_in, select, settings, one_person, rules, group, upload, hold, medical)


def walk(world: World, page: Page, folder: Path) -> None:
    """Take every picture. The relay has run once, and nobody is selected."""
    page.set_default_timeout(_PATIENCE_MS)
    tour, began = Tour(world, page, folder), 0.0
    for step in STEPS:
        if step is medical:
            time.sleep(max(0.0, began + _CHOSEN_HOLDS_S - time.monotonic()))
        step(tour)
        if step is settings:
            began = time.monotonic()


@contextmanager
def browsing(world: World) -> Iterator[Page]:
    """Open a browser on the console."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=OPTIONS)
        yield browser.new_page(base_url=world.cloud.stack.http_url, viewport={"width": _WIDTH, "height": 800}, locale="en-AU")
        browser.close()


def main() -> int:
    """Make the pictures anew."""
    take_none("local.pictures", __doc__)
    PICTURES.mkdir(exist_ok=True)
    options = Options(students=120, seed=3, directory=Path("build/pictures"), port=0, console_port=0)
    with opened(options, lambda said: print(said, file=sys.stderr)) as world:
        world.run()
        with browsing(world) as page:
            walk(world, page, PICTURES)
    return 0


if __name__ == "__main__":
    sys.exit(main())
