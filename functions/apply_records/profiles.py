"""What applying one record means in Operoo: which calls, in which order, and what is known afterwards.

Nothing is stored here but the intent before a create; the caller stores the outcome.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from functions.operoo.errors import ProfileGoneError
from functions.operoo.mapping import Identity, fields_of, identity_of
from functions.operoo.protocol import Operoo, Profile
from functions.operoo.settings import OperooSettings
from functions.staged import Event, Link, StagedRecord
from shared.digests import digest
from shared.errors import RejectedRecordError
from shared.records import Group, Record


@dataclass(frozen=True)
class Outcome:
    """What is known of a record after it was applied. An attribute that is None stays as it was."""

    link: Link
    event: Event
    operoo_id: str | None = None
    applied: str | None = None
    applied_fields: str | None = None
    applied_photo: str | None = None

    def of(self, staged: StagedRecord) -> StagedRecord:
        """Return the record as it is now; what came from the school meanwhile stays and remains to be applied."""
        given = {
            name: value
            for name in ("operoo_id", "applied", "applied_fields", "applied_photo")
            if (value := getattr(self, name)) is not None
        }
        return staged.but(link=self.link, problem=None, links_changed=False, **given)


class Profiles:
    """Applies records to Operoo, one at a time.

    Args:
        operoo: Operoo, behind its protocol.
        settings: How this school's Operoo is spoken to.
        photo: Reads a photo's bytes by their digest.
    """

    def __init__(self, operoo: Operoo, settings: OperooSettings, photo: Callable[[str], bytes]) -> None:
        self._operoo = operoo
        self._settings = settings
        self._photo = photo

    def bring_in_step(
        self, staged: StagedRecord, links: Mapping[str, str], store_intent: Callable[[StagedRecord], None]
    ) -> Outcome:
        """Create, link again or update the profile of a selected record that is present.

        Args:
            staged: The record.
            links: Operoo's identifiers of the people in a group.
            store_intent: Stores that a profile is about to be created.

        Raises:
            RejectedRecordError: Operoo does not take it, or it is not clear which profile is meant.
            TransientError: Try again later; after a `CreateInDoubtError` the intent stands.
        """
        record = staged.record()
        identity = identity_of(record, self._settings)
        fields = fields_of(record, self._settings, links=links)
        operoo_id, did = self._settle(staged, identity, fields, store_intent)
        photo = self._send_photo(staged, record, identity, operoo_id, did)
        if photo and did is None:
            did = "photo sent"
        return Outcome(
            link="linked",
            event=Event(event=did or "in step", detail=f"Operoo {operoo_id}"),
            operoo_id=operoo_id,
            applied=staged.digest,
            applied_fields=digest(fields),
            applied_photo=photo,
        )

    def let_go(self, staged: StagedRecord, *, archive: bool) -> Outcome:
        """Archive a profile, or only take our mark off it. One that is gone already needs nothing."""
        identity = identity_of(staged.record(), self._settings)
        operoo_id = staged.operoo_id or self._created_unseen(identity)
        if operoo_id and archive:
            self._operoo.archive(identity.resource, operoo_id)
        elif operoo_id:
            try:
                self._operoo.unlink(identity.resource, operoo_id)
            except ProfileGoneError:
                archive = True
        return Outcome(
            link="archived" if archive else "unlinked",
            event=Event(event="archived" if archive else "unlinked", detail=f"Operoo {operoo_id}" if operoo_id else "no profile"),
            operoo_id=operoo_id,
            applied="",
            applied_fields="",
            applied_photo="",
        )

    def _settle(
        self,
        staged: StagedRecord,
        identity: Identity,
        fields: Mapping[str, object],
        store_intent: Callable[[StagedRecord], None],
    ) -> tuple[str, str | None]:
        """See to it that there is one profile with these fields; return its id and what was done, None if nothing."""
        if staged.link == "linked":
            if digest(fields) == staged.applied_fields:
                return staged.operoo_id, None
            self._operoo.update(identity.resource, staged.operoo_id, fields)
            return staged.operoo_id, "updated"
        if staged.operoo_id:
            try:
                self._operoo.update(identity.resource, staged.operoo_id, fields)
            except ProfileGoneError:
                pass
            else:
                return staged.operoo_id, "linked again"
        existing = self._existing(identity)
        if existing is not None:
            self._operoo.update(identity.resource, existing.id, fields)
            return existing.id, "linked"
        if staged.link != "intent":
            store_intent(staged)
        return self._operoo.create(identity.resource, fields), "created"

    def _existing(self, identity: Identity) -> Profile | None:
        """Return the one profile that is this record's, if there is one.

        Raises:
            RejectedRecordError: Several could be, or the one that carries our number belongs to another.
        """
        found = self._operoo.find(
            identity.resource, request_id=identity.request_id, integration_id=identity.integration_id
        )
        ours = [profile for profile in found if profile.integration_id == identity.integration_id]
        candidates = ours or found
        if len(candidates) > 1:
            raise RejectedRecordError(
                f"Operoo has {len(candidates)} profiles with this number ({', '.join(p.id for p in candidates)}).",
                remedy="Archive or merge all but one in Operoo, then resync this record from apply on.",
                code="profile-ambiguous",
            )
        if not candidates:
            return None
        profile = candidates[0]
        if not ours and (profile.integration_id or self._settings.existing_profile == "park"):
            raise RejectedRecordError(
                f"Operoo's profile {profile.id} has this number, but was not made by this integration.",
                remedy="Correct the number in Operoo, or let existing profiles be linked (existing_profile).",
                code="profile-foreign",
            )
        return profile

    def _created_unseen(self, identity: Identity) -> str:
        """Return the profile that a create made whose answer we never had, if it did."""
        found = self._operoo.find(
            identity.resource, request_id=identity.request_id, integration_id=identity.integration_id
        )
        return next((profile.id for profile in found if profile.integration_id == identity.integration_id), "")

    def _send_photo(
        self, staged: StagedRecord, record: Record, identity: Identity, operoo_id: str, did: str | None
    ) -> str | None:
        """Send the photo if Operoo's profile does not have it yet; return its digest, None if nothing was sent."""
        if isinstance(record, Group) or record.photo is None:
            return None
        sent_before = staged.applied_photo if did in {None, "updated"} else ""
        if record.photo.digest == sent_before:
            return None
        try:
            content = self._photo(record.photo.digest)
        except ValueError as error:
            raise RejectedRecordError(
                f"The photo of {record.kind} {record.id} cannot be used: {error}.",
                remedy="Upload a resync manifest with full_read: the relay then sends all photos again.",
                code="photo-missing",
            ) from None
        self._operoo.set_photo(identity.resource, operoo_id, content, record.photo.type)
        return record.photo.digest
