"""Writes spreadsheets for people to download. A name that looks like a formula stays a name, whoever opens the file.

In XLSX every cell says that it is text, so nothing is changed. CSV cannot say that: there a cell that a spreadsheet program
would take for a formula gets an apostrophe in front. A telephone number such as +61 491 570 006 is no formula and stays as it
is: Operoo has to read it.
"""

import csv
import gzip
import re
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO, StringIO
from typing import Literal

from aws_lambda_powertools.event_handler import Response
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from functions.console.web.pages import LARGEST_FILE, Answer
from functions.operoo.spreadsheets import LONGEST_CELL
from shared.errors import IntegrationError

Format = Literal["csv", "xlsx"]
_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_FORMULA = re.compile(r"^[\s'\"]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")
_NUMBER = re.compile(r"[+-][0-9 ()./-]*[0-9]")
_APOSTROPHE = "'"


class DownloadTooLargeError(IntegrationError):
    """A file was asked for that is larger than can be answered."""

    code = "download-too-large"


def as_file(rows: Iterable[Sequence[str]], name: str, form: Format, *, headers: Mapping[str, str]) -> Answer:
    """Return rows as a file that a browser saves under a name.

    CSV is compressed on its way to whoever takes it so, as every browser does; a workbook is by itself.

    Args:
        rows: The lines of the file.
        name: Without its ending.
        form: What kind of file.
        headers: With what it was asked for.

    Raises:
        DownloadTooLargeError: It is larger than can be answered all the same.
    """
    content = csv_of(rows) if form == "csv" else xlsx_of(rows)
    packs = form == "csv" and "gzip" in headers.get("accept-encoding", "")
    if len(content) > LARGEST_FILE and not (packs and len(gzip.compress(content)) <= LARGEST_FILE):
        raise DownloadTooLargeError(
            "The file would be larger than can be handed out at once. No file was made.",
            remedy="Go back and take CSV in a browser, which takes it compressed, or less at once.",
        )
    saved = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return Response(status_code=200, content_type=_TYPES[form], body=content, headers=saved, compress=packs)


def csv_of(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as CSV, in UTF-8 that Excel knows as such, each cell in quotation marks."""
    text = StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig", "replace")


def xlsx_of(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as a workbook of one sheet, in which each cell is text."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Sheet1")
    for row in rows:
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text)[:LONGEST_CELL])
            cell.data_type, cell.number_format = "s", "@"
            cells.append(cell)
        sheet.append(cells)
    content = BytesIO()
    workbook.save(content)
    return content.getvalue()


def harmless(text: str) -> str:
    """Return a text that no spreadsheet program takes for a formula."""
    return f"{_APOSTROPHE}{text}" if _FORMULA.search(text) and not _NUMBER.fullmatch(text) else text


def as_meant(text: str) -> str:
    """Return the text of a cell that `harmless` made of it: a file that was downloaded here comes back as it was."""
    bare = text.removeprefix(_APOSTROPHE)
    return bare if bare != text and harmless(bare) == text else text
