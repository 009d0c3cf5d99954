"""What a person declined is known again, for as long as the family wishes it."""

from shared.receipts import WrittenRow
from shared.synergetic.writing import contract_tables
from shared.writeback.declined import ends_of_new_rows, ends_of_newly_stated, is_declined, is_end, still_wished, wishes
from shared.writeback.rows import Desired, DesiredRow, Image, Row, Value, former

ALLERGY, DETAILS, JOIN = "MedicalAllergy", "MedicalDetails", "MedicalConditionAllergy"


def declined(kind: str, table: str = ALLERGY, ref: str = "a1", seq: int = 0, **values: Value) -> set[str]:
    """Return what stands for a row that a person declined."""
    where = {"MedicalAllergySeq": seq} if seq else {}
    row = WrittenRow.model_validate({"kind": kind, "table": table, "ref": ref, "where": where, "new": values})
    return set(wishes(row, row.new).values())


def says(table: str = ALLERGY, ref: str = "a1", *, incomplete: bool = False, **values: Value) -> Desired:
    """Return what a family states."""
    rows = (DesiredRow(ref=ref, values=values),)
    return Desired(student="1", tables={table: rows}, incomplete=(table,) if incomplete else ())


def left(wished: set[str], desired: Desired, seen: Image | None = None) -> set[str]:
    """Return what of it is still declined."""
    return set(still_wished(tuple(wished), desired, seen, contract_tables()))


def allergy(number: int, ref: str = "") -> Image:
    """Return a row that is there."""
    return Image(tables={ALLERGY: (Row(values={"MedicalAllergySeq": number}, ref=ref),)})


def test_a_value_is_declined_until_the_family_says_another_one() -> None:
    """Only of that column; and what it does not mention it has not said otherwise."""
    wished = declined("update", AllergyDescription="Hives", SeverityCode="H")
    assert left(wished, says(AllergyDescription="Hives", SeverityCode="H")) == wished
    assert left(wished, says(AllergyDescription="Hives", SeverityCode="L")) == declined("update", AllergyDescription="Hives")
    for desired in (says(), Desired(student="1"), says("Consent", "k1"), says(ref="a2", incomplete=True)):
        assert left(wished, desired) == wished
    assert left(wished, says(ref="a2")) == set()


def test_of_a_tables_only_row_each_part_says_its_own() -> None:
    """It is known by its table, whatever part of it says something."""
    wished = declined("update", DETAILS, DETAILS, BloodGroup="A+", MedicareNo="1")
    assert left(wished, says(DETAILS, "medicare", MedicareNo="2")) == declined("update", DETAILS, DETAILS, BloodGroup="A+")
    assert left(wished, says(DETAILS, "blood", BloodGroup="A+")) == wished


def test_a_row_that_says_nothing_but_what_it_joins_is_stated() -> None:
    """A link has no values of its own."""
    wished = declined("insert", JOIN, "a1+c1")
    assert len(wished) == 1
    assert left(wished, says(JOIN, "a1+c1")) == wished
    assert left(wished, says(JOIN, "a1+c2")) == set()


def test_a_rows_end_is_one_wish_however_it_is_done() -> None:
    """Deleted or deactivated; what is deactivated because the family says so is a value as any other."""
    end = declined("delete", ref="", seq=5)
    assert end == declined("update", ref="", seq=5, ActiveFlag=False)
    assert all(map(is_end, end))
    assert not any(map(is_end, declined("update", seq=5, ActiveFlag=False)))
    assert end.isdisjoint(declined("delete", ref="", seq=6))
    nobodys = declined("update", ref="", seq=5, AllergyDescription="Hives")
    assert not any(map(is_end, nobodys))
    assert nobodys.isdisjoint(declined("update", ref="", seq=6, AllergyDescription="Hives"))


def test_a_rows_end_is_declined_until_the_family_states_the_row() -> None:
    """Whatever else it says; by the row's item where that is known, else once its receipt tells."""
    end = declined("delete", ref="", seq=5)
    assert left(end, says(ref="a2"), allergy(5, "a1")) == end
    assert left(end, says(ref="a1"), allergy(5, "a1")) == set()
    assert left(end, says(ref="a1"), allergy(5)) == end
    assert set(ends_of_newly_stated(contract_tables(), allergy(5), allergy(5, "a1"))) == end
    assert set(ends_of_newly_stated(contract_tables(), allergy(5, "a1"), allergy(5, "a1"))) == set()
    assert set(ends_of_newly_stated(contract_tables(), allergy(5, "a1"), allergy(5, former("a1")))) == set()


def test_the_end_of_what_came_back_is_known() -> None:
    """It has another number. A row that was there has been told of, unless it states something that it did not state."""
    end, both = (
        declined("delete", ref="", seq=9),
        Image(tables={ALLERGY: (*allergy(5).rows(ALLERGY), *allergy(9, "a9").rows(ALLERGY))}),
    )
    assert set(ends_of_new_rows(contract_tables(), allergy(5), both)) == end
    assert set(ends_of_newly_stated(contract_tables(), allergy(5), both)) == end
    assert set(ends_of_newly_stated(contract_tables(), allergy(9, "a9"), allergy(9))) == set()


def test_what_is_declined_stays_so_under_another_name() -> None:
    """A profile that was made anew in Operoo, or a spreadsheet, names the same thing otherwise. Another thing is another."""
    egg: dict[str, Value] = {"MedicalAllergyTypeCode": "EGG", "AllergyDescription": "Hives", "ActiveFlag": True}
    new = declined("insert", **egg)
    assert left(new, says(ref="b7", **egg)) == declined("insert", ref="b7", **egg)
    assert left(new, says(ref="b7", **{**egg, "MedicalAllergyTypeCode": "POL"})) == set()
    said = left(new, says(ref="b7", **{**egg, "AllergyDescription": "Swelling"}))
    assert said == declined("insert", ref="b7", **{**egg, "AllergyDescription": None})
    both = says(**egg).tables[ALLERGY] + says(ref="b7", **egg).tables[ALLERGY]
    assert left(new, Desired(student="1", tables={ALLERGY: both})) == new


def test_of_several_new_names_each_is_one_things_and_the_most_alike() -> None:
    """What is declined of one thing is not declined of two, nor of what has been declined in part under its own name."""
    egg: dict[str, Value] = {"MedicalAllergyTypeCode": "EGG", "ActiveFlag": True}
    hives, rash = {**egg, "AllergyDescription": "Hives"}, {**egg, "AllergyDescription": "Rash"}
    said = tuple(says(ref=ref, **values).tables[ALLERGY][0] for ref, values in (("b1", rash), ("b2", hives)))
    desired = Desired(student="1", tables={ALLERGY: said})
    assert left(declined("insert", **hives), desired) == declined("insert", ref="b2", **hives)
    twins = declined("insert", **hives) | declined("insert", ref="a2", **hives)
    renamed = left(twins, desired)
    assert declined("insert", ref="b2", **hives) <= renamed
    assert declined("insert", ref="b1", **egg) <= renamed
    own = declined("update", ref="b7", AllergyDescription="Hives")
    assert left(declined("insert", **hives) | own, says(ref="b7", **hives)) == own


def test_what_has_no_number_of_its_own_is_known_by_its_key() -> None:
    """By all of it but whose it is, and what it hangs on: that is named anew too."""
    for table, key, hangs in (
        ("Ability", {"AbilityTypeCode": "SWIM"}, {}),
        ("MedicalEquipment", {"MedicalEquipmentTypeCode": "SPAC"}, {"MedicalConditionSeq": 5}),
    ):
        new = declined("insert", table, "e1", **{"ID": 1, **key, **hangs})
        assert left(new, says(table, "e7", **key)) == declined("insert", table, "e7", **{"ID": 1, **key, **hangs})
        assert left(new, says(table, "e7", **dict.fromkeys(key, "OTHER"))) == set()
    dose: dict[str, Value] = {"ImmunisationCode": "MMR", "AdministeredDate": "2020-01-01"}
    new = declined("insert", "MedicalImmunisation", "i1", **dose)
    assert left(new, says("MedicalImmunisation", "i7", **{**dose, "ImmunisationCode": "POL"})) == set()


def test_only_what_is_declined_altogether_is_left_out_as_a_whole() -> None:
    """Of a row that is to hold two things one may be declined."""
    row = WrittenRow(kind="update", table=ALLERGY, ref="a1", new={"AllergyDescription": "Hives", "SeverityCode": "H"})
    assert not is_declined(row, row.new, declined("update", AllergyDescription="Hives"))
    assert is_declined(row, row.new, declined("update", AllergyDescription="Hives", SeverityCode="H"))


def test_what_is_declined_of_a_row_stays_so_under_another_name() -> None:
    """Which thing it is tells the row that was to be changed; what is known to be stated by another row is that row's."""
    changed = declined("update", AllergyDescription="Swelling")
    row: dict[str, Value] = {"MedicalAllergySeq": 5, "MedicalAllergyTypeCode": "EGG  ", "AllergyDescription": "Hives"}
    seen = Image(tables={ALLERGY: (Row(values=row, ref="a1"),)})
    egg: dict[str, Value] = {"MedicalAllergyTypeCode": "EGG", "AllergyDescription": "Swelling"}
    assert left(changed, says(ref="b7", **egg), seen) == declined("update", ref="b7", AllergyDescription="Swelling")
    assert left(changed, says(ref="b7", **{**egg, "MedicalAllergyTypeCode": "POL"}), seen) == set()
    two = Image(tables={ALLERGY: (*seen.rows(ALLERGY), Row(values={**row, "MedicalAllergySeq": 6}, ref="b7"))})
    assert left(changed, says(ref="b7", **egg), two) == set()
