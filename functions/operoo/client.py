"""Operoo over HTTP: the protocol's methods as calls. Paths, verbs and names come from the settings, meaning from `answers`."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from urllib.parse import quote

import httpx

from functions.operoo.answers import identifier_text, item_of, json_of, shown_in
from functions.operoo.encoding import encode
from functions.operoo.errors import (
    CALL_UNKNOWN,
    CreatedUnnamedError,
    CreateInDoubtError,
    NumberTakenError,
    OperooForbiddenError,
    PhotoNowhereError,
    PhotoRefusedError,
    ProfileGoneError,
    RefusedCreateError,
    RefusedError,
)
from functions.operoo.listing import Listing, integration_names, profile_of, texts_in
from functions.operoo.listings import Listings
from functions.operoo.protocol import RESOURCES, Created, Profile, Resource
from functions.operoo.settings import OperooSettings, ResourceSettings
from functions.operoo.transport import Call, Transport
from shared.errors import RejectedRecordError, SettingsError, TransientError

_LOOK_UP = "It is looked up before it is tried again."
_TAKEN = (
    "If another profile has this number, look for it in Operoo, perhaps among the archived, and correct one of the two. "
    "Then resync this record from apply on."
)


class OperooClient:
    """The `Operoo` protocol over HTTP, with one school's settings.

    Args:
        settings: How this school's Operoo is spoken to.
        transport: Makes the calls.
    """

    def __init__(self, settings: OperooSettings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport
        self._listings = Listings(settings, transport)
        # What is written is noted in the other, so that it would seem to have been there; and it may be read for each call.
        self._looks = Listings(settings, transport)
        self._looked: dict[Resource, Listing] = {}
        self._contacts_name = settings.resources.members.fields.get("contacts", "")
        # Identifiers of ours whose profile may have come to be since the listing was read.
        self._doubts: dict[Resource, set[str]] = {resource: set() for resource in RESOURCES}

    def forget(self) -> None:
        """Forget what was listed: the next `find` reads it again."""
        for resource in RESOURCES:
            self._listings.forget(resource)
        self._looked.clear()

    def find(self, resource: Resource, *, request_id: str, integration_id: str, made: bool = False) -> list[Profile]:
        """Return every profile that carries either identifier; a group is found by its integration identifier alone.

        Args:
            resource: Where to look.
            request_id: The school's number.
            integration_id: Our mark.
            made: We made it, or began to: a listing in which nothing of ours would be seen tells nothing then.

        Raises:
            FatalError: The listing cannot be understood, so nothing may be created.
        """
        number = "" if resource == "groups" else request_id
        if not self._doubts[resource].isdisjoint({number, integration_id}):
            self._listings.forget(resource)
            self._doubts[resource].clear()
        if made:
            self._listings.check_shows_ours(resource)
        return self._listings.of(resource).find(request_id=number, integration_id=integration_id)

    def listed(self, resource: Resource, operoo_ids: Collection[str]) -> set[str]:
        """Return those of these profiles that the listing shows.

        Raises:
            FatalError: The listing cannot be understood.
        """
        if operoo_ids:
            self._listings.check_shows_ours(resource)
        listing = self._listings.of(resource)
        return {one for one in operoo_ids if listing.get(one) is not None}

    def shown(self, resource: Resource, operoo_id: str, *, again: bool = False) -> Mapping[str, str]:
        """Return what a listing shows of a profile's texts; empty if it does not show the profile.

        Raises:
            FatalError: The listing cannot be understood.
        """
        if again or resource not in self._looked:
            self._looks.forget(resource)
            self._looked[resource] = self._looks.of(resource)
        profile = self._looked[resource].get(operoo_id)
        return texts_in(profile.fields, self._settings.resource(resource)) if profile else {}

    def create(self, resource: Resource, fields: Mapping[str, object]) -> Created:
        """Create a profile.

        Raises:
            CreateInDoubtError: It may or may not exist now: look before trying again.
            NumberTakenError: Another profile has our number: look for it.
            RejectedRecordError: Operoo does not accept these fields.
            FatalError: It may be there, in a listing in which nobody has a place for an identifier of ours.
        """
        self._listings.check_is_new(resource, fields)
        try:
            created = self._create(resource, self._body(resource, fields))
        except (CreateInDoubtError, NumberTakenError, OperooForbiddenError):
            # Who is sent elsewhere may have been sent to the profile that was made.
            self._doubt(resource, fields)
            raise
        try:
            self._send_contacts(resource, created.id, fields)
        except TransientError as error:
            # The profile exists, but whoever called does not know its identifier yet and must find it: the listing has it.
            raise CreateInDoubtError(error.what, remedy=_LOOK_UP) from error
        return created

    def update(self, resource: Resource, operoo_id: str, fields: Mapping[str, object]) -> Mapping[str, str]:
        """Set fields of a profile; return what the answer shows of its texts, and nothing if it shows none.

        Raises:
            ProfileGoneError: Operoo has no such profile any more.
            RejectedRecordError: Operoo does not accept these fields.
        """
        archive = self._settings.archive
        restoring = {archive.field: archive.restored} if archive.verb == "patch" else {}
        answer = self._patch(resource, operoo_id, {**self._body(resource, fields), **restoring}, doing="Updating")
        self._send_contacts(resource, operoo_id, fields)
        settings = self._settings.resource(resource)
        return texts_in(shown_in(answer, {settings.wrapper, "data", *settings.listing.keys}, operoo_id), settings)

    def archive(self, resource: Resource, operoo_id: str) -> None:
        """Archive a profile.

        Raises:
            ProfileGoneError: Operoo has no such profile any more.
        """
        archive = self._settings.archive
        if archive.verb == "patch":
            self._patch(resource, operoo_id, {archive.field: archive.value}, doing="Archiving")
        else:
            path = self._path(resource, operoo_id)
            self._transport.make(Call("DELETE", path, f"Archiving {resource} {operoo_id}", names_profile=True))
        self._listings.drop(resource, operoo_id)

    def unlink(self, resource: Resource, operoo_id: str) -> None:
        """Take our mark off a profile and leave everything else as it is.

        Raises:
            ProfileGoneError: Operoo has no such profile any more.
        """
        mark = self._settings.resource(resource).fields["integration_id"]
        self._patch(resource, operoo_id, {mark: ""}, doing="Unlinking")

    def set_photo(self, resource: Resource, operoo_id: str, content: bytes, type: str) -> None:  # noqa: A002 - the protocol's word
        """Set a profile's photo (`type` is jpeg, png or gif), or do nothing where photos are off.

        Raises:
            PhotoRefusedError: Operoo does not accept this photo, or knows no photo at this path.
        """
        photos = self._settings.photos
        if photos.style == "off":
            return
        # The file's name says nothing about the person.
        files = {photos.field: (f"photo.{type}", content, f"image/{type}")}
        call = Call(photos.method, photos.path, f"Photo of {resource} {operoo_id}", files=files, sent=(photos.field,))
        try:
            self._make_below(call, resource, operoo_id)
        except (SettingsError, RejectedRecordError) as error:
            # That photos can be sent, and where, is our assumption: its failure must not stop everything else.
            remedy = "Check the photo in Synergetic, or `photos` in the Operoo settings; its style may be off."
            refused = PhotoNowhereError if error.code == CALL_UNKNOWN else PhotoRefusedError
            raise refused(error.what, remedy=remedy) from error

    def _doubt(self, resource: Resource, fields: Mapping[str, object]) -> None:
        """Look for this one in a listing that is yet to be read; the next one need not be."""
        names = self._settings.resource(resource).fields
        ours = (fields.get(names.get(name, "")) for name in ("integration_id", "request_id"))
        self._doubts[resource] |= {str(one) for one in ours if one}

    def _create(self, resource: Resource, fields: Mapping[str, object]) -> Created:
        settings = self._settings.resource(resource)
        content, content_type = encode(fields, wrapper=settings.wrapper, encoding=self._settings.encoding)
        what = f"Creating one of {resource}"
        call = Call(
            "POST", settings.path, what, content=content, content_type=content_type, sent=tuple(fields), repeatable=False
        )
        try:
            answer = self._transport.make(call)
        except RefusedError as refusal:
            if self._is_taken(resource, refusal):
                raise NumberTakenError(refusal.what, remedy=_TAKEN) from refusal
            raise RefusedCreateError(refusal.what, remedy=refusal.remedy) from refusal
        created = self._created(resource, answer, fields, what)
        self._listings.note(resource, created.id, fields)
        return created

    def _created(self, resource: Resource, answer: httpx.Response, fields: Mapping[str, object], what: str) -> Created:
        """Return the profile that was made, as far as the answer tells it.

        Raises:
            CreatedUnnamedError: It does not.
            RejectedRecordError: It names a profile that was there before.
        """
        settings = self._settings.resource(resource)
        try:
            item = _profile_in(answer, settings)
            shown = profile_of(item, settings, resource)
        except ValueError as error:
            raise CreatedUnnamedError(f"{what}: Operoo said yes, but {error}.", remedy=_LOOK_UP) from error
        operoo_id, mark = identifier_text(item["id"]), fields.get(settings.fields["integration_id"])
        if (shown and shown.integration_id not in {"", mark}) or self._listings.shown(resource, operoo_id):
            # As where a profile is known by its e-mail address, which brothers and sisters share.
            raise RejectedRecordError(
                f"{what}: Operoo answered with its profile {operoo_id}, which was there before and is another's.",
                remedy="Look at that profile in Operoo. Once both can be told apart there, resync this record from apply on.",
                code="profile-foreign",
            )
        return Created(operoo_id, {} if answer.status_code == httpx.codes.ACCEPTED else texts_in(item, settings))

    def _patch(self, resource: Resource, operoo_id: str, fields: Mapping[str, object], *, doing: str) -> httpx.Response:
        wrapper = self._settings.resource(resource).wrapper
        content, content_type = encode(fields, wrapper=wrapper, encoding=self._settings.encoding)
        what, path = f"{doing} {resource} {operoo_id}", self._path(resource, operoo_id)
        call = Call("PATCH", path, what, content=content, content_type=content_type, sent=tuple(fields), names_profile=True)
        try:
            answer = self._transport.make(call)
        except ProfileGoneError:
            self._listings.drop(resource, operoo_id)
            raise
        except RefusedError as refusal:
            if self._is_taken(resource, refusal):
                refusal.remedy = _TAKEN
            raise
        self._listings.note(resource, operoo_id, fields)
        return answer

    def _is_taken(self, resource: Resource, refusal: RefusedError) -> bool:
        """Tell whether something is refused because another profile has our number or mark."""
        names = self._settings.resource(resource).fields
        ours = {names.get(name) for name in ("integration_id", "request_id")}
        return refusal.status == httpx.codes.CONFLICT or not refusal.fields.isdisjoint(ours)

    def _send_contacts(self, resource: Resource, operoo_id: str, fields: Mapping[str, object]) -> None:
        """Send a student's contacts to a path of their own, as a whole list, where the settings say so."""
        contacts, name = self._settings.contacts, self._contacts_name
        if contacts.style != "resource" or resource != "members" or name not in fields:
            return
        content, content_type = encode({name: fields[name]}, wrapper="", encoding=self._settings.encoding)
        what = f"Contacts of {resource} {operoo_id}"
        self._make_below(
            Call("PUT", contacts.path, what, content=content, content_type=content_type, sent=(name,)), resource, operoo_id
        )

    def _make_below(self, call: Call, resource: Resource, operoo_id: str) -> None:
        """Make a call to a path below a profile.

        Such a path is an assumption, so its 404 does not say that the profile is gone: that would make a second profile.
        """
        path = call.path.format(resource=self._settings.resource(resource).path, id=quote(operoo_id, safe=""))
        self._transport.make(replace(call, path=path))

    def _body(self, resource: Resource, fields: Mapping[str, object]) -> Mapping[str, object]:
        """Leave the contacts out of the body where they have a path of their own."""
        if resource != "members" or self._settings.contacts.style != "resource":
            return fields
        return {name: value for name, value in fields.items() if name != self._contacts_name}

    def _path(self, resource: Resource, operoo_id: str) -> str:
        return f"{self._settings.resource(resource).path}/{quote(operoo_id, safe='')}"


def _profile_in(answer: httpx.Response, settings: ResourceSettings) -> Mapping[str, object]:
    """Return the profile in the answer to a create: what is called so, or bears a mark of ours.

    Anything else with an identifier may be the job that is yet to be done, or the school: its number is not a profile's.

    Raises:
        ValueError: There is none.
    """
    body = json_of(answer)
    if answer.status_code != httpx.codes.ACCEPTED:
        with suppress(ValueError):
            return item_of(body, {settings.wrapper, "data", *settings.listing.keys})
    item = item_of(body)
    if not any(identifier_text(item.get(name)) for name in integration_names(settings)):
        raise ValueError("not which profile that is")
    return item
