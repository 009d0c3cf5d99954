"""Synergetic's tables and columns as far as we read them: where each stands, its type, whether it may be empty, since when.

Every column here is named by a SELECT, or is marked `sample` if it only makes the sample school's tables like the real ones.
What may be granted, checked and created follows from these declarations. `certainty` is how far public facts bear a name: A the
vendor says so, B seen in working code, C in an integrating vendor's page, D inferred. Lengths are inferred unless a source
gives them.
"""

from dataclasses import replace

from shared.synergetic.column_types import BIT, BLOB, DATETIME, INT, SMALLINT, TINYINT, ColumnType, varchar
from shared.synergetic.table_model import Column, Table

_NAME, _CODE, _PHONE, _MAIL = varchar(50), varchar(15), varchar(30), varchar(100)


def _seq(name: str) -> Column:
    return Column(name, INT, key=True, identity=True)


def _id(name: str = "ID") -> Column:
    return Column(name, INT, default="0")


def _key(name: str, kind: ColumnType = INT) -> Column:
    return Column(name, kind, key=True, code=kind.is_text)


def _text(name: str, kind: ColumnType = _NAME) -> Column:
    return Column(name, kind, default="''")


def _code(name: str, kind: ColumnType = _CODE) -> Column:
    return Column(name, kind, default="''", code=True)


def _flag(name: str) -> Column:
    return Column(name, BIT, default="0")


def _date(name: str) -> Column:
    return Column(name, DATETIME, nullable=True)


def _number(name: str, kind: ColumnType = INT) -> Column:
    return Column(name, kind, nullable=True)


def _sample(column: Column) -> Column:
    return replace(column, sample=True)


def _class_key() -> tuple[Column, ...]:
    return (
        _code("FileType", varchar(3)),
        Column("FileYear", SMALLINT, default="0"),
        Column("FileSemester", TINYINT, default="0"),
        _code("ClassCampus", varchar(3)),
        _code("ClassCode"),
    )


_CLASS_KEY = tuple(column.name for column in _class_key())

COMMUNITY = Table(
    "Community",
    (
        _key("ID"),
        _text("Title", varchar(15)),
        _text("Given1"),
        _text("Given2"),
        _text("Preferred"),
        _text("Surname"),
        _date("BirthDate"),
        _code("Gender", varchar(1)),
        _text("Email", _MAIL),
        _text("OccupEmail", _MAIL),
        _text("MobilePhone", _PHONE),
        _flag("SilentMobilePhoneFlag"),
        _text("OccupMobilePhone", _PHONE),
        _flag("SilentOccupMobilePhoneFlag"),
        _id("AddressID"),
        _id("SpouseID"),
        _flag("DeceasedFlag"),
        _sample(_text("NetworkLogin")),
        _sample(_date("CommunityModifiedDate")),
    ),
    "B",
    "read from the table itself, or from the view over it, by integrators",
)
ADDRESSES = Table(
    "Addresses",
    (
        _key("AddressID"),
        _text("Phone", _PHONE),
        _flag("SilentPhoneFlag"),
        _sample(_text("Address1", varchar(60))),
        _sample(_text("Suburb", varchar(40))),
        _sample(_code("State", varchar(5))),
        _sample(_code("PostCode", varchar(10))),
    ),
    "B",
    "columns seen in use; the table's name in an integrating vendor's page",
)
COMMUNITY_LEGAL = Table(
    "CommunityLegal",
    (_key("ID"), _flag("ParentsSeparatedFlag"), _code("CourtOrderType"), _date("CourtOrderDate")),
    "B",
    "columns seen in use; that there is one row a person is inferred",
)
RELATIONSHIPS = Table(
    "Relationships",
    (_seq("RelationshipSeq"), _id(), _code("Relationship", varchar(5)), _id("RelatedID")),
    "B",
    "columns seen in use; which side the word describes is inferred",
    indexes=(("ID", "RelatedID"),),
)
STUDENT_YEARS = Table(
    "StudentYears",
    (
        _seq("StudentYearsSeq"),
        _id(),
        Column("FileYear", SMALLINT, default="0"),
        _code("Status", varchar(5)),
        _code("StudentCampus", varchar(3)),
        _number("YearLevel", SMALLINT),
        _code("House"),
        _code("Form"),
        _code("Tutor"),
        _code("Boarder", varchar(3)),
        _sample(_date("LeavingDate")),
    ),
    "B",
    "one row a student and year",
    indexes=(("FileYear", "ID"),),
)
STUDENT_CONTACTS = Table(
    "StudentContacts",
    (
        _seq("StudentContactsSeq"),
        _id(),
        _code("ContactType", varchar(5)),
        _id("LinkedID"),
        _number("LinkedIDSeq"),
        _flag("PrimaryOnlyFlag"),
        _flag("NormalMailFlag"),
        _flag("ReportsFlag"),
        _flag("ParentFlag"),
        _flag("LivesWithFlag"),
        _sample(_date("ModifiedDate")),
        _sample(_text("ModifiedBy")),
    ),
    "B",
    "seen in use, and in the fields of the vendor's interface",
    indexes=(("ID",),),
)
STAFF = Table(
    "Staff",
    (_key("ID"), _flag("ActiveFlag"), _code("SchoolStaffCode")),
    "B",
    "seen in use; one row a person",
)
FILE_SEMESTERS = Table(
    "FileSemesters",
    (
        _sample(_seq("FileSemestersSeq")),
        Column("FileYear", SMALLINT, default="0"),
        Column("FileSemester", TINYINT, default="0"),
        _flag("SystemCurrentFlag"),
        _sample(_date("StartDate")),
        _sample(_date("EndDate")),
        _sample(_text("Description", varchar(100))),
    ),
    "B",
    "seen in use by three integrators",
)
SUBJECT_CLASSES = Table(
    "SubjectClasses",
    (_seq("SubjectClassesSeq"), *_class_key(), _text("Description", varchar(100)), _number("NormalYearLevel", SMALLINT)),
    "B",
    "seen in use; types from a school's procedures",
    indexes=(_CLASS_KEY,),
)
STUDENT_CLASSES = Table(
    "StudentClasses",
    (_sample(_seq("Seq")), _id(), *_class_key(), _date("StartDate"), _date("StopDate")),
    "B",
    "seen in use; the name of its own key varies and is not read",
    indexes=(_CLASS_KEY, ("ID",)),
)
SUBJECT_CLASS_STAFF = Table(
    "SubjectClassStaff",
    (_sample(_seq("SubjectClassStaffSeq")), *_class_key(), _id("StaffID")),
    "B",
    "seen in use, but for ClassCampus, which is inferred from the key of a class (setting `class_staff_has_campus`)",
    indexes=(_CLASS_KEY,),
)
PHOTOS = Table(
    "Photos",
    (
        _sample(_seq("PhotoSeq")),
        _id(),
        _number("FileYear", SMALLINT),
        _date("ModifiedDate"),
        _code("PhotoType", varchar(10)),
        Column("Photo", BLOB, nullable=True),
    ),
    "D",
    "columns seen in use; the table's name is inferred (setting `photo_table`)",
    place="media",
    indexes=(("ID",),),
)


def _lookup(name: str, columns: tuple[Column, ...], source: str) -> Table:
    return Table(name, columns, "B", source)


_DESCRIPTION = _text("Description", varchar(100))
LU_STUDENT_STATUS = Table(
    "luStudentStatus",
    (_key("Code", varchar(5)), _code("SynergyMeaning"), _sample(_DESCRIPTION)),
    "A",
    "the vendor's own page",
)
LU_RELATIONSHIP = _lookup("luRelationship", (_key("Code", varchar(5)), _DESCRIPTION), "seen in use")
LU_YEAR_LEVEL = _lookup(
    "luYearLevel",
    (_key("Campus", varchar(3)), _key("Code", SMALLINT), _DESCRIPTION, _id("YearLevelCoordID")),
    "seen in use; key Campus and Code",
)
LU_HOUSE = _lookup(
    "luHouse",
    (_key("Campus", varchar(3)), _key("Code", _CODE), _DESCRIPTION, _id("HeadOfHouseID"), _sample(_flag("ActiveFlag"))),
    "seen in use; key Campus and Code",
)
LU_FORM = _lookup(
    "luForm",
    (_sample(_seq("FormSeq")), _code("Code"), _DESCRIPTION, _id()),
    "seen in use; that ID is the form's teacher is inferred",
)
LU_TUTOR = Table("luTutor", (_key("Code", _CODE), _DESCRIPTION), "C", "the table is named; columns as lookups have them")
LU_CAMPUS = Table("luCampus", (_key("Code", varchar(3)), _DESCRIPTION), "C", "the table is named; columns as lookups have them")
SYN_DATABASES = Table(
    "SynDatabases",
    (_sample(_seq("SynDatabasesSeq")), _code("Code"), _text("VersionNumber", varchar(20))),
    "C",
    "the two columns an integrating vendor reads; the table also holds a password: never read it whole",
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        COMMUNITY,
        ADDRESSES,
        COMMUNITY_LEGAL,
        RELATIONSHIPS,
        STUDENT_YEARS,
        STUDENT_CONTACTS,
        STAFF,
        FILE_SEMESTERS,
        SUBJECT_CLASSES,
        STUDENT_CLASSES,
        SUBJECT_CLASS_STAFF,
        PHOTOS,
        LU_STUDENT_STATUS,
        LU_RELATIONSHIP,
        LU_YEAR_LEVEL,
        LU_HOUSE,
        LU_FORM,
        LU_TUTOR,
        LU_CAMPUS,
        SYN_DATABASES,
    )
}
