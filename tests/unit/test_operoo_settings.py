"""The settings: what is given is laid over the defaults, what is wrong is named and never quoted."""

import json

import pytest

from functions.operoo import medical_targets
from functions.operoo.medical_names import COLUMNS, FIELDS
from functions.operoo.settings import OperooSettings
from functions.runtime.settings import Settings
from shared.errors import SettingsError


def test_nothing_given_is_the_documented_interface() -> None:
    """The defaults are v1 of the interface, as its only public client spoke it."""
    for text in ("", "{}", "  "):
        settings = OperooSettings.from_json(text)
        assert (settings.base_url, settings.auth, settings.encoding) == ("https://groups.operoo.com/api/v1/", "query", "form")
        assert settings.resource("members").listing.query == {"profile_request": "true"}
        assert settings == OperooSettings()


def test_one_name_can_be_changed_alone() -> None:
    """A school need not repeat what it does not change, whichever way the settings are read."""
    text = '{"resources": {"members": {"fields": {"request_email": "email"}}}, "contacts": {"fields": {"home_phone": ""}}}'
    for settings in (OperooSettings.from_json(text), OperooSettings.model_validate_json(text)):
        members = settings.resource("members")
        assert (members.fields["request_email"], members.fields["first_name"], members.path) == (
            "email",
            "first_name",
            "members",
        )
        assert (settings.contacts.fields["home_phone"], settings.contacts.fields["email"]) == ("", "email")


def test_contact_types_are_read_whatever_their_case() -> None:
    """Synergetic compares codes so, and a type that never matches would leave every student without anybody to ask."""
    assert OperooSettings.from_json('{"contacts": {"types": ["sc", " Se1 "]}}').contacts.types == ("SC", "SE1")


def test_a_query_stands_alone() -> None:
    """A listing elsewhere must not drag the default's switches along."""
    settings = OperooSettings.from_json('{"resources": {"groups": {"listing": {"path": "/api/v2/x", "query": {}}}}}')
    assert settings.resource("groups").listing.query == {}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "JSON"),
        ("[]", "settings"),
        ('{"base_ulr": "https://secret.test"}', "base_ulr"),
        ('{"resources": {"membres": {}}}', "resources.membres"),
        ('{"requests_per_second": 0}', "requests_per_second"),
        ('{"timeouts": {"read": 240}}', "timeouts.read"),
        ('{"medical": {"attachments": {"seconds": 300}}}', "medical.attachments.seconds"),
        ('{"base_url": "ftp://secret.test/"}', "base_url"),
        ('{"base_url": "https://user:secret@operoo.test/"}', "base_url"),
        ('{"base_url": "http://secret.test/"}', "https"),
        ('{"membership_reference": "request_id", "staff_number": "code"}', "membership_reference"),
        ('{"resources": {"members": {"fields": {"request_emial": "secret"}}}}', "request_emial"),
        ('{"resources": {"groups": {"fields": {"integration_id": ""}}}}', "integration_id of groups"),
        ('{"contacts": {"fields": {"moblie": "secret"}}}', "moblie"),
        ('{"contacts": {"path": "{resource}/{student}/secret"}}', "contacts.path"),
        ('{"photos": {"path": "{resource}/{}/secret"}}', "photos.path"),
        ('{"photos": {"path": "{resource}/{id/secret"}}', "photos.path"),
        ('{"photos": {"path": "{resource}/secret"}}', "photos.path"),
        ('{"archive": {"verb": "patch", "field": "", "value": "secret"}}', "archive.field"),
        ('{"medical": {"path": "{resource}/{id}"}}', "medical.path"),
        ('{"medical": {"fields": {"conditions.nmae": "secret"}}}', "conditions.nmae"),
        ('{"medical": {"columns": {"conditions": "secret"}}}', "medical.columns"),
        ('{"medical": {"attachments": {"types": ["exe"]}}}', "medical.attachments.types"),
    ],
)
def test_what_is_wrong_is_named_and_not_quoted(text: str, named: str) -> None:
    """The message names the setting; the value may be anything, even a token in the wrong place."""
    with pytest.raises(SettingsError, match=named) as caught:
        OperooSettings.from_json(text)
    assert "secret" not in str(caught.value)


def test_a_base_address_ends_as_a_folder() -> None:
    """Paths are joined to it."""
    assert OperooSettings(base_url="https://operoo.test/api/v1").base_url == "https://operoo.test/api/v1/"
    assert OperooSettings(base_url="http://127.0.0.1:8081/api/v1").base_url == "http://127.0.0.1:8081/api/v1/"
    assert OperooSettings(base_url="http://sandbox:8081/", allow_http=True).base_url == "http://sandbox:8081/"


@pytest.mark.parametrize(
    ("updates", "source", "each"), [("off", "listing", (5, 5)), ("review", "each", (2.5, 2)), ("automatic", "none", (5, 5))]
)
def test_two_who_call_operoo_share_its_budget(updates: str, source: str, each: tuple[float, int]) -> None:
    """What is asked a second is asked by all together; who calls alone has it to himself."""
    given = {"medical_updates": updates, "operoo_settings": {"medical": {"source": source}}}
    share = Settings.model_validate(given).operoo_share
    assert (share.requests_per_second, share.burst) == each
    assert OperooSettings().shared_by(9).burst == 1


def test_a_medical_name_can_be_changed_alone() -> None:
    """Names of fields and titles of columns are laid over the defaults, each of which is one that a profile has."""
    text = '{"medical": {"fields": {"conditions.severity": "level"}, "columns": {"student": "Student ID"}}}'
    medical = OperooSettings.from_json(text).medical
    assert (medical.fields["conditions.severity"], medical.fields["conditions"]) == ("level", "safety_alerts")
    assert (medical.columns["student"], medical.columns["conditions.type"]) == ("Student ID", "Condition")
    assert medical_targets.fields() >= FIELDS.keys()
    assert medical_targets.columns() >= COLUMNS.keys()


def test_more_names_than_a_parameter_holds_are_laid_over_the_settings() -> None:
    """A school whose Operoo calls everything otherwise names everything, in a file as editors leave it."""
    given = OperooSettings.from_json('{"medical": {"source": "each", "fields": {"conditions": "issues", "blood.group": "b"}}}')
    every = {name: f"care.{name}" for name in sorted(medical_targets.fields()) if name != "conditions"}
    medical = given.medical.named(b"\xef\xbb\xbf" + json.dumps(every, indent=2).encode())
    assert medical.fields == {**every, "conditions": "issues"}
    assert (medical.source, medical.columns) == ("each", given.medical.columns)


@pytest.mark.parametrize(
    ("names", "named"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b'["secret"]', "object"),
        (b'{"conditions": {"secret": 1}}', "conditions"),
        (b'{"conditions.nmae": "secret"}', "conditions.nmae"),
    ],
)
def test_a_file_of_names_that_cannot_be_used_is_refused(names: bytes, named: str) -> None:
    """As with the settings themselves: the message names the field and quotes nothing."""
    with pytest.raises(SettingsError, match=named) as caught:
        OperooSettings().medical.named(names)
    assert (caught.value.code, "secret" in str(caught.value)) == ("medical-fields", False)
