"""Spreadsheets that somebody uploads: each kind gives the same rows, and what is dangerous or damaged gives none."""

import random
from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from functions.operoo import spreadsheets
from functions.operoo.errors import RefusedFileError
from functions.operoo.spreadsheets import Row, sheet_of

_ROWS = (("Profile Id", "Condition", "Started"), ("1001", "Asthma, mild", "2020-03-05"), ("1002", "Zoë €", ""))


def rows_of(content: bytes) -> list[Row]:
    """Return the rows of a spreadsheet."""
    return [row for _, row in sheet_of(content).rows]


def _xlsx(rows: Sequence[Sequence[object]]) -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    file = BytesIO()
    workbook.save(file)
    return file.getvalue()


def _with_part(content: bytes, name: str, part: bytes) -> bytes:
    """Return a package with one part more, or with another one in its place."""
    file = BytesIO()
    with ZipFile(BytesIO(content)) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, part)
    return file.getvalue()


def _markup(body: str, before: str = "  ") -> bytes:
    head = '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"'
    space = ' xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"'
    return f"{before}{head}{space}><Worksheet><Table>{body}</Table></Worksheet></Workbook>".encode()


def _cells(*cells: str) -> str:
    return "<Row>" + "".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in cells) + "</Row>"


_CSV = 'Profile Id,Condition ,Started\r\n1001,"Asthma, mild",2020-03-05\r\n\r\n1002,Zoë €,\r\n'


@pytest.mark.parametrize(
    "content",
    [
        _CSV.encode(),
        _CSV.encode("utf-8-sig"),
        _CSV.encode("utf-16"),
        _CSV.encode("utf-16-le"),
        _CSV.encode("utf-16-be"),
        _CSV.encode("cp1252"),
        _CSV.replace("Asthma, mild", "Asthma| mild").replace(",", ";").replace("|", ",").encode(),
        _CSV.replace("Asthma, mild", "Asthma| mild").replace(",", "\t").replace("|", ",").encode(),
        _xlsx([*_ROWS[:1], ("1001", "Asthma, mild", datetime(2020, 3, 5)), (1002.0, " Zoë € ", None)]),  # noqa: DTZ001
        _xlsx([*_ROWS[:1], (1001, "Asthma, mild", date(2020, 3, 5)), (), ("1002", "Zoë €")]),
        _markup("".join(_cells(*row) for row in _ROWS)),
        _markup("".join(_cells(*row) for row in _ROWS), before="\ufeff  \n"),
    ],
    ids=[
        "utf-8",
        "bom",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "cp1252",
        "semicolons",
        "tabs",
        "xlsx",
        "xlsx-dates",
        "xml",
        "xml-bom",
    ],
)
def test_each_kind_of_file_gives_the_same_rows(content: bytes) -> None:
    """Encodings, separators, Excel's own kind, and the XML with two blanks before it that Operoo exports as `.xls`."""
    assert [(*row, "")[:3] for row in rows_of(content)] == [*map(tuple, _ROWS)]


def test_what_separates_is_told_by_the_titles_and_not_by_what_is_in_them() -> None:
    """Excel may also say it in a line of its own."""
    assert rows_of(b'"Surname, given";"Born, on";ID\nAble, Ann;;1\n')[1] == ("Able, Ann", "", "1")
    assert sheet_of(b"sep=;\r\nName, all;ID\r\n\r\nAble, Ann;1\r\n").rows == [(2, ("Name, all", "ID")), (4, ("Able, Ann", "1"))]


def test_rows_and_cells_that_are_left_out_are_empty() -> None:
    """The index of the next tells how many were left out before it."""
    body = '<Row><Cell><Data ss:Type="String">a</Data></Cell><Cell ss:Index="4"><Data ss:Type="String">d</Data></Cell></Row>'
    assert rows_of(_markup(body)) == [("a", "", "", "d")]
    rows = body + body.replace("<Row>", '<Row ss:Index="4">') + body
    assert [number for number, _ in sheet_of(_markup(rows)).rows] == [1, 4, 5]


def test_only_the_first_sheet_that_is_seen_is_read() -> None:
    """What somebody hid in a workbook is not what they mean to upload."""
    workbook = Workbook()
    hidden, seen = workbook.active, workbook.create_sheet("Conditions")
    assert hidden is not None
    hidden.append(["hidden"])
    hidden.sheet_state = "hidden"
    seen.append(["seen", True, 2.5])
    file = BytesIO()
    workbook.save(file)
    assert rows_of(file.getvalue()) == [("seen", "yes", "2.5")]


def test_an_empty_sheet_before_the_one_that_is_meant_is_passed_over() -> None:
    """Rows keep the numbers that a spreadsheet program shows."""
    workbook = Workbook()
    seen = workbook.create_sheet("Students")
    seen["A3"], seen["A5"] = "title", "row"
    file = BytesIO()
    workbook.save(file)
    assert sheet_of(file.getvalue()).rows == [(3, ("title",)), (5, ("row",))]


def test_a_formula_is_what_it_came_to() -> None:
    """Also nothing, as Excel writes it; without a word of what it came to the file is refused, and no cell is lost silently."""
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    sheet = b"<worksheet " + space + b'><sheetData><row r="1">%s</row></sheetData></worksheet>'
    name = "xl/worksheets/sheet1.xml"
    worked = b'<c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>IF(A1=2,"","x")</f><v></v></c>'
    worked += b'<c r="C1" t="str"><f>"a"</f><v>a</v></c>'
    assert rows_of(_with_part(_xlsx(_ROWS), name, sheet % worked)) == [("2", "", "a")]
    for cell in (b'<c r="A1"><f>1+1</f></c>', b'<c r="A1" s="1"><f>1+1</f><v/></c>', b'<c r="A1"><f t="shared" si="0"/></c>'):
        with pytest.raises(RefusedFileError, match="formulas"):
            rows_of(_with_part(_xlsx(_ROWS), name, sheet % cell))
    with pytest.raises(RefusedFileError, match="formulas"):
        rows_of(_xlsx([("a", "b"), ("1", "=A1&B1")]))


def _types(kind: str) -> str:
    """Return the types of a package's parts, of which one has another name than its like."""
    return f'<Types><Override PartName="/xl/other.bin" ContentType="{kind}"/></Types>'


_TYPES = "[Content_Types].xml"
_DTD = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (_with_part(_xlsx(_ROWS), "xl/vbaProject.bin", b"macro"), "spreadsheet-macros"),
        (_with_part(_xlsx(_ROWS), "xl/macrosheets/sheet1.xml", b"<x/>"), "spreadsheet-macros"),
        (_with_part(_xlsx(_ROWS), _TYPES, _types("application/vnd.ms-office.vbaProject").encode()), "spreadsheet-macros"),
        (_with_part(_xlsx(_ROWS), _TYPES, _types("application/macro&#69;nabled").encode("utf-16")), "spreadsheet-macros"),
        (_with_part(_xlsx(_ROWS), "xl/bomb.xml", b"<x/>" + b" " * 60_000_000), "spreadsheet-too-large"),
        (_with_part(_xlsx(_ROWS), "xl/worksheets/sheet1.xml", _DTD), "spreadsheet-unreadable"),
        (_markup(_cells("&a;")).replace(b"<Workbook", b'<!DOCTYPE x [<!ENTITY a "aaa">]><Workbook'), "spreadsheet-unreadable"),
        (b"\xd0\xcf\x11\xe0old or encrypted", "spreadsheet-unreadable"),
        (b"PK\x03\x04 not a package", "spreadsheet-unreadable"),
        (_with_part(b"PK\x05\x06" + bytes(18), "word/document.xml", b"<x/>"), "spreadsheet-unreadable"),
        (b'a,b\n"never closed', "spreadsheet-unreadable"),
        (b"a\x81\x8d,b", "spreadsheet-unreadable"),
        (_markup("<Row>"), "spreadsheet-unreadable"),
        (b"<html><table><tr><td>a,b</td></tr></table></html>", "spreadsheet-unreadable"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html><p>a</p>", "spreadsheet-unreadable"),
        (b"<?xml version='1.0'?><html><p>a</p></html>", "spreadsheet-unreadable"),
        (b"%PDF-1.7\n1 0 obj\n", "spreadsheet-unreadable"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0 \0\0\0 ", "spreadsheet-unreadable"),
        (b"{\\rtf1 a\\par b}", "spreadsheet-unreadable"),
        (",".join("abc" for _ in range(400)).encode(), "spreadsheet-too-large"),
        (b"a\n" * 50_001, "spreadsheet-too-large"),
        (b"a" * 20_000_001, "spreadsheet-too-large"),
        (_markup('<Row><Cell ss:Index="99999999"><Data ss:Type="String">x</Data></Cell></Row>'), "spreadsheet-too-large"),
    ],
)
def test_what_is_dangerous_or_damaged_is_refused(content: bytes, code: str) -> None:
    """Macros, bombs, entities, old and encrypted files, too many rows or columns, and what is nothing of the kind."""
    with pytest.raises(RefusedFileError) as refusal:
        rows_of(content)
    assert refusal.value.code == code


def _repeated(text: str, rows: int) -> bytes:
    """Return a workbook that holds a text once, and shows it in ten cells of each row."""
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    row = "<row>" + 10 * '<c t="s"><v>0</v></c>' + "</row>"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    entry = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    whole = _xlsx(_ROWS)
    with ZipFile(BytesIO(whole)) as parts:
        types = parts.read(_TYPES).decode().replace("</Types>", entry)
    sheet = f"<worksheet {space}><sheetData>{rows * row}</sheetData></worksheet>"
    strings = f'<sst {space}><si><t xml:space="preserve">{text}</t></si></sst>'
    for name, part in ((_TYPES, types), ("xl/worksheets/sheet1.xml", sheet), ("xl/sharedStrings.xml", strings)):
        whole = _with_part(whole, name, part.encode())
    return whole


def test_a_text_that_is_held_once_is_counted_wherever_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of a few kilobytes would come to gigabytes; and no cell of Excel's holds more than it can."""
    monkeypatch.setattr(spreadsheets, "MOST_UNPACKED", 1_000_000)
    assert len(rows_of(_repeated("x" * 3_000 + " ", 10))) == 10
    for bomb in (_repeated("x" * 30_000 + " ", 10), _repeated("x" * 32_768, 1)):
        with pytest.raises(RefusedFileError) as refusal:
            rows_of(bomb)
        assert refusal.value.code == "spreadsheet-too-large"


def _has_too_many(content: bytes) -> bool:
    try:
        rows_of(content)
    except RefusedFileError as refusal:
        return "too many cells" in str(refusal)
    return False


@pytest.mark.parametrize(
    ("limit", "part", "body"),
    [
        ("_MOST_TAGS", "xl/worksheets/sheet1.xml", "<row/>"),
        ("_MOST_TAGS", "xl/anything.xml", "<a/>"),
        ("_MOST_TEXTS", "xl/sharedStrings.xml", "<si><t/></si>"),
        ("_MOST_APART", "xl/styles.xml", "<xf/>"),
        ("_MOST_APART", "xl/workbook.xml", "<a/>"),
        ("_MOST_APART", "xl/book.xml", "<a/>"),
        ("_MOST_APART", "xl/_rels/workbook.xml.rels", "<a/>"),
        ("_MOST_APART", "docProps/core.xml", "<a/>"),
        ("_MOST_APART", _TYPES, "<a/>"),
    ],
)
def test_what_unpacks_to_very_many_elements_is_refused_before_they_are_built(
    monkeypatch: pytest.MonkeyPatch, limit: str, part: str, body: str
) -> None:
    """Some kilobytes would come to seconds and gigabytes. As many as there may be are no reason to refuse it."""
    whole = _repeated("x", 1)
    if part in {"xl/anything.xml", "xl/book.xml"}:
        whole = _with_part(whole, part, b"<a></a>")
        with ZipFile(BytesIO(whole)) as parts:
            types = parts.read(_TYPES)
        kind = b'<Override PartName="/xl/book.xml" ContentType="application/vnd.ms-excel.slicer.main+xml"/></Types>'
        whole = _with_part(whole, _TYPES, types.replace(b"</Types>", kind))
    with ZipFile(BytesIO(whole)) as parts:
        there = {one: parts.read(one).count(b"<") for one in parts.namelist()}
        old = parts.read(part)
    place, filling = old.rindex(b"</"), body.encode() * 300
    crowded = _with_part(whole, part, old[:place] + filling + old[place:])
    most = (sum(there.values()) if limit == "_MOST_TAGS" else there[part]) + filling.count(b"<")
    monkeypatch.setattr(spreadsheets, limit, most)
    assert not _has_too_many(crowded)
    monkeypatch.setattr(spreadsheets, limit, most - 1)
    assert _has_too_many(crowded)


def test_a_sheet_is_not_looked_for_behind_very_many_empty_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them may end far down, and what is above that is filled up."""
    monkeypatch.setattr(spreadsheets, "_MOST_SHEETS", 3)
    for empty, found in ((2, [("a",)]), (3, [])):
        workbook, file = Workbook(), BytesIO()
        for _ in range(empty):
            workbook.create_sheet()
        workbook.worksheets[-1]["A1"] = "a"
        workbook.save(file)
        assert rows_of(file.getvalue()) == found


@pytest.mark.timeout(120)
@pytest.mark.parametrize("rows", [50_000 * "<c ", 20 * ('<c r="A1"><f>1</f>' + 30_000 * " ")], ids=["cells", "blanks"])
def test_no_sheet_makes_the_search_for_formulas_slow(rows: str) -> None:
    """It is done before the sheet is known to be any."""
    start = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>' + 10_000 * "<row></row>"
    with pytest.raises(RefusedFileError):
        rows_of(_with_part(_xlsx(_ROWS), "xl/worksheets/sheet1.xml", (start + rows).encode()))


def test_a_lone_cell_far_away_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sheet of one cell in its last row is small, and filling up what is before it would not be."""
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 100)
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet["A1"], sheet["XFD1048576"] = "a", "far"
    file = BytesIO()
    workbook.save(file)
    assert rows_of(file.getvalue()) == [("a",)]


def test_a_damaged_file_is_refused_or_read_and_never_fails() -> None:
    """Whatever bytes are changed: no other error comes out, and none quotes the file."""
    whole, rng, told = _xlsx(_ROWS), random.Random(7), list[str]()
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(rng.randrange(1, 12)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        try:
            rows_of(bytes(damaged))
        except RefusedFileError as refusal:
            told.append(str(refusal))
    assert told
    assert not any("Asthma" in one for one in told)
