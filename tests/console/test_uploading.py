"""Manual synchronisation: a spreadsheet is checked row by row, looked at, and then goes the way of everything else."""

from io import BytesIO
from urllib.parse import urlencode

from tests.console.desk import Desk, students
from tests.integration.school_rows import school


def test_rows_are_checked_one_by_one_and_the_rest_goes_to_operoo(desk: Desk) -> None:
    """Whom Synergetic has is rejected, as is who cannot be asked; the others are created, and the groups they are in."""
    check = desk.sent(students("A"))
    assert check["counts"] == {"creates": 2, "updates": 0, "unchanged": 0, "rejected": 4}
    reasons = {row["row"]: " ".join(row["reasons"]) for row in check["rejected"]}
    words = {4: "e-mail", 5: "no name", 6: "Synergetic", 7: "row 2"}
    assert {row: word in reasons[row] for row, word in words.items()} == dict.fromkeys(words, True)
    assert (check["mails"], check["groups_made"]) == (2, 2)
    assert not desk.visitor.ask("/students?show=manual&q=manual:A")["rows"]
    desk.confirmed(check, select="yes")
    rows = {row["id"]: row for row in desk.visitor.ask("/students?show=manual&q=manual:A")["rows"]}
    assert set(rows) == {"manual:A1", "manual:A2"}
    assert all(row["cloud"] and row["origin"] == "upload" for row in rows.values())
    assert {number: one["request_email"] for number, one in desk.profiles("A").items()} == {
        "A1": "able@home.example",
        "A2": "busy@home.example",
    }
    assert [len(desk.group(name)["student_memberships"]) for name in ("Choir A", "Chess A")] == [2, 1]  # type: ignore[arg-type]


def test_no_run_changes_or_removes_what_was_uploaded(desk: Desk) -> None:
    """Snapshots come and go, and Operoo keeps who was uploaded."""
    desk.confirmed(desk.sent(students("B")), select="yes")
    before = desk.visitor.ask("/students?show=manual&q=manual:B")["rows"]
    desk.snapshot(school(10))
    desk.snapshot(school())
    assert desk.visitor.ask("/students?show=manual&q=manual:B")["rows"] == before
    assert set(desk.profiles("B")) == {"B1", "B2"}


def test_a_second_file_changes_whom_it_names_and_removes_nobody(desk: Desk) -> None:
    """The number says who somebody is."""
    desk.confirmed(desk.sent(students("C")), select="yes")
    again = desk.sent("First Name,Surname,ID,Email,Group\nAnn,Able,C1,new@home.example,Drama\n")
    assert again["counts"] == {"creates": 0, "updates": 1, "unchanged": 0, "rejected": 0}
    desk.confirmed(again)
    mails = {number: one["request_email"] for number, one in desk.profiles("C").items()}
    assert mails == {"C1": "new@home.example", "C2": "busy@home.example"}
    same = desk.sent("First Name,Surname,ID,Email\nAnn,Able,C1,new@home.example\n")
    assert (same["counts"]["unchanged"], same["seen"]) == (1, "")
    assert desk.code(f"/upload/{same['draft']}", seen="") == "nothing-to-bring"


def test_whoever_operoo_does_not_have_yet_is_counted_among_those_it_asks(desk: Desk) -> None:
    """Also if they are here already and only change, but a family once; and of what the file does not say, nothing goes."""
    whole = "First Name,Surname,ID,Email,Mobile,House\nKim,Kelp,K1,kelp@home.example,0491 570 006,RED\n"
    desk.confirmed(desk.sent(whole))
    others = "Kit,Kelp,K2,other@home.example\nKai,Kelp,K3,kelp@home.example\n"
    again = desk.sent(f"First Name,Surname,ID,Email\nKit,Kelp,K1,kelp@home.example\n{others}")
    assert (again["counts"]["updates"], again["counts"]["creates"], again["mails"]) == (1, 2, 2)
    assert "Row 2 has the same name" in again["warned"][0]["warnings"][0]
    desk.confirmed(again, select="yes")
    assert desk.sent(whole.replace("Kim", "Kit"))["counts"]["unchanged"] == 1
    later = desk.sent("First Name,Surname,ID,Email\nKay,Kelp,K1,kelp@home.example\n")
    assert (later["counts"]["updates"], later["mails"]) == (1, 0)


def test_groups_name_people_by_their_numbers(desk: Desk) -> None:
    """Whoever is not there is named as the reason."""
    check = desk.sent('group_name,member_ids,staff_ids\nBand,"1, 2",500\nDebating,"1,99",\n7mat1,1,\n,1,\n', "group")
    assert (check["counts"]["creates"], check["counts"]["rejected"]) == (1, 3)
    assert "99" in check["rejected"][0]["reasons"][0]
    assert "Synergetic" in check["rejected"][1]["reasons"][0]
    desk.confirmed(check)
    [band] = desk.visitor.ask("/groups?show=manual&q=Band")["rows"]
    assert (band["name"], band["size"], band["origin"]) == ("Band", 2, "upload")


def test_what_an_upload_may_say_can_be_looked_for(desk: Desk) -> None:
    """However long a house, it is there to choose from in lists and rules."""
    house = f"HOUSE {'É' * 90}"
    desk.confirmed(desk.sent(f"First Name,Last Name,Student ID,Parent Email,House\nIda,Inn,L1,i@home.example,{house}\n"))
    assert house in desk.visitor.ask("/students")["facets"]["house"]
    for address in ("/students?", "/students/choose?choice=select&", "/rules/preview?"):
        assert desk.visitor.get(f"{address}{urlencode({'house': house})}").status == 200


def test_staff_are_uploaded_with_their_groups(desk: Desk) -> None:
    """Up to three columns are groups; who has no number is known by the address."""
    titles = "First Name,Last Name,Staff ID,Email,Mobile,Group 1,Group 2"
    check = desk.sent(f"{titles}\nCo,Ach,,c@x.example,,Rowing,Sailing\n", "staff")
    assert (check["counts"]["creates"], check["groups_made"]) == (1, 2)
    desk.confirmed(check)
    assert {row["name"] for row in desk.visitor.ask("/groups?show=manual")["rows"]} >= {"Rowing", "Sailing"}
    assert desk.visitor.ask("/staff?show=manual")["total"] == 1


def test_confirming_twice_uploads_once_and_only_what_was_shown(desk: Desk) -> None:
    """A second click, or an old page, does nothing."""
    check = desk.sent(students("D"))
    assert desk.code(f"/upload/{check['draft']}", seen="0") == "changed-since"
    desk.confirmed(check)
    assert desk.code(f"/upload/{check['draft']}", seen=check["seen"]) == "done-already"
    assert desk.code(f"/upload/{'0' * 32}", seen="") == "draft-gone"
    assert "This file was uploaded" in desk.visitor.get(f"/upload/{check['draft']}").text


def test_who_only_looks_can_neither_upload_nor_fetch(desk: Desk) -> None:
    """Files hold personal data."""
    viewer = desk.site.visitor("viewer")
    draft = desk.sent(students("E"))["draft"]
    addresses = (
        "/upload",
        f"/upload/{draft}",
        f"/upload/{draft}/rejected",
        "/download",
        "/download/file?kind=student",
        "/custom",
    )
    assert {viewer.get(address).status for address in addresses} == {403}
    assert viewer.post("/upload", files={"file": (BytesIO(b"a"), "a.csv")}, kind="student").status == 403
    assert viewer.post("/custom/remove", kind="student", record="manual:E1").status == 403
