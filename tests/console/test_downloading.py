"""File mode: spreadsheets that Operoo's own imports take."""

import csv
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from functions.console.web.sheets import as_meant, csv_of, harmless, xlsx_of
from functions.operoo.import_rows import group_rows, staff_rows, student_rows, told_apart
from functions.operoo.settings import OperooSettings
from shared.records import Group, Name, Staff, Student
from tests.console.desk import Desk
from tests.console.site import Visitor

NASTY = ["=HYPERLINK(1)", "-2+3", "@SUM(A1)", "\t=1", "\N{FULLWIDTH EQUALS SIGN}1", '"=1', "'=1", "=", "-", "+61 =1"]
HARMLESS = ["+61 491 570 006", "+61491570006", "-5", "0491 570 006", "O'Hara", "a@b.example", "Zoë-Ann", ""]


def rows_in(visitor: Visitor, address: str) -> list[list[str]]:
    """Return the rows of a CSV file."""
    return list(csv.reader(StringIO(visitor.get(address).content.decode("utf-8-sig"))))


def test_what_is_selected_comes_with_exactly_operoos_columns(desk: Desk) -> None:
    """Students with the adult who is asked, staff with their groups, groups with the numbers of who is in the other files."""
    select = {"students": ["1", "2"], "staff": ["500"], "groups": ["class:A:2026:S:7MAT1"]}
    desk.site.cloud.request("some", {"kind": "selection", "select": select})
    desk.site.listed()
    visitor = desk.visitor
    parts = visitor.ask("/download")["parts"]
    assert {kind: part["rows"] for kind, part in parts.items()} == {
        "student": {"selected": 2, "all": 20},
        "staff": {"selected": 1, "all": 1},
        "group": {"selected": 1, "all": 1},
    }
    students = rows_in(visitor, "/download/file?kind=student&format=csv")
    assert students[0] == ["First Name", "Last Name", "Student ID", "Parent Email", "Parent Mobile", "Groups"]
    name = students[1][5]
    assert students[1] == ["Given1", "Surname1", "1", "c1001@example.test", "0491 570 006", name]
    assert len(students) == 3
    staff = rows_in(visitor, "/download/file?kind=staff&format=csv")
    assert staff == [
        ["First Name", "Last Name", "Staff ID", "Email", "Mobile", "Group 1", "Group 2", "Group 3"],
        ["Staff500", "Teacher", "500", "t500@school.test", "", name, "", ""],
    ]
    groups = rows_in(visitor, "/download/file?kind=group&format=csv")
    assert groups == [["group_name", "member_ids", "staff_ids"], [name, "1,2", "500"]]
    book = load_workbook(BytesIO(visitor.get("/download/file?kind=student&scope=all").content)).active
    assert book.max_row == 21
    assert visitor.get("/download/file?kind=student").headers["content-disposition"].endswith('students.xlsx"')


def test_groups_of_one_name_stay_two() -> None:
    """Operoo's imports know a group by its name: the houses of two campuses would become one, with the staff of both."""
    junior = Group(id="j", type="house", code="RED", name="Banksia House", campus="J", members=("1",))
    senior, other = (junior.model_copy(update=one) for one in ({"id": "s", "campus": "S"}, {"id": "o", "name": "Wattle"}))
    named = told_apart([junior, senior, other])
    assert [one.name for one in named] == ["Banksia House (J RED)", "Banksia House (S RED)", "Wattle"]
    assert told_apart([junior, other]) == [junior, other]
    campus = Group(id="c", type="campus", code="S", name="wattle", campus="S")
    assert [one.name for one in told_apart([other, campus])] == ["Wattle (J RED)", "wattle (S)"]


def test_a_name_stays_one_group_whatever_stands_in_it() -> None:
    """Operoo's import of groups reads `Parent/Child` as two levels, and a cell of a student's groups is a list."""
    group = Group(id="g", type="class", code="7ENG", name="English/Literature, Junior (7ENG)", members=("1",), staff=("500",))
    pupil, leader = Student(id="1", name=Name(given="A")), Staff(id="500", name=Name(given="B"), email="b@school.test")
    settings = OperooSettings(require_request_email=False)
    name = "English-Literature Junior (7ENG)"
    assert group_rows([group], [pupil], [leader], settings) == [(name, "1", "500")]
    assert student_rows([pupil], [group], settings)[0][-1] == name
    assert staff_rows([leader], [group], settings)[0][-3:] == (name, "", "")


def test_a_large_file_fits_into_what_lambda_answers(desk: Desk) -> None:
    """A workbook is compressed by itself; CSV is on its way to whoever takes it so, as browsers do."""
    gzip = {"Accept-Encoding": "gzip"}
    encodings = [
        desk.visitor.get(f"/download/file?kind=student&scope=all&format={form}", headers=gzip).headers.get("content-encoding")
        for form in ("csv", "xlsx")
    ]
    assert encodings == ["gzip", None]


@pytest.mark.parametrize("text", NASTY)
def test_a_name_that_looks_like_a_formula_stays_a_name(text: str) -> None:
    """In CSV with an apostrophe in front, in XLSX as it is and as text."""
    assert harmless(text) == f"'{text}"
    cell = load_workbook(BytesIO(xlsx_of([[text]]))).active["A1"]
    assert (cell.value.strip(), cell.data_type) == (text.strip(), "s")


@pytest.mark.parametrize("text", HARMLESS)
def test_what_operoo_has_to_read_stays_as_it_is(text: str) -> None:
    """Telephone numbers above all."""
    [row] = csv.reader(StringIO(csv_of([[text, "x"]]).decode("utf-8-sig")))
    assert row == [text, "x"]


@pytest.mark.parametrize("text", ["=1+1", "'=1+1", "-x", "'", "O'Hara", "'quoted'", "+61 491 570 006", ""])
def test_what_was_made_harmless_comes_back_as_it_was(text: str) -> None:
    """A file that was downloaded can be uploaded again."""
    assert as_meant(harmless(text)) == text


def test_what_no_cell_of_a_workbook_can_hold_is_not_cut_off(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that is cut in two is somebody else's: CSV holds them all."""
    monkeypatch.setattr("functions.console.manual.downloads_page.LONGEST_CELL", 3)
    answers = [desk.visitor.get(f"/download/file?kind=group&scope=all&format={form}") for form in ("xlsx", "csv")]
    assert [answer.status for answer in answers] == [409, 200]
    assert "take CSV" in answers[0].text


def test_what_lambda_cannot_answer_is_said_to_be_too_large(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """In words, where it would be an error of the gateway's; CSV counts as it goes on its way to whoever asks."""
    file, packed = "/download/file?kind=student&scope=all&format=", {"Accept-Encoding": "gzip"}
    monkeypatch.setattr("functions.console.web.sheets.LARGEST_FILE", len(desk.visitor.get(f"{file}csv").content) - 1)
    asked = (("xlsx", packed), ("csv", packed), ("csv", {}))
    answers = [desk.visitor.get(f"{file}{form}", headers=headers) for form, headers in asked]
    assert [answer.status for answer in answers] == [409, 200, 409]
    assert all("take CSV in a browser" in answers[number].text for number in (0, 2))
    monkeypatch.setattr("functions.console.web.sheets.LARGEST_FILE", 20)
    refused = desk.visitor.get(f"{file}csv", accept="application/json", headers=packed)
    assert (refused.status, refused.json["code"]) == (409, "download-too-large")


def test_what_no_workbook_can_hold_is_left_out() -> None:
    """A file is made all the same."""
    assert load_workbook(BytesIO(xlsx_of([["a\x00b\x0b"]]))).active["A1"].value == "ab"
