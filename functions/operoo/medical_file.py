"""Medical profiles out of a spreadsheet that Operoo exports, where its interface may not be asked.

A row is a student, or one thing about a student: rows of one number are read together. The columns' titles are settings; a list
of the profile is stated if the file has a column for it. Who is not in the file is not spoken of.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from functions.operoo.errors import RefusedFileError
from functions.operoo.medical_reading import MedicalReading, read_medical
from functions.operoo.medical_settings import MedicalSettings
from functions.operoo.medical_targets import STUDENT, moments
from functions.operoo.spreadsheets import Row, moment_in, place_of_titles, sheet_of, whole_number
from shared.medical.profile import LISTS, ParkedItem

LARGEST_FILE = 32 * 2**20
"""How many bytes a spreadsheet may have."""

_Cells = Mapping[str, str]
# A report's own words in the place of a number: "Total: 57", "Exported on 3 March 2026", "(57 rows)". A word with digits in it,
# or what begins with them, somebody may have meant for a student's number: that it is nobody's is then told.
_NO_NUMBER = re.compile(r"\D*|\W*[^\W\d].*[\s:=].*|\(?\d+ (?:row|record|student|profile|result|entr|people)\w*\b.*", re.DOTALL)
_COUNT = re.compile(r"[\d.,\s]*")


@dataclass(frozen=True)
class MedicalFile:
    """What a spreadsheet says.

    Attributes:
        readings: Each student's profile, by the school's number.
        unnumbered: How many rows have no student's number, such as one with a total: they are nobody's.
        unused: Titles of columns that no field is read from; what stands in them is kept in the profiles.
        titles_row: Where the titles stand below other lines, the number of their row; else 0.
    """

    readings: Mapping[str, MedicalReading] = field(repr=False)
    unnumbered: int
    unused: tuple[str, ...] = field(repr=False)
    titles_row: int = 0


def read_medical_file(content: bytes, settings: MedicalSettings) -> MedicalFile:
    """Return the medical profiles in an exported spreadsheet.

    Raises:
        RefusedFileError: It is no spreadsheet that we read, or lacks the columns that say whose a row is and what it states.
    """
    wanted = {_folded(title) for title in settings.columns.values()} - {""}
    sheet = sheet_of(content)
    found = sheet.rows or [(1, ())]
    place = place_of_titles([row for _, row in found], lambda row: len(wanted.intersection(map(_folded, row))))
    header = found[place][1]
    # Reports of several pages have the titles on each.
    rows = [row for _, row in found[place + 1 :] if not _are_titles(row, header)]
    names = _names([" ".join(title.split()) for title in header], settings.columns)
    titles = _titles(header, max((len(row) for row in rows), default=0))
    days = {title for target, title in names.items() if target in moments()}
    cells = [
        {title: moment_in(cell, since=sheet.first_day) if title in days else cell for title, cell in row.items()}
        for row in _cells(rows, titles)
    ]
    students, nobodys = _by_student(cells, names[STUDENT])
    table = _Table(names)
    lists = {name: _key(name) for name in table.lists}
    as_answer = settings.model_copy(update={"fields": names | lists})
    readings = {number: read_medical(number, table.fields(cells), as_answer) for number, cells in students.items()}
    for number in readings.keys() & nobodys.keys():
        readings[number] = _torn(readings[number], table.spoken_of(nobodys[number]))
    unused = tuple(title for title in titles if title not in names.values())
    return MedicalFile(readings, sum(map(len, nobodys.values())), unused, found[place][0] if place else 0)


def _are_titles(row: Row, header: Row) -> bool:
    return all(_folded(cell) == _folded(title) for cell, title in zip_longest(row, header, fillvalue=""))


def _cells(rows: Iterable[Row], titles: Sequence[str]) -> Iterator[_Cells]:
    """Yield what stands in each row, by the titles of the columns."""
    for row in rows:
        yield dict(zip(titles, (*row, *[""] * (len(titles) - len(row))), strict=True))


def _by_student(rows: Iterable[_Cells], number: str) -> tuple[dict[str, list[_Cells]], dict[str, list[_Cells]]]:
    """Return each student's rows, and the rows without a number by the student whose row is the last one above."""
    students: dict[str, list[_Cells]] = defaultdict(list)
    nobodys: dict[str, list[_Cells]] = defaultdict(list)
    last = ""
    for row in rows:
        has_number = not _NO_NUMBER.fullmatch(row[number])
        last = whole_number(row[number]) if has_number else last
        (students if has_number else nobodys)[last].append(row)
    return students, nobodys


def _torn(reading: MedicalReading, lists: Iterable[str]) -> MedicalReading:
    """Take lists for incomplete below which stand rows without a number, as of merged cells: they may be this student's."""
    reason = "Below this student's rows stands one without a student's number, which may be theirs."
    parked = (ParkedItem(field=name, ref=name, code="item-unreadable", reason=reason) for name in lists)
    profile = reading.profile.model_copy(update={"parked": (*reading.profile.parked, *parked)})
    return replace(reading, profile=profile)


def _titles(header: Row, width: int) -> list[str]:
    """Return a name of its own for each column, so that none hides another; one without a title is named by its place."""
    titles: list[str] = []
    for place in range(max(len(header), width)):
        title = " ".join(header[place].split()) if place < len(header) else ""
        titles.append(title if title and title not in titles else f"{title or 'column'} ({place + 1})")
    return titles


def _names(titles: Sequence[str], columns: Mapping[str, str]) -> dict[str, str]:
    """Return for each of our fields the title that it has in this file, whatever its case and blanks."""
    found = {_folded(title): title for title in titles if title}
    wanted = {target: found.get(_folded(title), "") for target, title in columns.items()}
    names = {target: title for target, title in wanted.items() if title}
    twice = [title for title, count in Counter(title.casefold() for title in titles).items() if title and count > 1]
    if STUDENT not in names or len(names) == 1 or any(found[title] in names.values() for title in twice):
        raise RefusedFileError(
            "The row of titles lacks the column with the students' numbers, or all others that are known, or has one twice.",
            remedy="Set the columns' titles in medical.columns of the Operoo settings, or export the file again.",
            code="spreadsheet-columns",
        )
    return names


def _folded(title: str) -> str:
    return " ".join(title.split()).casefold()


def _key(name: str) -> str:
    return f"rows of {name}"


class _Table:
    """Turns the rows of one student into what an answer of the interface would state."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.lists: dict[str, tuple[str, ...]] = defaultdict(tuple)
        for target, title in names.items():
            if target.partition(".")[0] in LISTS:
                self.lists[target.partition(".")[0]] += (title,)
        self._listed = {title for titles in self.lists.values() for title in titles}
        self._single = set(names.values()) - self._listed
        self._student = names[STUDENT]

    def fields(self, rows: Sequence[_Cells]) -> dict[str, object]:
        """Return the profile's fields, and a list of items for each list that the file has columns for."""
        titles = [title for title in rows[0] if title not in self._listed and title != self._student]
        fields: dict[str, object] = {title: self._one(title, (row[title] for row in rows)) for title in titles}
        for name, columns in self.lists.items():
            items = [{title: row[title] for title in columns} for row in rows]
            fields[_key(name)] = [item for item in items if any(item.values())]
        return fields

    def spoken_of(self, rows: Iterable[_Cells]) -> tuple[str, ...]:
        """Return the lists that rows say something of; a number alone, as below a column that was counted, says nothing."""
        said = {title for row in rows for title, cell in row.items() if not _COUNT.fullmatch(cell)}
        return tuple(name for name, columns in self.lists.items() if not said.isdisjoint(columns))

    def _one(self, title: str, cells: Iterable[str]) -> object:
        """Return what a column says of a student; a field that is said in two ways cannot be read, and is parked as such."""
        said = [cell for cell in dict.fromkeys(cells) if cell]
        if title not in self._single:
            return list(said)
        return said[0] if len(said) == 1 else {"said": said} if said else ""
