"""What the cloud asks of the relay, over real queues: heard, carried out once, answered, whatever happens in between."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws
from pydantic import BaseModel

from relay.cloud.exchange import Exchange
from relay.cloud.queues import RelayQueues
from relay.running.outcome import Outcome
from relay.running.watch import Watch
from relay.wiring import timetable_of
from shared import keys
from shared.errors import SettingsError, TransientError
from shared.messages import FullRead, Instructions
from shared.owners import bucket_of
from shared.receipts import ReadReceipt
from shared.schedules import Schedule, mark_of, text_of
from tests.integration.relay_school import STUDENTS, build, execute
from tests.integration.relay_site import REGION, Bucket, Killed, Site


class Queues:
    """The return queue and the receipt queue."""

    def __init__(self) -> None:
        self.sqs: Any = boto3.client("sqs", region_name=REGION)
        fifo = {"FifoQueue": "true", "VisibilityTimeout": "0"}
        self.asked = self.sqs.create_queue(QueueName="return.fifo", Attributes=fifo)["QueueUrl"]
        self.answered = self.sqs.create_queue(QueueName="receipts")["QueueUrl"]

    def ask(self, message: BaseModel | str, *, group: str = "read") -> None:
        """Send the relay a message, as the cloud does."""
        body = message if isinstance(message, str) else message.model_dump_json()
        self.sqs.send_message(QueueUrl=self.asked, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=uuid4().hex)

    def take_in_flight(self) -> None:
        """Let a message that was received stay invisible for a while, as in AWS."""
        self.sqs.set_queue_attributes(QueueUrl=self.asked, Attributes={"VisibilityTimeout": "60"})

    def waiting(self) -> list[str]:
        """Return what is on the return queue."""
        found = self.sqs.receive_message(QueueUrl=self.asked, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [message["Body"] for message in found.get("Messages", [])]

    def receipts(self) -> list[ReadReceipt]:
        """Take and return the receipts that were sent."""
        receipts = []
        while messages := self.sqs.receive_message(QueueUrl=self.answered, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                receipts.append(ReadReceipt.model_validate_json(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.answered, ReceiptHandle=message["ReceiptHandle"])
        return receipts


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    """Return an empty Exchange bucket."""
    with mock_aws():
        yield Bucket()


@pytest.fixture
def queues(bucket: Bucket) -> Queues:
    """Return two empty queues."""
    return Queues()


@pytest.fixture
def site(tmp_path: Path, queues: Queues) -> Site:
    """Return a relay at a small school that listens, and has done its first run."""
    site = Site(tmp_path, build(tmp_path / "school.db"), queues=(queues.asked, queues.answered))
    site.run()
    return site


def test_the_cloud_can_ask_for_everything(site: Site, queues: Queues) -> None:
    """A full read sends everything once, is answered, and is taken off the queue; idle costs three requests."""
    site.run()
    assert site.calls == ["ReceiveMessage", "ListObjectsV2", "PutObject"]
    queues.ask(FullRead(request="r1"))
    outcome = site.run()
    assert outcome.photos == 7
    assert all(one.changed == one.buckets for one in outcome.row_sets)
    assert queues.waiting() == []
    (receipt,) = queues.receipts()
    assert (receipt.request, receipt.sequence, receipt.photos) == ("r1", 2, 7)
    assert receipt.rows == {one.name: one.rows for one in outcome.row_sets}
    assert site.run().sent is False


@pytest.mark.parametrize("why", ["asked", "emptied"])
def test_photos_that_were_sent_before_a_run_was_cut_short_are_not_sent_anew(
    site: Site, queues: Queues, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    """Reading thousands takes hours, so the next run goes on, for the same request; the next request begins anew."""

    def cut_short(*_: object) -> None:
        raise TransientError("The network is down.")

    if why == "asked":
        queues.ask(FullRead(request="r1"))
    else:
        bucket.empty()
    with monkeypatch.context() as patched:
        patched.setattr(Exchange, "commit", cut_short)
        for _ in range(2):
            with pytest.raises(TransientError):
                site.run()
    put = {key.rpartition("/")[2] for key in bucket.keys(keys.PHOTOS)}
    outcome = site.run()
    assert (outcome.sent, outcome.photos) == (True, 0)
    assert {row["digest"] for row in bucket.rows()["photos"]} == put
    queues.ask(FullRead(request="r2"))
    assert site.run().photos == 7


def test_the_cloud_can_say_which_number_comes_next(site: Site, queues: Queues) -> None:
    """A relay that has lost all it knew, as the bucket has, goes on where the cloud stands; a lower number changes nothing."""
    queues.ask(FullRead(request="r1", after=41))
    assert site.run().manifest.sequence == 42
    queues.ask(FullRead(request="r2", after=7))
    assert site.run().manifest.sequence == 43


def test_the_cloud_can_ask_for_a_part(site: Site, queues: Queues) -> None:
    """Some row sets, or the parts that hold somebody and of the photos theirs alone; several requests are one run."""
    queues.ask(FullRead(request="r2", row_sets=("staff", "groups")))
    outcome = site.run()
    assert changed(outcome).keys() == {"staff", "groups"}
    assert outcome.photos == 0
    assert set(queues.receipts()[0].rows) == {"staff", "groups"}
    queues.ask(FullRead(request="r3", row_sets=("students", "photos"), owners=(str(STUDENTS[1]),)))
    outcome = site.run()
    assert changed(outcome) == {"students": 1, "photos": 1}
    assert outcome.photos == 1
    assert [one.request for one in queues.receipts()] == ["r3"]
    queues.ask(FullRead(request="r4", row_sets=("staff",)))
    queues.ask(FullRead(request="r5", row_sets=("students",), owners=tuple(map(str, STUDENTS[:2]))))
    assert changed(site.run())["students"] == len({bucket_of(str(one), 1) for one in STUDENTS[:2]})
    assert [one.request for one in queues.receipts()] == ["r4", "r5"]
    assert queues.waiting() == []


def changed(outcome: Outcome) -> dict[str, int]:
    """Return how many buckets of each row set were sent."""
    return {one.name: one.changed for one in outcome.row_sets if one.changed}


def test_a_request_is_never_carried_out_twice(site: Site, queues: Queues) -> None:
    """One that was done and comes again is only answered again."""
    queues.ask(FullRead(request="r6", row_sets=("staff",)))
    site.run()
    queues.ask(FullRead(request="r6", row_sets=("staff",)))
    assert site.run().sent is False
    first, second = queues.receipts()
    assert first == second
    assert queues.waiting() == []


def test_what_is_not_understood_stays_on_the_queue(site: Site, queues: Queues) -> None:
    """A message for a later relay is left for it, and holds up nothing of another purpose."""
    queues.ask('{"type":"of another century"}', group="student#1")
    queues.ask('{"type":"full_read"}')
    queues.ask(FullRead(request="r8", row_sets=("staff",)), group="other")
    assert site.run().sent
    assert [one.request for one in queues.receipts()] == ["r8"]
    assert queues.waiting() == ['{"type":"of another century"}', '{"type":"full_read"}']


def test_a_request_that_is_heard_between_runs_is_in_hand_for_the_next(site: Site, queues: Queues) -> None:
    """Listening wakes the watch at once, and the run need not see the message again."""
    queues.take_in_flight()
    use_case = site.sync()
    assert use_case.listen(0, site.now) is False
    queues.ask(FullRead(request="r9", row_sets=("staff",)))
    assert use_case.listen(1, site.now) is True
    assert queues.waiting() == []
    assert use_case.run().sent
    assert [one.request for one in queues.receipts()] == ["r9"]
    site.state.close()


def test_a_relay_that_is_too_old_says_so_and_goes_on_reading(site: Site, queues: Queues, bucket: Bucket) -> None:
    """What the stack asks for is remembered, is in the heartbeat, and forgotten when the stack asks for less."""
    assert bucket.heartbeat()["minimum_relay_version"] == ""
    queues.ask(Instructions(minimum_relay_version="99"))
    execute(site.school, "update Community set MobilePhone = '0499999999' where ID = 7003")
    assert site.run().sent
    assert bucket.heartbeat()["outdated"] is True
    assert bucket.heartbeat()["minimum_relay_version"] == "99"
    assert queues.waiting() == []
    queues.ask(Instructions())
    site.run()
    assert bucket.heartbeat()["outdated"] is False


def test_a_receipt_queue_that_does_not_exist(tmp_path: Path, queues: Queues) -> None:
    """The run says which setting is wrong, the request stays, and nothing is read twice when it is mended."""
    school = build(tmp_path / "school.db")
    site = Site(tmp_path, school, queues=(queues.asked, f"{queues.answered}-not"))
    queues.ask(FullRead(request="r10"))
    with pytest.raises(SettingsError) as caught:
        site.run()
    assert caught.value.code == "no-queue"
    assert "receipt_queue_url" in caught.value.remedy
    assert len(queues.waiting()) == 1
    mended = Site(tmp_path, school, queues=(queues.asked, queues.answered))
    assert mended.run().sent is False
    assert [one.request for one in queues.receipts()] == ["r10"]


def test_listening_in_vain_ends_nothing(site: Site, queues: Queues, bucket: Bucket) -> None:
    """A queue that is gone keeps nobody from going on; the next run sends what is, and says which setting is wrong."""
    queues.sqs.delete_queue(QueueUrl=queues.asked)
    before = bucket.manifest().sequence
    execute(site.school, "update Community set MobilePhone = '0499999999' where ID = 7003")
    use_case = site.sync()
    assert [use_case.listen(0, site.now) for _ in range(2)] == [False, False]
    with pytest.raises(SettingsError) as caught:
        use_case.run()
    assert caught.value.code == "no-queue"
    assert "return_queue_url" in caught.value.remedy
    assert bucket.manifest().sequence == before + 1
    assert (bucket.heartbeat()["ok"], bucket.heartbeat()["error"]) == (False, "no-queue")
    site.state.close()


def test_what_was_carried_out_is_answered_though_the_queue_cannot_be_heard(
    site: Site, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was heard before is answered and taken off the queue: else it would be carried out again and again."""

    def unheard(*_: object, **__: object) -> None:
        raise SettingsError("AWS does not allow it.", code="exchange-denied")

    queues.ask(FullRead(request="r12", row_sets=("staff",)))
    use_case = site.sync()
    assert use_case.listen(1, site.now) is True
    with monkeypatch.context() as patched:
        patched.setattr(RelayQueues, "receive", unheard)
        with pytest.raises(SettingsError) as caught:
            use_case.run()
    assert caught.value.code == "exchange-denied"
    assert [one.request for one in queues.receipts()] == ["r12"]
    assert queues.waiting() == []
    assert use_case.run().sent is False
    site.state.close()


@pytest.mark.parametrize("side", [1, -1], ids=["before", "after"])
def test_killed_between_any_two_requests_the_next_run_answers(site: Site, bucket: Bucket, queues: Queues, side: int) -> None:
    """Wherever the process dies: the next run carries the request out, answers it, and takes it off the queue after that."""
    execute(site.school, "delete from StudentYears where ID > ?", STUDENTS[0])
    site.run()
    expected, number = bucket.stated(), 0
    while True:
        number += 1
        request = FullRead(request=f"r{number}", row_sets=("groups",))
        queues.ask(request)
        site.fail_at = side * number
        try:
            site.run()
        except Killed:
            site.fail_at = 0
            site.run()
        else:
            break
        assert queues.waiting() == []
        receipts = queues.receipts()
        assert {one.request for one in receipts} == {request.request}
        assert receipts[-1].sequence <= bucket.manifest().sequence
        assert bucket.stated() == expected
        assert bucket.heartbeat()["ok"] is True
    assert number > 6
    assert site.calls[-3:] == ["SendMessage", "DeleteMessage", "PutObject"]


def test_the_watch_runs_when_it_is_asked(site: Site, queues: Queues) -> None:
    """The loop itself: a request that arrives while it waits brings the next run forward."""
    use_case, runs, stop = site.sync(watches=True), [], Event()

    def run() -> None:
        runs.append(use_case.run().sent)
        if len(runs) == 2:
            stop.set()
        else:
            queues.ask(FullRead(request="r11", row_sets=("staff",)))

    Watch(site.settings.relay, run, timetable=site.timetable, listen=use_case.listen, stop=stop, clock=site._clock).loop()
    assert runs == [False, True]
    site.state.close()


def test_the_cloud_says_when_to_run_and_the_watch_follows(site: Site, queues: Queues, bucket: Bucket) -> None:
    """Heard while it waits, remembered, followed and said in the next sign of life; it holds up no request."""
    weekly = Schedule(every_minutes=1440, begins="06:30", ends="06:30", days="weekdays", zone="Australia/Melbourne")
    friday, monday = datetime(2026, 3, 6, 9, tzinfo=UTC), datetime(2026, 3, 8, 19, 30, tzinfo=UTC)
    use_case, began, stop = site.sync(watches=True), [], Event()

    def run() -> None:
        began.append(site.now)
        use_case.run()
        if len(began) == 2:
            stop.set()

    def listen(wait_s: int, due: datetime) -> bool:
        site.now += timedelta(hours=2) if site.state.schedule() else timedelta(minutes=1)
        heard = use_case.listen(0, due)
        if site.now == friday + timedelta(minutes=1):
            queues.ask(Instructions(schedule=text_of(weekly)))
        elif site.now == friday + timedelta(minutes=2):
            assert bucket.heartbeat()["schedule"] == {"told": mark_of(text_of(weekly)), "refused": ""}
            assert datetime.fromisoformat(str(bucket.heartbeat()["next_run_at"])) == monday
        return heard

    site.now = friday
    Watch(site.settings.relay, run, timetable=site.timetable, listen=listen, stop=stop, clock=site._clock).loop()
    assert began[0] == friday
    assert monday <= began[1] < monday + timedelta(hours=3)
    assert datetime.fromisoformat(str(bucket.heartbeat()["next_run_at"])) == monday + timedelta(days=1)
    assert queues.waiting() == []
    site.state.close()
    status = timetable_of(site.settings)
    with closing(status.state):
        assert status.in_words() == "once a day at 06:30, Monday to Friday, Australia/Melbourne (the console)"


def test_a_schedule_that_cannot_be_followed_is_refused_with_its_code(
    site: Site, queues: Queues, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    """It is taken off the queue, said once, and what held before holds; the next that can be followed is."""
    good = text_of(Schedule(every_minutes=60, begins="06:00", ends="18:00", days="all", zone="Europe/London"))
    hostile = good.replace("60", "1").replace("Europe/London", "../../etc/passwd")
    use_case = site.sync(watches=True)
    for schedule, refused in ((good, ""), (hostile, "schedule-refused"), (good, "")):
        queues.ask(Instructions(schedule=schedule))
        use_case.run()
        assert bucket.heartbeat()["schedule"] == {"told": mark_of(schedule), "refused": refused}
        assert site.timetable.in_words().startswith("every hour from 06:00 to 18:00, every day, Europe/London (the console)")
    assert queues.waiting() == []
    assert (caplog.text.count("schedule is refused"), "passwd" in caplog.text) == (1, False)
    site.state.close()


def test_a_configuration_may_let_nobody_else_decide(tmp_path: Path, queues: Queues, bucket: Bucket) -> None:
    """The relay says so, is not told again, and keeps its interval."""
    relay = "schedule_from_console = false"
    site = Site(tmp_path, build(tmp_path / "school.db"), queues=(queues.asked, queues.answered), relay=relay)
    told = text_of(Schedule(every_minutes=60, begins="06:00", ends="18:00", days="all", zone="Europe/London"))
    queues.ask(Instructions(schedule=told))
    site.sync(watches=True).run()
    assert bucket.heartbeat()["schedule"] == {"told": mark_of(told), "refused": "schedule-kept-here"}
    assert site.timetable.in_words() == "every 15 minutes (the configuration); not the console's: schedule-kept-here"
    site.state.close()
