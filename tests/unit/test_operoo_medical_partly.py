"""One student whose medical profile cannot be read: all others are, and it is told."""

from collections.abc import Callable, Mapping

import httpx
import pytest

from functions.operoo.medical_client import MedicalClient
from functions.operoo.settings import OperooSettings
from functions.operoo.transport import Transport
from shared.errors import FatalError, IntegrationError, OperooDeniedError, OperooUnavailableError

_ALL = [str(number) for number in range(1, 21)]


def _student(number: str, profile: object = None) -> dict[str, object]:
    return {"id": number, "user_request_id": number, "profile": {"updated_at": None} if profile is None else profile}


class Families:
    """An Operoo with twenty students; some are answered in a way of their own."""

    def __init__(self, odd: Mapping[str, httpx.Response], *, source: str = "each") -> None:
        self.read: list[str] = []
        self.asked: list[str] = []
        self._odd = odd
        self._settings = OperooSettings.model_validate({"medical": {"source": source}, "burst": 100})
        self.listed = [_student(one) for one in _ALL]

    def pull(self) -> None:
        """Read them all."""
        transport = httpx.MockTransport(self._respond)
        with Transport(self._settings, "k3y-of-tests", transport=transport, sleep=lambda _: None) as transport:
            for answer in MedicalClient(self._settings, transport).medical_profiles(_ALL):
                self.read.append(answer.id)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        one = request.url.path.rsplit("/", 1)[-1]
        self.asked.append(one)
        if one == "groups":
            return httpx.Response(200, json={"profile_requests": self.listed})
        odd = self._odd.get(one) or self._odd.get("all")
        return odd or httpx.Response(200, json={"member": _student(one)})


@pytest.mark.parametrize(
    ("odd", "error", "code"),
    [
        (lambda: httpx.Response(403), OperooDeniedError, "operoo-partly"),
        (lambda: httpx.Response(302, headers={"Location": "/x"}), OperooDeniedError, "operoo-partly"),
        (lambda: httpx.Response(500), OperooUnavailableError, "operoo-partly"),
        (lambda: httpx.Response(422), FatalError, "operoo-partly"),
        (lambda: httpx.Response(200, json={"error": "no"}), FatalError, "operoo-partly"),
        (lambda: httpx.Response(200, content=b"{"), FatalError, "operoo-partly"),
        (lambda: httpx.Response(200, json=_student("7", 12)), FatalError, "operoo-partly"),
        (lambda: httpx.Response(401), OperooDeniedError, "operoo-denied"),
    ],
)
def test_a_student_who_cannot_be_read_keeps_no_other_from_being_read(
    odd: Callable[[], httpx.Response], error: type[IntegrationError], code: str
) -> None:
    """As where the key may not see one profile, or Operoo breaks over it. A wrong key is of all."""
    families = Families({"7": odd()})
    with pytest.raises(error, match="members 7") as caught:
        families.pull()
    assert caught.value.code == code
    if code == "operoo-partly":
        assert sorted(families.read, key=int) == [one for one in _ALL if one != "7"]


@pytest.mark.parametrize("status", [403, 500])
def test_what_fails_for_five_in_a_row_is_an_outage(status: int) -> None:
    """It is not asked for each of twenty, and the order is another each time."""
    families = Families({"all": httpx.Response(status)})
    with pytest.raises((OperooDeniedError, OperooUnavailableError), match=str(status)) as caught:
        families.pull()
    assert caught.value.code != "operoo-partly"
    assert len(set(families.asked)) == 5


def test_a_path_where_nobody_is_is_a_wrong_path() -> None:
    """A school whose students are all gone from Operoo is less likely, and worth a look as well."""
    with pytest.raises(FatalError, match="not one of 20 students is there"):
        Families({"all": httpx.Response(404)}).pull()


@pytest.mark.parametrize("nothing", [[], "", False, 0])
def test_a_family_that_has_shared_nothing_may_be_said_so_in_many_ways(nothing: object) -> None:
    """Nothing is known then, of this student alone."""
    families = Families({}, source="listing")
    families.listed[6] = _student("7", nothing)
    families.pull()
    assert families.read == _ALL


def test_of_a_list_too_only_what_cannot_be_read_is_left_out() -> None:
    """And who stands there twice, because pages moved, is taken once."""
    families = Families({}, source="listing")
    families.listed[6] = _student("7", "see attachment")
    families.listed += [_student("3"), {"user_request_id": "99"}]
    with pytest.raises(FatalError, match="an item of the list holds no id") as caught:
        families.pull()
    assert caught.value.code == "operoo-partly"
    assert families.read == [one for one in _ALL if one != "7"]
