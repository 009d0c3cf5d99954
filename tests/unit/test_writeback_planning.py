"""The plan for one student: as few steps as will do, none that would lose what nobody could bring back."""

from typing import Any

import pytest

from shared.writeback.case import Case
from shared.writeback.plan import Plan, Policies
from shared.writeback.planning import plan
from shared.writeback.rows import Desired, DesiredRow, Image, Row, Value
from tests.property.paper_tables import FEWER, STUDENT, TABLES

CONDITION, ALLERGY, JOIN = "MedicalCondition", "MedicalAllergy", "MedicalConditionAllergy"
DELETE = Policies(remove="delete")


def _wanted(ref: str, parents: dict[str, str] | None = None, **values: Value) -> DesiredRow:
    return DesiredRow(ref=ref, values=values, parents=parents or {})


def _asthma(ref: str = "c1", **values: Value) -> DesiredRow:
    return _wanted(ref, **{"MedicalConditionCode": "AST", "ActiveFlag": True, **values})


def _desired(incomplete: tuple[str, ...] = (), **tables: tuple[DesiredRow, ...]) -> Desired:
    return Desired(student=str(STUDENT), tables=tables, incomplete=incomplete)


def _there(**tables: list[dict[str, Value]]) -> Image:
    """Return an image of rows, each with what is not given as nothing."""
    found = {}
    for name, rows in tables.items():
        columns = dict.fromkeys((column.name for column in TABLES[name].columns), None)
        found[name] = tuple(
            Row(
                values={**columns, "ID": STUDENT, **{key: value for key, value in row.items() if key != "ref"}},
                ref=str(row.get("ref", "")),
            )
            for row in rows
        )
    return Image(tables=found)


def _condition(number: int = 1, **values: Value) -> dict[str, Value]:
    return {"MedicalConditionSeq": number, "MedicalConditionCode": "AST", "ActiveFlag": True, **values}


def _plan(desired: Desired, current: Image, policies: Policies | None = None, **more: Any) -> Plan:
    return plan(Case(TABLES, current, desired, policies=policies or Policies(), **more))


def _steps(made: Plan) -> list[tuple[str, str, dict[str, Value]]]:
    return [(one.kind, one.table, dict(one.values)) for one in made.steps]


def test_only_what_differs_is_written() -> None:
    """Synergetic's several ways of saying nothing, a code's case and a day's time are no differences."""
    current = _there(
        MedicalCondition=[
            _condition(
                MedicalConditionCode="ast ", ConditionDetails="a\nb", NotifiedStartDate="2026-01-01T10:30:00", NotifiedBy=0
            )
        ]
    )
    same = _asthma(ConditionDetails="a\r\nb", NotifiedStartDate="2026-01-01", ConditionEndDate=None, ConfidentialFlag=False)
    assert _plan(_desired(MedicalCondition=(same,)), current).steps == ()
    made = _plan(_desired(MedicalCondition=(_asthma(ConditionDetails="c", NotifiedBy=5),)), current)
    assert _steps(made) == [("update", CONDITION, {"ConditionDetails": "c", "NotifiedBy": 5})]
    assert made.steps[0].where == {"MedicalConditionSeq": 1}


def test_new_rows_come_parents_first_and_name_each_other() -> None:
    """A new row has every column that we write, so that no default of the database's decides."""
    join = _wanted("a1+c1", {"MedicalAllergySeq": "a1", "MedicalConditionSeq": "c1"})
    allergy = _wanted("a1", MedicalAllergyTypeCode="NUT", ActiveFlag=True)
    made = _plan(_desired(MedicalConditionAllergy=(join,), MedicalAllergy=(allergy,), MedicalCondition=(_asthma(),)), Image())
    assert [(one.kind, one.table) for one in made.steps] == [("insert", CONDITION), ("insert", ALLERGY), ("insert", JOIN)]
    assert made.steps[2].parents == {"MedicalAllergySeq": "a1", "MedicalConditionSeq": "c1"}
    assert made.steps[1].values == {
        "ID": STUDENT,
        "MedicalAllergyTypeCode": "NUT",
        "SeverityCode": "",
        "ActiveFlag": True,
        "AllergyDescription": "",
        "AllergyTreatment": "",
    }


def test_a_row_follows_its_item_and_never_becomes_one_of_another_thing() -> None:
    """Known by the last receipt it may change its code; unknown, or with a document beside it that would come along, not."""
    current = _there(MedicalCondition=[_condition(ref="c1")])
    epilepsy = _desired(MedicalCondition=(_wanted("c1", MedicalConditionCode="EPI", ActiveFlag=True),))
    assert _steps(_plan(epilepsy, current, seen=current)) == [("update", CONDITION, {"MedicalConditionCode": "EPI"})]
    assert [kind for kind, *_ in _steps(_plan(epilepsy, current))] == ["update", "insert"]
    current = _there(MedicalCondition=[_condition(ref="c1", MedicalConditionDocumentID=7)])
    ended, begun = _steps(_plan(epilepsy, current, DELETE, seen=current))
    assert (ended, begun[0]) == (("update", CONDITION, {"ActiveFlag": False}), "insert")
    worse = _desired(MedicalCondition=(_asthma(ConditionDetails="At night"),))
    assert _steps(_plan(worse, current, seen=current)) == [("update", CONDITION, {"ConditionDetails": "At night"})]


def test_rows_that_go_are_deactivated_unless_the_school_wants_them_deleted() -> None:
    """Per table; what has no such flag is deleted, joins before what they join."""
    current = _there(
        MedicalCondition=[_condition()],
        MedicalAllergy=[{"MedicalAllergySeq": 2, "MedicalAllergyTypeCode": "NUT", "ActiveFlag": True}],
        MedicalConditionAllergy=[{"MedicalAllergySeq": 2, "MedicalConditionSeq": 1}],
    )
    nothing = _desired(MedicalCondition=(), MedicalAllergy=(), MedicalConditionAllergy=())
    assert {(kind, table) for kind, table, _ in _steps(_plan(nothing, current))} == {("update", CONDITION), ("update", ALLERGY)}
    assert [step[:2] for step in _steps(_plan(nothing, current, DELETE))] == [
        ("delete", JOIN),
        ("delete", ALLERGY),
        ("delete", CONDITION),
    ]
    mixed = Policies(remove_from={ALLERGY: "delete"})
    assert [step[:2] for step in _steps(_plan(nothing, current, mixed))] == [
        ("delete", JOIN),
        ("delete", ALLERGY),
        ("update", CONDITION),
    ]
    assert [step[:2] for step in _steps(_plan(nothing, current, Policies(remove_from={CONDITION: "delete"})))] == [
        ("delete", JOIN),
        ("delete", CONDITION),
        ("update", ALLERGY),
    ]


@pytest.mark.parametrize("own", [{"Visibility": "NURSE"}, {"MedicalConditionDocumentID": 12}])
def test_what_an_undo_could_not_bring_back_is_not_deleted(own: dict[str, Value]) -> None:
    """A row with something in a column of the school's own is deactivated, whatever the policy."""
    made = _plan(_desired(MedicalCondition=()), _there(MedicalCondition=[_condition(**own)]), DELETE)
    assert _steps(made) == [("update", CONDITION, {"ActiveFlag": False})]


def test_a_row_that_something_hangs_on_which_we_may_not_delete_is_kept() -> None:
    """Symptoms have no column that we know of, so there is no right to delete them, nor what they belong to."""
    current = _there(MedicalCondition=[_condition()], MedicalSymptom=[{"MedicalConditionSeq": 1, "Symptom": None}])
    made = plan(Case(FEWER, current, _desired(MedicalCondition=()), policies=DELETE))
    assert _steps(made) == [("update", CONDITION, {"ActiveFlag": False})]


def test_history_stays_and_comes_alive_again() -> None:
    """A row that no longer holds is nobody's business until its item is back."""
    current = _there(MedicalCondition=[_condition(ActiveFlag=False)])
    assert _plan(_desired(MedicalCondition=()), current, DELETE).steps == ()
    assert _steps(_plan(_desired(MedicalCondition=(_asthma(),)), current)) == [("update", CONDITION, {"ActiveFlag": True})]


def test_tables_that_were_not_stated_are_left_alone() -> None:
    """But for what hangs on a row that is deleted."""
    current = _there(
        MedicalCondition=[_condition()],
        MedicalEquipment=[{"MedicalConditionSeq": seq, "MedicalEquipmentTypeCode": "SPAC"} for seq in (0, 1)],
        Consent=[{"ConsentSeq": 9, "ConsentCode": "PARA", "ActiveFlag": True}],
    )
    made = _plan(_desired(MedicalCondition=()), current, DELETE)
    assert [(one.kind, one.table, one.where.get("MedicalConditionSeq")) for one in made.steps] == [
        ("delete", "MedicalEquipment", 1),
        ("delete", CONDITION, 1),
    ]


@pytest.mark.parametrize(
    ("value", "code"),
    [("x" * 256, "text-too-long"), ("🐝" * 128, "text-too-long"), ("🐝" * 127, "")],
)
def test_a_text_that_does_not_fit_is_parked(value: str, code: str) -> None:
    """It is never cut; the row it has stays as it is, and nothing goes from its table, as it might be what is parked."""
    current = _there(
        MedicalAllergy=[
            {"MedicalAllergySeq": number, "MedicalAllergyTypeCode": kind, "ActiveFlag": True}
            for number, kind in ((1, "NUT"), (2, "EGG"))
        ]
    )
    rows = (_wanted("a1", MedicalAllergyTypeCode="NUT", AllergyDescription=value, ActiveFlag=True),)
    made = _plan(_desired(MedicalAllergy=rows), current)
    if not code:
        assert [kind for kind, *_ in _steps(made)] == ["update", "update"]
        return
    assert made.steps == ()
    assert [(one.ref, one.code) for one in made.parked] == [("a1", code)]
    assert value not in repr(made)
    assert [(one.where["MedicalAllergySeq"], one.code) for one in made.kept] == [(2, "item-parked")]


@pytest.mark.parametrize(
    ("table", "values", "code"),
    [
        (CONDITION, {"MedicalConditionCode": "AST", "ConditionDetails": "Ω-3"}, "text-not-storable"),
        (CONDITION, {"MedicalConditionCode": "AST", "ConditionDetails": "cut\0off"}, "text-not-storable"),
        (CONDITION, {"MedicalConditionCode": "AST", "NotifiedStartDate": "1600-01-01"}, "value-out-of-range"),
        ("MedicalDetails", {"MedicareExpiryDate": "2100-01-01"}, "value-out-of-range"),
        ("MedicalDetails", {"MedicareLineNo": 2**40}, "value-out-of-range"),
        ("MedicalDetails", {"MedicareLineNo": True}, "value-out-of-range"),
        (CONDITION, {"MedicalConditionCode": "AST", "ConditionDetails": True}, "value-out-of-range"),
        ("MedicalDetails", {"MedicareNo": None}, "value-missing"),
    ],
)
def test_what_a_column_cannot_hold_is_parked(table: str, values: dict[str, Value], code: str) -> None:
    """Judged by the real types: characters of the code page, days and numbers in range, nothing only where that may be."""
    there = _there(MedicalDetails=[{"MedicalDetailsSeq": 1, "MedicareNo": "9"}])
    made = _plan(_desired(**{table: (_wanted("x", **values),)}), there)
    assert ([one.code for one in made.parked], made.steps) == ([code], ())


def test_what_hangs_on_a_parked_row_waits() -> None:
    """A join to a condition that is not written would name nothing."""
    join = _wanted("a1+c1", {"MedicalAllergySeq": "a1", "MedicalConditionSeq": "c1"})
    allergy = _wanted("a1", MedicalAllergyTypeCode="NUT", ActiveFlag=True)
    desired = _desired(
        MedicalCondition=(_asthma(ConditionDetails="Ω"),), MedicalAllergy=(allergy,), MedicalConditionAllergy=(join,)
    )
    made = _plan(desired, Image())
    assert [step[:2] for step in _steps(made)] == [("insert", ALLERGY)]
    assert [(one.table, one.code) for one in made.parked] == [(CONDITION, "text-not-storable"), (JOIN, "parent-parked")]


def test_the_parts_of_an_only_row_are_one_step() -> None:
    """A part that does not fit is left out; a row that would say nothing is not made."""
    parts = (_wanted("medicare", MedicareNo="1"), _wanted("ambulance", AmbulanceNo="x" * 31), _wanted("blood", BloodGroup="A+"))
    desired = _desired(MedicalDetails=parts)
    there = _there(MedicalDetails=[{"MedicalDetailsSeq": 4, "BloodGroup": "A+ "}])
    assert _steps(_plan(desired, there)) == [("update", "MedicalDetails", {"MedicareNo": "1"})]
    (new,) = _plan(desired, Image()).steps
    assert (new.kind, new.values["MedicareNo"], new.values["AmbulanceNo"], new.values["ID"]) == ("insert", "1", "", STUDENT)
    assert _plan(_desired(MedicalDetails=(_wanted("blood", BloodGroup=""),)), Image()).steps == ()


def test_an_only_row_that_is_there_twice_or_cannot_be_made_is_parked() -> None:
    """Nobody knows which of two is read; people and students are never added."""
    twice = _there(MedicalDetails=[{"MedicalDetailsSeq": 4}, {"MedicalDetailsSeq": 5}])
    desired = _desired(
        MedicalDetails=(_wanted("blood", BloodGroup="A+"),), Students=(_wanted("dentist", DentistName="Dr D", DentistPhone=""),)
    )
    made = _plan(desired, twice)
    assert made.steps == ()
    assert [(one.table, one.code) for one in made.parked] == [("MedicalDetails", "row-ambiguous"), ("Students", "row-missing")]


def test_what_a_school_lacks_is_counted() -> None:
    """What is not here, has no name yet, or is the school's own, is left out, and nobody has to guess how often."""
    rows = (_wanted("s1", {"MedicalConditionSeq": "c1"}, Symptom="Cough"),)
    asthma = _wanted("c1+asthma", {"MedicalConditionSeq": "c1"}, AsthmaTriggers="Cold", AsthmaCategoryCode="MILD")
    nurses = _asthma(Visibility="ALL", MedicalConditionDocumentID=None)
    desired = _desired(MedicalCondition=(nurses,), MedicalSymptom=rows, MedicalAdditionalAsthmaDetails=(asthma,))
    made = plan(Case(FEWER, Image(), desired))
    assert made.left_out == {
        "MedicalAdditionalAsthmaDetails.AsthmaCategoryCode": 1,
        "MedicalCondition.Visibility": 1,
        "MedicalSymptom": 1,
    }
    assert "Visibility" not in made.steps[0].values
    assert [one.table for one in made.steps] == [CONDITION, "MedicalAdditionalAsthmaDetails"]


def test_merging_changes_only_what_came_from_operoo() -> None:
    """A nurse's row stays and a family's comes beside it; one that says the same is enough for both, and stays hers."""
    nurses = _there(MedicalCondition=[_condition(ConditionDetails="Nurse")])
    merge = Policies(ownership="merge")
    made = _plan(_desired(MedicalCondition=(_asthma(ConditionDetails="Family"),)), nurses, merge)
    assert [kind for kind, *_ in _steps(made)] == ["insert"]
    same = _plan(_desired(MedicalCondition=(_asthma(ConditionDetails="Nurse"),)), nurses, merge)
    assert (same.steps, same.labels) == ((), ())
    ours = _there(MedicalCondition=[_condition(ref="c1"), _condition(2)])
    gone = _plan(_desired(MedicalCondition=()), ours, merge, seen=ours)
    assert [one.where for one in gone.steps] == [{"MedicalConditionSeq": 1}]


def test_merging_does_not_empty_what_a_family_left_empty() -> None:
    """An empty answer may not have been asked for; no is an answer."""
    there = _there(MedicalDetails=[{"MedicalDetailsSeq": 1, "MedicareNo": "9", "AmbulanceFlag": True}])
    desired = _desired(MedicalDetails=(_wanted("m", MedicareNo="", AmbulanceFlag=False),))
    assert _steps(_plan(desired, there, Policies(ownership="merge"))) == [
        ("update", "MedicalDetails", {"AmbulanceFlag": False})
    ]


def test_merging_finds_the_schools_row_in_its_place() -> None:
    """A row with a key of its own can be there once only: the school's stays."""
    there = _there(
        MedicalEquipment=[{"MedicalConditionSeq": 0, "MedicalEquipmentTypeCode": "SPAC", "MedicalEquipmentFlag": True}]
    )
    row = _wanted("e1", MedicalConditionSeq=0, MedicalEquipmentTypeCode="SPAC", MedicalEquipmentFlag=False)
    made = _plan(_desired(MedicalEquipment=(row,)), there, Policies(ownership="merge"))
    assert ([one.code for one in made.parked], made.steps) == (["row-not-ours"], ())
    replaced = _plan(_desired(MedicalEquipment=(row,)), there)
    assert _steps(replaced) == [("update", "MedicalEquipment", {"MedicalEquipmentFlag": False})]


def test_a_row_that_is_there_twice_is_not_changed() -> None:
    """Nobody could tell which one, or bring both back; if it states what it ought to, that is enough."""
    twins = [{"MedicalConditionSeq": 0, "MedicalEquipmentTypeCode": kind, "MedicalEquipmentFlag": True} for kind in ("A", "a")]
    row = _wanted("e1", MedicalConditionSeq=0, MedicalEquipmentTypeCode="A", MedicalEquipmentFlag=False)
    made = _plan(_desired(MedicalEquipment=(row,)), _there(MedicalEquipment=twins))
    assert ([one.code for one in made.parked], made.steps) == (["row-ambiguous"], ())
    same = row.model_copy(update={"values": {**row.values, "MedicalEquipmentFlag": True}})
    made = _plan(_desired(MedicalEquipment=(same,)), _there(MedicalEquipment=twins))
    assert (made.parked, made.steps) == ((), ())


def test_two_items_of_one_key_are_one_row_or_parked() -> None:
    """Equal ones are the same fact; of different ones the second waits."""
    first = _wanted("e1", MedicalConditionSeq=0, MedicalEquipmentTypeCode="SPAC", MedicalEquipmentFlag=True)
    again = first.model_copy(update={"ref": "e2"})
    assert len(_plan(_desired(MedicalEquipment=(first, again)), Image()).steps) == 1
    other = _wanted("e2", MedicalConditionSeq=0, MedicalEquipmentTypeCode="spac", MedicalEquipmentFlag=False)
    made = _plan(_desired(MedicalEquipment=(other, first)), Image())
    assert made.steps[0].values["MedicalEquipmentFlag"]
    assert (len(made.steps), [one.code for one in made.parked]) == (1, ["item-twice"])


def test_nothing_of_a_plan_shows_when_it_is_printed() -> None:
    """Values and before-image are for who carries it out."""
    current = _there(MedicalCondition=[_condition(ConditionDetails="zebra-marker")])
    made = _plan(_desired(MedicalCondition=(_asthma(ConditionDetails="zebra-marker too"),)), current)
    assert made.steps
    assert "zebra" not in repr(made)


@pytest.mark.parametrize("ownership", ["replace", "merge"])
def test_nothing_of_another_is_left_beside_a_new_name(ownership: str) -> None:
    """Whoever takes a person's place does not get their second number; who moves takes theirs along, and who stays keeps it."""
    there = {"EmergencyName": "Ann", "EmergencyPhoneAlt": "1", "EmergencyAddress": "A"}
    there |= {"Emergency2Name": "Ben", "Emergency2PhoneAlt": "2"}
    there |= {"Emergency3Name": "Cai ", "Emergency3PhoneAlt": "3", "DoctorName": "Dee", "DoctorSpecialisation": "Ears"}
    said = (
        _wanted("emergency_contacts:1", EmergencyName="Ben", EmergencyPhone="9"),
        _wanted("emergency_contacts:2", Emergency2Name="Eve", Emergency2Phone="8"),
        _wanted("emergency_contacts:3", Emergency3Name="cai", Emergency3Phone="7"),
        _wanted("doctors:1", DoctorPhone="6"),
    )
    (step,) = _plan(_desired(Students=said), _there(Students=[there]), Policies(ownership=ownership)).steps
    first = {"EmergencyName": "Ben", "EmergencyPhone": "9", "EmergencyPhoneAlt": "2", "EmergencyAddress": ""}
    second = {"Emergency2Name": "Eve", "Emergency2Phone": "8", "Emergency2PhoneAlt": ""}
    third = {"Emergency3Name": "cai", "Emergency3Phone": "7"}
    assert step.values == {**first, **second, **third, "DoctorPhone": "6"}


@pytest.mark.parametrize(
    ("kept", "hanging", "kinds"),
    [
        ({}, {}, ["update"]),
        ({"AllergyTreatment": "EpiPen at once"}, {}, ["update", "insert"]),
        ({"SeverityCode": "H"}, {}, ["update", "insert"]),
        ({}, {JOIN: [{"MedicalAllergySeq": 1, "MedicalConditionSeq": 9}]}, ["update", "insert"]),
    ],
)
def test_what_a_family_does_not_say_is_not_left_to_another_thing(
    kept: dict[str, Value], hanging: dict[str, list[dict[str, Value]]], kinds: list[str]
) -> None:
    """An entry that was peanuts and is eggs now does not get what was to be done about peanuts."""
    peanut: dict[str, Value] = {"MedicalAllergySeq": 1, "MedicalAllergyTypeCode": "PEA", "ActiveFlag": True, "ref": "a1"}
    current = _there(MedicalAllergy=[{**peanut, **kept}], **hanging)
    egg = _wanted("a1", MedicalAllergyTypeCode="EGG", ActiveFlag=True)
    made = _plan(_desired(MedicalAllergy=(egg,)), current, seen=current)
    assert ([kind for kind, *_ in _steps(made)], made.conflicts) == (kinds, ())
    written = next(values for _, _, values in _steps(made) if values.get("MedicalAllergyTypeCode") == "EGG")
    assert not any(written.get(name) for name in ("SeverityCode", "AllergyTreatment"))
