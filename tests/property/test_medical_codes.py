"""Matching has one answer for every word, follows the administrator, and never takes a code that is not in use."""

from hypothesis import given
from hypothesis import strategies as st

from shared.medical.codes import Code, CodeBook, normal

WORDS = st.one_of(
    st.sampled_from(["Asthma", "asthmatic", "Anaphylaxis", "Severe allergies", "Épilepsie", "", "Food, nuts"]),
    st.text(max_size=8),
)
CODES = st.lists(
    st.builds(
        Code,
        code=st.sampled_from(["AST", "ast ", "ANA", "OTH", ""]),
        description=WORDS,
        meaning=WORDS | st.just(""),
        active=st.booleans(),
    ),
    max_size=6,
).map(tuple)
OVERRIDES = st.dictionaries(WORDS, st.sampled_from(["AST", "ANA", "NONE"]), max_size=3)


def _used(codes: tuple[Code, ...]) -> set[str]:
    unused = {one.code.strip().casefold() for one in codes if not one.active}
    return {one.code.strip().casefold() for one in codes} - unused - {""}


@given(CODES, OVERRIDES, WORDS)
def test_each_word_has_one_answer(codes: tuple[Code, ...], overrides: dict[str, str], word: str) -> None:
    """A code in use or a reason, the same every time and in whatever order the codes stand."""
    match = CodeBook({"condition": codes}, {"condition": overrides}).match("condition", word)
    assert (match.found is None) == bool(match.code) == (match.how is None)
    for code in (*match.candidates, *([match.found] if match.found is not None else [])):
        assert code.strip().casefold() in _used(codes)
    other = CodeBook({"condition": codes[::-1]}, {"condition": overrides}).match("condition", word)
    assert (other.code, other.how) == (match.code, match.how)
    assert (other.found or "").strip().casefold() == (match.found or "").strip().casefold()


@given(CODES, OVERRIDES)
def test_an_override_is_followed_or_told_to_be_unusable(codes: tuple[Code, ...], overrides: dict[str, str]) -> None:
    """Whatever else would match."""
    book = CodeBook({"condition": codes}, {"condition": overrides})
    for word in filter(normal, overrides):
        match = book.match("condition", word)
        said = {code for other, code in overrides.items() if normal(other) == normal(word)}
        assert match.how == "override" or match.code == "override-unusable"
        assert match.found is None or match.found.strip().casefold() in {code.casefold() for code in said}


@given(CODES, WORDS, st.sampled_from(["{}!", " {} ", "({})", "{}."]))
def test_how_a_word_is_written_does_not_matter(codes: tuple[Code, ...], word: str, form: str) -> None:
    """Case, blanks and punctuation around it change nothing."""
    book = CodeBook({"condition": codes})
    assert book.match("condition", form.format(word)) == book.match("condition", word)
    assert normal(normal(word)) == normal(normal(normal(word)))
