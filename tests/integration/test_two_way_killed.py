"""Functions of two-way die at each of their calls, messages come twice: what a family says is in Synergetic once, and noted."""

import pytest

from tests.integration.reaper import Reaper
from tests.integration.two_way import TwoWay, allergic


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
def test_dying_at_every_call_changes_nothing(two_way: TwoWay, student: str, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking the relay, noting its receipt and taking back die at each call until they live through; nothing shows of it."""
    before = two_way.allergies(student)
    two_way.medical.profiles[student] = allergic("Egg")
    reaper = Reaper(after=when == "after")
    with monkeypatch.context() as patch:
        reaper.stand_over(two_way.cloud, patch)
        two_way.pull()
    two_way.write()
    # What died after it was noted, and before it was sent, is sent by the next pull.
    two_way.pull()
    with monkeypatch.context() as patch:
        reaper.stand_over(two_way.cloud, patch)
        two_way.write()
    assert two_way.allergies(student) == {"EGG": "Hives"}
    entry = two_way.entry(student)
    assert (entry.state, entry.outcome) == ("idle", "applied")
    assert {one.outcome for one in two_way.history(student)} == {"applied"}
    with monkeypatch.context() as patch:
        reaper.stand_over(two_way.cloud, patch)
        answer = two_way.cloud.request("undo", {"kind": "undo", "student": student, "version": entry.version})
        assert answer["outcome"] == "accepted"
        two_way.write()
    two_way.pull()
    two_way.write()
    assert two_way.allergies(student) == before
    assert reaper.deaths > 20
