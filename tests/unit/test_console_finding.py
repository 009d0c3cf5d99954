"""What is found in a list: by words, filters and order."""

import pytest

from functions.console.operations.histories import in_order
from functions.console.people.choosing import Choice, Preview, Unasked, preview
from functions.console.people.finding import Filter, Show, find, folded, matching
from functions.console.web.paging import PAGE
from functions.operoo.settings import OperooSettings
from functions.records.list_lines import Line
from functions.records.planned import PlanLine


def line(one: str, name: str = "", **but: object) -> Line:
    """Return a student's line."""
    return Line(**{"id": one, "name": name or f"Surname{one}, Given{one}", **but})


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("zoe", ["Müller, Zoë"]),
        ("mul", ["Müller, Zoë"]),
        ("zoe muller", ["Müller, Zoë"]),
        ("sullivan", ["O'Sullivan, Ann"]),
        ("osul", ["O'Sullivan, Ann"]),
        ("whitbyhughes", ["Whitby-Hughes, Zed"]),
        ("hughes", ["Whitby-Hughes, Zed"]),
        ("103", ["Whitby-Hughes, Zed"]),
        ("z", ["Müller, Zoë", "Whitby-Hughes, Zed"]),
        ("oe", []),
        ("-", []),
        ("' ./", []),
        ("  ", ["Müller, Zoë", "O'Sullivan, Ann", "Whitby-Hughes, Zed"]),
    ],
)
def test_words_begin_words_of_the_name_or_are_the_number(words: str, names: list[str]) -> None:
    """Case, accents, hyphens and apostrophes do not matter, and the order of words does not."""
    lines = [line("101", "Müller, Zoë"), line("102", "O'Sullivan, Ann"), line("103", "Whitby-Hughes, Zed")]
    assert [one.name for one in find(lines, Filter(q=words)).lines] == names


def test_who_was_brought_by_hand_is_found_by_their_number() -> None:
    """As people know it, in whichever case, or as the whole identifier."""
    lines = [line("manual:M-7DVTT2", "Able, Ann"), line("101")]
    assert [len(matching(lines, Filter(q=words))) for words in ("m-7dv", "manual:M-7", "7dv")] == [1, 1, 0]


def test_year_levels_sort_as_numbers_and_names_without_accents() -> None:
    """10 comes after 9, and Émile between Dan and Fay."""
    lines = [line("1", "Fay", year_level="10"), line("2", "Émile", year_level="9"), line("3", "Dan", year_level="K")]
    assert [one.year_level for one in find(lines, Filter(order="year_level")).lines] == ["9", "10", "K"]
    assert [one.name for one in find(lines, Filter()).lines] == ["Dan", "Émile", "Fay"]
    assert [one.name for one in find(lines, Filter(order="-name")).lines] == ["Fay", "Émile", "Dan"]
    assert list(find(lines, Filter()).facets["year_level"]) == ["9", "10", "K"]


def test_groups_sort_by_the_numbers_in_their_names() -> None:
    """Year 10 comes after Year 9 and before Year 10 Tutors, however long a number is."""
    names = ["Year 10 Tutors", "Year 10", "year 9", "Year 1", "Room " + 12 * "9", "Room 2"]
    found = find([line(str(number), name) for number, name in enumerate(names)], Filter()).lines
    assert [one.name for one in found] == ["Room 2", "Room " + 12 * "9", "Year 1", "year 9", "Year 10", "Year 10 Tutors"]


def test_as_many_are_found_as_a_filter_says_beside_its_values() -> None:
    """Who is gone and still in Operoo stands in the list, and counts; who is gone for good does not."""
    lines = [line(str(number), year_level="7") for number in range(3)]
    lines += [line("4", year_level="7", present=False, link="linked"), line("5", year_level="7", present=False)]
    assert find(lines, Filter()).facets["year_level"]["7"] == find(lines, Filter(year_level="7")).total == 4


def test_a_page_beyond_the_end_is_the_last_page() -> None:
    """A list that became shorter still shows something."""
    found = find([line(str(number)) for number in range(PAGE + 1)], Filter(page=99))
    assert (len(found.lines), found.total, found.pages) == (1, PAGE + 1, 2)


@pytest.mark.parametrize(
    ("show", "ids"),
    [
        ("", ["new", "chosen", "linked", "stuck", "held"]),
        ("selected", ["chosen", "linked", "stuck"]),
        ("synchronised", ["linked", "held"]),
        ("not-linked", ["new", "chosen", "stuck"]),
        ("to-do", ["chosen", "held"]),
        ("problem", ["stuck"]),
        ("gone", ["held", "left"]),
    ],
)
def test_what_is_shown_is_what_the_word_says(show: Show, ids: list[str]) -> None:
    """Who is gone and has nothing left to do is shown only when it is asked for."""
    lines = [
        line("new"),
        line("chosen", choice=True, work="pending", action="create"),
        line("linked", rule="year-7", link="linked"),
        line("stuck", choice=True, work="parked", problem="no-request-email"),
        line("held", link="linked", present=False, work="held"),
        line("left", present=False, link="archived"),
    ]
    assert [one.id for one in matching(lines, Filter(show=show))] == ids


@pytest.mark.parametrize(
    ("choice", "but", "effect"),
    [
        ("select", {}, Preview(unasked=1, unasked_first=[Unasked(id="1", name="Surname1, Given1")])),
        ("select", {"mail": "a"}, Preview(creates=1, mails=1)),
        ("select", {"known": True, "link": "unlinked", "mail": "a"}, Preview(relinks=1)),
        ("select", {"link": "linked", "rule": "all"}, Preview(as_it_is=1)),
        ("select", {"problem": "no-name"}, Preview(stuck=1)),
        ("select", {"present": False}, Preview(gone=1)),
        ("deselect", {"link": "linked", "choice": True}, Preview(unlinks=1)),
        ("deselect", {"link": "none", "choice": True}, Preview(drops=1)),
        ("deselect", {"choice": False, "rule": "all"}, Preview(as_it_is=1)),
    ],
)
def test_the_preview_says_what_will_happen(choice: Choice, but: dict[str, object], effect: Preview) -> None:
    """E-mails go only to those whose profile is made new."""
    assert preview([line("1", **but)], choice, "student", OperooSettings()) == effect


def test_each_list_has_names_without_accents() -> None:
    """Somebody who reads down a list of many finds Ólafsson before Petrov, in a preview and in a plan as among the students."""
    lines = [line("1", "Petrov, Sofia"), line("2", "Ólafsson, Freya"), line("3", "Ng, Wei")]
    first = preview(lines, "select", "student", OperooSettings()).unasked_first
    assert [one.name[0] for one in first] == ["N", "Ó", "P"]
    plan = [PlanLine(kind="student", id=one.id, action="create", reason="selected") for one in lines]
    assert [one.id for one in in_order(plan, {("student", one.id): one for one in lines})] == ["3", "2", "1"]


def test_families_are_counted_and_not_their_children() -> None:
    """Two of one address are e-mailed once, and who has a profile already is not."""
    lines = [line("1", mail="a"), line("2", mail="a"), line("3", mail="b"), line("4", mail="c", known=True)]
    assert preview(lines, "select", "student", OperooSettings()) == Preview(creates=3, relinks=1, mails=2)


def test_where_operoo_asks_nobody_nobody_has_to_be_found() -> None:
    """A school may let profiles be made without a request by e-mail."""
    assert preview([line("1")], "select", "student", OperooSettings(require_request_email=False)) == Preview(creates=1)


def test_folding_keeps_what_is_not_an_accent() -> None:
    """Letters of their own stay what they are."""
    assert folded("ÀØß") == "aøss"
