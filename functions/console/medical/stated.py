"""Puts into words what a family states of a child's health, also what has no place in Synergetic. Pure functions."""

from collections.abc import Iterator
from datetime import date

from pydantic import BaseModel, JsonValue

from shared.medical.profile import LISTS, SECTIONS, MedicalProfile
from shared.private import Private
from shared.wording import day

_NOT_SHOWN = frozenset({"id", "ref", "digest"})


class Fact(BaseModel):
    """One thing that was stated."""

    called: str
    told: str


class Stated(BaseModel):
    """One thing with all that was stated of it.

    Attributes:
        file: The digest of a file that the family handed in, such as an action plan; nothing if there is none.
    """

    thing: str
    facts: list[Fact]
    file: str = ""


def stated(profile: MedicalProfile) -> list[Stated]:
    """Return all that a family states, in the order of the profile."""
    found = []
    for name in (*SECTIONS, *LISTS):
        if name == "confirmed" or name not in profile.model_fields_set:
            continue
        value = getattr(profile, name)
        for one in value if isinstance(value, tuple) else (value,):
            if one is not None and (facts := list(_facts(one))):
                plan = getattr(one, "action_plan", None)
                file = plan.attachment.digest if plan and plan.attachment else ""
                found.append(Stated(thing=_words(name), facts=facts, file=file))
    return found


def unmapped(profile: MedicalProfile) -> list[Fact]:
    """Return what Operoo has beyond that, which is nowhere in Synergetic."""
    return [Fact(called=path, told="; ".join(map(_told, values))) for path, values in sorted(profile.unmapped.items())]


def _facts(thing: Private, before: str = "") -> Iterator[Fact]:
    for name in type(thing).model_fields:
        value = getattr(thing, name)
        if name in _NOT_SHOWN or name not in thing.model_fields_set or value in ("", None, ()):
            continue
        called = f"{before}{_words(name)}"
        if isinstance(value, Private):
            yield from _facts(value, f"{called}: ")
        elif isinstance(value, bool):
            yield Fact(called=called, told="Yes" if value else "No")
        elif not isinstance(value, tuple):
            yield Fact(called=called, told=day(value) if isinstance(value, date) else str(value))


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _told(value: JsonValue) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_told(one)}" for name, one in value.items())
    return ", ".join(map(_told, value)) if isinstance(value, list) else str(value)
