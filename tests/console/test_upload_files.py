"""What may be in an uploaded file, and how it is read."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from functions.runtime.wiring import known_columns
from tests.console.desk import STUDENTS, Desk, workbook


def test_a_namesake_is_pointed_out(desk: Desk) -> None:
    """Who may be somebody that Synergetic has is looked at by a person."""
    days = ("1/3/2012", "2/3/2012")
    born, other = (desk.sent(f"name,id,email,dob\nGiven3 Surname3,X9,a@home.example,{day}\n") for day in days)
    assert "Surname3, Given3 (3)" in born["warned"][0]["warnings"][0]
    assert not other["warned"]


def test_columns_of_ones_own_are_said_once_and_remembered(desk: Desk) -> None:
    """The next file with these titles needs no word."""
    content = "Who;Key;Mailbox\nAnn Able;X1;able@home.example\n"
    check = desk.sent(content)
    assert check["missing"]
    assert not check["seen"]
    desk.visitor.do(f"/upload/{check['draft']}/columns", fields=["full_name", "number", "contact_email"])
    assert desk.visitor.ask(f"/upload/{check['draft']}")["counts"]["creates"] == 1
    assert desk.sent(content)["counts"]["creates"] == 1
    owner, deed, *_ = desk.site.visitor("owner").ask("/audit")["deeds"]
    assert owner["what"] == "sign in"
    assert (deed["what"], deed["to"]) == ("columns", "spreadsheets of students")
    assert (deed["before"], deed["after"]) == ("-, -, -", "full_name, number, contact_email")


def test_the_same_people_are_the_same_group_in_whichever_order(desk: Desk) -> None:
    """What a file of people made a group of is unchanged by a file of groups that says the same."""
    rows = "".join(f"Joe,Order,O{number},o@home.example,Orderly\n" for number in (2, 1, 10))
    desk.confirmed(desk.sent(f"First Name,Surname,ID,Email,Group\n{rows}"))
    again = desk.sent('group_name,member_ids\nOrderly,"O10,O2,O1"\n', "group")
    assert again["counts"]["unchanged"] == 1


def test_long_titles_are_not_remembered_and_do_no_harm(desk: Desk) -> None:
    """The table has no room for them."""
    titles = ["Naming", "Ident", *(f"{number}{'y' * 90_000}" for number in range(5))]
    check = desk.sent(f"{','.join(titles)}\nAnn Able,X1,,,,,\n")
    desk.visitor.do(f"/upload/{check['draft']}/columns", fields=["full_name", "number"])
    remembered = known_columns().of("student")
    assert "naming" in map(str.casefold, remembered)
    assert max(map(len, remembered)) < 1000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_files_are_read_as_spreadsheet_programs_write_them(desk: Desk, encoding: str, separator: str) -> None:
    """Whatever separates and encodes them."""
    rows = [["First Name", "Last Name", "Student ID", "Parent Email"], ["Zoë", "O'Hara", "X1", "a@home.example"]]
    content = "\r\n".join(separator.join(row) for row in rows).encode(encoding)
    assert desk.sent(content)["names"] == ["Zoë O'Hara"]


def test_a_workbook_is_read_too(desk: Desk) -> None:
    """Numbers and dates in it are what they look like."""
    content = workbook(("First Name", "Last Name", "Student ID", "Parent Email"), ("Ann", "Able", 90001, "a@home.example"))
    check = desk.sent(content, name="file.xlsx")
    assert check["counts"]["creates"] == 1


def test_rejected_rows_come_back_with_their_reasons(desk: Desk) -> None:
    """Somebody corrects just these."""
    draft = desk.sent(STUDENTS)["draft"]
    rows = list(load_workbook(BytesIO(desk.visitor.get(f"/upload/{draft}/rejected").content)).active.values)
    assert rows[0][-1] == "Why it was rejected"
    assert [row[2] for row in rows[1:]] == ["X3", "X4", "7", "X1"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no-file"),
        (b"First Name,Student ID\n", "spreadsheet-empty"),
        (b"PK\x03\x04 no workbook", "spreadsheet-unreadable"),
        (b"x" * 4_100_000, "spreadsheet-too-large"),
        (b"Student ID\n" + b"1\n" * 5_001, "spreadsheet-too-large"),
    ],
    ids=["empty", "no rows", "damaged", "megabytes", "rows"],
)
def test_what_is_no_such_file_is_refused_in_words(desk: Desk, content: bytes, code: str) -> None:
    """Nothing of it is kept."""
    assert desk.refused(content) == code


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("kind", ["student", "staff", "group"])
def test_the_empty_file_has_the_columns_that_are_known(desk: Desk, kind: str, form: str) -> None:
    """What is downloaded can be uploaded."""
    template = desk.visitor.get(f"/upload/template?kind={kind}&format={form}")
    assert f"template.{form}" in template.headers["content-disposition"]
    assert desk.refused(template.content, f"file.{form}") == "spreadsheet-empty"


@pytest.mark.parametrize(("kind", "content"), [
    ("student", "First Name,Surname,ID,Email\nAnn,Able,{},n@home.example\n"),
    ("staff", "First Name,Last Name,Staff ID,Email\nCo,Ach,{},c@x.example\n"),
    ("group", "group_name,member_ids\nBand,{}\n"),
])  # fmt: skip
def test_a_number_of_thousands_of_digits_is_a_reason_to_reject_its_row(desk: Desk, kind: str, content: str) -> None:
    """No more of it is shown than a person would read."""
    check = desk.sent(content.format("9" * 5000), kind)
    assert check["counts"]["rejected"] == 1
    (reason,) = [one for one in check["rejected"][0]["reasons"] if "999" in one]
    assert len(reason) < 250
    assert max(len(sample) for column in check["columns"] for sample in column["samples"]) < 100
