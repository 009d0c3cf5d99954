"""A student in Operoo about whom nobody may be asked any more is kept in step all the same, but for whom Operoo asks."""

import pytest

from functions.records.staged import StagedRecord, work_of
from functions.runtime.wiring import records_table
from tests.integration.cloud import Cloud
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import changed, member_of_staff, school

pytestmark = pytest.mark.usefixtures("everybody_arrived")

# Another name, and a court order that keeps the only contact away.
BARRED = changed(
    changed(school(), "contacts", 1, lives_with=0), "students", 1, court_order_type="IVO", surname="Other", preferred=""
)


def _record() -> StagedRecord:
    record = records_table().get("student", "1")
    assert record is not None
    return record


def test_who_is_barred_is_not_told_any_more_and_a_person_hears_of_it(stack: Cloud, operoo: FakeOperoo) -> None:
    """Whoever may not hear of the child must not stand among the contacts for want of another address."""
    before = dict(operoo.member("1"))
    operoo.calls.clear()
    stack.load(BARRED, 2)
    after, problem = operoo.member("1"), _record().problem
    assert operoo.calls == ["update members"]
    assert (before["contacts"] == [], after["contacts"], after["last_name"]) == (False, [], "Other")
    assert [after[name] for name in ("request_email", "request_mobile_number")] == [
        before[name] for name in ("request_email", "request_mobile_number")
    ]
    assert problem is not None
    assert (problem.code, work_of(_record())) == ("no-request-email", "parked")
    assert "goes on asking whom it asked before" in problem.reason


def test_it_is_over_when_somebody_may_be_asked_again(stack: Cloud, operoo: FakeOperoo) -> None:
    """By itself, with what changes at the school."""
    before = dict(operoo.member("1"))
    stack.load(BARRED, 2)
    stack.load(school(), 3)
    assert (operoo.member("1"), _record().problem, work_of(_record())) == (before, None, None)


def test_a_teacher_without_an_address_keeps_it_in_operoo_and_all_else_follows(stack: Cloud, operoo: FakeOperoo) -> None:
    """A new name arrives, and a person hears of the address."""
    stack.load(school() | {"staff": [member_of_staff(500, work_email="", surname="Newname")]}, 2)
    [teacher], staged = operoo.living("group_carers"), records_table().get("staff", "500")
    assert (teacher["email"], teacher["last_name"]) == ("t500@school.test", "Newname")
    assert staged is not None
    assert staged.problem is not None
    assert (staged.problem.code, work_of(staged)) == ("no-staff-email", "parked")
