"""Which fields of a medical profile Operoo may have names for: those of the canonical profile, and a few that lead to them."""

from collections.abc import Iterator
from functools import cache
from typing import get_args

from pydantic import BaseModel

from shared.medical.profile import LISTS, SECTIONS

# Beyond the profile's own: whose it is, whether a thing applies at all, when it was changed, and where its file is.
STUDENT, ANSWER, CHANGED = "student", "answer", "conditions.changed"
PLAN = "conditions.action_plan"
PLAN_URL, PLAN_NAME = f"{PLAN}.url", f"{PLAN}.name"
# These are made by us: a name within the profile, and the file that a link leads to.
_OURS = ("ref", f"{PLAN}.attachment")


@cache
def fields() -> frozenset[str]:
    """Return every field that Operoo may have a name for."""
    return frozenset(_fields())


@cache
def columns() -> frozenset[str]:
    """Return every field that a spreadsheet may have a column for: a list is there by its columns."""
    return (fields() | {STUDENT}) - LISTS.keys()


def model_in(annotation: object) -> type[BaseModel] | None:
    """Return the model that a field holds, or may hold; None if it holds a value."""
    candidates = (annotation, *get_args(annotation))
    return next((one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)), None)


def _fields() -> Iterator[str]:
    yield from (CHANGED, PLAN_URL, PLAN_NAME)
    for name, kind in (SECTIONS | LISTS).items():
        if name in LISTS:
            yield from (name, f"{name}.{ANSWER}")
        yield from _leaves(kind, name)


def _leaves(kind: type[BaseModel], path: str) -> Iterator[str]:
    for name, field in kind.model_fields.items():
        inner = model_in(field.annotation)
        if name in _OURS or f"{path}.{name}" in _OURS:
            continue
        if inner:
            yield from _leaves(inner, f"{path}.{name}")
        else:
            yield f"{path}.{name}"
