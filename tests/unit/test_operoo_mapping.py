"""How records look in Operoo: names, identifiers, contacts, silent numbers, groups."""

import pytest

from functions.operoo.mapping import fields_of, identity_of, link_key
from functions.operoo.settings import OperooSettings
from shared.errors import RejectedRecordError
from shared.records import Contact, Group, Name, Staff, Student

_DEFAULT = OperooSettings()
_ANN = Contact(
    id="501",
    type="SC1",
    order=1,
    relationship="Mother",
    name=Name(given="Anne", preferred="Ann", surname="Lee"),
    email="ann@example.com",
    mobile="0400 000 001",
    home_phone="03 9000 0001",
    normal_mail=True,
    parent=True,
)
_NAME = Name(given="Elizabeth", middle="Jane", preferred="Beth", surname="Lee")


def _settings(**given: object) -> OperooSettings:
    return OperooSettings.model_validate(given)


def _student(**fields: object) -> Student:
    return Student.model_validate({"id": "1001", "name": _NAME, "contacts": (_ANN,), **fields})


def test_a_student_as_a_whole() -> None:
    """Exactly these fields and no other leave for Operoo by default."""
    assert fields_of(_student(), _DEFAULT) == {
        "integration_member_id": "1001",
        "user_request_id": "1001",
        "first_name": "Beth",
        "last_name": "Lee",
        "preferred_first_name": "Beth",
        "preferred_last_name": "Lee",
        "middle_names": "Jane",
        "request_email": "ann@example.com",
        "request_mobile_number": "0400 000 001",
        "contacts": [
            {
                "integration_contact_id": "501",
                "first_name": "Ann",
                "last_name": "Lee",
                "relationship": "Mother",
                "email": "ann@example.com",
                "mobile_number": "0400 000 001",
                "home_phone": "03 9000 0001",
                "primary": True,
            }
        ],
    }


@pytest.mark.parametrize(
    ("choice", "name", "expected"),
    [
        ("preferred", _NAME, ("Beth", "Lee")),
        ("legal", _NAME, ("Elizabeth", "Lee")),
        ("preferred", Name(given="Elizabeth", surname="Lee"), ("Elizabeth", "Lee")),
        ("legal", Name(preferred="Beth", surname="Lee"), ("Beth", "Lee")),
        ("legal", Name(surname="Suharto"), ("Suharto", "")),
        ("preferred", Name(given="Beth"), ("Beth", "")),
    ],
)
def test_each_name_stands_in_for_the_other(choice: str, name: Name, expected: tuple[str, str]) -> None:
    """The school chooses; what is missing is taken from the other, and one name alone is the first."""
    fields = fields_of(_student(name=name), _settings(name_choice=choice))
    assert (fields["first_name"], fields["last_name"]) == expected


def test_nobody_without_a_name() -> None:
    """Operoo refuses it, so we do, by number."""
    with pytest.raises(RejectedRecordError, match=r"Student 1001 has no name\.") as caught:
        fields_of(_student(name=Name()), _DEFAULT)
    assert caught.value.code == "no-name"


def test_a_student_nobody_can_be_asked_about_is_rejected_or_not() -> None:
    """By default such a student waits on a list with the reason; a school may send them without an address."""
    alone = _student(contacts=(_ANN.model_copy(update={"email": ""}),))
    with pytest.raises(RejectedRecordError, match="no e-mail address") as caught:
        fields_of(alone, _DEFAULT)
    assert caught.value.code == "no-request-email"
    fields = fields_of(alone, _settings(require_request_email=False))
    assert (fields["request_email"], fields["request_mobile_number"]) == ("", "")


def test_silent_numbers_stay_at_school() -> None:
    """A silent number is sent neither as the number to ask nor among the contacts, unless the school says so."""
    silent = _ANN.model_copy(update={"silent_mobile": True, "silent_phone": True})
    hidden = fields_of(_student(contacts=(silent,)), _DEFAULT)
    assert "0400" not in str(hidden)
    assert "9000" not in str(hidden)
    shown = fields_of(_student(contacts=(silent,)), _settings(contacts={"send_silent_numbers": True}))
    assert shown["request_mobile_number"] == "0400 000 001"
    assert "9000" in str(shown["contacts"])


def test_barred_contacts_stay_at_school() -> None:
    """Not a trace of a contact whom the flags or a court order bar."""
    barred = Contact(id="599", type="SC2", order=2, name=Name(given="Barred"), email="barred@example.com")
    kept_away = barred.model_copy(update={"id": "598", "type": "SC3", "order": 3, "normal_mail": True})
    ann = _ANN.model_copy(update={"lives_with": True})
    sent = fields_of(_student(contacts=(ann, barred, kept_away), court_order=True), _DEFAULT)
    assert "arred" not in str(sent)
    assert "59" not in str(sent["contacts"])


def test_contacts_may_be_left_out() -> None:
    """Where Operoo takes no contacts, only whom to ask is sent."""
    fields = fields_of(_student(), _settings(contacts={"style": "none"}))
    assert "contacts" not in fields
    assert fields["request_email"] == "ann@example.com"


def test_a_field_without_a_name_is_not_sent() -> None:
    """A school leaves out what its Operoo does not know."""
    settings = _settings(resources={"members": {"fields": {"middle_names": "", "request_mobile": "phone"}}})
    fields = fields_of(_student(), settings)
    assert "Jane" not in fields.values()
    assert fields["phone"] == "0400 000 001"


def test_staff_as_a_whole() -> None:
    """Exactly these fields, both ways of naming that are known."""
    staff = Staff(id="301", name=_NAME, code="LEEB", email="beth@school.example", mobile="0400 000 002")
    assert fields_of(staff, _DEFAULT) == {
        "integration_id": "301",
        "user_request_id": "301",
        "first_name": "Beth",
        "last_name": "Lee",
        "name": "Beth Lee",
        "email": "beth@school.example",
        "mobile_number": "0400 000 002",
    }
    assert fields_of(staff.model_copy(update={"silent_mobile": True}), _DEFAULT)["mobile_number"] == ""


def test_staff_may_be_numbered_by_their_code() -> None:
    """Identity and fields agree on the number, whichever it is."""
    staff = Staff(id="301", name=_NAME, code="LEEB", email="beth@school.example")
    settings = _settings(staff_number="code")
    assert fields_of(staff, settings)["user_request_id"] == identity_of(staff, settings).request_id == "LEEB"
    assert identity_of(staff, settings).integration_id == "301"


def test_staff_without_an_address() -> None:
    """Operoo invites staff by e-mail, so they wait on the list, unless the school decides otherwise."""
    staff = Staff(id="301", name=_NAME)
    with pytest.raises(RejectedRecordError) as caught:
        fields_of(staff, _DEFAULT)
    assert caught.value.code == "no-staff-email"
    assert fields_of(staff, _settings(require_staff_email=False))["email"] == ""


_GROUP = Group(
    id="class:A:2026:S:7MAT1",
    type="class",
    code="7MAT1",
    campus="S",
    year_level="7",
    members=("3", "1", "2", "1"),
    staff=("1",),
)
_LINKS = {
    link_key("student", "1"): "41",
    link_key("student", "3"): "43",
    link_key("staff", "1"): "61",
    link_key("group", "year_level:S:7"): "90",
}


def test_a_group_names_only_the_linked_each_once_in_a_fixed_order() -> None:
    """Equal groups have equal fields, whatever order the rows came in; a teacher and a student of one number are two people."""
    assert fields_of(_GROUP, _DEFAULT, links=_LINKS) == {
        "integration_group_id": "class:A:2026:S:7MAT1",
        "name": "7MAT1",
        "student_memberships": ["41", "43"],
        "staff_memberships": ["61"],
    }
    assert fields_of(_GROUP, _DEFAULT)["student_memberships"] == []


@pytest.mark.parametrize("reference", ["integration_id", "request_id"])
def test_a_group_may_name_people_by_our_identifiers(reference: str) -> None:
    """Still only those that are linked."""
    fields = fields_of(_GROUP, _settings(membership_reference=reference), links=_LINKS)
    assert (fields["student_memberships"], fields["staff_memberships"]) == (["1", "3"], ["1"])


def test_a_class_may_stand_below_its_year_level() -> None:
    """Only where the school wants it, and only as long as that group is in Operoo: then the class stands alone again."""
    settings = _settings(class_parent="year_level")
    assert fields_of(_GROUP, settings, links=_LINKS)["parent_group_id"] == "90"
    assert fields_of(_GROUP, settings)["parent_group_id"] == ""
    without = _GROUP.model_copy(update={"year_level": ""})
    assert fields_of(without, settings, links=_LINKS)["parent_group_id"] == ""
    assert "parent_group_id" not in fields_of(_GROUP, _DEFAULT, links=_LINKS)


def test_where_each_kind_lives() -> None:
    """A group has no school number: by name alone nothing is ever taken for ours."""
    assert identity_of(_GROUP, _DEFAULT).request_id == ""
    assert [identity_of(one, _DEFAULT).resource for one in (_student(), Staff(id="1"), _GROUP)] == [
        "members",
        "group_carers",
        "groups",
    ]
