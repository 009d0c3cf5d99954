"""The row sets: which columns each SELECT gives, whose row it is, and what makes a row unique.

`words` are our names for the columns, in the same order: whoever reads rows elsewhere uses those and names nothing of
Synergetic's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.manifests import RowSetName
from shared.owners import Kind, owner_key


@dataclass(frozen=True)
class RowSet:
    """What one SELECT gives.

    Attributes:
        name: Its name in manifests.
        kinds: The kinds of record its rows are about.
        columns: The output columns, in order.
        words: Our name for each column.
        owner: The columns that say whom a row is about.
        key: The columns that no two rows share; None counts as a value.
        tables: The tables it reads.
    """

    name: RowSetName
    kinds: tuple[Kind, ...]
    columns: tuple[str, ...]
    words: tuple[str, ...]
    owner: tuple[str, ...]
    key: tuple[str, ...]
    tables: frozenset[str]

    @property
    def owner_positions(self) -> tuple[int, ...]:
        """Where the owner's columns stand in a row."""
        return tuple(self.columns.index(name) for name in self.owner)

    def owner_of(self, row: Sequence[object]) -> str:
        """Return the owner of a row, given in the order of the columns."""
        return owner_key(*(row[position] for position in self.owner_positions))


_Pairs = tuple[tuple[str, str], ...]
_NAMES: _Pairs = (
    ("Title", "title"),
    ("Given1", "given"),
    ("Given2", "middle"),
    ("Preferred", "preferred"),
    ("Surname", "surname"),
)
_MAIL: _Pairs = (("Email", "email"), ("OccupEmail", "work_email"))
_MOBILE: _Pairs = (("MobilePhone", "mobile"), ("SilentMobilePhoneFlag", "silent_mobile"))
_WORK_MOBILE: _Pairs = (("OccupMobilePhone", "work_mobile"), ("SilentOccupMobilePhoneFlag", "silent_work_mobile"))
_GROUP: _Pairs = (
    ("GroupType", "group_type"),
    ("FileType", "file_type"),
    ("FileYear", "file_year"),
    ("Campus", "campus"),
    ("Code", "code"),
)
_GROUP_KEY = tuple(column for column, _ in _GROUP)
_STUDENT_TABLES = frozenset({"Community", "StudentYears", "luStudentStatus"})
_STAFF_TABLES = frozenset({"Community", "Staff"})


def _row_set(
    name: RowSetName, kinds: tuple[Kind, ...], pairs: _Pairs, *, owner: tuple[str, ...], key: tuple[str, ...]
) -> RowSet:
    return RowSet(
        name=name,
        kinds=kinds,
        columns=tuple(column for column, _ in pairs),
        words=tuple(word for _, word in pairs),
        owner=owner,
        key=key,
        tables=_TABLES[name],
    )


_TABLES: dict[RowSetName, frozenset[str]] = {
    "students": _STUDENT_TABLES | {"CommunityLegal"},
    "contacts": _STUDENT_TABLES | {"StudentContacts", "Addresses", "Relationships", "luRelationship"},
    "staff": _STAFF_TABLES,
    "groups": _STUDENT_TABLES | {"SubjectClasses", "luYearLevel", "luForm", "luHouse", "luTutor", "luCampus"},
    "memberships": _STUDENT_TABLES | {"SubjectClasses", "StudentClasses"},
    "teachers": _STUDENT_TABLES | _STAFF_TABLES | {"SubjectClasses", "SubjectClassStaff", "luYearLevel", "luHouse", "luForm"},
    "photos": _STUDENT_TABLES | _STAFF_TABLES | {"Photos"},
}

STUDENTS = _row_set(
    "students",
    ("student",),
    (
        ("ID", "id"),
        *_NAMES,
        ("BirthDate", "birth_date"),
        ("Gender", "gender"),
        *_MAIL,
        *_MOBILE,
        ("Status", "status"),
        ("StatusMeaning", "status_meaning"),
        ("YearLevel", "year_level"),
        ("Campus", "campus"),
        ("House", "house"),
        ("Form", "form"),
        ("Tutor", "tutor"),
        ("Boarder", "boarder"),
        ("ParentsSeparatedFlag", "parents_separated"),
        ("CourtOrderType", "court_order_type"),
        ("CourtOrderDate", "court_order_date"),
    ),
    owner=("ID",),
    key=("ID",),
)
CONTACTS = _row_set(
    "contacts",
    ("student",),
    (
        ("StudentID", "student_id"),
        ("ContactType", "contact_type"),
        ("ContactSeq", "contact_seq"),
        ("LinkedIDSeq", "link_order"),
        ("ThroughSpouse", "through_spouse"),
        ("ContactID", "contact_id"),
        *_NAMES,
        *_MAIL,
        *_MOBILE,
        *_WORK_MOBILE,
        ("HomePhone", "home_phone"),
        ("SilentPhoneFlag", "silent_phone"),
        ("DeceasedFlag", "deceased"),
        ("PrimaryOnlyFlag", "primary_only"),
        ("NormalMailFlag", "normal_mail"),
        ("ReportsFlag", "reports"),
        ("ParentFlag", "parent"),
        ("LivesWithFlag", "lives_with"),
        ("Relationship", "relationship"),
        ("RelationshipDescription", "relationship_description"),
    ),
    owner=("StudentID",),
    key=("ContactSeq", "ThroughSpouse"),
)
STAFF_MEMBERS = _row_set(
    "staff",
    ("staff",),
    (("ID", "id"), *_NAMES, ("SchoolStaffCode", "staff_code"), *_MAIL, *_MOBILE, *_WORK_MOBILE),
    owner=("ID",),
    key=("ID",),
)
GROUPS = _row_set(
    "groups",
    ("group",),
    (*_GROUP, ("Description", "description"), ("YearLevel", "year_level")),
    owner=_GROUP_KEY,
    key=_GROUP_KEY,
)
MEMBERSHIPS = _row_set(
    "memberships",
    ("group",),
    (*_GROUP, ("StudentID", "student_id"), ("StartDate", "start_date"), ("StopDate", "stop_date")),
    owner=_GROUP_KEY,
    key=(*_GROUP_KEY, "StudentID", "StartDate", "StopDate"),
)
TEACHERS = _row_set(
    "teachers",
    ("group",),
    (*_GROUP, ("StaffID", "staff_id"), ("Role", "role")),
    owner=_GROUP_KEY,
    key=(*_GROUP_KEY, "StaffID", "Role"),
)
PHOTO_ROWS = _row_set(
    "photos",
    ("student", "staff"),
    (
        ("ID", "id"),
        ("FileYear", "file_year"),
        ("ModifiedDate", "modified_date"),
        ("PhotoType", "photo_type"),
        ("Size", "size"),
    ),
    owner=("ID",),
    key=("ID",),
)

ROW_SETS: dict[RowSetName, RowSet] = {
    row_set.name: row_set for row_set in (STUDENTS, CONTACTS, STAFF_MEMBERS, GROUPS, MEMBERSHIPS, TEACHERS, PHOTO_ROWS)
}
PHOTO_CHUNK_WORDS: dict[str, str] = {
    "ID": "id",
    "Digest": "digest",
    "Type": "type",
    "Size": "size",
    "ModifiedDate": "modified_date",
}
CHUNK_COLUMNS: dict[RowSetName, tuple[str, ...]] = {
    name: tuple(PHOTO_CHUNK_WORDS) if name == "photos" else row_set.columns for name, row_set in ROW_SETS.items()
}
CHUNK_WORDS: dict[RowSetName, dict[str, str]] = {
    name: PHOTO_CHUNK_WORDS if name == "photos" else dict(zip(row_set.columns, row_set.words, strict=True))
    for name, row_set in ROW_SETS.items()
}


def in_our_words(name: RowSetName, row: dict[str, object]) -> dict[str, object]:
    """Rename the columns of a chunk's row to our words; a column that this release does not know keeps its name."""
    words = CHUNK_WORDS[name]
    return {words.get(column, column): value for column, value in row.items()}
