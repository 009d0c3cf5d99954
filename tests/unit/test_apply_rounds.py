"""What a round of applying believes of Operoo, and how it goes on when calls fail."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import httpx
import pytest

from functions.apply_records.applying import Applier
from functions.apply_records.profiles import Profiles
from functions.operoo.client import OperooClient
from functions.operoo.errors import ListingIncompleteError
from functions.operoo.settings import OperooSettings
from functions.operoo.transport import Transport
from functions.records.staged import Change, StagedRecord, work_of
from functions.runtime.time_left import OutOfTimeError
from shared.digests import sha256
from shared.errors import IntegrationError, OperooDeniedError, OperooUnavailableError
from shared.owners import owner_hash
from shared.records import Photo
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import contact, student
from tests.unit.test_map_rows import only_student


class Operoo:
    """An Operoo whose listing takes its time; `now` is the time."""

    def __init__(self, *, listing_takes: float = 0) -> None:
        self.now = 1000.0
        self.listed: list[dict[str, object]] = []
        self.asked: list[str] = []
        self._listing_takes = listing_takes

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a call."""
        self.asked.append(request.method)
        if request.method != "GET":
            return httpx.Response(200, json={"id": 77}, request=request)
        self.now += self._listing_takes
        return httpx.Response(200, json={"profile_requests": self.listed}, request=request)

    def client(self) -> OperooClient:
        """Return the adapter that speaks to it."""
        settings, transport = OperooSettings(), httpx.MockTransport(self.answer)
        transport = Transport(settings, "k3y-of-tests", transport=transport, clock=lambda: self.now, sleep=lambda _: None)
        return OperooClient(settings, transport)


class Staging:
    """A staging area with a few students; it also has the marks of who was linked."""

    def __init__(self, *students: StagedRecord) -> None:
        self.students = {one.id: one for one in students}
        self.marked: list[str] = []
        self.queries = 0

    def waiting(self, _state: str, kind: str) -> Iterator[str]:
        """Yield the students who wait."""
        return iter([one.id for one in self.students.values() if kind == one.kind and work_of(one) == "pending"])

    def bucket(self, kind: str, prefix: str) -> list[StagedRecord]:
        """Return the students of a bucket."""
        self.queries += 1
        return [one for one in self.students.values() if one.kind == kind and owner_hash(one.id).startswith(prefix)]

    def get(self, _kind: str, student_id: str) -> StagedRecord:
        """Return a student."""
        return self.students[student_id]

    def save_one(self, change: Change) -> StagedRecord:
        """Keep a student."""
        self.students[change.record.id] = change.record
        return change.record

    def mark(self, _kind: str, student_id: str) -> dict[str, object]:
        """Note a mark, at which nobody looks."""
        self.marked.append(student_id)
        return {}

    def all(self) -> dict[str, str]:
        """Return no marks."""
        return {}


def staged(number: int = 1, photo: str = "", **but: object) -> StagedRecord:
    """Return a student who is selected and not yet in Operoo."""
    record, _ = only_student(student(number), [contact(number, 10)])
    if photo:
        record = record.model_copy(update={"photo": Photo(digest=photo, type="jpeg")})
    content = record.model_dump_json()
    return StagedRecord(kind="student", id=str(number), content=content, digest=sha256(content.encode()), choice=True).but(
        **but
    )


def worked(staging: Staging, client: OperooClient) -> None:
    """Work a round."""
    profiles = Profiles(client, OperooSettings(), lambda _: b"")
    Applier(staging, staging, profiles, archive=True, has_time=lambda: True).work()  # type: ignore[arg-type]


@pytest.mark.parametrize(("takes", "after", "readings"), [(1, 110, 1), (1, 130, 2), (55, 500, 1), (55, 560, 2)])
def test_a_listing_is_believed_for_two_minutes_or_as_long_as_it_is_worth(takes: float, after: float, readings: int) -> None:
    """One that takes a minute to read must not be all that is done."""
    operoo = Operoo(listing_takes=takes)
    client = operoo.client()
    begun_at = operoo.now
    client.find("members", request_id="1", integration_id="1")
    operoo.now = begun_at + after
    client.find("members", request_id="1", integration_id="1")
    assert len(operoo.asked) == readings


def test_who_was_entered_by_hand_since_the_last_round_is_linked_and_not_made_again() -> None:
    """The process that lives on from one round to the next believes nothing of what it listed before."""
    operoo = Operoo()
    client = operoo.client()
    assert client.find("members", request_id="1", integration_id="1") == []
    operoo.listed = [{"id": 5, "user_request_id": "1", "integration_member_id": ""}]
    staging = Staging(staged())
    worked(staging, client)
    assert (staging.students["1"].link, staging.students["1"].operoo_id) == ("linked", "5")
    assert "POST" not in operoo.asked


@pytest.mark.parametrize(("shown", "creates"), [(0, False), (1, False), (2, True), (4, True)])
def test_nothing_is_created_while_the_listing_lacks_what_is_known_to_be_there(shown: int, *, creates: bool) -> None:
    """Whoever stands on a page that nobody told of would be made twice. What is only to be updated is, all the same.

    Those who were let go need not be there.
    """
    operoo = Operoo()
    linked = [staged(number, link="linked", operoo_id=str(number)) for number in range(2, 6)]
    past = [staged(number, link="archived", operoo_id=str(number), absent_since=1) for number in range(6, 16)]
    operoo.listed = [{"id": one.operoo_id, "user_request_id": one.id} for one in linked[:shown]]
    staging = Staging(staged(1), *linked, *past)
    with nullcontext() if creates else pytest.raises(ListingIncompleteError, match=f"shows {shown} of 4"):
        worked(staging, operoo.client())
    assert ("POST" in operoo.asked) is (staging.students["1"].link == "linked") is creates
    assert operoo.asked.count("PATCH") == 4


@pytest.mark.parametrize("refused", [True, False])
def test_what_is_linked_is_looked_at_once_in_a_round(*, refused: bool) -> None:
    """A first load, all of it refused too, would else read the whole kind again for each create."""
    no = httpx.Response(422, json={"errors": {"house": ["is missing"]}})
    staging = Staging(*(staged(number) for number in range(1, 7)))
    worked(staging, Odd(lambda method, last, _: no if refused and (method, last) == ("POST", "members") else None).client())
    assert {one.link for one in staging.students.values()} == {"none" if refused else "linked"}
    assert staging.queries == 16


def test_a_listing_that_leaves_some_out_on_purpose_is_a_setting() -> None:
    """A handful that was removed by hand is no reason either."""
    lenient = OperooSettings.model_validate({"resources": {"members": {"listing": {"require_known": False}}}})
    Profiles(FakeOperoo(), lenient, lambda _: b"").may_create("student", ["1", "2", "3"])
    Profiles(FakeOperoo(), OperooSettings(), lambda _: b"").may_create("student", ["1", "2"])
    with pytest.raises(ListingIncompleteError):
        Profiles(FakeOperoo(), OperooSettings(), lambda _: b"").may_create("student", ["1", "2", "3"])


class Odd(Operoo):
    """An Operoo that makes what it is asked to make, and answers some calls in its own way.

    Args:
        odd: Gives an answer or a failure of its own, by method, last part of the path, and body; None for the usual one.
    """

    def __init__(self, odd: Callable[[str, str, str], httpx.Response | Exception | None]) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()
        self._odd = odd

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a call."""
        last, body = request.url.path.rsplit("/", 1)[-1], request.content.decode(errors="replace")
        self.calls[f"{request.method} photo" if last == "photo" else request.method] += 1
        if request.method == "POST" and last == "members":
            number = body.split("integration_member_id%5D=")[1].split("&")[0]
            self.listed.append({"id": int(number) + 100, "integration_member_id": number})
        odd = self._odd(request.method, last, body)
        if isinstance(odd, Exception):
            raise odd
        return odd or (super().answer(request) if request.method == "GET" else httpx.Response(200, json=self.listed[-1:]))


def _linked(*numbers: int) -> Staging:
    return Staging(*(staged(number, link="linked", operoo_id=str(number + 100)) for number in numbers))


@pytest.mark.parametrize(
    ("odd", "error"),
    [
        (httpx.Response(500), OperooUnavailableError),
        (httpx.ReadTimeout("late"), OperooUnavailableError),
        (httpx.RemoteProtocolError("dropped"), OperooUnavailableError),
        (httpx.Response(200, html="<p>"), OperooUnavailableError),
        (httpx.Response(403), OperooDeniedError),
    ],
)
def test_a_record_that_always_fails_keeps_nobody_waiting(
    odd: httpx.Response | Exception, error: type[IntegrationError]
) -> None:
    """All others are brought in step in the same round; that it failed is said at its end, and it goes on waiting."""
    operoo, staging = Odd(lambda _, last, __: odd if last == "103" else None), _linked(*range(1, 9))
    with pytest.raises(error, match=r"all others were.*members 103") as caught:
        worked(staging, operoo.client())
    assert caught.value.code == "operoo-partly"
    assert [one.id for one in staging.students.values() if work_of(one) == "pending"] == ["3"]


@pytest.mark.parametrize(("before", "listed", "answer", "link", "marked"), [
    ({}, {}, None, "linked", True),
    ({"link": "linked", "operoo_id": "101"}, {}, None, "linked", False),
    ({"link": "linked", "operoo_id": "101", "choice": False}, {}, None, "unlinked", True),
    ({"link": "unlinked", "operoo_id": "101"}, {}, None, "linked", True),
    ({"link": "linked", "operoo_id": "101"}, {"1": 200}, 404, "linked", True),
    ({"link": "linked", "operoo_id": "101"}, {}, 404, "none", True),
    ({"link": "linked", "operoo_id": "101"}, {"1": 101}, 422, "linked", False),
    ({"link": "linked", "operoo_id": "101"}, {"1": 200}, 422, "linked", True),
    ({"link": "linked", "operoo_id": "101"}, {}, 422, "none", True),
])  # fmt: skip
def test_their_groups_are_looked_at_again_when_somebody_has_another_profile_or_none(
    before: dict[str, Any], listed: dict[str, int], answer: int | None, link: str, *, marked: bool
) -> None:
    """Else a group would go on to lack them, or to name a profile that is theirs no more."""
    operoo = Odd(lambda method, last, _: httpx.Response(answer) if answer and method == "PATCH" and last == "101" else None)
    operoo.listed = [{"id": at, "user_request_id": one, "integration_member_id": one} for one, at in listed.items()]
    staging = Staging(staged(1, **before))
    worked(staging, operoo.client())
    assert (staging.students["1"].link, staging.marked) == (link, ["1"] if marked else [])


def test_some_that_fail_among_others_are_no_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many: only those in a row are."""
    monkeypatch.setattr("functions.apply_records.applying.random.shuffle", lambda _: None)
    failing = {str(number + 100) for number in range(1, 17, 2)}
    operoo, staging = Odd(lambda _, last, __: httpx.Response(500) if last in failing else None), _linked(*range(1, 17))
    with pytest.raises(OperooUnavailableError, match="all others were"):
        worked(staging, operoo.client())
    assert {one.operoo_id for one in staging.students.values() if work_of(one) == "pending"} == failing


@pytest.mark.parametrize("status", [500, 403])
def test_a_call_that_fails_for_all_is_not_made_for_all(status: int) -> None:
    """Five in a row are an outage, or our key."""
    operoo, staging = Odd(lambda method, _, __: httpx.Response(status) if method == "PATCH" else None), _linked(*range(11, 40))
    with pytest.raises((OperooUnavailableError, OperooDeniedError), match=f"^Updating .*{status}"):
        worked(staging, operoo.client())
    assert operoo.calls["PATCH"] <= 5 * 3
    assert not any(one.problem for one in staging.students.values())


def test_a_failure_that_passes_leaves_nothing_to_tell() -> None:
    """Each record that failed is tried once more in the same round."""
    failures = [httpx.ReadTimeout("late")]
    operoo, staging = Odd(lambda *_: failures.pop() if failures else None), _linked(1, 2)
    worked(staging, operoo.client())
    assert not [one for one in staging.students.values() if work_of(one)]


@pytest.mark.parametrize("answer", [httpx.Response(204), httpx.Response(200, json={"success": True}), httpx.Response(201)])
def test_profiles_that_are_created_without_being_named_are_all_found_in_the_same_round(answer: httpx.Response) -> None:
    """Operoo said yes, so that is no outage; one more listing shows what it calls them."""
    operoo = Odd(lambda method, _, __: answer if method == "POST" else None)
    staging = Staging(*map(staged, range(11, 23)))
    worked(staging, operoo.client())
    assert {one.id: one.operoo_id for one in staging.students.values()} == {str(n): str(n + 100) for n in range(11, 23)}
    assert (operoo.calls["POST"], operoo.calls["GET"]) == (12, 2)


@pytest.mark.parametrize(("odd", "for_all", "error"), [
    (httpx.ReadTimeout("late"), True, OperooUnavailableError),
    (httpx.ReadTimeout("late"), False, OutOfTimeError),
    (httpx.Response(404), True, OutOfTimeError),
])  # fmt: skip
def test_time_that_goes_into_waiting_in_vain_is_told_as_that(
    odd: httpx.Response | Exception, error: type[Exception], *, for_all: bool
) -> None:
    """A round that hangs must not call itself unfinished, and begin anew at once; one that gets on does both."""
    met: list[str] = []

    def answer(method: str, last: str, _: str) -> httpx.Response | Exception | None:
        met.append(last)
        return odd if method != "GET" and (for_all or last == met[0]) else None

    times = iter([True, False])
    profiles = Profiles(Odd(answer).client(), OperooSettings(), lambda _: b"")
    staging = _linked(*range(1, 9))
    applier = Applier(staging, staging, profiles, archive=True, has_time=lambda: next(times))  # type: ignore[arg-type]
    with pytest.raises(error):
        applier.work()


def test_who_is_forgotten_while_the_worklist_still_names_them_keeps_nobody_waiting() -> None:
    """The worklist may be a second late, and DynamoDB forgets by itself who is long gone."""

    class Late(Staging):
        def waiting(self, state: str, kind: str) -> Iterator[str]:
            yield from ("404", *super().waiting(state, kind)) if kind == "student" else ()

        def get(self, kind: str, student_id: str) -> StagedRecord | None:  # type: ignore[override]
            return None if student_id == "404" else super().get(kind, student_id)

    staging = Late(staged())
    worked(staging, Odd(lambda *_: None).client())
    assert staging.students["1"].link == "linked"
