"""What raw values of a chunk mean."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from shared.synergetic.values import clean_date, clean_flag, clean_id, clean_number, clean_text


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (None, ""),
        ("", ""),
        ("  a b ", "a b"),
        ("a\0b", "ab"),
        (7, "7"),
        (0, "0"),
        (7.0, "7"),
        (Decimal("7.00"), "7"),
        ("\ud83d", "?"),
        ("É ", "É"),
    ],
)
def test_text(raw: object, clean: str) -> None:
    """Text is trimmed, holds no NUL and no half characters; 0 is a year level, not nothing."""
    assert clean_text(raw) == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [(None, False), ("", False), (0, False), ("0", False), (False, False), (True, True), (1, True), ("1", True), (-1, True)],
)
def test_flag(raw: object, clean: bool) -> None:  # noqa: FBT001 - the expected value
    """A bit is a yes in whatever form a driver gives it."""
    assert clean_flag(raw) is clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (None, None),
        ("", None),
        (0, None),
        ("0001-01-01T00:00:00", None),
        ("0000-00-00", None),
        ("1899-12-30T00:00:00", date(1899, 12, 30)),
        ("2026-02-28T10:11:12.123456", date(2026, 2, 28)),
        ("2026-02-28 10:11:12", date(2026, 2, 28)),
        ("2026-02-28", date(2026, 2, 28)),
        (datetime(2026, 2, 28, 1, 2), date(2026, 2, 28)),  # noqa: DTZ001 - as drivers give it
    ],
)
def test_date(raw: object, clean: date | None) -> None:
    """A date is read in ISO's form, before 1900 too; the year 1 is none."""
    assert clean_date(raw) == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [(None, None), (0, None), ("", None), ("0", None), (71, 71), ("71 ", 71), (71.0, 71), (Decimal("71.00"), 71)],
)
def test_id(raw: object, clean: int | None) -> None:
    """An identifier of 0 is none."""
    assert clean_id(raw) == clean


def test_number() -> None:
    """0 is a number."""
    assert clean_number(0) == 0
    assert clean_number(" -3") == -3


@pytest.mark.parametrize(
    ("clean", "raw"),
    [
        (clean_text, []),
        (clean_text, True),
        (clean_flag, "secret"),
        (clean_flag, {}),
        (clean_date, "secret"),
        (clean_date, "2026-02-30"),
        (clean_date, "2026-02-28secret"),
        (clean_id, -1),
        (clean_id, "secret"),
        (clean_id, "9" * 30),
        (clean_number, 1.5),
        (clean_number, "²"),
    ],
)
def test_what_cannot_be_read_is_refused_without_its_value(clean: object, raw: object) -> None:
    """The message of the error never holds the value, which may be personal."""
    assert callable(clean)
    with pytest.raises(ValueError, match=r"^is ") as caught:
        clean(raw)
    assert "secret" not in str(caught.value)
