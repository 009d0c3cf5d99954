"""What applying one record means in Operoo: which calls, in which order, and what is known afterwards.

Nothing is stored here but the intent before a create; the caller stores the outcome.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from functions.apply_records.looking import Looking, had_in_words
from functions.apply_records.matching import Matching
from functions.apply_records.photos import Photos
from functions.operoo.errors import (
    MADE_AGAIN,
    ListingIncompleteError,
    PhotoNowhereError,
    ProfileGoneError,
    RefusedError,
)
from functions.operoo.listing import texts_in
from functions.operoo.mapping import RESOURCE_OF, Identity, fields_of, identity_of
from functions.operoo.protocol import RESOURCES, Operoo, Resource
from functions.operoo.settings import OperooSettings
from functions.records.staged import Counted, Event, Link, Problem, Shown, StagedRecord, beside, photo_stays
from shared.digests import digest
from shared.errors import FatalError, RejectedRecordError
from shared.owners import Kind, owner_key
from shared.records import Group, Record

_FEW = 3
_NO_ADDRESS = "; not the e-mail address, which Operoo does not take"
_UNLOCK = "If Operoo has locked it, switch Managed Locally on and off there; then resync this record from apply on."
_STILL_ASKED = {
    "no-request-email": "Operoo goes on asking whom it asked before. If that person may not be asked any more, as after a "
    "court order, see to it in Operoo at once.",
    "no-staff-email": "Operoo keeps the address that it had.",
}
_ASKED: dict[Kind, tuple[str, ...]] = {"student": ("request_email", "request_mobile"), "staff": ("request_email",)}
_STILL_THERE = "Look at that profile in Operoo, or archive it there by hand. Then resync this record from apply on."
_STAYS = "; the school has no photo any more, and the one in Operoo stays until somebody deletes it there"


@dataclass(frozen=True)
class Outcome:
    """What is known of a record after it was applied. An attribute that is None stays as it was; `content` was applied."""

    link: Link
    event: Event
    operoo_id: str
    applied_fields: str
    applied: str | None = None
    content: str = ""
    applied_photo: str | None = None
    shown: Shown | None = None
    problem: Problem | None = None

    def of(self, staged: StagedRecord) -> StagedRecord:
        """Return the record as it is now; what came from the school meanwhile stays and remains to be applied."""
        given = {name: value for name in ("applied", "applied_photo", "shown") if (value := getattr(self, name)) is not None}
        overtaken = beside(staged, self.content) if self.applied != staged.digest else ""
        return staged.but(
            link=self.link,
            intent_at="",
            operoo_id=self.operoo_id,
            applied_fields=self.applied_fields,
            applied_content=overtaken,
            problem=self.problem,
            links_changed=False,
            **given,
        )


@dataclass(frozen=True)
class _Settled:
    """What came of bringing a profile's fields in step.

    Attributes:
        did: What was done, None if nothing had to be sent.
        sent: The fields that Operoo has now.
        shown: What Operoo itself showed, None if nothing had to be sent.
        without_address: Why the e-mail address is not among them; empty if it is.
    """

    operoo_id: str
    did: str | None
    sent: Mapping[str, object]
    shown: Shown | None = None
    without_address: str = ""


class _Sending(NamedTuple):
    """Where fields are sent to.

    Attributes:
        did: As what that is noted.
        had: What Operoo showed there before, as far as that is known.
        look: Look afterwards, too, if the answer does not show it.
    """

    resource: Resource
    operoo_id: str
    did: str
    had: Mapping[str, str] = MappingProxyType({})
    look: bool = False


class Profiles:
    """Applies records to Operoo, one at a time.

    Args:
        operoo: Operoo, behind its protocol.
        settings: How this school's Operoo is spoken to.
        photo: Reads a photo's bytes by their digest.
        others: Returns the other records of which one of Operoo's profiles is, or was before they were let go.

    Attributes:
        photos: Sends their photos.
    """

    def __init__(
        self,
        operoo: Operoo,
        settings: OperooSettings,
        photo: Callable[[str], bytes],
        others: Callable[[StagedRecord, str], list[StagedRecord]] = lambda *_: [],
    ) -> None:
        self._operoo = operoo
        self._others = others
        self._settings = settings
        self._matching = Matching(operoo, settings, others)
        self._looking = Looking(operoo, settings)
        self.photos = Photos(operoo, settings, photo)

    def forget_listing(self) -> None:
        """Make the next look-up in Operoo a fresh one."""
        self._operoo.forget()

    def may_create(self, kind: Kind, known: Collection[str]) -> None:
        """Check, before something is created, that the listing in which it was not found shows what is known to be there.

        A few may have been removed by hand. Not even half of them there is another thing: one page of several, perhaps. And
        once there is one of ours, a listing in which nobody has a place for our identifiers is none to look anybody up in.

        Args:
            kind: What is to be created.
            known: Operoo's identifiers of some that are linked, empty of one whose create was begun.

        Raises:
            ListingIncompleteError: It does not.
            FatalError: Nothing of ours would be seen in it.
        """
        resource = RESOURCE_OF[kind]
        shown, linked = len(self._operoo.listed(resource, known)), sum(map(bool, known))
        if linked < _FEW or not self._settings.resource(resource).listing.require_known:
            return
        if 2 * shown < linked:
            raise ListingIncompleteError(
                f"Operoo's listing of {resource} shows {shown} of {linked} that are linked, so no {kind} is created.",
                remedy="If they were removed in Operoo, resync with the step apply. Else the listing is not whole: see to "
                "page_parameter or require_known in the Operoo settings.",
            )

    def lists_beside(self, kind: Kind) -> bool:
        """Return whether Operoo lists anything beside a kind: then it is that list alone that it refuses."""
        for resource in RESOURCES:
            if resource != RESOURCE_OF[kind]:
                with suppress(FatalError):
                    self._operoo.listed(resource, ())
                    return True
        return False

    def not_listed(self, kind: Kind, operoo_ids: Collection[str]) -> set[str]:
        """Return those of these profiles that Operoo's listing does not show, so that they may be gone."""
        return {*operoo_ids} - self._operoo.listed(RESOURCE_OF[kind], operoo_ids) if operoo_ids else set()

    def named_by(self, record: Record) -> dict[Kind, tuple[str, ...]]:
        """Return whom a record names in Operoo: a group's members and staff, and the group that a class stands below."""
        if not isinstance(record, Group):
            return {}
        below = record.type == "class" and record.year_level and self._settings.class_parent == "year_level"
        parent = (owner_key("year_level", record.campus, record.year_level),) if below else ()
        return {"student": record.members, "staff": record.staff, "group": parent}

    def bring_in_step(
        self, staged: StagedRecord, links: Mapping[str, str], store_intent: Callable[[StagedRecord], None]
    ) -> Outcome | None:
        """Create, link again or update the profile of a selected record that is present.

        A photo that fails on the way to Operoo waits for the next round; the profile does not wait for it. If nothing but such
        a photo is to be sent, there is no outcome.

        Args:
            staged: The record.
            links: Operoo's identifiers of the people in a group.
            store_intent: Stores that a profile is about to be created, and when.

        Raises:
            RejectedRecordError: Operoo does not take it, or it is not clear which profile is meant.
            TransientError: Try again later; after a `CreateInDoubtError` the intent stands.
        """
        record = staged.record()
        identity = identity_of(record, self._settings)
        fields, unasked = self._fields(staged, record, links)
        settled = self._ensure_profile(staged, identity, fields, store_intent)
        operoo_id, did = settled.operoo_id, settled.did
        fresh = did not in {None, "updated"}
        photo = self.photos.lacking(staged, record, fresh=fresh)
        problem, waits = None, False
        if photo:
            try:
                problem, waits = self.photos.send(photo, identity.resource, operoo_id, staged, is_there=did is not None)
            except PhotoNowhereError:
                # Nothing else was to be sent, so it may be that somebody merged the profile or removed it: the fields tell.
                return self.bring_in_step(staged.but(applied_fields=""), links, store_intent)
        if photo and did is None:
            if waits:
                return None
            did = "photo refused" if problem else "photo sent"
        stays = photo_stays(staged)
        had = had_in_words(settled.shown) if settled.shown else ""
        detail = f"Operoo {operoo_id}{had}{_NO_ADDRESS if settled.without_address else ''}{_STAYS if stays else ''}"
        return Outcome(
            link="linked",
            event=Event(event=did or "in step", detail=detail, counts=_counted(did)),
            operoo_id=operoo_id,
            applied=None if waits else staged.digest,
            content=staged.content,
            applied_fields=digest(settled.sent),
            applied_photo=("" if fresh else None) if waits else photo.digest if photo else "" if stays else None,
            shown=settled.shown,
            problem=unasked or _without_address(staged, settled.without_address) or problem,
        )

    def _fields(
        self, staged: StagedRecord, record: Record, links: Mapping[str, str]
    ) -> tuple[Mapping[str, object], Problem | None]:
        """Return what Operoo is to be told, and the problem if nobody may be asked any more about somebody who is there.

        Then whom Operoo asks stays, for a person to decide; but who may not be told any more must not stand among the contacts
        for want of another address.

        Raises:
            RejectedRecordError: Operoo would not take it.
        """
        try:
            return fields_of(record, self._settings, links=links), None
        except RejectedRecordError as nobody:
            if nobody.code not in _STILL_ASKED or staged.link != "linked":
                raise
            reason = f"{nobody.what} All else was sent. {_STILL_ASKED[nobody.code]} {nobody.remedy}"
            problem = Problem(code=nobody.code, reason=reason, digest=staged.digest)
        lenient = self._settings.model_copy(update={"require_request_email": False, "require_staff_email": False})
        names = self._settings.resource(RESOURCE_OF[staged.kind]).fields
        kept = {names.get(name) for name in _ASKED[staged.kind]}
        return {name: value for name, value in fields_of(record, lenient, links=links).items() if name not in kept}, problem

    def let_go(self, staged: StagedRecord, *, archive: bool) -> Outcome:
        """Archive a profile, or only take our mark off it: off the one in which it ended, if somebody merged two in Operoo.

        One that is gone already needs nothing.

        Raises:
            RejectedRecordError: Operoo does not take it.
            TransientError: Try again later, above all while it is not known whether there is a profile.
        """
        identity = identity_of(staged.record(), self._settings)
        # While a create is in doubt the earlier profile, if there was one, was gone already, or had become another's.
        operoo_id = self._matching.created_unseen(identity) if staged.link == "intent" else staged.operoo_id
        if not operoo_id:
            self._matching.refuse_doubt(staged)
            archive = True
        else:
            try:
                self._leave(identity.resource, operoo_id, archive=archive)
            except ProfileGoneError:
                if other := self._matching.ended_in(identity, operoo_id):
                    operoo_id = other
                    self._leave(identity.resource, operoo_id, archive=archive)
                else:
                    archive = True
        link: Link = "archived" if archive else "unlinked"
        return Outcome(
            link=link,
            event=Event(
                event=link, detail=f"Operoo {operoo_id}" if operoo_id else "no profile", counts="applied" if operoo_id else ""
            ),
            operoo_id=operoo_id or staged.operoo_id,
            applied="",
            applied_fields="",
            applied_photo="",
            shown=Shown(),
        )

    def _leave(self, resource: Resource, operoo_id: str, *, archive: bool) -> None:
        try:
            (self._operoo.archive if archive else self._operoo.unlink)(resource, operoo_id)
        except RefusedError as refusal:
            # Whoever is gone from the school cannot be corrected there.
            refusal.remedy = _STILL_THERE
            raise

    def _ensure_profile(
        self,
        staged: StagedRecord,
        identity: Identity,
        fields: Mapping[str, object],
        store_intent: Callable[[StagedRecord], None],
    ) -> _Settled:
        """See to it that there is one profile with these fields."""
        resource = identity.resource
        if staged.link == "linked":
            if digest(fields) == staged.applied_fields:
                return _Settled(staged.operoo_id, None, fields)
            had = self._looking.before(staged)
            try:
                return self._update(_Sending(resource, staged.operoo_id, "updated", had, look=bool(had)), fields)
            except (ProfileGoneError, RefusedError) as error:
                other = self._matching.instead(staged, identity, self._gone(error, resource, staged.operoo_id))
                return self._update(_Sending(resource, other.id, "linked"), fields)
        if staged.operoo_id and not any(one.link == "linked" for one in self._others(staged, staged.operoo_id)):
            try:
                return self._update(_Sending(resource, staged.operoo_id, "linked again"), fields)
            except ProfileGoneError:
                pass
            except RefusedError:
                # An archive may be for good. Where it is something else that is refused, so will be the create.
                if staged.link == "unlinked" or self._operoo.listed(resource, [staged.operoo_id]):
                    raise
        existing = self._matching.existing(staged, identity)
        if existing is not None:
            had = texts_in(existing.fields, self._settings.resource(resource))
            return self._update(_Sending(resource, existing.id, "linked", had), fields)
        self._matching.refuse_doubt(staged)
        store_intent(staged)
        created = self._operoo.create(resource, fields)
        return _Settled(created.id, "created", fields, self._looking.compared(resource, fields, created.shows, {}))

    def _gone(self, error: ProfileGoneError | RefusedError, resource: Resource, operoo_id: str) -> ProfileGoneError:
        """Return that a profile is gone: Operoo says so, or refuses what it does not list, as where somebody archived it.

        Raises:
            RefusedError: It is there, or the listing tells nothing; so its content is what is refused.
        """
        if isinstance(error, ProfileGoneError):
            return error
        with suppress(FatalError):
            if not self._operoo.listed(resource, [operoo_id]):
                return ProfileGoneError(f"{error.what} Nor does Operoo list it any more.", remedy=MADE_AGAIN)
        raise error

    def _update(self, to: _Sending, fields: Mapping[str, object]) -> _Settled:
        """Update a profile; without the address if that is all that Operoo does not take, as when it has written to it.

        Whether it refuses another one then, or says yes and keeps the old one, is not public.
        """
        address = self._settings.resource(to.resource).fields.get("request_email")
        rest = {name: value for name, value in fields.items() if name != address}
        refused, sent = "", fields
        try:
            shows = self._operoo.update(to.resource, to.operoo_id, fields)
        except RefusedError as refusal:
            if refusal.fields != {address}:
                raise
            refused, sent = refusal.what, rest
            shows = self._operoo.update(to.resource, to.operoo_id, rest)
        if to.look and not shows:
            shows = self._looking.after(to.resource, to.operoo_id)
        shown = self._looking.compared(to.resource, sent, shows, to.had)
        if address in sent and shown.has.get("request_email"):
            refused, sent = f"Operoo says yes to {to.resource} {to.operoo_id}, and keeps another {address}.", rest
        return _Settled(to.operoo_id, to.did, sent, shown, refused)


def _without_address(staged: StagedRecord, why: str) -> Problem | None:
    """Return the problem that Operoo took all of a profile but the address; nothing if it took that, too."""
    if not why:
        return None
    reason = f"{why} All else was sent. {_UNLOCK}"
    return Problem(code="operoo-address", reason=reason, digest=staged.digest)


def _counted(did: str | None) -> Counted | Literal[""]:
    """Return as what is counted what was done to bring a profile in step."""
    if did is None:
        return ""
    return "failed" if did == "photo refused" else "applied"
