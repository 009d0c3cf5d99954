"""What stands still is noted for people: once when it stops and once when it goes on, however often it is tried."""

from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from functions.operoo.errors import OperooBusyError
from functions.runtime import wiring
from functions.runtime.wiring import apply_queue, records_table, stops
from shared.errors import OperooDeniedError
from tests.integration.cloud import Cloud
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import school
from tests.integration.two_way import TwoWay

ALL = {"kind": "selection", "select": {"all": ["student"]}}


def refuses(error: Exception) -> Any:
    """Return what answers each call with an error."""

    def refuse(*_: object, **__: object) -> None:
        raise error

    return refuse


def test_an_outage_is_noted_until_it_is_over(stack: Cloud, operoo: FakeOperoo) -> None:
    """Since when and why; tried again nothing more is written; another reason counts from the same moment."""
    stack.load(school(2), 1)
    operoo.before = refuses(OperooBusyError("Operoo answered 503.", remedy="Look at its status page."))
    stack.request("all", ALL)
    (first,) = stops().all()
    assert (first.work, first.code) == ("apply", "operoo-unavailable")
    assert (first.reason, first.remedy) == ("Operoo answered 503.", "Look at its status page.")
    apply_queue().wake("again")
    stack.pump()
    assert stops().all() == [first]
    operoo.before = refuses(OperooDeniedError("Operoo refuses the token."))
    apply_queue().wake("again")
    stack.pump()
    (second,) = stops().all()
    assert (second.at, second.code) == (first.at, "operoo-denied")
    operoo.before = lambda _: None
    apply_queue().wake("again")
    stack.pump()
    assert len(operoo.living("members")) == 2
    assert stops().all() == []


def test_a_stopped_pull_is_noted_until_operoo_answers(two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for what families say."""
    with monkeypatch.context() as patch:
        patch.setattr(two_way.medical, "medical_profiles", refuses(OperooBusyError("Operoo answered 503.")))
        two_way.pull(student)
    assert [(one.work, one.code) for one in stops().all()] == [("medical", "operoo-unavailable")]
    two_way.pull(student)
    assert stops().all() == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ResourceNotFoundException", "has no value"),
        ("InvalidRequestException", "to be deleted"),
        ("AccessDeniedException", "may not be read"),
        ("DecryptionFailure", "may not be read"),
    ],
)
def test_a_secret_that_gives_no_token_stops_applying_and_says_why(
    stack: Cloud, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    """AWS has a word of its own for each way in which it cannot be had; all that waits is kept."""
    plain = BaseClient._make_api_call

    def call(client: BaseClient, name: str, arguments: dict[str, Any]) -> Any:
        if name == "GetSecretValue":
            raise ClientError({"Error": {"Code": code}}, name)
        return plain(client, name, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    monkeypatch.setattr("functions.apply_records.handler.operoo", wiring.operoo)
    stack.load(school(1), 1)
    stack.request("all", ALL)
    (stop,) = stops().all()
    assert (stop.code, said in stop.reason) == ("operoo-token", True)
    assert list(records_table().waiting("pending", "student")) == ["1"]
