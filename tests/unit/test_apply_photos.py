"""What a round of applying does with photos: those that fail wait, those that Operoo refuses or keeps are told."""

import httpx
import pytest

from functions.apply_records.profiles import Outcome, Profiles
from functions.operoo.errors import PhotoRefusedError
from functions.operoo.settings import OperooSettings
from functions.records.staged import StagedRecord, work_of
from shared.digests import digest
from shared.errors import IntegrationError
from tests.integration.fake_operoo import FakeOperoo
from tests.unit.test_apply_rounds import Odd, Staging, staged, worked


def _store(_: StagedRecord) -> None:
    """No intent is kept."""


@pytest.mark.parametrize(
    "odd",
    [
        httpx.Response(500),
        httpx.Response(403),
        httpx.Response(429),
        httpx.Response(429, headers={"Retry-After": "3600"}),
        httpx.RemoteProtocolError("dropped"),
    ],
)
def test_photos_that_fail_wait_and_keep_no_profile_waiting(odd: httpx.Response | Exception) -> None:
    """After a few no more are tried in this round; once they go through, all are sent, and nothing else."""
    broken = [odd]
    operoo = Odd(lambda _, last, __: broken[0] if broken and last == "photo" else None)
    staging = Staging(*(staged(number, photo="a" * 64) for number in range(1, 9)))
    for _ in range(2):
        with pytest.raises(IntegrationError, match="Photo of members"):
            worked(staging, operoo.client())
    assert {one.link for one in staging.students.values()} == {"linked"}
    assert operoo.calls["POST"] == 8
    assert operoo.calls["POST photo"] <= 2 * 3 * 3
    broken.clear()
    tried = operoo.calls["POST photo"]
    worked(staging, operoo.client())
    assert operoo.calls["POST photo"] - tried == 8
    assert operoo.calls["PATCH"] == 0
    assert not [one for one in staging.students.values() if work_of(one)]


def test_a_photo_that_the_school_removed_stays_and_the_timeline_says_so_once() -> None:
    """Nothing public shows that the interface can take one back; the school's own people can, if they know of it."""
    operoo = FakeOperoo()
    profiles = Profiles(operoo, OperooSettings(), lambda _: b"\xff\xd8\xff")

    def outcome_of(one: StagedRecord) -> Outcome:
        outcome = profiles.bring_in_step(one, {}, _store)
        assert outcome is not None
        return outcome

    before = staged(photo="a" * 64)
    after = outcome_of(before).of(before)
    assert after.applied_photo == "a" * 64
    gone = after.but(content=staged().content, digest=digest("gone"))
    outcome = outcome_of(gone)
    assert "stays until somebody deletes it there" in outcome.event.detail
    again = outcome.of(gone)
    assert again.applied_photo == ""
    assert "stays" not in outcome_of(again.but(digest="x")).event.detail
    assert len(operoo.photos) == 1


def test_a_refused_photo_counts_as_failed_and_a_sent_one_as_applied() -> None:
    """Also where nothing but the photo is sent; of a refusal the list has the code, the reason and the content it is about."""
    operoo = FakeOperoo()
    profiles = Profiles(operoo, OperooSettings(), lambda _: b"\xff\xd8\xff")
    plain = staged()
    linked = profiles.bring_in_step(plain, {}, _store)
    assert linked is not None
    lacking = linked.of(plain).but(content=staged(photo="a" * 64).content, digest=digest("photo"))

    def refuse(_: str) -> None:
        raise PhotoRefusedError("It is too small.")

    operoo.before, usual = refuse, operoo.before
    refused = profiles.bring_in_step(lacking, {}, _store)
    operoo.before = usual
    sent = profiles.bring_in_step(lacking, {}, _store)
    assert refused is not None
    assert refused.problem is not None
    assert sent is not None
    assert (refused.event.event, refused.event.counts) == ("photo refused", "failed")
    assert (refused.problem.code, refused.problem.digest) == ("operoo-photo", lacking.digest)
    assert "too small" in refused.problem.reason
    assert (sent.event.event, sent.event.counts, sent.problem) == ("photo sent", "applied", None)


def test_a_new_photo_finds_the_profile_in_which_another_has_ended() -> None:
    """Somebody merged two in Operoo since, and nothing but the photo is to be sent."""
    operoo = FakeOperoo()
    profiles = Profiles(operoo, OperooSettings(), lambda _: b"\xff\xd8\xff")
    plain = staged()
    linked = profiles.bring_in_step(plain, {}, _store)
    assert linked is not None
    operoo.profiles["77"] = operoo.profiles.pop(linked.operoo_id)
    sent = profiles.bring_in_step(
        linked.of(plain).but(content=staged(photo="a" * 64).content, digest=digest("photo")), {}, _store
    )
    assert sent is not None
    assert (sent.operoo_id, sent.problem, [*operoo.photos]) == ("77", None, ["77"])


def test_a_photo_that_waits_is_sent_though_the_profile_before_had_it() -> None:
    """Somebody merged two profiles in Operoo, and fails at the photo just then: what the one that is left has is not known."""
    broken = [httpx.Response(500)]

    def odd(_: str, last: str, __: str) -> httpx.Response | None:
        return httpx.Response(404) if last == "101" else broken[0] if broken and last == "photo" else None

    operoo, photo = Odd(odd), "a" * 64
    operoo.listed = [{"id": 200, "user_request_id": "1", "integration_member_id": "1"}]
    staging = Staging(staged(1, photo=photo, link="linked", operoo_id="101", applied="before", applied_photo=photo))
    with pytest.raises(IntegrationError, match="Photo of members 200"):
        worked(staging, operoo.client())
    broken.clear()
    worked(staging, operoo.client())
    assert operoo.calls["POST photo"] > 3
    assert staging.students["1"].applied_photo == photo
    assert work_of(staging.students["1"]) is None
