"""By what somebody is known in Operoo who is not in Synergetic, and who has no place there to write to."""

import pytest

from functions.operoo.mapping import fields_of, identity_of, link_key
from functions.operoo.settings import OperooSettings
from functions.records.manual_records import decode
from functions.records.staged import StagedRecord
from shared.digests import canonical_json
from shared.owners import is_manual, manual_id, number_of
from shared.records import Group, Staff, Student


@pytest.mark.parametrize("by", ["id", "code"])
def test_people_are_known_by_the_schools_number_and_marked_by_the_whole_identifier(by: str) -> None:
    """Also where staff of Synergetic are known by their codes."""
    settings = OperooSettings.model_validate({"staff_number": by})
    for record in (Student(id="manual:X1"), Staff(id="manual:X1")):
        identity = identity_of(record, settings)
        assert (identity.request_id, identity.integration_id) == ("X1", "manual:X1")


@pytest.mark.parametrize(
    ("reference", "members"),
    [("operoo_id", ["70", "71"]), ("integration_id", ["12", "manual:X1"]), ("request_id", ["12", "X1"])],
)
def test_a_group_names_its_people_as_operoo_knows_them(reference: str, members: list[str]) -> None:
    """Those of Synergetic and others alike."""
    settings = OperooSettings.model_validate({"membership_reference": reference})
    group = Group(id="manual:g", type="custom", code="Choir", members=("12", "manual:X1", "13"))
    links = {link_key("student", "12"): "70", link_key("student", "manual:X1"): "71"}
    assert fields_of(group, settings, links=links)["student_memberships"] == members


def test_medical_details_of_whom_synergetic_does_not_have_are_nobodys() -> None:
    """They are neither read nor may they be asked for."""
    linked = StagedRecord(kind="student", id="1", link="linked", choice=True)
    brought = linked.but(id="manual:X1", origin="upload")
    assert [one.two_way for one in (linked, brought)] == [True, False]


def test_numbers_and_identifiers_are_told_apart() -> None:
    """One made of the other, and back."""
    assert [is_manual(one) for one in ("manual:X1", "12", "class:A:2026:S:7MAT1")] == [True, False, False]
    assert [number_of(one) for one in (manual_id("X1"), "12")] == ["X1", "12"]


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": ["student"]},
        {"given": "Ann"},
        {"name": {"first": "Ann"}},
        {"contacts": [{"id": "manual:x", "type": "SC1", "order": 1, "e_mail": "able@home.example"}]},
        {"contacts": [{"id": "manual:x", "type": "SC1", "order": 1, "name": {"first": "Ann"}}]},
    ],
)
def test_a_field_that_no_record_has_refuses_the_line_wherever_it_stands(fields: dict[str, object]) -> None:
    """What was meant by it would be lost, and the child brought without it."""
    with pytest.raises(ValueError, match="does not have"):
        decode([canonical_json({"record": {"kind": "student", "id": "manual:X1", **fields}})])
