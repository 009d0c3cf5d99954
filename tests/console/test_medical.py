"""Medical changes are shown as they are, decided by who may, and the ledger says who did."""

import json
import re
from typing import Any

import pytest

from functions.console.medical import finding_page
from functions.runtime.wiring import exchange
from tests.console.desk import Desk
from tests.console.medical_site import MedicalSite
from tests.console.site import Visitor, deeds
from tests.integration.cloud import BUCKET, forget_wiring
from tests.integration.fake_operoo import FakeOperoo

NURSE = "medical@school.example"


def _nurse(medical: MedicalSite) -> Visitor:
    return medical.site.visitor("medical")


def _item(page: dict[str, Any], code: str) -> Any:
    return next(one for one in page["items"] if any(change["value"] == code for change in one["changes"]))


def test_a_change_is_shown_decided_and_written_as_decided(medical: MedicalSite) -> None:
    """One item is edited, one is rejected, the rest is written; the ledger says who decided, and the trail no medical word."""
    medical.says()
    nurse = _nurse(medical)
    listed = nurse.ask("/medical")
    assert medical.student in {row["student"]["id"] for row in listed["rows"]}
    assert listed["counts"]["review"] == len(listed["rows"])
    assert nurse.ask("/medical?work=parked")["counts"] == listed["counts"]
    told = [one["told"] for one in nurse.ask("/")["waiting"] if one["see"] == "/medical?work=review"]
    assert told == [f"{len(listed['rows'])} medical change{'s' * (len(listed['rows']) > 1)} to decide."]
    page = nurse.ask(medical.page)
    assert (page["state"], page["said_by"]) == ("review", "Sam Example")
    egg, pollen = _item(page, "EGG"), _item(page, "POL")
    assert (egg["thing"], egg["effect"]) == ("Allergy", "adds")
    assert {change["called"]: change["new"] for change in egg["changes"]}["Description"] == "Hives"
    form = medical.form(page, without=frozenset({str(pollen["number"])}))
    form["value"] = ["Swelling" if one == "Hives" else one for one in form["value"]]
    nurse.do(medical.page, **form)
    medical.follows()
    written = medical.school.allergies(medical.student)
    assert written["EGG"] == "Swelling"
    assert written.get("POL") != "Sneezes"
    after = nurse.ask(medical.page)
    assert [(step["outcome"], step["by"]) for step in after["history"]][:2] == [("applied", NURSE), ("decided", NURSE)]
    (deed,) = [one for one in deeds() if medical.student in one.to and one.what == "decide medical change"]
    assert deed.who == NURSE
    manifest = json.loads(medical.site.cloud.s3.get_object(Bucket=BUCKET, Key=deed.manifest)["Body"].read())
    assert (manifest["kind"], manifest["student"], manifest["by"]) == ("review", medical.student, NURSE)
    assert f"item {pollen['number']} rejected" in deed.after
    assert not any(word in deed.model_dump_json() for word in ("Egg", "EGG", "Swelling", "Hives", "Pollen", "Allergy"))


def test_what_was_written_is_taken_back(medical: MedicalSite) -> None:
    """What taking back does is shown before, and Synergetic is then as it was; the ledger says who took it back."""
    before = medical.school.allergies(medical.student)
    medical.says()
    nurse = _nurse(medical)
    nurse.do(medical.page, **medical.form(nurse.ask(medical.page)))
    medical.follows()
    version = nurse.ask(medical.page)["history"][0]["version"]
    preview = nurse.ask(f"{medical.page}/{version}")
    assert {one["effect"] for one in preview["undo"]} <= {"removes", "ends", "returns", "changes", "adds"}
    assert [one["effect"] for one in preview["undo"] if "Egg" in one["name"]] == ["removes"]
    nurse.post(f"{medical.page}/undo", version=version)
    shown = nurse.get(medical.page).text
    assert "It is being taken back." in shown
    assert 'id="page" data-poll="3"' in shown, "who takes it back sees by itself that it is done"
    medical.follows()
    assert medical.school.allergies(medical.student) == before
    newest = nurse.ask(medical.page)["history"][0]
    assert (newest["undo"], newest["outcome"], newest["by"]) == (True, "applied", NURSE)


def test_all_of_it_can_be_rejected_and_a_part_of_an_item_too(medical: MedicalSite) -> None:
    """Only the columns that are marked are written; then all is rejected, and nothing is."""
    medical.says(blood_group="B-", medicare_number="2000 00000 1", allergies=[])
    nurse = _nurse(medical)
    page = nurse.ask(medical.page)
    details = next(one for one in page["items"] if any(change["value"] == "B-" for change in one["changes"]))
    number = next(change["column"] for change in details["changes"] if change["value"].startswith("2000"))
    before = medical.school.rows("MedicalDetails", medical.student)
    nurse.do(medical.page, **medical.form(page, without=frozenset({f"{details['number']}:{number}"})))
    medical.follows()
    (now,) = medical.school.rows("MedicalDetails", medical.student)
    assert now["BloodGroup"].strip() == "B-"
    assert now[number] == (before[0][number] if before else "")
    medical.says(blood_group="A-", allergies=[])
    page = nurse.ask(medical.page)
    nurse.do(medical.page, **medical.form(page), decision="reject")
    medical.follows()
    assert medical.school.rows("MedicalDetails", medical.student)[0]["BloodGroup"].strip() == "B-"
    newest = nurse.ask(medical.page)["history"][0]
    assert (newest["outcome"], newest["by"]) == ("rejected", NURSE)


def test_what_was_left_of_an_item_before_is_not_marked_beside_what_is_new(medical: MedicalSite) -> None:
    """It says so, and stays as it is; marked now, it is written after all."""
    card = {"medicare_number": "2000 00000 1", "allergies": []}
    nurse = _nurse(medical)
    for blood, without in (("B+", {"MedicareNo"}), ("A-", {"MedicareNo"}), ("B-", set[str]())):
        medical.says(blood_group=blood, **card)
        page = nurse.ask(medical.page)
        (details,) = (one for one in page["items"] if any(change["value"] == blood for change in one["changes"]))
        declined = {change["column"] for change in details["changes"] if change["rejected"]}
        assert declined == ({"MedicareNo"} if blood != "B+" else set())
        mark = f'value="{details["number"]}:MedicareNo"'
        assert (f"{mark} checked" in nurse.get(medical.page).text) == (not declined)
        nurse.do(medical.page, **medical.form(page, without=frozenset(f"{details['number']}:{name}" for name in without)))
        medical.follows()
        (row,) = medical.school.rows("MedicalDetails", medical.student)
        assert (row["BloodGroup"].strip(), row["MedicareNo"] == card["medicare_number"]) == (blood, not without)


def test_what_a_family_no_longer_says_is_not_put_into_their_mouth(consenting: MedicalSite) -> None:
    """It stands beside *no longer* alone, with days as all pages show them and people by their names."""
    medical = consenting
    assert medical.school.rows("Consent", medical.student)
    medical.says(allergies=[], consents=[])
    nurse = _nurse(medical)
    ended = [one for one in nurse.ask(medical.page)["items"] if one["effect"] in {"ends", "removes"}]
    told = {change["called"]: change["old"] for one in ended for change in one["changes"] if not change["changed"]}
    assert re.fullmatch(r"\d{1,2} [A-Z][a-z]{2} \d{4}", told["Given on"])
    assert re.fullmatch(r"\w.* \(\d+\)", told["Given by (Synergetic ID)"])
    cells = r"<td class=.told. data-of=.Synergetic has.><bdi>(.*?)</bdi></td>\s*<td data-of=.The family says.>\s*(.*?)\s*</td>"
    given = re.findall(cells, nurse.get(medical.page).text)
    assert given
    assert [here for here, family in given if here in told.values() and "no longer" not in family] == []
    (row,) = [one for one in nurse.ask("/medical")["rows"] if one["student"]["id"] == medical.student]
    assert sum(row["items"].values()) == len(ended)
    assert "Consent" in row["items"]


def test_nobody_at_the_school_is_said_to_have_changed_what_was_taken_back(
    medical: MedicalSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not written again because of an undo is held back by nobody else."""
    monkeypatch.setenv("MEDICAL_UPDATES", "automatic")
    forget_wiring()
    medical.says()
    nurse = _nurse(medical)
    written = nurse.ask(medical.page)["history"][0]["version"]
    nurse.do(f"{medical.page}/undo", version=written)
    medical.follows()
    medical.says(confirmed_by="Kim Example")
    page = nurse.get(medical.page).text
    assert "Nothing written: what the school has stays" in page
    assert "somebody at the school changed" not in page


def test_who_decided_sees_what_becomes_of_it(medical: MedicalSite) -> None:
    """The page says that it is on its way before anybody has taken it up, and then that it was written."""
    medical.says()
    nurse = _nurse(medical)
    done = nurse.do(medical.page, **medical.form(nurse.ask(medical.page)))
    assert re.match(r"Decided: \d+ items? (is|are) written\.", done["said"])
    assert 'data-poll="' in nurse.get(done["see"]).text
    assert "Write what is marked" not in nurse.get(done["see"]).text
    medical.follows()
    assert "Written to Synergetic" in nurse.get(done["see"]).text
    assert "data-poll" not in nurse.get(done["see"]).text


def test_what_does_not_wait_any_more_is_not_decided(medical: MedicalSite) -> None:
    """A form that was open while the family said something newer does nothing."""
    medical.says()
    nurse = _nurse(medical)
    old = medical.form(nurse.ask(medical.page))
    medical.says(blood_group="AB+")
    refused = nurse.post(medical.page, accept="application/json", **old)
    assert (refused.status, refused.json["code"]) == (409, "review-unknown")


def test_what_the_database_does_not_take_is_told_in_words(medical: MedicalSite) -> None:
    """A code alone says nothing to a nurse."""
    medical.says()
    nurse = _nurse(medical)
    school, before = medical.school, medical.school.config.read_text()
    school.config.write_text(before.replace("[exchange]", '[synergetic.contract]\nallowed_triggers = ["no_egg"]\n[exchange]'))
    school.execute("create trigger no_egg before insert on MedicalAllergy begin select raise(abort, 'no'); end")
    nurse.do(medical.page, **medical.form(nurse.ask(medical.page)))
    medical.follows()
    school.execute("drop trigger no_egg")
    school.config.write_text(before)
    assert "does not take it (write-rejected)" in nurse.get(medical.page).text


def test_what_somebody_at_the_school_changed_is_told(medical: MedicalSite) -> None:
    """An undo that they stand in the way of is on the list of what was given up, with the row in words."""
    medical.says()
    nurse = _nurse(medical)
    nurse.do(medical.page, **medical.form(nurse.ask(medical.page)))
    medical.follows()
    version = nurse.ask(medical.page)["history"][0]["version"]
    medical.school.execute("update MedicalAllergy set AllergyDescription = 'The nurse knows' where ID = ?", medical.student)
    nurse.do(f"{medical.page}/undo", version=version)
    medical.follows()
    page = nurse.ask(medical.page)
    assert (page["state"], page["code"]) == ("failed", "undo-conflicted")
    assert ("Allergy", "changed") in {(one["thing"], one["code"]) for one in page["conflicts"]}
    assert medical.student in {row["student"]["id"] for row in nurse.ask("/medical?work=failed")["rows"]}
    assert "somebody at the school changed it" in nurse.get(medical.page).text


def test_a_row_that_somebody_at_the_school_changed_is_marked_in_the_review(medical: MedicalSite) -> None:
    """Who decides sees that they would overwrite it."""
    medical.says()
    nurse = _nurse(medical)
    nurse.do(medical.page, **medical.form(nurse.ask(medical.page)))
    medical.follows()
    medical.school.execute("update MedicalAllergy set AllergyDescription = 'The nurse knows' where ID = ?", medical.student)
    medical.says(allergies=[{"id": "a1", "name": "Egg", "reaction": "Swelling"}])
    (egg,) = [one for one in nurse.ask(medical.page)["items"] if "Egg" in one["name"]]
    assert (egg["effect"], egg["contested"]) == ("changes", "changed")
    (change,) = egg["changes"]
    assert (change["old"], change["new"]) == ("The nurse knows", "Swelling")
    assert "If you write it, that is lost" in nurse.get(medical.page).text


def test_while_updates_are_off_nothing_is_offered_that_would_be_refused(
    medical: MedicalSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits is kept and said to wait; who sends a form from before is told at once, and no request goes wrong."""
    medical.says()
    nurse = _nurse(medical)
    page = nurse.ask(medical.page)
    before = len(deeds())
    monkeypatch.setenv("MEDICAL_UPDATES", "off")
    forget_wiring()
    shown = nurse.get(medical.page).text
    assert "cannot be decided now" in shown
    assert not any(words in shown for words in ("Write what is marked", "Read from Operoo now"))
    assert "See what would change" not in nurse.get("/medical/codes").text
    word = {"kind": "allergy", "word": "Unicorn hair", "code": "POL"}
    for place, form in (
        (medical.page, medical.form(page)),
        (f"{medical.page}/read", {}),
        (f"{medical.page}/undo", {"version": 1}),
        ("/medical/codes", word),
        ("/medical/codes/try", word),
        ("/medical/codes/remove", word),
    ):
        assert nurse.post(place, accept="application/json", **form).json["code"] == "medical-off", place
    assert len(deeds()) == before


def test_where_operoo_is_not_asked_nobody_is_told_that_it_is_read(
    medical: MedicalSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Profiles come by spreadsheets there."""
    nurse = _nurse(medical)
    assert "Read from Operoo now" in nurse.get(medical.page).text
    monkeypatch.setenv("OPEROO_SETTINGS", json.dumps({"medical": {"source": "none"}}))
    forget_wiring()
    assert "Read from Operoo now" not in nurse.get(medical.page).text
    assert nurse.post(f"{medical.page}/read", accept="application/json").json["code"] == "medical-source-none"


def test_a_word_is_given_a_code_and_what_waited_follows(medical: MedicalSite) -> None:
    """It is listed, given one of the school's, listed with who did it, and taken back: each by whoever saw how it is now.

    Some families say at length what others say in a word.
    """
    word = f"Dust {medical.student}{', and whatever else there is in an old house' * 30}"
    medical.says(allergies=[{"id": "a1", "name": word, "reaction": "Cough"}])
    nurse = _nurse(medical)
    listed = nurse.ask("/medical/codes")
    (uncoded,) = (one for one in listed["uncoded"] if one["word"] == word)
    assert (uncoded["kind"], uncoded["student"]) == ("allergy", medical.student)
    assert any(code["code"].strip() == "POL" for code in listed["codes"]["allergy"])
    refused = nurse.post("/medical/codes", accept="application/json", kind=["allergy"], word=[word], code=["NONSENSE"])
    assert refused.json["code"] == "override-unusable"
    nurse.do("/medical/codes", kind=["allergy", "allergy"], word=[word, "another"], code=["POL", ""])
    medical.follows()
    (given,) = [one for one in nurse.ask("/medical/codes")["given"] if one["word"] == word]
    assert (given["code"], given["by"]) == ("POL", NURSE)
    assert "POL" in {change["value"] for one in nurse.ask(medical.page)["items"] for change in one["changes"]}
    late = nurse.post("/medical/codes", accept="application/json", kind=["allergy"], word=[word], code=["BEE"])
    assert late.json["code"] == "codes-changed"
    nurse.do("/medical/codes", kind=["allergy"], word=[word.upper()], code=["POL"])
    wrong = nurse.post("/medical/codes/remove", accept="application/json", kind="allergy", word=word, code="BEE")
    assert wrong.json["code"] == "codes-changed"
    nurse.do("/medical/codes/remove", kind="allergy", word=word, code="POL")
    medical.follows()
    page = nurse.ask("/medical/codes")
    assert word not in {one["word"] for one in page["given"]}
    said = [(one["code"], one["by"], bool(one["at"])) for one in page["said"] if one["word"].casefold() == word.casefold()]
    assert said == [("", NURSE, True), ("POL", NURSE, True), ("POL", NURSE, True)]
    assert not any(word in deed.model_dump_json() for deed in deeds())


def test_the_history_says_how_much_was_done(medical: MedicalSite) -> None:
    """What was written and what was parked stand apart; what was parked waits for a person on the first page, too."""
    long = "Cough " * 2000
    medical.says(allergies=[{"id": "a1", "name": "Egg", "reaction": "Hives"}, {"id": "a2", "name": "Pollen", "reaction": long}])
    nurse = _nurse(medical)
    assert re.search(r"<td>\d+ to add, (\d+ to change, )?1 parked</td>", nurse.get(medical.page).text)
    nurse.do(medical.page, **medical.form(nurse.ask(medical.page)))
    medical.follows()
    assert re.search(r"<td>\d+ added, (\d+ changed, )?1 parked</td>", nurse.get(medical.page).text)
    waiting = {one["see"]: one for one in nurse.ask("/")["waiting"]}
    assert waiting["/medical?work=parked"]["role"] == "medical"
    assert "/medical?work=parked" not in {one["see"] for one in medical.site.visitor("administrator").ask("/")["waiting"]}


def test_one_student_is_read_now(medical: MedicalSite) -> None:
    """What was rejected comes again if it is asked for anew."""
    medical.says()
    nurse = _nurse(medical)
    nurse.do(medical.page, **medical.form(nurse.ask(medical.page)), decision="reject")
    medical.follows()
    nurse.do(f"{medical.page}/read", anew="yes")
    medical.follows()
    page = nurse.ask(medical.page)
    assert (page["state"], page["by"]) == ("review", NURSE)
    assert not any(one["rejected"] for one in page["items"])


def test_who_is_not_synchronised_is_not_read(medical: MedicalSite) -> None:
    """It is said at once, and not that it goes on; whoever was only brought here has no medical page that would say nothing."""
    nurse = medical.site.visitor("medical", "administrator")
    before = len(deeds())
    nobody = nurse.post("/medical/999999/read", accept="application/json")
    assert (nobody.status, nobody.json["code"]) == (409, "record-unknown")
    assert len(deeds()) == before
    desk = Desk(medical.site, FakeOperoo(), nurse)
    desk.saved(desk.entered("student", first_name="Ann", last_name="Able", number="X1", contact_email="able@home.example"))
    page = nurse.get("/students/manual:X1").text
    assert "it has no place in Synergetic" in page
    assert "/medical/manual" not in page


def test_about_who_was_deselected_meanwhile_nobody_is_told_that_it_is_decided(medical: MedicalSite) -> None:
    """It would be refused afterwards; nothing is noted, and nothing is asked for."""
    medical.says()
    nurse = _nurse(medical)
    form = medical.form(nurse.ask(medical.page))
    students = {"students": [medical.student]}
    medical.site.cloud.request("leave", {"kind": "selection", "deselect": students})
    medical.site.cloud.pump()
    before = len(deeds())
    refused = nurse.post(medical.page, accept="application/json", **form)
    assert (refused.status, refused.json["code"]) == (409, "record-unknown")
    assert len(deeds()) == before
    medical.site.cloud.request("return", {"kind": "selection", "select": students})
    medical.follows()


def test_nobody_else_sees_or_does_anything_medical(medical: MedicalSite) -> None:
    """Not an administrator nor an owner either, and not by a forged request."""
    medical.says()
    version = medical.school.entry(medical.student).version
    pages = ("", f"/{medical.student}", "/codes", f"/{medical.student}/{version}", "/find?q=a", f"/file/{'0' * 64}")
    deeds: dict[str, dict[str, Any]] = {
        "": {"version": version, "item": 1},
        "/undo": {"version": version},
        "/read": {"anew": "yes"},
    }
    for roles in (("viewer",), ("viewer", "administrator", "owner")):
        visitor = medical.site.visitor(*roles)
        assert "/medical" not in visitor.get("/").text
        assert {visitor.get(f"/medical{path}").status for path in pages} == {403}
        assert {visitor.post(f"{medical.page}{path}", **form).status for path, form in deeds.items()} == {403}
        assert visitor.post("/medical/codes", kind="allergy", word="x", code="POL").status == 403
        assert visitor.post("/medical/codes/remove", kind="allergy", word="x", code="POL").status == 403
    assert medical.school.entry(medical.student).state == "review"


def test_words_of_families_are_only_ever_text_and_never_kept(medical: MedicalSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """No browser runs them or their files, no cache keeps them, the title says nothing of them, and a file may be too large."""
    medical.says(allergies=[{"id": "a1", "name": "Egg", "reaction": "<script>alert(1)</script> \u202e\"' 😀"}])
    nurse = _nurse(medical)
    answer = nurse.get(medical.page)
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    title = answer.text.partition("<title>")[2].partition("</title>")[0]
    assert title.startswith(f"Medical, student {medical.student}")
    assert "Egg" not in title
    content = b"<html><script>alert(1)</script></html>"
    file = nurse.get(f"/medical/file/{exchange().put_attachment(content)}")
    assert (file.content, file.headers["content-type"]) == (content, "application/octet-stream")
    assert file.headers["content-disposition"].startswith("attachment")
    photo = nurse.get(f"/medical/file/{exchange().put_attachment(bytes.fromhex('ffd8ffe1') + b' as a phone takes it')}")
    assert (photo.headers["content-type"], photo.headers["content-disposition"][-9:]) == ("image/jpeg", 'file.jpg"')
    monkeypatch.setattr(finding_page, "LARGEST_FILE", 4)
    large = nurse.get(f"/medical/file/{exchange().put_attachment(content)}", accept="application/json")
    assert (large.status, large.json["code"]) == (409, "file-too-large")
