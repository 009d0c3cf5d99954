"""The listings of all resources: read when first asked for, believed for a while, and kept in step with what we write."""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

import httpx

from functions.operoo.answers import identifier_text, is_refusal, items_of, json_of, next_address, plain_names, says_more
from functions.operoo.errors import ListingForbiddenError, ListingUnreadableError
from functions.operoo.listing import Listing, called, profile_of, shows_identifiers
from functions.operoo.protocol import Profile, Resource
from functions.operoo.settings import ListingSettings, OperooSettings
from functions.operoo.transport import Call, Transport
from shared.errors import FatalError, OperooUnavailableError, SettingsError

# A listing that takes long to read is believed for longer, so that reading it anew takes a tenth of the time at most.
_WORTH = 10
# An empty page may lead on, and a page may repeat another while profiles come and go; but not for ever.
_IDLE_PAGES = 2
# A list in pages is read so often at most, and no more once that took so long.
_READINGS = 3
_QUICK_S = 30
_BY_HAND = " Was all of it made by hand, and Operoo leaves out what is empty? Turn require_identifiers off for a first run."
_UNMARKED = "nothing in it shows a school number or an integration id"
# Stands for those without a name, so that a listing in which nobody has one is no other.
_NAMELESS = ""


class Listings:
    """What Operoo holds, per resource.

    Args:
        settings: Where the listings are read and how long they are believed.
        transport: Makes the calls, and has the clock.
    """

    def __init__(self, settings: OperooSettings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = transport.clock
        self._read: dict[Resource, tuple[float, Listing]] = {}  # with when it ceases to be believed
        self._useless: dict[Resource, FatalError] = {}
        self._organization = settings.organization_id

    def of(self, resource: Resource) -> Listing:
        """Return the listing of a resource, reading it if there is none or it is too old.

        Where Operoo refuses it or it cannot be understood, it is not asked for again until it is to be forgotten.

        Raises:
            ListingUnreadableError: The answer cannot be understood. It is never taken for an empty listing: everything would be
                made twice.
            ListingForbiddenError: Operoo refuses it.
        """
        if resource in self._useless:
            raise self._useless[resource]
        until, listing = self._read.get(resource, (0.0, None))
        if listing is None or self._clock() > until:
            begun_at, listing = self._clock(), self._allowed(resource)
            believed = self._settings.listing_seconds
            self._read[resource] = (begun_at + (believed and max(believed, _WORTH * (self._clock() - begun_at))), listing)
        return listing

    def pages(self, resource: Resource) -> Iterator[list[Mapping[str, object]]]:
        """Yield the listing page by page: one answer, or as many as are asked for by number, or as each leads to the next.

        A list that goes on in a way we cannot follow is not half a list: who is on its other pages would be made twice.

        Raises:
            FatalError: The answer cannot be understood, goes on in a way that cannot be followed, or does not end.
        """
        listing = self._settings.resource(resource).listing
        path, query = self._with_organization(listing.path), _page(listing, 1)
        seen: set[str] = set()
        idle = 0
        for number in range(1, self._settings.pages_most + 1):
            answer = self._transport.make(Call("GET", path, f"Listing {resource}", query=query))
            body, items = _read(resource, answer, listing.keys)
            yield items
            before = len(seen)
            seen.update(identifier_text(item.get("id")) for item in items)
            idle = idle + 1 if len(seen) == before else 0
            if idle > _IDLE_PAGES:
                raise _not_understood(resource, f"it does not end: {idle} pages in a row held nothing new")
            if listing.page_parameter and items:
                query = _page(listing, number + 1)
            elif not listing.page_parameter and (following := self._following(resource, answer, body)):
                path, query = following, ()
            elif says_more(answer, body, read=len(seen), pages=number):
                raise _not_understood(resource, f"it says that there is more than the {len(seen)} that could be read")
            else:
                return
        raise _not_understood(resource, f"it does not end after {self._settings.pages_most} pages")

    def check_shows_ours(self, resource: Resource) -> None:
        """Check, where something of ours is or may be in a listing, that it would be seen there.

        Raises:
            FatalError: Nobody in it has a place for an identifier of ours, however fresh it is.
        """
        if self.of(resource).unmarked:
            self.forget(resource)
        if self.of(resource).unmarked:
            raise _not_understood(resource, _UNMARKED, error=FatalError)

    def check_is_new(self, resource: Resource, fields: Mapping[str, object]) -> None:
        """Check, before something is made beside what has no place for an identifier, that it is not one of those.

        Who made it all by hand, in an Operoo that leaves out what is empty, has such a list until the first of ours is in it.

        Raises:
            FatalError: One of those is called the same.
        """
        if self._settings.resource(resource).listing.require_identifiers and resource in self._read:
            unmarked = self._read[resource][1].unmarked
            if not unmarked.isdisjoint(called(fields, self._settings.resource(resource))):
                why = f"{_UNMARKED}, and one in it is called as one that is to be created"
                raise _not_understood(resource, why, also=_BY_HAND, error=FatalError)

    def forget(self, resource: Resource) -> None:
        """Read this listing again when it is next asked for."""
        self._read.pop(resource, None)
        self._useless.pop(resource, None)

    def shown(self, resource: Resource, operoo_id: str) -> bool:
        """Tell whether a listing that was read shows this profile; nothing is read for it."""
        return resource in self._read and self._read[resource][1].get(operoo_id) is not None

    def note(self, resource: Resource, operoo_id: str, fields: Mapping[str, object]) -> None:
        """Take in what was just written to a profile."""
        if resource not in self._read:
            return
        listing = self._read[resource][1]
        known = listing.get(operoo_id)
        now = {**(known.fields if known else {}), **fields, "id": operoo_id}
        profile = profile_of(now, self._settings.resource(resource), resource)
        if profile:
            listing.put(profile)

    def drop(self, resource: Resource, operoo_id: str) -> None:
        """Take in that a profile is gone."""
        if resource in self._read:
            self._read[resource][1].drop(operoo_id)

    def _following(self, resource: Resource, answer: httpx.Response, body: object) -> str:
        """Return the address of the page that an answer leads to, empty if it leads to none."""
        said = answer.links.get("next", {}).get("url") or next_address(body)
        try:
            address = answer.request.url.join(said) if said else None
        except (httpx.InvalidURL, ValueError):
            raise _not_understood(resource, "the address of its next page is none") from None
        return str(self._transport.unmasked(address)) if address else ""

    def _allowed(self, resource: Resource) -> Listing:
        try:
            return self._fresh(resource)
        except SettingsError as error:
            self._useless[resource] = ListingUnreadableError(error.what, remedy=error.remedy, code=error.code)
        except (ListingForbiddenError, ListingUnreadableError) as error:
            self._useless[resource] = error
        raise self._useless[resource]

    def _fresh(self, resource: Resource) -> Listing:
        """Return a listing; one that comes in pages is read again until it stays the same, where that does not take long.

        Whoever is removed from an early page while a later one is read moves somebody else from the one to the other, unseen.
        """
        begun_at = self._clock()
        listing, pages = self._whole(resource)
        for _ in range(_READINGS):
            if pages <= 1 or self._clock() - begun_at > _QUICK_S:
                return listing
            before = listing
            listing, pages = self._whole(resource)
            if listing.ids() == before.ids():
                return listing
        raise OperooUnavailableError(f"The listing of {resource} changes all the time.", remedy="The next run reads it anew.")

    def _whole(self, resource: Resource) -> tuple[Listing, int]:
        settings = self._settings.resource(resource)
        profiles: list[Profile] = []
        pages, shows, names = 0, False, {_NAMELESS}
        for page in self.pages(resource):
            pages += bool(page)
            shows = shows or shows_identifiers(page, settings)
            try:
                profiles += filter(None, (profile_of(item, settings, resource) for item in page))
                names.update(*(called(item, settings) for item in page))
            except ValueError as error:
                raise _not_understood(resource, str(error)) from error
        unmarked = profiles and settings.listing.require_identifiers and not shows
        return Listing(profiles, frozenset(names) if unmarked else frozenset()), pages

    def _with_organization(self, path: str) -> str:
        if "{organization}" not in path:
            return path
        if not self._organization:
            answer = self._transport.make(Call("GET", self._settings.organization_path, "Asking for the organisation"))
            _, found = _read("organizations", answer, ("organizations",))
            self._organization = identifier_text(found[0].get("id")) if found else ""
        if not self._organization:
            raise SettingsError(
                "Operoo names no organisation for this key.", remedy="Set organization_id.", code="operoo-organization"
            )
        return path.replace("{organization}", quote(self._organization, safe=""))


def _page(listing: ListingSettings, number: int) -> tuple[tuple[str, str], ...]:
    numbered = {listing.page_parameter: str(number)} if listing.page_parameter else {}
    return tuple((listing.query | numbered).items())


def _read(resource: str, answer: httpx.Response, keys: tuple[str, ...]) -> tuple[object, list[Mapping[str, object]]]:
    try:
        body = json_of(answer)
    except ValueError as error:
        raise _not_understood(resource, str(error)) from None
    if is_refusal(body):
        raise _not_understood(resource, f"it says that it is an error; it holds {plain_names(body)}")
    try:
        return body, items_of(body, keys)
    except ValueError as error:
        raise _not_understood(resource, f"{error}; it holds {plain_names(body)}") from None


def _not_understood(resource: str, why: str, *, also: str = "", error: type[FatalError] = ListingUnreadableError) -> FatalError:
    return error(
        f"The listing of {resource} cannot be understood: {why}.",
        remedy="Check the listing's path, keys and page_parameter in the Operoo settings; "
        f"nothing is created until profiles can be found.{also}",
        code=ListingUnreadableError.code,
    )
