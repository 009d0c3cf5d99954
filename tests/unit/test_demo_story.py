"""The demo's own judgement: what came is compared with what was expected, and a step that fell short is told and counted."""

import io
import sqlite3
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from local.demo import command
from local.demo.checks import Check, shown
from local.demo.operoo import State, difference
from local.demo.relay import Relay
from local.demo.story import Step, Told, tell
from local.demo.telling import Teller
from local.demo.world import World, emptied
from local.school.odbc import database_name
from shared.errors import SettingsError


def state(*members: dict[str, Any], by_hand: str = "Chess club", requests: dict[str, int] | None = None) -> State:
    """Return an Operoo with these students."""
    students = {str(one["user_request_id"]): {"archived": False, "photo": "", "updated_at": "", **one} for one in members}
    return State(
        profiles={"members": students, "group_carers": {}, "groups": {}},
        by_hand={"1": {"name": by_hand}},
        requests=Counter(requests or {}),
    )


def told_by(*checks: Check) -> tuple[str, dict[str, list[Check]]]:
    """Tell a story of one step and return what was printed and what failed."""

    def act(_world: World, _teller: Teller) -> Told:
        yield from checks

    paper = io.StringIO()
    failed = tell([Step("A step", "Why.", act)], cast("World", None), Teller(Console(file=paper, width=120)))
    return paper.getvalue(), failed


def test_what_differs_is_told_and_counted() -> None:
    """A check that does not hold is marked, says both sides, and is returned under its step."""
    wrong = Check("students created", {"1"}, {"1", "2"})
    said, failed = told_by(Check("requests", 0, 0), wrong)
    assert failed == {"A step": [wrong]}
    assert "✓ requests: 0" in said
    assert "✗ students created: expected 1 (1), came 2 (1, 2)" in said


def test_a_step_that_holds_is_not_counted() -> None:
    """Nothing is returned for a step whose checks all hold."""
    assert told_by(Check("requests", 0, 0))[1] == {}


def test_every_kind_of_difference_is_seen() -> None:
    """Who is new, who is archived, which fields changed, and what was touched by hand."""
    before = state({"user_request_id": "1", "first_name": "A"}, {"user_request_id": "2", "first_name": "B"})
    after = state(
        {"user_request_id": "1", "first_name": "C", "updated_at": "later"},
        {"user_request_id": "2", "first_name": "B", "archived": True},
        {"user_request_id": "3", "first_name": "D"},
        by_hand="Chess",
        requests={"GET /api/v1/groups": 1, "POST /api/v1/members": 1, "POST /api/v1/members/{id}/photo": 2},
    )
    found = difference(before, after)
    assert found.created["members"] == {"3"}
    assert found.archived["members"] == {"2"}
    assert found.changed["members"] == {"1": {"first_name"}}
    assert found.touched == {"1", "2", "3"}
    assert found.writes == {"create student": 1, "send photo": 2}
    assert found.by_hand


def test_who_is_alone_in_a_year_level_is_known() -> None:
    """In a small school the last of a year level may not be the one who leaves: the level would end with them."""
    found = state(*({"user_request_id": str(number), "id": number} for number in (1, 2, 3)))
    members = {"year_level:S:7": [1, 2], "year_level:S:8": [3], "class:A:2026:S:7MAT1": [2]}
    found.profiles["groups"].update({key: {"archived": False, "student_memberships": ids} for key, ids in members.items()})
    assert found.alone() == {"3"}


def test_nothing_differs_from_itself() -> None:
    """Two looks at the same Operoo differ in nothing, whatever its bookkeeping says."""
    one = state({"user_request_id": "1", "updated_at": "now"})
    assert not difference(one, state({"user_request_id": "1", "updated_at": "later"})).touched


@pytest.mark.parametrize(
    ("value", "text"),
    [(1200, "1,200"), (True, "yes"), (set(), "none"), ({"b", "a"}, "2 (a, b)"), ("", "none"), ("refused", "refused")],
)
def test_values_are_shown_as_a_person_reads_them(value: object, text: str) -> None:
    """Counts have commas, sets say how many and who."""
    assert shown(value) == text


def test_of_many_only_the_first_are_shown() -> None:
    """A long list does not fill the screen."""
    assert shown(set(range(10, 30))) == "20 (10, 11, 12, 13, 14, 15, ...)"


@pytest.mark.parametrize("error", [OSError(28, "No space left"), sqlite3.OperationalError("database or disk is full")])
def test_a_full_disk_is_said(error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """In a line, without a traceback."""

    def opened(*_: object) -> None:
        raise error

    monkeypatch.setattr(command, "opened", opened)
    assert command.main(["--once"]) == 1
    assert str(error) in " ".join(capsys.readouterr().out.split())


def test_only_its_own_directory_is_emptied(tmp_path: Path) -> None:
    """A directory that an earlier demo made is made anew; another one is refused and left as it is."""
    with emptied(tmp_path / "demo") as ours:
        (ours / "old").touch()
    with emptied(ours):
        assert not (ours / "old").exists()
    (tmp_path / "mine").touch()
    with pytest.raises(SettingsError, match="no demo made it"), emptied(tmp_path):
        pass
    assert (tmp_path / "mine").exists()


def test_a_second_demo_leaves_the_first_ones_directory_alone(tmp_path: Path) -> None:
    """While a demo runs another one is refused, and takes nothing away from it."""
    with emptied(tmp_path / "demo") as ours:
        (ours / "school.sqlite").touch()
        with pytest.raises(SettingsError, match="Another demo runs"), emptied(ours):
            pass
        assert (ours / "school.sqlite").exists()


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """No traceback: what the system says of it."""
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be made: Not a directory"), emptied(tmp_path / "file" / "demo"):
        pass


def test_the_relays_configuration_bears_any_folder(tmp_path: Path) -> None:
    """A clone may lie in a folder with blanks, quotes and letters of any language."""
    folder = tmp_path / 'St Mary\'s "ö"'
    outputs = dict.fromkeys(("ExchangeBucket", "ReturnQueueUrl", "ReceiptQueueUrl"), "made-up")
    relay = Relay(folder, {})
    relay.configure(folder / "school.sqlite", outputs, region="ap-southeast-2")
    written = tomllib.loads(relay.configuration.read_text(encoding="utf-8"))
    assert written["synergetic"]["database"] == database_name(folder / "school.sqlite")


def test_the_relay_finds_a_driver_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not install a driver for everybody registers it in a folder, and tells ODBC of that by the environment."""
    (tmp_path / "odbcinst.ini").write_text("[Of my own]\nDriver=/nowhere.so\n")
    monkeypatch.setenv("ODBCSYSINI", str(tmp_path))
    told = subprocess.run(
        [sys.executable, "-c", "import pyodbc; print(pyodbc.drivers())"],
        env=Relay(tmp_path, {})._environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Of my own" in told.stdout
