"""Why is this child (not) in Operoo? Every state of a record, and every code, has an answer in plain words."""

import re
from itertools import product
from pathlib import Path

import pytest

from functions.console.people.explaining import explain, state_of
from functions.console.web.problems import PROBLEMS, short, words_of
from functions.records.projection import line_of
from functions.records.staged import Problem, StagedRecord

ROOT = Path(__file__).parents[2]
NEW = StagedRecord(kind="student", id="1", content='{"id": "1", "name": {"given": "Uma"}}', digest="d1", version=1)
SELECTED = NEW.but(choice=True)
LINKED = SELECTED.but(link="linked", operoo_id="9", applied="d1")
GONE = LINKED.but(absent_since=7)
EMPTIED = LINKED.but(
    kind="group",
    content='{"id": "c", "type": "class", "code": "7MAT1"}',
    digest="d2",
    applied_content='{"id": "c", "members": ["1"]}',
)


def _problem(code: str, action: str = "", digest: str = "d1") -> Problem:
    return Problem.model_validate({"code": code, "reason": "Because.", "digest": digest, "action": action})


@pytest.mark.parametrize(
    ("record", "where", "why"),
    [
        (NEW, "Not in Operoo", "nobody has selected Uma, and no rule does"),
        (NEW.but(choice=False), "Not in Operoo", "somebody deselected Uma"),
        (NEW.but(choice=False, by_rule="r"), "Not in Operoo", "somebody deselected Uma, although a rule takes it"),
        (SELECTED, "On its way to Operoo", "Uma is selected, and Operoo is asked for a profile next"),
        (NEW.but(by_rule="r"), "On its way to Operoo", "Uma is selected"),
        (SELECTED.but(link="intent"), "On its way to Operoo", "has not confirmed it yet"),
        (SELECTED.but(link="unlinked", operoo_id="9"), "On its way to Operoo", "the profile that Operoo had is linked again"),
        (LINKED, "In Operoo", "in step with Synergetic"),
        (LINKED.but(origin="upload"), "In Operoo", "in step with what was uploaded"),
        (LINKED.but(applied_photo="p"), "In Operoo", "a photo that is no longer there"),
        (LINKED.but(digest="d2"), "In Operoo, and a change is on its way", "what changed in Synergetic is sent next"),
        (LINKED.but(applied=""), "In Operoo, and a change is on its way", "all of it is sent again next"),
        (LINKED.but(links_changed=True), "In Operoo, and a change is on its way", "what the group holds"),
        (EMPTIED, "In Operoo, with whom it had", "that is sent once the whole reading is in"),
        (
            EMPTIED.but(hold="hold-7-group-emptied"),
            "Waits for approval",
            "has no members any more in Synergetic, and neither have many other groups",
        ),
        (EMPTIED.but(absence="discarded"), "In Operoo, with whom it had", "somebody decided that it stays as it is"),
        (EMPTIED.but(absence="approved"), "In Operoo, and a change is on its way", "what changed in Synergetic"),
        (LINKED.but(choice=None), "Loses its cloud icon next", "Uma is no longer selected"),
        (NEW.but(link="unlinked", operoo_id="9"), "No longer kept in step", "the profile stays in Operoo as it was"),
        (NEW.but(link="archived", operoo_id="9"), "Archived in Operoo", "was gone and is back, and nobody has selected Uma"),
        (GONE, "Still in Operoo", "is decided once the whole reading is in"),
        (GONE.but(hold="hold-7-student"), "Waits for approval", "neither are many others"),
        (GONE.but(absence="approved"), "Is leaving Operoo", "the profile is archived next"),
        (GONE.but(absence="discarded"), "Stays in Operoo", "somebody decided that the profile stays"),
        (GONE.but(choice=False), "Loses its cloud icon next", "Uma is no longer selected"),
        (GONE.but(link="archived"), "Archived in Operoo", "Uma is no longer in Synergetic"),
        (GONE.but(link="unlinked"), "No longer kept in step", "Uma is no longer in Synergetic"),
        (NEW.but(absent_since=7), "Not in Operoo", "never came to Operoo"),
        (NEW.but(absent_since=0, origin="custom"), "Not in Operoo", "Uma was removed by hand"),
        (SELECTED.but(problem=_problem("no-request-email", "create")), "Not in Operoo", "no contact with an e-mail address"),
        (NEW.but(fault=_problem("no-name")), "Not in Operoo", "given or preferred name; and nobody has"),
        (LINKED.but(fault=_problem("no-name")), "In Operoo, but not in step", "neither a surname"),
        (LINKED.but(problem=_problem("operoo-address")), "In Operoo, without the newest e-mail address", "all else was sent"),
        (LINKED.but(problem=_problem("operoo-photo")), "In Operoo, without the newest photo", "did not take the photo"),
        (LINKED.but(digest="d2", problem=_problem("operoo-rejected", "update", "d2")), "In Operoo, but not in step", "accept"),
        (
            GONE.but(absence="approved", problem=_problem("operoo-rejected", "archive")),
            "Still in Operoo",
            "Uma is to leave it, and Operoo does not accept",
        ),
    ],
)
def test_each_state_is_explained(record: StagedRecord, where: str, why: str) -> None:
    """The sentence says where the record stands, and the reason."""
    told = explain(record)
    assert told.where == where
    assert why in told.why


def test_a_school_that_archives_nobody_is_not_told_that_it_does() -> None:
    """Policy `unlink` leaves profiles in Operoo."""
    told = explain(GONE.but(absence="approved"), archives=False)
    assert "loses its cloud icon" in told.why
    assert "archive" not in told.why


def test_no_state_is_left_without_an_answer() -> None:
    """Whatever comes together in a record, there is a sentence, and a code that nobody knows yet is shown as it is."""
    for choice, rule, link, absent, absence, hold, fault, action in product(
        (None, True, False),
        ("", "r"),
        ("none", "intent", "linked", "unlinked", "archived"),
        (None, 7),
        (None, "approved", "discarded"),
        ("", "h"),
        (None, _problem("no-name")),
        (None, "", "create", "update", "archive", "unlink"),
    ):
        record = NEW.but(choice=choice, by_rule=rule, link=link, absent_since=absent, absence=absence, hold=hold, fault=fault)
        record = record if action is None else record.but(problem=_problem("new-code", action))
        told = explain(record)
        assert told.where
        assert told.why.strip(" .") == told.why
        if state_of(line_of(record)) in {"problem", "waiting"}:
            assert told.remedy


def test_every_code_of_a_record_is_put_in_words() -> None:
    """Whatever may stand with a parked record has words, and `docs/troubleshooting.md` explains it."""
    page = (ROOT / "docs/troubleshooting.md").read_text()
    records = re.search(r"\n## Records\n(.+?)\n## ", page, re.DOTALL)
    assert records
    # This one stops all creates of a kind: it stands with no record.
    documented = set(re.findall(r"^### (\S+)", records[1], re.MULTILINE)) - {"operoo-listing-incomplete"}
    assert documented == PROBLEMS.keys()


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_code_is_said_in_words_that_say_what_to_do(code: str) -> None:
    """A few words for lists, a clause that goes on after a colon, and a remedy."""
    words = words_of(code)
    assert len(words.short) <= 35
    assert not words.clause.endswith(".")
    assert words.remedy.endswith(".")
    assert short(code) == words.short != code
    told = explain(SELECTED.but(problem=_problem(code, "create")))
    assert (told.where, told.why, told.remedy, told.reason) == ("Not in Operoo", words.clause, words.remedy, "Because.")
