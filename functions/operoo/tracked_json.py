"""JSON of somebody else, read by names: it knows what nobody has read, so that nothing is lost without being counted."""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import JsonValue

from shared.digests import canonical_json

Place = tuple[str | int, ...]
ROOT: Place = ()


class TrackedJson:
    """What an answer states, by place.

    Args:
        value: JSON of any shape.
    """

    def __init__(self, value: object) -> None:
        self._root = value
        self._read: set[Place] = set()

    def value(self, place: Place) -> object:
        """Return what stands at a place, without having read it."""
        found: Any = self._root
        for part in place:
            found = found[part]
        whole: object = found
        return whole

    def find(self, place: Place, name: str) -> Place | None:
        """Return where a name within a place leads, through dots into names within names; None if there is nothing of it."""
        value = self.value(place)
        if not isinstance(value, Mapping):
            return None
        if name in value:
            return (*place, name)
        head, dot, rest = name.partition(".")
        return self.find((*place, head), rest) if dot and head in value else None

    def read(self, place: Place) -> object:
        """Return what stands at a place: it, and all within it, is now read."""
        self._read.add(place)
        return self.value(place)

    def unread(self, ignored: Collection[str], *, within: Place = ROOT) -> dict[str, tuple[JsonValue, ...]]:
        """Return every value that nobody has read, by its names from the top; what is empty and what is ignored is no value."""
        found: dict[str, list[JsonValue]] = defaultdict(list)
        waiting: list[tuple[Place, object]] = [(within, self.value(within))]
        while waiting:
            place, value = waiting.pop()
            if place in self._read:
                continue
            if isinstance(value, Mapping):
                waiting += [((*place, name), inner) for name, inner in value.items() if name not in ignored]
            elif isinstance(value, list):
                waiting += [((*place, number), inner) for number, inner in enumerate(value)]
            elif value is not None and value != "":
                name = ".".join(part for part in place if isinstance(part, str))
                found[_whole(name)].append(_storable(value))
        return {name: tuple(sorted(values, key=canonical_json)) for name, values in sorted(found.items())}


def _storable(value: object) -> JsonValue:
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return _whole(str(value))


def _whole(text: str) -> str:
    """Replace halves of characters, which JSON can hold and no file can."""
    return text.encode("utf-8", "replace").decode()
