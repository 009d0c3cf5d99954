"""The contract's SELECTs on the sample school, through pyodbc and the real SQLite ODBC driver."""

import io
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyodbc
import pytest
from PIL import Image
from pydantic import SecretStr

from local.sandbox.medical_sample import sample
from local.school import SchoolFacts, connection_string, create_school
from local.school.names import MOBILES
from local.school.odbc import database_name
from local.school.portraits import UNKNOWN_PHOTO
from relay.database.settings import DatabaseSettings
from shared.manifests import Period
from shared.owners import owner_key
from shared.synergetic import ROW_SETS, SQLITE, Queries, Statement, SynergeticSettings, Version
from shared.synergetic.row_sets import RowSet
from shared.synergetic.values import clean_date

TODAY = date(2026, 9, 1)
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SchoolFacts]:
    """A school of 300 students, which no test changes."""
    path = tmp_path_factory.mktemp("school") / "synergetic.db"
    return path, create_school(path, today=TODAY)


@pytest.fixture(scope="module")
def facts(school: tuple[Path, SchoolFacts]) -> SchoolFacts:
    """What is known of it."""
    return school[1]


@pytest.fixture(scope="module")
def connection(school: tuple[Path, SchoolFacts]) -> Iterator[pyodbc.Connection]:
    """A connection through the driver."""
    with closing(pyodbc.connect(connection_string(school[0]))) as opened:
        yield opened


def queries(settings: SynergeticSettings | None = None) -> Queries:
    """The SELECTs in SQLite's dialect."""
    return Queries.of(Version.parse("68.24"), settings or SynergeticSettings(), SQLITE)


def read(connection: pyodbc.Connection, statement: Statement) -> list[dict[str, Any]]:
    """Read all rows by column name."""
    with closing(connection.cursor()) as cursor:
        cursor.execute(statement.sql, statement.parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture(scope="module")
def rows(connection: pyodbc.Connection, facts: SchoolFacts) -> Rows:
    """All row sets."""
    return {name: read(connection, queries().row_set(name, facts.period, today=TODAY)) for name in ROW_SETS}


def test_the_smallest_school_has_every_status_too(tmp_path: Path) -> None:
    """So that a quick look at a few students sees leave of absence, and a birth date that nobody entered."""
    facts = create_school(tmp_path / "small.db", students=20, today=TODAY)
    with closing(pyodbc.connect(connection_string(tmp_path / "small.db"))) as opened:
        students = read(opened, queries().row_set("students", facts.period, today=TODAY))
    assert {row["status_meaning"] for row in students} == {"NORMAL", "NEW", "REPEATING", "LEAVING", "LOA"}
    assert len(students) == 20
    assert any(str(row["birth_date"]).startswith("1899-12-30") for row in students)


def test_numbers_and_addresses_are_nobodys(connection: pyodbc.Connection) -> None:
    """Telephone numbers are kept free for fiction, domains reserved, and no card of a person has such a number."""
    told = "SELECT Email, OccupEmail, MobilePhone, OccupMobilePhone, Phone FROM Community AS c JOIN Addresses USING (AddressID)"
    people = connection.execute(told).fetchall()
    mails = {one for row in people for one in row[:2] if one}
    assert {mail.rpartition(".")[2] for mail in mails if not mail.endswith("example.org")} == {"test"}
    digits = {re.sub(r"^61", "0", re.sub(r"\D", "", one)) for row in people for one in row[2:] if one}
    assert all(one in MOBILES or re.fullmatch(r"035550\d{4}", one) for one in digits)
    said = [sample(str(number), number) for number in range(60)]
    cards = [str(one.profile["medicare_number"]) for one in said if one]
    cards += [row[0] for row in connection.execute("SELECT MedicareNo FROM MedicalDetails").fetchall()]
    assert all(re.fullmatch(r"9\d{9}", card) for card in cards)


@pytest.mark.parametrize("folder", ["plain", "two words", "Schülergrößen", "学校", "a;b", "100 % #1?"])
def test_a_school_is_found_in_any_folder(folder: str, tmp_path: Path) -> None:
    """By our own connection and by the relay's, whose configuration the demo writes; what is not there is not made."""
    place = tmp_path / folder
    place.mkdir()
    create_school(place / "school.db", students=1, photos=0)
    settings = DatabaseSettings(driver="SQLite3", database=database_name(place / "school.db"))
    for text in (connection_string(place / "school.db"), settings.text(SecretStr(""))):
        with closing(pyodbc.connect(text)) as opened:
            assert opened.execute("SELECT COUNT(*) FROM StudentYears").fetchone()[0] > 0
        with pytest.raises(pyodbc.Error):
            pyodbc.connect(text.replace("school.db", "other.db"))
    assert [one.name for one in place.iterdir()] == ["school.db"]


@pytest.mark.parametrize("name", ROW_SETS)
def test_rows_have_the_declared_columns_a_unique_key_and_their_count(
    name: Any, rows: Rows, connection: pyodbc.Connection, facts: SchoolFacts
) -> None:
    """Each row set's columns are as declared, its key is unique, and COUNT says how many rows there are."""
    row_set = ROW_SETS[name]
    assert tuple(rows[name][0]) == row_set.columns
    keys = [tuple(row[column] for column in row_set.key) for row in rows[name]]
    assert len(set(keys)) == len(keys)
    ((counted,),) = (row.values() for row in read(connection, queries().count(name, facts.period, today=TODAY)))
    assert counted == len(keys) > 0


def test_version_and_period(connection: pyodbc.Connection, facts: SchoolFacts) -> None:
    """The school says its version, and one period is current."""
    assert [row["VersionNumber"] for row in read(connection, queries().version())] == ["68.24"]
    (period,) = read(connection, queries().current_periods())
    assert Period(year=period["FileYear"], semester=period["FileSemester"]) == facts.period


def test_current_students_are_those_the_school_has(rows: Rows, facts: SchoolFacts) -> None:
    """Students on leave are there; leavers, future students and those of a status without meaning are not."""
    found = {row["id"] for row in rows["students"]}
    assert found == set(facts.students)
    assert len(found) == 300
    assert facts.on_leave
    assert set(facts.on_leave) <= found
    assert facts.leavers
    assert facts.future
    assert not found & {*facts.leavers, *facts.future}


def test_a_padded_status_loses_no_student(connection: pyodbc.Connection, rows: Rows) -> None:
    """The file has codes with blanks after them, and their students are read all the same."""
    padded = connection.execute("SELECT ID FROM StudentYears WHERE FileYear = 2026 AND LENGTH(Status) > 3").fetchall()
    assert {row[0] for row in padded} & {row["id"] for row in rows["students"]}


def test_codes_without_meaning_can_be_made_current(connection: pyodbc.Connection, facts: SchoolFacts) -> None:
    """`present_codes` adds the students of a status whose meaning the school left blank."""
    found = read(connection, queries(SynergeticSettings(present_codes=("EXC",))).row_set("students", facts.period, today=TODAY))
    assert facts.examples["exchange_student"] in {row["id"] for row in found}
    assert len(found) == 302


def contacts_of(rows: Rows, student: int) -> set[tuple[str, int, int]]:
    """Give type, person and whether through the spouse of each contact of a student."""
    return {
        (row["contact_type"], row["contact_id"], row["through_spouse"])
        for row in rows["contacts"]
        if row["student_id"] == student
    }


def test_a_spouse_is_a_contact_without_a_row_of_their_own(rows: Rows, facts: SchoolFacts) -> None:
    """A couple stands behind one contact row."""
    student, one, other = (facts.examples[f"couple_{who}"] for who in ("student", "adult_1", "adult_2"))
    assert contacts_of(rows, student) == {("SC1", one, 0), ("SC1", other, 1)}


def test_primary_only_leaves_the_spouse_out(rows: Rows, facts: SchoolFacts) -> None:
    """A separated parent's new partner is not a contact."""
    student, first, second = (facts.examples[f"new_partner_{who}"] for who in ("student", "adult_1", "adult_2"))
    assert contacts_of(rows, student) == {("SC1", first, 0), ("SC2", second, 0)}
    assert facts.examples["new_partner_adult_3"] not in {row["contact_id"] for row in rows["contacts"]}


def test_a_parent_with_a_row_may_come_as_a_spouse_too(rows: Rows, facts: SchoolFacts) -> None:
    """Where both spouses have rows each comes twice, and whoever reads the rows has to know a person by the ID."""
    student, one, other = (facts.examples[f"both_have_rows_{who}"] for who in ("student", "adult_1", "adult_2"))
    assert contacts_of(rows, student) == {("SC1", one, 0), ("SC1", other, 1), ("SC2", other, 0), ("SC2", one, 1)}


def test_separated_parents_and_court_orders_are_carried(rows: Rows, facts: SchoolFacts) -> None:
    """Both parents of a separated couple are contacts, and the student's row says so."""
    student = facts.examples["court_order_student"]
    assert len(contacts_of(rows, student)) == 2
    (row,) = (row for row in rows["students"] if row["id"] == student)
    assert row["parents_separated"] is True
    assert row["court_order_type"] == "PAR"
    assert isinstance(row["court_order_date"], datetime)
    assert {row["normal_mail"] for row in rows["contacts"] if row["student_id"] == student} == {True, False}


def test_flags_of_contacts_are_carried(rows: Rows, facts: SchoolFacts) -> None:
    """Silent numbers, barred and deceased contacts come with their flags, not left out."""
    by_student = {name: facts.examples[f"{name}_student"] for name in ("silent", "barred", "widowed", "no_mail")}
    of = {name: [row for row in rows["contacts"] if row["student_id"] == student] for name, student in by_student.items()}
    assert all(row["silent_mobile"] and row["silent_phone"] for row in of["silent"])
    assert not any(row["normal_mail"] for row in of["barred"])
    assert [row["deceased"] for row in sorted(of["widowed"], key=lambda row: row["through_spouse"])] == [False, True]
    assert not any(row["email"] or row["work_email"] for row in of["no_mail"])


def test_couples_may_share_an_address(rows: Rows, facts: SchoolFacts) -> None:
    """One e-mail address is no proof of one person."""
    mails = [row["email"] for row in rows["contacts"] if row["student_id"] == facts.examples["shared_mail_student"]]
    assert len(mails) == 2
    assert len(set(mails)) == 1


def test_the_first_of_several_relationships_is_taken(rows: Rows, facts: SchoolFacts) -> None:
    """Two words for one contact give one row."""
    (row,) = (row for row in rows["contacts"] if row["student_id"] == facts.examples["two_relationships"])
    assert row["relationship_description"] in {"Grandmother", "Grandfather"}


def test_emergency_contacts_are_not_read(rows: Rows) -> None:
    """Only student contacts are, by default."""
    assert {row["contact_type"] for row in rows["contacts"]} <= {"SC1", "SC2", "SC3"}


def test_staff_are_the_active_ones(rows: Rows, facts: SchoolFacts) -> None:
    """Inactive staff are not there, those who teach nothing are."""
    assert {row["id"] for row in rows["staff"]} == set(facts.staff)
    assert facts.examples["idle_staff"] not in {row["staff_id"] for row in rows["teachers"]}


def test_one_code_on_two_campuses_is_two_classes(rows: Rows, facts: SchoolFacts) -> None:
    """Classes are known by their full key, so their members do not mix; other file types are not read."""
    members = {
        name: {row["student_id"] for row in rows["memberships"] if owner(ROW_SETS["memberships"], row) == group}
        for name, group in facts.groups.items()
    }
    assert members["chess_junior"]
    assert members["chess_senior"]
    assert not members["chess_junior"] & members["chess_senior"]
    assert {row["file_type"] for row in rows["groups"] if row["group_type"] == "class"} == {"A"}
    assert {row["file_year"] for row in rows["groups"] if row["group_type"] == "class"} == {"2026"}


def owner(row_set: RowSet, row: dict[str, Any]) -> str:
    """Give the identifier of whom a row is about."""
    return owner_key(*(row[column] for column in row_set.owner))


def stays(rows: list[dict[str, Any]], student: int, group: str) -> list[tuple[date | None, date | None]]:
    """Give the first and last day of each stay of a student in a class."""
    mine = (row for row in rows if row["student_id"] == student and owner(ROW_SETS["memberships"], row) == group)
    return [(clean_date(row["start_date"]), clean_date(row["stop_date"])) for row in mine]


def test_members_are_those_of_the_day(rows: Rows, facts: SchoolFacts, connection: pyodbc.Connection) -> None:
    """Who has left a class or is to start is no member today; on another day they are."""
    found = {name: (facts.examples[f"{name}_member"], facts.groups[name]) for name in ("stopped", "returned", "starting")}
    assert not stays(rows["memberships"], *found["stopped"])
    assert not stays(rows["memberships"], *found["starting"])
    assert stays(rows["memberships"], *found["returned"]) == [(date(2026, 8, 30), None)]
    last, first = date(2026, 8, 23), date(2026, 9, 15)
    on_last = read(connection, queries().row_set("memberships", facts.period, today=last))
    assert stays(on_last, *found["stopped"]) == [(date(2026, 8, 13), last)]
    assert not stays(
        read(connection, queries().row_set("memberships", facts.period, today=date(2026, 8, 24))), *found["stopped"]
    )
    assert not stays(
        read(connection, queries().row_set("memberships", facts.period, today=date(2026, 9, 14))), *found["starting"]
    )
    on_first = read(connection, queries().row_set("memberships", facts.period, today=first))
    assert stays(on_first, *found["starting"]) == [(first, None)]


def test_only_current_students_are_members_of_known_groups(rows: Rows, facts: SchoolFacts) -> None:
    """Leavers' class rows are still in the file and are not read; every membership's and teacher's group exists."""
    assert {row["student_id"] for row in rows["memberships"]} == set(facts.students)
    groups = {owner(ROW_SETS["groups"], row) for row in rows["groups"]}
    for name in ("memberships", "teachers"):
        assert {owner(ROW_SETS[name], row) for row in rows[name]} <= groups


def test_every_kind_of_cohort_and_role_is_there(rows: Rows) -> None:
    """Year levels (0 included), forms, houses, tutors and campuses are described by their look-ups."""
    described = {(row["group_type"], row["code"]): row["description"] for row in rows["groups"]}
    assert described["year_level", "0"] == "Preparatory"
    assert described["year_level", "12"] == "Year 12"
    assert described["campus", "S"] == "Senior School"
    assert described["house", "RED"] == "Waratah House"
    assert {kind for kind, _ in described} == {"class", "year_level", "form", "house", "tutor", "campus"}
    assert {row["role"] for row in rows["teachers"]} == {"teacher", "coordinator", "head", "form_teacher"}


def test_the_latest_photo_is_chosen_and_its_bytes_are_read(
    rows: Rows, facts: SchoolFacts, connection: pyodbc.Connection
) -> None:
    """One row a person; the bytes are those of the newest year's last change; nobody's photo is left out."""
    by_person = {row["id"]: row for row in rows["photos"]}
    assert set(by_person) == {*facts.photos, facts.examples["unknown_photo"]}
    formats = set()
    for person in facts.photos:
        ((content,),) = (row.values() for row in read(connection, queries().photo(person)))
        assert len(content) == by_person[person]["size"]
        formats.add(Image.open(io.BytesIO(content)).format)
    assert formats == {"JPEG", "PNG", "GIF"}
    twice = by_person[facts.examples["two_photos"]]
    assert (twice["file_year"], twice["modified_at"].date()) == (2026, date(2026, 8, 2))
    ((unknown,),) = (row.values() for row in read(connection, queries().photo(facts.examples["unknown_photo"])))
    assert bytes(unknown) == UNKNOWN_PHOTO


def test_the_driver_gives_the_types_that_sql_server_gives(rows: Rows) -> None:
    """Numbers, bits, dates and text arrive as such; dates before 1900 and accents survive; empty text is empty."""
    of = {
        "students": {"id": int, "birth_date": datetime, "silent_mobile": bool, "year_level": int, "surname": str},
        "contacts": {"student_id": int, "through_spouse": int, "primary_only": bool, "home_phone": str},
        "memberships": {"student_id": int, "file_year": str},
        "photos": {"size": int, "modified_at": datetime},
    }
    for name, columns in of.items():
        for column, kind in columns.items():
            assert {type(row[column]) for row in rows[name]} == {kind}, (name, column)
    assert datetime(1899, 12, 30) in {row["birth_date"] for row in rows["students"]}  # noqa: DTZ001 - as drivers give it
    assert {"é", "ø", "ü", "'"} <= {letter for row in rows["contacts"] for letter in row["given"] + row["surname"]}
    assert {type(row["stop_date"]) for row in rows["memberships"]} == {datetime, type(None)}
    assert "" in {row["email"] for row in rows["contacts"]}
