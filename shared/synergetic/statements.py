"""Every statement that reads Synergetic, made from the selections for one school's settings, layout and dialect."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shared.manifests import Period, RowSetName
from shared.synergetic.common_parts import (
    COMMON_PARTS,
    LATEST_PHOTO,
    ONE_PHOTO,
    PHOTO_BEGINNINGS,
    SAME_CAMPUS,
    YEAR_STATUSES,
    as_key,
)
from shared.synergetic.dialect import Dialect, named
from shared.synergetic.layout import Layout
from shared.synergetic.medical_codes import CODE_TABLES
from shared.synergetic.row_sets import ROW_SETS
from shared.synergetic.selections import SELECTIONS, Branch
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.table_model import Column, Table
from shared.synergetic.tables import TABLES
from shared.synergetic.version import Version

# A stop date before this day means that there is none: some programs write 1899-12-30 or 1900-01-01 for "no date".
_BEFORE_ALL_CLASSES = "1901-01-01"
_RELATIONSHIP = {"contact": "q.ID = c.ID AND q.RelatedID = k.ID", "student": "q.ID = k.ID AND q.RelatedID = c.ID"}
# What the code means decides, or the code itself where it means nothing.
_BOARDER = "COALESCE(NULLIF(LTRIM(RTRIM(t.SynergyMeaning)), ''), y.Boarder, '')"
_VERSION = "SELECT d.VersionNumber AS VersionNumber, d.Code AS Code FROM {SynDatabases} AS d"
_PERIODS = """
    SELECT DISTINCT p.FileYear AS FileYear, p.FileSemester AS FileSemester
    FROM {FileSemesters} AS p
    WHERE p.SystemCurrentFlag = 1"""


@dataclass(frozen=True)
class Statement:
    """SQL and the values for its question marks, in order."""

    sql: str
    parameters: tuple[object, ...] = ()


def version_statement(settings: SynergeticSettings, dialect: Dialect) -> Statement:
    """Return the statement that reads `VersionNumber` and `Code` of each database.

    It comes before anything is known of the layout, so it reads from the database that the connection is in.
    """
    return Queries(settings, Layout.of(None, settings), dialect).version()


class Queries:
    """The SELECTs for one school."""

    def __init__(
        self, settings: SynergeticSettings, layout: Layout, dialect: Dialect, *, version: Version | None = None
    ) -> None:
        self._settings = settings
        self._layout = layout
        self._dialect = dialect
        self._version = version
        self._words = self._make_words()

    @classmethod
    def of(cls, version: Version, settings: SynergeticSettings, dialect: Dialect) -> "Queries":
        """Return the SELECTs for a version.

        Raises:
            ContractError: A configured database is a stale copy.
        """
        return cls(settings, Layout.of(version, settings), dialect, version=version)

    def version(self) -> Statement:
        """Return the statement that reads `VersionNumber` and `Code` of each database."""
        return Statement(self._fill(_VERSION))

    def current_periods(self) -> Statement:
        """Return the statement that reads the year and semester of each current period; there ought to be one."""
        return Statement(self._fill(_PERIODS))

    def row_set(self, name: RowSetName, period: Period, *, today: date) -> Statement:
        """Return the statement that reads a row set as it is on the day `today`, in no particular order."""
        return Statement(f"{self._common(name)}{self._selected(name)}", self._parameters(name, period, today))

    def count(self, name: RowSetName, period: Period, *, today: date) -> Statement:
        """Return the statement that counts the rows `row_set` reads, as one row of one column."""
        inner = textwrap.indent(self._selected(name), "    ")
        sql = f"{self._common(name)}SELECT COUNT(*) AS Counted FROM (\n{inner}\n) AS selected"  # noqa: S608 - made of constants
        return Statement(sql, self._parameters(name, period, today))

    def year_statuses(self, period: Period) -> Statement:
        """Return the statement that counts everybody with a row in a year, current or not.

        Its rows say: which of a student's rows it is (the first is the one that counts; a second tells that there are several),
        whether it makes a current student, whether the person is there and alive, how many they are, what the status means.
        """
        return Statement(self._fill(YEAR_STATUSES), (*self._present(), period.year))

    def photo(self, person_id: int) -> Statement:
        """Return the statement that reads the bytes of the photo which the row set `photos` names for a person."""
        return Statement(self._fill(ONE_PHOTO), (person_id,))

    def photo_beginnings(self, period: Period, *, today: date) -> Statement:
        """Return the statement that counts photos by their first bytes, which tell their type; empty ones are left out."""
        return Statement(f"{self._common('photos')}{self._fill(PHOTO_BEGINNINGS)}", self._parameters("photos", period, today))

    def _common(self, name: RowSetName) -> str:
        parts = [f"{part} AS ({self._fill(COMMON_PARTS[part], indent=4)}\n)" for part in SELECTIONS[name].common]
        return f"WITH {', '.join(parts)}\n" if parts else ""

    def _selected(self, name: RowSetName) -> str:
        columns = ROW_SETS[name].columns
        return "\nUNION ALL\n".join(self._branch(branch, columns) for branch in SELECTIONS[name].branches)

    def _branch(self, branch: Branch, columns: Sequence[str]) -> str:
        output = ",\n       ".join(f"{branch.output[column]} AS {column}" for column in columns)
        source = textwrap.dedent(branch.source).strip()
        return self._fill(f"SELECT {'DISTINCT ' if branch.distinct else ''}{output}\n{source}")

    def _fill(self, template: str, *, indent: int = 0) -> str:
        text = template.format_map(self._words)
        return "\n" + textwrap.indent(textwrap.dedent(text).strip(), " " * indent) if indent else textwrap.dedent(text).strip()

    def _parameters(self, name: RowSetName, period: Period, today: date) -> tuple[object, ...]:
        """Give the values in the order of the common parts, which hold every question mark."""
        settings = self._settings
        of_part: dict[str, tuple[object, ...]] = {
            "current_students": (*self._present(), period.year),
            "boarding_students": ("", *settings.day_codes),
            "current_classes": (period.year, period.semester, *settings.file_types),
            "classes_of_students": (period.year, period.semester),
            "classes_of_staff": (period.year, period.semester),
            "wanted_contacts": settings.contact_types,
            "present_stays": ((today + timedelta(days=1)).isoformat(), today.isoformat(), _BEFORE_ALL_CLASSES),
        }
        return tuple(value for part in SELECTIONS[name].common for value in of_part.get(part, ()))

    def _make_words(self) -> dict[str, str]:
        words = {table.name: self._table(table, table.read) for table in TABLES.values()}
        # What one-way reads of a look-up is less than what words are matched by.
        words |= {f"{name}_codes": self._table(TABLES[name], TABLES[name].needed("two-way")) for name in CODE_TABLES.values()}
        words |= {"length": self._dialect.length, "day": self._dialect.day}
        spelt = {"written_type": "w.FileType", "written_campus": "w.ClassCampus", "written_code": "w.ClassCode"}
        words |= {name: self._dialect.as_written.format(column) for name, column in spelt.items()}
        words["photo_beginning"] = self._dialect.beginning.format("p.Photo")
        words["latest_photo"] = LATEST_PHOTO.format(size=f"{self._dialect.length}(p.Photo)")
        words["latest_of_sizes"] = LATEST_PHOTO.format(size="p.Size")
        words["is_present"] = self._is_present().format_map(words)
        words["goes_home"] = _one_of(_BOARDER, ("", *self._settings.day_codes))
        words["is_wanted_class"] = _one_of("b.FileType", self._settings.file_types)
        words["is_wanted_contact"] = _one_of("w.ContactType", self._settings.contact_types)
        words["is_relationship"] = _RELATIONSHIP[self._settings.relationship_holder]
        words["and_same_campus"] = SAME_CAMPUS if self._staff_have_campus() else ""
        return words

    def _is_present(self) -> str:
        conditions = []
        if meanings := self._settings.present_meanings:
            meant = f"SELECT {as_key('t.Code')} FROM {{luStudentStatus}} AS t WHERE {_one_of('t.SynergyMeaning', meanings)}"  # noqa: S608
            conditions.append(f"{as_key('r.Status')} IN ({meant})")
        if codes := self._settings.present_codes:
            conditions.append(_one_of("r.Status", codes))
        return " OR ".join(conditions)

    def _present(self) -> tuple[str, ...]:
        return (*self._settings.present_meanings, *self._settings.present_codes)

    def _staff_have_campus(self) -> bool:
        table = TABLES["SubjectClassStaff"]
        return bool(column_name(table, table.column("ClassCampus"), self._settings, self._version))

    def _table(self, table: Table, columns: Sequence[Column]) -> str:
        """Return a table's name, or a derived table where columns are called otherwise or something is missing."""
        name = physical_name(table, self._settings) and table_name(table, self._settings, self._layout, self._dialect)
        found = {column.name: column_name(table, column, self._settings, self._version) for column in columns}
        if name and all(there == column for column, there in found.items()):
            return name
        there_is = found if name else {}
        listed = ", ".join(f"{self._value(one, there_is.get(one.name, ''))} AS {one.name}" for one in columns)
        return f"(SELECT {listed} {f'FROM {name}' if name else 'WHERE 1 = 0'})"

    def _value(self, column: Column, called: str) -> str:
        return named(called) if called else f"CAST(NULL AS {self._dialect.column(column.type, False)})"


def table_name(table: Table, settings: SynergeticSettings, layout: Layout, dialect: Dialect) -> str:
    """Return a table's qualified name."""
    return dialect.qualify(layout.spot(table.place), physical_name(table, settings))


def physical_name(table: Table, settings: SynergeticSettings) -> str:
    """Return what a table is called here, without its database and schema; empty if it does not exist."""
    return settings.table_names.get(table.name, table.name if table.named else "")


def column_name(table: Table, column: Column, settings: SynergeticSettings, version: Version | None) -> str:
    """Return what a column is called here, empty if it does not exist."""
    if version is not None and version < column.since:
        return ""
    return settings.column_names.get(f"{table.name}.{column.name}", column.name if column.named else "")


def _one_of(expression: str, values: Sequence[str]) -> str:
    return f"{as_key(expression)} IN ({', '.join(['UPPER(?)'] * len(values))})"
