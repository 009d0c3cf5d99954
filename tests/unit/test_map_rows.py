"""From rows to canonical records: what the school's realities become."""

from typing import Any

import pytest

from functions.map_rows.mapping import map_bucket
from functions.operoo.best_contact import best_contact
from functions.operoo.mapping import fields_of
from functions.operoo.settings import ContactSettings, OperooSettings
from functions.records.mapped import Mapped, decode, encode
from shared.owners import Kind, owner_key
from shared.records import Group, Record, Staff, Student
from tests.integration.school_rows import contact, member_of_staff, school, student

FAMILIES: dict[int, dict[str, Any]] = {1: {}, 2: {"relationship_description": "Aunt", "parent": 0}}


def record_of(mapped: Mapped) -> Record:
    """Return the record of an outcome."""
    kinds: dict[Kind, Any] = {"student": Student, "staff": Staff, "group": Group}
    record: Record = kinds[mapped.kind].model_validate_json(mapped.record or "")
    return record


def only_student(row: dict[str, Any], contacts: list[dict[str, Any]] | None = None) -> tuple[Student, Mapped]:
    """Map one student and return the record and the outcome."""
    [mapped] = map_bucket("student", {"students": [row], "contacts": contacts or [], "photos": []})
    record = record_of(mapped)
    assert isinstance(record, Student)
    return record, mapped


def test_a_couple_behind_one_row_and_one_adult_in_several_rows_is_each_adult_once() -> None:
    """Contacts are told apart by their own identifier, in the order of the contact types, a spouse after the linked one."""
    rows = [
        contact(1, 30, contact_type="SC2", contact_seq=5),
        contact(1, 20, contact_type="SC1", contact_seq=9, through_spouse=1),
        contact(1, 10, contact_type="SC1", contact_seq=9),
        contact(1, 20, contact_type="SC2", contact_seq=6),
        contact(1, 40, contact_type="SE1", contact_seq=1),
        contact(1, 50, contact_type="SC10", contact_seq=2),
    ]
    record, _ = only_student(student(1), rows)
    assert [(one.id, one.order, one.through_spouse) for one in record.contacts] == [
        ("10", 1, False),
        ("30", 2, False),
        ("20", 3, False),
        ("50", 4, False),
        ("40", 5, False),
    ]


def test_a_spouse_without_a_row_comes_right_after_the_linked_contact() -> None:
    """Once, although two rows lead to them."""
    rows = [contact(1, 20, contact_seq=9, through_spouse=1), contact(1, 10, contact_seq=9)]
    rows += [contact(1, 20, contact_type="SC2", contact_seq=5, through_spouse=1)]
    record, _ = only_student(student(1), [*rows, contact(1, 30, contact_type="SC2", contact_seq=5)])
    assert [(one.id, one.through_spouse) for one in record.contacts] == [("10", False), ("20", True), ("30", False)]


def test_an_adult_is_one_person_in_every_family_and_on_the_staff() -> None:
    """Under one identifier, by the private address towards families and by that of work towards the school."""
    rows = {
        "students": [student(1), student(2, surname="Other")],
        "contacts": [contact(one, 10, contact_seq=one, work_email="w@school.test", **flags) for one, flags in FAMILIES.items()],
        "staff": [member_of_staff(10, email="c10@example.test", work_email="w@school.test")],
    }
    first, second = (fields_of(record_of(mapped), OperooSettings()) for mapped in map_bucket("student", rows))  # type: ignore[arg-type]
    [of_staff] = (fields_of(record_of(mapped), OperooSettings()) for mapped in map_bucket("staff", rows))  # type: ignore[arg-type]
    for fields, relationship in ((first, "Mother"), (second, "Aunt")):
        contacts: Any = fields["contacts"]
        [adult] = contacts
        assert (adult["integration_contact_id"], adult["relationship"]) == ("10", relationship)
        assert adult["email"] == fields["request_email"] == "c10@example.test"
    assert (of_staff["integration_id"], of_staff["email"]) == ("10", "w@school.test")


def test_a_parents_own_row_decides_and_not_the_one_of_their_former_spouse() -> None:
    """Who is barred by their own row does not come in again as the spouse whom the school forgot to take off the other's."""
    rows = [
        contact(1, 10, email=""),
        contact(1, 20, contact_seq=10, through_spouse=1),
        contact(1, 20, contact_type="SC2", normal_mail=0, lives_with=0),
    ]
    record, _ = only_student(student(1, court_order_type="PAR"), rows)
    assert [(one.id, one.normal_mail, one.lives_with) for one in record.contacts] == [("10", True, True), ("20", False, False)]
    assert best_contact(record, ContactSettings()).best is None


@pytest.mark.parametrize("written", [-5, "0012", "x", 12.5, True, 2**80])
def test_a_person_whose_id_is_none_waits_on_a_list_and_is_not_lost(written: object) -> None:
    """Under what stands there, by which the relay chose the bucket: elsewhere it would be looked for in vain."""
    for kind, row in (("student", student(1, id=written)), ("staff", member_of_staff(1, id=written))):
        [mapped] = map_bucket(kind, {"students" if kind == "student" else "staff": [row]})  # type: ignore[arg-type]
        assert mapped.parked is not None
        assert (mapped.id, mapped.parked.code) == (owner_key(written), "no-identifier")


@pytest.mark.parametrize(("names", "parked"), [({"preferred": "Cher"}, False), ({"title": "Ms"}, True), ({}, True)])
def test_whoever_has_any_name_is_somebody(names: dict[str, str], *, parked: bool) -> None:
    """A preferred name alone will do; a title is no name."""
    for kind, row in (("student", student(1)), ("staff", member_of_staff(1))):
        nameless = row | dict.fromkeys(("title", "given", "middle", "preferred", "surname"), None) | names
        [mapped] = map_bucket(kind, {"students" if kind == "student" else "staff": [nameless]})  # type: ignore[arg-type]
        assert (mapped.parked is not None) is parked


def test_a_code_with_a_character_that_nobody_can_type_names_the_same_group_on_both_sides() -> None:
    """The relay chooses the bucket by the code as it stands there."""
    key = {"group_type": "class", "file_type": "A", "file_year": "2026", "campus": "S", "code": "7\0MAT "}
    [mapped] = map_bucket("group", {"groups": [{**key, "description": "", "year_level": ""}]})
    assert mapped.id == owner_key(*key.values()) == "class:A:2026:S:7MAT"


def test_half_a_character_and_a_number_without_end_cost_nobody_their_place() -> None:
    """The others in the bucket go on, and so do they."""
    rows = school(1)
    rows["groups"] += [rows["groups"][0] | {"code": "8\ud83d"}]
    assert [one.id for one in map_bucket("group", rows)] == ["class:A:2026:S:7MAT1", "class:A:2026:S:8?"]
    record, _ = only_student(student(1), [contact(1, 10, contact_type="SC" + 5_000 * "1"), contact(1, 11, contact_type="SC1")])
    assert [one.id for one in record.contacts] == ["11", "10"]


def test_a_silent_flag_that_cannot_be_read_hides_the_number() -> None:
    """Between two mistakes the one that keeps a number private."""
    record, _ = only_student(student(1, mobile="1", silent_mobile="?"), [contact(1, 10, silent_mobile="?", silent_phone="?")])
    assert record.mobile == ""
    assert (record.contacts[0].silent_mobile, record.contacts[0].silent_phone) == (True, True)


@pytest.mark.parametrize(("code", "boards"), [("", False), (None, False), (0, False), ("n", False), ("B", True)])
def test_who_boards_has_a_code_that_does_not_say_no(code: object, boards: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """Nothing, zero and no are all that schools write for day students where they write anything."""
    assert only_student(student(1, boarder=code))[0].boarder is boards


def test_empty_is_empty_however_the_school_says_it() -> None:
    """Blank text, zero identifiers and the year 1 mean nothing."""
    record, _ = only_student(student(1, preferred="  ", birth_date="0001-01-01T00:00:00", form=None), [contact(1, 0)])
    assert (record.name.preferred, record.birth_date, record.form, record.contacts) == ("", None, "", ())


def test_a_bad_value_costs_that_value_only_and_is_not_quoted() -> None:
    """The note names the field; what stood there stays private."""
    record, mapped = only_student(student(1, email="zebedee at home", birth_date="31/31/2012"))
    assert (record.email, record.birth_date, record.name.surname) == ("", None, "Surname1")
    assert {note.field for note in mapped.notes} == {"email", "birth_date"}
    assert "zebedee" not in mapped.model_dump_json().lower()


@pytest.mark.parametrize("none", ["1753-01-01T00:00:00", "1899-12-30T00:00:00", "1900-01-01", "0214-03-01"])
def test_a_birth_date_of_nobody_alive_is_dropped(none: str) -> None:
    """What programs write for "no date", and a year with a digit too few, is no birth date; the rest stands."""
    record, mapped = only_student(student(1, birth_date=none))
    assert (record.birth_date, record.name.surname) == (None, "Surname1")
    assert [(note.field, note.reason) for note in mapped.notes] == [("birth_date", "is not after 1900-01-01")]


def test_flags_are_read_in_every_form_a_driver_gives() -> None:
    """A yes is true, 1 or "1"."""
    for yes in (True, 1, "1"):
        record, _ = only_student(student(1, parents_separated=yes, court_order_type="PAR"))
        assert (record.parents_separated, record.court_order) == (True, True)


def test_a_silent_student_mobile_is_not_carried() -> None:
    """What the school hides is hidden."""
    record, _ = only_student(student(1, mobile="0491 570 006", silent_mobile=1))
    assert record.mobile == ""


def test_staff_have_their_work_address_and_never_their_private_one() -> None:
    """A private address is nobody's business."""
    [mapped] = map_bucket("staff", {"staff": [member_of_staff(5, work_email="", email="me@home.test")], "photos": []})
    record = record_of(mapped)
    assert isinstance(record, Staff)
    assert record.email == ""


def test_classes_of_one_description_can_be_told_apart() -> None:
    """The name has the code in it; the members are in a fixed order, each once."""
    rows = school(12)
    rows["memberships"] += rows["memberships"][:3]
    [mapped] = map_bucket("group", {name: rows[name] for name in ("groups", "memberships", "teachers")})  # type: ignore[misc]
    record = record_of(mapped)
    assert isinstance(record, Group)
    assert record.name == "Mathematics (7MAT1)"
    assert record.members == tuple(str(number) for number in range(1, 13))
    assert record.staff == ("500",)


@pytest.mark.parametrize(
    ("kind", "code", "description", "name"),
    [
        ("class", "7MAT1", "", "7MAT1"),
        ("class", "7MAT1", "Mathematics 7MAT1", "Mathematics 7MAT1"),
        ("house", "RED", "Red House", "Red House"),
        ("house", "RED", "", "RED"),
        ("year_level", "7", "", "Year 7"),
        ("year_level", "7", "Seventh Grade", "Seventh Grade"),
    ],
)
def test_a_group_is_named_by_its_description_and_its_code_only_where_that_is_needed(
    kind: str, code: str, description: str, name: str
) -> None:
    """A year level without a description is called one; a class whose description has the code in it is not given it twice."""
    row = school(1)["groups"][0] | {"group_type": kind, "code": code, "description": description}
    [mapped] = map_bucket("group", {"groups": [row], "memberships": [], "teachers": []})
    record = record_of(mapped)
    assert isinstance(record, Group)
    assert record.name == name


@pytest.mark.parametrize(("kind", "campus", "found"), [("campus", "", "S"), ("house", "J", "J"), ("tutor", "", "")])
def test_a_campus_is_one_of_its_own_groups(kind: str, campus: str, found: str) -> None:
    """Whoever asks for all groups of a campus, by a rule or on the page, is given the campus itself as well."""
    row = school(1)["groups"][0] | {"group_type": kind, "campus": campus, "code": "S"}
    [mapped] = map_bucket("group", {"groups": [row], "memberships": [], "teachers": []})
    record = record_of(mapped)
    assert isinstance(record, Group)
    assert record.campus == found


def test_mapping_does_not_depend_on_row_order() -> None:
    """The same rows in another order are the same bytes."""
    rows = school(5)
    there = {name: rows[name] for name in ("students", "contacts", "photos")}
    back = {name: list(reversed(some)) for name, some in there.items()}
    assert encode(map_bucket("student", there)) == encode(map_bucket("student", back))  # type: ignore[arg-type]


def test_what_is_encoded_reads_back() -> None:
    """Records and parked ones travel whole."""
    mapped = map_bucket("student", {"students": [student(1), student(2, given="", surname="")], "contacts": [], "photos": []})
    assert decode(encode(mapped).splitlines()) == mapped
    assert [one.parked.code if one.parked else None for one in mapped] == [None, "no-name"]


def test_what_the_staging_area_cannot_hold_is_parked_and_the_others_go_on() -> None:
    """DynamoDB takes no item of more than 400 kB, and would refuse the whole bucket because of one."""
    rows = school(2)
    other = rows["groups"][0] | {"code": "EVERYBODY"}
    crowd = [rows["memberships"][0] | {"code": "EVERYBODY", "student_id": 1_000_000 + number} for number in range(40_000)]
    rows["groups"].append(other)
    rows["memberships"] += crowd
    outcomes = map_bucket("group", {name: rows[name] for name in ("groups", "memberships", "teachers")})
    parked = {one.id: one.parked.code for one in outcomes if one.parked is not None}
    assert parked == {"class:A:2026:S:EVERYBODY": "record-too-large"}
    assert len(outcomes) == 2
