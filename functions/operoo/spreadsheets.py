"""The rows of a spreadsheet that somebody uploads: CSV, XLSX, or the XML that Operoo's own export calls `.xls`.

Such a file is a stranger's: its size, packed and unpacked, and its shape are limited before it is read, one with macros is
refused, and no cell ever gets into an error.
"""

import csv
import re
import struct
import warnings
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from io import BytesIO, StringIO
from itertools import islice
from xml.etree.ElementTree import ParseError, iterparse
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from functions.operoo.errors import RefusedFileError

Row = tuple[str, ...]

MOST_BYTES = 20_000_000
MOST_UNPACKED = 50_000_000
MOST_ROWS = 50_000
MOST_COLUMNS = 300
LONGEST_CELL = 32_767
_HEAD = 20
# The day that spreadsheet programs count from, unless a file says otherwise, as old ones on Apple's machines made them.
_FIRST_DAY, _SECONDS_A_DAY = datetime(1899, 12, 30), 86_400  # noqa: DTZ001 - a cell has no time zone
_MOST_PARTS = 1_000
# A few kilobytes unpack to millions of elements, and each takes time and room: all together; in the texts that cells share; and
# in parts that the library takes longest over, such as styles. Before the first sheet with anything so many may be empty.
_MOST_TAGS, _MOST_TEXTS, _MOST_APART = 6_000_000, 1_500_000, 200_000
_APART = ("[Content_Types].xml", "docProps/", "xl/styles.xml", "xl/workbook.xml")
_MOST_SHEETS = 20
_PROLOG = 65_536
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MACROS = ("vbaproject.bin", "vbadata.xml", "macrosheets/")
# A part may have any name; what it is, its type says.
_MACRO_TYPES = ("macroenabled", "macrosheet", "vbaproject")
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_SHEET = "{urn:schemas-microsoft-com:office:spreadsheet}"
_DELIMITERS = ",;\t"
# Web pages, PDF and RTF that go under a spreadsheet's name are text, and would pass for a table of one column.
_NO_TABLE = ("<", "%PDF", "{\\rtf")
# A formula beside which nothing says what it came to, as programs write it that do not calculate: its cell would seem empty.
# It looks at nothing twice: no file can make it slow.
_NOT_WORKED_OUT = re.compile(rb'<c (?![^<>]*t="str")[^<>]*>\s*+<f\b[^<>]*(?:/>|>[^<]*+</f>)\s*+(?:<v ?/>|<v></v>)?\s*+</c>')
_SAVE_AS = "Open it in a spreadsheet program and save it as CSV or XLSX, without macros or a password."


@dataclass(frozen=True)
class SpreadsheetRows:
    """What stands in a spreadsheet.

    Attributes:
        rows: The rows that hold anything, each with its number as a spreadsheet program shows it.
        first_day: What days are counted from where they stand as numbers.
    """

    rows: list[tuple[int, Row]] = field(repr=False)
    first_day: datetime = _FIRST_DAY


def sheet_of(content: bytes) -> SpreadsheetRows:
    """Return what stands in a spreadsheet's first sheet that holds anything; cells are text, dates ISO, Booleans yes and no.

    Raises:
        RefusedFileError: It is not a spreadsheet that we read, too large, or holds macros.
    """
    if len(content) > MOST_BYTES:
        raise _too_large(f"it has more than {MOST_BYTES // 1_000_000} MB")
    if content.startswith(_OLD_OFFICE):
        raise RefusedFileError("The file is an old or an encrypted Excel file.", remedy=_SAVE_AS, code="spreadsheet-unreadable")
    with _readable():
        if content.startswith(_ZIP):
            workbook = _workbook(content)
            return SpreadsheetRows(list(_within_limits(_rows_in(workbook))), workbook.epoch)
        return SpreadsheetRows(list(_within_limits(_reader_of(content)(content))))


def place_of_titles(rows: Sequence[Row], known: Callable[[Row], int]) -> int:
    """Return which of some rows holds the titles: the first, unless one below it clearly does, as under a report's heading.

    Args:
        rows: The rows.
        known: Says how many titles that we know a row holds.
    """
    found = [known(row) for row in rows[: min(_HEAD, len(rows) - 1)]]
    most = max(found, default=0)
    return found.index(most) if most > 1 else 0


def whole_number(number: str) -> str:
    """Return a number as the school writes it: programs that take a column for decimals write `10118.0`."""
    return re.sub(r"^([0-9]+)\.0+$", r"\1", number)


def moment_in(cell: str, *, since: datetime) -> str:
    """Return the day or the moment that a cell holds as a number, as where it was not formatted as one; else the cell.

    Args:
        cell: What stands there.
        since: What days are counted from.
    """
    if not re.fullmatch(r"[0-9]{5}(\.[0-9]+)?", cell):
        return cell
    # To the second: a fraction of a day is seldom exactly one.
    seconds = round(float(cell) * _SECONDS_A_DAY)
    return _text(since + timedelta(seconds=seconds))


def _within_limits(rows: Iterable[Row]) -> Iterator[tuple[int, Row]]:
    """Yield the rows that hold anything with their numbers, and no more than there may be.

    A text that a workbook holds once may stand in each of its cells, so a small file can come to any size.
    """
    length = 0
    for number, row in enumerate(rows, start=1):
        if not any(row):
            continue
        if number > MOST_ROWS or len(row) > MOST_COLUMNS:
            raise _too_large(f"it has more than {MOST_ROWS} rows or {MOST_COLUMNS} columns")
        length += sum(map(len, row))
        if length > MOST_UNPACKED:
            raise _too_large("there is too much text in it")
        yield number, row


def _reader_of(content: bytes) -> Callable[[bytes], Iterator[Row]]:
    # Operoo's export has two blanks before the XML declaration, which no strict reader takes.
    if re.match(rb"\s*<(\?xml|Workbook)\b", content.removeprefix(b"\xef\xbb\xbf")[:100]):
        return _markup
    return _separated


@contextmanager
def _readable() -> Iterator[None]:
    """Turn whatever the readers say of a damaged file into one refusal: their messages quote what stands in it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except RefusedFileError:
        raise
    except (
        BadZipFile,
        InvalidFileException,
        ParseError,
        expat.ExpatError,
        csv.Error,
        EOFError,
        OSError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        ArithmeticError,
        RuntimeError,
        struct.error,
        zlib.error,
    ):
        raise RefusedFileError(
            "The file is damaged, or not a spreadsheet.", remedy=_SAVE_AS, code="spreadsheet-unreadable"
        ) from None


def _separated(content: bytes) -> Iterator[Row]:
    encoding = next((name for bom, name in _BOMS.items() if content.startswith(bom)), _unmarked(content))
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        # What Excel writes in Australia when it is asked for plain CSV; every byte means something there, or is refused.
        text = content.decode("cp1252")
    # No text holds a NUL, but any picture does.
    if "\0" in text or text.removeprefix("\ufeff").lstrip().startswith(_NO_TABLE):
        raise ValueError("something else under a spreadsheet's name")
    head = text.partition("\n")[0].strip()
    if head[:4].lower() == "sep=" and len(head) == len("sep=,"):
        # Excel's own way of saying it, in a line that is none of the table's.
        text, delimiter = text.partition("\n")[2], head[-1]
        yield ()
    else:
        delimiter = _delimiter_of(text[:_PROLOG])
    yield from (tuple(map(str.strip, row)) for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True))


def _delimiter_of(start: str) -> str:
    """Return what stands in most of the first lines, above all in the very first; a report's name may stand above its table."""
    # What stands within quotation marks is a cell's own.
    lines = re.sub(r'"[^"]*"', "", start).splitlines()[:_HEAD]
    first = lines[0] if lines else ""
    return max(_DELIMITERS, key=lambda mark: (sum(mark in line for line in lines), first.count(mark)))


def _unmarked(content: bytes) -> str:
    """Return the encoding of text that does not say it: every other byte of what is not UTF-8 is nothing, in UTF-16."""
    start = content[:64]
    if b"\0" not in start:
        return "utf-8"
    return "utf-16-be" if start[:1] == b"\0" else "utf-16-le"


def _workbook(content: bytes) -> Workbook:
    with ZipFile(BytesIO(content)) as parts:
        _check_parts(parts)
    return load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)


def _rows_in(workbook: Workbook) -> Iterator[Row]:
    visible = (sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible")
    for sheet in islice(visible, _MOST_SHEETS):
        # The size that the sheet claims is not to be trusted, and the reader fills up what is missing: hence limits of our own.
        sheet.reset_dimensions()
        blank, found = 0, False
        for cells in sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS + 1, values_only=True):
            # Most rows of a sheet that was made to be slow are empty, and as wide as there may be columns.
            row = () if cells.count(None) == len(cells) else _trimmed([_text(cell) for cell in cells])
            if not row:
                blank += 1
                continue
            yield from [()] * blank
            yield row
            blank, found = 0, True
        if found:
            return


def _check_parts(parts: ZipFile) -> None:
    """Refuse a package that would unpack to too much, holds macros or formulas without values, or has XML with a document type.

    The library unpacks no more of a part than the part's own entry claims, so the claims are enough to know.
    """
    entries = parts.infolist()
    if len(entries) > _MOST_PARTS or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise _too_large(f"it unpacks to more than {MOST_UNPACKED // 1_000_000} MB")
    if any(mark in entry.filename.lower() for entry in entries for mark in _MACROS):
        raise _macros()
    if any(entry.compress_type not in {ZIP_STORED, ZIP_DEFLATED} for entry in entries):
        raise ValueError("packed in a way that no spreadsheet is")
    tags = {entry.filename: 0 for entry in entries}
    for entry in entries:
        content = parts.read(entry)
        tags[entry.filename] += content.count(b"<")
        if entry.filename.endswith((".xml", ".rels")):
            _check_prolog(content[:_PROLOG])
        if "/worksheets/" in entry.filename and _NOT_WORKED_OUT.search(content):
            raise RefusedFileError(
                "The file holds formulas that were never worked out.",
                remedy="Open it in a spreadsheet program, save it there, and choose it again.",
                code="spreadsheet-unreadable",
            )
    _check_tags(tags, ())
    types = _types_in(parts.read("[Content_Types].xml"))
    _check_tags(tags, types)
    if any(mark in kind for mark in _MACRO_TYPES for kind, _ in types):
        raise _macros()


def _types_in(content: bytes) -> set[tuple[str, str]]:
    """Return what a package says of its parts: a type, and the part's name or nothing."""
    found: set[tuple[str, str]] = set()
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda _, given: found.add((given.get("ContentType", "").lower(), given.get("PartName", "")))
    parser.Parse(content, True)
    return found


def _check_tags(tags: Mapping[str, int], types: Collection[tuple[str, str]]) -> None:
    """Refuse a package of too many elements, before anything builds them up: each part may have as many as reading it takes."""
    texts = {name.removeprefix("/") for kind, name in types if "sharedstrings" in kind}
    books = {name.removeprefix("/") for kind, name in types if kind.endswith("main+xml")}
    apart = {name for name in tags if name.startswith(_APART) or name.endswith(".rels") or name in books}
    if (
        sum(tags.values()) > _MOST_TAGS
        or any(tags.get(name, 0) > _MOST_TEXTS for name in texts)
        or any(tags[name] > _MOST_APART for name in apart)
    ):
        raise _too_large("it has too many cells, or too much that is no cell")


def _check_prolog(start: bytes) -> None:
    """Refuse XML with a document type: no spreadsheet has one, and every trick with entities needs one."""
    found: list[str] = []
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *_: found.append("type")
    parser.StartElementHandler = lambda *_: found.append("root")
    parser.Parse(start, False)
    if found[:1] != ["root"]:
        raise ValueError("a document type, or no root element")


def _markup(content: bytes) -> Iterator[Row]:
    """Yield the rows of Excel's XML of 2003; rows and cells that are left out are told by the index of the next."""
    markup = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    _check_prolog(markup[:_PROLOG])
    number = 0
    for _, element in iterparse(BytesIO(markup)):  # noqa: S314 - a document type was refused above
        if element.tag == f"{_SHEET}Worksheet":
            return
        if element.tag != f"{_SHEET}Row":
            continue
        left_out = min(int(element.get(f"{_SHEET}Index") or 0), MOST_ROWS + 1) - number - 1
        yield from [()] * left_out
        number += 1 + max(0, left_out)
        cells: list[str] = []
        for cell in element.iterfind(f"{_SHEET}Cell"):
            place = min(int(cell.get(f"{_SHEET}Index") or len(cells) + 1), MOST_COLUMNS + 1)
            cells += [""] * (place - 1 - len(cells))
            cells.append(" ".join("".join(data.itertext()).strip() for data in cell.iterfind(f"{_SHEET}Data")))
        element.clear()
        yield _trimmed(cells)
    raise ValueError("XML of another kind")


def _trimmed(cells: list[str]) -> Row:
    """Leave out the empty cells at the end of a row."""
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, str) and len(cell) > LONGEST_CELL:
        raise _too_large(f"a cell has more than {LONGEST_CELL:,} characters")
    if isinstance(cell, datetime):
        return (cell.date() if cell.time() == time.min else cell).isoformat()
    return str(cell).strip()


def _too_large(why: str) -> RefusedFileError:
    return RefusedFileError(
        f"The file is too large: {why}.", remedy="Divide it, or export fewer at once.", code="spreadsheet-too-large"
    )


def _macros() -> RefusedFileError:
    return RefusedFileError("The file holds macros.", remedy=_SAVE_AS, code="spreadsheet-macros")
