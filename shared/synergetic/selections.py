"""Which rows each row set selects, as templates of SQL that SQL Server and SQLite both understand.

`{Table}` stands for a table, `{length}` for the dialect's word, other braces for conditions made from the settings. Each `?`
stands for a value and can only be in the common parts, which come first, so parameters have one order. Rules for all of them:

- No join multiplies rows: look-ups that may hold a code twice are read by a scalar MIN, of repeated rows one is taken by rank.
- Groups are known by their codes in upper case without blanks around them, because Synergetic compares codes without regard to
  either: were they not, a code written in two ways would be one group to the database and two to everyone else.
- Branches of a union give the same types.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.manifests import RowSetName
from shared.synergetic.codes import CAMPUS, CLASS, COORDINATOR, FORM, FORM_TEACHER, HEAD, HOUSE, TEACHER, TUTOR, YEAR_LEVEL


@dataclass(frozen=True)
class Branch:
    """One SELECT of a union: an expression for each output column, and where from."""

    output: Mapping[str, str]
    source: str
    distinct: bool = False


@dataclass(frozen=True)
class Selection:
    """The common parts a row set begins with, and the SELECTs it is made of."""

    common: tuple[str, ...]
    branches: tuple[Branch, ...]


def _key(expression: str) -> str:
    return f"UPPER(LTRIM(RTRIM(COALESCE({expression}, ''))))"


COMMON_PARTS: dict[str, str] = {
    "current_students": f"""
        SELECT y.ID, y.Status, y.StudentCampus, y.YearLevel, y.House, y.Form, y.Tutor, y.Boarder,
               {_key("y.StudentCampus")} AS CampusKey, {_key("y.House")} AS HouseKey, {_key("y.Form")} AS FormKey,
               {_key("y.Tutor")} AS TutorKey
        FROM (SELECT r.ID, r.Status, r.StudentCampus, r.YearLevel, r.House, r.Form, r.Tutor, r.Boarder,
                     ROW_NUMBER() OVER (PARTITION BY r.ID ORDER BY r.StudentYearsSeq DESC) AS Recency
              FROM {{StudentYears}} AS r
              WHERE r.FileYear = ? AND ({{is_present}})
                AND EXISTS (SELECT 1 FROM {{Community}} AS a WHERE a.ID = r.ID AND COALESCE(a.DeceasedFlag, 0) = 0)) AS y
        WHERE y.Recency = 1""",  # noqa: S608 - made of constants
    "active_staff": """
        SELECT f.ID, MAX(f.SchoolStaffCode) AS SchoolStaffCode
        FROM {Staff} AS f
        WHERE f.ActiveFlag = 1
          AND EXISTS (SELECT 1 FROM {Community} AS a WHERE a.ID = f.ID AND COALESCE(a.DeceasedFlag, 0) = 0)
        GROUP BY f.ID""",
    "current_classes": f"""
        SELECT k.FileType, k.FileYear, k.FileSemester, k.ClassCampus, k.ClassCode, k.Description, k.NormalYearLevel,
               k.TypeKey, k.CampusKey, k.CodeKey
        FROM (SELECT n.FileType, n.FileYear, n.FileSemester, n.ClassCampus, n.ClassCode, n.Description, n.NormalYearLevel,
                     n.TypeKey, n.CampusKey, n.CodeKey,
                     ROW_NUMBER() OVER (PARTITION BY n.TypeKey, n.CampusKey, n.CodeKey ORDER BY n.SubjectClassesSeq) AS Turn
              FROM (SELECT b.FileType, b.FileYear, b.FileSemester, b.ClassCampus, b.ClassCode, b.Description,
                           b.NormalYearLevel, b.SubjectClassesSeq, {_key("b.FileType")} AS TypeKey,
                           {_key("b.ClassCampus")} AS CampusKey, {_key("b.ClassCode")} AS CodeKey
                    FROM {{SubjectClasses}} AS b
                    WHERE b.FileYear = ? AND b.FileSemester = ? AND ({{is_wanted_class}}) AND b.ClassCode <> '') AS n) AS k
        WHERE k.Turn = 1""",  # noqa: S608 - made of constants
    "wanted_contacts": """
        SELECT w.StudentContactsSeq, w.ID, w.ContactType, w.LinkedID, w.LinkedIDSeq, w.PrimaryOnlyFlag, w.NormalMailFlag,
               w.ReportsFlag, w.ParentFlag, w.LivesWithFlag
        FROM {StudentContacts} AS w
        WHERE w.LinkedID > 0 AND ({is_wanted_contact})""",
    "latest_photos": """
        SELECT o.ID, o.FileYear, o.ModifiedDate, o.PhotoType, o.Size
        FROM (SELECT p.ID, p.FileYear, p.ModifiedDate, p.PhotoType, {length}(p.Photo) AS Size,
                     ROW_NUMBER() OVER (PARTITION BY p.ID ORDER BY {latest_photo}) AS Recency
              FROM {Photos} AS p
              WHERE p.Photo IS NOT NULL
                AND p.ID IN (SELECT s.ID FROM current_students AS s UNION SELECT f.ID FROM active_staff AS f)) AS o
        WHERE o.Recency = 1""",
}

# Bytes before none, then the newest year, then the newest change; the size only decides what would else be left to chance.
LATEST_PHOTO = "CASE WHEN {length}(p.Photo) > 0 THEN 0 ELSE 1 END, p.FileYear DESC, p.ModifiedDate DESC, {length}(p.Photo) DESC"
ONE_PHOTO = """
    SELECT o.Photo AS Photo
    FROM (SELECT p.Photo, ROW_NUMBER() OVER (ORDER BY {latest_photo}) AS Recency
          FROM {Photos} AS p
          WHERE p.ID = ? AND p.Photo IS NOT NULL) AS o
    WHERE o.Recency = 1"""


def _same(alias: str, *columns: str) -> dict[str, str]:
    return {column: f"{alias}.{column}" for column in columns}


_NAMES = ("Title", "Given1", "Given2", "Preferred", "Surname")
_MOBILE = ("MobilePhone", "SilentMobilePhoneFlag")
_WORK_MOBILE = ("OccupMobilePhone", "SilentOccupMobilePhoneFlag")

_STUDENTS = Selection(
    ("current_students",),
    (
        Branch(
            {
                **_same("c", "ID", *_NAMES, "BirthDate", "Gender", "Email", "OccupEmail", *_MOBILE),
                "Status": "s.Status",
                "StatusMeaning": "(SELECT MIN(t.SynergyMeaning) FROM {luStudentStatus} AS t WHERE t.Code = s.Status)",
                "YearLevel": "s.YearLevel",
                "Campus": "s.StudentCampus",
                **_same("s", "House", "Form", "Tutor", "Boarder"),
                **_same("g", "ParentsSeparatedFlag", "CourtOrderType", "CourtOrderDate"),
            },
            """
            FROM current_students AS s
            JOIN {Community} AS c ON c.ID = s.ID
            LEFT JOIN (SELECT l.ID, l.ParentsSeparatedFlag, l.CourtOrderType, l.CourtOrderDate,
                              ROW_NUMBER() OVER (PARTITION BY l.ID ORDER BY l.CourtOrderDate DESC) AS Recency
                       FROM {CommunityLegal} AS l) AS g ON g.ID = s.ID AND g.Recency = 1""",
        ),
    ),
)


def _contacts(through_spouse: str, people: str) -> Branch:
    return Branch(
        {
            "StudentID": "k.ID",
            "ContactType": "k.ContactType",
            "ContactSeq": "k.StudentContactsSeq",
            "LinkedIDSeq": "k.LinkedIDSeq",
            "ThroughSpouse": through_spouse,
            "ContactID": "c.ID",
            **_same("c", *_NAMES, "Email", "OccupEmail", *_MOBILE, *_WORK_MOBILE),
            "HomePhone": "h.Phone",
            "SilentPhoneFlag": "h.SilentPhoneFlag",
            "DeceasedFlag": "c.DeceasedFlag",
            **_same("k", "PrimaryOnlyFlag", "NormalMailFlag", "ReportsFlag", "ParentFlag", "LivesWithFlag"),
            "Relationship": "r.Relationship",
            "RelationshipDescription": "(SELECT MIN(t.Description) FROM {luRelationship} AS t WHERE t.Code = r.Relationship)",
        },
        f"""
        FROM wanted_contacts AS k
        JOIN current_students AS s ON s.ID = k.ID
        {people}
        LEFT JOIN {{Addresses}} AS h ON h.AddressID = c.AddressID
        LEFT JOIN {{Relationships}} AS r ON r.RelationshipSeq = (
            SELECT MIN(q.RelationshipSeq) FROM {{Relationships}} AS q WHERE {{is_relationship}} AND q.Relationship <> '')""",  # noqa: S608 - made of constants
    )


_CONTACTS = Selection(
    ("current_students", "wanted_contacts"),
    (
        _contacts("0", "JOIN {Community} AS c ON c.ID = k.LinkedID"),
        _contacts(
            "1",
            """JOIN {Community} AS m ON m.ID = k.LinkedID AND COALESCE(k.PrimaryOnlyFlag, 0) = 0
        JOIN {Community} AS c ON c.ID = m.SpouseID AND m.SpouseID > 0 AND c.ID <> m.ID""",
        ),
    ),
)
_STAFF = Selection(
    ("active_staff",),
    (
        Branch(
            {
                **_same("c", "ID", *_NAMES),
                "SchoolStaffCode": "f.SchoolStaffCode",
                **_same("c", "Email", "OccupEmail", *_MOBILE, *_WORK_MOBILE),
            },
            "FROM active_staff AS f JOIN {Community} AS c ON c.ID = f.ID",
        ),
    ),
)

_CLASS_OWNER = {
    "GroupType": f"'{CLASS}'",
    "FileType": "k.TypeKey",
    "FileYear": "CAST(k.FileYear AS varchar(10))",
    "Campus": "k.CampusKey",
    "Code": "k.CodeKey",
}


@dataclass(frozen=True)
class _Cohort:
    """A way in which every current student belongs to a group: by a column, perhaps within a campus."""

    kind: str
    code: str
    present: str
    lookup: str
    by_campus: bool = True
    year_level: bool = False

    @property
    def owner(self) -> dict[str, str]:
        code = "CAST(s.YearLevel AS varchar(10))" if self.year_level else f"s.{self.code}"
        campus = "s.CampusKey" if self.by_campus else "''"
        return {"GroupType": f"'{self.kind}'", "FileType": "''", "FileYear": "''", "Campus": campus, "Code": code}

    @property
    def columns(self) -> str:
        return f"s.CampusKey, s.{self.code}" if self.by_campus else f"s.{self.code}"

    @property
    def match(self) -> str:
        """The condition by which a row `t` of the look-up describes the cohort."""
        on_campus = "t.Campus = s.CampusKey AND " if self.by_campus else ""
        return f"{on_campus}t.Code = s.{self.code}"

    @property
    def source(self) -> str:
        """The cohorts that current students are in, each once, as `s`."""
        return f"FROM (SELECT DISTINCT {self.columns} FROM current_students AS s WHERE {self.present}) AS s"  # noqa: S608


_COHORTS = (
    _Cohort(YEAR_LEVEL, "YearLevel", "s.YearLevel IS NOT NULL", "luYearLevel", year_level=True),
    _Cohort(FORM, "FormKey", "s.FormKey <> ''", "luForm", by_campus=False),
    _Cohort(HOUSE, "HouseKey", "s.HouseKey <> ''", "luHouse"),
    _Cohort(TUTOR, "TutorKey", "s.TutorKey <> ''", "luTutor", by_campus=False),
    _Cohort(CAMPUS, "CampusKey", "s.CampusKey <> ''", "luCampus", by_campus=False),
)
_YEAR_COHORT, _FORM_COHORT, _HOUSE_COHORT, *_ = _COHORTS


def _cohort_group(cohort: _Cohort) -> Branch:
    description = f"(SELECT MIN(t.Description) FROM {{{cohort.lookup}}} AS t WHERE {cohort.match})"  # noqa: S608
    year_level = cohort.owner["Code"] if cohort.year_level else "CAST(NULL AS varchar(10))"
    return Branch({**cohort.owner, "Description": description, "YearLevel": year_level}, cohort.source)


def _cohort_members(cohort: _Cohort) -> Branch:
    none = "CAST(NULL AS datetime)"
    output = {**cohort.owner, "StudentID": "s.ID", "StartDate": none, "StopDate": none}
    return Branch(output, f"FROM current_students AS s WHERE {cohort.present}")


def _cohort_staff(cohort: _Cohort, column: str, role: str) -> Branch:
    source = f"""{cohort.source}
        JOIN {{{cohort.lookup}}} AS t ON {cohort.match}
        JOIN active_staff AS f ON f.ID = t.{column}"""
    return Branch({**cohort.owner, "StaffID": "f.ID", "Role": f"'{role}'"}, source, distinct=True)


_GROUPS = Selection(
    ("current_students", "current_classes"),
    (
        Branch(
            {**_CLASS_OWNER, "Description": "k.Description", "YearLevel": "CAST(k.NormalYearLevel AS varchar(10))"},
            "FROM current_classes AS k",
        ),
        *(_cohort_group(cohort) for cohort in _COHORTS),
    ),
)
_MEMBERSHIPS = Selection(
    ("current_students", "current_classes"),
    (
        Branch(
            {**_CLASS_OWNER, "StudentID": "m.ID", "StartDate": "m.StartDate", "StopDate": "m.StopDate"},
            """
            FROM current_classes AS k
            JOIN {StudentClasses} AS m ON m.FileType = k.FileType AND m.FileYear = k.FileYear
                AND m.FileSemester = k.FileSemester AND m.ClassCampus = k.ClassCampus AND m.ClassCode = k.ClassCode
            JOIN current_students AS s ON s.ID = m.ID""",
            distinct=True,
        ),
        *(_cohort_members(cohort) for cohort in _COHORTS),
    ),
)
_TEACHERS = Selection(
    ("current_students", "current_classes", "active_staff"),
    (
        Branch(
            {**_CLASS_OWNER, "StaffID": "f.ID", "Role": f"'{TEACHER}'"},
            """
            FROM current_classes AS k
            JOIN {SubjectClassStaff} AS m ON m.FileType = k.FileType AND m.FileYear = k.FileYear
                AND m.FileSemester = k.FileSemester AND m.ClassCode = k.ClassCode {and_same_campus}
            JOIN active_staff AS f ON f.ID = m.StaffID""",
            distinct=True,
        ),
        _cohort_staff(_YEAR_COHORT, "YearLevelCoordID", COORDINATOR),
        _cohort_staff(_HOUSE_COHORT, "HeadOfHouseID", HEAD),
        _cohort_staff(_FORM_COHORT, "ID", FORM_TEACHER),
    ),
)
_PHOTOS = Selection(
    ("current_students", "active_staff", "latest_photos"),
    (
        Branch(
            _same("o", "ID", "FileYear", "ModifiedDate", "PhotoType", "Size"),
            "FROM latest_photos AS o",
        ),
    ),
)

SELECTIONS: dict[RowSetName, Selection] = {
    "students": _STUDENTS,
    "contacts": _CONTACTS,
    "staff": _STAFF,
    "groups": _GROUPS,
    "memberships": _MEMBERSHIPS,
    "teachers": _TEACHERS,
    "photos": _PHOTOS,
}
