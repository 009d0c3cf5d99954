"""A listing of one resource, read once and kept in step with what we do ourselves, to find profiles by our identifiers."""

from collections import defaultdict
from collections.abc import Iterable, KeysView, Mapping

from functions.operoo.answers import identifier_text, says_yes
from functions.operoo.protocol import Profile, Resource
from functions.operoo.settings import ResourceSettings

# Listings have been seen to show our mark under this name, whatever name it is written by.
_COMMON_INTEGRATION = "integration_id"
_ARCHIVED = ("archived", "archived_at", "deleted_at")
_NAMES = ("name", "first_name", "last_name")
# What is said of somebody in words; all else is an identifier or a list.
TEXTS = (*_NAMES, "preferred_first_name", "preferred_last_name", "middle_names", "request_email", "request_mobile")


class Listing:
    """Profiles by Operoo's identifier, found by either of ours.

    Attributes:
        unmarked: What all those are called who are listed without a place for an identifier of ours, if nobody has one.
    """

    def __init__(self, profiles: Iterable[Profile], unmarked: frozenset[str] = frozenset()) -> None:
        self.unmarked = unmarked
        self._by_id: dict[str, Profile] = {}
        self._by_request: dict[str, set[str]] = defaultdict(set)
        self._by_integration: dict[str, set[str]] = defaultdict(set)
        for profile in profiles:
            self.put(profile)

    def find(self, *, request_id: str, integration_id: str) -> list[Profile]:
        """Return all profiles with either identifier, those with the integration identifier first.

        A number in another spelling, such as with zeros in front, is found too: it is as good as surely the same person's.
        """
        marked = self._by_integration.get(integration_id, set()) if integration_id else set()
        numbered = self._by_request.get(spelled(request_id), set()) if request_id else set()
        return [self._by_id[one] for one in (*sorted(marked), *sorted(numbered - marked))]

    def ids(self) -> KeysView[str]:
        """Return Operoo's identifiers of all that are listed."""
        return self._by_id.keys()

    def get(self, operoo_id: str) -> Profile | None:
        """Return the profile with Operoo's identifier, if it is listed."""
        return self._by_id.get(operoo_id)

    def put(self, profile: Profile) -> None:
        """Add a profile, or replace it by what it is now."""
        self.drop(profile.id)
        self._by_id[profile.id] = profile
        self._by_request[spelled(profile.request_id)].add(profile.id)
        self._by_integration[profile.integration_id].add(profile.id)

    def drop(self, operoo_id: str) -> None:
        """Forget a profile that is not there any more."""
        old = self._by_id.pop(operoo_id, None)
        if old:
            self._by_request[spelled(old.request_id)].discard(operoo_id)
            self._by_integration[old.integration_id].discard(operoo_id)


def spelled(number: str) -> str:
    """Return a school's number as it is compared: case, blanks around it and zeros in front tell nobody from another."""
    text = number.strip().casefold()
    return text.lstrip("0") or text[:1]


def profile_of(item: Mapping[str, object], settings: ResourceSettings, resource: Resource) -> Profile | None:
    """Return the profile that a listed item is, or None if the item says that it is archived.

    Raises:
        ValueError: The item has no identifier.
    """
    if any(says_yes(item.get(name)) for name in _ARCHIVED):
        return None
    operoo_id = identifier_text(item.get("id"))
    if not operoo_id:
        raise ValueError("an item of the list holds no id")
    marks = (identifier_text(item.get(name)) for name in integration_names(settings))
    request = "" if resource == "groups" else identifier_text(item.get(settings.fields.get("request_id", "")))
    # The rest of it is of no use here, and may be a family's whole medical profile.
    ours = {*integration_names(settings), settings.fields.get("request_id", "")}
    fields = {name: value for name, value in item.items() if name in ours} | texts_in(item, settings)
    return Profile(id=operoo_id, request_id=request, integration_id=next(filter(None, marks), ""), fields=fields)


def integration_names(settings: ResourceSettings) -> tuple[str, ...]:
    """Return the names our mark may be listed under."""
    return tuple(dict.fromkeys((settings.fields.get("integration_id", ""), _COMMON_INTEGRATION)))


def texts_in(item: Mapping[str, object], settings: ResourceSettings) -> dict[str, str]:
    """Return what an item says of somebody in words, of all that we may send, by Operoo's names; null is an empty text."""
    names = {settings.fields.get(name, "") for name in TEXTS} - {""}
    shown = {name: item[name] for name in names if name in item}
    return {name: text or "" for name, text in shown.items() if text is None or isinstance(text, str)}


def called(item: Mapping[str, object], settings: ResourceSettings) -> set[str]:
    """Return what somebody is called in Operoo's fields, as names are compared."""
    parts = {name: str(item.get(settings.fields.get(name, "")) or "").strip().casefold() for name in _NAMES}
    return {parts["name"], f"{parts['first_name']} {parts['last_name']}".strip()} - {""}


def shows_identifiers(items: Iterable[Mapping[str, object]], settings: ResourceSettings) -> bool:
    """Tell whether any listed item has a place for an identifier of ours, empty or not."""
    names = {*integration_names(settings), settings.fields.get("request_id", "")} - {""}
    return any(not names.isdisjoint(item) for item in items)
