"""A heartbeat that is heard: what is counted of it, and what the relay is told."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.accept_manifests import heartbeats
from functions.record_receipts.handler import record
from functions.runtime.settings import Settings
from shared.heartbeats import Heartbeat, ScheduleStatus, WriteBackStatus
from shared.messages import Instructions
from shared.receipts import Hello
from shared.schedules import Schedule, mark_of, text_of

AT = datetime(2026, 8, 1, 9, tzinfo=UTC)
HOURLY = Schedule(every_minutes=60, begins="06:00", ends="18:00", days="weekdays", zone="Australia/Melbourne")


class FakeQueue:
    """The queue to the relay, which keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send(self, messages: Iterable[Any], *, group: str | None = None, once: str | None = None) -> int:
        """Keep messages."""
        self.sent += [(message, group, once) for message in messages]
        return len(self.sent)


def stack(minimum: str, schedule: Schedule | None = None) -> Settings:
    """Return the settings of a stack that asks its relay for something."""
    return Settings(minimum_relay_version=minimum, relay_schedule=schedule)


def heard(monkeypatch: pytest.MonkeyPatch, given: Settings | None = None, **fields: object) -> tuple[list[str], list[Any]]:
    """Let a heartbeat be heard; return what was counted and what the relay was sent."""
    said = {"relay": "main", "relay_version": "0.1.0", "started_at": AT, "at": AT, "ok": True, **fields}
    return let_in(monkeypatch, Heartbeat.model_validate(said).model_dump_json().encode(), given)


def let_in(monkeypatch: pytest.MonkeyPatch, content: bytes, given: Settings | None = None) -> tuple[list[str], list[Any]]:
    """Let something be heard; return what was counted and what the relay was sent."""
    counted: list[str] = []
    queue, settings = FakeQueue(), given or Settings()
    monkeypatch.setattr(heartbeats, "count", counted.append)
    monkeypatch.setattr(heartbeats, "return_queue", lambda: queue)
    monkeypatch.setattr(heartbeats, "settings", lambda: settings)
    heartbeats.hear(content)
    return counted, queue.sent


@pytest.mark.parametrize(
    ("fields", "counted"),
    [
        ({}, ["RelayHeartbeat"]),
        ({"polled_at": AT}, ["RelayHeartbeat"]),
        ({"ok": False, "error": "login-refused"}, ["RelayFailed"]),
        ({"ok": False, "error": "login-refused", "polled_at": AT}, ["RelayFailed"]),
        ({"outdated": True}, ["RelayHeartbeat", "RelayOutdated"]),
        ({"writing": WriteBackStatus(since=AT)}, ["RelayHeartbeat"]),
        ({"writing": WriteBackStatus(since=AT, refused="trigger-found")}, ["RelayHeartbeat", "WriteBackRefused"]),
    ],
)
def test_a_relay_is_counted_as_what_it_is(
    monkeypatch: pytest.MonkeyPatch, fields: dict[str, object], counted: list[str]
) -> None:
    """At work, failing (and listening does not make that well), too old and at work all the same, or not writing back."""
    assert heard(monkeypatch, **fields)[0] == counted


@pytest.mark.parametrize(
    ("minimum", "knows", "is_told"),
    [
        ("", "", None),
        ("0.2", "0.2", None),
        ("0.2", "", "0.2"),
        ("0.3", "0.2", "0.3"),
        ("", "0.2", ""),
        ("0.2", None, None),
    ],
)
def test_a_relay_is_told_the_minimum_until_it_knows(
    monkeypatch: pytest.MonkeyPatch, minimum: str, knows: str | None, is_told: str | None
) -> None:
    """Once it knows nothing is sent, nor if it hears no queue; a minimum that is lowered is told as well."""
    _, sent = heard(monkeypatch, stack(minimum), minimum_relay_version=knows)
    assert [(message, group) for message, group, _ in sent] == (
        [] if is_told is None else [(Instructions(minimum_relay_version=is_told), "read")]
    )


@pytest.mark.parametrize(
    ("wanted", "knows", "is_told"),
    [
        (None, ScheduleStatus(), False),
        (HOURLY, ScheduleStatus(told=mark_of(text_of(HOURLY))), False),
        (HOURLY, ScheduleStatus(told=mark_of(text_of(HOURLY)), refused="schedule-refused"), False),
        (HOURLY, None, False),
        (HOURLY, ScheduleStatus(), True),
        (HOURLY, ScheduleStatus(told=mark_of("another")), True),
        (None, ScheduleStatus(told=mark_of(text_of(HOURLY))), True),
    ],
)
def test_a_relay_is_told_the_schedule_until_it_knows(
    monkeypatch: pytest.MonkeyPatch, wanted: Schedule | None, knows: ScheduleStatus | None, *, is_told: bool
) -> None:
    """Also that there is none any more; one that refuses it is not told again, and one that is not steered never."""
    _, sent = heard(monkeypatch, stack("0.2", wanted), minimum_relay_version="0.2", schedule=knows)
    told = [Instructions(minimum_relay_version="0.2", schedule=text_of(wanted))]
    assert [message for message, _, _ in sent] == (told if is_told else [])


def test_what_a_relay_is_told_is_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue drops repeats, and takes nothing else for one."""
    once = [
        heard(monkeypatch, stack(minimum, wanted), minimum_relay_version="x")[1][0][2]
        for minimum, wanted in (("0.2", None), ("0.2", None), ("0.3", None), ("0.2", HOURLY))
    ]
    assert (once[0] == once[1], len(set(once))) == (True, 3)
    assert max(map(len, once)) <= 128


def test_a_heartbeat_of_another_release_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer relay says more, an older one less: it cannot be told anything."""
    assert heard(monkeypatch, stack("0.2"), of_another_century=True) == (["RelayHeartbeat"], [])


@pytest.mark.parametrize(
    "content", [b"oops", b"\xff\xfe", b"[]", b"{}", b'{"relay": "main"}', b'{"relay": 1, "ok": "Ms Zebedee"}', b"null"]
)
def test_what_is_no_heartbeat_is_counted_and_not_tried_again(
    monkeypatch: pytest.MonkeyPatch, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no sign of life, it fails no message, and the log does not quote it."""
    assert let_in(monkeypatch, content) == (["HeartbeatNotUnderstood"], [])
    assert "Zebedee" not in capsys.readouterr().out


def test_a_hello_is_passed_over() -> None:
    """A check that tries the receipt queue leaves nothing to be noted."""
    record(Hello(relay="main", relay_version="0.1.0"))
