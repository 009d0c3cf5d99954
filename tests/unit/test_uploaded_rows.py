"""What a row of an uploaded spreadsheet says, and why one says nothing that can be taken."""

from datetime import date

import pytest

from functions.console.manual.columns import COLUMNS, fields_of, folded, missing, repeated, titles_in, to_remember
from functions.console.manual.editing import form_of, named, new_number, values_of
from functions.console.manual.known import Known
from functions.console.manual.reading import Reader, day_of, ids_in, plain
from functions.console.manual.restating import laid_over
from functions.operoo.best_contact import best_contact
from functions.operoo.import_rows import TITLES
from functions.operoo.settings import ContactSettings, OperooSettings
from functions.records.list_lines import Line
from shared.owners import owner_key
from shared.records import Name, Student

WHOLE = {"first_name": ["Ann"], "last_name": ["Able"], "number": ["X1"], "contact_email": ["a@home.example"]}
STUDENTS = Reader("student", OperooSettings())
KNOWN = Known(
    {
        "student": [Line("12", "Able, Ann", born="2012-03-01"), Line("manual:X1", "Busy, Bob", origin="upload")],
        "staff": [Line("500", "Teacher, Tom", code="TEA")],
        "group": [Line("class:A:2026:S:7MAT1", "Maths", type="class"), Line("manual:0", "Choir", origin="custom")],
    },
    staff_by_code=True,
)


def test_a_student_is_read_with_the_one_to_ask() -> None:
    """The adult is asked whatever a school's settings say of Synergetic's contacts."""
    read = STUDENTS.read({**WHOLE, "contact_mobile": ["+61 491 570 006"], "birth_date": ["1/3/2012"], "groups": ["A; B,A"]})
    assert isinstance(read.record, Student)
    assert (read.record.id, read.record.birth_date, read.groups) == ("manual:X1", date(2012, 3, 1), ("A", "B"))
    strict = ContactSettings(types=("XX",), barred_without=("reports",), relationships=("Mother",))
    best = best_contact(read.record, strict).best
    assert best is not None
    assert (best.email, best.mobile) == ("a@home.example", "+61 491 570 006")


def test_an_adult_with_one_address_is_one_adult() -> None:
    """Also if two children name them, in capital letters or not."""
    two = [
        STUDENTS.read({**WHOLE, "number": [number], "contact_email": [mail]})
        for number, mail in (("1", "A@b.cc"), ("2", "a@b.cc"))
    ]
    assert len({read.record.contacts[0].id for read in two if isinstance(read.record, Student)}) == 1


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"number": []}, "Student ID is empty"),
        ({"number": ["a b"]}, "letters"),
        ({"number": ["1,2"]}, "letters"),
        ({"number": ["../x"]}, "letters"),
        ({"number": ["x" * 41]}, "40"),
        ({"first_name": [], "last_name": [" "]}, "no name"),
        ({"first_name": ["x" * 101]}, "longer"),
        ({"contact_email": []}, "nobody to ask"),
        ({"contact_email": ["a@b"]}, "not one"),
        ({"contact_email": ["a@b..example"]}, "not one"),
        ({"contact_email": ["a@b.example; c@d.example"]}, "not one"),
        ({"contact_mobile": ["4.9157E+8"]}, "not one"),
        ({"birth_date": ["31/2/2012"]}, "not a day"),
        ({"birth_date": ["1/1/2999"]}, "not a day"),
        ({"groups": ["x" * 101]}, "more than"),
        ({"groups": ["Choir, #REF!"]}, "a formula failed"),
        ({"last_name": ["#N/A"]}, "Last Name: #N/A is what"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(change: dict[str, list[str]], word: str) -> None:
    """In words for whoever made the file."""
    read = STUDENTS.read({**WHOLE, **change})
    assert read.record is None
    assert word in " ".join(read.reasons)


def test_a_number_that_became_a_decimal_is_the_number_it_was() -> None:
    """Else who has it would be there twice; what only looks like one stays."""
    assert [STUDENTS.read({**WHOLE, "number": [text]}).number for text in ("10118.0", "7.00", "7.10", "A.0")] == [
        "10118", "7", "7.10", "A.0",
    ]  # fmt: skip
    assert ids_in("10118.0, 7; 7.0 A1.0") == ("10118", "7", "A1.0")


def test_a_mobile_number_gets_back_the_nought_that_a_spreadsheet_takes() -> None:
    """Only one that cannot be anything else."""
    texts = ("491570006", "0491570006", "61491570006", "93331234")
    reads = [STUDENTS.read({**WHOLE, "contact_mobile": [text]}).record for text in texts]
    numbers = [read.contacts[0].mobile for read in reads if isinstance(read, Student)]
    assert numbers == ["0491570006", "0491570006", "61491570006", "93331234"]


def test_a_column_that_a_file_does_not_have_leaves_all_as_it_is() -> None:
    """An empty cell empties; another address is another adult; a downloaded file has the everyday name for the first."""
    whole = {**WHOLE, "preferred_name": ["Annie"], "birth_date": ["1/3/2012"], "house": ["RED"], "contact_first_name": ["Pat"]}
    before = STUDENTS.read(whole).record
    assert isinstance(before, Student)

    def again(**cells: list[str]) -> Student:
        said = STUDENTS.read({**WHOLE, **cells})
        assert isinstance(said.record, Student)
        record = STUDENTS.read(laid_over(before, {**WHOLE, **cells}, said.record, OperooSettings())).record
        assert isinstance(record, Student)
        return record

    assert again() == again(first_name=["Annie"]) == before
    assert again(first_name=[], last_name=[], full_name=["Able, Annie"]) == before
    assert again(house=[]) == before.model_copy(update={"house": ""})
    assert again(first_name=["Anna"]).name == before.name.model_copy(update={"given": "Anna"})
    [other] = again(contact_email=["other@home.example"]).contacts
    assert (other.email, other.name.given) == ("other@home.example", "")


@pytest.mark.parametrize(
    ("whole", "given", "surname"), [("Able, Ann Mary", "Ann Mary", "Able"), ("Ann Able", "Ann", "Able"), ("Ann", "", "Ann")]
)
def test_a_name_in_one_cell_is_divided(whole: str, given: str, surname: str) -> None:
    """At its comma, or before its last word."""
    read = STUDENTS.read({**WHOLE, "first_name": [], "last_name": [], "full_name": [whole]})
    assert read.record is not None
    assert (read.record.name.given, read.record.name.surname) == (given, surname)


def test_staff_without_a_number_are_known_by_their_address() -> None:
    """The next file changes the same person."""
    reader = Reader("staff", OperooSettings())
    one, again = (reader.read({"last_name": ["Ach"], "email": [mail]}) for mail in ("c@x.example", "C@x.example"))
    assert one.number == again.number != ""
    assert reader.read({"last_name": ["Ach"]}).reasons


def test_what_a_school_does_not_ask_for_is_not_asked_for_here() -> None:
    """Addresses, where Operoo needs none."""
    relaxed = Reader("student", OperooSettings(require_request_email=False))
    assert relaxed.read({**WHOLE, "contact_email": []}).record is not None


@pytest.mark.parametrize(
    "text",
    [
        "2012-03-05",
        "5/3/2012",
        "05.03.2012",
        "5-3-2012",
        "5 March 2012",
        "5 Mar 2012",
        "5-Mar-2012",
        "2012-03-05T10:00:00",
        "2012-03-05 00:00:00",
        "5/03/2012 12:00:00 AM",
    ],
)
def test_a_day_is_read_as_australians_and_computers_write_it(text: str) -> None:
    """Day before month."""
    assert day_of(text) == date(2012, 3, 5)


def test_texts_are_made_plain_and_keep_what_names_need() -> None:
    """Marks of direction and joined emoji stay; what controls a terminal goes."""
    family = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
    assert (
        plain(f" a\0\x1b\t b\N{NO-BREAK SPACE}c\ud800 \N{RIGHT-TO-LEFT MARK}{family} ")
        == f"a b c \N{RIGHT-TO-LEFT MARK}{family}"
    )
    assert ids_in("1, 2;3 1\n4") == ("1", "2", "3", "4")


@pytest.mark.parametrize("kind", ["student", "staff", "group"])
def test_operoos_own_titles_are_known(kind: str) -> None:
    """All columns of the files that we make."""
    fields = fields_of(kind, TITLES[kind], {})  # type: ignore[arg-type]
    assert "-" not in fields
    assert not missing(kind, fields)  # type: ignore[arg-type]
    assert not repeated(fields)


def test_what_a_person_said_of_a_title_prevails() -> None:
    """Also that a column is not used."""
    titles = ["Surname", "ID", "E-mail", "Email"]
    assert fields_of("student", titles, {}) == ["last_name", "number", "contact_email", "-"]
    assert fields_of("student", titles, {"id": "-", "e mail": "-", "surname": "nonsense"}) == ["-", "-", "-", "contact_email"]
    assert folded("  Parent\N{RIGHT SINGLE QUOTATION MARK}s E-Mail ") == "parents e mail"
    assert repeated(["number", "number", "groups", "groups", "-", "-"]) == ["number"]


def test_of_two_columns_with_one_title_the_used_one_is_remembered() -> None:
    """The one that is left out says nothing of the title."""
    said = to_remember(["Email", "Email", "", "x" * 101, "Note"], ["contact_email", "-", "number", "house", "-"])
    assert said == {"email": "contact_email", "note": "-"}


def test_titles_may_stand_below_the_heading_of_a_report() -> None:
    """Where no row has more than one title that is known, it is the first."""
    rows = [("Students 2026",), ("printed", "today"), ("Surname", "ID", "Own"), ("Able", "1", "2")]
    assert [titles_in("student", some, {}) for some in (rows, rows[2:], rows[:2])] == [2, 0, 0]
    assert titles_in("student", [("Own", "Other"), ("Name", "1")], {}) == 0


def test_numbers_are_those_of_synergetic_however_they_are_written() -> None:
    """Excel and people add zeros; staff may be known by their code."""
    assert [KNOWN.taken("student", number) for number in ("12", "0012", "X1", "13")] == [True, True, False, False]
    assert [KNOWN.taken("staff", number) for number in ("500", "tea", "x")] == [True, True, False]
    assert [KNOWN.person("student", number) for number in ("012", "X1", "99")] == ["12", "manual:X1", ""]
    assert [KNOWN.person("staff", number) for number in ("500", "tea", "x")] == ["500", "500", ""]


def test_namesakes_are_found_unless_born_on_other_days() -> None:
    """Two children may well have one name."""
    ann = Name(given="ann", surname="ABLE")
    days = (None, date(2012, 3, 1), date(2012, 3, 2))
    assert [bool(KNOWN.namesakes("student", ann, day, but="")) for day in days] == [True, True, False]
    assert not KNOWN.namesakes("student", ann, None, but="12")


def test_namesakes_are_found_however_signs_are_written() -> None:
    """A word processor bends an apostrophe, and one person leaves out the hyphen that another writes. Of groups all counts."""
    people = [Line("1", "O'Brien-Lee, Ann"), Line("2", "St. Clair, Wei"), Line("manual:X1", "O\u2019Brien Lee, Ann")]
    known = Known({"student": people, "staff": [], "group": [Line("form:7-A", "7-A", type="form")]}, staff_by_code=False)
    names = [("O\u2019Brien Lee", "Ann"), ("OBRIEN-LEE", "ann"), ("St Clair", "Wei"), ("Clair", "Wei"), ("'", "-")]
    found = [known.namesakes("student", Name(surname=one, given=two), None, but="manual:X1") for one, two in names]
    assert [[line.id for line in some] for some in found] == [["1"], ["1"], ["2"], [], []]
    assert [line.id for line in known.doubles("student", people[2])] == ["1"]
    assert [known.synergetic_group(name) for name in ("7-a", "7A")] == [True, False]


def test_a_group_is_the_one_of_its_name_or_a_new_one() -> None:
    """Whatever its identifier; Synergetic's own are told by name and code."""
    assert KNOWN.group_id("choir") == "manual:0"
    assert KNOWN.group_id("Chess") == KNOWN.group_id("CHESS") != KNOWN.group_id("Drama")
    assert [KNOWN.synergetic_group(name) for name in ("maths", "7mat1", "choir")] == [True, True, False]
    odd = Line(owner_key("class", "A", 2026, "S", "7:MAT"), "Maths", type="class")
    assert Known({"student": [], "staff": [], "group": [odd]}, staff_by_code=False).synergetic_group("7:mat")
    renamed = Known({"student": [], "staff": [], "group": [Line(KNOWN.group_id("Chess"), "Drama")]}, staff_by_code=False)
    assert renamed.group_id("Chess") != KNOWN.group_id("Chess")


@pytest.mark.parametrize("kind", ["student", "staff"])
def test_a_form_holds_what_it_sent(kind: str) -> None:
    """Editing somebody and changing nothing changes nothing."""
    values = {column.field: f"v{number}" for number, column in enumerate(form_of(kind))}  # type: ignore[arg-type]
    mail = "contact_email" if kind == "student" else "email"
    fitting = {
        **values,
        mail: "a@b.example",
        "birth_date": "2012-03-05",
        "contact_mobile": "0491570006",
        "mobile": "0491570006",
    }
    sent = named(kind, [fitting[column.field] for column in form_of(kind)])  # type: ignore[arg-type]
    record = Reader(kind, OperooSettings()).read({field: [text] for field, text in sent.items()}).record  # type: ignore[arg-type]
    assert record is not None
    cells = {field: [text] for field, text in values_of(record).items()}
    again = Reader(kind, OperooSettings()).read(cells).record  # type: ignore[arg-type]
    assert again == record
    assert set(sent) == {column.field for column in COLUMNS[kind]} - {"groups", "full_name"}  # type: ignore[index]


def test_a_number_that_is_made_looks_like_none_of_the_schools() -> None:
    """Nor like another one."""
    numbers = {new_number() for _ in range(100)}
    assert len(numbers) == 100
    assert all(number.startswith("M-") for number in numbers)
