"""What all settings of Operoo have in common: they are fixed once read, and what is given is laid over the defaults."""

from collections.abc import Collection, Mapping

from pydantic import AfterValidator, BaseModel, ConfigDict


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


def refuse_unknown(given: Collection[str], known: Collection[str], *, of: str) -> None:
    """Refuse names of ours that do not exist: a misspelt one would leave the default in force, and nobody would know.

    Raises:
        ValueError: Some do not exist.
    """
    if unknown := sorted(set(given) - set(known)):
        raise ValueError(f"{of} has no {', '.join(unknown)}")


def filled_with(*names: str) -> AfterValidator:
    """Return the check that a path can be filled in with these names, and with `id` is: else every call by it would fail."""

    def check(path: str) -> str:
        try:
            whole = path.format_map(dict.fromkeys(names, ""))
        except (AttributeError, IndexError, KeyError, ValueError):
            whole = path
        if whole == path or "{id}" not in path:
            raise ValueError(f"must hold {{id}}, and nothing else in braces but {', '.join(f'{{{name}}}' for name in names)}")
        return path

    return AfterValidator(check)
