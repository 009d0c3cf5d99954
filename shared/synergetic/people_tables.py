"""The tables of people: students, their contacts, staff, photos."""

from dataclasses import replace

from shared.synergetic.column_types import BLOB, MAX, SMALLINT, varchar
from shared.synergetic.columns import MAIL, PHONE, code, flag, key, moment, number, person, sample, seq, stamp, text, written
from shared.synergetic.table_model import Column, Table

_DIET = written(text("DietaryRequirements", varchar(MAX)), least=50)

COMMUNITY = Table(
    "Community",
    (
        key("ID"),
        text("Title", varchar(15)),
        text("Given1"),
        text("Given2"),
        text("Preferred"),
        text("Surname"),
        moment("BirthDate"),
        code("Gender", varchar(1)),
        text("Email", MAIL),
        text("OccupEmail", MAIL),
        text("MobilePhone", PHONE),
        flag("SilentMobilePhoneFlag"),
        text("OccupMobilePhone", PHONE),
        flag("SilentOccupMobilePhoneFlag"),
        person("AddressID"),
        person("SpouseID"),
        flag("DeceasedFlag"),
        replace(_DIET, nullable=True, mode="two-way", certainty="D", optional=True),
        replace(stamp(moment("CommunityModifiedDate"), "when"), mode="two-way"),
        replace(stamp(text("CommunityModifiedBy"), "who"), mode="two-way"),
        sample(text("NetworkLogin")),
    ),
    "B",
    "read from the table itself, or from the view over it, by integrators",
    purpose="People: names, e-mail, mobile numbers, spouses. Two-way changes the dietary requirements of students.",
)
ADDRESSES = Table(
    "Addresses",
    (
        key("AddressID"),
        text("Phone", PHONE),
        flag("SilentPhoneFlag"),
        sample(text("Address1", varchar(60))),
        sample(text("Suburb", varchar(40))),
        sample(code("State", varchar(5))),
        sample(code("PostCode", varchar(10))),
    ),
    "B",
    "columns seen in use; the table's name in an integrating vendor's page",
    purpose="The home phone of a contact.",
)
COMMUNITY_LEGAL = Table(
    "CommunityLegal",
    (key("ID"), flag("ParentsSeparatedFlag"), code("CourtOrderType"), moment("CourtOrderDate")),
    "B",
    "columns seen in use; that there is one row a person is inferred",
    purpose="Separated parents and court orders.",
)
RELATIONSHIPS = Table(
    "Relationships",
    (seq("RelationshipSeq"), person(), code("Relationship", varchar(5)), person("RelatedID")),
    "B",
    "columns seen in use; which side the word describes is inferred (setting `relationship_holder`)",
    purpose="What a contact is to the student.",
    indexes=(("ID", "RelatedID"),),
)
STUDENT_YEARS = Table(
    "StudentYears",
    (
        seq("StudentYearsSeq"),
        person(),
        Column("FileYear", SMALLINT, default="0"),
        code("Status", varchar(5)),
        code("StudentCampus", varchar(3)),
        number("YearLevel", SMALLINT),
        code("House"),
        code("Form"),
        code("Tutor"),
        code("Boarder", varchar(3)),
        sample(moment("LeavingDate")),
    ),
    "B",
    "one row a student and year",
    purpose="Who is a student this year, and where.",
    indexes=(("FileYear", "ID"),),
)
STUDENT_CONTACTS = Table(
    "StudentContacts",
    (
        seq("StudentContactsSeq"),
        person(),
        code("ContactType", varchar(5)),
        person("LinkedID"),
        number("LinkedIDSeq"),
        flag("PrimaryOnlyFlag"),
        flag("NormalMailFlag"),
        flag("ReportsFlag"),
        flag("ParentFlag"),
        flag("LivesWithFlag"),
        sample(moment("ModifiedDate")),
        sample(text("ModifiedBy")),
    ),
    "B",
    "seen in use, and in the fields of the vendor's interface",
    purpose="Who is a student's contact, and for what.",
    indexes=(("ID",),),
)
STAFF = Table(
    "Staff",
    (key("ID"), flag("ActiveFlag"), code("SchoolStaffCode")),
    "B",
    "seen in use; one row a person",
    purpose="Who is active staff.",
)
PHOTOS = Table(
    "Photos",
    (
        sample(seq("PhotoSeq")),
        person(),
        number("FileYear", SMALLINT),
        moment("ModifiedDate"),
        code("PhotoType", varchar(10)),
        Column("Photo", BLOB, nullable=True),
    ),
    "D",
    "columns seen in use; the table's name is inferred",
    place="media",
    purpose="The newest photo of each student and member of staff.",
    optional=True,
    candidates=("tPhotos", "Photo"),
    indexes=(("ID",),),
)

PEOPLE = (COMMUNITY, ADDRESSES, COMMUNITY_LEGAL, RELATIONSHIPS, STUDENT_YEARS, STUDENT_CONTACTS, STAFF, PHOTOS)
