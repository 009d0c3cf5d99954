"""The Operoo protocol's suite: whatever the settings, against the sandbox on a real socket, each promise holds."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress

import pytest

from functions.operoo.errors import ProfileGoneError, RefusedError
from functions.operoo.mapping import fields_of, identity_of, link_key
from functions.operoo.protocol import Operoo, Resource
from shared.records import Contact, Group, Name, Record, Staff, Student
from tests.contract.conftest import Play, Playground

_V2 = {
    "members": {"listing": {"path": "/api/v2/groups/{organization}/members", "query": {}}},
    "group_carers": {"listing": {"path": "/api/v2/organizations/{organization}/staff/members", "query": {}}},
    "groups": {"listing": {"path": "/api/v2/organizations/{organization}/child_groups", "query": {}}},
}
_VARIANTS: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "defaults": ({}, {}),
    "json-header": ({"encoding": "json", "auth": "header"}, {"answer": "plain"}),
    "archive-by-patch": ({"archive": {"verb": "patch"}}, {"answer": "data"}),
    "photos-off": ({"photos": {"style": "off"}}, {}),
    "contacts-apart": ({"contacts": {"style": "resource"}}, {}),
    "contacts-apart-json": ({"contacts": {"style": "resource"}, "encoding": "json"}, {}),
    "no-contacts": ({"contacts": {"style": "none"}}, {}),
    "pages-and-text-ids": ({}, {"page_size": 2, "ids": "text"}),
    "v2-listing": ({"resources": _V2, "auth": "header"}, {}),
    "groups-name-school-numbers": ({"membership_reference": "request_id"}, {"membership_reference": "request_id"}),
    "groups-name-integration-ids": ({"membership_reference": "integration_id"}, {"membership_reference": "integration_id"}),
    "archived-is-gone": ({}, {"archived": "gone"}),
}
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4

ANN = Contact(
    id="501",
    type="SC1",
    order=1,
    name=Name(given="Ann", surname="O'Brien & Co"),
    email="ann@example.com",
    normal_mail=True,
    parent=True,
)
BO = Contact(id="502", type="SC2", order=2, name=Name(given="Bø", surname="Lee"), mobile="0400", normal_mail=True)


@pytest.fixture(params=_VARIANTS)
def ground(request: pytest.FixtureRequest, play: Play) -> Playground:
    """Return a playground for each variant of the settings."""
    settings, options = _VARIANTS[request.param]
    ground = play(settings, options)
    client: Operoo = ground.client
    assert client is not None
    return ground


def _student(number: str = "1001", **fields: object) -> Student:
    given = {"id": number, "name": Name(given="Zoë", middle="J=K&L", surname="Nguyễn"), "contacts": (ANN, BO), **fields}
    return Student.model_validate(given)


def _create(ground: Playground, record: Record, links: Mapping[str, str] | None = None) -> str:
    fields = fields_of(record, ground.settings, links=links or {})
    return ground.client.create(identity_of(record, ground.settings).resource, fields).id


def _found(ground: Playground, resource: Resource, **ids: str) -> list[str]:
    both = {"request_id": "", "integration_id": "", **ids}
    return [
        one.id for one in ground.client.find(resource, request_id=both["request_id"], integration_id=both["integration_id"])
    ]


def test_a_created_student_stands_there_as_mapped(ground: Playground) -> None:
    """Every field arrives as it was sent, odd characters and all."""
    student = _student()
    operoo_id = _create(ground, student)
    (there,) = ground.items("members")
    sent = fields_of(student, ground.settings)
    contacts = sent.pop("contacts", None)
    assert str(there["id"]) == operoo_id
    assert {name: there[name] for name in sent} == sent
    arrived = there.get("contacts")
    assert (arrived is None) == (contacts is None)
    if isinstance(arrived, list) and isinstance(contacts, list):
        assert [one["integration_contact_id"] for one in arrived] == ["501", "502"]
        assert [one["last_name"] for one in arrived] == ["O'Brien & Co", "Lee"]


def test_a_created_profile_is_found_by_either_identifier(ground: Playground) -> None:
    """What was just created is found, by a client that had read the listing before and by one that had not."""
    assert _found(ground, "members", request_id="1001") == []
    operoo_id = _create(ground, _student())
    _create(ground, _student("1002"))
    for _ in range(2):
        assert _found(ground, "members", request_id="1001") == [operoo_id]
        assert _found(ground, "members", integration_id="1001") == [operoo_id]
        assert _found(ground, "members", request_id="9", integration_id="9") == []
        assert ground.client.listed("members", [operoo_id, "0"]) == {operoo_id}
        ground.client.forget()


def test_all_profiles_with_the_identifier_are_found(ground: Playground) -> None:
    """Two profiles with one school number are both shown: which one to take is not for the client to guess."""
    for name in ("First", "Second"):
        ground.control("POST", "profiles/members", {"first_name": name, "user_request_id": "1001"})
    for number in ("1002", "1003", "1004"):
        _create(ground, _student(number))
    assert len(_found(ground, "members", request_id="1001")) == 2


def test_staff_are_created_and_found(ground: Playground) -> None:
    """Staff are a resource of their own: a student of the same number is not found among them."""
    operoo_id = _create(ground, Staff(id="301", name=Name(given="Tom", surname="Lee"), email="tom@school.example"))
    _create(ground, _student("301"))
    assert _found(ground, "group_carers", request_id="301", integration_id="301") == [operoo_id]
    (there,) = ground.items("group_carers")
    assert (there["name"], there["email"], there["integration_id"]) == ("Tom Lee", "tom@school.example", "301")


def test_a_group_holds_only_the_linked(ground: Playground) -> None:
    """A group names those of its people that are in Operoo, and an update replaces the list, down to an empty one."""
    student = _create(ground, _student("1001"))
    teacher = _create(ground, Staff(id="301", name=Name(given="Tom", surname="Lee"), email="tom@school.example"))
    links = {link_key("student", "1001"): student, link_key("staff", "301"): teacher}
    group = Group(id="class:A:2026:S:7MAT1", type="class", code="7MAT1", members=("1001", "1002"), staff=("301",))
    operoo_id = _create(ground, group, links)
    (there,) = ground.items("groups")
    assert (there["student_memberships"], there["staff_memberships"]) == ([int(student)], [int(teacher)])
    ground.client.update("groups", operoo_id, fields_of(group.model_copy(update={"members": ()}), ground.settings, links=links))
    (there,) = ground.items("groups")
    assert (there["student_memberships"], there["staff_memberships"]) == ([], [int(teacher)])


def test_a_group_is_found_by_its_integration_identifier_alone(ground: Playground) -> None:
    """A custom group of the same name is never taken for ours."""
    ground.control("POST", "profiles/groups", {"name": "7MAT1", "integration_group_id": ""})
    operoo_id = _create(ground, Group(id="class:A:2026:S:7MAT1", type="class", code="7MAT1"))
    assert _found(ground, "groups", request_id="7MAT1", integration_id="class:A:2026:S:7MAT1") == [operoo_id]
    assert _found(ground, "groups", request_id="7MAT1") == []


def test_an_update_changes_what_it_names(ground: Playground) -> None:
    """An update arrives, and a value that is gone at the school is emptied; so is a contact, wherever contacts are sent to."""
    operoo_id = _create(ground, _student())
    gone = _student(name=Name(given="Zoë", preferred="Zo", surname="Nguyễn"), contacts=(ANN,))
    sent = fields_of(gone, ground.settings)
    shows = ground.client.update("members", operoo_id, sent)
    assert (shows["first_name"], shows["middle_names"]) == ("Zo", "")
    (there,) = ground.items("members")
    assert (there["first_name"], there["middle_names"]) == ("Zo", "")
    contacts = there.get("contacts")
    assert isinstance(contacts, list) == ("contacts" in sent)
    assert not isinstance(contacts, list) or [one["integration_contact_id"] for one in contacts] == ["501"]


@pytest.mark.parametrize("answer", ["wrapped", "data", "plain"])
def test_an_address_that_operoo_keeps_is_told(play: Play, answer: str) -> None:
    """It says yes, and its answer shows the old one; all else is as it was sent."""
    ground = play({}, {"addresses": "kept", "answer": answer})
    operoo_id = _create(ground, _student())
    elsewhere = _student(contacts=(ANN.model_copy(update={"email": "else@example.com"}),), name=Name(given="Zo", surname="N"))
    shows = ground.client.update("members", operoo_id, fields_of(elsewhere, ground.settings))
    assert (shows["request_email"], shows["first_name"]) == ("ann@example.com", "Zo")
    (there,) = ground.items("members")
    assert (there["request_email"], there["first_name"]) == ("ann@example.com", "Zo")


def test_the_listing_shows_what_an_answer_does_not(play: Play) -> None:
    """Where an update is answered with nothing. It is as it was when it was read, until it is to be read again."""
    ground = play({}, {"answer": "nothing"})
    made = ground.client.create("members", fields_of(_student(), ground.settings))
    assert made.shows["request_email"] == "ann@example.com"
    assert ground.client.shown("members", made.id)["request_email"] == "ann@example.com"
    assert ground.client.update("members", made.id, {"request_email": "else@example.com"}) == {}
    assert ground.client.shown("members", made.id)["request_email"] == "ann@example.com"
    assert ground.client.shown("members", made.id, again=True)["request_email"] == "else@example.com"
    assert ground.client.shown("members", "99999") == {}


def test_an_address_that_operoo_refuses_is_named(play: Play) -> None:
    """And nothing of the update was done."""
    ground = play({}, {"addresses": "refused"})
    operoo_id = _create(ground, _student())
    elsewhere = _student(contacts=(ANN.model_copy(update={"email": "else@example.com"}),))
    with pytest.raises(RefusedError) as caught:
        ground.client.update("members", operoo_id, fields_of(elsewhere, ground.settings))
    assert caught.value.fields == {"request_email"}


def test_updating_a_profile_that_never_was_says_so(ground: Playground) -> None:
    """An identifier that Operoo does not know is a profile that is gone, not a refused record."""
    with pytest.raises(ProfileGoneError, match="members 99999"):
        ground.client.update("members", "99999", {"first_name": "A"})


def test_archiving_is_done_once_and_who_is_gone_is_said_to_be(ground: Playground) -> None:
    """An archived profile is kept, and not found any more; archiving it again does nothing, or says that it is gone."""
    operoo_id = _create(ground, _student())
    assert _found(ground, "members", request_id="1001") == [operoo_id]
    ground.client.archive("members", operoo_id)
    with suppress(ProfileGoneError):
        ground.client.archive("members", operoo_id)
    with pytest.raises(ProfileGoneError, match="members 99999"):
        ground.client.archive("members", "99999")
    (there,) = ground.items("members")
    assert there["archived"] is True
    assert _found(ground, "members", request_id="1001") == []
    ground.client.forget()
    assert _found(ground, "members", request_id="1001") == []


def test_who_reappears_is_the_same_profile_or_known_to_be_gone(ground: Playground) -> None:
    """Updating an archived profile brings it back, or says that it is gone: never a success that changes nothing."""
    operoo_id = _create(ground, _student())
    ground.client.archive("members", operoo_id)
    try:
        ground.client.update("members", operoo_id, fields_of(_student(), ground.settings))
    except ProfileGoneError:
        expected = True
    else:
        expected = False
    assert [one["archived"] for one in ground.items("members")] == [expected]


def test_unlinking_takes_the_mark_and_nothing_else(ground: Playground) -> None:
    """The cloud icon goes, the profile stays as it was and is still found by its school number."""
    operoo_id = _create(ground, _student())
    before = ground.items("members")[0]
    ground.client.unlink("members", operoo_id)
    (after,) = ground.items("members")
    assert (before["synchronised"], after["synchronised"], after["archived"]) == (True, False, False)
    changing = {"synchronised", "integration_member_id", "updated_at"}
    assert {name: after[name] for name in after if name not in changing} == {
        name: before[name] for name in before if name not in changing
    }
    assert _found(ground, "members", integration_id="1001") == []
    assert _found(ground, "members", request_id="1001") == ([operoo_id])


def test_a_photo_arrives_byte_by_byte(ground: Playground) -> None:
    """A photo is what it was at the school; where photos are off, none is sent and none is missed."""
    operoo_id = _create(ground, _student())
    ground.client.set_photo("members", operoo_id, JPEG, "jpeg")
    expected = "" if ground.settings.photos.style == "off" else hashlib.sha256(JPEG).hexdigest()
    assert ground.items("members")[0]["photo"] == expected


def test_the_listing_is_read_once(ground: Playground) -> None:
    """A thousand look-ups cost one reading of the listing."""
    for number in ("1001", "1002", "1003"):
        _found(ground, "members", request_id=number)
        _create(ground, _student(number))
        _found(ground, "members", request_id=number)
    calls = ground.state()["requests"]
    assert isinstance(calls, dict)
    assert sum(count for call, count in calls.items() if call.startswith("GET") and not call.endswith("organizations")) == 1


def test_where_archiving_is_a_field_an_update_sets_it_back(play: Play) -> None:
    """Nothing else would bring such a profile back, and its history with it."""
    ground = play({"archive": {"verb": "patch", "field": "archived"}}, {"archived": "gone"})
    operoo_id = _create(ground, _student())
    ground.client.archive("members", operoo_id)
    ground.client.update("members", operoo_id, fields_of(_student(), ground.settings))
    assert [one["archived"] for one in ground.items("members")] == [False]
