"""Days, moments and lists as people and programs write them."""

from datetime import UTC, date, datetime

import pytest

from functions.operoo.medical_values import answer_of, cleaned, day_of, moment_of
from shared.medical.items import Condition, Consent, Medicare, Medication


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2010-03-05", date(2010, 3, 5)),
        ("2010-03-05T23:59:00+10:00", date(2010, 3, 5)),
        ("5 March 2010", date(2010, 3, 5)),
        (" Friday, 5th of Mar 2010 ", date(2010, 3, 5)),
        ("5-Sept-2010", date(2010, 9, 5)),
        ("March 5, 2010", date(2010, 3, 5)),
        ("05/03/2010", date(2010, 3, 5)),
        ("5.3.2010", date(2010, 3, 5)),
        ("2010/3/5", date(2010, 3, 5)),
        ("02/2028", date(2028, 2, 29)),
        ("2028-02", date(2028, 2, 29)),
        ("Feb 2027", date(2027, 2, 28)),
        ("05/03/2010 12:00:00 AM", date(2010, 3, 5)),
        ("5 March 2010, 9:05", date(2010, 3, 5)),
        ("March 5, 2010 at 11:59pm", date(2010, 3, 5)),
    ],
)
def test_a_day_is_found_however_it_is_written(written: str, day: date) -> None:
    """Days are day first, and a month alone is its last day: a card is good until then."""
    assert day_of(written) == day


@pytest.mark.parametrize(
    "written",
    [
        "",
        "next spring",
        "31/02/2020",
        "13/13/2020",
        "5/3/10",
        "2010",
        "20100305",
        "Mayday 2010",
        "5/3/2010 25:00",
        "10:00",
        7,
        None,
    ],
)
def test_what_is_no_day_stays_as_it_is(written: object) -> None:
    """Nobody guesses: two digits of a year, a bare number, a month that is none."""
    assert day_of(written) == written


def test_a_school_may_write_the_month_first() -> None:
    """The setting turns the order of the numbers, and nothing else."""
    assert day_of("03/05/2010", day_first=False) == date(2010, 3, 5)
    assert day_of("2010-03-05", day_first=False) == date(2010, 3, 5)


def test_moments_are_in_utc() -> None:
    """A moment without a zone is taken as UTC, a day is its beginning, and what is none cannot be taken for seconds."""
    assert moment_of("2026-03-01T10:00:00+11:00") == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert moment_of("2026-03-01 10:00") == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert moment_of("1 March 2026") == date(2026, 3, 1)
    assert moment_of("01/03/2026 12:30 AM") == datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
    assert moment_of("1 March 2026, 3:04:05 pm") == datetime(2026, 3, 1, 15, 4, 5, tzinfo=UTC)
    assert moment_of("12345") == "not a moment"


def test_answers_are_yes_no_or_neither() -> None:
    """Only a plain yes or no is one."""
    assert [answer_of(value) for value in ("Yes", True, 1, "no", False, 0, "", None, "maybe", [])] == [
        *(True,) * 3,
        *(False,) * 3,
        *(None,) * 4,
    ]


def test_values_become_what_their_field_takes() -> None:
    """A list in a text is joined, a yes or no in a text is a word, a whole number with a point is a number."""
    kinds = {
        name: field.annotation for one in (Condition, Medicare, Medication, Consent) for name, field in one.model_fields.items()
    }
    assert cleaned(kinds["details"], ["dust", 3], day_first=True) == "dust, 3"
    assert cleaned(kinds["details"], True, day_first=True) == "yes"
    assert cleaned(kinds["line"], 2.0, day_first=True) == 2
    assert cleaned(kinds["expiry"], "3/4/2026", day_first=True) == date(2026, 4, 3)
    assert cleaned(kinds["plans"], "1; 2\n3", day_first=True) == ["1", " 2", "3"]
    assert cleaned(kinds["plans"], [{"id": 4}, {"name": "x"}, {}], day_first=True) == [4, "x", {}]
