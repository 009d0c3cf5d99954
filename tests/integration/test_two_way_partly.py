"""A pull that goes wrong for some: all others are sent, and that it was not everybody is told."""

from collections.abc import Collection, Iterator

import pytest

from functions.operoo.errors import OperooBusyError, OperooFailedError
from functions.operoo.protocol import FetchedFile, MedicalAnswer
from functions.pull_medical.handler import pull
from functions.runtime.wiring import stops
from shared.messages import PullMedical
from tests.integration.two_way import TwoWay, allergic


def _students(two_way: TwoWay, count: int) -> list[str]:
    every = (str(one["integration_member_id"]) for one in two_way.medical.operoo.living("members"))
    return [one for one in every if not two_way.entry(one).version][:count]


def _with_plan(two_way: TwoWay, student: str) -> None:
    alert = {"id": "c1", "name": "Asthma", "attachment_url": f"https://files.example/{student}"}
    two_way.medical.profiles[student] = {"safety_alerts": [alert]}


def _five_and_one(two_way: TwoWay) -> tuple[list[str], str]:
    """Let five students have an action plan, and another one an allergy alone."""
    *with_plan, last = _students(two_way, 6)
    for student in with_plan:
        _with_plan(two_way, student)
    two_way.medical.profiles[last] = allergic("Egg")
    return with_plan, last


def _stop() -> str:
    return next((one.code for one in stops().all() if one.work == "medical"), "")


def test_a_file_that_does_not_come_keeps_nobody_waiting(two_way: TwoWay, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file store that fails is asked a few times; what families say is sent without the files, which are asked for again."""
    with_plan, last = _five_and_one(two_way)
    asked: list[str] = []

    def broken(_operoo_id: str, url: str) -> FetchedFile:
        asked.append(url)
        raise OperooBusyError("The host cannot serve now.")

    monkeypatch.setattr(two_way.medical, "attachment", broken)
    two_way.pull()
    assert {bool(two_way.entry(one).version) for one in (*with_plan, last)} == {True}
    assert {tuple(two_way.entry(one).parked.items()) for one in with_plan} == {(("operoo-attachment-late", 1),)}
    assert (len(asked), _stop()) == (3, "operoo-partly")
    versions = [two_way.entry(one).version for one in with_plan]
    two_way.pull()
    assert ([two_way.entry(one).version for one in with_plan], len(asked)) == (versions, 6)
    monkeypatch.setattr(two_way.medical, "attachment", lambda *_: FetchedFile("pdf", b"%PDF-1.7 made up"))
    two_way.pull()
    assert [two_way.entry(one).parked for one in with_plan] == [{}] * 5
    assert _stop() == ""
    two_way.write()


def test_files_that_take_all_the_time_keep_nobody_from_their_turn(two_way: TwoWay, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has none comes first; that others wait for the next pull is told, and the same is not tried again at once."""
    _, last = _five_and_one(two_way)
    asked: list[str] = []

    def slow(_operoo_id: str, url: str) -> FetchedFile:
        asked.append(url)
        raise OperooBusyError("It takes too long.")

    monkeypatch.setattr(two_way.medical, "attachment", slow)
    pull(PullMedical(why="test"), lambda: not asked)
    assert (bool(two_way.entry(last).version), len(asked), _stop()) == (True, 1, "operoo-partly")
    assert two_way.cloud.queued("medical.fifo") == []
    two_way.write()


def test_who_could_be_read_is_sent_and_nobody_is_said_to_be_gone(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What Operoo did not answer is no profile that is not there."""
    two_way.medical.profiles[student] = allergic("Egg")
    whole = two_way.medical.medical_profiles

    def some(operoo_ids: Collection[str]) -> Iterator[MedicalAnswer]:
        yield from (one for one in whole(operoo_ids) if one.integration_id == student)
        raise OperooFailedError("Not every medical profile could be read.", code="operoo-partly")

    monkeypatch.setattr(two_way.medical, "medical_profiles", some)
    capsys.readouterr()
    two_way.pull()
    assert (bool(two_way.entry(student).version), _stop()) == (True, "operoo-partly")
    assert "not in Operoo" not in capsys.readouterr().out
    two_way.write()
