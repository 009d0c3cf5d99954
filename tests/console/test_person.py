"""One person's page: why they are (not) in Operoo, what is known here and there, and syncing them now."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.operoo.errors import RefusedError
from functions.records.ledger import Entry
from functions.runtime.wiring import ledger_table, snapshot_line
from shared.errors import RejectedRecordError
from shared.heartbeats import Heartbeat
from shared.keys import HEARTBEAT
from tests.console.quiet_school import QuietSchool, quiet_school
from tests.integration.cloud import BUCKET
from tests.integration.school_rows import CLASS_ID, changed, contact, school

WILD = '<script>alert("x")</script> \u202eאבג 🎈'


def _rows() -> dict[str, list[dict[str, Any]]]:
    rows = school(12)
    rows = changed(rows, "students", 3, given=WILD, preferred="", court_order_type="P", parents_separated=1)
    rows = changed(rows, "contacts", 3, silent_mobile=1, lives_with=0, home_phone="03 5550 0000")
    rows["contacts"].append(contact(3, 1103, contact_type="SC2", email="second@example.test"))
    return changed(rows, "contacts", 4, email="")


ROWS = _rows()


@pytest.fixture(scope="module")
def made() -> Iterator[QuietSchool]:
    """Return the school of this module."""
    with quiet_school(ROWS, MEDICAL_UPDATES="review") as made:
        yield made


@pytest.fixture
def here(made: QuietSchool, monkeypatch: pytest.MonkeyPatch) -> QuietSchool:
    """Return it for one test."""
    return made.enter(monkeypatch)


def _select(here: QuietSchool, *ids: int, name: str) -> None:
    here.site.cloud.request(name, {"kind": "selection", "select": {"students": [str(one) for one in ids]}})


def _load(here: QuietSchool, rows: dict[str, list[dict[str, Any]]]) -> None:
    head = snapshot_line().head()
    assert head is not None
    here.site.cloud.load(rows, head.sequence + 1)


def test_who_was_never_selected_is_told_so(here: QuietSchool) -> None:
    """In one sentence, with what to do; a viewer gets no button, and hears who has."""
    page = here.site.visitor("viewer").get("/students/1").text
    assert "nobody has selected Given1, and no rule does." in page
    assert "Select Given1 to change that." in page
    assert "/students/choose" not in page
    assert "/sync" not in page
    assert "is for who has the role <em>administrator</em>" in page
    assert "is for who has the role" not in here.site.visitor("administrator").get("/students/1").text


def test_who_cannot_be_asked_for_is_told_why_and_what_to_do(here: QuietSchool) -> None:
    """The list says it in a few words, the page in a sentence."""
    _select(here, 4, name="four")
    visitor = here.site.visitor("administrator")
    told = visitor.ask("/students/4")["explanation"]
    assert (told["where"], told["why"]) == ("Not in Operoo", "no contact with an e-mail address may be asked")
    assert "Add an e-mail address in Synergetic" in told["remedy"]
    assert "Not e-mailed: there is no e-mail address." in visitor.get("/students/4").text
    listed = visitor.get("/students?show=problem").text
    assert "No contact to ask by e-mail" in listed
    assert "no-request-email" not in listed


def test_a_person_is_selected_from_their_own_page_and_seen_to_arrive(here: QuietSchool) -> None:
    """The preview leads back to it; since when, by whom, and what was sent stand there then."""
    visitor = here.site.visitor("administrator")
    link = "/students/choose?choice=select&amp;ids=5"
    assert link in visitor.get("/students/5").text
    preview = visitor.ask(link.replace("&amp;", "&"))
    assert preview["back"] == "/students/5"
    done = visitor.do("/students/choose", choice="select", seen=preview["seen"], chosen="ids=5")
    assert done["see"] == "/students/5"
    here.site.settle()
    page = visitor.ask("/students/5")
    assert (page["explanation"]["where"], page["chosen"], page["comparison"]["sent"]) == ("In Operoo", "by name", "same")
    assert page["since"]
    assert page["sent_at"]
    told = [(line["what"], line["detail"]) for line in page["timeline"]]
    assert told[0][0] == "Made in Operoo"
    assert ("Selected", "by administrator@school.example") in told


def test_what_changed_stands_beside_what_operoo_has_until_it_is_sent(here: QuietSchool) -> None:
    """Also if it changes twice before; then it is the same again."""
    _select(here, 6, name="six")
    visitor = here.site.visitor("viewer")

    def refuse(call: str) -> None:
        if call == "update members":
            raise RejectedRecordError("Operoo does not accept it.", remedy="Correct it.", code="operoo-rejected")

    here.operoo.before = refuse
    _load(here, changed(ROWS, "students", 6, surname="Newname"))
    _load(here, changed(ROWS, "students", 6, surname="Newername"))
    here.operoo.before = lambda _: None
    here.site.listed()
    page = visitor.ask("/students/6")
    differs = {one["name"]: (one["school"], one["operoo"]) for one in page["comparison"]["details"] if one["differs"]}
    assert page["comparison"]["sent"] == "older"
    assert differs["Last name"] == ("Newername", "Surname6")
    assert page["explanation"]["where"] == "In Operoo, but not in step"
    assert "Operoo does not accept it." in page["explanation"]["reason"]
    assert "<del><bdi>Surname6</bdi></del>" in visitor.get("/students/6").text
    _load(here, ROWS)
    assert visitor.ask("/students/6")["comparison"]["sent"] == "same"


def test_what_operoo_has_otherwise_stands_beside_what_it_was_sent(here: QuietSchool, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of when it showed that; syncing now looks and sends again, whatever the school says, and tells what stood there."""
    _select(here, 11, name="eleven")
    visitor = here.site.visitor("administrator")
    unknown = visitor.ask("/students/11")["comparison"]
    assert unknown["shown_at"] == ""
    assert "answer did not show what it has" in visitor.get("/students/11").text
    (operoo_id,) = (one for one, fields in here.operoo.profiles.items() if fields.get("integration_member_id") == "11")
    here.operoo.profiles[operoo_id]["last_name"] = "By hand"
    plain = here.operoo.update
    kept = {"request_mobile_number": "0491 570 999"}
    monkeypatch.setattr(here.operoo, "update", lambda resource, one, fields: plain(resource, one, {**fields, **kept}))
    monkeypatch.setattr(here.operoo, "tells", True)
    visitor.do("/students/11/sync")
    here.site.settle()
    page, html = visitor.ask("/students/11"), visitor.get("/students/11").text
    told = {one["name"]: one for one in page["comparison"]["details"]}
    assert page["comparison"]["shown_at"]
    assert (told["Last name"]["operoo"], told["Last name"]["shown"], told["Last name"]["differs"]) == ("Surname11", True, False)
    mobile = told["Mobile number that is asked"]
    assert (mobile["operoo"], mobile["differs"]) == ("0491 570 999", True)
    assert mobile["sent"] == mobile["school"]
    assert told["Contacts"]["shown"] is False
    assert [(one["name"], one["operoo"]) for one in page["comparison"]["had"]] == [("Last name", "By hand")]
    assert "until then Operoo had another last name" in page["timeline"][0]["detail"]
    assert "<del><bdi>0491 570 999</bdi></del>" in html
    assert '<th scope="col">Operoo has</th>' in html


def test_an_address_that_was_not_taken_is_not_said_to_be_there(here: QuietSchool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Operoo has instead is shown where it shows it; nobody is told that the settings had been changed."""
    _select(here, 12, name="twelve")
    plain = here.operoo.update

    def refuse(resource: Any, one: str, fields: dict[str, object]) -> Any:
        if "request_email" in fields:
            error = RefusedError("Operoo does not accept it.")
            error.fields = frozenset({"request_email"})
            raise error
        return plain(resource, one, fields)

    monkeypatch.setattr(here.operoo, "update", refuse)
    _load(here, changed(ROWS, "contacts", 12, email="new@example.test"))
    visitor = here.site.visitor("administrator")
    compared = visitor.ask("/students/12")["comparison"]
    (asked,) = (one for one in compared["details"] if one["name"] == "E-mail address that is asked")
    assert (asked["school"], asked["operoo"], asked["differs"]) == ("new@example.test", None, True)
    assert compared["other_settings"] is False
    assert "not known what" in visitor.get("/students/12").text
    monkeypatch.setattr(here.operoo, "tells", True)
    visitor.do("/students/12/sync")
    here.site.settle()
    (asked,) = (one for one in visitor.ask("/students/12")["comparison"]["details"] if one["differs"])
    assert (asked["operoo"], asked["shown"]) == ("c1012@example.test", True)


def test_a_silent_number_is_not_shown_as_what_operoo_has(here: QuietSchool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be just the one that is silent."""
    _select(here, 3, name="three")
    plain = here.operoo.update
    kept = {"request_mobile_number": "0491 570 777"}
    monkeypatch.setattr(here.operoo, "update", lambda resource, one, fields: plain(resource, one, {**fields, **kept}))
    monkeypatch.setattr(here.operoo, "tells", True)
    visitor = here.site.visitor("administrator")
    visitor.do("/students/3/sync")
    here.site.settle()
    assert "0491 570 777" not in json.dumps(visitor.ask("/students/3"))
    assert "a number that is not shown here" in visitor.get("/students/3").text


def test_contacts_stand_in_order_with_why_and_silent_numbers_are_shown_to_nobody(here: QuietSchool) -> None:
    """Court order and separation are told; markup in names is text."""
    visitor = here.site.visitor("viewer")
    page, html = visitor.ask("/students/3"), visitor.get("/students/3").text
    assert [(one["use"], one["why"].partition(":")[0]) for one in page["contacts"]] == [
        ("not-used", "Not used"),
        ("asked", "Operoo e-mails this contact about the profile."),
    ]
    assert "silent mobile number" in page["contacts"][0]["flags"]
    assert page["contacts"][0]["mobile"] == ""
    assert page["contacts"][0]["home_phone"] == "03 5550 0000"
    assert "Court order:" in html
    assert "Parents are separated." in html
    assert "<script>alert" not in html
    assert page["name"].startswith(WILD)


def test_groups_are_named_and_lead_there(here: QuietSchool) -> None:
    """A student's as a member, a teacher's as staff."""
    visitor = here.site.visitor("viewer")
    for address in ("/students/7", "/staff/500"):
        assert [one["id"] for one in visitor.ask(address)["groups"]] == [CLASS_ID]
        assert f'href="/groups/{CLASS_ID}"' in visitor.get(address).text


def test_medical_status_is_for_who_has_that_role(here: QuietSchool) -> None:
    """All others hear that it is kept elsewhere, owner and administrator too."""
    ledger_table().save(Entry(student="8", version=3, state="review", answered_at="2026-03-02T00:00:00+00:00"))
    visitor = here.site.visitor("medical")
    assert visitor.ask("/students/8")["medical"]["waits"] is True
    assert 'href="/medical/8"' in visitor.get("/students/8").text
    for role in ("viewer", "administrator", "owner"):
        other = here.site.visitor(role)
        assert other.ask("/students/8")["medical"] is None
        assert "waits for a decision" not in other.get("/students/8").text


def test_syncing_now_is_followed_from_asking_to_operoo(here: QuietSchool) -> None:
    """The relay is asked to read just this student; its answer ends it."""
    _select(here, 9, name="nine")
    _heard(here)
    visitor = here.site.visitor("administrator")
    see = visitor.do("/students/9/sync")["see"]
    before = visitor.ask(see)
    assert [step["state"] for step in before["steps"]] == ["done", "now", "waiting", "waiting", "waiting"]
    assert before["poll"] == 3
    assert 'data-poll="3"' in visitor.get(see).text
    here.site.settle()
    (wish,) = (one for one in here.site.cloud.queued("return.fifo") if "9" in one["owners"])
    assert set(wish["row_sets"]) == {"students", "contacts", "photos"}
    after = {step["name"]: step for step in visitor.ask(see)["steps"]}
    assert after["Read by the relay at the school"]["state"] == "asked"
    assert after["Staged"]["state"] == after["Applied to Operoo"]["state"] == "done"
    _answer(here, wish["request"])
    end = visitor.ask(see)
    assert (end["finished"], end["poll"]) == (True, 0)
    assert end["see"] == "/students/9"


def test_syncing_now_tries_again_what_could_not_be_applied(here: QuietSchool) -> None:
    """A profile that somebody removed in Operoo is made anew, as somebody asks for it."""
    _select(here, 10, name="ten")
    (operoo_id,) = (one for one, fields in here.operoo.profiles.items() if fields.get("integration_member_id") == "10")
    here.operoo.profiles[operoo_id]["archived"] = True
    here.site.cloud.request("again", {"kind": "resync", "step": "apply", "students": ["10"]})
    visitor = here.site.visitor("administrator")
    assert visitor.ask("/students/10")["explanation"]["code"] == "operoo-profile-gone"
    visitor.do("/students/10/sync")
    here.site.settle()
    assert visitor.ask("/students/10")["explanation"]["where"] == "In Operoo"


def test_a_viewer_cannot_sync_even_by_a_forged_request(here: QuietSchool) -> None:
    """The role is checked where it is done."""
    assert here.site.visitor("viewer").post("/students/1/sync").status == 403


def test_who_is_nowhere_has_no_page(here: QuietSchool) -> None:
    """Nor is a student's number one of staff."""
    visitor = here.site.visitor("viewer")
    for address in (
        f"/students/{'é' * 500}",
        "/students/777",
        "/staff/1",
        "/groups/nowhere",
        "/progress/console-nothing",
        "/progress/six",
    ):
        assert visitor.get(address).status == 404


def _heard(here: QuietSchool) -> None:
    """Have a relay heard of that listens."""
    at = datetime(2026, 3, 2, tzinfo=UTC)
    told = Heartbeat(relay="r", relay_version="1", started_at=at, at=at, ok=True, minimum_relay_version="")
    here.site.cloud.s3.put_object(Bucket=BUCKET, Key=HEARTBEAT, Body=told.model_dump_json().encode())


def _answer(here: QuietSchool, request: str) -> None:
    """Answer for the relay."""
    receipt = {
        "type": "read_receipt", "request": request, "relay": "r", "relay_version": "1", "at": "2026-03-02T00:00:00+00:00",
        "sequence": 1, "rows": {"students": 1}, "photos": 0,
    }  # fmt: skip
    url = here.site.cloud.urls["receipt"]
    here.site.cloud.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(receipt))
    here.site.settle()
