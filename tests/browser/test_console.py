"""A person who has never seen the console finds what they need in it: each test is one errand, in a real browser."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Page, expect

from local.demo.world import PASSWORD, World
from local.school.changes import present_students, remove_students, return_students
from local.school.nurse import allergies_of
from shared.keys import REQUESTS
from tests.browser.conftest import SHIFTED, Come, allergic, chosen, come_in, confirm, shot

FILE = """First Name;Last Name;Student ID;Parent Email;Hobby
Ann;Able;X1;able@home.example;Origami
Bob;Busy;X2;no address;Origami
;;X3;cy@home.example;
Dan;Daly;X1;dan@home.example;
"""


def test_a_year_level_is_selected_and_its_clouds_appear(signed_in: Come, world: World) -> None:
    """Sign in, choose Year 7, look at what will happen, confirm, and the cloud icons come."""
    page = signed_in()
    shot(page, "home")
    page.get_by_role("navigation", name="Parts").get_by_role("link", name="Students").click()
    page.get_by_label("Year level").select_option("7")
    expect(page).to_have_url(re.compile("year_level=7"))
    ids = page.get_by_role("checkbox", name=re.compile("^Mark ")).evaluate_all("all => all.map(one => one.value)")[1:]
    count = len(ids)
    world.request("not-yet-7", {"kind": "selection", "deselect": {"students": ids}})
    page.get_by_role("link", name=f"Select all {count}…", exact=True).click()
    expect(page.get_by_role("heading", name=f"Select {count} students?")).to_be_visible()
    shot(page, "preview")
    page.get_by_role("button", name="Select and update Operoo").click()
    expect(page.get_by_role("status")).to_be_visible()
    world.cloud.settle()
    # Nobody needs to load the page again.
    clouds = page.get_by_role("img", name="Synchronised")
    expect(clouds.or_(page.get_by_text("Problem:", exact=True))).to_have_count(count)
    expect(clouds.first).to_be_visible()
    shot(page, "students")


def test_why_one_child_is_missing_is_said_in_a_sentence(signed_in: Come, world: World) -> None:
    """The person's page says why, and what to do; the timeline says what happened."""
    chosen(world, all=["student"])
    page = signed_in()
    page.goto("/students?show=problem")
    page.locator("tbody tr").first.get_by_role("link").first.click()
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Not in Operoo")
    expect(page.locator("main")).to_contain_text("Synergetic")
    expect(page.locator(".timeline li").first).to_be_visible()
    shot(page, "person")


def test_a_viewer_sees_and_cannot_select_even_by_a_forged_request(signed_in: Come, world: World) -> None:
    """There is nothing to click for whoever may only look, and a request made by hand is refused."""
    page = signed_in("viewer@school.example")
    page.goto("/students")
    expect(page.locator("tbody tr").first).to_be_visible()
    assert page.get_by_role("checkbox").count() == 0
    assert page.get_by_text("Select all").count() == 0
    key = page.locator("input[name=forms]").first.get_attribute("value") or ""
    form = {"forms": key, "choice": "select", "seen": "x", "chosen": "ids=1"}
    forged = page.request.post("/students/choose", form=form, headers={"Accept": "application/json"})
    assert (forged.status, forged.json()["code"]) == (403, "not-allowed")


def test_names_are_found_as_they_are_typed(signed_in: Come) -> None:
    """The list follows what is typed, and the address with it, so that it can be sent to somebody."""
    page = signed_in()
    page.goto("/students")
    name = page.locator("tbody tr").nth(3).get_by_role("link").last.inner_text()
    surname = re.split(r"[ ,'-]", name)[0]
    page.get_by_label("Search").press_sequentially(surname.lower(), delay=20)
    expect(page).to_have_url(re.compile("[?&]q="))
    expect(page.locator("tbody tr").first).to_contain_text(surname)
    rows = page.locator("tbody tr").count()
    expect(page.locator("[aria-live]#heard")).to_have_text(f"{rows} record{'s' if rows > 1 else ''} found")


def test_many_who_left_wait_for_a_person_and_are_archived_once_approved(signed_in: Come, world: World) -> None:
    """Nobody is archived behind anybody's back; who is approved goes, and who is not stays."""
    chosen(world, all=["student"])
    with world.office() as office:
        gone = remove_students(office, 8, among=present_students(office, limit=40)).students
    try:
        world.run()
        page = signed_in()
        expect(page.get_by_role("heading", level=1)).not_to_have_text("All is well")
        page.get_by_role("link", name="Decide").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("gone from Synergetic at once")
        shot(page, "hold")
        before = len(world.linked())
        page.get_by_role("checkbox", name=re.compile("^Mark ")).nth(1).check()
        page.get_by_role("button", name="Archive 1 marked").click()
        expect(page.locator(".effects")).to_contain_text("Archives 1 profile in Operoo")
        confirm(page, world, "Archive 1 student")
        assert len(world.linked()) == before - 1
    finally:
        with world.office() as office:
            return_students(office, list(map(int, gone)))
        world.run()


def test_a_spreadsheet_is_uploaded_and_its_errors_are_told(signed_in: Come, world: World, tmp_path: Path) -> None:
    """Choose the file, see what would happen and why rows are rejected, say a column, confirm, and find who came."""
    path = tmp_path / "exchange.csv"
    path.write_text(FILE, encoding="utf-16")
    page = signed_in()
    page.goto("/upload")
    shot(page, "upload")
    page.get_by_label("File (Excel").set_input_files(path)
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_text("1 new student")).to_be_visible()
    rejected = page.locator("#rejected tbody tr")
    for row, why in enumerate(("is not one e-mail address", "no name", "row 2")):
        expect(rejected.nth(row)).to_contain_text(why)
    shot(page, "upload-check")
    page.get_by_text("Which column is which").click()
    page.get_by_role("combobox", name="Hobby").select_option(label="Groups")
    page.get_by_role("button", name="Remember, and look again").click()
    expect(page.get_by_text("1 group is made")).to_be_visible()
    page.get_by_role("button", name="Upload 1 student").click()
    expect(page.get_by_role("status")).to_contain_text("Uploaded: 1 student.")
    world.cloud.settle()
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("Uploaded")


def test_what_was_typed_outlasts_the_session(signed_in: Come) -> None:
    """Who was signed out meanwhile signs in once more, and finds the form as they left it; once it arrived, it is forgotten."""
    page = signed_in()
    page.goto("/custom/person?kind=student")
    for name, text in (("First Name", "Zoë"), ("Last Name", "O'Hara"), ("Parent Email", "home@home.example")):
        page.get_by_label(name, exact=True).fill(text)
    page.context.clear_cookies()
    page.get_by_role("button", name="See what will happen").click()
    expect(page.get_by_role("alert")).to_contain_text("was not done")
    page.get_by_label("E-mail address").fill("office@school.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Last Name", exact=True)).to_have_value("O'Hara")
    page.get_by_role("button", name="See what will happen").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto("/custom/person?kind=student")
    expect(page.get_by_label("Last Name", exact=True)).to_have_value("")


def test_a_file_that_is_too_large_is_not_sent(signed_in: Come, tmp_path: Path) -> None:
    """What carries it would cut the connection without a word."""
    path = tmp_path / "large.csv"
    path.write_bytes(b"x" * 5_000_000)
    page = signed_in()
    page.goto("/upload")
    page.get_by_label("File (Excel").set_input_files(path)
    assert "divide it" in page.get_by_label("File (Excel").evaluate("field => field.validationMessage")


def test_a_custom_group_is_made_and_survives_a_run(signed_in: Come, world: World) -> None:
    """Name it, find people, add them, save; the next run leaves it as it is."""
    page = signed_in()
    page.goto("/custom")
    page.get_by_label("Name of a new group").fill("Chess clb")
    page.get_by_role("button", name="Make the group").click()
    page.get_by_label("Name", exact=True).fill("Chess club")
    page.get_by_label("Year level").select_option("11")
    page.locator("#found").get_by_role("checkbox").first.check()
    # Whom they marked stays marked while they look for others.
    page.get_by_label("Search").fill("nobody is called so")
    expect(page.get_by_text("Nobody is found")).to_be_visible()
    page.get_by_label("Search").fill("")
    expect(page.locator("#found").get_by_role("checkbox").first).to_be_visible()
    expect(page.locator("[data-kept]").get_by_role("checkbox", checked=True)).to_have_count(1)
    page.locator("#found").get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Add the marked").first.click()
    expect(page.get_by_text("2 students and 0 staff are in it")).to_be_visible()
    heights = page.locator(".filter :is(input, select)").evaluate_all("all => all.map(one => one.offsetHeight)")
    assert len(set(heights)) == 1
    shot(page, "custom-group")
    page.get_by_role("button", name="Save the group").click()
    expect(page.get_by_role("status")).to_contain_text("Saved: Chess club")
    world.cloud.settle()
    world.run()
    page.reload()
    row = page.locator("tr", has_text="Chess club")
    expect(row).to_contain_text("Custom")
    expect(row.get_by_role("img", name="Synchronised")).to_be_visible()
    shot(page, "custom")
    # What cannot be taken back stands behind a question.
    expect(row.get_by_role("button", name="Remove", exact=True)).to_be_hidden()
    row.get_by_label("Remove Chess club").click()
    expect(row).to_contain_text("it is archived there as somebody who leaves")
    shot(page, "custom-remove")
    row.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Removed")


def test_staff_put_into_a_group_by_hand_in_operoo_are_overwritten(signed_in: Come, world: World) -> None:
    """The group's page says so, and a resync does it at once."""
    chosen(world, all=["staff", "group"])
    groups = world.state().profiles["groups"]
    name, group = next((key, one) for key, one in sorted(groups.items()) if one.get("staff_memberships"))
    before = sorted(group["staff_memberships"])
    world.operoo.change_by_hand("groups", int(group["id"]), {"staff_memberships": []})
    page = signed_in()
    page.goto(f"/groups/{name}")
    expect(page.locator("main")).to_contain_text("overwritten")
    shot(page, "group")
    world.request("anew", {"kind": "resync", "step": "apply", "groups": [name]})
    assert sorted(world.state().profiles["groups"][name]["staff_memberships"]) == before


def test_a_medical_change_is_accepted_and_taken_back(signed_in: Come, world: World) -> None:
    """What a family says is shown beside what Synergetic has, written once accepted, and undone once that is asked for."""
    chosen(world, all=["student"])
    student, member = next(iter(sorted(world.state().profiles["members"].items())))
    allergic(world, member, "Egg")
    page = signed_in()
    page.get_by_role("navigation", name="Parts").get_by_role("link", name="Medical").click()
    shot(page, "medical")
    page.goto(f"/medical/{student}")
    expect(page.locator(".diff").first).to_contain_text("The family says")
    shot(page, "review")
    confirm(page, world, "Write what is marked")
    assert _written(page, world, student)["EGG"].startswith("Hives")
    page.get_by_role("link", name="Look or take back").first.click()
    shot(page, "undo")
    confirm(page, world, "Take it back in Synergetic")
    assert "EGG" not in _written(page, world, student)


def _written(page: Page, world: World, student: str) -> dict[str, str]:
    world.relay.write_back()
    world.cloud.settle()
    page.goto(f"/medical/{student}")
    with world.office() as office:
        return allergies_of(office, student)


def test_codes_for_words_are_tried_before_they_hold(signed_in: Come, world: World) -> None:
    """A word that the school has no code for is given one, and what that would do to one student stands there first."""
    chosen(world, all=["student"])
    _, member = sorted(world.state().profiles["members"].items())[1]
    allergic(world, member, "Blue dust")
    page = signed_in(width=375)
    page.goto("/medical/codes")
    page.get_by_label("Blue dust").select_option(index=1)
    shot(page, "codes")
    page.get_by_role("button", name="See what would change").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What would change")
    expect(page.locator("main")).to_contain_text("Blue dust")
    shot(page, "codes-tried")


def test_the_menu_of_further_parts_is_never_cut(signed_in: Come) -> None:
    """However wide the screen is and the parts are broken; who goes on with the keyboard does not stand behind it."""
    page = signed_in()
    more, menu = page.locator("details.more summary"), page.locator("details.more ul")
    for width in (320, 480, 600, 640, 768, 800, 1200):
        page.set_viewport_size({"width": width, "height": 700})
        more.click()
        assert menu.evaluate(
            "one => one.getBoundingClientRect().left >= 0 && one.getBoundingClientRect().right <= innerWidth"
        ), width
        menu.get_by_role("link").last.focus()
        page.keyboard.press("Tab")
        expect(menu).to_be_hidden()


def test_each_part_can_be_read_aloud_and_used_on_a_phone(signed_in: Come, world: World) -> None:
    """Nothing serious is found by axe, and nothing is wider than the screen, no table either."""
    page = signed_in(width=320)
    places = page.locator("nav[aria-label=Parts] a").evaluate_all("all => all.map(one => one.pathname)")
    assert {"/", "/students", "/runs", "/rules", "/upload", "/settings", "/users", "/audit"} <= set(places)
    for place in list(places):
        if place in {"/students", "/staff", "/groups", "/runs"}:
            page.goto(place)
            places.append(page.locator("tbody a").first.get_attribute("href"))
    for place in places:
        page.goto(place)
        shot(page, f"phone-{place.split('/')[1]}{'-one' * (place.count('/') > 1)}")
        assert page.evaluate(SHIFTED) == 0, place
        page.locator("main details").evaluate_all("all => all.forEach(one => one.open = true)")
        # Synergetic holds fifty letters of a name, and nothing says that there is a blank among them.
        page.locator("bdi").evaluate_all("all => all.forEach(one => one.textContent = 'Wolfeschlegel'.repeat(4).slice(2))")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), place
        wide = page.locator(".scroll").evaluate_all("all => all.filter(one => one.scrollWidth > one.clientWidth).length")
        assert wide == 0, place


def test_a_list_is_used_with_the_keyboard_alone(signed_in: Come, world: World) -> None:
    """The first key leads past the menu to the content; a mark is set and the button reached without a mouse."""
    page = signed_in()
    page.goto("/students")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "ids":
            break
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Select 1 marked…", exact=True)).to_be_visible()


def test_who_stands_on_a_name_stays_there_while_the_clouds_come(signed_in: Come, world: World) -> None:
    """The list renews itself under whoever uses the keyboard, and a filter is not taken from anybody."""
    page = signed_in()
    for year, place in (("9", "tbody a"), ("10", "#show")):
        page.goto(f"/students?year_level={year}")
        ids = page.locator("input[name=ids]").evaluate_all("all => all.map(one => one.value)")
        world.request(f"not-yet-{year}", {"kind": "selection", "deselect": {"students": ids}})
        page.goto(f"/students/choose?choice=select&year_level={year}")
        page.get_by_role("button", name="Select and update Operoo").click()
        expect(page.get_by_role("status")).to_be_visible()
        spot = page.locator(place).last
        spot.focus()
        world.cloud.settle()
        expect(page.get_by_role("img", name="Synchronised").first).to_be_visible()
        expect(spot).to_be_focused()
    page.goto("/students?year_level=9")
    expect(page.locator("#page")).not_to_have_attribute("data-poll", re.compile("."))


def test_nothing_is_cut_on_paper(signed_in: Come, world: World) -> None:
    """On a sheet of A4 no table is wider than what is printed."""
    page = signed_in(width=718)
    page.emulate_media(media="print")
    for place in ("/", "/students", "/groups", "/runs", "/audit", "/users"):
        page.goto(place)
        beyond = "all => all.filter(one => one.getBoundingClientRect().right > innerWidth).length"
        assert page.locator("main, main *").evaluate_all(beyond) == 0, place


def test_what_was_asked_for_is_a_manifest_with_a_name(signed_in: Come, world: World) -> None:
    """Whatever is clicked lies in the bucket as an administrator's request, and in the audit trail with who it was."""
    page = signed_in()
    page.goto("/students")
    marks = page.get_by_role("checkbox", name=re.compile("^Mark "))
    student = marks.nth(1).get_attribute("value")
    world.request("not-yet", {"kind": "selection", "deselect": {"students": [student]}})
    page.reload()
    marks.nth(1).check()
    page.get_by_role("button", name="Select 1 marked…", exact=True).click()
    confirm(page, world, "Select and update Operoo")
    newest = world.cloud.runs.runs(newest=1)[0]
    assert newest.manifest_key.startswith(f"{REQUESTS}console-")
    page.goto("/audit")
    expect(page.locator("tbody tr").first).to_contain_text("office@school.example")


def test_marks_outlast_another_search_another_page_and_coming_back(signed_in: Come) -> None:
    """One after another is looked for and marked, and all of them are chosen at once; the buttons say how many."""
    page, marked = signed_in(), list[str]()
    page.goto("/groups")
    boxes = page.locator("#results").get_by_role("checkbox", name=re.compile("^Mark "))
    for go_on in ("#results a.sort >> nth=1", "#results a[rel=next]", ""):
        marked.append(str(boxes.nth(3).get_attribute("value")))
        boxes.nth(3).check()
        button = page.get_by_role("button", name=f"Deselect {len(marked)} marked…", exact=True)
        button.click()
        expect(page).to_have_url(re.compile("/choose"))
        assert sorted(parse_qs(urlsplit(page.url).query)["ids"]) == sorted(marked)
        page.go_back()
        expect(button).to_be_visible()
        if go_on:
            page.locator(go_on).click()
            expect(page.locator(f"[data-kept] input[value='{marked[-1]}']")).to_be_checked()
    page.get_by_label("Mark all on this page").check()
    page.get_by_label("Mark all on this page").uncheck()
    expect(page.get_by_role("button", name="Deselect 2 marked…", exact=True)).to_be_visible()


def test_what_needs_a_script_is_not_offered_without_one(browser: Browser, world: World) -> None:
    """Whoever allows none marks one by one, and the buttons for what is marked come all the same."""
    page = browser.new_page(base_url=world.cloud.stack.http_url, java_script_enabled=False)
    come_in(page, "office@school.example")
    page.goto("/students")
    expect(page.get_by_label("Mark all on this page")).to_be_hidden()
    page.get_by_role("checkbox", name=re.compile("^Mark ")).first.check()
    page.get_by_role("button", name="Select marked…", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 student")
    page.close()


def test_the_cloud_is_seen_in_the_colours_that_somebody_forces(signed_in: Come, world: World) -> None:
    """It is drawn in the colour of text then, whatever the ground is."""
    chosen(world, all=["student"])
    page = signed_in()
    page.emulate_media(forced_colors="active", color_scheme="dark")
    page.goto("/students?show=synchronised")
    text = page.locator("body").evaluate("one => getComputedStyle(one).color")
    expect(page.locator(".cloud").first).to_have_css("fill", text)
