"""The sandbox speaks the documented interface to anybody, not only to our client, and starts from a terminal."""

import subprocess
import sys

import httpx
import pytest

from tests.contract.conftest import TOKEN, Play


def test_the_switches_of_the_listing_are_off_by_default(play: Play, web: httpx.Client) -> None:
    """Without a switch the listing is the organisation's name; each switch adds its list."""
    ground = play()
    base, key = ground.sandbox.base_url, {"api_access_token": TOKEN}
    ground.client.create("groups", {"name": "7A"})
    assert set(web.get(f"{base}groups", params=key).json()) == {"id", "name"}
    switches = {"profile_request": "true", "group": "true", "group_carer": "false"}
    listed = web.get(f"{base}groups", params=key | switches).json()
    assert ([one["name"] for one in listed["groups"]], listed["profile_requests"]) == (["7A"], [])
    assert "group_carers" not in listed


def test_without_the_token_there_is_nothing(play: Play, web: httpx.Client) -> None:
    """Every call of the interface asks for it, reading and writing alike."""
    base = play().sandbox.base_url
    for method, path in (
        ("GET", "groups"),
        ("GET", "members"),
        ("POST", "members"),
        ("PATCH", "members/1"),
        ("DELETE", "groups/1"),
    ):
        assert web.request(method, base + path).status_code == 401, path
        assert web.request(method, base + path, headers={"Authorization": "wrong"}).status_code == 401, path


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("members", {"member[last_name]": "Lee"}, 422),
        ("members", {"first_name": "Zoë"}, 400),
        ("groups", {"group[name]": "7A", "group[student_memberships][]": "1"}, 422),
        ("members", {"member": "x", "member[first_name]": "Zoë"}, 400),
        ("pupils", {"pupil[first_name]": "Zoë"}, 404),
    ],
)
def test_it_checks_what_it_is_given(play: Play, web: httpx.Client, path: str, body: dict[str, str], status: int) -> None:
    """A missing name, a missing wrapper, somebody who does not exist, contradictory fields, an unknown resource."""
    base = play().sandbox.base_url
    assert web.post(base + path, data=body, headers={"Authorization": TOKEN}).status_code == status


def test_a_fault_that_cannot_be_is_refused(play: Play, web: httpx.Client) -> None:
    """So that a test which asks for nonsense fails at once."""
    url = play().sandbox.url
    assert web.post(f"{url}/sandbox/faults", json={"kind": "meteorite"}).status_code == 422
    assert web.post(f"{url}/sandbox/faults", content=b"kind=drop").status_code == 422
    assert web.get(f"{url}/sandbox/faults").json() == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "token", b"nonsense", 400),
        ("POST", "token", b"[]", 400),
        ("POST", "token", b"{}", 422),
        ("POST", "token", b'{"token": ""}', 422),
        ("POST", "profiles/pupils", b"{}", 404),
        ("POST", "profiles/members", b"", 400),
        ("POST", "profiles/members", b'{"first_name": NaN}', 400),
        ("POST", "profiles/members", b'{"first_name": "\\ud800"}', 400),
        ("PATCH", "profiles/pupils/1", b"{}", 404),
        ("PATCH", "profiles/members/{id}", b"7", 400),
        ("POST", "health", b"null", 400),
        ("POST", "health", b'{"seed": "x"}', 422),
        ("PUT", "health/{id}", b"{", 400),
        ("PUT", "health/{id}", b"[]", 422),
    ],
)
def test_its_controls_say_what_is_wrong(  # noqa: PLR0913, PLR0917 - a request and its answer
    play: Play, web: httpx.Client, method: str, path: str, body: bytes, status: int
) -> None:
    """In words, and nothing has changed by it."""
    ground = play()
    url = f"{ground.sandbox.url}/sandbox"
    number = web.post(f"{url}/profiles/members", json={"first_name": "By"}).json()["id"]
    before = web.get(f"{url}/state").json()["members"]
    answer = web.request(method, f"{url}/{path.format(id=number)}", content=body)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert web.get(f"{url}/state").json()["members"] == before
    assert ground.items("members")[0]["first_name"] == "By"


def test_a_person_can_use_the_forms(play: Play, web: httpx.Client) -> None:
    """The pages add a profile by hand and a fault, and say what is wrong with one."""
    ground = play()
    url = ground.sandbox.url
    made = web.post(
        f"{url}/members", data={"first_name": "By", "last_name": "Hand", "user_request_id": ""}, follow_redirects=True
    )
    assert "made by hand" in made.text
    assert ground.items("members")[0]["manual"] is True
    assert "next 2" in web.post(f"{url}/traffic", data={"kind": "status", "times": "2"}, follow_redirects=True).text
    assert "greater than or equal" in web.post(f"{url}/traffic", data={"kind": "status", "times": "0"}).text
    assert "everything goes well" in web.post(f"{url}/traffic/clear", follow_redirects=True).text


def test_a_child_without_contacts_has_a_page(play: Play, web: httpx.Client) -> None:
    """An empty list in a form is one empty text, and whoever edits by hand may name people who are none."""
    ground = play()
    web.post(
        f"{ground.sandbox.base_url}members",
        data={"member[first_name]": "Zoë", "member[contacts][]": ""},
        headers={"Authorization": TOKEN},
    )
    ground.control("POST", "profiles/groups", {"name": "7A", "student_memberships": ["somebody"]})
    assert "No contacts" in web.get(f"{ground.sandbox.url}/members/{ground.items('members')[0]['id']}").text
    assert web.get(f"{ground.sandbox.url}/groups").status_code == 200


def test_a_delay_may_come_after_the_work(play: Play, web: httpx.Client) -> None:
    """Who hears nothing in time does not know that it was done."""
    ground = play()
    ground.fault(kind="latency", seconds=0.5, after=True)
    group, key = {"group": {"name": "7A"}}, {"Authorization": TOKEN}
    with pytest.raises(httpx.ReadTimeout):
        web.post(f"{ground.sandbox.base_url}groups", json=group, headers=key, timeout=0.2)
    assert [one["name"] for one in ground.items("groups")] == ["7A"]


def test_each_fault_happens(play: Play, web: httpx.Client) -> None:
    """One request goes wrong in one way: what was to go wrong besides waits for the next."""
    ground = play()
    for status in (500, 503):
        ground.fault(kind="status", status=status)
    key = {"api_access_token": TOKEN}
    assert [web.get(f"{ground.sandbox.base_url}groups", params=key).status_code for _ in range(3)] == [500, 503, 200]


def test_it_explains_itself() -> None:
    """`--help` names the switches."""
    shown = subprocess.run([sys.executable, "-m", "local.sandbox", "--help"], capture_output=True, text=True, check=True)
    for switch in ("--port", "--token", "--store", "--allow"):
        assert switch in shown.stdout
