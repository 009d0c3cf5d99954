"""A key that may not see one kind of profile keeps that kind waiting, and no other."""

from collections.abc import Collection

import httpx
import pytest

from functions.operoo.errors import ListingForbiddenError
from functions.records.staged import StagedRecord
from shared.digests import sha256
from shared.errors import OperooDeniedError
from shared.records import Name, Staff
from tests.unit.test_apply_rounds import Operoo, Staging, staged, worked


class Choosy(Operoo):
    """An Operoo that refuses lists: of staff, of students, or of groups, by what their query says."""

    def __init__(self, refused: Collection[str], status: int = 403) -> None:
        super().__init__()
        self._refused = refused
        self._status = status

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a call."""
        answer = super().answer(request)
        refused = request.method == "GET" and not request.url.params.keys().isdisjoint(self._refused)
        return httpx.Response(self._status, request=request) if refused else answer


def _teacher(number: str, **but: object) -> StagedRecord:
    content = Staff(id=number, name=Name(given="Tom", surname="Lee"), email=f"{number}@school.example").model_dump_json()
    record = StagedRecord(kind="staff", id=number, content=content, digest=sha256(content.encode()), choice=True)
    return record.but(**but)


def test_only_what_may_not_be_listed_waits() -> None:
    """Students are made, staff who are linked already are brought in step, and the list is asked for once in the round."""
    operoo = Choosy({"group_carer"})
    staging = Staging(
        staged(1), *(_teacher(str(number)) for number in range(500, 510)), _teacher("600", link="linked", operoo_id="9")
    )
    with pytest.raises(ListingForbiddenError, match="group_carers, and lists others") as caught:
        worked(staging, operoo.client())
    assert caught.value.code == "operoo-list-refused"
    assert {one.id for one in staging.students.values() if one.link == "linked"} == {"1", "600"}
    assert {one.link for one in staging.students.values()} == {"linked", "none"}
    assert operoo.asked.count("GET") <= 4


@pytest.mark.parametrize(("refused", "status"), [({"profile_request", "group_carer", "group"}, 403), ({"group_carer"}, 401)])
def test_a_key_that_may_see_nothing_stops_all_at_once(refused: set[str], status: int) -> None:
    """A thousand who wait are not asked after one by one."""
    operoo = Choosy(refused, status)
    staging = Staging(*(_teacher(str(number)) for number in range(500, 520)))
    with pytest.raises(OperooDeniedError) as caught:
        worked(staging, operoo.client())
    assert caught.value.code == "operoo-denied"
    assert len(operoo.asked) <= 3
    assert {one.link for one in staging.students.values()} == {"none"}
