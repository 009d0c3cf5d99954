"""What is found where a database is not what the contract says: how bad, in which mode, and what is proposed."""

from dataclasses import replace

import pytest

from shared.synergetic import Mode, SynergeticSettings, Version, findings
from shared.synergetic.catalogue import FoundTable, Trigger
from shared.synergetic.column_types import MAX
from shared.synergetic.compatibility import trigger_findings
from shared.synergetic.open_names import Proposal
from tests.unit.contract_schools import PLAIN, VERSIONS, Alter, altered, as_declared, codes, with_column, without_column

KNOWN = Version.parse("68.24")


def after(table: str, alter: Alter, mode: Mode = "two-way", settings: SynergeticSettings = PLAIN) -> set[tuple[str, str, str]]:
    """Return what is found after one table was altered."""
    return codes(findings(mode, KNOWN, settings, altered(as_declared(), table, alter)))


@pytest.mark.parametrize("mode", ["one-way", "two-way"])
@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_found_where_all_is_as_declared(version: str, mode: Mode) -> None:
    """A database in the declared types has nothing to report."""
    assert findings(mode, Version.parse(version), PLAIN, as_declared(version)) == ()


@pytest.mark.parametrize(
    ("table", "column", "kind"),
    [
        ("Community", "Surname", "nvarchar"),
        ("Community", "ID", "bigint"),
        ("Community", "BirthDate", "smalldatetime"),
        ("Community", "DeceasedFlag", "tinyint"),
        ("StudentYears", "Status", "char"),
        ("Photos", "Photo", "image"),
        ("MedicalCondition", "ConditionDetails", "ntext"),
        ("MedicalCondition", "ModifiedBy", "varchar"),
        ("MedicalDetails", "ModifiedBy", "int"),
        ("MedicalDetails", "AmbulanceFlag", "int"),
        ("MedicalCondition", "NotifiedBy", "bigint"),
        ("Community", "ID", "decimal"),
        ("StudentContacts", "LinkedID", "float"),
        ("SynDatabases", "VersionNumber", "decimal"),
        ("SynDatabases", "VersionNumber", "smallint"),
        ("SynDatabases", "VersionNumber", "float"),
    ],
)
def test_types_that_give_the_same_values_will_do(table: str, column: str, kind: str) -> None:
    """Drivers give one value for them; who changed a row may be a number or a name, and so may a version."""
    assert after(table, with_column(column, type=kind)) == set()


@pytest.mark.parametrize(
    ("table", "column", "kind"),
    [
        ("Community", "ID", "varchar"),
        ("Community", "ID", "real"),
        ("StudentYears", "YearLevel", "decimal"),
        ("Community", "BirthDate", "varchar"),
        ("Community", "DeceasedFlag", "char"),
        ("StudentYears", "Status", "text"),
        ("luHouse", "Description", "ntext"),
        ("Photos", "Photo", "varchar"),
        ("Staff", "ActiveFlag", "uniqueidentifier"),
        ("SynDatabases", "VersionNumber", "real"),
        ("SynDatabases", "Code", "int"),
    ],
)
def test_other_types_stop_reading(table: str, column: str, kind: str) -> None:
    """A type whose values mean something else is an error, in one-way mode already."""
    wanted = {("column-type", "error", f"{table}.{column}")}
    assert after(table, with_column(column, type=kind), "one-way") == wanted
    (found,) = findings("one-way", KNOWN, PLAIN, altered(as_declared(), table, with_column(column, type=kind)))
    assert found.mode == "one-way"


def test_two_way_errors_do_not_stop_reading() -> None:
    """What only writing needs is not looked at in one-way mode, and is told apart in two-way mode."""
    broken = altered(as_declared(), "MedicalCondition", with_column("SeverityCode", type="int"))
    assert findings("one-way", KNOWN, PLAIN, broken) == ()
    assert [one.mode for one in findings("two-way", KNOWN, PLAIN, broken)] == ["two-way"]
    broken = altered(as_declared(), "Community", without_column("CommunityModifiedDate"))
    assert findings("one-way", KNOWN, PLAIN, broken) == ()
    assert [one.mode for one in findings("two-way", KNOWN, PLAIN, broken)] == ["two-way"]


@pytest.mark.parametrize(
    ("table", "column", "values", "wanted"),
    [
        ("MedicalCondition", "ConditionDetails", {"length": 255}, {("column-short", "note")}),
        ("MedicalCondition", "ConditionDetails", {"length": 20}, {("column-too-short", "error")}),
        ("MedicalCondition", "MedicalConditionCode", {"length": 5}, set()),
        ("MedicalDetails", "BloodGroup", {"length": 2}, {("column-too-short", "error")}),
        ("MedicalDetails", "ModifiedBy", {"length": 20}, set()),
        ("MedicalAllergy", "AllergyDescription", {"type": "text", "length": MAX}, set()),
        ("MedicalCondition", "NotifiedBy", {"type": "smallint"}, {("column-too-short", "error")}),
        ("MedicalCondition", "Visibility", {"length": 1}, set()),
        ("Community", "Surname", {"length": 5}, set()),
        ("Consent", "ActiveFlag", {"computed": True}, {("column-not-writable", "error")}),
        ("Consent", "ConsentGivenDate", {"nullable": False}, {("column-not-writable", "error")}),
        ("Consent", "ModifiedDate", {"nullable": False}, set()),
        ("Ability", "AbilityTypeCode", {"numbered": True, "has_default": False}, {("column-not-writable", "error")}),
        ("MedicalAdditionalAsthmaDetails", "MedicalConditionSeq", {"numbered": True, "has_default": True}, set()),
    ],
)
def test_what_is_written_needs_room(table: str, column: str, values: dict[str, object], wanted: set[tuple[str, str]]) -> None:
    """A column that is only read may be short; one that is written is noted while single texts may be too long, then stops."""
    found = after(table, with_column(column, **values))
    assert {(code, severity) for code, severity, _ in found} == wanted


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"nullable": False, "has_default": False}, True),
        ({"nullable": False, "has_default": True}, False),
        ({"nullable": True, "has_default": False}, False),
        ({"nullable": False, "has_default": False, "computed": True}, False),
        ({"nullable": False, "has_default": False, "type": "timestamp"}, False),
    ],
)
def test_a_column_that_every_new_row_must_fill_stops_writing(values: dict[str, object], found: bool) -> None:  # noqa: FBT001
    """Unless it fills itself; where rows are only updated or read it does not matter."""
    wanted = {("column-required", "error", "MedicalAllergy.Surprise")} if found else set()
    assert after("MedicalAllergy", with_column("Surprise", **values)) == wanted
    assert after("Students", with_column("Surprise", **values)) == set()
    assert after("Staff", with_column("Surprise", **values)) == set()


@pytest.mark.parametrize(("nullable", "has_default"), [(False, False), (True, False), (False, True)])
def test_a_key_that_the_database_does_not_number_stops_writing(nullable: bool, has_default: bool) -> None:  # noqa: FBT001
    """Nobody would give a new row its number, or, if a sequence does, tell which it is."""
    alter = with_column("MedicalConditionSeq", numbered=False, nullable=nullable, has_default=has_default)
    assert after("MedicalCondition", alter) == {("column-required", "error", "MedicalCondition.MedicalConditionSeq")}


def test_a_column_that_would_be_written_for_two_stops_writing() -> None:
    """Whoever mistypes a name would have one text written over another; what is only read may well be the same twice."""
    names = {"MedicalCondition.ConditionDetails": "othertreatmentdetails", "Community.Preferred": "Given1"}
    found = findings("two-way", KNOWN, SynergeticSettings(column_names=names), as_declared())
    assert codes(found) == {
        ("column-not-writable", "error", "MedicalCondition.othertreatmentdetails"),
        ("column-not-writable", "error", "MedicalCondition.OtherTreatmentDetails"),
    }
    assert {one.mode for one in found} == {"two-way"}


def _renamed(name: str) -> Alter:
    return lambda table: replace(table, name=name)


@pytest.mark.parametrize(
    ("table", "alter", "proposal"),
    [
        ("Photos", _renamed("tPhotos"), Proposal("table_names", "Photos", "tPhotos")),
        ("Photos", _renamed("Pictures"), None),
        ("luMedicalAllergyType", _renamed("luAllergyType"), Proposal("table_names", "luMedicalAllergyType", "luAllergyType")),
        ("luMedicalAllergyType", lambda _: None, Proposal("table_names", "luMedicalAllergyType", "")),
        ("MedicalDetails", lambda _: None, None),
        ("Community", lambda _: None, None),
    ],
)
def test_a_missing_table_is_an_error_with_a_proposal(table: str, alter: Alter, proposal: Proposal | None) -> None:
    """The only candidate is proposed, or that there is none; that setting leaves nothing to find."""
    broken = altered(as_declared(), table, alter)
    found = [one for one in findings("two-way", KNOWN, PLAIN, broken) if one.code == "table-missing"]
    assert [(one.table, one.severity, one.proposal) for one in found] == [(table, "error", proposal)]
    if proposal:
        settings = SynergeticSettings.model_validate({proposal.setting: {proposal.of: proposal.value}})
        assert findings("two-way", KNOWN, settings, broken) == ()


def test_no_photos_are_never_proposed() -> None:
    """A table without a grant looks as if it were not there, and proposing that would drop everybody's photo."""
    (found,) = findings("one-way", KNOWN, PLAIN, altered(as_declared(mode="one-way"), "Photos", lambda _: None))
    assert found.proposal is None
    nothing_seen = findings("two-way", KNOWN, PLAIN, as_declared(mode="one-way"))
    assert {one.code for one in nothing_seen} == {"table-missing", "column-missing"}
    assert not [one for one in nothing_seen if one.code == "table-missing" and one.proposal]


def _called(old: str, new: str) -> Alter:
    def alter(table: FoundTable) -> FoundTable:
        return replace(table, columns=tuple(replace(one, name=new if one.name == old else one.name) for one in table.columns))

    return alter


@pytest.mark.parametrize(
    ("table", "alter", "proposal"),
    [
        (
            "Students",
            _called("DoctorName", "StudentDoctorName"),
            Proposal("column_names", "Students.DoctorName", "StudentDoctorName"),
        ),
        ("Students", without_column("Doctor2Name"), Proposal("column_names", "Students.Doctor2Name", "")),
        ("SubjectClassStaff", without_column("ClassCampus"), Proposal("column_names", "SubjectClassStaff.ClassCampus", "")),
        ("MedicalCondition", without_column("SeverityCode"), None),
        ("Community", without_column("Surname"), None),
    ],
)
def test_a_missing_column_is_an_error_with_a_proposal(table: str, alter: Alter, proposal: Proposal | None) -> None:
    """The same for columns; what is known for sure has to be there."""
    broken = altered(as_declared(), table, alter)
    (found,) = findings("two-way", KNOWN, PLAIN, broken)
    assert (found.code, found.severity, found.proposal) == ("column-missing", "error", proposal)
    if proposal:
        settings = SynergeticSettings.model_validate({proposal.setting: {proposal.of: proposal.value}})
        assert findings("two-way", KNOWN, settings, broken) == ()


def test_two_candidates_are_a_persons_choice() -> None:
    """Where two tables may be meant, neither is proposed."""
    found = altered(as_declared(), "Photos", _renamed("tPhotos"))
    two = altered(as_declared(), "Photos", _renamed("Photo"))
    both = type(found)({**found.tables, **two.tables})
    (only,) = findings("one-way", KNOWN, PLAIN, both)
    assert (only.code, only.proposal) == ("table-missing", None)


def test_a_column_that_nobody_named_yet_is_pointed_out() -> None:
    """If the database has what may be the symptom, a warning proposes it; once settled, nothing is found."""
    found = altered(as_declared(), "MedicalSymptom", with_column("SymptomDetails", length=MAX))
    (only,) = findings("two-way", KNOWN, PLAIN, found)
    proposal = Proposal("column_names", "MedicalSymptom.Symptom", "SymptomDetails")
    assert (only.code, only.severity, only.mode, only.proposal) == ("name-found", "warning", "two-way", proposal)
    assert proposal.line == 'column_names."MedicalSymptom.Symptom" = "SymptomDetails"'
    for name in ("SymptomDetails", ""):
        settled = SynergeticSettings(column_names={"MedicalSymptom.Symptom": name})
        assert findings("two-way", KNOWN, settled, found) == ()


def test_names_are_compared_without_regard_to_case() -> None:
    """Every collation that Synergetic may have is case-insensitive."""
    assert after("Community", _called("Surname", "SURNAME")) == set()
    assert after("Community", _renamed("COMMUNITY")) == set()


def test_a_trigger_stops_writing_until_it_is_allowed() -> None:
    """It is named, with what it does to a write; an allowed one is not found any more, whatever the case of its name."""
    triggers = [Trigger("Consent", "trAudit", instead=False), Trigger("Ability", "trOther", instead=True)]
    found = trigger_findings(triggers, SynergeticSettings(allowed_triggers=("TRAUDIT",)))
    assert [(one.code, one.severity, one.mode, one.table) for one in found] == [
        ("trigger-found", "error", "two-way", "Ability")
    ]
    assert "trOther" in found[0].what
    assert "instead" in found[0].what
