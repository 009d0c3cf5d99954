"""Owners choose how the school is synchronised: tried on a student, saved as a version, used by all functions."""

import re
from datetime import UTC, datetime
from itertools import count
from typing import Any
from unittest.mock import Mock
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

import boto3
import pytest
from pydantic import BaseModel

from functions.accept_manifests.heartbeats import hear
from functions.operoo.errors import partly
from functions.pull_medical import handler as medical_handler
from functions.pull_medical.handler import handle
from functions.pull_medical.pulling import Puller
from functions.records.chosen_settings import ChosenSettings, Version
from functions.runtime.time_left import OutOfTimeError
from functions.runtime.wiring import given_settings, settings
from functions.store.chosen_settings import ChosenSettingsTable
from shared.errors import FatalError
from shared.heartbeats import Heartbeat, ScheduleStatus
from shared.keys import HEARTBEAT
from shared.medical.codes import CodeBook
from shared.messages import Apply, Decide, Instructions, PullMedical
from shared.schedules import Schedule, mark_of, text_of
from tests.console.site import Site, Visitor, deeds
from tests.integration.cloud import forget_wiring
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import school

PLAN = Decide(hold="none", decision="discarded")
NOW, MELBOURNE = datetime(2026, 8, 1, 9, tzinfo=UTC), ZoneInfo("Australia/Melbourne")


@pytest.fixture
def owner(site: Site) -> Visitor:
    """Return an owner."""
    return site.visitor("owner")


def _save(owner: Visitor, query: str, **form: str) -> dict[str, Any]:
    """Look at what settings would do, and save them."""
    trial = owner.ask(f"/settings/try?{query}")
    return owner.do("/settings", chosen=trial["query"], number=trial["number"], **form)


def test_with_nothing_chosen_everything_is_as_the_stack_says(site: Site, owner: Visitor) -> None:
    """There is no version, and the page shows what each setting comes to."""
    page = owner.ask("/settings")
    assert (page["number"], page["typed"], page["versions"]) == (0, {}, [])
    shown, everybodys = owner.get("/settings").text, site.visitor("owner", "administrator", "medical").get("/settings").text
    assert [f'href="{place}"' in text for text in (shown, everybodys) for place in ("/resync", "/medical/codes")] == [
        False, False, True, True,
    ]  # fmt: skip
    assert page["held"] == page["stack"]
    assert settings() == given_settings()
    assert ">Goes to Synergetic by itself</option>" in shown
    assert not re.search("operoo|synergetic", re.sub("<[^>]*>", "", shown)), "both are names"


def test_what_is_chosen_is_tried_on_a_student_then_saved_and_used(site: Site, owner: Visitor, operoo: FakeOperoo) -> None:
    """The trial changes nothing; what is saved reaches Operoo for who is there already, and the trail says before and after."""
    rows = school()
    rows["students"][2]["preferred"] = "Nick"
    site.cloud.load(rows, 2)
    site.cloud.request("one", {"kind": "selection", "select": {"students": ["3"]}})
    sent = {line["called"]: line for line in owner.ask("/settings/try?name_choice=legal&student=3")["sent"]}
    changed = {name for name, line in sent.items() if line["before"] != line["after"]}
    assert "First name" in changed
    assert not any("_" in name for name in sent)
    assert settings().operoo_settings.name_choice == "preferred"
    before = dict(next(iter(operoo.profiles.values())))
    _save(owner, "name_choice=legal&student=3", reason="the registrar asked", again="yes")
    site.settle()
    after = next(iter(operoo.profiles.values()))
    assert settings().operoo_settings.name_choice == "legal"
    assert before["first_name"] != after["first_name"]
    (version,) = owner.ask("/settings")["versions"]
    assert (version["number"], version["by"], version["reason"]) == (1, "owner@school.example", "the registrar asked")
    assert version["changed"] == [
        {"called": "First name in Operoo", "before": "the everyday name", "after": "the legal name", "same": False}
    ]
    (deed,) = [one for one in deeds() if one.what == "settings"]
    assert (deed.before, deed.after) == ("First name in Operoo: the everyday name", "First name in Operoo: the legal name")


def test_every_setting_is_laid_over_the_stacks(site: Site, owner: Visitor) -> None:
    """Each under its own name, and nothing else is touched."""
    _save(
        owner,
        "medical_updates=review&pull_minutes=60&archive_policy=unlink&guard_count=9&guard_percent=25&conflict=ask"
        "&ownership=merge&remove=delete&name_choice=legal&contact_types=sc1,%20SE&relationships=Mother%3B%20Father",
    )
    found = settings()
    assert (found.medical_updates, found.medical_minutes, found.archive_policy) == ("review", 60, "unlink")
    assert (found.guard_count, found.guard_share) == (9, 0.25)
    policies = found.write_back_policies
    assert (policies.conflict, policies.ownership, policies.remove) == ("ask", "merge", "delete")
    contacts = found.operoo_settings.contacts
    assert (contacts.types, contacts.relationships) == (("SC1", "SE"), ("Mother", "Father"))
    rest = {"operoo_settings", "write_back_policies", *found.model_fields_set}
    assert found.model_dump(exclude=rest) == given_settings().model_dump(exclude=rest)


def test_who_saves_again_after_a_failure_gets_what_they_asked_for(
    site: Site, owner: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Saved is saved, and that everybody is sent again is asked for by the second try; nobody else is blamed for the first."""
    trial = owner.ask("/settings/try?name_choice=legal")
    form = {"chosen": trial["query"], "number": trial["number"], "again": "yes"}
    with monkeypatch.context() as patched:
        patched.setattr("functions.console.settings.settings_page.ask", Mock(side_effect=OSError))
        assert owner.post("/settings", **form).status == 500
    assert "Everybody who is selected is sent to Operoo again." in owner.do("/settings", **form)["said"]
    assert owner.ask("/settings")["number"] == 1


@pytest.mark.parametrize("by", ["owner", "deploy"])
def test_other_contacts_hold_in_the_preview_at_once(
    site: Site, owner: Visitor, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """Also of those whose records nobody changes, whoever chose the contacts; and the old choice, once it is back."""
    site.listed()
    visitor = site.visitor("administrator")

    def preview() -> tuple[int, int, int]:
        shown = visitor.ask("/students/choose?choice=select")["preview"]
        return shown["creates"], shown["mails"], shown["unasked"]

    assert preview() == (20, 20, 0)
    chosen = "relationships=Aunt"
    if by == "owner":
        _save(owner, chosen)
    else:
        monkeypatch.setenv("OPEROO_SETTINGS", '{"contacts": {"relationships": ["Aunt"]}}')
        forget_wiring()
    assert preview() == (0, 0, 20)
    assert visitor.ask("/download")["parts"]["student"]["rows"] == {"selected": 0, "all": 0}
    if by == "owner":
        _save(owner, "")
        assert preview() == (20, 20, 0)


def test_as_many_relationships_as_may_be_chosen_can_be_saved(site: Site, owner: Visitor) -> None:
    """In whichever script a school words them; an address takes three times the room."""
    wanted = [f"{number:02} {'Großmütterlicherseits' * 2}" for number in range(40)]
    _save(owner, urlencode({"relationships": ",".join(wanted)}))
    assert list(settings().operoo_settings.contacts.relationships) == wanted
    field = re.search(r'<input id="relationships"[^>]* value="([^"]*)"[^>]* maxlength="(\d+)"', owner.get("/settings").text)
    assert field
    assert len(field[1]) <= int(field[2]), "what was saved can be looked at and saved again"


def test_what_was_chosen_is_tried_on_another_student(site: Site, owner: Visitor) -> None:
    """Nobody types it all again."""
    shown = owner.get("/settings/try?name_choice=legal&relationships=Mother,Father&student=3").text
    form = shown.partition('<form method="get" action="/settings/try"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
    assert fields == {"name_choice": "legal", "relationships": "Mother, Father"}
    assert 'name="student"' in form


def test_an_older_version_comes_back_as_a_new_one(site: Site, owner: Visitor) -> None:
    """Nothing of the past is rewritten."""
    _save(owner, "guard_count=9")
    _save(owner, "guard_count=50")
    _save(owner, "version=1")
    page = owner.ask("/settings")
    assert [one["number"] for one in page["versions"]] == [3, 2, 1]
    assert page["typed"] == {"guard_count": "9"}
    assert settings().guard_count == 9


def test_two_owners_do_not_overwrite_each_other(site: Site, owner: Visitor) -> None:
    """Who saves what they looked at before the other saved is told so."""
    old = owner.ask("/settings/try?guard_count=7")
    _save(owner, "guard_count=9")
    refused = owner.post("/settings", accept="application/json", chosen=old["query"], number=old["number"])
    assert (refused.status, refused.json["code"]) == (409, "settings-changed")
    assert settings().guard_count == 9


@pytest.mark.parametrize("stored", ['{"number": 1}', "no JSON", '{"number":1,"at":"","by":"","chosen":{"guard_count":"many"}}'])
def test_what_cannot_be_used_is_not_used_at_all_and_told(
    site: Site, owner: Visitor, stored: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An alarm counts it, the stack's parameters hold, and the page can be used to put it right."""
    boto3.resource("dynamodb").Table("console").put_item(Item={"pk": "settings", "sk": "00000001", "version": stored})
    forget_wiring()
    assert settings() == given_settings()
    assert "settings of the console cannot be used" in caplog.text
    assert owner.get("/settings").status == 200


@pytest.mark.parametrize(
    "query",
    [
        "guard_count=-1",
        "guard_percent=101",
        "pull_minutes=1",
        "contact_types=%3Cscript%3E",
        "conflict=perhaps",
        f"contact_types={','.join(f'S{number}' for number in range(21))}",
        f"relationships={','.join(f'Aunt {number}' for number in range(41))}",
    ],
)
def test_what_cannot_be_is_refused_before_it_is_tried(site: Site, owner: Visitor, query: str) -> None:
    """With the name of the setting, in words."""
    answer = owner.get(f"/settings/try?{query}", accept="application/json")
    assert answer.status == 422
    assert query.partition("=")[0].replace("_", " ") in answer.json["what"]
    assert "wanted" not in answer.json["what"]
    assert owner.post("/settings", accept="application/json", chosen=query, number=0).status in {409, 422}
    assert owner.ask("/settings")["number"] == 0


def test_only_owners_set_anything(site: Site) -> None:
    """Also if a request is forged."""
    other = site.visitor("viewer", "administrator", "medical")
    assert other.get("/settings").status == 403
    assert other.get("/settings/try?guard_count=9").status == 403
    assert other.post("/settings", chosen="guard_count=9", number=0).status == 403
    assert settings().guard_count == given_settings().guard_count


def test_what_is_chosen_is_read_once_a_minute_at_most(site: Site, owner: Visitor) -> None:
    """A process that saw no settings, or older ones, sees the newest when the minute is over."""
    now = [0.0]
    table = ChosenSettingsTable(boto3.resource("dynamodb").meta.client, "console", clock=lambda: now[0])
    assert table.newest() is None
    _save(owner, "guard_count=9")
    now[0] = 59
    assert table.newest() is None
    now[0] = 60
    newest = table.newest()
    assert newest is not None
    assert newest.chosen.guard_count == 9


def test_who_is_sent_again_is_sent_by_what_another_process_has_just_saved(
    site: Site, owner: Visitor, operoo: FakeOperoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by what this one read within the minute before: the page has shown what would come. Who is at it begins anew."""
    monkeypatch.setattr("functions.apply_records.handler._CHOSEN_S", 0)
    rows = school()
    for row in rows["students"][1:4]:
        row["preferred"] = "Nick"
    site.cloud.load(rows, 2)
    site.cloud.request("some", {"kind": "selection", "select": {"students": ["2", "3", "4"]}})
    legal = owner.ask("/settings/try?name_choice=legal")["query"]
    table = ChosenSettingsTable(boto3.resource("dynamodb").meta.client, "console")
    chosen, update, number = ChosenSettings.model_validate(dict(parse_qsl(legal))), operoo.update, count(1)

    def saved(choices: ChosenSettings) -> None:
        table.put(Version(number=next(number), at="2026-08-01T09:00:00+00:00", by="other@school.example", chosen=choices))

    def changed_meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(operoo, "update", update)
        saved(ChosenSettings())
        return update(*given)

    assert settings().operoo_settings.name_choice == "preferred"
    saved(chosen)
    site.cloud.request("again", {"kind": "resync", "step": "apply"})
    assert "Nick" not in {one["first_name"] for one in operoo.living("members")}
    monkeypatch.setattr(operoo, "update", changed_meanwhile)
    site.cloud.request("once-more", {"kind": "resync", "step": "apply"})
    assert [one["first_name"] for one in operoo.living("members")].count("Nick") == 2


@pytest.mark.parametrize(
    ("queue", "message"),
    [("plan", PLAN), ("apply.fifo", Apply(why="asked for")), ("medical.fifo", PullMedical(why="asked for"))],
)
def test_what_cannot_be_undone_begins_with_the_settings_as_they_are(site: Site, queue: str, message: BaseModel) -> None:
    """Whether many are held, somebody is archived, or a person decides first does not hang on what was read a minute ago."""
    assert settings().guard_count != 7
    another = ChosenSettingsTable(boto3.resource("dynamodb").meta.client, "console")
    another.put(Version(number=1, at="2026-08-01T09:00:00+00:00", by="o@school.example", chosen=ChosenSettings(guard_count=7)))
    assert settings().guard_count != 7
    group: dict[str, Any] = {"MessageGroupId": "one", "MessageDeduplicationId": "one"} if queue.endswith(".fifo") else {}
    site.cloud.sqs.send_message(QueueUrl=site.cloud.urls[queue], MessageBody=message.model_dump_json(), **group)
    assert site.cloud._once(queue)
    assert settings().guard_count == 7


def test_the_schedule_is_followed_as_often_as_was_chosen(
    site: Site, owner: Visitor, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks for a reading gets one at once all the same; and what was stopped or cut off counts for none."""
    _save(owner, "medical_updates=review&pull_minutes=60")
    for readings in (1, 2):
        # The relay of this school sends no codes, and each reading says so.
        handle(PullMedical(why=f"schedule {readings}"), lambda: True)
        assert caplog.text.count("pull stopped") == readings
    pulled = Mock(side_effect=[KeyboardInterrupt, None, None])
    monkeypatch.setattr(medical_handler, "_book", CodeBook)
    monkeypatch.setattr(Puller, "pull", pulled)
    with pytest.raises(KeyboardInterrupt):
        handle(PullMedical(why="schedule 3"), lambda: True)
    for why, readings in (("schedule 3", 2), ("schedule 4", 2), ("asked for", 3), ("schedule 5", 3)):
        handle(PullMedical(why=why), lambda: True)
        assert pulled.call_count == readings


@pytest.mark.parametrize("ends", [OutOfTimeError(), partly(FatalError("One cannot be read."), "All others were read.")])
def test_what_is_read_in_part_or_goes_on_is_a_reading(
    site: Site, owner: Visitor, monkeypatch: pytest.MonkeyPatch, ends: Exception
) -> None:
    """A profile that can never be read does not have all others read more often than was chosen."""
    _save(owner, "medical_updates=review&pull_minutes=60")
    pulled = Mock(side_effect=ends)
    monkeypatch.setattr(medical_handler, "_book", CodeBook)
    monkeypatch.setattr(Puller, "pull", pulled)
    for turn in (1, 2):
        handle(PullMedical(why=f"schedule {turn}"), lambda: True)
    assert pulled.call_count == 1


def _heard(schedule: ScheduleStatus | None) -> None:
    """Let the relay give a sign of life that is heard."""
    beat = Heartbeat(
        relay="main", relay_version="1", started_at=NOW, at=NOW, ok=True, minimum_relay_version="", schedule=schedule
    )
    content = beat.model_dump_json().encode()
    boto3.client("s3").put_object(Bucket=settings().exchange_bucket, Key=HEARTBEAT, Body=content)
    hear(content)


def _told() -> list[Instructions]:
    """Return what waits for the relay."""
    queue = settings().return_queue_url
    found = boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
    return [Instructions.model_validate_json(message["Body"]) for message in found]


def test_owners_say_when_the_relay_reads_and_it_is_told(site: Site, owner: Visitor) -> None:
    """The trial says what that means, the relay's next sign of life tells it, and the page says when it has heard."""
    _heard(ScheduleStatus())
    assert owner.ask("/settings")["relay_follows"] == "It reads when its own configuration says."
    query = "read_minutes=60&read_from=06:00&read_until=18:00&read_days=weekdays"
    trial = owner.ask(f"/settings/try?{query}")
    assert [(line["called"], line["after"]) for line in trial["changed"]] == [
        ("The relay reads Synergetic", "every hour from 06:00 to 18:00, Monday to Friday")
    ]
    assert len(trial["readings"]) == 3
    assert all(6 <= datetime.fromisoformat(one).astimezone(MELBOURNE).hour <= 18 for one in trial["readings"])
    assert "usually does within a minute" in _save(owner, query)["said"]
    assert "has not heard" in owner.ask("/settings")["relay_follows"]
    _heard(ScheduleStatus())
    (told,) = _told()
    assert told.schedule == text_of(settings().relay_schedule)
    assert Schedule.model_validate_json(told.schedule) == Schedule(
        every_minutes=60, begins="06:00", ends="18:00", days="weekdays", zone="Australia/Melbourne"
    )
    _heard(ScheduleStatus(told=mark_of(told.schedule)))
    page = owner.ask("/settings")
    assert page["relay_follows"] == "It follows the schedule below."
    assert page["typed"] == {"read_minutes": "60", "read_from": "06:00", "read_until": "18:00", "read_days": "weekdays"}
    assert len(_told()) == 1


def test_a_relay_that_does_not_follow_is_told_of_plainly(site: Site, owner: Visitor) -> None:
    """One that a task starts, one whose configuration decides, and one that refuses."""
    for schedule, says in (
        (None, "does not change when this relay reads"),
        (ScheduleStatus(refused="schedule-kept-here"), "lets nothing that is chosen here change that"),
        (ScheduleStatus(refused="schedule-refused"), "cannot follow this schedule (schedule-refused)"),
    ):
        _heard(schedule)
        assert says in owner.ask("/settings")["relay_follows"]
        assert says in owner.get("/settings").text


def test_what_is_no_schedule_is_refused_before_it_is_tried(site: Site, owner: Visitor) -> None:
    """With what to choose instead, and also where it is sent past the trial."""
    for query, status, code in (
        ("read_minutes=5", 422, "not-valid"),
        ("read_minutes=60&read_from=25:00", 422, "not-valid"),
        ("read_from=06:00", 409, "schedule-unfit"),
        ("read_days=weekdays", 409, "schedule-unfit"),
        ("read_minutes=60&read_from=18:00&read_until=06:00", 409, "schedule-unfit"),
    ):
        answer = owner.get(f"/settings/try?{query}", accept="application/json")
        assert (answer.status, answer.json["code"]) == (status, code)
        assert owner.post("/settings", accept="application/json", chosen=query, number=0).status in {409, 422}
    assert settings().relay_schedule is None
