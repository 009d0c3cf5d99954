"""What a family says finds the school's code, or a person is asked: by whose word, in which order, and never an unused one."""

from typing import get_args

import pytest

from local.school.medical import ALLERGIES, CONDITIONS, IMMUNISATIONS, SEVERITIES
from shared.medical.codes import Code, CodeBook, CodeKind, normal
from shared.synergetic import TABLES
from shared.synergetic.medical_codes import CODE_TABLES, codes_of
from shared.synergetic.row_sets import CODES

CONDITION = (
    Code(code="AST", description="Asthma (see plan)", meaning="ASTHMA"),
    Code(code="ANA", description="Severe Allergy"),
    Code(code="OLD", description="Migraine", active=False),
    Code(code="ALF", description="Allergy, food"),
    Code(code="ALO", description="Allergy - other"),
)


def _book(*codes: Code, kind: CodeKind = "condition", **overrides: str) -> CodeBook:
    return CodeBook({kind: codes or CONDITION}, {kind: overrides})


@pytest.mark.parametrize(
    ("word", "code", "how"),
    [
        ("asthma", "AST", "meaning"),
        ("SEVERE ALLERGIES", "ANA", "description"),
        ("Anaphylaxis", "ANA", "synonym"),
        ("allergy (Food)", "ALF", "description"),
    ],
)
def test_a_word_is_found_by_meaning_then_description_then_synonym(word: str, code: str, how: str) -> None:
    """Case, punctuation and number do not count."""
    match = _book().match("condition", word)
    assert (match.found, match.how, match.code) == (code, how, "")


def test_an_administrators_word_comes_first() -> None:
    """It wins over what the product means, in whatever way the word is written."""
    assert _book(asthma="ANA").match("condition", " ASTHMA! ").found == "ANA"


@pytest.mark.parametrize("code", ["OLD", "NONE", ""])
def test_an_override_that_cannot_be_used_is_not_passed_over(code: str) -> None:
    """The administrator said what is meant; another code would be a guess against their word."""
    match = _book(asthma=code).match("condition", "Asthma")
    assert (match.found, match.code) == (None, "override-unusable")


def test_what_is_not_in_use_is_never_found() -> None:
    """Nor if the table has the code twice, once in use and once not."""
    assert _book().match("condition", "Migraine").code == "code-unmatched"
    assert _book(Code(code=" ", description="Migraine")).match("condition", "Migraine").found is None
    twice = _book(Code(code="M", description="Migraine"), Code(code="m ", description="Old", active=False))
    assert twice.match("condition", "Migraine").found is None


def test_two_codes_of_one_description_are_a_persons_choice() -> None:
    """Both are proposed."""
    match = _book(Code(code="A", description="Asthma"), Code(code="B", description="asthma.")).match("condition", "Asthma")
    assert (match.found, match.code, match.candidates) == (None, "code-ambiguous", ("A", "B"))


def test_what_is_alike_is_proposed_and_not_taken() -> None:
    """Words in common make a candidate, those with most in common first; short words do not count."""
    match = _book().match("condition", "Allergy to some other food")
    assert (match.found, match.code, match.candidates) == (None, "code-unmatched", ("ALF", "ALO", "ANA"))
    assert _book().match("condition", "Other allergies of it").candidates == ("ALO", "ALF", "ANA")
    assert _book(Code(code="A", description="Of it")).match("condition", "One of it all").candidates == ()
    assert _book().match("condition", "  ").code == "word-empty"


def test_nothing_of_it_shows_when_it_is_printed() -> None:
    """A code tells what a child has."""
    assert "ANA" not in repr(_book(asthma="ANA").match("condition", "asthma")) + repr(_book())


def test_words_are_compared_without_accents_and_number() -> None:
    """A plural of a word is that word; a word that only looks like one stays."""
    assert normal("Cœliac dis-eases, Allergies & Naïve boxes") == "cœliac dis ease allergy naive box"
    assert normal("Diabetes") == normal("diabetes.")
    assert normal("Illness of virus, gas") == "illness of virus gas"


@pytest.mark.parametrize(
    ("kind", "codes", "words"),
    [
        ("condition", CONDITIONS, {"Anaphylactic reaction": "ANA", "Type 1 diabetes": "DIA", "Asthmatic": "AST"}),
        ("severity", SEVERITIES, {"high": "H", "Moderate": "M", "mild": "L"}),
        ("allergy", ALLERGIES, {"nut allergy": "NUT", "peanut": "PEA", "Eggs": "EGG", "penicillin": "PEN"}),
        ("immunisation", IMMUNISATIONS, {"MMR": "MMR", "Measles, mumps and rubella": "MMR", "Gardasil": "HPV"}),
    ],
)
def test_the_sample_schools_codes_are_found(kind: CodeKind, codes: dict[str, str], words: dict[str, str]) -> None:
    """What families commonly say needs no administrator."""
    book = CodeBook({kind: tuple(Code(code=code, description=description) for code, description in codes.items())})
    assert {word: book.match(kind, word).found for word in words} == words


def test_each_kind_of_code_has_its_look_up() -> None:
    """Rows of all of them become codes by kind; a kind that has none is not there, nor one that nobody here knows."""
    assert set(CODE_TABLES.values()) <= set(TABLES)
    assert set(CODE_TABLES) == set(get_args(CodeKind))
    rows = [
        ("condition", "AST ", "Asthma", None, 1),
        ("allergy", "OLD", "Old", "", "0"),
        ("condition", 5, None, "FIVE", True),
        ("from the future", "X", "", "", 1),
    ]
    assert codes_of(dict(zip(CODES.columns, row, strict=True)) for row in rows) == {
        "condition": (Code(code="AST", description="Asthma"), Code(code="5", meaning="FIVE")),
        "allergy": (Code(code="OLD", description="Old", active=False),),
    }


def test_a_code_that_cannot_be_read_is_told() -> None:
    """It is not taken for one that is in use, nor for one that is not."""
    with pytest.raises(ValueError, match="neither yes nor no"):
        codes_of([dict(zip(CODES.columns, ("condition", "AST", "Asthma", "", "perhaps"), strict=True))])
