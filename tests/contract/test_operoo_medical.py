"""Medical profiles between adapter and sandbox on a real socket: each way to read them, each fault, the files behind links."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
import pytest

from functions.operoo.errors import AttachmentRefusedError
from functions.operoo.medical_client import MedicalClient
from functions.operoo.medical_reading import MedicalReading, read_medical
from functions.operoo.protocol import MedicalAnswer, OperooMedical
from functions.operoo.transport import Transport
from local.sandbox.medical_sample import plan_file
from shared.errors import FatalError, IntegrationError, OperooDeniedError, OperooUnavailableError, SettingsError
from tests.contract.conftest import TOKEN, Play, Playground

_ALERT = {"id": 7, "name": "Asthma", "risk_level": "High", "description": "Worse in spring", "start_date": "2019-03-05"}
_PROFILE = {"medicare_number": "2950", "safety_alerts": [_ALERT], "confirmed_by": "Ann Lee", "operations": ["Appendix"]}
_QUESTIONS = {
    "conditions": "conditions",
    "conditions.id": "form.id",
    "conditions.severity": "form.risk_level",
    "conditions.details": "form.description",
    "conditions.started": "form.start_date",
    "conditions.action_plan.url": "form.attachment_url",
}
_V2 = {"members": {"listing": {"path": "/api/v2/groups/{organization}/members", "query": {}}}}
_VARIANTS: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "defaults": ({}, {}),
    "one-by-one": ({"medical": {"source": "each"}}, {}),
    "one-by-one-plain": ({"medical": {"source": "each"}, "auth": "header"}, {"answer": "plain"}),
    "pages-and-text-ids": ({}, {"page_size": 2, "ids": "text"}),
    "v2-listing": ({"resources": _V2, "auth": "header"}, {}),
    "questions": ({"medical": {"fields": _QUESTIONS}}, {"medical": "questions"}),
}


@contextmanager
def _client(ground: Playground) -> Iterator[MedicalClient]:
    with Transport(ground.settings, TOKEN, sleep=ground.slept.append) as transport:
        yield MedicalClient(ground.settings, transport)


def _student(ground: Playground, number: str, profile: Mapping[str, object] | None = None) -> str:
    made = ground.control("POST", "profiles/members", {"first_name": "Zoë", "user_request_id": number})
    if profile is not None:
        ground.control("PUT", f"health/{made['id']}", profile)
    return str(made["id"])


def _answers(ground: Playground, *operoo_ids: str) -> dict[str, MedicalAnswer]:
    with _client(ground) as client:
        medical: OperooMedical = client
        return {one.id: one for one in medical.medical_profiles(operoo_ids)}


def _reading(ground: Playground, answer: MedicalAnswer) -> MedicalReading:
    assert answer.fields is not None
    return read_medical(answer.request_id, answer.fields, ground.settings.medical)


@pytest.fixture(params=_VARIANTS)
def ground(request: pytest.FixtureRequest, play: Play) -> Playground:
    """Return a playground for each way to read profiles."""
    return play(*_VARIANTS[request.param])


def test_a_shared_profile_is_read_as_the_family_stated_it(ground: Playground) -> None:
    """However Operoo is asked and however it states conditions, the profile is the same, and whose it is stands beside it."""
    operoo_id = _student(ground, "1001", _PROFILE)
    answer = _answers(ground, operoo_id)[operoo_id]
    profile = _reading(ground, answer).profile
    assert answer.request_id == "1001"
    (condition,) = profile.conditions
    assert (condition.id, condition.type, condition.severity, condition.details) == ("7", "Asthma", "High", "Worse in spring")
    assert (str(condition.started), profile.medicare.number) == ("2019-03-05", "2950")
    assert profile.unmapped_counts["operations"] == 1
    assert profile.parked == ()
    assert "Asthma" not in repr(answer)


def test_only_those_who_are_asked_for_are_given(ground: Playground) -> None:
    """Who has shared nothing is known to have shared nothing; who is archived, or was never there, is left out."""
    shared, silent, other = (
        _student(ground, number, profile) for number, profile in (("1", _PROFILE), ("2", None), ("3", _PROFILE))
    )
    found = _answers(ground, shared, silent, "99999")
    assert {one: answer.fields is not None for one, answer in found.items()} == {shared: True, silent: False}
    assert other not in found
    gone = httpx.delete(f"{ground.sandbox.base_url}members/{shared}", headers={"Authorization": TOKEN})
    assert gone.status_code == 204
    if ground.settings.medical.source == "listing":
        assert sorted(_answers(ground, shared, silent)) == [silent]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "status", "status": 500, "times": None}, OperooUnavailableError),
        ({"kind": "status", "status": 401}, OperooDeniedError),
        ({"kind": "status", "status": 403}, OperooDeniedError),
        ({"kind": "drop", "times": None}, OperooUnavailableError),
        ({"kind": "page", "times": None}, OperooUnavailableError),
        ({"kind": "status", "status": 405}, SettingsError),
    ],
)
def test_a_bad_day_ends_the_reading_and_is_never_an_empty_profile(
    play: Play, fault: dict[str, object], error: type[IntegrationError]
) -> None:
    """Nobody's conditions are gone because Operoo could not be asked."""
    ground = play()
    operoo_id = _student(ground, "1001", _PROFILE)
    ground.fault(method="GET", **fault)
    with pytest.raises(error):
        _answers(ground, operoo_id)


def test_a_short_fault_is_waited_out(play: Play) -> None:
    """What is answered busy once is asked again after the time that Operoo asks for."""
    ground = play()
    operoo_id = _student(ground, "1001", _PROFILE)
    ground.fault(method="GET", kind="status", status=429, retry_after="7")
    assert operoo_id in _answers(ground, operoo_id)
    assert ground.slept == [7]


def test_a_profile_where_none_stands_is_a_mistake_in_the_settings(play: Play) -> None:
    """A field that no student has is not a school of healthy children: it stops with a code."""
    ground = play({"medical": {"profile": "care_profile"}})
    operoo_id = _student(ground, "1001", _PROFILE)
    with pytest.raises(FatalError) as failure:
        _answers(ground, operoo_id)
    assert failure.value.code == "operoo-medical-not-understood"
    odd = play({"medical": {"profile": "first_name"}})
    with pytest.raises(FatalError, match="not an object"):
        _answers(odd, _student(odd, "1001"))


def test_a_profile_may_be_the_item_itself(play: Play) -> None:
    """Where the medical fields stand beside the names, everything else of the student is kept aside."""
    ground = play({"medical": {"profile": "", "fields": {"medicare.number": "profile.medicare_number"}}})
    operoo_id = _student(ground, "1001", _PROFILE)
    assert _reading(ground, _answers(ground, operoo_id)[operoo_id]).profile.medicare.number == "2950"


@pytest.mark.parametrize("links", ["direct", "redirect"])
def test_an_action_plan_arrives_byte_by_byte(play: Play, links: str) -> None:
    """The file behind a condition's link is fetched with the token, or without it where the link leads on to another."""
    ground = play({}, {"attachments": links})
    operoo_id, url = _with_plan(ground, plan_file("nuts"))
    with _client(ground) as client:
        file = client.attachment(operoo_id, url)
    assert (file.type, file.content) == ("pdf", plan_file("nuts"))


def test_a_file_that_fails_is_refused_alone(play: Play) -> None:
    """What is no plan, too large, gone, or on a bad day: the profile was read, and the error names nobody."""
    ground = play({"medical": {"attachments": {"most_mb": 0.001}}})
    operoo_id, web_page = _with_plan(ground, b"<html>")
    _, large = _with_plan(ground, plan_file("n" * 2000))
    with _client(ground) as client:
        for url in (web_page, large, "/api/v1/attachments/99", "https://elsewhere.test/x"):
            with pytest.raises(AttachmentRefusedError, match=f"members {operoo_id}"):
                client.attachment(operoo_id, url)
        ground.fault(method="GET", kind="drop", times=None)
        with pytest.raises(OperooUnavailableError):
            client.attachment(operoo_id, web_page)


def test_the_sample_children_are_read_without_a_doubt(play: Play) -> None:
    """The made-up profiles are complete, the same each time, and understood but for what is meant to be kept aside."""
    ground = play()
    ids = [_student(ground, str(1000 + number)) for number in range(40)]
    made = ground.control("POST", "health", {})["made"]
    answers = _answers(ground, *ids)
    readings = [_reading(ground, one) for one in answers.values() if one.fields is not None]
    assert (len(answers), len(readings)) == (40, made)
    assert 30 <= len(readings) < 40
    profiles = [one.profile for one in readings]
    assert not any(one.parked for one in profiles)
    assert {name for one in profiles for name in one.unmapped} <= {"notes"}
    for name in ("conditions", "allergies", "medications", "immunisations", "consents", "emergency_contacts"):
        assert any(getattr(one, name) for one in profiles), name
    assert any(one.links for one in readings)
    assert ground.control("POST", "health", {})["made"] == 0


def _with_plan(ground: Playground, content: bytes) -> tuple[str, str]:
    """Have a parent upload an action plan; return the student and the link to it."""
    operoo_id = _student(ground, "1001", _PROFILE)
    fields = {"safety_alerts[][id]": "7", "safety_alerts[][name]": "Asthma", "parent": "Ann"}
    files = {"safety_alerts[][attachment]": ("plan.pdf", content)}
    saved = ground.web.post(f"{ground.sandbox.url}/members/{operoo_id}/health", data=fields, files=files)
    assert saved.status_code == 303
    (link,) = _reading(ground, _answers(ground, operoo_id)[operoo_id]).links
    return operoo_id, link.url
