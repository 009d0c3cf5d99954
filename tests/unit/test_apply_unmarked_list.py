"""A list in which nobody has a place for our identifiers: all made by hand, or one in which ours would not be seen either."""

from collections.abc import Mapping
from datetime import UTC, datetime

import httpx
import pytest

from shared.errors import FatalError
from shared.records import Student
from tests.unit.test_apply_rounds import Odd, Staging, staged, worked

_BY_HAND: dict[str, object] = {"id": 5, "first_name": "By", "last_name": "Hand"}


class Bare(Odd):
    """An Operoo that leaves out what is empty; or that never shows our identifiers.

    Args:
        listed: Who was made by hand.
        shows_ours: Whether it shows our identifiers on those who have them.
    """

    def __init__(self, *listed: Mapping[str, object], shows_ours: bool) -> None:
        super().__init__(lambda *_: None)
        self.listed = [dict(one) for one in listed]
        self._shows_ours = shows_ours

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a call."""
        answer = super().answer(request)
        if request.method != "GET" or self._shows_ours:
            return answer
        bare = [{name: value for name, value in one.items() if name != "integration_member_id"} for one in self.listed]
        return httpx.Response(200, json={"profile_requests": bare}, request=request)


def test_whoever_was_made_by_hand_keeps_nobody_waiting() -> None:
    """The first of ours is made, and the list that is read again shows that ours are seen in it."""
    operoo = Bare(_BY_HAND, shows_ours=True)
    staging = Staging(*map(staged, range(1, 9)))
    worked(staging, operoo.client())
    assert {one.id: one.operoo_id for one in staging.students.values()} == {str(n): str(n + 100) for n in range(1, 9)}
    assert (operoo.calls["POST"], operoo.calls["GET"], operoo.calls["PATCH"]) == (8, 2, 0)
    assert operoo.listed[0] == _BY_HAND


def test_a_list_that_does_not_show_ours_is_believed_once() -> None:
    """Nothing could be found in it: everybody would be made twice after the staging area was lost."""
    operoo = Bare(_BY_HAND, shows_ours=False)
    staging = Staging(*map(staged, range(1, 9)))
    for _ in range(3):
        with pytest.raises(FatalError, match="nothing in it shows a school number") as caught:
            worked(staging, operoo.client())
        assert caught.value.code == "operoo-listing-not-understood"
    assert operoo.calls["POST"] == 1


def test_nobody_is_made_beside_somebody_who_is_called_the_same() -> None:
    """It may be that child, made by an earlier stack, in a list that does not show it."""
    child = staged().record()
    assert isinstance(child, Student)
    first = f" {child.name.preferred or child.name.given}".upper()
    operoo = Bare({"id": 5, "first_name": first, "last_name": child.name.surname}, shows_ours=True)
    staging = Staging(staged())
    with pytest.raises(FatalError, match=r"called as one that is to be created.*require_identifiers"):
        worked(staging, operoo.client())
    assert operoo.calls["POST"] == 0


def test_a_create_that_was_begun_is_not_looked_up_in_such_a_list() -> None:
    """That it shows no profile of ours does not say that there is none."""
    operoo = Bare(_BY_HAND, shows_ours=False)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
    staging = Staging(staged(1, link="intent", intent_at=long_ago), staged(2, link="intent", intent_at=long_ago, choice=False))
    with pytest.raises(FatalError, match="nothing in it shows a school number"):
        worked(staging, operoo.client())
    assert {one.link for one in staging.students.values()} == {"intent"}
    assert operoo.calls["POST"] == 0
