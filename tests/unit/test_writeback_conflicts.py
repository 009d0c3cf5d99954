"""What somebody changed since the cloud last saw it: found, left if the school wants that, and taken back only if untouched."""

import pytest

from relay.writeback.recovery import standing_of
from relay.writeback.seen import seen_after
from shared.messages import WriteBack
from shared.receipts import WriteReceipt
from shared.writeback.applying import applied
from shared.writeback.case import Case
from shared.writeback.plan import Plan, Policies
from shared.writeback.planning import plan
from shared.writeback.rows import Desired, DesiredRow, Image, Row, Value
from shared.writeback.undoing import undo_plan
from tests.property.paper_tables import STUDENT, TABLES

CONDITION, ALLERGY, JOIN = "MedicalCondition", "MedicalAllergy", "MedicalConditionAllergy"
EQUIPMENT = "MedicalEquipment"


def _row(table: str, ref: str = "", **values: Value) -> Row:
    columns = dict.fromkeys((column.name for column in TABLES[table].columns), None)
    return Row(values={**columns, "ID": STUDENT, "ActiveFlag": True, **values}, ref=ref)


def _conditions(*details: str) -> Image:
    """Return a condition for each text, numbered from 1; the first came from Operoo."""
    rows = [
        _row(
            CONDITION,
            "c1" if number == 1 else "",
            MedicalConditionSeq=number,
            MedicalConditionCode="AST",
            ConditionDetails=text,
        )
        for number, text in enumerate(details, start=1)
    ]
    return Image(tables={CONDITION: tuple(rows)})


def _desired(*details: str, **more: Value) -> Desired:
    kind = {"MedicalConditionCode": "AST", "ActiveFlag": True, **more}
    rows = (
        DesiredRow(ref=f"c{place}", values={**kind, "ConditionDetails": text}) for place, text in enumerate(details, start=1)
    )
    return Desired(student=str(STUDENT), tables={CONDITION: tuple(rows)})


def _plan(desired: Desired, current: Image, seen: Image | None, **policies: str) -> Plan:
    return plan(Case(TABLES, current, desired, seen, Policies.model_validate(policies)))


def test_a_change_by_somebody_else_is_overwritten_and_told() -> None:
    """That is what the product promises; without anything seen there is nothing to compare with."""
    made = _plan(_desired("new"), _conditions("nurse"), _conditions("old"))
    assert [(one.how, one.columns) for one in made.conflicts] == [("changed", ("ConditionDetails",))]
    assert (len(made.steps), made.held) == (1, ())
    assert _plan(_desired("new"), _conditions("nurse"), None).conflicts == ()


def test_refusing_leaves_that_row_and_writes_the_rest() -> None:
    """A new allergy must not wait for a comment on an old one."""
    made = _plan(_desired("new", "second"), _conditions("nurse"), _conditions("old"), conflict="refuse")
    assert [one.kind for one in made.steps] == ["insert"]
    assert [one.kind for one in made.held] == ["update"]


def test_only_what_would_be_lost_is_a_conflict() -> None:
    """The same change by both is none, nor is a change of another column; a removal takes every column."""
    assert _plan(_desired("new"), _conditions("new"), _conditions("old")).conflicts == ()
    seen = _conditions("old")
    current = Image(tables={CONDITION: (Row(values={**seen.rows(CONDITION)[0].values, "NotifiedBy": 9}, ref="c1"),)})
    assert _plan(_desired("new"), current, seen).conflicts == ()
    assert [one.columns for one in _plan(_desired(), current, seen).conflicts] == [("NotifiedBy",)]


def test_rows_that_came_or_went_are_conflicts() -> None:
    """Removing what a nurse has just written, and writing again what she removed."""
    added = _plan(_desired("old"), _conditions("old", "nurse"), _conditions("old"))
    assert [(one.how, one.where["MedicalConditionSeq"]) for one in added.conflicts] == [("added", 2)]
    removed = _plan(_desired("old"), Image(), _conditions("old"))
    assert [(one.how, one.ref) for one in removed.conflicts] == [("removed", "c1")]


def test_only_what_somebody_removed_is_brought_back_against_their_will() -> None:
    """Not another thing, nor what is there, or never came from Operoo; and of two of a thing only the one that is missed."""

    def removed(seen: dict[str, str], there: str, *stated: str) -> list[str]:
        """Return whose rows are missed; a row is its number and code, and an item its name and code."""
        named = {
            row: _row(CONDITION, ref, MedicalConditionSeq=int(row[0]), MedicalConditionCode=row[1:])
            for row, ref in seen.items()
        }
        wanted = (DesiredRow(ref=one[:2], values={"MedicalConditionCode": one[2:], "ActiveFlag": True}) for one in stated)
        desired = Desired(student=str(STUDENT), tables={CONDITION: tuple(wanted)})
        current = Image(tables={CONDITION: tuple(named[row] for row in there.split())})
        made = _plan(desired, current, Image(tables={CONDITION: tuple(named.values())}), conflict="refuse")
        return [one.ref for one in made.conflicts]

    assert removed({"1AST": "c1"}, "", "x1AST") == ["x1"]
    assert removed({"1AST": "c1"}, "", "x1EPI") == []
    assert removed({"1AST": ""}, "", "x1AST") == []
    assert removed({"1AST": "c1"}, "", "a1AST", "c1AST") == ["c1"]
    assert removed({"1AST": "c1", "2AST": "c2"}, "1AST", "x1AST", "x2AST") == ["x2"]
    assert removed({"1AST": "c1", "2AST": "c2"}, "", "x1AST", "x2AST", "x3AST") == ["x1", "x2"]


def test_what_a_held_step_needs_is_held_too() -> None:
    """A join that a nurse made keeps what it joins, and a row that is not written again has no joins."""
    seen = Image(
        tables={
            CONDITION: (_row(CONDITION, "c1", MedicalConditionSeq=1, MedicalConditionCode="AST"),),
            ALLERGY: (_row(ALLERGY, "a1", MedicalAllergySeq=2, MedicalAllergyTypeCode="NUT"),),
        }
    )
    join = Row(values={"MedicalAllergySeq": 2, "MedicalConditionSeq": 1})
    current = Image(tables={**seen.tables, JOIN: (join,)})
    nothing = Desired(student=str(STUDENT), tables={CONDITION: (), ALLERGY: (), JOIN: ()})
    made = _plan(nothing, current, seen, conflict="ask", remove="delete")
    assert (made.steps, [one.table for one in made.held]) == ((), [JOIN, ALLERGY, CONDITION])
    again = Desired(
        student=str(STUDENT),
        tables={
            CONDITION: (DesiredRow(ref="c1", values={"MedicalConditionCode": "AST", "ActiveFlag": True}),),
            ALLERGY: (DesiredRow(ref="a2", values={"MedicalAllergyTypeCode": "EGG", "ActiveFlag": True}),),
            JOIN: (DesiredRow(ref="j", values={}, parents={"MedicalAllergySeq": "a2", "MedicalConditionSeq": "c1"}),),
        },
    )
    made = _plan(again, Image(), seen, conflict="refuse")
    assert [one.table for one in made.steps] == [ALLERGY]
    assert [one.table for one in made.held] == [CONDITION, JOIN]
    assert [one.ref for one in made.labels] == ["a2"]


def test_an_undo_writes_what_was_there_as_it_was_read() -> None:
    """To the time of day and the trailing blank, though these mean nothing to a comparison."""
    before = _conditions("old ", "gone")
    made = _plan(_desired("new"), before, None)
    undone = undo_plan(TABLES, applied(TABLES, made, {}), before=made.before, after=applied(TABLES, made, {}))
    assert [(one.kind, dict(one.values)) for one in undone.steps] == [
        ("update", {"ConditionDetails": "old "}),
        ("update", {"ActiveFlag": True}),
    ]


def test_an_undo_of_a_new_only_row_empties_it() -> None:
    """Rows of that table are never deleted, and an empty one says as much as none."""
    desired = Desired(student=str(STUDENT), tables={"MedicalDetails": (DesiredRow(ref="m", values={"MedicareNo": "1"}),)})
    made = _plan(desired, Image(), None)
    after = applied(TABLES, made, {("MedicalDetails", "MedicalDetails"): 8})
    (step,) = undo_plan(TABLES, after, before=made.before, after=after).steps
    assert (step.kind, step.values["MedicareNo"], step.where) == ("update", "", {"MedicalDetailsSeq": 8})
    assert "ID" not in step.values
    assert undo_plan(TABLES, made.before, before=made.before, after=after).steps == ()


def test_an_only_row_that_somebody_removed_is_not_added_again() -> None:
    """It bears no item's name, and is missed all the same: now, and by the next message."""
    desired = Desired(student=str(STUDENT), tables={"MedicalDetails": (DesiredRow(ref="m", values={"MedicareNo": "1"}),)})
    seen: Image | None = Image(tables={"MedicalDetails": (Row(values={"ID": STUDENT, "MedicalDetailsSeq": 8}),)})
    for _ in range(2):
        made = _plan(desired, Image(), seen, conflict="refuse")
        assert ([one.how for one in made.conflicts], made.steps) == (["removed"], ())
        message = WriteBack(request="r", student=str(STUDENT), version=1, desired=desired, seen=seen)
        seen = seen_after(TABLES, message, made, applied(TABLES, made, {}))


def test_an_undo_brings_a_row_back_although_a_column_came_to_be() -> None:
    """Of it nothing was known then, and nothing is what a new row holds of it."""
    (row,) = _conditions("old").rows(CONDITION)
    known = {name: value for name, value in row.values.items() if name != "OtherTreatmentDetails"}
    (step,) = undo_plan(TABLES, Image(), before=Image(tables={CONDITION: (Row(values=known),)}), after=Image()).steps
    assert (step.kind, step.values["OtherTreatmentDetails"], step.values["ConditionDetails"]) == ("insert", "", "old")


def test_an_undo_is_refused_as_a_whole() -> None:
    """If a row was changed or removed since, came back under another number, or something was put or hung on one that goes."""
    made = _plan(_desired("new", "second"), _conditions("old"), None)
    after = applied(TABLES, made, {(CONDITION, "c2"): 5})
    changed, added = after.rows(CONDITION)
    hung = Row(values={"ID": STUDENT, "MedicalConditionSeq": 5, "AsthmaTriggers": "x"})
    cases: dict[str, dict[str, tuple[Row, ...]]] = {
        "changed": {CONDITION: (Row(values={**changed.values, "ConditionDetails": "nurse"}), added)},
        "removed": {CONDITION: (added,)},
        "added": {CONDITION: after.rows(CONDITION), "MedicalAdditionalAsthmaDetails": (hung,)},
    }
    others: dict[str, dict[str, tuple[Row, ...]]] = {
        "changed": {CONDITION: (changed, Row(values={**added.values, "MedicalConditionDocumentID": 7}))},
        "added": {CONDITION: (changed, Row(values={**added.values, "MedicalConditionSeq": 9}))},
    }
    for how, tables in (*cases.items(), *others.items()):
        undone = undo_plan(TABLES, Image(tables=tables), before=made.before, after=after)
        assert ([one.how for one in undone.conflicts], undone.steps) == ([how], ())


def test_what_hangs_on_a_row_that_stays_stays() -> None:
    """A nurse's correction of a condition that is to go keeps the condition, and its equipment with it."""
    seen = _conditions("old")
    equipment = Row(
        values={"ID": STUDENT, "MedicalConditionSeq": 1, "MedicalEquipmentTypeCode": "SPAC", "MedicalEquipmentFlag": True}
    )
    current = Image(tables={**_conditions("nurse").tables, "MedicalEquipment": (equipment,)})
    seen = Image(tables={**seen.tables, "MedicalEquipment": (equipment,)})
    made = _plan(_desired(), current, seen, conflict="refuse", remove="delete")
    assert (made.steps, [one.table for one in made.held]) == ((), ["MedicalEquipment", CONDITION])


def test_a_change_that_is_held_keeps_nothing_from_going() -> None:
    """A nurse's correction of a condition is no word on its equipment, nor is another piece one that she removed."""
    spacer, pump = (
        {"ID": STUDENT, "MedicalConditionSeq": 1, "MedicalEquipmentTypeCode": kind, "MedicalEquipmentFlag": True}
        for kind in ("SPAC", "PUMP")
    )
    seen = Image(tables={**_conditions("old").tables, EQUIPMENT: (Row(values=spacer, ref="e1"), Row(values=pump, ref="e2"))})
    current = Image(tables={**_conditions("nurse").tables, EQUIPMENT: (Row(values=spacer),)})
    mask = DesiredRow(ref="e3", values={**pump, "MedicalEquipmentTypeCode": "MASK"})
    desired = Desired(student=str(STUDENT), tables={**_desired("new").tables, EQUIPMENT: (mask,)})
    made = _plan(desired, current, seen, conflict="refuse")
    assert [(one.kind, one.table) for one in made.steps] == [("delete", EQUIPMENT), ("insert", EQUIPMENT)]
    assert [(one.kind, one.table) for one in made.held] == [("update", CONDITION)]


def test_an_undo_goes_by_the_rows_that_it_would_change() -> None:
    """A row that the write left alone may go; of one that it changed, a column that was set back since is a change."""
    before = _conditions("old", "other")
    (first, second) = before.rows(CONDITION)
    changed = Row(values={**first.values, "ConditionDetails": "new", "NotifiedBy": 5}, ref="c1")
    after = Image(tables={CONDITION: (changed, second)})
    set_back = Row(values={**first.values, "ConditionDetails": "new"})
    for row, conflicts in ((changed, []), (set_back, [("changed", ("NotifiedBy",))])):
        made = undo_plan(TABLES, Image(tables={CONDITION: (row,)}), before=before, after=after)
        assert [(one.how, one.columns) for one in made.conflicts] == conflicts
        assert bool(made.steps) == (not conflicts)


def test_an_undo_brings_back_one_of_twins_and_none_that_is_there() -> None:
    """A twin that was left alone is not the one that went. One that a restored backup brought back has its old number."""
    before = _conditions("same", "same")
    after = Image(tables={CONDITION: before.rows(CONDITION)[:1]})
    (step,) = undo_plan(TABLES, after, before=before, after=after).steps
    assert (step.kind, step.values["ConditionDetails"]) == ("insert", "same")
    named = Image(tables={CONDITION: tuple(row.model_copy(update={"ref": "c2"}) for row in before.rows(CONDITION)[1:])})
    restored = undo_plan(TABLES, before, before=named, after=Image())
    assert (restored.steps, restored.conflicts) == ((), ())
    assert [(one.ref, one.where) for one in restored.labels] == [("c2", {"MedicalConditionSeq": 2})]
    restored = undo_plan(TABLES, before, before=before, after=after)
    assert (restored.steps, restored.conflicts) == ((), ())
    corrected = Image(tables={CONDITION: (before.rows(CONDITION)[0], _conditions("same", "nurse").rows(CONDITION)[1])})
    restored = undo_plan(TABLES, corrected, before=before, after=after)
    assert ([one.columns for one in restored.conflicts], restored.steps) == ([("ConditionDetails",)], ())


def test_an_undo_names_what_rows_state_now() -> None:
    """What was told last tells, not what was told of the write that is taken back."""
    before, after = _conditions("old"), _conditions("new")
    seen = Image(tables={CONDITION: (after.rows(CONDITION)[0].model_copy(update={"ref": "renamed"}),)})
    made = undo_plan(TABLES, after, before=before, after=after, seen=seen)
    assert [row.ref for row in made.before.rows(CONDITION)] == ["renamed"]
    details = (_row("MedicalDetails", MedicalDetailsSeq=8, MedicareNo=number) for number in ("1", "2"))
    was, now = (
        Image(tables={"MedicalDetails": (row,), **image.tables}) for row, image in zip(details, (before, after), strict=True)
    )
    steps = undo_plan(TABLES, now, before=was, after=now).steps
    assert [(one.table, one.ref) for one in steps] == [("MedicalDetails", "MedicalDetails"), (CONDITION, "c1")]


@pytest.mark.parametrize(
    ("there", "standing"),
    [
        ({1: "new", 3: "came"}, "written"),
        ({1: "new", 2: "nurse", 3: "came"}, "written"),
        ({1: "old", 2: "other", 4: "goes"}, "not written"),
        ({1: "old", 2: "nurse", 4: "goes"}, "not written"),
        ({1: "new", 2: "other"}, "unclear"),
        ({1: "old", 3: "came"}, "unclear"),
        ({1: "nurse", 3: "came"}, "unclear"),
        ({1: "old", 4: "nurse"}, "unclear"),
        ({}, "unclear"),
    ],
)
def test_the_rows_that_a_write_touched_tell_whether_it_counts(there: dict[int, str], standing: str) -> None:
    """All of them, and no other; as it was cut off at its commit, nothing else can."""

    def image(rows: dict[int, str]) -> Image:
        kind: dict[str, Value] = {"MedicalConditionCode": "AST"}
        made = (_row(CONDITION, MedicalConditionSeq=key, ConditionDetails=text, **kind) for key, text in rows.items())
        return Image(tables={CONDITION: tuple(made)})

    about = {"request": "r", "student": "1", "version": 1, "relay": "r", "relay_version": "1", "outcome": "applied"}
    before, after = image({1: "old", 2: "other", 4: "goes"}), image({1: "new", 2: "other", 3: "came"})
    receipt = WriteReceipt.model_validate({**about, "at": "2026-03-02T07:00Z", "before": before, "after": after})
    assert standing_of(TABLES, receipt, image(there)) == standing


def test_twins_come_back_with_what_hung_on_each() -> None:
    """Under new numbers; a second undo knows each of them again."""
    twins = tuple(_row(CONDITION, MedicalConditionSeq=number, MedicalConditionCode="AST") for number in (1, 2))
    allergies = tuple(
        _row(ALLERGY, MedicalAllergySeq=number, MedicalAllergyTypeCode=kind) for number, kind in ((3, "NUT"), (4, "EGG"))
    )
    joins = tuple(Row(values={"MedicalAllergySeq": seq, "MedicalConditionSeq": on}) for seq, on in ((3, 1), (4, 2)))
    before = Image(tables={CONDITION: twins, ALLERGY: allergies, JOIN: joins})
    nothing = Desired(student=str(STUDENT), tables={CONDITION: (), ALLERGY: (), JOIN: ()})
    made = _plan(nothing, before, None, remove="delete")
    after = applied(TABLES, made, {})
    assert not any(after.tables.values())
    undone = undo_plan(TABLES, after, before=before, after=after)
    restored = [one for one in undone.steps if one.table == JOIN]
    assert [dict(one.values) for one in restored] == [{}, {}]
    assert len({tuple(one.parents.values()) for one in restored}) == 2
    news = [(one.table, one.new) for one in undone.steps if one.table != JOIN]
    current = applied(TABLES, undone, {new: number for number, new in enumerate(news, start=11)})
    again = undo_plan(TABLES, current, before=before, after=after)
    assert (again.steps, again.conflicts) == ((), ())
