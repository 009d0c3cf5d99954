"""The row sets: which columns each SELECT gives, whose row it is, and what makes a row unique.

The columns' names are our own words, so that whoever reads rows elsewhere names nothing of Synergetic's.
"""

from dataclasses import dataclass

from shared.manifests import RowSetName
from shared.owners import Kind
from shared.synergetic.medical_codes import CODE_TABLES
from shared.synergetic.table_model import Mode


@dataclass(frozen=True)
class RowSet:
    """What one SELECT gives.

    Attributes:
        name: Its name in manifests.
        kinds: The kinds of record its rows are about; none if they are about nobody.
        columns: The output columns, in order.
        owner: The columns that say whom a row is about.
        key: The columns that no two rows share; None counts as a value.
        tables: The tables it reads.
        mode: The mode that needs it; what one-way needs, two-way needs too.
    """

    name: RowSetName
    kinds: tuple[Kind, ...]
    columns: tuple[str, ...]
    owner: tuple[str, ...]
    key: tuple[str, ...]
    tables: frozenset[str]
    mode: Mode = "one-way"

    @property
    def owner_positions(self) -> tuple[int, ...]:
        """Where the owner's columns stand in a row."""
        return tuple(self.columns.index(name) for name in self.owner)


_NAMES = ("title", "given", "middle", "preferred", "surname")
_MAIL = ("email", "work_email")
_MOBILE = ("mobile", "silent_mobile")
_WORK_MOBILE = ("work_mobile", "silent_work_mobile")
_GROUP = ("group_type", "file_type", "file_year", "campus", "code")
_STUDENT_TABLES = frozenset({"Community", "StudentYears", "luStudentStatus"})
_STAFF_TABLES = frozenset({"Community", "Staff"})


STUDENTS = RowSet(
    name="students",
    kinds=("student",),
    columns=(
        "id",
        *_NAMES,
        "birth_date",
        "gender",
        *_MAIL,
        *_MOBILE,
        "status",
        "status_meaning",
        "year_level",
        "campus",
        "house",
        "form",
        "tutor",
        "boarder",
        "parents_separated",
        "court_order_type",
        "court_order_date",
    ),
    owner=("id",),
    key=("id",),
    tables=_STUDENT_TABLES | {"CommunityLegal", "luBoarder"},
)
CONTACTS = RowSet(
    name="contacts",
    kinds=("student",),
    columns=(
        "student_id",
        "contact_type",
        "contact_seq",
        "link_order",
        "through_spouse",
        "contact_id",
        *_NAMES,
        *_MAIL,
        *_MOBILE,
        *_WORK_MOBILE,
        "home_phone",
        "silent_phone",
        "deceased",
        "primary_only",
        "normal_mail",
        "reports",
        "parent",
        "lives_with",
        "relationship",
        "relationship_description",
    ),
    owner=("student_id",),
    key=("contact_seq", "through_spouse"),
    tables=_STUDENT_TABLES | {"StudentContacts", "Addresses", "Relationships", "luRelationship"},
)
STAFF_MEMBERS = RowSet(
    name="staff",
    kinds=("staff",),
    columns=("id", *_NAMES, "staff_code", *_MAIL, *_MOBILE, *_WORK_MOBILE),
    owner=("id",),
    key=("id",),
    tables=_STAFF_TABLES,
)
GROUPS = RowSet(
    name="groups",
    kinds=("group",),
    columns=(*_GROUP, "description", "year_level"),
    owner=_GROUP,
    key=_GROUP,
    tables=_STUDENT_TABLES | {"SubjectClasses", "luYearLevel", "luForm", "luHouse", "luTutor", "luCampus"},
)
MEMBERSHIPS = RowSet(
    name="memberships",
    kinds=("group",),
    columns=(*_GROUP, "student_id", "start_date", "stop_date"),
    owner=_GROUP,
    key=(*_GROUP, "student_id", "start_date", "stop_date"),
    tables=_STUDENT_TABLES | {"SubjectClasses", "StudentClasses"},
)
TEACHERS = RowSet(
    name="teachers",
    kinds=("group",),
    columns=(*_GROUP, "staff_id", "role"),
    owner=_GROUP,
    key=(*_GROUP, "staff_id", "role"),
    tables=_STUDENT_TABLES | _STAFF_TABLES | {"SubjectClasses", "SubjectClassStaff", "luYearLevel", "luHouse", "luForm"},
)
PHOTO_ROWS = RowSet(
    name="photos",
    kinds=("student", "staff"),
    columns=("id", "file_year", "modified_at", "photo_type", "size"),
    owner=("id",),
    key=("id",),
    tables=_STUDENT_TABLES | _STAFF_TABLES | {"Photos"},
)
CODES = RowSet(
    name="codes",
    kinds=(),
    columns=("kind", "code", "description", "meaning", "active"),
    # One kind is one part, so that what a change sends is small and what reads them all reads few.
    owner=("kind",),
    key=("kind", "code"),
    tables=frozenset(CODE_TABLES.values()),
    mode="two-way",
)

ROW_SETS: dict[RowSetName, RowSet] = {
    one.name: one for one in (STUDENTS, CONTACTS, STAFF_MEMBERS, GROUPS, MEMBERSHIPS, TEACHERS, PHOTO_ROWS, CODES)
}
# What is written to a chunk: of a photo, what its bytes turned out to be.
CHUNK_COLUMNS: dict[RowSetName, tuple[str, ...]] = {name: row_set.columns for name, row_set in ROW_SETS.items()} | {
    "photos": ("id", "digest", "type", "size", "modified_at")
}


def row_sets_of(mode: Mode) -> tuple[RowSetName, ...]:
    """Return the names of the row sets that a mode reads, in the order in which they are read."""
    return tuple(name for name, row_set in ROW_SETS.items() if row_set.mode in {mode, "one-way"})
