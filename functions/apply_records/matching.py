"""Which of Operoo's profiles is a record's: never two for one child, and never one that is another's."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from functions.operoo.errors import CreateInDoubtError, ForeignProfileError, OperooFailedError, ProfileGoneError
from functions.operoo.mapping import Identity, identity_of
from functions.operoo.protocol import Operoo, Profile
from functions.operoo.settings import OperooSettings
from functions.records.staged import StagedRecord
from shared.errors import FatalError, RejectedRecordError


class Matching:
    """Finds the one profile that is a record's.

    Args:
        operoo: Operoo, behind its protocol.
        settings: How this school's Operoo is spoken to.
        others: Returns the other records of which one of Operoo's profiles is, or was before they were let go.
    """

    def __init__(
        self, operoo: Operoo, settings: OperooSettings, others: Callable[[StagedRecord, str], list[StagedRecord]]
    ) -> None:
        self._operoo = operoo
        self._settings = settings
        self._others = others

    def existing(self, staged: StagedRecord, identity: Identity) -> Profile | None:
        """Return the one profile that is this record's, if there is one.

        Raises:
            RejectedRecordError: Several could be, or the one that carries our number is another's, or spells it otherwise.
        """
        found = self._found(identity, made=staged.link in {"intent", "linked"})
        ours = [profile for profile in found if profile.integration_id == identity.integration_id]
        candidates = ours or [profile for profile in found if profile.request_id == identity.request_id]
        if not candidates:
            _refuse_other_spelling(found)
        if len(candidates) > 1:
            raise RejectedRecordError(
                f"Operoo has {len(candidates)} profiles with this number ({', '.join(p.id for p in candidates)}).",
                remedy="Archive or merge all but one in Operoo, then resync this record from apply on.",
                code="profile-ambiguous",
            )
        if not candidates:
            return None
        if not ours:
            self._refuse_foreign(staged, identity, candidates[0])
        return candidates[0]

    def instead(self, staged: StagedRecord, identity: Identity, gone: ProfileGoneError) -> Profile:
        """Return the profile in which a linked one has ended, as when somebody merged two in Operoo.

        Raises:
            ProfileGoneError: There is none, or it cannot be told which.
            OperooFailedError: Nothing can be listed either, so that a profile is gone is not believed.
        """
        try:
            other = self.existing(staged, identity)
        except RejectedRecordError:
            other = None
        except FatalError as error:
            raise OperooFailedError(
                f"{gone.what} But nothing can be listed either: {error.what}", remedy=error.remedy
            ) from error
        if other is None:
            raise gone
        return other

    def created_unseen(self, identity: Identity) -> str:
        """Return the profile that a create made whose answer we never had, if it did."""
        found = self._found(identity, made=True)
        return next((profile.id for profile in found if profile.integration_id == identity.integration_id), "")

    def ended_in(self, identity: Identity, gone: str) -> str:
        """Return the profile that bears our mark in the place of one that is gone; empty if none does, or none is listed."""
        found: list[Profile] = []
        with suppress(FatalError):
            found = self._found(identity, made=True)
        return next((one.id for one in found if one.integration_id == identity.integration_id and one.id != gone), "")

    def refuse_doubt(self, staged: StagedRecord) -> None:
        """Wait where a create was begun so lately that a slow Operoo may still be at it, so that no profile proves nothing.

        Raises:
            CreateInDoubtError: It was.
        """
        patience = timedelta(seconds=self._settings.retries.create_again_after)
        begun_at = datetime.fromisoformat(staged.intent_at) if staged.link == "intent" and staged.intent_at else None
        if begun_at is not None and datetime.now(UTC) - begun_at < patience:
            raise CreateInDoubtError(f"{staged.kind} {staged.id}: Operoo does not show yet whether its profile was created.")

    def _found(self, identity: Identity, *, made: bool) -> list[Profile]:
        ours = {"request_id": identity.request_id, "integration_id": identity.integration_id}
        return self._operoo.find(identity.resource, **ours, made=made)

    def _refuse_foreign(self, staged: StagedRecord, identity: Identity, profile: Profile) -> None:
        """Leave a profile alone that has our number and not our mark, if it is another's or may not be linked.

        Raises:
            ForeignProfileError: It is another record's, such as that of whoever had this staff code before.
            RejectedRecordError: It was not made by us, and may not be linked.
        """
        others = self._others(staged, profile.id)
        same = [one.id for one in others if identity_of(one.record(), self._settings).request_id == identity.request_id]
        if profile.integration_id or same:
            whose = f"is that of {staged.kind} {same[0]}" if same else "bears the identifier of another record"
            raise ForeignProfileError(
                f"Operoo's profile {profile.id} has this number, and {whose}.",
                remedy="Correct the number of one of them, or archive that profile in Operoo. "
                "Then resync this record from apply on.",
            )
        if self._settings.existing_profile == "park":
            raise RejectedRecordError(
                f"Operoo's profile {profile.id} has this number, but was not made by this integration.",
                remedy="Correct the number in Operoo, or let existing profiles be linked (existing_profile).",
                code="profile-foreign",
            )


def _refuse_other_spelling(found: list[Profile]) -> None:
    """Create nobody whose number somebody has already, spelled otherwise: it is that person, whom the family would get twice.

    Raises:
        RejectedRecordError: There is such a profile, and it is nobody's whom we brought.
    """
    for profile in found:
        if not profile.integration_id:
            raise RejectedRecordError(
                f"Operoo's profile {profile.id} has this number in another spelling, such as with zeros in front.",
                remedy="If it is the same person, write the number there as Synergetic has it. Else archive that profile, or "
                "correct its number. Then resync this record from apply on.",
                code="profile-foreign",
            )
