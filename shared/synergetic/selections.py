"""Which rows each row set selects, as templates of SQL that SQL Server and SQLite both understand.

`{Table}` stands for a table, `{length}` and `{day}` for the dialect's words, other braces for conditions made from the
settings. Each `?` stands for a value and can only be in the common parts, which come first, so parameters have one order. Rules
for all of them:

- No join multiplies rows: of look-ups that may hold a code twice the least value is taken, of repeated rows one by rank.
- Groups are known by their codes in upper case without blanks around them, because Synergetic compares codes without regard to
  either: were they not, a code written in two ways would be one group to the database and two to everyone else. Codes meet
  their look-ups and the settings in the same way, since not every collation does as Synergetic's. The people of classes, who
  are many, are found by the codes as their own table writes them, in each way that it does, for the sake of an index.
- Nothing is looked up row by row: without an index that takes a large school minutes.
- Branches of a union give the same types.
- Who is in a class is decided by the day of the read, so that a last day that passes changes what is read.
- A code that stands in its look-up twice is one row. It is in use unless one of them says that it is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.manifests import RowSetName
from shared.medical.codes import CodeKind
from shared.synergetic.codes import CAMPUS, CLASS, COORDINATOR, FORM, FORM_TEACHER, HEAD, HOUSE, TEACHER, TUTOR, YEAR_LEVEL
from shared.synergetic.common_parts import as_key, meanings
from shared.synergetic.medical_codes import CODE_TABLES
from shared.synergetic.tables import TABLES


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


_PERSON = {
    "title": "c.Title",
    "given": "c.Given1",
    "middle": "c.Given2",
    "preferred": "c.Preferred",
    "surname": "c.Surname",
    "email": "c.Email",
    "work_email": "c.OccupEmail",
    "mobile": "c.MobilePhone",
    "silent_mobile": "c.SilentMobilePhoneFlag",
}
_WORK_MOBILE = {"work_mobile": "c.OccupMobilePhone", "silent_work_mobile": "c.SilentOccupMobilePhoneFlag"}

_STUDENTS = Selection(
    ("current_students", "boarding_students"),
    (
        Branch(
            {
                "id": "c.ID",
                **_PERSON,
                "birth_date": "c.BirthDate",
                "gender": "c.Gender",
                "status": "s.Status",
                "status_meaning": "t.SynergyMeaning",
                "year_level": "s.YearLevel",
                "campus": "s.StudentCampus",
                "house": "s.House",
                "form": "s.Form",
                "tutor": "s.Tutor",
                "boarder": "s.Boards",
                "parents_separated": "g.ParentsSeparatedFlag",
                "court_order_type": "g.CourtOrderType",
                "court_order_date": "g.CourtOrderDate",
            },
            f"""
            FROM boarding_students AS s
            JOIN {{Community}} AS c ON c.ID = s.ID
            LEFT JOIN {meanings("luStudentStatus", "SynergyMeaning")} AS t ON t.CodeKey = {as_key("s.Status")}
            LEFT JOIN (SELECT l.ID, l.ParentsSeparatedFlag, l.CourtOrderType, l.CourtOrderDate,
                              ROW_NUMBER() OVER (PARTITION BY l.ID ORDER BY l.CourtOrderDate DESC, l.ParentsSeparatedFlag DESC,
                                                 l.CourtOrderType DESC) AS Recency
                       FROM {{CommunityLegal}} AS l) AS g ON g.ID = s.ID AND g.Recency = 1""",  # noqa: S608 - made of constants
        ),
    ),
)


def _contacts(through_spouse: str, people: str) -> Branch:
    return Branch(
        {
            "student_id": "k.ID",
            "contact_type": "k.ContactType",
            "contact_seq": "k.StudentContactsSeq",
            "link_order": "k.LinkedIDSeq",
            "through_spouse": through_spouse,
            "contact_id": "c.ID",
            **_PERSON,
            **_WORK_MOBILE,
            "home_phone": "h.Phone",
            "silent_phone": "h.SilentPhoneFlag",
            "deceased": "c.DeceasedFlag",
            "primary_only": "k.PrimaryOnlyFlag",
            "normal_mail": "k.NormalMailFlag",
            "reports": "k.ReportsFlag",
            "parent": "k.ParentFlag",
            "lives_with": "k.LivesWithFlag",
            "relationship": "r.Relationship",
            "relationship_description": "t.Description",
        },
        f"""
        FROM wanted_contacts AS k
        {people}
        LEFT JOIN {{Addresses}} AS h ON h.AddressID = c.AddressID
        LEFT JOIN (SELECT p.ID, p.RelatedID, MIN(p.RelationshipSeq) AS RelationshipSeq
                   FROM {{Relationships}} AS p
                   WHERE {as_key("p.Relationship")} <> ''
                   GROUP BY p.ID, p.RelatedID) AS q ON {{is_relationship}}
        LEFT JOIN {{Relationships}} AS r ON r.RelationshipSeq = q.RelationshipSeq
        LEFT JOIN {meanings("luRelationship", "Description")} AS t ON t.CodeKey = {as_key("r.Relationship")}""",  # noqa: S608 - made of constants
    )


_CONTACTS = Selection(
    ("current_students", "wanted_contacts"),
    (
        _contacts("0", "JOIN {Community} AS c ON c.ID = k.LinkedID"),
        _contacts(
            "1",
            """JOIN {Community} AS m ON m.ID = k.LinkedID AND (k.PrimaryOnlyFlag IS NULL OR k.PrimaryOnlyFlag = 0)
        JOIN {Community} AS c ON c.ID = m.SpouseID AND m.SpouseID > 0 AND c.ID <> m.ID""",
        ),
    ),
)
_STAFF = Selection(
    ("active_staff",),
    (
        Branch(
            {
                "id": "c.ID",
                **_PERSON,
                "staff_code": "f.SchoolStaffCode",
                **_WORK_MOBILE,
            },
            "FROM active_staff AS f JOIN {Community} AS c ON c.ID = f.ID",
        ),
    ),
)

# Of the class of a person, as the person's own row writes it: no campus may be NULL there.
_THEIR_CLASS = """m.FileType = k.FileType AND m.FileYear = k.FileYear AND m.FileSemester = k.FileSemester
                AND m.ClassCode = k.ClassCode
                AND (m.ClassCampus = k.ClassCampus OR (m.ClassCampus IS NULL AND k.ClassCampus IS NULL))"""
_CLASS_OWNER = {
    "group_type": f"'{CLASS}'",
    "file_type": "k.TypeKey",
    "file_year": "CAST(k.FileYear AS varchar(10))",
    "campus": "k.CampusKey",
    "code": "k.CodeKey",
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
        return {"group_type": f"'{self.kind}'", "file_type": "''", "file_year": "''", "campus": campus, "code": code}

    @property
    def columns(self) -> str:
        return f"s.CampusKey, s.{self.code}" if self.by_campus else f"s.{self.code}"

    @property
    def keys(self) -> dict[str, str]:
        """What of a row `z` of the look-up is which of the cohort's columns."""
        code = "z.Code" if self.year_level else as_key("z.Code")
        return {self.code: code} | ({"CampusKey": as_key("z.Campus")} if self.by_campus else {})

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
    year_level = cohort.owner["code"] if cohort.year_level else "CAST(NULL AS varchar(10))"
    on = " AND ".join(f"t.{key} = s.{key}" for key in cohort.keys)
    source = f"{cohort.source}\nLEFT JOIN {meanings(cohort.lookup, 'Description', **cohort.keys)} AS t ON {on}"
    return Branch({**cohort.owner, "description": "t.Description", "year_level": year_level}, source)


def _cohort_members(cohort: _Cohort) -> Branch:
    none = "CAST(NULL AS datetime)"
    output = {**cohort.owner, "student_id": "s.ID", "start_date": none, "stop_date": none}
    return Branch(output, f"FROM current_students AS s WHERE {cohort.present}")


def _cohort_staff(cohort: _Cohort, column: str, role: str) -> Branch:
    source = f"""{cohort.source}
        JOIN {{{cohort.lookup}}} AS z ON {" AND ".join(f"{key} = s.{name}" for name, key in cohort.keys.items())}
        JOIN active_staff AS f ON f.ID = z.{column}"""
    return Branch({**cohort.owner, "staff_id": "f.ID", "role": f"'{role}'"}, source, distinct=True)


_GROUPS = Selection(
    ("current_students", "current_classes"),
    (
        Branch(
            {**_CLASS_OWNER, "description": "k.Description", "year_level": "CAST(k.NormalYearLevel AS varchar(10))"},
            "FROM current_classes AS k",
        ),
        *(_cohort_group(cohort) for cohort in _COHORTS),
    ),
)
_MEMBERSHIPS = Selection(
    ("current_students", "current_classes", "classes_of_students", "present_stays"),
    (
        Branch(
            {**_CLASS_OWNER, "student_id": "m.ID", "start_date": "m.StartDate", "stop_date": "m.StopDate"},
            f"""
            FROM classes_of_students AS k
            JOIN present_stays AS m ON {_THEIR_CLASS}
            WHERE m.ID IN (SELECT s.ID FROM current_students AS s)""",  # noqa: S608 - made of constants
            distinct=True,
        ),
        *(_cohort_members(cohort) for cohort in _COHORTS),
    ),
)
_TEACHERS = Selection(
    ("current_students", "current_classes", "classes_of_staff", "active_staff"),
    (
        Branch(
            {**_CLASS_OWNER, "staff_id": "f.ID", "role": f"'{TEACHER}'"},
            f"""
            FROM classes_of_staff AS k
            JOIN {{SubjectClassStaff}} AS m ON {_THEIR_CLASS}
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
            {
                "id": "o.ID",
                "file_year": "o.FileYear",
                "modified_at": "o.ModifiedDate",
                "photo_type": "o.PhotoType",
                "size": "o.Size",
            },
            "FROM latest_photos AS o",
        ),
    ),
)


def _codes(kind: CodeKind, lookup: str) -> Branch:
    has = {column.name for column in TABLES[lookup].needed("two-way")}
    return Branch(
        {
            "kind": f"'{kind}'",
            "code": "t.Code",
            "description": "MAX(t.Description)",
            "meaning": "MAX(t.SynergyMeaning)" if "SynergyMeaning" in has else "CAST(NULL AS varchar(15))",
            "active": "MIN(COALESCE(CAST(t.ActiveFlag AS int), 1))" if "ActiveFlag" in has else "1",
        },
        f"FROM {{{lookup}_codes}} AS t WHERE t.Code <> '' GROUP BY t.Code",
    )


_CODES = Selection((), tuple(_codes(kind, lookup) for kind, lookup in CODE_TABLES.items()))

SELECTIONS: dict[RowSetName, Selection] = {
    "students": _STUDENTS,
    "contacts": _CONTACTS,
    "staff": _STAFF,
    "groups": _GROUPS,
    "memberships": _MEMBERSHIPS,
    "teachers": _TEACHERS,
    "photos": _PHOTOS,
    "codes": _CODES,
}
