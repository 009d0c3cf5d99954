"""Nobody at a school has to know what Synergetic's tables and columns are called."""

import re

from shared.synergetic.plain_words import TABLE_WORDS, code_kinds, column_words
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.version import NEWEST, Version
from shared.synergetic.writing import write_tables

TABLES = write_tables(Version(NEWEST), SynergeticSettings())


def test_every_column_that_is_written_is_called_in_plain_words() -> None:
    """No two of a table the same, and none as the database calls it."""
    for table in TABLES:
        shown = [one.name for one in table.content if one.name != table.owner and not one.refers]
        called = [column_words(name) for name in shown]
        assert len(set(called)) == len(called), table.name
        assert not [words for words in called if re.search(r"[a-z][A-Z]|Flag|Seq\b", words)], table.name
        assert TABLE_WORDS[table.name]


def test_people_who_stand_in_one_row_are_told_apart() -> None:
    """Two doctors and three emergency contacts have columns of one row."""
    assert column_words("Doctor2PhoneAlt") == "Doctor 2: phone (other)"
    assert column_words("EmergencyRelat") == "Emergency contact: relationship"


def test_columns_of_codes_are_known_by_their_kind() -> None:
    """So that a person chooses one of the school's."""
    kinds = code_kinds()
    codes = {(table.name, one.name) for table in TABLES for one in table.content if one.code}
    free = {("MedicalDetails", "BloodGroup")}
    assert codes - free <= kinds.keys()
    assert kinds["MedicalAllergy", "MedicalAllergyTypeCode"] == "allergy"
