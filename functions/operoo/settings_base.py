"""What all settings of Operoo have in common: they are fixed once read, and what is given is laid over the defaults."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict


class FixedSettings(BaseModel):
    """Settings that cannot change, and refuse a name that they do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def laid_over(base: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    """Return `base` with `over` laid over it, mappings at any depth; a query is one thing, so a given one stands alone."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping) and key != "query":
            merged[key] = laid_over(below, value)
        else:
            merged[key] = value
    return merged
