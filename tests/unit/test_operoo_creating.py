"""What Operoo may answer to a create, and whose profile that is then taken for."""

from collections.abc import Callable

import httpx
import pytest

from functions.operoo.client import OperooClient
from functions.operoo.errors import CreatedUnnamedError, NumberTakenError, OperooForbiddenError, ProfileGoneError
from functions.operoo.listing import spelled
from functions.operoo.settings import OperooSettings
from functions.operoo.transport import Transport
from shared.errors import IntegrationError, RejectedRecordError

_ANN = {"integration_member_id": "1", "user_request_id": "1", "first_name": "Ann"}


class Creating:
    """An Operoo that lists `listed`, answers each create by `answer`, and each update by `updated`."""

    def __init__(self, answer: Callable[[], httpx.Response], settings: OperooSettings | None = None) -> None:
        self._answer = answer
        self.listed: list[dict[str, object]] = []
        self.readings = 0
        self.updated = 200
        settings = settings or OperooSettings()
        transport = httpx.MockTransport(self._respond)
        self.client = OperooClient(settings, Transport(settings, "k3y-of-tests", transport=transport, sleep=lambda _: None))

    def find(self) -> list[str]:
        """Look for Ann."""
        return [one.id for one in self.client.find("members", request_id="1", integration_id="1")]

    def create(self) -> str:
        """Look for Ann, then create her."""
        self.find()
        return self.client.create("members", _ANN).id

    def _respond(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return self._answer()
        if request.method == "PATCH":
            return httpx.Response(self.updated, json={})
        self.readings += 1
        return httpx.Response(200, json={"profile_requests": self.listed})


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (202, {"job": {"id": 55}}),
        (202, {"id": 55, "status": "queued"}),
        (202, {"member": {"id": 55, "integration_member_id": ""}}),
        (201, {"job": {"id": 55}}),
        (200, {"organization": {"id": 9}, "message": "created"}),
        (201, {"meta": {"request": {"id": "5b1c"}}}),
    ],
)
def test_the_number_of_something_else_is_not_taken_for_the_profiles(status: int, body: object) -> None:
    """A job, the school or the request have numbers too: under them somebody else's profile would be kept in step."""
    with pytest.raises(CreatedUnnamedError):
        Creating(lambda: httpx.Response(status, json=body)).create()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (201, {"id": 55}),
        (200, [{"id": "55"}]),
        (201, {"member": {"id": 55}, "organization": {"id": 9}}),
        (201, {"data": {"member": {"id": 55}}}),
        (201, {"profile_request": {"id": 55}}),
        (202, {"id": 55, "integration_member_id": "1"}),
        (201, {"result": {"id": 55, "integration_id": "1"}}),
    ],
)
def test_a_profile_is_known_by_what_it_is_called_or_by_our_mark(status: int, body: object) -> None:
    """Then nothing has to be listed for it."""
    operoo = Creating(lambda: httpx.Response(status, json=body))
    assert (operoo.create(), operoo.readings) == ("55", 1)


def test_a_profile_that_was_there_before_is_not_the_one_that_was_created() -> None:
    """Where an address that a family shares finds the brother's profile, the answer may tell nothing but its identifier."""
    operoo = Creating(lambda: httpx.Response(200, json={"id": 55}))
    operoo.listed = [{"id": 55, "user_request_id": "2", "integration_member_id": ""}]
    with pytest.raises(RejectedRecordError, match="profile 55, which was there before") as caught:
        operoo.create()
    assert caught.value.code == "profile-foreign"


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (409, {}, NumberTakenError),
        (422, {"errors": {"user_request_id": ["has already been taken"]}}, NumberTakenError),
        (422, {"errors": {"first_name": ["is too long"]}}, RejectedRecordError),
        (302, {}, OperooForbiddenError),
    ],
)
def test_who_was_there_before_us_is_found_by_the_next_look(status: int, body: object, error: type[IntegrationError]) -> None:
    """A number that is taken is a profile that the list did not show yet; so may be a redirect, to what was just made."""
    operoo = Creating(lambda: httpx.Response(status, json=body, headers={"Location": "/api/v1/members/55"}))
    with pytest.raises(error) as caught:
        operoo.create()
    assert type(caught.value) is error or error is RejectedRecordError
    operoo.listed = [{"id": 55, "user_request_id": "1"}]
    assert operoo.find() == ([] if "first_name" in str(body) else ["55"])
    assert operoo.readings == (1 if "first_name" in str(body) else 2)


def test_a_profile_that_was_just_linked_bears_our_mark_at_the_next_look() -> None:
    """Another child with the same number is told by it that this profile is somebody's, though the list was read before."""
    operoo = Creating(lambda: httpx.Response(200))
    operoo.listed = [{"id": 55, "user_request_id": "1", "integration_member_id": ""}]
    assert operoo.find() == ["55"]
    operoo.client.update("members", "55", _ANN)
    [found] = operoo.client.find("members", request_id="1", integration_id="9")
    assert (found.integration_id, operoo.readings) == ("1", 1)


def test_a_profile_that_turned_out_to_be_gone_is_found_no_more() -> None:
    """Only the one in which it has ended is, as when two were merged after the list was read."""
    operoo = Creating(lambda: httpx.Response(200))
    operoo.listed = [{"id": 55, "integration_member_id": "1"}, {"id": 66, "user_request_id": "1"}]
    assert sorted(operoo.find()) == ["55", "66"]
    operoo.updated = 404
    with pytest.raises(ProfileGoneError):
        operoo.client.update("members", "55", _ANN)
    assert (operoo.find(), operoo.readings) == (["66"], 1)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("0003", "3", True), ("AB", "ab", True), ("3", "30", False), ("0", "", False), ("00", "0", True), ("", " ", True)],
)
def test_zeros_in_front_and_case_tell_no_number_from_another(one: str, other: str, *, same: bool) -> None:
    """And no number at all is not the number nought."""
    assert (spelled(one) == spelled(other)) is same


def test_looks_share_one_reading() -> None:
    """Even where no listing is believed for a moment: of thousands who are sent again, each would read it."""
    operoo = Creating(lambda: httpx.Response(201), OperooSettings(listing_seconds=0))
    client = operoo.client
    assert [client.shown("members", number) for number in ("1", "2", "3")] == [{}] * 3
    assert operoo.readings == 1
    client.shown("members", "1", again=True)
    client.forget()
    client.shown("members", "1")
    assert operoo.readings == 3
