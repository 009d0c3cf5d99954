"""Properties of versions and of cleaning."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ContractError
from shared.synergetic import Version
from shared.synergetic.values import clean_date, clean_flag, clean_id, clean_number, clean_text

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.text(alphabet="0123456789-T: .\0", max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)
NUMBERS = st.lists(st.integers(0, 999), max_size=3)


@given(st.integers(65, 71), st.none() | st.integers(1, 9), NUMBERS, st.sampled_from(["", " ", "v"]))
def test_a_version_is_given_back_and_keeps_its_place(major: int, release: int | None, rest: list[int], before: str) -> None:
    """A version that is shown and read again is the same version."""
    text = f"{major}{'' if release is None else f'R{release}'}{''.join(f'.{number}' for number in rest)}"
    version = Version.parse(before + text)
    assert str(version) == text
    assert Version.parse(str(version)) == version


@given(st.tuples(st.integers(65, 71), NUMBERS), st.tuples(st.integers(65, 71), NUMBERS))
def test_versions_compare_as_their_numbers(one: tuple[int, list[int]], other: tuple[int, list[int]]) -> None:
    """The order is that of the numbers, missing ones being zero."""

    def padded(numbers: tuple[int, list[int]]) -> tuple[int, ...]:
        return (numbers[0], *numbers[1], *[0] * (3 - len(numbers[1])))

    first, second = (Version.parse(".".join(map(str, (major, *rest)))) for major, rest in (one, other))
    assert (first < second) == (padded(one) < padded(other))


@given(JSON_VALUES)
def test_reading_a_version_is_total(raw: object) -> None:
    """Anything is a version or a ContractError."""
    try:
        version = Version.parse(raw)
    except ContractError:
        return
    assert 65 <= version.major <= 71


@given(JSON_VALUES)
def test_cleaning_is_total_and_does_it_once(raw: object) -> None:
    """Every value is cleaned or refused by ValueError, and what was cleaned stays as it is."""
    for clean in (clean_text, clean_flag, clean_number, clean_id):
        try:
            value = clean(raw)
        except ValueError:
            continue
        assert clean(value) == value
    try:
        day = clean_date(raw)
    except ValueError:
        return
    assert day is None or clean_date(day.isoformat()) == day


@given(st.text())
def test_clean_text_can_be_stored(raw: str) -> None:
    """Cleaned text is UTF-8, trimmed and free of NUL."""
    value = clean_text(raw)
    assert value.encode().decode() == value.strip()
    assert "\0" not in value


@given(st.dates(min_value=date(2, 1, 1)), st.sampled_from(["", "T00:00:00", " 23:59:59.999"]))
def test_every_day_is_read(day: date, time: str) -> None:
    """Any day since the year 2 is read from ISO's form, with or without a time."""
    assert clean_date(f"{day.isoformat()}{time}") == day
