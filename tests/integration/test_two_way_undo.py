"""Taking back goes with all else that happens: what the nurse keeps is kept, and what came from Operoo is known."""

from itertools import count
from unittest.mock import Mock

import pytest

from functions.pull_medical import sending
from functions.runtime.wiring import ledger_table
from relay.writeback.executor import Executor
from shared.errors import RejectedRecordError
from shared.keys import receipt_key
from shared.messages import WriteBack
from shared.receipts import WriteReceipt
from tests.integration.cloud import BUCKET, forget_wiring
from tests.integration.two_way import TwoWay, allergic

NURSE = "update MedicalAllergy set AllergyDescription = 'The nurse knows' where ID = ? and ActiveFlag = 1"
BLOOD = {"blood_group": "B-"}
NUMBERS = count()


def says(two_way: TwoWay, student: str, profile: dict[str, object]) -> WriteReceipt:
    """Let a family say something, and have it written."""
    (receipt,) = two_way.says(student, profile)
    return receipt


def take_back(two_way: TwoWay, student: str, version: int) -> WriteReceipt:
    """Have something taken back."""
    asked = two_way.cloud.request(f"undo-{next(NUMBERS)}", {"kind": "undo", "student": student, "version": version})
    assert asked["outcome"] == "accepted"
    (receipt,) = two_way.write()
    return receipt


def nurse_adds(two_way: TwoWay, student: str) -> None:
    """Let the nurse note an allergy that no family speaks of."""
    columns = "ID, MedicalAllergyTypeCode, SeverityCode, ActiveFlag, AllergyDescription, AllergyTreatment"
    two_way.execute(f"insert into MedicalAllergy ({columns}) values (?, 'PEN', 'H', 1, 'Rash', '')", student)


def choose(monkeypatch: pytest.MonkeyPatch, policies: str) -> None:
    """Let the school choose."""
    monkeypatch.setenv("WRITE_BACK_POLICIES", policies)
    forget_wiring()


def test_what_could_not_be_written_stays_on_a_persons_list(two_way: TwoWay, student: str) -> None:
    """An undo makes no word known and no text shorter."""
    too_long = {"id": "a3", "name": "Nuts", "reaction": "x" * 300}
    allergies = [{"id": "a1", "name": "Egg"}, {"id": "a2", "name": "Moondust"}, too_long]
    written = says(two_way, student, {"allergies": allergies})
    before = two_way.case(student)
    assert [len(some) for some in (before.parked, before.unwritten)] == [1, 1]
    take_back(two_way, student, written.version)
    two_way.pull()
    assert two_way.write() == []
    after, entry = two_way.case(student), two_way.entry(student)
    assert (after.purpose, after.parked, after.unwritten) == ("undo", before.parked, before.unwritten)
    assert (entry.parked, entry.left) == ({"code-unmatched": 1}, 1)
    assert student in ledger_table().waiting("parked")


def test_what_came_back_is_not_removed_again(two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nurse's row that was deleted has another number now, and is still the one that a person wants to keep."""
    choose(monkeypatch, '{"remove": "delete"}')
    nurse_adds(two_way, student)
    written = says(two_way, student, allergic("Egg"))
    nurse_adds(two_way, "1")  # numbers are not given twice
    assert "PEN" not in two_way.allergies(student)
    take_back(two_way, student, written.version)
    for profile in (allergic("Egg") | BLOOD, allergic("Pollen") | BLOOD):
        says(two_way, student, profile)
        assert two_way.allergies(student)["PEN"] == "Rash"
    choose(monkeypatch, '{"remove": "deactivate"}')
    says(two_way, student, allergic("Pollen"))
    assert two_way.allergies(student)["PEN"] == "Rash"


@pytest.mark.parametrize("undone", [allergic("Egg", "Swelling"), {"allergies": []}])
def test_a_family_that_says_something_else_may_go_back(two_way: TwoWay, student: str, undone: dict[str, object]) -> None:
    """What was taken back is not written again until the family says something else; then its word counts as any other."""
    says(two_way, student, allergic("Egg"))
    written = says(two_way, student, undone)
    take_back(two_way, student, written.version)
    says(two_way, student, undone | BLOOD)
    assert two_way.allergies(student)["EGG"] == "Hives"
    says(two_way, student, allergic("Egg", "Wheezing"))
    says(two_way, student, undone)
    assert two_way.allergies(student).get("EGG") == ("Swelling" if undone["allergies"] else None)


def test_a_family_that_says_something_else_while_an_undo_is_on_its_way_may_go_back(two_way: TwoWay, student: str) -> None:
    """What is being taken back is forgotten with the next word of theirs too, whether or not the relay has answered by then."""
    says(two_way, student, allergic("Egg"))
    written = says(two_way, student, allergic("Egg", "Swelling"))
    two_way.cloud.request("undo-overtaken", {"kind": "undo", "student": student, "version": written.version})
    two_way.says(student, allergic("Egg", "Wheezing"))
    assert two_way.allergies(student)["EGG"] == "Wheezing"
    says(two_way, student, allergic("Egg", "Swelling"))
    assert two_way.allergies(student)["EGG"] == "Swelling"


@pytest.mark.parametrize(
    ("field", "said", "nurse"),
    [("ambulance_cover", "yes", "AmbulanceFlag = 0"), ("medicare_expiry", "2027-05-31", "MedicareExpiryDate = '2030-01-31'")],
)
def test_what_a_person_wants_after_all_is_the_familys_word_again(
    two_way: TwoWay, student: str, field: str, said: str, nurse: str
) -> None:
    """The undo is taken back in turn: what somebody makes of it later is overwritten as any other change would be."""
    says(two_way, student, {"blood_group": "B+", field: ""})
    written = says(two_way, student, {"blood_group": "B+", field: said})
    column = nurse.partition(" ")[0]
    (wanted,) = (row[column] for row in two_way.rows("MedicalDetails", student))
    for _ in range(2):
        written = take_back(two_way, student, written.version)
    two_way.execute(f"update MedicalDetails set {nurse} where ID = ?", student)
    says(two_way, student, {**BLOOD, field: said})
    assert [row[column] for row in two_way.rows("MedicalDetails", student)] == [wanted]


def test_a_row_that_the_family_comes_to_state_ends_with_its_word(two_way: TwoWay, student: str) -> None:
    """The nurse's row was kept by an undo. Once a family states the same, it is the family's to take away."""
    nurse_adds(two_way, student)
    written = says(two_way, student, {"allergies": []})
    take_back(two_way, student, written.version)
    says(two_way, student, allergic("Penicillin"))
    says(two_way, student, {"allergies": []})
    assert "PEN" not in two_way.allergies(student)


def test_an_undo_forgets_nothing_that_came_from_operoo(two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `merge` what was written later is still Operoo's after an undo, and is changed, not added beside."""
    choose(monkeypatch, '{"ownership": "merge"}')
    first = says(two_way, student, {"blood_group": "B+", "allergies": []})
    says(two_way, student, {"blood_group": "B+", **allergic("Egg")})
    take_back(two_way, student, first.version)
    says(two_way, student, {"blood_group": "B+", **allergic("Egg", "Swelling")})
    rows = [row for row in two_way.rows("MedicalAllergy", student) if row["MedicalAllergyTypeCode"] == "EGG"]
    assert [row["AllergyDescription"] for row in rows if row["ActiveFlag"]] == ["Swelling"]


def test_an_undo_makes_nobodys_word_known(two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the nurse wrote stays protected: before the undo or after it, she was asked nothing."""
    choose(monkeypatch, '{"conflict": "refuse"}')
    two_way.says(student, allergic("Egg"))  # the first message only looks
    says(two_way, student, allergic("Egg"))
    blood = says(two_way, student, allergic("Egg") | BLOOD)
    two_way.execute(NURSE, student)
    says(two_way, student, allergic("Egg", "Swelling") | BLOOD)
    take_back(two_way, student, blood.version)
    says(two_way, student, allergic("Egg", "Wheezing") | BLOOD)
    assert two_way.allergies(student) == {"EGG": "The nurse knows"}
    assert student in ledger_table().waiting("parked")


def test_what_a_family_does_not_mention_for_once_stays_protected(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a spreadsheet that has no allergies: the nurse's word about them still stands when they are stated again."""
    choose(monkeypatch, '{"conflict": "refuse"}')
    two_way.says(student, allergic("Egg"))  # the first message only looks
    says(two_way, student, allergic("Egg"))
    two_way.execute(NURSE, student)
    for profile in (allergic("Egg", "Swelling"), BLOOD, allergic("Egg", "Wheezing")):
        says(two_way, student, profile)
        assert two_way.allergies(student) == {"EGG": "The nurse knows"}


def test_what_was_done_again_is_taken_back_as_a_whole_or_not_at_all(two_way: TwoWay, student: str) -> None:
    """The row that came back has another number, so of the first receipt only the rest could be taken back: nothing is."""
    written = says(two_way, student, allergic("Egg") | BLOOD)
    undone = take_back(two_way, student, written.version)
    nurse_adds(two_way, "1")  # numbers are not given twice
    again = take_back(two_way, student, undone.version)
    assert take_back(two_way, student, written.version).outcome == "conflicted"
    assert two_way.allergies(student)["EGG"] == "Hives"
    assert [row["BloodGroup"].strip() for row in two_way.rows("MedicalDetails", student)] == ["B-"]
    assert take_back(two_way, student, again.version).outcome == "applied"
    assert "EGG" not in two_way.allergies(student)


def test_an_undo_takes_nothing_of_the_schools_with_it(two_way: TwoWay, student: str) -> None:
    """A new row that the nurse has put a document to since is not deleted: nothing is taken back then, and a person is told."""
    written = says(two_way, student, {"safety_alerts": [{"id": "c1", "name": "Epilepsy"}]})
    two_way.execute("update MedicalCondition set MedicalConditionDocumentID = 7 where ID = ? and ActiveFlag = 1", student)
    undone = take_back(two_way, student, written.version)
    assert (undone.outcome, [one.columns for one in undone.conflicts]) == ("conflicted", [("MedicalConditionDocumentID",)])
    assert two_way.entry(student).code == "undo-conflicted"
    assert 7 in [row["MedicalConditionDocumentID"] for row in two_way.rows("MedicalCondition", student)]


def test_what_failed_before_an_undo_is_written_after_it(two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The undo overtakes a message that the database does not take at first; what it said is said anew."""
    two_way.cloud.handed_out_again_after(0)
    written = says(two_way, student, allergic("Egg"))
    two_way.medical.profiles[student] = allergic("Egg") | BLOOD
    two_way.pull()
    write = Executor.write

    def fails(executor: Executor, message: WriteBack) -> WriteReceipt:
        if message.undo is None:
            raise RejectedRecordError("no", code="write-rejected")
        return write(executor, message)

    with monkeypatch.context() as patch:
        patch.setattr(Executor, "write", fails)
        two_way.write_once()
        two_way.cloud.request("undo-over-it", {"kind": "undo", "student": student, "version": written.version})
        two_way.write_once()
    two_way.write()
    two_way.pull()
    two_way.write()
    two_way.cloud.handed_out_again_after(300)
    assert [row["BloodGroup"].strip() for row in two_way.rows("MedicalDetails", student)] == ["B-"]
    assert "EGG" not in two_way.allergies(student)


def test_what_is_being_taken_back_is_not_written_by_the_next_message(two_way: TwoWay, student: str) -> None:
    """The family says something else while the undo is on its way; both are done, in their order."""
    written = says(two_way, student, allergic("Egg"))
    two_way.cloud.request("undo-on-its-way", {"kind": "undo", "student": student, "version": written.version})
    two_way.medical.profiles[student] = allergic("Egg") | BLOOD
    two_way.pull()
    assert [one.undo for one in two_way.write()] == [True, False]
    assert "EGG" not in two_way.allergies(student)
    assert [row["BloodGroup"].strip() for row in two_way.rows("MedicalDetails", student)] == ["B-"]


def test_what_comes_back_is_not_removed_by_messages_on_their_way(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nurse's deleted row gets another number, which no message could know that was sent before the undo was answered."""
    choose(monkeypatch, '{"remove": "delete"}')
    others = {code: words for code, words in two_way.allergies(student).items() if code not in {"EGG", "POL"}}
    nurse_adds(two_way, student)
    nurse_adds(two_way, "1")  # numbers are not given twice
    written = says(two_way, student, allergic("Egg"))
    nurse_adds(two_way, "1")
    assert "PEN" not in two_way.allergies(student)
    two_way.cloud.request(f"undo-{student}", {"kind": "undo", "student": student, "version": written.version})
    for profile in (allergic("Egg") | BLOOD, allergic("Pollen") | BLOOD):
        two_way.medical.profiles[student] = profile
        two_way.pull()
    assert [one.undo for one in two_way.write()] == [True, False, False]
    assert two_way.allergies(student) == {**others, "PEN": "Rash", "POL": "Hives"}
    says(two_way, student, allergic("Pollen", "Swelling"))
    assert two_way.allergies(student) == {**others, "PEN": "Rash", "POL": "Swelling"}


def test_a_large_undo_that_fails_is_told_of_as_an_undo(two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The relay answers by the message's name alone where the message lies in the bucket and was not carried out."""
    written = says(two_way, student, allergic("Egg"))
    monkeypatch.setattr(sending, "LARGEST_MESSAGE", 0)
    monkeypatch.setattr(Executor, "write", Mock(side_effect=RejectedRecordError("no", code="write-rejected")))
    assert take_back(two_way, student, written.version).outcome == "failed"
    assert two_way.history(student)[-1].event().event == "taking back in Synergetic: failed"


def test_what_is_no_longer_kept_cannot_be_taken_back(two_way: TwoWay, student: str) -> None:
    """Who asks is told so at once, and nothing is asked of the relay."""
    written = says(two_way, student, allergic("Egg"))
    two_way.cloud.s3.delete_object(Bucket=BUCKET, Key=receipt_key(two_way.history(student)[-1].digest))
    asked = two_way.cloud.request("undo-gone", {"kind": "undo", "student": student, "version": written.version})
    assert (asked["outcome"], asked["code"]) == ("refused", "receipt-unknown")
    assert two_way.write() == []


@pytest.mark.parametrize("policies", ['{"conflict": "refuse"}', '{"conflict": "overwrite"}', '{"ownership": "merge"}'])
def test_messages_on_their_way_are_no_conflict_with_each_other(
    two_way: TwoWay, student: str, policies: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A family changes its mind twice while the relay is off: what the first message wrote is the second one's to change."""
    choose(monkeypatch, policies)
    two_way.medical.profiles[student] = {"allergies": []}
    for _ in range(2):  # where conflicts are not overwritten, the first message only looks
        two_way.pull()
        two_way.write()
    for reaction in ("Hives", "Swelling", "Wheezing"):
        two_way.medical.profiles[student] = allergic("Egg", reaction)
        two_way.pull()
    done = two_way.write()
    assert [(one.outcome, one.conflicts) for one in done] == [("applied", ())] * 3
    rows = [row for row in two_way.rows("MedicalAllergy", student) if row["MedicalAllergyTypeCode"] == "EGG"]
    assert [row["AllergyDescription"] for row in rows if row["ActiveFlag"]] == ["Wheezing"]
