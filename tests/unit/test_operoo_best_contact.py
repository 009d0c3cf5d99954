"""Whom Operoo asks about a child, and why each other contact is not asked."""

import pytest

from functions.operoo.best_contact import Choice, Verdict, best_contact
from functions.operoo.settings import ContactSettings
from shared.records import Contact, Student


def _contact(number: str, order: int, **fields: object) -> Contact:
    given = {
        "id": number,
        "type": f"SC{order}",
        "order": order,
        "email": f"{number}@example.com",
        "normal_mail": True,
        "name": {"surname": "Ng"},
        **fields,
    }
    return Contact.model_validate(given)


def _choose(*contacts: Contact, court_order: bool = False, **settings: object) -> Choice:
    student = Student(id="1", contacts=contacts, court_order=court_order)
    return best_contact(student, ContactSettings.model_validate(settings))


def _verdicts(choice: Choice) -> dict[str, Verdict]:
    return {contact.id: verdict for contact, verdict in choice.verdicts}


def test_the_first_in_the_schools_order_is_asked() -> None:
    """Order decides, not the place in the list."""
    choice = _choose(_contact("b", 2), _contact("a", 1))
    assert choice.best is not None
    assert choice.best.id == "a"
    assert _verdicts(choice) == {"a": Verdict.CHOSEN, "b": Verdict.IN_RESERVE}


def test_a_flagged_contact_comes_first() -> None:
    """A parent is asked before a grandparent who stands further up."""
    choice = _choose(_contact("a", 1), _contact("b", 2, parent=True))
    assert choice.best is not None
    assert choice.best.id == "b"


def test_flags_to_prefer_are_a_setting() -> None:
    """Without preference the school's order stands alone."""
    choice = _choose(_contact("a", 1), _contact("b", 2, parent=True), prefer=[])
    assert choice.best is not None
    assert choice.best.id == "a"


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({"email": ""}, Verdict.NO_EMAIL),
        ({"type": "SE1"}, Verdict.OTHER_TYPE),
        ({"type": "SCT", "deceased": True}, Verdict.DECEASED),
        ({"normal_mail": False}, Verdict.LACKS_FLAG),
    ],
)
def test_who_cannot_be_asked_is_passed_over_with_a_reason(fields: dict[str, object], verdict: Verdict) -> None:
    """The next contact is asked."""
    choice = _choose(_contact("a", 1, **fields), _contact("b", 2))
    assert _verdicts(choice) == {"a": verdict, "b": Verdict.CHOSEN}


def test_only_the_relationships_that_a_school_names_count() -> None:
    """Written in capital letters or not; with none named, every one counts."""
    aunt, father = _contact("aunt", 1, relationship="Aunt"), _contact("father", 2, relationship="Father")
    assert _verdicts(_choose(aunt, father))["aunt"] is Verdict.CHOSEN
    choice = _choose(aunt, father, relationships=("mother", "FATHER"))
    assert _verdicts(choice) == {"aunt": Verdict.OTHER_RELATIONSHIP, "father": Verdict.CHOSEN}
    assert choice.usable == (father,)


def test_with_a_court_order_only_who_lives_with_the_child() -> None:
    """A parent whom a court may keep away is neither asked nor sent, preferred or not, unless the school decides otherwise."""
    away, home = _contact("away", 1, parent=True), _contact("home", 2, lives_with=True)
    choice = _choose(away, home, court_order=True)
    assert _verdicts(choice) == {"away": Verdict.COURT_ORDER, "home": Verdict.CHOSEN}
    assert choice.usable == (home,)
    decided = _choose(away, home, court_order=True, court_order_needs_lives_with=False)
    assert _verdicts(decided)["away"] is Verdict.CHOSEN


def test_one_person_in_two_rows_is_one_person() -> None:
    """The row further up counts; the other says so."""
    choice = _choose(_contact("a", 1), _contact("a", 3), _contact("b", 2))
    assert [verdict for _, verdict in choice.verdicts] == [Verdict.CHOSEN, Verdict.IN_RESERVE, Verdict.REPEATED]
    assert [contact.id for contact in choice.usable] == ["a", "b"]


def test_a_barred_row_does_not_hide_a_good_one() -> None:
    """Each row is judged by its own flags: an emergency row does not bar the same person's row as a parent."""
    choice = _choose(_contact("a", 1, type="SE1"), _contact("a", 2))
    assert [verdict for _, verdict in choice.verdicts] == [Verdict.OTHER_TYPE, Verdict.CHOSEN]


def test_a_couple_with_one_address_is_asked_once() -> None:
    """Two persons may share an e-mail address; they stay two persons, and the first is asked."""
    choice = _choose(
        _contact("a", 1, email="both@example.com"), _contact("b", 1, email="both@example.com", through_spouse=True)
    )
    assert [verdict for _, verdict in choice.verdicts] == [Verdict.CHOSEN, Verdict.IN_RESERVE]


def test_reasons_count_and_name_nobody() -> None:
    """What is said about a student without anybody to ask holds no name and no address."""
    choice = _choose(_contact("a", 1, email=""), _contact("b", 2, normal_mail=False), _contact("c", 3, normal_mail=False))
    assert choice.best is None
    assert choice.reasons == "1 not asked: no e-mail address; 2 not used: lacks a flag that the settings require"
    assert _choose().reasons == "no contacts"


def test_a_student_is_not_asked_about_themselves_unless_the_school_wants_it() -> None:
    """A row that leads back to the student is a slip; at a school with grown-up students it counts, after everybody else."""
    own, parent = _contact("1", 1, parent=True), _contact("b", 2)
    assert _choose(own).best is None
    assert _verdicts(_choose(own, parent)) == {"1": Verdict.SELF, "b": Verdict.CHOSEN}
    assert _verdicts(_choose(own, parent, students_for_themselves=True)) == {"1": Verdict.IN_RESERVE, "b": Verdict.CHOSEN}
    assert _choose(own, students_for_themselves=True).best == own


def test_an_address_without_a_name_is_asked_last_and_is_no_contact_of_anybody() -> None:
    """The request needs an address alone; a contact without a name would have Operoo refuse the child."""
    nameless, named = _contact("a", 1, parent=True, name={"title": "Ms"}), _contact("b", 2)
    choice = _choose(nameless, named)
    assert (choice.best, choice.usable) == (named, (named,))
    alone = _choose(nameless)
    assert (alone.best, alone.usable) == (nameless, ())
