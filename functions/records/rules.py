"""What a continual selection rule asks of a record, wherever that is told: whole, or in the line of a list."""

from shared.manifests import Rule

_ELSEWHERE = {"kind", "member_of", "group_type"}


def meets(rule: Rule, told: object) -> bool:
    """Return whether a record of the rule's kind meets its conditions, but for membership of a group, which only that knows."""
    asked = rule.model_dump(exclude=_ELSEWHERE, exclude_none=True)
    if any(_comparable(getattr(told, name, None)) != _comparable(value) for name, value in asked.items()):
        return False
    return rule.group_type is None or getattr(told, "type", None) == rule.group_type


def _comparable(value: object) -> object:
    """Compare codes as Synergetic does: without regard to case and to blanks around them."""
    return value.strip().casefold() if isinstance(value, str) else value
