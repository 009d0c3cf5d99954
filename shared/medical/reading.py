"""Reads a medical profile from what a source states, in the profile's own field names.

Nothing is ever thrown away as a whole: an item that cannot be read is parked with a reason, a field that has no place here is
kept, and the rest goes on.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from math import isfinite
from typing import TypeVar, get_args

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic.fields import FieldInfo

from shared.digests import canonical_json, digest, sha256
from shared.medical.items import Condition, Consent, Item, Linked
from shared.medical.profile import LINK_UNKNOWN, LISTS, ORDERED, SECTIONS, MedicalProfile, ParkedItem
from shared.medical.values import clean_text
from shared.private import Private

_Unmapped = dict[str, list[JsonValue]]
_Path = tuple[int | str, ...]
_Kind = TypeVar("_Kind", bound=Item)
# Where an item stands among equals is ours to say.
_OURS = frozenset({"ref"})
_DAYS = frozenset({date, datetime})
_DEEPEST, _TOO_DEEP = 50, "nested too deeply"


def read_profile(student: str, stated: Mapping[str, object]) -> MedicalProfile:
    """Return the profile that a source states.

    Args:
        student: Whose it is, by Community ID.
        stated: Fields of the profile by name, of the kinds that JSON knows. A field that is left out, or None, was not stated.
    """
    unmapped: _Unmapped = defaultdict(list)
    parked: list[ParkedItem] = []
    fields: dict[str, object] = {}
    for name, value in stated.items():
        if value is None and name in LISTS.keys() | SECTIONS.keys():
            continue
        if name in LISTS:
            fields |= _list(name, value, unmapped, parked)
        elif name in SECTIONS:
            fields |= _section(name, value, unmapped, parked)
        else:
            unmapped[name].append(_json(value))
    _link(fields, parked)
    rest = {name: tuple(sorted(values, key=canonical_json)) for name, values in unmapped.items()}
    found = sorted(parked, key=lambda one: (one.field, one.ref, one.code))
    return MedicalProfile.model_validate({"student": student, **fields, "unmapped": rest, "parked": tuple(found)})


def _section(name: str, value: object, unmapped: _Unmapped, parked: list[ParkedItem]) -> dict[str, object]:
    known = _known(SECTIONS[name], value, name, unmapped)
    try:
        return {name: SECTIONS[name].model_validate(known)}
    except ValidationError as error:
        parked.append(_unreadable(name, name, error))
        return {}


def _list(name: str, value: object, unmapped: _Unmapped, parked: list[ParkedItem]) -> dict[str, object]:
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        parked.append(ParkedItem(field=name, ref=name, code="item-unreadable", reason=f"The field {name} is not a list."))
        return {}
    kind = LISTS[name]
    items = []
    for one in value:
        item = _item(name, kind, _known(kind, one, name, unmapped), parked)
        if item is None or item.says_nothing:
            continue
        if item.is_nameless and name not in ORDERED:
            reason = f"It does not say what it is: {', '.join(kind.natural)} are empty."
            parked.append(ParkedItem(field=name, ref=item.natural_ref, code="item-nameless", reason=reason))
            continue
        items.append(item)
    named = _named(name, items, parked)
    return {name: tuple(named if name in ORDERED else sorted(named, key=lambda one: one.ref))}


def _item(name: str, kind: type[Item], known: object, parked: list[ParkedItem]) -> Item | None:
    item, why = _validated(kind, known)
    if why is not None:
        ref = _ref_of(kind, known) if item is None else item.natural_ref
        parked.append(_unreadable(name, ref, why, code="day-unreadable" if item else "item-unreadable"))
    return item


def _validated(kind: type[_Kind], known: object) -> tuple[_Kind | None, ValidationError | None]:
    """Return an item, and what cannot be read of it.

    A day that is none is not stated then, and keeps nobody from an allergy; but a consent is of its day.
    """
    try:
        return kind.model_validate(known), None
    except ValidationError as error:
        why = error
    places = {one["loc"] for one in why.errors(include_url=False, include_context=False, include_input=False)}
    if issubclass(kind, Consent) or not all(_is_day(kind, place) for place in places):
        return None, why
    return kind.model_validate(_without(known, places)), why


def _is_day(kind: type[BaseModel], place: _Path) -> bool:
    """Say whether a field, of a nested part too, is a day, and none that an item is known by."""
    name, *rest = place or ("",)
    field = kind.model_fields.get(str(name))
    if field is None:
        return False
    if rest:
        inner = _nested(field)
        return inner is not None and _is_day(inner, tuple(rest))
    is_known_by = issubclass(kind, Item) and name in kind.natural
    return not is_known_by and not _DAYS.isdisjoint((field.annotation, *get_args(field.annotation)))


def _without(value: object, places: Collection[_Path]) -> object:
    """Return a value without what stands at some places within it."""
    if not isinstance(value, Mapping):
        return value
    within = {name: {place[1:] for place in places if place[0] == name} for name in value}
    return {
        name: _without(inner, within[name]) if within[name] else inner
        for name, inner in value.items()
        if () not in within[name]
    }


def _named(field: str, items: Sequence[Item], parked: list[ParkedItem]) -> Iterator[Item]:
    """Give each item its name; of items with one identifier the first is taken, and a difference is parked.

    Those that are called the same have what they say in their names: who comes or goes among them renames no other.
    """
    once: dict[str, Item] = {}
    for item in items:
        once.setdefault(_content(item), item)
    called = Counter(item.natural_ref for item in once.values())
    seen: set[str] = set()
    names: dict[str, str] = {}
    for content, item in sorted(once.items()):
        ref = item.natural_ref
        if item.id and ref in seen:
            reason = "Two different items have one identifier."
            parked.append(ParkedItem(field=field, ref=ref, code="item-twice", reason=reason))
        else:
            names[content] = ref if item.id or called[ref] == 1 else f"{ref}#{content[:8]}"
        seen.add(ref)
    for content, item in once.items():
        if content in names:
            yield item.model_copy(update={"ref": names[content]})


def _content(item: Item) -> str:
    return sha256(canonical_json(item.model_dump(mode="json", exclude_unset=True)))


def _known(kind: type[BaseModel], value: object, path: str, unmapped: _Unmapped) -> object:
    """Return a value without what the model has no field for, which is kept under its path."""
    if not isinstance(value, Mapping):
        return value
    known: dict[str, object] = {}
    for name, inner in value.items():
        field = kind.model_fields.get(name)
        if field is None or name in _OURS:
            unmapped[f"{path}.{name}"].append(_json(inner))
            continue
        nested = _nested(field)
        known[name] = _known(nested, inner, f"{path}.{name}", unmapped) if nested else inner
    return known


def _nested(field: FieldInfo) -> type[Private] | None:
    """Return the part that a field holds, or may hold; None if it holds a value."""
    kinds = (field.annotation, *get_args(field.annotation))
    return next((one for one in kinds if isinstance(one, type) and issubclass(one, Private)), None)


def _ref_of(kind: type[Item], known: object) -> str:
    identifier = known.get("id") if isinstance(known, Mapping) else None
    if identifier and isinstance(identifier, str | int) and not isinstance(identifier, bool):
        return f"{kind.kind}:{clean_text(identifier)}"
    return f"{kind.kind}:?{digest(_json(known))[:16]}"


def _unreadable(field: str, ref: str, error: ValidationError, *, code: str = "item-unreadable") -> ParkedItem:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in (field, *first["loc"]))
    message = first["msg"].removeprefix("Value error, ")
    return ParkedItem(field=field, ref=ref, code=code, reason=f"{where}: {message}.")


def _json(value: object, *, depth: int = 0) -> JsonValue:
    """Return a value as JSON can hold it; what is nested deeper than anybody means to is not looked into."""
    if depth > _DEEPEST:
        return _TOO_DEEP
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, Mapping):
        return {str(name): _json(inner, depth=depth + 1) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_json(inner, depth=depth + 1) for inner in value]
    return str(value)


def _link(fields: dict[str, object], parked: list[ParkedItem]) -> None:
    """Turn what items name conditions by, an identifier or a name, into the conditions' own names."""
    conditions = fields.get("conditions")
    names = _names(conditions) if isinstance(conditions, tuple) else None
    for field, kind in LISTS.items():
        items = fields.get(field)
        if issubclass(kind, Linked) and isinstance(items, tuple):
            fields[field] = tuple(_linked(field, one, names, parked) for one in items)


def _names(conditions: tuple[Condition, ...]) -> dict[str, str]:
    """Return the conditions by all that they may be named by, as far as it names only one."""
    named: defaultdict[str, set[str]] = defaultdict(set)
    for one in conditions:
        for word in (one.name, one.type):
            named[word.casefold()].add(one.ref)
    found = {word: next(iter(refs)) for word, refs in named.items() if len(refs) == 1}
    return found | {one.id.casefold(): one.ref for one in conditions}


def _linked(field: str, item: Linked, names: Mapping[str, str] | None, parked: list[ParkedItem]) -> Linked:
    if "conditions" not in item.model_fields_set:
        return item
    if names is None:
        stated = item.model_dump(exclude={"conditions"}, exclude_unset=True)
        return type(item).model_validate(stated)
    refs = {ref for word in item.conditions for ref in _named_by(clean_text(word).casefold(), names)}
    if "" in refs:
        reason = "It names a condition that is not among the student's."
        parked.append(ParkedItem(field=field, ref=item.ref, code=LINK_UNKNOWN, reason=reason))
    return item.model_copy(update={"conditions": tuple(sorted(refs - {""}))})


def _named_by(word: str, names: Mapping[str, str]) -> Iterator[str]:
    """Yield the conditions that a word names: one, or several with commas between; nothing for what names none.

    A blank, or one beside a comma, is no name.
    """
    parts = map(str.strip, [word] if word in names else word.split(","))
    yield from (names.get(part, "") for part in parts if part)
