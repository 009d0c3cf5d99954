"""An e-mail address that Operoo has locked, because its request has gone out, keeps nothing else of a record from Operoo."""

from collections.abc import Collection, Mapping

import pytest

from functions.operoo.errors import RefusedError
from functions.records.staged import StagedRecord, work_of
from functions.runtime.wiring import records_table
from tests.integration.cloud import Cloud
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import Rows, changed, school

pytestmark = pytest.mark.usefixtures("everybody_arrived")


@pytest.fixture(params=["refuses", "keeps"])
def locked(operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> set[str]:
    """Have Operoo refuse other values of these fields in updates, and name them; or say yes, and show the old ones."""
    names = {"request_email"}
    plain = operoo.update

    def update(resource: str, operoo_id: str, fields: Mapping[str, object]) -> Mapping[str, str]:
        has = operoo.profiles[operoo_id]
        named = {name for name in names & fields.keys() if fields[name] != has.get(name)}
        if named and request.param == "keeps":
            plain(resource, operoo_id, {name: value for name, value in fields.items() if name not in named})  # type: ignore[arg-type]
        elif named:
            operoo.calls.append(f"refuse {resource}")
            refusal = RefusedError("members: Operoo does not accept it (422).")
            refusal.status, refusal.fields = 422, frozenset(named)
            raise refusal
        else:
            plain(resource, operoo_id, fields)  # type: ignore[arg-type]
        return {name: str(has[name]) for name in named}

    monkeypatch.setattr(operoo, "update", update)
    operoo.calls.clear()
    return names


def _moved(mobile: str, email: str = "new@example.test") -> Rows:
    return changed(school(), "contacts", 1, email=email, mobile=mobile)


def _record() -> StagedRecord:
    record = records_table().get("student", "1")
    assert record is not None
    return record


def test_all_else_is_sent_and_the_address_is_on_the_list(stack: Cloud, operoo: FakeOperoo, locked: Collection[str]) -> None:
    """With the next change it is tried again; once it is taken, the record is in step."""
    stack.load(_moved("0491 570 158"), 2)
    assert operoo.calls[-1] == "update members"
    assert (operoo.member("1")["request_email"], operoo.member("1")["request_mobile_number"]) == (
        "c1001@example.test",
        "0491 570 158",
    )
    record = _record()
    assert record.problem is not None
    assert (record.problem.code, record.link, work_of(record)) == ("operoo-address", "linked", "parked")
    assert "new@example.test" not in record.problem.reason
    assert "not the e-mail address" in record.events[-1].detail

    calls = list(operoo.calls)
    stack.load(_moved("0491 570 159"), 3)
    assert operoo.calls == calls * 2
    locked -= {"request_email"}  # type: ignore[operator]
    stack.request("again", {"kind": "resync", "step": "apply", "students": ["1"]})
    assert operoo.calls == [*calls * 2, "update members"]
    assert operoo.member("1")["request_email"] == "new@example.test"
    assert (_record().problem, work_of(_record())) == (None, None)


def test_an_address_that_is_as_it_was_again_is_no_problem_any_more(
    stack: Cloud, operoo: FakeOperoo, locked: Collection[str]
) -> None:
    """The school took it back."""
    stack.load(_moved("0491 570 158"), 2)
    stack.load(_moved("0491 570 158", email="c1001@example.test"), 3)
    assert (_record().problem, work_of(_record())) == (None, None)
    assert operoo.calls[-1] == "update members"


@pytest.mark.parametrize("locked", ["refuses"], indirect=True)
def test_what_names_another_field_too_is_refused_as_a_whole(stack: Cloud, operoo: FakeOperoo, locked: set[str]) -> None:
    """Only for the address is it known that all else may be sent."""
    locked.add("request_mobile_number")
    stack.load(_moved("0491 570 158"), 2)
    assert operoo.calls == ["refuse members"]
    problem = _record().problem
    assert problem is not None
    assert problem.code == "operoo-rejected"
