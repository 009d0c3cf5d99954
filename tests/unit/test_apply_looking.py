"""What Operoo shows of a profile beside what it was sent: what is a difference, and what only looks like one."""

import pytest

from functions.apply_records.looking import Looking, had_in_words
from functions.operoo.settings import OperooSettings
from functions.records.staged import Shown
from tests.integration.fake_operoo import FakeOperoo

_SENT: dict[str, object] = {
    "first_name": "Zoë",
    "last_name": "O'Brien",
    "request_email": "new@example.test",
    "request_mobile_number": "0491 570 158",
    "contacts": ["one"],
}


def _shown(shows: dict[str, str], before: dict[str, str] | None = None) -> Shown:
    return Looking(FakeOperoo(), OperooSettings()).compared("members", _SENT, shows, before or {})


@pytest.mark.parametrize(
    "shows",
    [
        {"first_name": "ZOE\u0308 ", "last_name": "o'brien"},
        {"request_email": "New@Example.test"},
        {"request_mobile_number": "+61491570158"},
        {"request_mobile_number": "+61 (491) 570-158"},
        {"request_mobile_number": "0491570158"},
    ],
)
def test_another_way_to_write_it_is_no_difference(shows: dict[str, str]) -> None:
    """Capitals, blanks, how an accent is stored, and how a number is written."""
    shown = _shown(shows)
    assert shown.at
    assert not shown.has


@pytest.mark.parametrize(
    ("shows", "has"),
    [
        ({"request_email": "old@example.test"}, {"request_email": "old@example.test"}),
        ({"request_mobile_number": "0491 570 159"}, {"request_mobile": "0491 570 159"}),
        ({"request_mobile_number": "+61491570159"}, {"request_mobile": "+61491570159"}),
        ({"request_mobile_number": "491 570"}, {"request_mobile": "491 570"}),
        ({"first_name": ""}, {"first_name": ""}),
        ({"middle_names": "Not sent"}, {"middle_names": "Not sent"}),
        ({"last_name": "x" * 5000}, {"last_name": "x" * 300}),
    ],
)
def test_what_is_another_is_kept_as_it_is_shown(shows: dict[str, str], has: dict[str, str]) -> None:
    """Also what was not sent, and nothing where something was; but no more of it than a record has room for."""
    assert _shown(shows).has == has


def test_what_is_not_shown_is_not_known() -> None:
    """And an answer that shows nothing tells nothing."""
    assert _shown({}) == Shown()
    assert _shown({"first_name": "Zoë"}).unseen == ("last_name", "request_email", "request_mobile")


def test_what_operoo_had_is_told_by_the_fields_names_alone() -> None:
    """A timeline holds no addresses; what Operoo has still was not only until then."""
    before = {"request_email": "hand@example.test", "first_name": "Zoë", "last_name": "Byron"}
    shown = _shown({"request_email": "hand@example.test", "last_name": "O'Brien"}, before)
    assert (shown.has, shown.had) == ({"request_email": "hand@example.test"}, {"last_name": "Byron"})
    assert had_in_words(shown) == "; until then Operoo had another last name"
    assert had_in_words(_shown({}, before)) == "; until then Operoo had another last name, e-mail address"
    assert had_in_words(Shown()) == ""
