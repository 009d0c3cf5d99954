"""Which fields of a medical profile Operoo may have names for: those of the canonical profile, and a few that lead to them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import get_args, get_origin

from pydantic import BaseModel

from shared.medical.items import Attachment
from shared.medical.profile import LISTS, SECTIONS

# Beyond the profile's own: whose it is, whether a thing applies at all, when it was changed, and where its file is.
STUDENT, ANSWER, CHANGED = "student", "answer", "conditions.changed"
PLAN = "conditions.action_plan"
PLAN_URL, PLAN_NAME = f"{PLAN}.url", f"{PLAN}.name"
# A name within the profile is made by us, and so is the file that a link leads to.
_OURS = "ref"


@cache
def fields() -> frozenset[str]:
    """Return every field that Operoo may have a name for."""
    return frozenset(_fields())


@cache
def columns() -> frozenset[str]:
    """Return every field that a spreadsheet may have a column for: a list is there by its columns."""
    return (fields() | {STUDENT}) - LISTS.keys()


@cache
def moments() -> frozenset[str]:
    """Return every field that holds a day or a moment."""
    kinds = {date, datetime}
    return frozenset(
        path for path, part in _all_leaves() if not kinds.isdisjoint((part.annotation, *get_args(part.annotation)))
    )


@dataclass(frozen=True)
class Part:
    """A field of the profile, or of a part of it.

    Attributes:
        annotation: Its type.
        inner: The model that it holds, or may hold; None if it holds a value.
        optional: There may be nothing in it.
        required: What it belongs to cannot be without it.
        many: It holds any number of values.
    """

    name: str
    annotation: object
    inner: type[BaseModel] | None
    optional: bool
    required: bool
    many: bool


@cache
def parts_of(kind: type[BaseModel]) -> tuple[Part, ...]:
    """Return the fields of a model, but for what is made by us."""
    return tuple(_parts(kind))


def _parts(kind: type[BaseModel]) -> Iterator[Part]:
    for name, field in kind.model_fields.items():
        kinds = (field.annotation, *get_args(field.annotation))
        inner = next((one for one in kinds if isinstance(one, type) and issubclass(one, BaseModel)), None)
        if name != _OURS and inner is not Attachment:
            many = get_origin(field.annotation) is tuple
            yield Part(name, field.annotation, inner, optional=type(None) in kinds, required=field.is_required(), many=many)


def _fields() -> Iterator[str]:
    yield from (CHANGED, PLAN_URL, PLAN_NAME)
    for name in LISTS:
        yield from (name, f"{name}.{ANSWER}")
    yield from (path for path, _ in _all_leaves())


def _all_leaves() -> Iterator[tuple[str, Part]]:
    for name, kind in (SECTIONS | LISTS).items():
        yield from _leaves(kind, name)


def _leaves(kind: type[BaseModel], path: str) -> Iterator[tuple[str, Part]]:
    for part in parts_of(kind):
        if part.inner:
            yield from _leaves(part.inner, f"{path}.{part.name}")
        else:
            yield f"{path}.{part.name}", part
