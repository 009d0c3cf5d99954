"""Makes moto quick where it works out the same things anew for each request: this was most of what the local stack did.

Nothing here changes an answer. On the day moto remembers these things itself, this room can go.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from moto import backends
from moto.core import responses
from moto.core.serialize import AttributePickerContext, XFormedAttributePicker
from moto.core.utils import camelcase_to_underscores, method_names_from_class
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.sqs import models as sqs

_modules_as_moto_lists_them = backends.list_of_moto_modules
_names_as_moto_finds_them = XFormedAttributePicker.get_possible_keys
_value_as_moto_casts_it = DynamoType.cast_value.fget  # type: ignore[attr-defined]
_words = cache(camelcase_to_underscores)
_methods = cache(method_names_from_class)
_names: dict[tuple[object, ...], tuple[str, ...]] = {}


@cache
def _modules() -> frozenset[str]:
    return frozenset(_modules_as_moto_lists_them())


def teach() -> None:
    """Teach it to moto, in this process."""
    backends.list_of_moto_modules = _modules
    responses.camelcase_to_underscores = _words  # type: ignore[attr-defined]
    responses.method_names_from_class = _methods  # type: ignore[attr-defined]
    sqs.camelcase_to_underscores = _words  # type: ignore[attr-defined]
    XFormedAttributePicker.get_possible_keys = _possible_names  # type: ignore[method-assign,assignment]
    DynamoType.cast_value = property(_cast)  # type: ignore[method-assign,assignment]
    Table.all_items = _all_items  # type: ignore[method-assign,assignment]


def _possible_names(picker: XFormedAttributePicker, context: AttributePickerContext) -> Iterable[str]:
    """Return the names under which a value may stand in a model: they depend on the model's class, not on the model."""
    place = (type(context.obj), context.shape, context.key)
    if place not in _names:
        _names[place] = tuple(_names_as_moto_finds_them(picker, context))
    return _names[place]


def _cast(value: DynamoType) -> Any:  # noqa: ANN401 - whatever it holds
    return value.value if value.type == "S" else _value_as_moto_casts_it(value)


def _all_items(table: Table) -> list[Item]:
    """Return the items in order, with each key looked at once, not at each comparison."""
    items: list[Any] = [
        item for group in table.items.values() for item in (group.values() if table.range_key_attr else [group])
    ]
    return sorted(items, key=_order)


def _order(item: Item) -> tuple[Any, ...]:
    return tuple(key.cast_value for key in (item.hash_key, item.range_key) if key is not None)
