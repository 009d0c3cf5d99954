"""Rows of a tiny school, as the relay sends them: made by hand so that a test says what is in them."""

from copy import deepcopy
from typing import Any

Rows = dict[str, list[dict[str, Any]]]


def student(number: int, **but: Any) -> dict[str, Any]:
    """Return a student's row."""
    return {
        "id": number, "title": "", "given": f"Given{number}", "middle": "", "preferred": "", "surname": f"Surname{number}",
        "birth_date": "2012-03-01T00:00:00", "gender": "F", "email": "", "work_email": "", "mobile": "", "silent_mobile": 0,
        "status": "0", "status_meaning": "NORMAL", "year_level": "7", "campus": "S", "house": "RED", "form": "7A",
        "tutor": "", "boarder": "", "parents_separated": 0, "court_order_type": "", "court_order_date": None,
    } | but  # fmt: skip


def contact(student_id: int, number: int, **but: Any) -> dict[str, Any]:
    """Return a contact's row."""
    return {
        "student_id": student_id, "contact_type": "SC1", "contact_seq": number, "link_order": 1, "through_spouse": 0,
        "contact_id": number, "title": "Ms", "given": "Pat", "middle": "", "preferred": "", "surname": f"Surname{student_id}",
        "email": f"c{number}@example.test", "work_email": "", "mobile": "0491 570 006", "silent_mobile": 0, "work_mobile": "",
        "silent_work_mobile": 0, "home_phone": "", "silent_phone": 0, "deceased": 0, "primary_only": 0, "normal_mail": 1,
        "reports": 1, "parent": 1, "lives_with": 1, "relationship": "MR", "relationship_description": "Mother",
    } | but  # fmt: skip


def member_of_staff(number: int, **but: Any) -> dict[str, Any]:
    """Return a row of somebody on the staff."""
    return {
        "id": number, "title": "Mr", "given": f"Staff{number}", "middle": "", "preferred": "", "surname": "Teacher",
        "staff_code": f"T{number}", "email": "", "work_email": f"t{number}@school.test", "mobile": "", "silent_mobile": 0,
        "work_mobile": "", "silent_work_mobile": 0,
    } | but  # fmt: skip


_CLASS = {"group_type": "class", "file_type": "A", "file_year": "2026", "campus": "S", "code": "7MAT1"}


def school(students: int = 20) -> Rows:
    """Return a school of so many students, each with a contact, in one class with one teacher."""
    numbers = range(1, students + 1)
    return {
        "students": [student(number) for number in numbers],
        "contacts": [contact(number, 1000 + number) for number in numbers],
        "staff": [member_of_staff(500)],
        "groups": [_CLASS | {"description": "Mathematics", "year_level": "7"}],
        "memberships": [_CLASS | {"student_id": number, "start_date": None, "stop_date": None} for number in numbers],
        "teachers": [_CLASS | {"staff_id": 500, "role": "teacher"}],
        "photos": [],
    }


CLASS_ID = "class:A:2026:S:7MAT1"


def without(rows: Rows, *students: int) -> Rows:
    """Return the school without these students, as if they had left."""
    gone = set(students)
    left = deepcopy(rows)
    left["students"] = [row for row in left["students"] if row["id"] not in gone]
    for name in ("contacts", "memberships"):
        left[name] = [row for row in left[name] if row["student_id"] not in gone]
    return left


def changed(rows: Rows, row_set: str, number: int, **but: Any) -> Rows:
    """Return the school with one owner's rows of a row set changed."""
    copy = deepcopy(rows)
    key = "student_id" if row_set in {"contacts", "memberships"} else "id"
    for row in copy[row_set]:
        if row[key] == number:
            row.update(but)
    return copy
