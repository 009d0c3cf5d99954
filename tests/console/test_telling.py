"""What is known is told in plain words: events, rules, contacts."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from functions.console.people.descriptions import EVENTS, contact_in_words, rule_in_words, timeline_in_words
from functions.console.web.wording import local_time
from functions.operoo.best_contact import Verdict, best_contact
from functions.operoo.settings import ContactSettings
from functions.records.ledger import Noted
from functions.records.staged import Event
from shared.manifests import Rule
from shared.records import Student

FUNCTIONS = Path(__file__).parents[2] / "functions"
RULE = Rule(kind="student", year_level="7", campus="S")


def test_every_event_that_the_functions_note_is_put_in_words() -> None:
    """An event that somebody adds is not shown in the program's own words."""
    rooms = ("apply_records", "plan_run", "stage_records")
    sources = [path.read_text() for room in rooms for path in (FUNCTIONS / room).glob("*.py")]
    noted = {event for source in sources for event in re.findall(r'Event\(event="([^"]+)"', source)}
    assert len(noted) > 5
    assert noted <= EVENTS.keys()


def test_a_timeline_is_told_newest_first_and_names_rule_reading_and_person() -> None:
    """Details that are made for programs are told in words, too."""
    events = [
        Event(event="first seen", detail="snapshot 4", at="2026-03-01T00:00:00+00:00"),
        Event(event="selected", detail="by rule r1", at="2026-03-02T00:00:00+00:00"),
        Event(event="created", detail="Operoo 12", at="2026-03-03T00:00:00+00:00"),
        Event(event="deselected", detail="by jo@school.example", at="2026-03-04T00:00:00+00:00"),
        Event(event="something new", detail="no rule", at="2026-03-05T00:00:00+00:00"),
        Noted(student="1", version=7, at="2026-03-06", digest="", outcome="planned", counts={"insert": 2, "delete": 0}).event(),
        Noted(student="1", version=8, at="2026-03-07", digest="", outcome="unchanged").event(),
    ]
    assert [(one.what, one.detail) for one in timeline_in_words(events, {"r1": RULE})] == [
        ("Medical details: Synergetic had all of it already", ""),
        ("Medical details compared with Synergetic", "2 to add"),
        ("Something new", "no rule takes it any more"),
        ("Deselected", "by jo@school.example"),
        ("Made in Operoo", "Operoo's number 12"),
        ("Selected", "by the rule: every student of year 7 on campus S"),
        ("Seen in Synergetic for the first time", "by the relay's reading no. 4"),
    ]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (Rule(kind="staff"), "every member of staff"),
        (Rule(kind="group", group_type="year_level", campus="S"), "every year level on campus S"),
        (Rule(kind="student", house="RED", boarder=True), "every student of house RED who boards"),
        (Rule(kind="student", member_of="form:7A"), "every student in form:7A"),
        (None, "one that is no longer there"),
    ],
)
def test_a_rule_says_whom_it_takes(rule: Rule | None, told: str) -> None:
    """Whoever reads it need not know how rules are written."""
    assert rule_in_words(rule) == told


def test_every_contact_is_told_why_it_is_or_is_not_used() -> None:
    """The court order, the flag, the age of an entry: each verdict has its sentence."""
    contacts = [
        {"id": "a", "normal_mail": False},
        {"id": "b", "deceased": True},
        {"id": "c", "lives_with": False},
        {"id": "d", "type": "SE1"},
        {"id": "1"},
        {"id": "e", "email": ""},
        {"id": "f"},
        {"id": "g"},
        {"id": "g"},
        {"id": "h", "relationship": "Aunt"},
    ]
    flags: dict[str, object] = {"normal_mail": True, "lives_with": True, "type": "SC1", "relationship": "Mother"}
    flags |= {"name": {"surname": "Ng"}, "email": "x@example.org"}
    settings = ContactSettings(relationships=("mother",))
    student = Student.model_validate(
        {"id": "1", "court_order": True, "contacts": [{**flags, "order": n, **one} for n, one in enumerate(contacts, 1)]}
    )
    choice = best_contact(student, settings)
    told = [contact_in_words(contact, verdict, choice, settings) for contact, verdict in choice.verdicts]
    assert {verdict for _, verdict in choice.verdicts} == set(Verdict)
    assert told == [
        "Not used: not marked in Synergetic as “normal mail” for this student.",
        "Not used: deceased.",
        "Not used: there is a court order, and the student does not live with this contact.",
        "Not used: an emergency or other contact, not a student contact.",
        "Not used: this is the student.",
        "Not e-mailed: there is no e-mail address. They are sent along as a contact.",
        "Operoo e-mails this contact about the profile.",
        "Not e-mailed, as another contact comes first. They are sent along as a contact.",
        "Not used: the same person stands further up.",
        "Not used: the settings leave this relationship out.",
    ]


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-04-04T15:30:00+00:00", "Sun 5 Apr 2026, 2:30 am AEDT"),
        ("2026-04-04T16:30:00+00:00", "Sun 5 Apr 2026, 2:30 am AEST"),
        ("2026-04-04T14:59:00+00:00", "Sun 5 Apr 2026, 1:59 am"),
        ("2026-04-04T17:00:00+00:00", "Sun 5 Apr 2026, 3:00 am"),
        ("2026-10-03T16:00:00+00:00", "Sun 4 Oct 2026, 3:00 am"),
    ],
)
def test_a_time_that_the_clock_shows_twice_says_which_it_is(at: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no other."""
    monkeypatch.setattr("functions.console.web.wording.settings", lambda: SimpleNamespace(time_zone="Australia/Melbourne"))
    assert local_time(at) == told
