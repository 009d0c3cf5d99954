"""Bodies: what we encode is what Rails' rules, as the sandbox follows them, read back."""

import json
from urllib.parse import parse_qsl

import pytest

from functions.operoo.encoding import encode
from local.sandbox.bodies import BadBodyError, nest

_FIELDS = {
    "first_name": "Zoë & Jo=K",
    "request_mobile_number": "",
    "nothing": None,
    "contacts": [
        {"integration_contact_id": "1", "email": "", "primary": True},
        {"integration_contact_id": "2", "email": "b@example.com", "primary": False},
    ],
    "student_memberships": ["40001", "40002"],
}


def test_a_form_reads_back_as_it_was() -> None:
    """Lists of objects keep their items apart; everything is text, and nothing is empty text."""
    content, kind = encode(_FIELDS, wrapper="member", encoding="form")
    assert kind == "application/x-www-form-urlencoded"
    assert nest(parse_qsl(content.decode(), keep_blank_values=True)) == {
        "member": {
            **_FIELDS,
            "nothing": "",
            "contacts": [
                {"integration_contact_id": "1", "email": "", "primary": "true"},
                {"integration_contact_id": "2", "email": "b@example.com", "primary": "false"},
            ],
        }
    }


def test_an_empty_list_is_said() -> None:
    """A group that lost its last member must not keep it: a form says so by one blank item."""
    content, _ = encode({"student_memberships": []}, wrapper="group", encoding="form")
    assert parse_qsl(content.decode(), keep_blank_values=True) == [("group[student_memberships][]", "")]


def test_json_is_nested_the_same_way() -> None:
    """The wrapper is the same, and may be left out."""
    assert json.loads(encode(_FIELDS, wrapper="member", encoding="json")[0]) == {"member": _FIELDS}
    assert json.loads(encode(_FIELDS, wrapper="", encoding="json")[0]) == _FIELDS


def test_half_a_character_does_not_stop_a_run() -> None:
    """Text that cannot be encoded is sent with a question mark, in either encoding."""
    assert encode({"a": "x\ud83d"}, wrapper="", encoding="form")[0] == b"a=x%3F"
    assert encode({"a": "x\ud83d"}, wrapper="", encoding="json")[0] == b'{"a": "x?"}'


def test_contradicting_fields_are_a_bad_body() -> None:
    """A name cannot be a value and a holder of values."""
    with pytest.raises(BadBodyError):
        nest([("member[contacts]", "x"), ("member[contacts][]", "y")])
