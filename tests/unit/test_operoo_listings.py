"""Listings that are legal and inconvenient: pages that move, lead in circles or elsewhere, errors that are called a success."""

from collections.abc import Callable, Mapping

import httpx
import pytest

from functions.operoo.client import OperooClient
from functions.operoo.settings import OperooSettings
from functions.operoo.transport import Transport
from shared.errors import FatalError, OperooUnavailableError

_BY_NUMBER = {"resources": {"members": {"listing": {"page_parameter": "page"}}}}


class Pages:
    """An Operoo with students in pages; `asked` are the addresses of the requests.

    Args:
        answer: The JSON of a page, by its number; or its whole answer.
        settings: How it is spoken to.
    """

    def __init__(self, answer: Callable[[int], object], **settings: object) -> None:
        self._answer = answer
        self.asked: list[str] = []
        self.now = 0.0
        full = OperooSettings.model_validate({"requests_per_second": 10_000, "burst": 1000} | settings)
        transport = httpx.MockTransport(self._respond)
        self.client = OperooClient(full, Transport(full, "k3y-of-tests", transport=transport, clock=lambda: self.now))

    def find(self, number: int) -> list[str]:
        """Return the profiles with a school number."""
        return [one.id for one in self.client.find("members", request_id=str(number), integration_id="")]

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        answer = self._answer(int(request.url.params.get("page", 1)))
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(200, json=answer)


def _students(*numbers: int) -> list[Mapping[str, object]]:
    return [{"id": 1000 + number, "user_request_id": str(number)} for number in numbers]


@pytest.mark.parametrize("lead", [lambda _: 1, lambda page: page % 3 + 1, lambda page: page + 1])
@pytest.mark.parametrize("empty", [True, False])
def test_pages_that_hold_nothing_new_come_to_an_end(lead: Callable[[int], int], *, empty: bool) -> None:
    """A thousand requests for one list are no service to anybody."""
    held = [] if empty else _students(1)
    pages = Pages(lambda page: {"profile_requests": held, "next": f"?page={lead(page)}"})
    with pytest.raises(FatalError, match="3 pages in a row held nothing new"):
        pages.find(1)
    assert len(pages.asked) <= 4


def test_a_page_number_that_is_not_heard_shows_the_same_page_for_ever() -> None:
    """Then the parameter has another name, and what is listed may be a part."""
    pages = Pages(lambda _: _students(1, 2), **_BY_NUMBER)
    with pytest.raises(FatalError, match="page_parameter"):
        pages.find(1)
    assert len(pages.asked) == 4


def test_an_empty_page_may_lead_on() -> None:
    """As where archived profiles are left out of their page."""
    next_page = {1: "?page=2", 2: "?page=3"}
    pages = Pages(lambda page: {"data": [] if page == 2 else _students(page), "next": next_page.get(page)})
    assert pages.find(3) == ["1003"]


@pytest.mark.parametrize("address", ["/\x00", "/" + "a" * 70_000])
def test_an_address_that_is_none_stops_the_run_in_plain_words(address: str) -> None:
    """It is somebody else's mistake, and none of this program."""
    with pytest.raises(FatalError, match="the address of its next page is none"):
        Pages(lambda _: {"data": _students(1), "next": address}).find(1)


def test_who_takes_itself_for_unencrypted_is_asked_encrypted() -> None:
    """What does TLS in front of a web application is not known to it; the token travels encrypted all the same."""
    next_page = {1: "http://groups.operoo.com/api/v1/groups?page=2"}
    pages = Pages(lambda page: {"data": _students(page), "next": next_page.get(page)})
    assert pages.find(2) == ["1002"]
    assert all(one.startswith("https://groups.operoo.com/") for one in pages.asked)


def test_where_pages_are_asked_for_by_number_their_own_addresses_are_not_followed() -> None:
    """So a school whose Operoo writes addresses of no use has a way out."""
    pages = Pages(lambda page: {"data": _students(1) if page == 1 else [], "next": "https://elsewhere.test/2"}, **_BY_NUMBER)
    with pytest.raises(FatalError, match="more than the 1"):
        pages.find(1)
    pages = Pages(lambda page: {"data": _students(page) if page < 3 else [], "next": "/2" if page == 1 else None}, **_BY_NUMBER)
    assert pages.find(2) == ["1002"]


def test_an_error_beside_an_empty_list_is_no_empty_list() -> None:
    """Everybody would be made a second time."""
    with pytest.raises(FatalError, match="says that it is an error"):
        Pages(lambda _: {"profile_requests": [], "error": "Zoë Secretname"}).find(1)


@pytest.mark.parametrize("settings", [{}, _BY_NUMBER], ids=["addresses", "numbers"])
def test_nobody_is_overlooked_when_pages_move_while_they_are_read(settings: dict[str, object]) -> None:
    """Who is archived by hand from page 1 moves somebody from page 2 to page 1, where we have looked already."""
    there = [1, 2, 3, 4]

    def page(number: int) -> object:
        if number == 2 and 1 in there:
            there.remove(1)
        held = _students(*there)[2 * (number - 1) : 2 * number]
        return {"data": held, **({} if settings or not held else {"next": f"?page={number + 1}"})}

    assert Pages(page, **settings).find(3) == ["1003"]


def test_pages_that_never_stay_the_same_are_left_to_the_next_run() -> None:
    """Nothing is created from a list that was never whole."""
    made: list[int] = []

    def page(number: int) -> object:
        made.append(len(made))
        return {"data": _students(100 + made[-1]), **({"next": "?page=2"} if number == 1 else {})}

    pages = Pages(page)
    with pytest.raises(OperooUnavailableError, match="changes all the time"):
        pages.find(1)
    assert len(pages.asked) == 8


def test_a_list_that_takes_long_is_read_once() -> None:
    """A large one may take most of the time that there is."""

    def page(number: int) -> object:
        pages.now += 20
        return {"data": _students(number), **({"next": f"?page={number + 1}"} if number < 3 else {})}

    pages = Pages(page)
    assert pages.find(3) == ["1003"]
    assert len(pages.asked) == 3


def test_somebody_who_is_listed_twice_does_not_stand_for_somebody_else() -> None:
    """A total counts people, not lines."""
    next_page = {1: "?page=2"}
    pages = Pages(
        lambda page: {"data": _students(1, 2) if page == 1 else _students(2), "total": 3, "next": next_page.get(page)}
    )
    with pytest.raises(FatalError, match="more than the 2 that could be read"):
        pages.find(3)


def test_of_a_profile_that_is_listed_only_what_it_is_found_by_is_kept() -> None:
    """And what we send of it. The list may hold every family's medical profile, which applying has no use for."""
    listed = [{**_students(1)[0], "integration_member_id": "1", "first_name": "Ann", "profile": {"conditions": ["Asthma"]}}]
    pages = Pages(lambda _: listed)
    [profile] = pages.client.find("members", request_id="1", integration_id="")
    assert profile.fields == {"user_request_id": "1", "integration_member_id": "1", "first_name": "Ann"}
