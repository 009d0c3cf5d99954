"""DynamoDB's units, computed from the items themselves as its documentation counts them."""

import math
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

Item = Mapping[str, Any]  # as on the wire: {"name": {"S": "text"}}
_WRITE_UNIT, _READ_UNIT = 1024, 4096
_CONTAINER, _ELEMENT = 3, 1


def size(item: Item | None) -> int:
    """Return an item's size in bytes: names and values."""
    return sum(len(name.encode()) + _value(value) for name, value in (item or {}).items())


def _value(typed: Mapping[str, Any]) -> int:
    ((kind, value),) = typed.items()
    if kind == "M":
        return _CONTAINER + size(value) + _ELEMENT * len(value)
    if kind == "L":
        return _CONTAINER + sum(_value(one) + _ELEMENT for one in value)
    if kind in {"SS", "NS", "BS"}:
        return sum(_scalar(kind[0], one) for one in value)
    return _scalar(kind, value)


def _scalar(kind: str, value: object) -> int:
    if kind == "N":
        digits = str(value).lstrip("-").replace(".", "").strip("0")
        return math.ceil(len(digits) / 2) + 1 + str(value).startswith("-")
    if kind == "B":
        # On the wire it is base64, and bytes where moto keeps it.
        return len(value if isinstance(value, bytes) else b64decode(str(value)))
    return len(str(value).encode()) if kind == "S" else 1


def write_units(before: Item | None, after: Item | None, *, in_transaction: bool) -> int:
    """Return the write request units of putting `after` in the place of `before`: of the larger; twice in a transaction."""
    units = max(1, math.ceil(max(size(before), size(after)) / _WRITE_UNIT))
    return units * 2 if in_transaction else units


def index_units(before: Item | None, after: Item | None) -> int:
    """Return the write request units in an index: its entries before and after, keys first.

    Nothing if the entry did not change, one write to add, change or remove it. Another key is a removal and an addition.
    """
    if before == after:
        return 0
    entries = [one for one in (before, after) if one]
    same_key = before and after and _keys(before) == _keys(after)
    sizes = [max(map(size, entries))] if same_key else list(map(size, entries))
    return sum(max(1, math.ceil(one / _WRITE_UNIT)) for one in sizes)


def _keys(entry: Item) -> list[Any]:
    return list(entry.values())[:2]


def read_units(total: int, *, consistent: bool) -> float:
    """Return the read request units of reading so many bytes at once."""
    units = max(1, math.ceil(total / _READ_UNIT))
    return units if consistent else units / 2
