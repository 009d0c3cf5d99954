"""What a person rejects of a plan is left out, with what cannot be done without it, and nothing else is."""

from functions.records.case import MedicalCase, with_receipt
from shared.receipts import WriteReceipt
from shared.writeback.case import Case
from shared.writeback.declined import wishes
from shared.writeback.plan import Plan, Policies, Rejected, Step
from shared.writeback.planning import plan
from shared.writeback.rows import Desired, DesiredRow, Image, Row, Value
from tests.property.paper_tables import STUDENT, TABLES

CONDITION, ALLERGY, JOIN, DETAILS = "MedicalCondition", "MedicalAllergy", "MedicalConditionAllergy", "MedicalDetails"


def _wanted(ref: str, parents: dict[str, str] | None = None, **values: Value) -> DesiredRow:
    return DesiredRow(ref=ref, values=values, parents=parents or {})


def _there(**values: Value) -> Image:
    columns = dict.fromkeys((column.name for column in TABLES[CONDITION].columns), None)
    row = {**columns, "ID": STUDENT, "MedicalConditionSeq": 1, "MedicalConditionCode": "AST", "ActiveFlag": True, **values}
    return Image(tables={CONDITION: (Row(values=row),)})


def _plan(current: Image, *rejected: Rejected, seen: Image | None = None, remove: str = "delete", **tables: DesiredRow) -> Plan:
    desired = Desired(student=str(STUDENT), tables={CONDITION: (), **{name: (row,) for name, row in tables.items()}})
    policies = Policies.model_validate({"remove": remove, "conflict": "ask"})
    return plan(Case(TABLES, current, desired, seen, policies, rejected))


def _asthma(**values: Value) -> dict[str, DesiredRow]:
    return {CONDITION: _wanted("c1", MedicalConditionCode="AST", ActiveFlag=True, **values)}


def test_an_update_goes_by_its_item_or_its_row_or_its_columns() -> None:
    """Only what is meant is left out; what matches nothing asks for nothing."""
    current, new = _there(), _asthma(ConditionDetails="new", NotifiedBy=5)
    for one in (
        {"ref": "c1"},
        {"where": {"MedicalConditionSeq": 1}},
        {"ref": "c1", "columns": ("ConditionDetails", "NotifiedBy")},
    ):
        made = _plan(current, Rejected(table=CONDITION, **one), **new)
        assert (made.steps, [step.kind for step in made.held]) == ((), ["update"])
    made = _plan(current, Rejected(table=CONDITION, ref="c1", columns=("NotifiedBy", "SeverityCode")), **new)
    assert ([dict(step.values) for step in made.steps], made.held) == ([{"ConditionDetails": "new"}], ())
    assert [(step.ref, dict(step.values)) for step in made.trimmed] == [("c1", {"NotifiedBy": 5})]
    whole = _plan(
        current, Rejected(table=CONDITION, ref="c1", columns=("NotifiedBy",)), Rejected(table=CONDITION, ref="c1"), **new
    )
    assert (whole.steps, whole.trimmed) == ((), ())
    assert _plan(current, Rejected(table=CONDITION, ref="c1", columns=("SeverityCode",)), **new) == _plan(current, **new)
    others = (Rejected(table=ALLERGY, ref="c1"), Rejected(table=CONDITION, ref="c2"), Rejected(table=CONDITION))
    assert _plan(current, *others, Rejected(table=CONDITION, where={"MedicalConditionSeq": 2}), **new) == _plan(current, **new)


def test_a_new_row_is_left_out_with_what_hangs_on_it() -> None:
    """A column of it is left empty; without what it is known by, it is no row of that thing."""
    rows = {
        **_asthma(ConditionDetails="new"),
        ALLERGY: _wanted("a1", MedicalAllergyTypeCode="NUT", ActiveFlag=True),
        JOIN: _wanted("j", {"MedicalAllergySeq": "a1", "MedicalConditionSeq": "c1"}),
    }
    for columns in ((), ("MedicalConditionCode",), ("ActiveFlag", "NotifiedBy")):
        made = _plan(Image(), Rejected(table=CONDITION, ref="c1", columns=columns), **rows)
        assert [step.table for step in made.steps] == [ALLERGY]
        assert [step.table for step in made.held] == [CONDITION, JOIN]
        assert [label.ref for label in made.labels] == ["a1"]
    made = _plan(Image(), Rejected(table=CONDITION, ref="c1", columns=("ConditionDetails",)), **rows)
    assert ([step.table for step in made.steps], made.held) == ([CONDITION, ALLERGY, JOIN], ())
    assert made.steps[0].values["ConditionDetails"] == ""
    made = _plan(Image(), Rejected(table=JOIN, ref="j", columns=("MedicalAllergySeq",)), **rows)
    assert [step.table for step in made.held] == [JOIN]


def test_a_row_that_would_go_stays_whole() -> None:
    """Whoever wants to keep one of its columns wants to keep the row, and what hangs on it stays too."""
    equipment = {"ID": STUDENT, "MedicalConditionSeq": 1, "MedicalEquipmentTypeCode": "SPAC", "MedicalEquipmentFlag": True}
    current = Image(tables={**_there().tables, "MedicalEquipment": (Row(values=equipment),)})
    for columns in ((), ("ConditionDetails",)):
        made = _plan(current, Rejected(table=CONDITION, where={"MedicalConditionSeq": 1}, columns=columns))
        assert (made.steps, [step.table for step in made.held]) == ((), ["MedicalEquipment", CONDITION])
    made = _plan(_there(), Rejected(table=CONDITION, where={"MedicalConditionSeq": 1}), remove="deactivate")
    assert (made.steps, [dict(step.values) for step in made.held]) == ((), [{"ActiveFlag": False}])


def test_what_was_declined_of_a_row_is_left_out_of_it_for_good() -> None:
    """Nobody says so again; what else the row is to hold is written."""
    desired = Desired(student=str(STUDENT), tables={CONDITION: tuple(_asthma(ConditionDetails="new", NotifiedBy=5).values())})
    row = Step("update", CONDITION, ref="c1")
    for declined, left in ((5, {"ConditionDetails": "new"}), (6, {"ConditionDetails": "new", "NotifiedBy": 5})):
        wished = wishes(row, {"NotifiedBy": declined})
        made = plan(Case(TABLES, _there(), desired, declined=frozenset(wished.values())))
        assert ([dict(step.values) for step in made.steps], made.held) == ([left], ())
        assert [dict(step.values) for step in made.trimmed] == ([{"NotifiedBy": 5}] if declined == 5 else [])


def test_what_was_declined_of_a_new_row_stays_so_until_it_is_there() -> None:
    """The family may say something else before it is written; a row that was declined as a whole comes as a whole then."""
    told = {"MedicalConditionCode": "AST", "ActiveFlag": True, "NotifiedBy": 5}
    row = Step("insert", CONDITION, values=told, ref="c1")
    desired = Desired(student=str(STUDENT), tables={CONDITION: tuple(_asthma(ConditionDetails="new", NotifiedBy=5).values())})
    wished = wishes(row, told)
    for names, left in (({"NotifiedBy"}, 0), ({"NotifiedBy", "MedicalConditionCode"}, 0), (wished.keys(), 5)):
        declined = frozenset(wished[name] for name in names)
        made = plan(Case(TABLES, Image(), desired, declined=declined))
        assert [(step.values["NotifiedBy"], step.values["ConditionDetails"]) for step in made.steps] == [(left, "new")]
        assert made.steps[0].values["MedicalConditionCode"] == "AST"
        receipt = WriteReceipt.model_validate(
            {
                "request": "r",
                "student": str(STUDENT),
                "version": 1,
                "outcome": "planned",
                "at": "2026-08-01T00:00:00Z",
                "relay": "r",
                "relay_version": "1",
                "rows": ({"kind": "insert", "table": CONDITION, "ref": "c1", "new": told},),
            }
        )
        [item] = with_receipt(MedicalCase(student=str(STUDENT)), receipt, "d", declined=declined).items
        assert item.rejected_columns == (() if left else ("NotifiedBy",))


def test_only_the_row_that_is_meant_is_left_out() -> None:
    """Of several new ones, and of several that go: these have no row, or no item, to be told by."""
    wanted = tuple(_wanted(ref, MedicalConditionCode=code, ActiveFlag=True) for ref, code in (("c1", "AST"), ("c2", "EPI")))
    there = tuple(_there(MedicalConditionSeq=number).rows(CONDITION)[0] for number in (1, 2))
    for remove in ("delete", "deactivate"):
        policies = Policies.model_validate({"remove": remove})
        for desired, current, rejected in (
            (wanted, (), Rejected(table=CONDITION, ref="c1")),
            (wanted, (), Rejected(table=CONDITION, ref="c1", where={"MedicalConditionSeq": 1})),
            ((), there, Rejected(table=CONDITION, where={"MedicalConditionSeq": 1})),
        ):
            says = Desired(student=str(STUDENT), tables={CONDITION: desired})
            made = plan(Case(TABLES, Image(tables={CONDITION: current}), says, policies=policies, rejected=(rejected,)))
            assert (len(made.steps), len(made.held)) == (1, 1)
            assert made.held[0].new == ("c1" if desired else "")


def test_a_row_is_not_added_without_what_it_is_known_by() -> None:
    """Be it a code, or whose it is."""
    spacer = {"MedicalEquipment": _wanted("e1", MedicalEquipmentTypeCode="SPAC", MedicalEquipmentFlag=True)}
    columns = ("MedicalEquipmentTypeCode",)
    assert _plan(Image(), Rejected(table="MedicalEquipment", ref="e1", columns=columns), **spacer).steps == ()
    assert _plan(Image(), Rejected(table=CONDITION, ref="c1", columns=("ID",)), **_asthma()).steps == ()


def test_the_only_row_of_a_table_is_named_like_it() -> None:
    """It states several items; without what was to stand in it, it need not be."""
    medicare = {DETAILS: _wanted("medicare", MedicareNo="1", MedicareLineNo=2)}
    for columns in ((), ("MedicareNo", "MedicareLineNo")):
        made = _plan(Image(), Rejected(table=DETAILS, ref=DETAILS, columns=columns), **medicare)
        assert (made.steps, [step.table for step in made.held]) == ((), [DETAILS])
    there = {**dict.fromkeys((column.name for column in TABLES[DETAILS].columns), None), "ID": STUDENT, "MedicalDetailsSeq": 3}
    current = Image(tables={DETAILS: (Row(values=there),)})
    made = _plan(current, Rejected(table=DETAILS, ref=DETAILS, columns=("MedicareNo",)), **medicare)
    assert [(step.ref, dict(step.values)) for step in made.steps] == [(DETAILS, {"MedicareLineNo": 2})]


def test_what_is_rejected_is_no_conflict() -> None:
    """Nobody's change would be lost; what is left of the row is written."""
    seen, current = _there(ConditionDetails="old"), _there(ConditionDetails="nurse")
    new = _asthma(ConditionDetails="new", NotifiedBy=5)
    assert [step.kind for step in _plan(current, seen=seen, **new).held] == ["update"]
    made = _plan(current, Rejected(table=CONDITION, ref="c1", columns=("ConditionDetails",)), seen=seen, **new)
    assert ([dict(step.values) for step in made.steps], made.conflicts, made.held) == ([{"NotifiedBy": 5}], (), ())
