"""Resync: first what it means, then doing it, then how far it has come."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from shared.keys import REQUESTS
from tests.console.quiet_school import QuietSchool, quiet_school
from tests.integration.cloud import BUCKET
from tests.integration.school_rows import CLASS_ID, school


@pytest.fixture(scope="module")
def made() -> Iterator[QuietSchool]:
    """Return the school of this module, with three students in Operoo."""
    with quiet_school(school(6)) as made:
        made.site.cloud.request("three", {"kind": "selection", "select": {"students": ["1", "2", "3"]}})
        yield made


@pytest.fixture
def here(made: QuietSchool, monkeypatch: pytest.MonkeyPatch) -> QuietSchool:
    """Return it for one test."""
    return made.enter(monkeypatch)


def _asked(here: QuietSchool, see: str) -> dict[str, Any]:
    key = f"{REQUESTS}{see.removeprefix('/progress/')}.json"
    manifest: dict[str, Any] = json.loads(here.site.cloud.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    return manifest


def test_by_default_all_is_worked_out_anew_and_nothing_more(here: QuietSchool) -> None:
    """What a person is most likely to want does least."""
    visitor = here.site.visitor("administrator")
    page = visitor.ask("/resync")
    assert (page["wish"]["what"], page["wish"]["step"], page["wish"]["full_read"]) == ("all", "map", False)
    look = visitor.ask("/resync/look?what=all&step=map")
    assert (look["about"], look["records"], look["sent"], look["reads"]) == ("everything", 8, 0, False)


@pytest.mark.parametrize(
    ("query", "about", "records", "sent"),
    [
        ("what=part&row_set=contacts&step=apply", "what comes from students' contacts", 6, 3),
        ("what=part&row_set=photos&step=apply", "what comes from photos", 7, 3),
        ("what=one&kind=student&id=2&step=apply", "Surname2, Given2", 1, 1),
        ("what=one&kind=student&id=+2+&step=stage", "Surname2, Given2", 1, 0),
        (f"what=one&kind=group&id={CLASS_ID}&step=apply", "Mathematics (7MAT1)", 1, 0),
    ],
)
def test_it_is_shown_what_will_happen(here: QuietSchool, query: str, about: str, records: int, sent: int) -> None:
    """How many records, and how many of these are sent to Operoo."""
    look = here.site.visitor("administrator").ask(f"/resync/look?{query}")
    assert (look["about"], look["records"], look["sent"]) == (about, records, sent)


def test_one_that_is_not_there_is_said_at_once(here: QuietSchool) -> None:
    """Before anything is asked for, without the number in the error."""
    visitor = here.site.visitor("administrator")
    for number in ("77", ""):
        told = visitor.get(f"/resync/look?what=one&kind=student&id={number}", accept="application/json")
        assert (told.status, told.json["code"]) == (409, "no-such-record")
    assert visitor.post("/resync", wished="what=one&kind=student&id=77").status == 409


def test_sending_all_anew_is_followed_in_numbers(here: QuietSchool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that are looked at, then records that are sent; and Operoo has them again."""
    visitor = here.site.visitor("administrator")
    look = visitor.ask("/resync/look?what=all&step=apply")
    calls = len([call for call in here.operoo.calls if call == "update members"])
    see = visitor.do("/resync", wished=look["query"])["see"]
    assert _asked(here, see) == {"kind": "resync", "step": "apply", "by": "administrator@school.example"}
    taken, staged, applied = visitor.ask(see)["steps"][1:]
    assert (taken["state"], staged["state"], applied["state"]) == ("now", "waiting", "waiting")
    here.site.settle()
    # What stands still matters no more.
    monkeypatch.setattr("functions.console.operations.progress_page.stops", None)
    end = visitor.ask(see)
    assert [(step["state"], step["done"], step["of"]) for step in end["steps"][2:]] == [("done", 48, 48), ("done", 3, 3)]
    assert end["finished"] is True
    assert len([call for call in here.operoo.calls if call == "update members"]) == calls + 3
    assert "data-poll" not in visitor.get(see).text


def test_while_parts_are_left_it_is_counted_how_many(here: QuietSchool) -> None:
    """What is taken in and not staged yet is under way, not done."""
    visitor = here.site.visitor("administrator")
    for wished in ("step=apply", "step=map"):
        see = visitor.do("/resync", wished=wished)["see"]
        here.site.cloud._once("intake")
        (staged,) = (step for step in visitor.ask(see)["steps"] if step["name"] == "Staged")
        assert staged["state"] == "now"
        assert staged["done"] < staged["of"]
        assert "<progress" in visitor.get(see).text
        here.site.settle()
        assert visitor.ask(see)["finished"] is True


def test_tables_of_codes_are_only_read_again(here: QuietSchool) -> None:
    """No record is made of them, so the relay is asked, whatever was marked."""
    visitor = here.site.visitor("administrator")
    look = visitor.ask("/resync/look?what=part&row_set=codes")
    assert (look["reads"], look["records"]) == (True, 0)
    see = visitor.do("/resync", wished=look["query"])["see"]
    assert _asked(here, see)["full_read"] is True
    here.site.settle()
    assert visitor.ask(see)["steps"][2]["name"] == "Read by the relay at the school"


def test_what_is_refused_says_why(here: QuietSchool) -> None:
    """A request that came to nothing is no progress."""
    here.site.cloud.request("unknown", {"kind": "resync", "students": ["77"]})
    steps = here.site.visitor("viewer").ask("/progress/unknown")["steps"]
    assert steps[1]["state"] == "failed"
    assert "no student with the identifier 77" in steps[1]["said"]


def test_what_was_tampered_with_is_not_taken(here: QuietSchool) -> None:
    """It is answered as what cannot be read, and nothing is asked for."""
    visitor = here.site.visitor("administrator")
    for wished in ("step=delete", "what=nothing", "row_set=passwords"):
        refused = visitor.post("/resync", wished=wished, accept="application/json")
        assert (refused.status, refused.json["code"]) == (422, "not-valid")


def test_only_an_administrator_resyncs(here: QuietSchool) -> None:
    """Neither by the page nor by a forged request."""
    visitor = here.site.visitor("viewer")
    assert visitor.get("/resync").status == 403
    assert visitor.post("/resync", wished="").status == 403
    assert "Resync" not in visitor.get("/students").text


def test_the_longest_identifier_is_read_from_a_form(here: QuietSchool) -> None:
    """In an address each of its characters may take nine."""
    wished = urlencode({"what": "one", "kind": "group", "id": "課" * 200})
    refused = here.site.visitor("administrator").post("/resync", wished=wished, accept="application/json")
    assert refused.json["code"] == "no-such-record"
