"""Who is in doubt or leaves just then, what comes while others work, and photos that a school does not send."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.apply_records.photos import Photos
from functions.apply_records.profiles import Profiles
from functions.operoo.errors import CreateInDoubtError, RefusedError
from functions.operoo.settings import OperooSettings
from functions.records.staged import Change, StagedRecord, action_of
from functions.store.conflicts import ChangedMeanwhileError
from tests.integration.fake_operoo import FakeOperoo
from tests.unit.test_apply_rounds import Odd, Staging, staged, worked

LONG_AGO = (datetime.now(UTC) - timedelta(days=1)).isoformat()


def let_go(operoo: FakeOperoo, one: StagedRecord, *, archive: bool = True) -> tuple[str, str]:
    """Let somebody go; return the link after it, and the profile."""
    outcome = Profiles(operoo, OperooSettings(), lambda _: b"").let_go(one, archive=archive)
    return outcome.link, outcome.operoo_id or ""


def test_a_profile_that_we_did_not_make_is_not_archived_for_one_that_we_may_have_made() -> None:
    """It has the number, and not our mark: somebody entered it by hand."""
    operoo = FakeOperoo()
    operoo.add("members", user_request_id="1")
    assert let_go(operoo, staged(link="intent", intent_at=LONG_AGO)) == ("archived", "")
    assert len(operoo.living("members")) == 1


def test_a_profile_that_a_create_made_unseen_is_archived() -> None:
    """Else a child who has left would keep a profile that nobody knows of."""
    operoo = FakeOperoo()
    made = operoo.add("members", user_request_id="1", integration_member_id="1")
    assert let_go(operoo, staged(link="intent", intent_at=LONG_AGO)) == ("archived", made)
    assert operoo.living("members") == []


def test_the_profile_of_before_is_remembered_though_a_create_came_to_nothing() -> None:
    """Who comes back gets it back, if Operoo has it still."""
    assert let_go(FakeOperoo(), staged(link="intent", operoo_id="5", intent_at=LONG_AGO)) == ("archived", "5")


def test_a_create_of_just_now_is_waited_for() -> None:
    """A slow Operoo may still be at it."""
    with pytest.raises(CreateInDoubtError):
        let_go(FakeOperoo(), staged(link="intent", intent_at=datetime.now(UTC).isoformat()))


def test_a_profile_that_is_gone_anyway_is_not_unlinked_but_archived() -> None:
    """There is nothing any more that could be linked again."""
    assert let_go(FakeOperoo(), staged(link="linked", operoo_id="77"), archive=False) == ("archived", "77")


@pytest.mark.parametrize("archive", [True, False])
def test_where_a_profile_may_not_be_let_go_the_remedy_is_in_operoo(*, archive: bool) -> None:
    """Who has left cannot be corrected in Synergetic, and changes there no more."""

    def refuse(_: str) -> None:
        raise RefusedError("Archiving members 1: Operoo does not accept it.", remedy="Correct the record in Synergetic.")

    operoo = FakeOperoo()
    here = operoo.add("members", user_request_id="1", integration_member_id="1")
    operoo.before = refuse
    with pytest.raises(RefusedError, match="archive it there by hand"):
        let_go(operoo, staged(link="linked", operoo_id=here), archive=archive)


def test_what_an_earlier_create_made_is_found_though_it_was_not_listed_when_this_round_began() -> None:
    """Whoever began it did not live to tell, and Operoo is still at it while this round reads its listing."""

    def late(method: str, _: str, __: str) -> None:
        if method == "POST":
            operoo.listed.append({"id": 300, "user_request_id": "2", "integration_member_id": "2"})

    operoo = Odd(late)
    staging = Staging(staged(1), staged(2, link="intent", intent_at=LONG_AGO))
    worked(staging, operoo.client())
    assert (operoo.calls["POST"], staging.students["2"].operoo_id) == (1, "300")


def test_what_was_done_is_kept_beside_what_was_staged_meanwhile() -> None:
    """The child is in Operoo, and has another class since: neither is lost."""

    class Meanwhile(Staging):
        def save_one(self, change: Change) -> StagedRecord:
            before = self.students[change.record.id]
            if change.record.link == "linked" and before.sequence == 0:
                self.students[before.id] = before.but(content=staged(photo="a" * 64).content, digest="new", sequence=9)
                raise ChangedMeanwhileError("A snapshot was faster.")
            return super().save_one(change)

    staging = Meanwhile(staged())
    worked(staging, Odd(lambda *_: None).client())
    one = staging.students["1"]
    assert (one.link, one.operoo_id, one.digest, one.sequence) == ("linked", "101", "new", 9)
    assert action_of(one) == "update"


def test_who_is_in_step_is_told_as_that_and_counts_as_nothing() -> None:
    """Nothing was sent, and above all no photo."""
    operoo, new = FakeOperoo(), staged()
    profiles = Profiles(operoo, OperooSettings(), lambda _: b"")
    made = profiles.bring_in_step(new, {}, lambda _: None)
    assert made is not None
    operoo.calls.clear()
    again = profiles.bring_in_step(made.of(new), {}, lambda _: None)
    assert again is not None
    assert (again.event.event, again.event.counts, operoo.calls) == ("in step", "", [])


@pytest.mark.parametrize(("style", "fresh", "before", "lacks"), [
    ("multipart", False, "", True),
    ("multipart", False, "a" * 64, False),
    ("multipart", True, "a" * 64, True),
    ("off", True, "", False),
])  # fmt: skip
def test_which_photo_is_lacking(style: str, before: str, *, fresh: bool, lacks: bool) -> None:
    """None where the school sends none, or has sent it; what a profile had before it was linked is not known."""
    settings = OperooSettings.model_validate({"photos": {"style": style}})
    photos = Photos(FakeOperoo(), settings, lambda _: b"")
    one = staged(photo="a" * 64, applied_photo=before)
    assert (photos.lacking(one, one.record(), fresh=fresh) is not None) is lacks
