"""Which row is there for what a family states: the one it came from, the same, or the most alike; merged rows, if ours."""

from dataclasses import replace

import pytest

from shared.writeback.case import Case
from shared.writeback.plan import Plan, Policies
from shared.writeback.planning import plan
from shared.writeback.rows import DesiredRow, Image, Value
from shared.writeback.tables import WriteColumn, WriteTables
from tests.property.paper_tables import STUDENT, TABLES
from tests.unit.test_writeback_planning import ALLERGY, CONDITION, JOIN, _condition, _desired, _plan, _there, _wanted

MERGE = Policies(ownership="merge", remove="delete")
EQUIPMENT = "MedicalEquipment"
_Rows = list[dict[str, Value]]


def _asthma(ref: str, details: str) -> DesiredRow:
    return _wanted(ref, MedicalConditionCode="AST", ConditionDetails=details, ActiveFlag=True)


def _done(made: Plan) -> list[tuple[str, object, dict[str, Value]]]:
    """Return each step, by the number of its row."""
    return [(one.kind, next(iter(one.where.values()), None), dict(one.values)) for one in made.steps]


@pytest.mark.parametrize(
    ("there", "stated", "updates"),
    [
        # Its own row, whatever another one says.
        (["x c1", "y c2"], ["c1 y", "c2 x"], {1: "y", 2: "x"}),
        # One that is not known takes the row that says the same, and leaves that of the other.
        (["y", "x"], ["c1 x", "c2 y"], {}),
        (["x", "y"], ["c1 z", "c2 x"], {2: "z"}),
        (["x old", "y"], ["c1 z", "c2 x"], {2: "z"}),
    ],
)
def test_each_item_has_the_row_that_it_came_from_or_that_says_it(
    there: list[str], stated: list[str], updates: dict[int, str]
) -> None:
    """Each row has a document of the school's, which must not come under another text."""
    rows: _Rows = [
        _condition(number, ConditionDetails=one[0], ref=one[2:], MedicalConditionDocumentID=number)
        for number, one in enumerate(there, start=1)
    ]
    current = _there(MedicalCondition=rows)
    desired = _desired(MedicalCondition=tuple(_asthma(one[:2], one[3:]) for one in stated))
    made = _plan(desired, current, seen=current)
    assert _done(made) == [("update", number, {"ConditionDetails": text}) for number, text in updates.items()]


def test_the_most_alike_are_paired_and_history_last() -> None:
    """Whoever is asked first; who says more is harder to please."""
    rows: _Rows = [_condition(1, ConditionDetails="x", SeverityCode="H"), _condition(2, ConditionDetails="y", SeverityCode="L")]
    wanted = [_asthma("c1", "z"), _asthma("c2", "w")]
    wanted[0].values["SeverityCode"] = "L"
    wanted[1].values["SeverityCode"] = "H"
    made = _plan(_desired(MedicalCondition=tuple(wanted)), _there(MedicalCondition=rows))
    assert _done(made) == [("update", 2, {"ConditionDetails": "z"}), ("update", 1, {"ConditionDetails": "w"})]
    short = _wanted("c1", MedicalConditionCode="AST", ActiveFlag=True)
    made = _plan(_desired(MedicalCondition=(short, _asthma("c2", "x"))), _there(MedicalCondition=rows))
    assert made.steps == ()
    history: _Rows = [_condition(1, ConditionDetails="x", ActiveFlag=False), _condition(2, ConditionDetails="y")]
    made = _plan(_desired(MedicalCondition=(_asthma("c1", "x"),)), _there(MedicalCondition=history))
    assert _done(made) == [("update", 2, {"ConditionDetails": "x"})]


def test_a_dose_of_another_vaccine_on_the_same_day_is_another() -> None:
    """Both the code and the day make it that dose."""
    polio: dict[str, Value] = {"ImmunisationCode": "POL", "AdministeredDate": "2020-01-01", "ActiveFlag": True}
    current = _there(MedicalImmunisation=[{**polio, "MedicalImmunisationSeq": 1}])
    measles = _wanted("i1", **{**polio, "ImmunisationCode": "MMR"})
    made = _plan(_desired(MedicalImmunisation=(measles,)), current)
    assert [one[:2] for one in _done(made)] == [("update", 1), ("insert", None)]


def test_merged_rows_of_ours_are_changed_under_any_name_and_new_ones_added() -> None:
    """A profile that was made anew names all anew."""
    ours = _there(MedicalCondition=[_condition(ref="old", ConditionDetails="x")])
    made = _plan(_desired(MedicalCondition=(_asthma("new", "x"),)), ours, MERGE, seen=ours)
    assert (made.steps, [one.ref for one in made.labels]) == ((), ["new"])
    made = _plan(_desired(MedicalCondition=(_asthma("new", "y"),)), ours, MERGE, seen=ours)
    assert _done(made) == [("update", 1, {"ConditionDetails": "y"})]
    spacer: dict[str, Value] = {
        "MedicalConditionSeq": 0,
        "MedicalEquipmentTypeCode": "SPAC",
        "MedicalEquipmentFlag": True,
    }
    row = _wanted("e1", **{**spacer, "MedicalEquipmentFlag": False})
    assert [one.kind for one in _plan(_desired(MedicalEquipment=(row,)), Image(), MERGE).steps] == ["insert"]
    nurses = _there(MedicalEquipment=[spacer])
    same = _plan(_desired(MedicalEquipment=(_wanted("e1", **spacer),)), nurses, MERGE, seen=nurses)
    assert (same.steps, same.labels, same.parked) == ((), (), ())
    ours = _there(MedicalEquipment=[{**spacer, "ref": "e1"}])
    made = _plan(_desired(MedicalEquipment=(row,)), ours, MERGE, seen=ours)
    assert _done(made) == [("update", STUDENT, {"MedicalEquipmentFlag": False})]


@pytest.mark.parametrize(
    ("linked", "hung", "steps"),
    [
        ("", "", {CONDITION: "delete"}),
        ("ours", "ours", dict.fromkeys((CONDITION, ALLERGY, JOIN, EQUIPMENT), "delete")),
        ("ours", "nurse's", {CONDITION: "update", ALLERGY: "delete", JOIN: "delete"}),
        ("nurse's", "", {}),
    ],
)
def test_merging_takes_nothing_of_the_schools_along(linked: str, hung: str, steps: dict[str, str]) -> None:
    """What a nurse has hung on a row of ours keeps it there, as history; what she has linked it with keeps it as it is."""
    rows: dict[str, _Rows] = {CONDITION: [_condition(ref="c1")]}
    if linked:
        named = {"ref": "a1"} if linked == "ours" else {}
        rows[ALLERGY] = [{"MedicalAllergySeq": 2, "MedicalAllergyTypeCode": "NUT", "ActiveFlag": True, **named}]
        rows[JOIN] = [{"MedicalAllergySeq": 2, "MedicalConditionSeq": 1, **({"ref": "j1"} if linked == "ours" else {})}]
    if hung:
        named = {"ref": "e1"} if hung == "ours" else {}
        rows[EQUIPMENT] = [{"MedicalConditionSeq": 1, "MedicalEquipmentTypeCode": "SPAC", **named}]
    current = _there(**rows)
    made = _plan(_desired(**dict.fromkeys((CONDITION, ALLERGY, JOIN, EQUIPMENT), ())), current, MERGE, seen=current)
    assert {one.table: one.kind for one in made.steps} == steps


def test_a_row_without_a_flag_is_deleted_by_any_policy() -> None:
    """There is no other way for it to hold no more; and of a table's only row, of which nothing is said, nothing is told."""
    current = _there(Ability=[{"AbilityTypeCode": "SWIM"}], MedicalDetails=[{"MedicalDetailsSeq": 1, "MedicareNo": "9"}])
    made = _plan(_desired(Ability=(), MedicalDetails=()), current)
    assert ([(one.kind, one.table) for one in made.steps], made.kept) == ([("delete", "Ability")], ())


def test_an_answer_that_is_taken_back_is_parked_too_where_nobody_knows_from_which_row() -> None:
    """A family that has emptied a field is not told that all is well; where there is no row, all is."""
    emptied = _desired(
        MedicalDetails=(_wanted("blood", BloodGroup="", MedicareNo=None),), Students=(_wanted("d", DentistName=""),)
    )
    made = _plan(emptied, _there(MedicalDetails=[{"MedicalDetailsSeq": 4}, {"MedicalDetailsSeq": 5}]))
    assert ([(one.table, one.code) for one in made.parked], made.steps) == ([("MedicalDetails", "row-ambiguous")], ())


def _people(said: dict[str, Value], there: dict[str, Value], **changed: WriteColumn | None) -> dict[str, Value]:
    """Return what is written of people, at a school that has other columns."""
    columns = {column.name: column for column in TABLES["Students"].columns} | changed
    students = replace(TABLES["Students"], columns=tuple(column for column in columns.values() if column))
    made = plan(Case(WriteTables((students,)), _there(Students=[there]), _desired(Students=(_wanted("e", **said),))))
    return {name: value for step in made.steps for name, value in step.values.items()}


def test_who_is_nobody_moves_nothing() -> None:
    """An empty name is nobody's, so it takes no number along; and where nobody was and is, nobody takes anybody's place."""
    there: dict[str, Value] = {"EmergencyName": "Ann", "EmergencyPhoneAlt": "1", "Emergency2PhoneAlt": "2"}
    assert _people({"EmergencyName": ""}, there) == {"EmergencyName": "", "EmergencyPhoneAlt": ""}
    assert _people({"Emergency2Name": "", "Emergency2Phone": "9"}, there) == {"Emergency2Phone": "9"}


def test_people_move_only_into_columns_that_a_school_has_and_may_write() -> None:
    """And only with what these can hold."""
    there: dict[str, Value] = {"EmergencyName": "Ann", "Emergency2Name": "Ben", "Emergency2PhoneAlt": "22"}
    column = TABLES["Students"].by_name["EmergencyPhoneAlt"]
    said: dict[str, Value] = {"EmergencyName": "Ben"}
    assert _people(said, there) == {"EmergencyName": "Ben", "EmergencyPhoneAlt": "22"}
    for other in (None, replace(column, write=False)):
        assert _people(said, there, EmergencyPhoneAlt=other, Emergency3Name=None) == {"EmergencyName": "Ben"}
    there["EmergencyPhoneAlt"] = "1"
    assert _people(said, there, EmergencyPhoneAlt=replace(column, length=1)) == {
        "EmergencyName": "Ben",
        "EmergencyPhoneAlt": "",
    }
