"""The tables of classes, and the look-ups that name what students belong to."""

from dataclasses import replace

from shared.synergetic.column_types import SMALLINT, TINYINT, varchar
from shared.synergetic.columns import CODE, code, described, flag, key, moment, number, person, sample, seq, text
from shared.synergetic.table_model import Column, Table


def _class_key() -> tuple[Column, ...]:
    return (
        code("FileType", varchar(3)),
        Column("FileYear", SMALLINT, default="0"),
        Column("FileSemester", TINYINT, default="0"),
        code("ClassCampus", varchar(3)),
        code("ClassCode"),
    )


def _if_there(column: Column) -> Column:
    return replace(column, certainty="D", optional=True) if column.name == "ClassCampus" else column


_CLASS_KEY = tuple(column.name for column in _class_key())

FILE_SEMESTERS = Table(
    "FileSemesters",
    (
        sample(seq("FileSemestersSeq")),
        Column("FileYear", SMALLINT, default="0"),
        Column("FileSemester", TINYINT, default="0"),
        flag("SystemCurrentFlag"),
        sample(moment("StartDate")),
        sample(moment("EndDate")),
        sample(described()),
    ),
    "B",
    "seen in use by three integrators",
    purpose="The current year and semester.",
)
SUBJECT_CLASSES = Table(
    "SubjectClasses",
    (seq("SubjectClassesSeq"), *_class_key(), described(), number("NormalYearLevel", SMALLINT)),
    "B",
    "seen in use; types from a school's procedures",
    purpose="This semester's classes.",
    indexes=(_CLASS_KEY,),
)
STUDENT_CLASSES = Table(
    "StudentClasses",
    (sample(seq("Seq")), person(), *_class_key(), moment("StartDate"), moment("StopDate")),
    "B",
    "seen in use; the name of its own key varies and is not read",
    purpose="Who is in a class today.",
    indexes=(_CLASS_KEY, ("ID",)),
)
SUBJECT_CLASS_STAFF = Table(
    "SubjectClassStaff",
    (sample(seq("SubjectClassStaffSeq")), *map(_if_there, _class_key()), person("StaffID")),
    "B",
    "seen in use, but for ClassCampus, which is inferred from the key of a class",
    purpose="Who teaches a class.",
    indexes=(_CLASS_KEY,),
)


def _lookup(name: str, columns: tuple[Column, ...], source: str, purpose: str) -> Table:
    return Table(name, columns, "B", source, purpose=purpose, optional=True)


LU_STUDENT_STATUS = Table(
    "luStudentStatus",
    (key("Code", varchar(5)), code("SynergyMeaning"), sample(described())),
    "A",
    "the vendor's own page",
    purpose="Which statuses mean a current student.",
)
# What two-way matches words by, as in its own look-ups; a meaning is on the vendor's page of a later version.
_MATCHED_BY = (replace(code("SynergyMeaning"), certainty="C"), replace(flag("ActiveFlag"), certainty="D"))
LU_RELATIONSHIP = _lookup(
    "luRelationship",
    (
        key("Code", varchar(5)),
        described(),
        *(replace(one, mode="two-way", optional=True, named=False) for one in _MATCHED_BY),
    ),
    "seen in use",
    "What relationships are called.",
)
LU_YEAR_LEVEL = _lookup(
    "luYearLevel",
    (key("Campus", varchar(3)), key("Code", SMALLINT), described(), person("YearLevelCoordID")),
    "seen in use; key Campus and Code",
    "Names and coordinators of year levels.",
)
LU_HOUSE = _lookup(
    "luHouse",
    (key("Campus", varchar(3)), key("Code", CODE), described(), person("HeadOfHouseID"), sample(flag("ActiveFlag"))),
    "seen in use; key Campus and Code",
    "Names and heads of houses.",
)
LU_FORM = _lookup(
    "luForm",
    (sample(seq("FormSeq")), code("Code"), described(), person()),
    "seen in use; that ID is the form's teacher is inferred",
    "Names and teachers of forms.",
)
LU_TUTOR = Table(
    "luTutor",
    (key("Code", CODE), described()),
    "C",
    "the table is named; columns as lookups have them",
    purpose="Names of tutor groups.",
    optional=True,
)
LU_CAMPUS = Table(
    "luCampus",
    (key("Code", varchar(3)), described()),
    "C",
    "the table is named; columns as lookups have them",
    purpose="Names of campuses.",
    optional=True,
)
LU_BOARDER = Table(
    "luBoarder",
    (key("Code", varchar(3)), replace(code("SynergyMeaning"), certainty="D", optional=True), sample(described())),
    "B",
    "the table is named by integrators; that the meaning in a view of students is its own is inferred",
    purpose="Which codes of boarding mean a day student.",
    optional=True,
)
SYN_DATABASES = Table(
    "SynDatabases",
    (sample(seq("SynDatabasesSeq")), code("Code"), replace(text("VersionNumber", varchar(20)), numeric=True)),
    "C",
    "the two columns an integrating vendor reads",
    purpose="The version of Synergetic. These two columns only: the table also holds the application's password.",
)

CLASSES = (FILE_SEMESTERS, SUBJECT_CLASSES, STUDENT_CLASSES, SUBJECT_CLASS_STAFF)
LOOKUPS = (
    LU_STUDENT_STATUS,
    LU_RELATIONSHIP,
    LU_YEAR_LEVEL,
    LU_HOUSE,
    LU_FORM,
    LU_TUTOR,
    LU_CAMPUS,
    LU_BOARDER,
    SYN_DATABASES,
)
