"""A list that cannot be had of one kind of profile keeps that kind waiting, and no other."""

from collections.abc import Collection

import httpx
import pytest

from functions.records.staged import StagedRecord
from shared.digests import sha256
from shared.errors import FatalError, OperooDeniedError
from shared.records import Name, Staff
from tests.unit.test_apply_rounds import Operoo, Staging, staged, worked


class Choosy(Operoo):
    """An Operoo that gives no list of staff, of students, or of groups, by what their query says, but something else."""

    def __init__(self, refused: Collection[str], status: int = 403, body: object = None) -> None:
        super().__init__()
        self._refused = refused
        self._status = status
        self._body = body

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a call."""
        answer = super().answer(request)
        refused = request.method == "GET" and not request.url.params.keys().isdisjoint(self._refused)
        return httpx.Response(self._status, json=self._body, request=request) if refused else answer


def _teacher(number: str, **but: object) -> StagedRecord:
    content = Staff(id=number, name=Name(given="Tom", surname="Lee"), email=f"{number}@school.example").model_dump_json()
    record = StagedRecord(kind="staff", id=number, content=content, digest=sha256(content.encode()), choice=True)
    return record.but(**but)


@pytest.mark.parametrize(
    ("status", "body", "code", "why"),
    [
        (403, None, "operoo-list-refused", "group_carers, and lists others"),
        (404, None, "operoo-call-unknown", "does not know this call"),
        (200, {"organisation": {"name": "School"}}, "operoo-listing-not-understood", "holds no list named group_carers"),
    ],
)
def test_only_what_cannot_be_listed_waits(status: int, body: object, code: str, why: str) -> None:
    """Students are made, staff who are linked already are brought in step, and the list is asked for once in the round."""
    operoo = Choosy({"group_carer"}, status, body)
    linked = {"600", "601", "602"}
    staging = Staging(
        staged(1),
        *(_teacher(str(number)) for number in range(500, 510)),
        *(_teacher(number, link="linked", operoo_id=f"9{number}") for number in linked),
    )
    with pytest.raises(FatalError, match=why) as caught:
        worked(staging, operoo.client())
    assert caught.value.code == code
    assert {one.id for one in staging.students.values() if one.link == "linked"} == {"1", *linked}
    assert operoo.asked.count("PATCH") == len(linked)
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
