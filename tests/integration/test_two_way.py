"""Two-way from end to end: what a family says in Operoo is in Synergetic, and whoever decides something finds it decided."""

import json

import pytest

from functions.operoo.protocol import FetchedFile
from functions.records.ledger import timeline
from functions.runtime.settings import Settings
from functions.runtime.wiring import ledger_table, medical_queue, records_table, stops
from shared.errors import ContractError, SettingsError
from shared.keys import MEDICAL_FIELDS, attachment_key
from shared.messages import DecideCase
from shared.records import Student
from tests.integration.cloud import BUCKET, forget_wiring
from tests.integration.two_way import TwoWay, allergic, reviewed

NOBODY_KNOWS = "MOONDUST"


def test_what_a_family_says_is_in_synergetic_once(two_way: TwoWay, student: str) -> None:
    """An allergy is pulled, written, noted with its receipt; the next pull sends nothing."""
    two_way.medical.profiles[student] = allergic("Egg")
    two_way.pull()
    assert (two_way.entry(student).state, two_way.entry(student).purpose) == ("asked", "write")
    (receipt,) = two_way.write()
    assert receipt.outcome == "applied"
    stated = [row for row in two_way.rows("MedicalAllergy", student) if row["ActiveFlag"]]
    assert [(row["MedicalAllergyTypeCode"], row["AllergyDescription"]) for row in stated] == [("EGG", "Hives")]
    entry = two_way.entry(student)
    assert (entry.state, entry.outcome, entry.version) == ("idle", "applied", receipt.version)
    assert [(one.outcome, one.counts["insert"] + one.counts["update"] > 0) for one in two_way.history(student)] == [
        ("applied", True)
    ]
    two_way.pull()
    assert two_way.entry(student) == entry
    assert two_way.write() == []


def test_names_of_fields_in_the_bucket_hold_from_the_next_reading_on(two_way: TwoWay, student: str) -> None:
    """What cannot be used stops the reading and says so; what can is laid over the settings."""
    bucket, key = two_way.cloud.s3, {"Bucket": BUCKET, "Key": MEDICAL_FIELDS}
    two_way.medical.profiles[student] = {"issues": {"reactions": [{"what": "Egg", "how": "Rash"}]}}
    try:
        bucket.put_object(**key, Body=b'{"alergies": "issues.reactions"}')
        two_way.pull()
        assert [(one.work, one.code) for one in stops().all()] == [("medical", "medical-fields")]
        assert two_way.entry(student).version == 0
        names = {"allergies": "issues.reactions", "allergies.type": "what", "allergies.description": "how"}
        bucket.put_object(**key, Body=json.dumps(names).encode())
        two_way.pull()
        two_way.write()
        assert (two_way.allergies(student), stops().all()) == ({"EGG": "Rash"}, [])
    finally:
        bucket.delete_object(**key)


def test_a_relay_whose_clock_is_put_right_is_still_heard(two_way: TwoWay, student: str) -> None:
    """What it answered at what it took for a later day does not make what it answers now too late."""
    two_way.says(student, allergic("Egg"))
    ledger_table().save(two_way.entry(student).but(answered_at="2099-01-01T00:00:00+00:00"))
    two_way.says(student, allergic("Egg", "Swelling"))
    assert (two_way.entry(student).state, two_way.allergies(student)) == ("idle", {"EGG": "Swelling"})


@pytest.mark.parametrize("word", [NOBODY_KNOWS, f"{'Everything with feathers, says the doctor; ' * 40}{NOBODY_KNOWS}"])
def test_an_unknown_word_is_parked_and_the_rest_is_written(two_way: TwoWay, student: str, word: str) -> None:
    """It stands in the case with a reason; an administrator's word on it, however long it is, lets it follow at once."""
    two_way.says(student, {"allergies": [{"id": "a1", "name": "Egg"}, {"id": "a2", "name": word}]})
    assert two_way.entry(student).parked == {"code-unmatched": 1}
    assert student in ledger_table().waiting("parked")
    (parked,) = two_way.case(student).parked
    assert (parked.field, parked.code) == ("allergies", "code-unmatched")
    assert "EGG" in {row["MedicalAllergyTypeCode"] for row in two_way.rows("MedicalAllergy", student)}
    two_way.cloud.request("mistyped", {"kind": "codes", "codes": {"allergy": {word: "PLO"}}})
    two_way.write()
    assert two_way.entry(student).parked == {"override-unusable": 1}
    answer = two_way.cloud.request("codes", {"kind": "codes", "codes": {"allergy": {f"{word.lower()}s ": "POL"}}})
    assert answer["outcome"] == "accepted"
    two_way.write()
    assert {"EGG", "POL"} <= {row["MedicalAllergyTypeCode"] for row in two_way.rows("MedicalAllergy", student)}
    assert two_way.entry(student).parked == {}


def test_who_shares_nothing_keeps_what_the_school_knows(two_way: TwoWay, student: str) -> None:
    """No profile is not an empty one."""
    before = two_way.rows("MedicalAllergy", student)
    two_way.pull()
    assert two_way.entry(student).version == 0
    assert two_way.write() == []
    assert two_way.rows("MedicalAllergy", student) == before


@pytest.mark.parametrize(
    ("mark", "number", "taken"),
    [("99999", "99999", False), ("99999", "theirs", False), ("", "99999", False), ("", "", False), ("", "theirs", True)],
)
def test_another_childs_profile_is_never_taken(two_way: TwoWay, student: str, mark: str, number: str, *, taken: bool) -> None:
    """A profile under the right identifier that bears another number, or none, is left out; our mark counts first."""
    two_way.medical.profiles[mark] = allergic("Egg")
    mine = next(one for one in two_way.medical.operoo.living("members") if one["integration_member_id"] == student)
    before = dict(mine)
    mine |= {"integration_member_id": mark, "user_request_id": number.replace("theirs", student)}
    two_way.pull()
    mine |= before
    assert bool(two_way.entry(student).version) == taken
    assert len(two_way.write()) == taken


def test_a_refusal_is_noted_and_the_update_follows_once_it_is_lifted(two_way: TwoWay, student: str) -> None:
    """An unexpected column refuses everything with a reason; the message waits, and reading goes on."""
    two_way.medical.profiles[student] = allergic("Egg")
    two_way.execute("create trigger strange after update on MedicalAllergy begin select 1; end")
    two_way.pull()
    two_way.cloud.handed_out_again_after(0)
    with pytest.raises(ContractError, match="Nothing is written back"):
        two_way.write()
    two_way.cloud.pump()
    refused = two_way.entry(student)
    assert (refused.state, refused.outcome, refused.code) == ("asked", "refused", "trigger-found")
    two_way.sync()
    two_way.execute("drop trigger strange")
    (receipt,) = two_way.write()
    two_way.cloud.handed_out_again_after(300)
    assert receipt.outcome == "applied"
    assert (two_way.entry(student).state, two_way.entry(student).code) == ("idle", "")


def test_an_action_plan_is_fetched_and_kept_apart(two_way: TwoWay, student: str) -> None:
    """Its bytes lie in the bucket under their digest, the case refers to them, and only one of another name is fetched anew."""
    file = FetchedFile("pdf", b"%PDF-1.7 made up")
    two_way.medical.files["https://files.example/1?signature=a"] = file
    two_way.medical.files["https://files.example/1?signature=b"] = file
    alert = {"id": "c1", "name": "Asthma", "updated_at": "2026-01-01", "attachment_url": "https://files.example/1?signature=a"}
    two_way.medical.profiles[student] = {"safety_alerts": [alert]}
    two_way.pull()
    stored = two_way.cloud.s3.get_object(Bucket=BUCKET, Key=attachment_key(file.digest))["Body"].read()
    assert stored == file.content
    stated = two_way.case(student).profile
    assert stated is not None
    plans = [one.action_plan for one in stated.conditions]
    assert [plan.attachment.digest for plan in plans if plan and plan.attachment] == [file.digest]
    two_way.medical.profiles[student] = {"safety_alerts": [{**alert, "attachment_url": "https://files.example/1?signature=b"}]}
    two_way.pull()
    assert len(two_way.medical.fetched) == 1
    two_way.medical.files["https://files.example/2"] = FetchedFile("pdf", b"%PDF-1.7 another one")
    other = {**alert, "attachment_url": "https://files.example/2", "attachment_name": "Plan of 2027.pdf"}
    two_way.medical.profiles[student] = {"safety_alerts": [other]}
    two_way.pull()
    assert len(two_way.medical.fetched) == 2
    two_way.write()


def test_a_file_whose_link_had_run_out_is_asked_for_again(two_way: TwoWay, student: str) -> None:
    """The next reading has another link; as long as there is no file, nothing is sent again."""
    alert = {"id": "c1", "name": "Asthma", "attachment_url": "https://files.example/1?late"}
    # Whether the student had that already is as the sample has it.
    assert {one.outcome for one in two_way.says(student, {"safety_alerts": [alert]})} <= {"applied", "unchanged"}
    assert two_way.entry(student).parked == {"operoo-attachment-gone": 1}
    two_way.pull()
    assert (len(two_way.medical.fetched), two_way.write()) == (2, [])
    two_way.medical.files["https://files.example/1?again"] = FetchedFile("pdf", b"%PDF-1.7 made up")
    again = {"safety_alerts": [{**alert, "attachment_url": "https://files.example/1?again"}]}
    assert [one.outcome for one in two_way.says(student, again)] == ["unchanged"]
    assert two_way.entry(student).parked == {}
    two_way.pull()
    assert len(two_way.medical.fetched) == 3


def test_a_consent_says_who_gave_it(two_way: TwoWay, student: str) -> None:
    """Synergetic is told the number of the contact who it is."""
    record = records_table().get_many("student", [student])[student].record()
    assert isinstance(record, Student)
    giver = record.contacts[0]
    who = {"given_by": f"{giver.name.given} {giver.name.surname}", "given_by_email": giver.email.upper()}
    consent = {"id": "k1", "name": "May swim", "answer": "yes", "given_on": "2026-02-03", **who}
    two_way.execute("delete from Consent where ID = ?", student)
    two_way.says(student, {"consents": [consent]})
    (row,) = two_way.rows("Consent", student)
    assert str(row["ConsentGivenBy"]) == giver.id


def test_one_way_stays_one_way(two_way: TwoWay, monkeypatch: pytest.MonkeyPatch) -> None:
    """With medical updates off a request is refused, and a message that comes all the same does nothing."""
    monkeypatch.setenv("MEDICAL_UPDATES", "off")
    forget_wiring()
    answer = two_way.cloud.request("pull", {"kind": "medical"})
    assert (answer["outcome"], answer["code"]) == ("refused", "medical-updates-off")
    assert two_way.write() == []


def test_a_large_message_lies_in_the_bucket(two_way: TwoWay, student: str) -> None:
    """The queue holds a claim, and its receipt comes the same way; what is written is the same."""
    words = "Hives " * 60_000
    (receipt,) = two_way.says(student, {"safety_alerts": [{"id": "c1", "name": "Asthma", "description": words}]})
    assert receipt.outcome == "applied"
    (row,) = [row for row in two_way.rows("MedicalCondition", student) if row["ActiveFlag"]]
    assert row["ConditionDetails"].strip() == words.strip()
    assert two_way.entry(student).state == "idle"


def test_what_was_not_answered_is_sent_again(two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that was lost is there again after the set time; after three times a person has to look, who asks anew."""
    two_way.medical.profiles[student] = allergic("Egg")
    two_way.pull()
    monkeypatch.setenv("RESEND_AFTER_HOURS", "0.0000001")
    forget_wiring()
    for _ in range(3):
        two_way.lose_messages()
        assert (two_way.entry(student).state, two_way.write()) == ("asked", [])
        two_way.pull()
    assert (two_way.entry(student).state, two_way.entry(student).code) == ("failed", "no-receipt")
    assert list(ledger_table().waiting("failed")) == [student]
    answer = two_way.cloud.request("again", {"kind": "medical", "students": [student]})
    assert answer["outcome"] == "accepted"
    two_way.write()
    assert two_way.allergies(student) == {"EGG": "Hives"}
    assert list(ledger_table().waiting("failed")) == []


def test_what_was_not_answered_is_not_sent_again_of_who_is_deselected(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What their family says is nobody's business any more, until they are selected again: then it is asked for anew."""
    two_way.medical.profiles[student] = allergic("Egg")
    two_way.pull()
    two_way.lose_messages()
    two_way.cloud.request("off", {"kind": "selection", "deselect": {"students": [student]}})
    monkeypatch.setenv("RESEND_AFTER_HOURS", "0.0000001")
    forget_wiring()
    two_way.pull()
    assert (two_way.entry(student).state, two_way.write()) == ("idle", [])
    two_way.cloud.request("on", {"kind": "selection", "select": {"students": [student]}})
    two_way.pull()
    assert [one.outcome for one in two_way.write()] == ["applied"]


def test_who_is_deselected_has_nothing_decided(two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision is refused, or does nothing if it came just before. The change is closed; if they return it is asked anew."""
    reviewed(monkeypatch)
    two_way.medical.profiles[student], before = allergic("Egg"), two_way.allergies(student)
    two_way.pull()
    two_way.write()
    for decide in (_decide_late, _decide_and_pull):
        assert two_way.entry(student).state == "review"
        two_way.cloud.request("off", {"kind": "selection", "deselect": {"students": [student]}})
        decide(two_way, student)
        assert (two_way.entry(student).state, two_way.write()) == ("idle", [])
        assert two_way.history(student)[-1].outcome == "closed"
        two_way.cloud.request("on", {"kind": "selection", "select": {"students": [student]}})
        two_way.pull()
        two_way.write()
    assert two_way.allergies(student) == before


def test_who_is_deselected_waits_for_no_code_any_more(two_way: TwoWay, student: str) -> None:
    """Nobody could do anything about what is parked; if they return it is parked anew."""
    two_way.medical.profiles[student] = allergic("Unheard of")
    for choice in ("select", "deselect", "select"):
        two_way.cloud.request(f"{choice}-{student}", {"kind": "selection", choice: {"students": [student]}})
        two_way.pull()
        two_way.write()
        assert (student in ledger_table().waiting("parked")) == (choice == "select")


def _decide_late(two_way: TwoWay, student: str) -> None:
    version = two_way.entry(student).version
    medical_queue().send([DecideCase(student=student, version=version, reject=())], group="medical")
    two_way.cloud.pump()


def _decide_and_pull(two_way: TwoWay, student: str) -> None:
    answer = two_way.cloud.request("late", {"kind": "review", "student": student, "version": two_way.entry(student).version})
    assert (answer["outcome"], answer["code"]) == ("refused", "review-deselected")
    two_way.pull()


def test_what_fails_three_times_waits_for_a_person(two_way: TwoWay, student: str) -> None:
    """Each failure is told; and once the cause is gone it is written, and nobody has to look any more."""
    two_way.medical.profiles[student] = allergic("Egg")
    two_way.pull()
    two_way.cloud.handed_out_again_after(0)
    two_way.execute("update Community set ID = -ID where ID = ?", student)
    for number in range(1, 4):
        assert [one.outcome for one in two_way.write_once()] == ["failed"]
        assert two_way.entry(student).failures == number
    assert list(ledger_table().waiting("failed")) == [student]
    two_way.execute("update Community set ID = -ID where ID = ?", f"-{student}")
    assert [one.outcome for one in two_way.write_once()] == ["applied"]
    two_way.cloud.handed_out_again_after(300)
    assert list(ledger_table().waiting("failed")) == []


def test_a_spreadsheet_of_operoos_does_instead_of_its_interface(two_way: TwoWay, student: str) -> None:
    """It is uploaded and named by a manifest; who is not in Operoo by us is left out, and a file that is none is refused."""
    sheet = f"Profile Id,Condition,Risk Level,Description\n{student},Asthma,High,Worse in spring\n999999,Asthma,High,\n"
    two_way.cloud.s3.put_object(Bucket=BUCKET, Key="uploads/conditions.csv", Body=sheet.encode())
    answer = two_way.cloud.request("sheet", {"kind": "medical", "file": "uploads/conditions.csv"})
    assert answer["outcome"] == "accepted"
    assert "2 students" in answer["detail"]
    (receipt,) = two_way.write()
    assert (receipt.student, receipt.outcome) == (student, "applied")
    stated = [row for row in two_way.rows("MedicalCondition", student) if row["ActiveFlag"]]
    assert [(row["MedicalConditionCode"], row["ConditionDetails"]) for row in stated] == [("AST", "Worse in spring")]
    missing = two_way.cloud.request("none", {"kind": "medical", "file": "uploads/Zebedee.csv"})
    assert (missing["outcome"], missing["code"]) == ("refused", "spreadsheet-missing")
    assert "Zebedee" not in str(missing)
    two_way.cloud.s3.put_object(Bucket=BUCKET, Key="uploads/x.xlsx", Body=b"PK\x03\x04 damaged")
    damaged = two_way.cloud.request("damaged", {"kind": "medical", "file": "uploads/x.xlsx"})
    assert damaged["outcome"] == "refused"


def test_where_the_interface_is_not_asked_no_pull_stops(
    two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The schedule asks nobody and alarms nobody, a wish for a student is refused, and a spreadsheet does as ever."""
    monkeypatch.setattr("functions.pull_medical.handler.operoo_medical", lambda: pytest.fail("Operoo is asked"))
    monkeypatch.setenv("OPEROO_SETTINGS", '{"medical": {"source": "none"}}')
    forget_wiring()
    two_way.pull()
    assert "PullStopped" not in capsys.readouterr().out
    answer = two_way.cloud.request("ask", {"kind": "medical", "students": [student]})
    assert (answer["outcome"], answer["code"]) == ("refused", "medical-source-none")
    sheet = f"Profile Id,Condition,Description\n{student},Asthma,Worse in spring\n"
    two_way.cloud.s3.put_object(Bucket=BUCKET, Key="uploads/conditions.csv", Body=sheet.encode())
    assert two_way.cloud.request("sheet", {"kind": "medical", "file": "uploads/conditions.csv"})["outcome"] == "accepted"
    assert [one.outcome for one in two_way.write()] == ["applied"]


def test_the_timeline_tells_all_of_it(two_way: TwoWay, student: str) -> None:
    """What happened in Operoo and in Synergetic, in order, without anything medical."""
    two_way.says(student, allergic("Egg"))
    told = timeline(records_table().timeline("student", student), two_way.history(student))
    assert [event.event for event in told][-1] == "writing to Synergetic: applied"
    assert len(told) > 1
    assert [event.at[:19] for event in told] == sorted(event.at[:19] for event in told)


def test_what_was_answered_long_ago_is_looked_at_again(two_way: TwoWay, student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a receipt expires there is a newer one, so that what came from Operoo is still known to."""
    two_way.says(student, allergic("Egg"))
    seen = two_way.entry(student).seen
    monkeypatch.setenv("KEEP_MEDICAL_DAYS", "30")
    forget_wiring()
    two_way.pull()
    assert two_way.write() == []
    entry = two_way.entry(student)
    ledger_table().save(entry.but(answered_at="2020-01-01T00:00:00+00:00"))
    two_way.pull()
    (again,) = two_way.write()
    assert again.outcome == "unchanged"
    assert two_way.entry(student).seen != seen


@pytest.mark.parametrize(
    "given", ['{"conflcit": "ask"}', '{"remove_from": {"luRelationship": "delete"}}', '{"conflict": "maybe"}']
)
def test_policies_that_are_misspelt_are_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default would overwrite: nobody may get it by a slip of the pen."""
    monkeypatch.setenv("WRITE_BACK_POLICIES", given)
    with pytest.raises(SettingsError, match=r"not valid"):
        Settings.from_environment()
