"""Operoo on a bad day: for each fault, what the client does, what it says, and that no profile is ever made twice."""

import logging
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import quote

import pytest

from functions.operoo.client import OperooClient
from functions.operoo.errors import CreateInDoubtError, PhotoRefusedError, ProfileGoneError
from functions.operoo.settings import OperooSettings
from functions.operoo.transport import Transport
from shared.errors import (
    FatalError,
    IntegrationError,
    OperooDeniedError,
    OperooUnavailableError,
    RejectedRecordError,
    SettingsError,
)
from tests.contract.conftest import TOKEN, Play, Playground

_PERSON = {"user_request_id": "1001", "first_name": "Zoë", "last_name": "Secretname", "request_email": "zoe@example.com"}
_CREATE = "POST /api/v1/members"


def _doubtful(ground: Playground) -> str:
    """Create, and if that ends in doubt look first: what the caller is told to do."""
    for _ in range(3):
        found = ground.client.find("members", request_id="1001", integration_id="1001")
        if found:
            return found[0].id
        try:
            return ground.client.create("members", _PERSON).id
        except CreateInDoubtError:
            continue
    raise AssertionError("three creates ended in doubt")


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop", "after": True},
        {"kind": "drop", "after": False},
        {"kind": "status", "status": 500, "after": True},
        {"kind": "status", "status": 503, "after": False, "retry_after": "1"},
        {"kind": "status", "status": 504, "after": True},
        {"kind": "page", "after": True},
        {"kind": "page", "after": False},
    ],
    ids=lambda fault: "-".join(str(value) for value in fault.values()),
)
def test_a_create_without_a_clear_answer_is_in_doubt(play: Play, fault: dict[str, object]) -> None:
    """It is not tried again blindly; whoever looks first ends with exactly one profile, whether the work was done or not."""
    ground = play()
    assert ground.client.find("members", request_id="1001", integration_id="") == []
    ground.fault(method="POST", **fault)
    with pytest.raises(CreateInDoubtError):
        ground.client.create("members", _PERSON)
    assert ground.requests(_CREATE) == 1
    operoo_id = _doubtful(ground)
    assert [str(one["id"]) for one in ground.items("members")] == [operoo_id]


def test_a_create_that_is_answered_too_late_is_in_doubt(play: Play) -> None:
    """A time-out says nothing about what was done."""
    ground = play({"timeouts": {"connect": 5, "read": 0.2, "write": 5}})
    ground.client.find("members", request_id="1001", integration_id="")
    ground.fault(kind="latency", seconds=0.6, method="POST")
    with pytest.raises(CreateInDoubtError, match="did not answer in time"):
        ground.client.create("members", _PERSON)


def test_a_create_turned_away_by_429_is_tried_again(play: Play) -> None:
    """429 says that nothing was done, so the same create goes again after the time that Operoo asks for."""
    ground = play()
    ground.fault(kind="status", status=429, retry_after="7", times=2, method="POST")
    ground.client.create("members", _PERSON)
    assert ground.slept == [7, 7]
    assert len(ground.items("members")) == 1


def test_a_create_that_never_got_through_is_tried_again(play: Play) -> None:
    """A refused connection says that nothing was sent: the client tries, then says that Operoo cannot be reached."""
    ground = play()
    settings = OperooSettings.model_validate({"base_url": "http://127.0.0.1:9/api/v1/", "retries": {"attempts": 3}})
    with Transport(settings, TOKEN, sleep=ground.slept.append) as transport, pytest.raises(OperooUnavailableError):
        OperooClient(settings, transport).create("members", _PERSON)
    assert len(ground.slept) == 2


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 429},
        {"kind": "status", "status": 408},
        {"kind": "drop", "after": True},
        {"kind": "drop", "after": False},
        {"kind": "page"},
    ],
    ids=lambda fault: "-".join(str(value) for value in fault.values()),
)
def test_what_is_repeatable_is_repeated(play: Play, fault: dict[str, object]) -> None:
    """Listing, update and archive get over a passing fault, and the pauses are drawn below a limit that doubles."""
    ground = play()
    operoo_id = ground.client.create("members", _PERSON).id
    steps: list[Callable[[], object]] = [
        lambda: ground.client.update("members", operoo_id, {"first_name": "Zo"}),
        lambda: ground.client.find("members", request_id="1001", integration_id=""),
        lambda: ground.client.archive("members", operoo_id),
    ]
    for step in steps:
        ground.fault(times=2, **fault)
        with suppress(ProfileGoneError):  # where an archive was done before the connection was lost
            step()
    assert [one["archived"] for one in ground.items("members")] == [True]
    assert len(ground.slept) == 6
    assert all(0 <= pause <= limit for pause, limit in zip(ground.slept, [1, 2] * 3, strict=True))


def test_what_lasts_ends_as_unavailable(play: Play) -> None:
    """After the last try the record stays pending: the error is transient."""
    ground = play({"retries": {"attempts": 3}})
    ground.fault(kind="status", status=503, times=None)
    with pytest.raises(OperooUnavailableError, match="503 Service Unavailable"):
        ground.client.update("members", "1", {"first_name": "A"})
    assert ground.requests("PATCH /api/v1/members/{id}") == 3


def test_a_date_to_come_back_at_is_honoured(play: Play) -> None:
    """Retry-After may be a date."""
    ground = play()
    ground.fault(kind="status", status=503, retry_after=format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True))
    ground.client.find("members", request_id="1", integration_id="")
    (pause,) = ground.slept
    assert 20 <= pause <= 31


def test_a_long_wait_is_left_to_the_next_run(play: Play) -> None:
    """Nobody pays for a function that sleeps an hour."""
    ground = play()
    ground.fault(kind="status", status=429, retry_after="3600")
    with pytest.raises(OperooUnavailableError, match="3600 seconds"):
        ground.client.find("members", request_id="1", integration_id="")
    assert ground.slept == []


def test_chance_with_a_seed_is_the_same_each_time(play: Play) -> None:
    """A bad day may be had twice: the same seed fails the same requests."""
    runs = []
    for _ in range(2):
        ground = play({"retries": {"attempts": 10}})
        ground.fault(kind="status", status=500, times=None, probability=0.4, seed=7)
        pauses = []
        for _ in range(10):
            before = len(ground.slept)
            ground.client.forget()
            ground.client.find("members", request_id="1", integration_id="")
            pauses.append(len(ground.slept) - before)
        runs.append(pauses)
    assert runs[0] == runs[1]
    assert sum(runs[0]) > 0


def test_one_refused_record_is_named_by_field_only(play: Play) -> None:
    """The refusal names Operoo's fields, never the values that its error body quotes; the next record goes on."""
    ground = play()
    ground.fault(kind="reject", request_id="1001", times=None)
    with pytest.raises(RejectedRecordError) as caught:
        ground.client.create("members", _PERSON)
    assert "request_email" in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert "zoe@example.com" not in shown
    assert "Secretname" not in shown
    ground.client.create("members", {**_PERSON, "user_request_id": "1002"})


def test_a_missing_field_is_a_refused_record(play: Play) -> None:
    """Operoo's validation is passed on with the field's name."""
    ground = play()
    with pytest.raises(RejectedRecordError, match="It names: first_name"):
        ground.client.create("members", {**_PERSON, "first_name": ""})


def test_a_rotated_key_is_denied_with_both_causes(play: Play) -> None:
    """401 names the key, the address list and who can help, and is not tried again."""
    ground = play()
    ground.control("POST", "token", {"token": "another"})
    with pytest.raises(OperooDeniedError) as caught:
        ground.client.find("members", request_id="1", integration_id="")
    for words in ("API key", "allowed IP addresses", "Super Administrator"):
        assert words in str(caught.value)
    assert ground.slept == []


def test_an_address_that_is_not_listed_is_denied(play: Play) -> None:
    """403 says the same as 401: Operoo does not tell the causes apart."""
    ground = play(options={"allowed": ["192.0.2.1"]})
    with pytest.raises(OperooDeniedError, match="allowed IP addresses"):
        ground.client.create("members", _PERSON)


@pytest.mark.parametrize("auth", ["query", "header"])
def test_the_token_is_in_no_log_and_no_error(play: Play, caplog: pytest.LogCaptureFixture, auth: str) -> None:
    """Not at DEBUG, not in httpx's own lines, not in a traceback, neither as it is nor as an address quotes it."""
    with caplog.at_level(logging.DEBUG):
        ground = play({"auth": auth, "retries": {"attempts": 2}}, {"page_size": 1})
        for number in ("1001", "1002"):
            ground.client.create("members", {**_PERSON, "user_request_id": number})
        ground.client.find("members", request_id="1001", integration_id="")
        shown = [caplog.text]
        for fault, method in ((500, "PATCH"), (401, "PATCH"), (404, "POST"), (500, "POST"), (422, "POST")):
            ground.fault(kind="status", status=fault, times=2, method=method)
            with pytest.raises(IntegrationError) as caught:
                ground.client.update("members", "1", {}) if method == "PATCH" else ground.client.create("members", _PERSON)
            shown += traceback.format_exception(caught.value)
            ground.control("DELETE", "faults", None)
        ground.fault(kind="drop", method="POST")
        with pytest.raises(CreateInDoubtError) as dropped:
            ground.client.create("members", _PERSON)
        shown += [*traceback.format_exception(dropped.value), caplog.text]
    text = "".join(shown)
    assert "api/v1/members" in text, "httpx's own lines are expected in this log"
    assert not [form for form in (TOKEN, quote(TOKEN, safe=""), quote(TOKEN)) if form in text]
    assert "Secretname" not in text


def test_a_path_that_operoo_does_not_know_is_a_wrong_setting(play: Play) -> None:
    """A create that is answered 404 is no gone profile: the setting is named instead of every record being parked."""
    ground = play({"resources": {"members": {"path": "pupils"}}})
    with pytest.raises(SettingsError, match="does not know this call"):
        ground.client.create("members", _PERSON)


def test_photos_that_operoo_does_not_take_stop_nothing_else(play: Play) -> None:
    """A wrong photo path refuses the photo, and never says that the profile is gone."""
    ground = play({"photos": {"path": "{resource}/{id}/avatar"}})
    operoo_id = ground.client.create("members", _PERSON).id
    with pytest.raises(PhotoRefusedError, match="does not know this call"):
        ground.client.set_photo("members", operoo_id, b"\xff\xd8\xff", "jpeg")


def test_what_is_not_a_photo_is_refused(play: Play) -> None:
    """Operoo's own check of the bytes is passed on."""
    ground = play()
    operoo_id = ground.client.create("members", _PERSON).id
    with pytest.raises(PhotoRefusedError, match="It names: photo"):
        ground.client.set_photo("members", operoo_id, b"not an image", "jpeg")


def test_contacts_that_fail_after_the_create_leave_it_in_doubt(play: Play) -> None:
    """The profile exists but its identifier never reached the caller: it has to be looked up."""
    ground = play({"contacts": {"style": "resource"}, "retries": {"attempts": 1}})
    ground.fault(kind="status", status=500, method="PUT")
    with pytest.raises(CreateInDoubtError):
        ground.client.create("members", {**_PERSON, "contacts": [{"integration_contact_id": "5"}]})
    assert len(ground.client.find("members", request_id="1001", integration_id="")) == 1


def test_a_listing_without_the_list_is_not_an_empty_one(play: Play) -> None:
    """If nothing could be found, everything would be made twice: the run stops and says what the answer holds."""
    ground = play({"resources": {"members": {"listing": {"query": {}}}}})
    ground.client.create("members", _PERSON)
    with pytest.raises(FatalError, match=r"holds no list named profile_requests.*it holds id, name"):
        ground.client.find("members", request_id="1001", integration_id="")


def test_a_listing_that_shows_no_identifier_is_refused(play: Play) -> None:
    """Profiles without any identifier of ours cannot be matched, unless the settings say that this is known."""
    names = {"request_id": "no_such_field", "integration_id": "nor_this"}
    for require, refused in ((True, True), (False, False)):
        ground = play({"resources": {"members": {"fields": names, "listing": {"require_identifiers": require}}}})
        ground.client.create("members", _PERSON)
        if refused:
            with pytest.raises(FatalError, match="shows a school number"):
                ground.client.find("members", request_id="1001", integration_id="", made=True)
        else:
            assert ground.client.find("members", request_id="1001", integration_id="") == []


def test_the_listing_is_read_again_when_it_is_old(play: Play) -> None:
    """What an administrator made meanwhile is found by a process that has been running for long."""
    ground = play({"listing_seconds": 0})
    assert ground.client.find("members", request_id="1001", integration_id="") == []
    ground.control("POST", "profiles/members", {"first_name": "By hand", "user_request_id": "1001"})
    assert len(ground.client.find("members", request_id="1001", integration_id="")) == 1


def test_the_pages_show_what_arrived(play: Play) -> None:
    """Every page answers, and what people typed is text there, never markup."""
    ground = play()
    operoo_id = ground.client.create(
        "members", {**_PERSON, "last_name": "<script>alert(1)</script>", "integration_member_id": "1"}
    ).id
    group_id = ground.client.create("groups", {"name": "7 & 8", "student_memberships": [operoo_id]}).id
    pages = ("/", "/members?q=zo", "/group_carers", "/groups", f"/members/{operoo_id}", f"/groups/{group_id}", "/traffic")
    for page in pages:
        answer = ground.web.get(ground.sandbox.url + page)
        assert answer.status_code == 200, page
        assert "<script>" not in answer.text
        assert "://" not in answer.text.replace("http://www.w3.org", ""), "no page asks anybody else for anything"
    assert "Synchronised: 1" in ground.web.get(f"{ground.sandbox.url}/members").text
    assert ground.web.get(f"{ground.sandbox.url}/members/1").status_code == 404
