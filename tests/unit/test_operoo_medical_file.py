"""Medical profiles out of an exported spreadsheet: rows of one student together, each column accounted for."""

from datetime import date
from io import BytesIO

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904, WINDOWS_EPOCH

from functions.operoo.errors import RefusedFileError
from functions.operoo.medical_file import read_medical_file
from functions.operoo.medical_settings import MedicalSettings

_SETTINGS = MedicalSettings.model_validate({"columns": {"medicare.number": "Medicare", "allergies.type": "Allergy"}})
_FILE = """Profile Id ,person name,Profile Owner's Name ,Medicare,CONDITION,Risk  Level,Description,Start Date,Allergy,\
Last Confirmed
1001,Zoe,Ann Lee,2950,Asthma,High,Worse in spring,5 March 2019,,1/2/2026
1001,Zoe,Ann Lee,2950,Hay fever,Low,,,Pollen,1/2/2026
1002,Bo,Al Ng,,,,,,,
,Nobody,,,Asthma,,,,,
1003,Cy,Di Po,1|2,Epilepsy,,,,,
1003,Cy,Di Po,3,Epilepsy,,,,,
"""


def test_rows_of_one_number_are_one_profile() -> None:
    """Titles are found whatever their case and blanks; lists are stated by their columns, and by an empty row as empty."""
    found = read_medical_file(_FILE.encode(), _SETTINGS)
    assert sorted(found.readings) == ["1001", "1002", "1003"]
    one, two = found.readings["1001"].profile, found.readings["1002"].profile
    assert {(each.type, each.severity, each.details) for each in one.conditions} == {
        ("Asthma", "High", "Worse in spring"),
        ("Hay fever", "Low", ""),
    }
    assert [str(each.started) for each in one.conditions if each.type == "Asthma"] == ["2019-03-05"]
    assert ([each.type for each in one.allergies], one.medicare.number, one.student) == (["Pollen"], "2950", "1001")
    assert one.confirmed is not None
    assert (one.confirmed.by.name, f"{one.confirmed.at:%Y-%m-%d}") == ("Ann Lee", "2026-02-01")
    assert (two.conditions, two.allergies) == ((), ())
    assert {"conditions", "allergies", "medicare"} < two.model_fields_set
    assert "medications" not in two.model_fields_set


def test_who_said_it_is_known_also_where_the_file_does_not_say_when() -> None:
    """Operoo's own export names the profile's owner, and no day that is known of."""
    found = read_medical_file(b"Profile Id,Profile Owner's Name,Condition\n1001,Ann Lee,Asthma\n", _SETTINGS)
    one = found.readings["1001"].profile
    assert one.confirmed is not None
    assert (one.confirmed.by.name, one.confirmed.at, one.unmapped) == ("Ann Lee", None, {})


def test_what_is_nobodys_or_unused_is_counted_and_kept() -> None:
    """Rows without a number are counted; a column that no field is read from stands in the profile under its title."""
    found = read_medical_file(_FILE.encode(), _SETTINGS)
    assert (found.unnumbered, found.unused) == (1, ("person name",))
    assert found.readings["1001"].profile.unmapped == {"person name": ("Zoe",)}
    assert "Zoe" not in repr(found)


def test_below_a_merged_number_nothing_is_taken_for_gone() -> None:
    """Of merged cells only the first has the number: what stands beside the others may be the same student's."""
    sheet = b"Profile Id,Condition,Allergy\n1001,Asthma,\n,Anaphylaxis,\n,,\n1002,Asthma,\n"
    found = read_medical_file(sheet, _SETTINGS)
    torn, whole = (found.readings[number].profile for number in ("1001", "1002"))
    assert [(one.field, one.code) for one in torn.parked] == [("conditions", "item-unreadable")]
    assert ([one.type for one in torn.conditions], whole.parked) == (["Asthma"], ())


@pytest.mark.parametrize(
    "foot", ["Total: 57", "Total,,57", "Count", "Exported on 3 March 2026 at 10:15", "(57 rows)", "57 records", "Page 1 of 3"]
)
def test_lines_below_the_rows_are_of_no_student(foot: str) -> None:
    """A total or the day of a report is nobody's, and takes nothing from the student above; what may be a number is one."""
    sheet = f"Profile Id,Condition,Allergy\n1001,Asthma,\n1002x,Asthma,\n10 03,Asthma,\n{foot}\n".encode()
    found = read_medical_file(sheet, _SETTINGS)
    assert (sorted(found.readings), found.unnumbered) == (["10 03", "1001", "1002x"], 1)
    assert [one.profile.parked for one in found.readings.values()] == [(), (), ()]


def test_words_in_the_place_of_a_number_may_mean_the_student_above() -> None:
    """Whoever writes "ditto" there speaks of somebody: nothing of theirs is taken for gone."""
    found = read_medical_file(b"Profile Id,Condition\n1001,Asthma\nditto,Anaphylaxis\n", _SETTINGS)
    assert ([one.code for one in found.readings["1001"].profile.parked], found.unnumbered) == (["item-unreadable"], 1)


def test_days_are_counted_from_where_the_file_says() -> None:
    """Old programs on Apple's machines began four years later."""
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for epoch, number in ((WINDOWS_EPOCH, 43864), (CALENDAR_MAC_1904, 43864 - 1462)):
        workbook.epoch = epoch
        sheet.delete_rows(1, 2)
        sheet.append(["Profile Id", "Condition", "Start Date", "End Date"])
        sheet.append(["1001", "Asthma", number, date(2021, 3, 4)])
        file = BytesIO()
        workbook.save(file)
        (condition,) = read_medical_file(file.getvalue(), _SETTINGS).readings["1001"].profile.conditions
        assert (str(condition.started), str(condition.ended)) == ("2020-02-03", "2021-03-04")


def test_lines_above_the_titles_do_no_harm() -> None:
    """A report has its name and day above its table; a condition that is called as a column is no row of titles."""
    report = b"\xef\xbb\xbfMedical report;;\n;;\nExported;3/2/2026;\nProfile Id;Condition;Allergy\n1001;Allergy;Condition\n"
    found = read_medical_file(report, _SETTINGS)
    one = found.readings["1001"].profile
    assert (found.titles_row, found.unnumbered, [each.type for each in one.conditions]) == (4, 0, ["Allergy"])
    bare = b"Medical report, all years\n\nProfile Id;Condition;Allergy\n1001;Allergy;Condition\n"
    assert read_medical_file(bare, _SETTINGS).readings == found.readings
    plain = read_medical_file(report.split(b"\n", 3)[3], _SETTINGS)
    assert (plain.titles_row, plain.readings) == (0, found.readings)


def test_titles_that_are_repeated_are_nobody() -> None:
    """A report of several pages has them on each; a row that only begins as they do is somebody's all the same."""
    sheet = b"Profile Id ,Condition,Allergy,\n1001,Asthma,\n\nprofile id,CONDITION,Allergy\n1002,Condition,Allergy\n"
    found = read_medical_file(sheet, _SETTINGS)
    assert {number: [one.type for one in each.profile.conditions] for number, each in found.readings.items()} == {
        "1001": ["Asthma"],
        "1002": ["Condition"],
    }
    assert found.unnumbered == 0


@pytest.mark.parametrize(
    ("cell", "day"), [("43864", "2020-02-03"), ("43864.5", "2020-02-03"), ("60", "None"), ("123456", "None")]
)
def test_days_and_numbers_may_stand_as_a_spreadsheet_program_counts_them(cell: str, day: str) -> None:
    """A day in a cell that is formatted as a number, and a student's number in a column of decimals; other text is no day."""
    sheet = f"Profile Id,Condition,Description,Start Date\n1001.0,Asthma,43864,{cell}\n".encode()
    (one,) = read_medical_file(sheet, _SETTINGS).readings.values()
    started = [(str(each.started), each.details) for each in one.profile.conditions]
    assert (one.profile.student, started) == ("1001", [(day, "43864")])
    assert [each.code for each in one.profile.parked] == ([] if day != "None" else ["day-unreadable"])


def test_no_column_hides_another() -> None:
    """Two columns of one title, and cells without any, are all kept."""
    profile = read_medical_file(b"Profile Id,Condition,Note,Note,\n1001,Asthma,a,b,c,d\n", _SETTINGS).readings["1001"].profile
    assert profile.unmapped == {"Note": ("a",), "Note (4)": ("b",), "column (5)": ("c",), "column (6)": ("d",)}


def test_a_field_that_is_said_in_two_ways_is_parked() -> None:
    """Which of two Medicare numbers is right is for a person to say; the rest goes on, and equal rows are one."""
    profile = read_medical_file(_FILE.encode(), _SETTINGS).readings["1003"].profile
    assert [(one.field, one.code) for one in profile.parked] == [("medicare", "item-unreadable")]
    assert [one.type for one in profile.conditions] == ["Epilepsy"]


@pytest.mark.parametrize(
    "head",
    ["", "Condition,Description", "Profile Id,Name", "Profile Id,Profile Id,Condition", "Profile Id,Condition,condition"],
)
def test_a_file_that_cannot_be_told_apart_is_refused(head: str) -> None:
    """No column with the number, none that is known, or one twice: then no row can be trusted."""
    with pytest.raises(RefusedFileError) as refusal:
        read_medical_file(f"{head}\n1001,Asthma,x\n".encode(), _SETTINGS)
    assert refusal.value.code == "spreadsheet-columns"


@pytest.mark.parametrize("word", ["None", "N/A", "nil", "No", "-"])
def test_a_cell_that_says_none_is_no_condition(word: str) -> None:
    """A family that answers in words has answered all the same."""
    sheet = f"Profile Id,Condition,Risk Level,Description\n1001,{word},,\n1002,{word},,Asthma in spring\n"
    found = read_medical_file(sheet.encode(), _SETTINGS)
    none, some = (found.readings[number].profile for number in ("1001", "1002"))
    assert ((none.conditions, none.parked), "conditions" in none.model_fields_set) == (((), ()), True)
    assert [one.details for one in some.conditions] == ["Asthma in spring"]
